"""The edge of every task: what fails is logged, alarmed and started again, and how often is counted."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from alarms.events import Event, Fault
from monitor.clock import Clock

RESTART_AFTER_S = 1.0
WELL_AFTER_S = 10.0
"""A part that has run so long after a failure is well again; its alarm stays until a person has seen it."""

log = structlog.get_logger()


class Guard:
    """Runs parts of the collector so that one which fails raises an alarm and takes no other with it."""

    def __init__(self, clock: Clock, offer: Callable[[Event], None]) -> None:
        self.restarts = 0
        self._clock = clock
        self._offer = offer

    async def run(self, part: str, work: Callable[[], Awaitable[None]]) -> None:
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

    async def _once(self, part: str, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
            self._tell(part, f"{part} ended by itself")
        except Exception as error:
            log.exception("part failed", part=part)
            self._tell(part, f"{type(error).__name__}: {error}")

    def _tell(self, part: str, message: str) -> None:
        self._offer(Fault(self._clock.now(), part, message))
