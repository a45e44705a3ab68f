"""Judging alone: what a second of a plant costs, calm, with a device outside all its limits, with a workshop, with all.

A second is a Sample of every device, each counter's record once in its sample time, and a Tick. The first second of a
run raises the alarms, in the others they stand: the worst event is one of the first, the median second of the others.
"""

import math
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from alarms import engine
from alarms.events import Event, Tick
from alarms.state import State
from bench.running import DEMO, LINE, say
from config.load import load
from config.model import Channel, Sample
from config.plant import Plant

START = datetime(2026, 1, 1, tzinfo=UTC)
REPEATS = 5
OUTSIDE = 1e9


@dataclass(frozen=True)
class Run:
    """One run, second by second."""

    seconds_us: list[float]
    worst_event_us: float
    transitions: int
    standing: int


def calm(plant: Plant) -> list[Sample]:
    """One calm Sample of each series."""
    inside = {
        channel: _between(
            [limit.low for limit in plant.limits if limit.channel == channel],
            [limit.high for limit in plant.limits if limit.channel == channel],
        )
        for channel in {limit.channel for limit in plant.limits}
    }
    return [
        Sample(one.id, START, tuple(inside.get(c.id, _unlimited(c)) for c in one.channels), None, START)
        for one in plant.series.values()
    ]


def _unlimited(channel: Channel) -> float:
    """A calm counter counts nothing, in the cubic foot of air that it draws in a minute."""
    return {"count": 0.0, "L": 28.3}.get(channel.model.unit, 1.0)


def _between(lows: list[float | None], highs: list[float | None]) -> float:
    low = max((one for one in lows if one is not None), default=None)
    high = min((one for one in highs if one is not None), default=None)
    if low is None:
        return (high or 0.0) - 1
    return low + 1 if high is None else (low + high) / 2


def outside(samples: list[Sample], series: set[str]) -> list[Sample]:
    """The Samples with these series far outside all their limits."""
    return [
        replace(one, values=(OUTSIDE,) * len(one.values)) if one.series in series else one for one in samples
    ]


def every_s(plant: Plant, series: str) -> int:
    """Seconds from one row of a series to the next."""
    one = plant.series[series]
    device = plant.devices[one.device]
    return int(device.settings["sample_time_s"]) if one.records else math.ceil(device.period_s)


def scenes(plant: Plant) -> Iterator[tuple[str, set[str]]]:
    """What is outside: nothing, the device with the most limits, all of its workshop, everything."""
    device_of = {channel: one.device for channel, one in plant.channels.items()}
    limits = Counter(device_of[limit.channel] for limit in plant.limits if limit.channel in device_of)
    busiest = limits.most_common(1)[0][0]
    workshop = plant.zones[plant.devices[busiest].zone].workshop
    neighbours = {one.id for one in plant.devices.values() if plant.zones[one.zone].workshop == workshop}
    yield "calm", set()
    yield "one_device", {busiest}
    yield "one_workshop", {one.id for one in plant.series.values() if one.device in neighbours}
    yield "everything", set(plant.series)


def run(plant: Plant, samples: list[Sample], seconds: int) -> Run:
    """Judge all that comes within so many seconds."""
    rules, state = engine.rules(plant), State()
    spacing_s = {sample.series: every_s(plant, sample.series) for sample in samples}
    took_us, worst_us, told = [], 0.0, 0
    for second in range(seconds):
        at = START + timedelta(seconds=second)
        came = [
            replace(sample, at=at, received_at=at)
            for sample in samples
            if second % spacing_s[sample.series] == 0
        ]
        events: list[Event] = [*came, Tick(at)]
        began = before = time.perf_counter_ns()
        for event in events:
            state, news = engine.handle(rules, state, event)
            after = time.perf_counter_ns()
            told, worst_us, before = told + len(news), max(worst_us, (after - before) / 1000), after
        took_us.append((time.perf_counter_ns() - began) / 1000)
    return Run(took_us, worst_us, told, len(state.alarms))


def measure(name: str, plant: Plant, seconds: int) -> None:
    """Say what a second of this plant costs in each scene."""
    quiet = calm(plant)
    for scene, series in scenes(plant):
        runs = [run(plant, outside(quiet, series), seconds) for _ in range(REPEATS)]
        second_us = statistics.median(one for some in runs for one in some.seconds_us)
        say(
            f"engine_{scene}",
            plant=name,
            us_per_second_of_plant=round(second_us, 1),
            ms_per_1000_readings=round(second_us / len(plant.channels), 3),
            worst_event_ms=round(statistics.median(one.worst_event_us for one in runs) / 1000, 2),
            limits=len(plant.limits),
            channels=len(plant.channels),
            transitions=runs[0].transitions,
            alarms_standing=runs[0].standing,
        )


def main() -> None:
    measure("line", load(LINE), 120)
    measure("demo", load(DEMO), 60)


if __name__ == "__main__":
    main()
