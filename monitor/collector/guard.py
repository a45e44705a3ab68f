"""The edge of every task: what fails is logged, alarmed and started again, and how often is counted."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

import structlog

from alarms.events import Event, Fault
from monitor.clock import Clock

RESTART_AFTER_S = 1.0
WELL_AFTER_S = 10.0
"""A part that has run so long after a failure is well again; its alarm stays until a person has seen it."""
CANCEL_AGAIN_S = 0.5

Work: TypeAlias = Callable[[], Coroutine[Any, Any, None]]

log = structlog.get_logger()


class Guard:
    """Runs parts of the collector so that one which fails raises an alarm and takes no other with it."""

    def __init__(self, clock: Clock, offer: Callable[[Event], None]) -> None:
        self.restarts = 0
        self._clock = clock
        self._offer = offer

    async def run(self, part: str, work: Work) -> None:
        """Run `work` for ever; it is not supposed to end by itself."""
        await self._once(part, work)
        while True:
            self.restarts += 1
            await asyncio.sleep(RESTART_AFTER_S)
            well = asyncio.get_running_loop().call_later(WELL_AFTER_S, self._tell, part, "")
            try:
                await self._once(part, work)
            finally:
                well.cancel()

    async def _once(self, part: str, work: Work) -> None:
        # A task of its own: a cancellation that leaks out of a library is then a failure of the part like any other,
        # and not the end of its guard.
        task = asyncio.create_task(work(), name=part)
        try:
            await asyncio.wait({task})
        finally:
            await _ended(task)
        self._tell(part, _failure(part, task))

    def _tell(self, part: str, message: str) -> None:
        self._offer(Fault(self._clock.now(), part, message))


async def _ended(task: "asyncio.Task[None]") -> None:
    """Cancel a task until it has ended: asyncio.wait_for forgets a cancellation that meets the answer it waits for."""
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=CANCEL_AGAIN_S)


def _failure(part: str, task: "asyncio.Task[None]") -> str:
    if task.cancelled():
        return f"{part} was cancelled from within"
    error = task.exception()
    if error is None:
        return f"{part} ended by itself"
    log.error("part failed", part=part, exc_info=error)
    return f"{type(error).__name__}: {error}"
