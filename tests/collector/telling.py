"""A pipeline whose people are really told: a real Notifier and real ways, which lead to stand-ins on loopback."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from urllib.parse import unquote

from alarms.calls import Notice, NoticeResult
from alarms.events import Acknowledge, Event, Fault
from config.duty import Duty, Way, WayKind
from config.model import Text
from config.plant import Plant
from config.rules import Level
from monitor.collector.notify import Notifier
from monitor.notify.open import Ways
from monitor.notify.secrets import Secrets, variable
from tests.alarms.building import ACTION, limit, sample
from tests.alarms.calling import duty, escalation, on_duty
from tests.collector.building import Line
from tests.notify.standins import Asked, Gateway, Handler, http, service
from tests.patience import PATIENCE_S

KEY = "the-key-of-the-tests"
BUSY = http(503, {"detail": "busy"})


def webhooks(timeout_s: float = 4.0) -> dict[str, Way]:
    """Make both ways of the worked duty signed webhooks."""
    text = Text("", "")
    return {key: Way(key, WayKind.WEBHOOK, text, key, timeout_s) for key in ("robot", "mail")}


def called(one: Duty | None = None, **laid: object) -> Plant:
    """Make the worked plant with one limit, whose people are called by signed webhooks; `ann` is on call."""
    chosen = one or duty(escalation(), **{"undelivered_s": 15.0, **laid})
    return on_duty(replace(chosen, ways=webhooks()), limit(Level.ACTION, 20, 90))


def keys_of(gateway: Gateway) -> list[str]:
    """Return the keys that a gateway has taken, in order."""
    return [unquote(key) for key in gateway.taken]


class Answers:
    """A gateway that first gives some answers of the test's, and does something of its own with each request."""

    def __init__(self, gateway: Gateway, *first: bytes) -> None:
        self.gateway = gateway
        self.first = list(first)
        self.meanwhile: Callable[[], Awaitable[object]] | None = None

    async def __call__(self, asked: Asked) -> bytes:
        """Answer."""
        if self.meanwhile is not None:
            await self.meanwhile()
        if self.first:
            self.gateway.heard += 1
            return self.first.pop(0)
        return await self.gateway(asked)


class Telling:
    """A pipeline, what tells its people, and what became of each Notice."""

    def __init__(self, folder: Path, of: Plant, environ: dict[str, str]) -> None:
        self.environ = environ
        self.results: asyncio.Queue[NoticeResult] = asyncio.Queue()
        self.faults: list[Fault] = []
        self.opened: list[Ways] = []
        self.line = Line(folder, of, notify=self._notifier)

    def _notifier(self, line: Line) -> Notifier:
        self.notifier = Notifier(lambda: line.pipeline, self.open, line.clock, self._offer, Random(1))
        return self.notifier

    def open(self, plant: Plant) -> Ways:
        """Open a plant's ways."""
        self.opened.append(
            Ways(plant.duty.ways, Secrets(self.environ, Path("/nonexistent")), self.line.clock.now)
        )
        return self.opened[-1]

    def _offer(self, event: Event) -> None:
        if isinstance(event, NoticeResult):
            self.results.put_nowait(event)
        if isinstance(event, Fault):
            self.faults.append(event)
        self.line.pipeline.offer(event)

    async def breach(self, at_s: float = 0) -> None:
        """Raise the alarm."""
        await self.line.take(sample(at_s, 10.0))

    def also_tell(self, many: int) -> None:
        """Have so many Notices more go out, each under a key of its own."""
        state = self.line.pipeline.state
        (one, *_) = state.calls.pending.values()
        more = [replace(one.notice, key=f"{one.notice.key} {number}") for number in range(many)]
        pending = {**state.calls.pending, **{notice.key: replace(one, notice=notice) for notice in more}}
        self.line.pipeline.state = replace(state, calls=replace(state.calls, pending=pending))
        for notice in more:
            self.notifier.offer(notice, None)

    async def acknowledge(self, who: str = "ann") -> None:
        """Have somebody see it."""
        alarm = self.line.pipeline.state.alarms[ACTION]
        await self.line.take(Acknowledge(self.line.clock.now(), ACTION, alarm.raised_at, who))

    async def result(self) -> NoticeResult:
        """Return what became of the next Notice that has ended."""
        return await asyncio.wait_for(self.results.get(), PATIENCE_S)

    def pending(self) -> list[Notice]:
        """Return the Notices whose end is not known."""
        return [one.notice for one in self.line.pipeline.state.calls.pending.values()]


@asynccontextmanager
async def telling(folder: Path, of: Plant, ways: Mapping[str, Handler]) -> AsyncIterator[Telling]:
    """Run all of it."""
    async with AsyncExitStack() as stack:
        environ = {}
        for way, handler in ways.items():
            url = await stack.enter_async_context(service(handler))
            environ[variable(way)] = json.dumps({"url": url, "key": KEY})
        one = Telling(folder, of, environ)
        tasks = [asyncio.create_task(one.line.pipeline.run()), asyncio.create_task(one.notifier.run())]
        try:
            yield one
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            await one.line.journal.close()
        assert all(task.cancelled() for task in tasks)
