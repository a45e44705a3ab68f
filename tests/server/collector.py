"""The collector's own feed, judging and endpoint on a real Unix socket, without devices: Samples come from the test."""

import asyncio
import math
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from prometheus_client import CollectorRegistry

from alarms.engine import handle, rules
from alarms.events import Alarm, Event, Told, Transition
from alarms.permit import why_not
from alarms.state import State
from config.model import Quality, Sample
from config.plant import Plant
from config.rules import Limit
from monitor.collector.commands import RefusedError
from monitor.collector.endpoint import endpoint_app, read_or_make_token, serve_endpoint
from monitor.collector.feed import Feed, Listener
from tests.server.hands import Hands

PRESSURE = "ISO-STM-L1/chamber_pressure"
ALARM = f"{PRESSURE}/action"


class CountingFeed(Feed):
    """Tells of each listener that comes."""

    def __init__(self, plant: Plant) -> None:
        super().__init__(plant, State())
        self.arrivals: asyncio.Queue[None] = asyncio.Queue()

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[Listener]:
        self.arrivals.put_nowait(None)
        async with super().listen() as listener:
            yield listener


class Collector:
    """Answers on `<data>/collector.sock` while `serving`."""

    def __init__(self, plant: Plant, data: Path, hands: Hands) -> None:
        self.feed = CountingFeed(plant)
        self.well = True
        self.more: list[APIRouter] = []
        self.taken: list[Event] = []
        self._plant = plant
        self._data = data
        self._hands = hands
        self._rules = rules(plant)
        self._state = State()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        app = endpoint_app(
            feed=self.feed,
            judge=self,
            health=self.health,
            registry=CollectorRegistry(),
            now=self._hands.now,
            token=read_or_make_token(self._data / "collector.token"),
            more=self.more,
        )
        task = asyncio.create_task(serve_endpoint(app, self._data / "collector.sock"))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    @property
    def plant(self) -> Plant:
        return self._plant

    @property
    def state(self) -> State:
        return self._state

    def knows(self, alarm: str) -> bool:
        return alarm in self._rules.conditions

    @property
    def alarms(self) -> Mapping[str, Alarm]:
        return self._state.alarms

    async def ask(self, event: Event) -> tuple[Told, ...]:
        return self.judge(event)

    def judge(self, event: Event) -> tuple[Told, ...]:
        """Take an event in, as the pipeline does: judge it, and show it and what came of it."""
        before = self._state
        if not isinstance(event, Sample) and (reason := why_not(self._plant, before, event)):
            raise RefusedError(reason)
        self.taken.append(event)
        self._state, told = handle(self._rules, before, event)
        if isinstance(event, Sample):
            self.feed.sample(event, self._state.derived.get(event.series, ()))
        for one in told:
            if isinstance(one, Transition):
                self.feed.transition(one)
            else:
                self.feed.change(one, self._state)
        if self._state.inhibited is not before.inhibited:
            self.feed.inhibits(event.at, self._state)
        if self._state.occupancy is not before.occupancy:
            self.feed.occupied(event.at, self._state)
        if self._state.batches is not before.batches:
            self.feed.batches(event.at, self._state)
        return told

    def measure(self, pressure_pa: float) -> Sample:
        """One more second of the isolator, all of it well but the pressure as told; NaN: unavailable."""
        self._hands.pass_s(1)
        sample = isolator_sample(self._plant, self._hands.at, pressure_pa)
        self.judge(sample)
        return sample

    def health(self) -> dict[str, Any]:
        return {
            "at": self._hands.at.isoformat(),
            "status": "ok" if self.well else "degraded",
            "devices": len(self._plant.devices),
            "devices_live": len(self._plant.devices),
            "oldest_sample_age_s": 0.7,
            "clock": {"ahead_s": 0.0 if self.well else 4.0, "synchronised": self.well},
            "database": {"ok": True, "detail": "", "waiting": 0},
            "journal": {"ok": self.well, "detail": "", "entries": 12},
            "inbox": {"size": 0, "limit": 1000, "lost": 0},
            "poll_lateness_ms": {"p50": 0.4, "p99": 2.1},
        }


@asynccontextmanager
async def heard(collector: Collector) -> AsyncIterator[None]:
    """Let the collector say once a second that it is well."""

    async def beat() -> None:
        while True:
            collector.feed.health(collector.health())
            await asyncio.sleep(1)

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def isolator_sample(plant: Plant, at: datetime, pressure_pa: float) -> Sample:
    """Make a Sample of the isolator in which every limit holds, but for the pressure."""
    return sample_but_for(plant, "ISO-STM-L1", at, {PRESSURE: pressure_pa})


def sample_but_for(plant: Plant, series_id: str, at: datetime, told: Mapping[str, float]) -> Sample:
    """Make a Sample of a series in which every limit holds, but for the channels told; NaN: unavailable."""
    return sample_of(series_id, well(plant, series_id), at, told)


def sample_of(series_id: str, calm: Mapping[str, float], at: datetime, told: Mapping[str, float]) -> Sample:
    """Make a Sample of a series of which it is known what is well."""
    values = tuple(told.get(channel, value) for channel, value in calm.items())
    bad = tuple(Quality.UNAVAILABLE if math.isnan(value) else Quality.GOOD for value in values)
    quality = None if all(one is Quality.GOOD for one in bad) else bad
    return Sample(series_id, at, values, quality, at + timedelta(milliseconds=200))


def well(plant: Plant, series_id: str) -> dict[str, float]:
    """Give for each channel of a series a value that is inside all its limits."""
    series = plant.series[series_id]
    permitted: dict[str, list[Limit]] = {channel.id: [] for channel in series.channels}
    unlimited = {channel.id: 0.0 if channel.model.unit == "count" else 1.0 for channel in series.channels}
    for limit in plant.limits:
        if limit.channel in permitted:
            permitted[limit.channel].append(limit)
    return {
        channel: _middle(limits) if limits else unlimited[channel] for channel, limits in permitted.items()
    }


def _middle(limits: Sequence[Limit]) -> float:
    low = max((limit.low for limit in limits if limit.low is not None), default=None)
    high = min((limit.high for limit in limits if limit.high is not None), default=None)
    if low is not None and high is not None:
        return (low + high) / 2
    if low is not None:
        return low + 1
    return high - 1 if high is not None else 0.0
