"""Carries Commands out, first and at once, and proves by reading back that they took effect.

One worker for each device that can be commanded, so that a tower which does not answer delays no other. Only the
newest Command of a device counts: it says everything that the device should show.
"""

import asyncio
from collections.abc import Callable, Mapping

import structlog

from alarms.events import ActionResult, Event
from alarms.response import Tower, differs
from config.model import Command
from drivers.driver import DriverError
from monitor.clock import Clock
from monitor.collector.poll import Poll

JOURNAL_WAIT_S = 0.05
"""A protective Command waits so long for its intent to be on the disk, and no longer."""
TRIES = 3
RETRY_AFTER_S = 1.0

log = structlog.get_logger()


class Worker:
    """Carries out the Commands of one device."""

    def __init__(self, tower: Tower, poll: Poll, clock: Clock, offer: Callable[[Event], None]) -> None:
        self._tower = tower
        self._poll = poll
        self._clock = clock
        self._offer = offer
        self._next: tuple[Command, asyncio.Future[None] | None] | None = None
        self._wake = asyncio.Event()
        self._at_work = False

    def give(self, command: Command, written: "asyncio.Future[None] | None") -> None:
        """Take a Command; it replaces one that has not begun."""
        self._next = (command, written)
        self._wake.set()

    @property
    def busy(self) -> bool:
        """Whether a Command waits or is being carried out."""
        return self._at_work or self._next is not None

    async def run(self) -> None:
        """Carry Commands out until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            if self._next is None:
                continue
            (command, written), self._next = self._next, None
            self._at_work = True
            try:
                if written is not None:
                    await asyncio.wait({written}, timeout=JOURNAL_WAIT_S)
                verified, detail = await self._carry_out(command)
            finally:
                self._at_work = False
            if verified or self._next is None:  # one that was replaced is neither done nor failed
                self._offer(ActionResult(self._clock.now(), command, verified, detail))

    async def _carry_out(self, command: Command) -> tuple[bool, str]:
        detail = ""
        for attempt in range(TRIES):
            if attempt:
                await asyncio.sleep(RETRY_AFTER_S)
                if self._next is not None:
                    return False, detail
            detail = await self._try(command)
            if not detail:
                return True, f"read back on try {attempt + 1}"
            log.warning("command failed", device=command.device, attempt=attempt + 1, detail=detail)
        return False, detail

    async def _try(self, command: Command) -> str:
        """Write and read back once; return what is wrong, or "" when the device shows what it should."""
        at = self._clock.now().replace(microsecond=0)
        try:
            read_back = await self._poll.command(command, at)
        except DriverError as error:
            return str(error)
        wrong = differs(self._tower, command.outputs, read_back)
        return "" if not wrong else f"{command.device} does not read back: {', '.join(wrong)}"


class Responder:
    """Gives each Command to the worker of its device."""

    def __init__(self, workers: Mapping[str, Worker]) -> None:
        self._workers = workers

    def offer(self, command: Command, written: "asyncio.Future[None] | None") -> None:
        """Take a Command to be carried out; never waits."""
        self._workers[command.device].give(command, written)

    def busy(self, device: str) -> bool:
        """Say whether a Command for this device is on its way."""
        return self._workers[device].busy
