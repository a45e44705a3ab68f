"""Judging alone: what a calm Sample costs, and one with every limit exceeded."""

import statistics
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from alarms import engine
from alarms.state import State
from bench.running import DEMO, LINE, say
from config.load import load
from config.model import Channel, Plant, Sample

START = datetime(2026, 1, 1, tzinfo=UTC)
REPEATS = 7


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


def run(plant: Plant, samples: list[Sample], seconds: int) -> tuple[float, int]:
    """Judge every Sample for each second; return nanoseconds for one second of the plant, and Transitions."""
    rules, state = engine.rules(plant), State()
    told = 0
    began = time.perf_counter_ns()
    for second in range(seconds):
        at = START + timedelta(seconds=second)
        for sample in samples:
            state, transitions = engine.handle(rules, state, replace(sample, at=at))
            told += len(transitions)
    took = (time.perf_counter_ns() - began) / seconds
    return took, told


def measure(name: str, plant: Plant, seconds: int) -> None:
    """Say what a second of this plant costs, calm and with every limit exceeded."""
    quiet = calm(plant)
    loud = [replace(sample, values=(1e9,) * len(sample.values)) for sample in quiet]
    for kind, samples in (("calm", quiet), ("all_outside", loud)):
        runs = [run(plant, samples, seconds) for _ in range(REPEATS)]
        per_second_us = statistics.median(took for took, _ in runs) / 1000
        say(
            f"engine_{kind}",
            plant=name,
            us_per_second_of_plant=round(per_second_us, 1),
            ms_per_1000_readings=round(per_second_us / len(plant.channels), 3),
            ns_per_limit=round(1000 * per_second_us / len(plant.limits)),
            limits=len(plant.limits),
            channels=len(plant.channels),
            transitions=runs[0][1],
        )


def main() -> None:
    measure("line", load(LINE), 300)
    measure("demo", load(DEMO), 60)


if __name__ == "__main__":
    main()
