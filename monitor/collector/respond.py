"""Carries Commands out, first and at once.

One worker for each device that can be commanded, so that one which does not answer delays no other. Two sorts of
Commands come to it:

- What a tower shows. It says everything that the tower should show, so only the newest one counts; it is done once the
  tower reads back so.
- What a protective action asks for. Each one counts, in its order; it is done once the device has taken it. That it had
  its effect is proved by the action's own checks, on other values than the ones written.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

from alarms.events import ActionResult, Event
from alarms.response import Tower, differs
from config.model import Command
from config.plant import Plant
from drivers.driver import DriverError, Refused
from monitor.clock import Clock
from monitor.collector.poll import Poll

JOURNAL_WAIT_S = 0.05
"""A protective Command waits so long for its intent to be on the disk, and no longer."""
TRIES = 3
RETRY_AFTER_S = 1.0
CONNECTED_WITHIN_S = 1.0
"""A retry gives the poll so long to connect the device again, if the try before has cost the connection."""
WAITING_LIMIT = 32
"""Commands of protective actions that may wait for one device; a further one has failed, and is told so."""
FIRST_CONNECTED_WITHIN_S = 5.0
"""A start gives the poll so long to connect the device before the first try: one before that would be lost."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Given:
    command: Command
    written: "asyncio.Future[None] | None"


class Worker:
    """Carries out the Commands of one device; `tower` says how it reads back, if it is one."""

    def __init__(
        self, poll: Poll, clock: Clock, offer: Callable[[Event], None], tower: Tower | None = None
    ) -> None:
        self._poll = poll
        self._clock = clock
        self._offer = offer
        self._tower = tower
        self._waiting: deque[_Given] = deque()
        self._wake = asyncio.Event()
        self._at_work = False

    def give(self, command: Command, written: "asyncio.Future[None] | None") -> None:
        """Take a Command; one that says what to show replaces one that has not begun."""
        if not command.protection:
            self._waiting = deque(one for one in self._waiting if one.command.protection)
        elif len(self._waiting) >= WAITING_LIMIT:
            self._tell(command, f"{WAITING_LIMIT} commands wait for {command.device}")
            return
        self._waiting.append(_Given(command, written))
        self._wake.set()

    @property
    def busy(self) -> bool:
        """Whether a Command waits or is being carried out."""
        return self._at_work or bool(self._waiting)

    async def run(self) -> None:
        """Carry Commands out until cancelled."""
        await self._poll.connected_within(FIRST_CONNECTED_WITHIN_S)
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                await self._deal_with(self._waiting.popleft())

    async def _deal_with(self, given: _Given) -> None:
        self._at_work = True
        try:
            if given.written is not None:
                await asyncio.wait({given.written}, timeout=JOURNAL_WAIT_S)
            await self._carry_out(given.command)
        finally:
            self._at_work = False

    async def _carry_out(self, command: Command) -> None:
        """Try up to three times, with the same number, and tell how it ended."""
        detail = ""
        for attempt in range(TRIES):
            if attempt:
                await asyncio.sleep(RETRY_AFTER_S)
                await self._poll.connected_within(CONNECTED_WITHIN_S)
            if attempt and self._is_overtaken(command):
                return  # neither done nor failed
            detail, is_final = await self._try(command)
            if not detail:
                done = "taken" if command.protection else "read back"
                self._offer(ActionResult(self._clock.now(), command, True, f"{done} on try {attempt + 1}"))
                return
            log.warning("command failed", device=command.device, attempt=attempt + 1, detail=detail)
            if is_final:
                break
        if not self._is_overtaken(command):
            self._tell(command, detail)

    def _tell(self, command: Command, detail: str) -> None:
        self._offer(ActionResult(self._clock.now(), command, verified=False, detail=detail))

    def _is_overtaken(self, command: Command) -> bool:
        return not command.protection and any(not one.command.protection for one in self._waiting)

    async def _try(self, command: Command) -> tuple[str, bool]:
        """Try once; say what is wrong ("" when it is done), and whether another try cannot help."""
        try:
            if command.protection:
                await self._poll.ask(command)
                return "", True
            read_back = await self._poll.command(command, self._clock.now().replace(microsecond=0))
        except DriverError as error:
            return str(error), isinstance(error, Refused) and bool(command.request)
        if self._tower is None:
            return "", True
        wrong = differs(self._tower, command.outputs, read_back)
        return (f"{command.device} does not read back: {', '.join(wrong)}" if wrong else ""), False


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


def asked_devices(plant: Plant) -> frozenset[str]:
    """Find the devices that protective actions ask for something."""
    return frozenset(
        ask.device for one in plant.protections.values() for ask in (*one.asks, *one.release_asks)
    )
