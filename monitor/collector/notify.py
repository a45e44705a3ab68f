"""Sends Notices: what the journal holds goes out, is tried again while that helps, and comes back as an event.

A Notice waits until it is on the disk, so that a restart knows of everything that may have gone out and sends again,
under the same key, what has no end. And it looks again before each try: nobody is called for what somebody has seen,
nor by a way that judging has given up meanwhile.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Protocol

import structlog

from alarms.calls import CALLING_KINDS, Notice, NoticeKind, NoticeResult, Outcome, Try
from alarms.escalate import still_calls
from alarms.events import Event, Fault
from alarms.state import State
from config.plant import Plant
from monitor.clock import Clock
from monitor.notify.message import letter_of
from monitor.notify.way import Answer, Letter

DISK_WAIT_S = 1.0
"""A disk that takes longer is an alarm of its own; people are called all the same."""
AT_ONCE = 8
"""Notices that one way carries at the same time."""
WAITING_LIMIT = 1000
"""Notices on their way; a further one has failed, and is told so."""
TOOK_KEPT = 1000
TRY_AGAIN_S, TRY_AGAIN_MAX_S = 0.5, 8.0
GIVEN_UP = "its time was over before it could be sent"

log = structlog.get_logger()


class Ways(Protocol):
    """Carry letters."""

    async def send(self, way: str, letter: Letter) -> Answer:
        """Try once; whatever happens is an Answer."""

    async def aclose(self) -> None:
        """Close all connections."""


class Judged(Protocol):
    """What is known of the plant and its alarms at this moment."""

    @property
    def plant(self) -> Plant:
        """The plant in force."""

    @property
    def state(self) -> State:
        """All that judging remembers now."""


@dataclass(frozen=True, slots=True)
class _End:
    outcome: Outcome
    detail: str
    tries: Sequence[Try] = ()


class Tally:
    """What became of all Notices since the start, for whoever counts.

    Attributes:
        ended: how many, by way and outcome.
        took_s: of the last ones for persons that were accepted, from the time they tell of until then.
        accepted: how many of those there were, and `accepted_s`, how long all of them took together.
        canary_s: how long the last canary took; None: none has come through.
    """

    def __init__(self) -> None:
        self.ended: Counter[tuple[str, Outcome]] = Counter()
        self.took_s: deque[float] = deque(maxlen=TOOK_KEPT)
        self.accepted, self.accepted_s = 0, 0.0
        self.canary_s: float | None = None

    def note(self, notice: Notice, outcome: Outcome, at: datetime) -> None:
        """Count one that has ended."""
        self.ended[notice.way, outcome] += 1
        if outcome is not Outcome.ACCEPTED:
            return
        took_s = (at - notice.at).total_seconds()
        if notice.kind is NoticeKind.CANARY:
            self.canary_s = took_s
        else:
            self.took_s.append(took_s)
            self.accepted, self.accepted_s = self.accepted + 1, self.accepted_s + took_s

    def counted(self) -> Mapping[str, Mapping[str, int]]:
        """Give how many have ended, by way and outcome."""
        ways = dict.fromkeys(way for way, _ in self.ended)
        return {way: {str(one): self.ended[way, one] for one in Outcome} for way in ways}


class Notifier:
    """Takes Notices from the pipeline and sends them, each way by itself.

    Args:
        judged: asked anew before each try.
        open_ways: opens the ways of a plant.
        clock: for the times in the record.
        offer: takes what became of them.
        random: spreads the tries, so that many do not come at once.
    """

    def __init__(
        self,
        judged: Callable[[], Judged],
        open_ways: Callable[[Plant], Ways],
        clock: Clock,
        offer: Callable[[Event], None],
        random: Random,
    ) -> None:
        self._judged, self._open_ways, self._clock = judged, open_ways, clock
        self._offer, self._random = offer, random
        self._ways: tuple[Plant, Ways] | None = None
        self._inbox: asyncio.Queue[tuple[Notice, asyncio.Future[None] | None]] = asyncio.Queue()
        self._gates: dict[str, asyncio.Semaphore] = {}
        self._waiting = 0
        self.tally = Tally()

    def offer(self, notice: Notice, written: "asyncio.Future[None] | None") -> None:
        """Take a Notice to be sent; never waits."""
        if self._waiting >= WAITING_LIMIT:
            self._end(notice, _End(Outcome.FAILED, f"{WAITING_LIMIT} notices are on their way"))
            return
        self._waiting += 1
        self._inbox.put_nowait((notice, written))

    @property
    def waiting(self) -> int:
        """How many Notices are on their way."""
        return self._waiting

    async def run(self) -> None:
        """Send until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                while True:
                    notice, written = await self._inbox.get()
                    tasks.create_task(self._carry(notice, written), name=f"notice {notice.key}")
        finally:
            await self._close()

    async def _ways_of(self, plant: Plant) -> Ways:
        """Give the ways of the plant in force, opened."""
        if self._ways is not None and self._ways[0].duty.ways == plant.duty.ways:
            return self._ways[1]
        await self._close()
        if self._ways is None:
            self._ways = plant, self._open_ways(plant)
        return self._ways[1]

    async def _close(self) -> None:
        former, self._ways = self._ways, None
        if former is not None:
            await former[1].aclose()

    async def _carry(self, notice: Notice, written: "asyncio.Future[None] | None") -> None:
        try:
            stored_at = await self._once_written(written)
            async with self._gates.setdefault(notice.way, asyncio.Semaphore(AT_ONCE)):
                self._end(notice, await self._send(notice), stored_at)
        except Exception as error:
            log.exception("notice", key=notice.key)
            self._tell_once(f"{type(error).__name__}: {error}")
            self._end(notice, _End(Outcome.FAILED, "a fault of our own"))
        finally:
            self._waiting -= 1

    async def _once_written(self, written: "asyncio.Future[None] | None") -> datetime | None:
        """Wait for the disk; say when it had it."""
        if written is None:
            return None
        done, _ = await asyncio.wait({written}, timeout=DISK_WAIT_S)
        return self._clock.now() if done else None

    async def _send(self, notice: Notice) -> "_End":
        """Try until it is accepted, or that does not help, or nobody has to be told any more."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._judged().plant.duty.undelivered_s
        tries: list[Try] = []
        while True:
            judged = self._judged()
            if notice.key not in judged.state.calls.pending:
                return _End(Outcome.FAILED, GIVEN_UP, tries)
            if not is_needed(judged.state, notice):
                return _End(Outcome.NOT_NEEDED, "", tries)
            sent_at = self._clock.now()
            ways = await self._ways_of(judged.plant)
            answer = await ways.send(notice.way, letter_of(judged.plant, judged.state, notice))
            tries.append(Try(sent_at, self._clock.now(), answer.outcome, answer.detail))
            pause_s = self._pause_s(answer, len(tries))
            if not answer.is_retry_useful or loop.time() + pause_s >= until:
                return _End(answer.outcome, answer.detail, tries)
            await asyncio.sleep(pause_s)

    def _pause_s(self, answer: Answer, tries: int) -> float:
        if answer.retry_after_s is not None:
            return answer.retry_after_s
        return min(TRY_AGAIN_MAX_S, TRY_AGAIN_S * 2.0 ** (tries - 1)) * self._random.uniform(0.8, 1.2)

    def _tell_once(self, what: str) -> None:
        """Tell of a fault of our own: the alarm stays, returned, until a person has seen it."""
        now = self._clock.now()
        self._offer(Fault(now, "notify", what))
        self._offer(Fault(now, "notify", ""))

    def _end(self, notice: Notice, end: "_End", stored_at: datetime | None = None) -> None:
        said = "" if end.outcome is Outcome.ACCEPTED else end.detail
        now = self._clock.now()
        self.tally.note(notice, end.outcome, now)
        self._offer(NoticeResult(now, notice.key, end.outcome, tuple(end.tries), said, stored_at))
        log.info("notice", key=notice.key, outcome=end.outcome, tries=len(end.tries), detail=said)


def is_needed(state: State, notice: Notice) -> bool:
    """Whether somebody has still to be told: asked at the moment of sending."""
    if notice.kind in CALLING_KINDS:
        return bool(still_calls(state.calls, notice.alarms))
    return True
