"""A day of samples waits in the journal while the plant goes on: how fast does it drain, and are alarms as soon?

    python -m bench.bench_drain [--hours 2]

The full figures: --hours 24. The journal is filled as a database that was away would have filled it, at the demo
plant's rate but faster than life; then the collector runs on the demo plant over the real protocols, in this process,
first without its database, then with it. All the while one channel after another is falsified on its way to the inbox
for one poll, so that an alarm without delay is raised; from its arrival the time runs until the feed is told.
"""

import argparse
import asyncio
import logging
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

import structlog

from alarms.events import Event, Transition
from alarms.state import State
from bench.bench_store import Made
from bench.ports import free_port
from bench.running import DEMO, database, percentile, plant_on_free_ports, say, simulating
from config.load import load
from config.model import Sample
from config.plant import Plant
from config.rules import Level, Limit
from monitor.clock import SystemClock
from monitor.collector import codec
from monitor.collector.collect import JOURNAL, Collector, CollectSettings, put_loop_first
from monitor.collector.journal import Journal, Stood
from monitor.store import embedded

CHUNK = 5_000
LIVE_WITHIN_S = 90.0
DRAINED_WITHIN_S = 7_200.0
DRAINED_BELOW = 500
"""Entries that may wait in a collector that keeps up."""
EVERY_S = 10.0
"""Each alarm is raised so often: it has cleared by then."""
LAG_STEP_S = 0.02


@dataclass
class Lane:
    """One limit without delay, whose channel is falsified for a poll."""

    limit: Limit
    series: str
    place: int
    due_s: float
    arrived_s: float = 0.0

    def falsified(self, sample: Sample) -> Sample:
        """The same, outside the limit."""
        outside = self.limit.low - 1e4 if self.limit.low is not None else (self.limit.high or 0.0) + 1e4
        values = (*sample.values[: self.place], outside, *sample.values[self.place + 1 :])
        return replace(sample, values=values)


class Trial:
    """The collector, with an ear at its inbox and at its feed."""

    def __init__(self, plant: Plant, data: Path, url: str) -> None:
        self.collector = Collector(CollectSettings(plant, data, url), SystemClock())
        self.took_ms: list[float] = []
        self.lag_ms: list[float] = []
        self._lanes = {lane.series: lane for lane in lanes(plant)}
        self._raised = {lane.limit.id: lane for lane in self._lanes.values()}
        self._offer = self.collector.pipeline.offer
        self.collector.pipeline.offer = self._hear  # type: ignore[method-assign]  # the ear
        self._show = self.collector.feed.transition
        self.collector.feed.transition = self._heard  # type: ignore[method-assign]  # the ear

    def _hear(self, event: Event) -> None:
        lane = self._lanes.get(event.series) if isinstance(event, Sample) else None
        now_s = time.perf_counter()
        if lane is not None and isinstance(event, Sample) and event.quality is None and now_s >= lane.due_s:
            lane.due_s, lane.arrived_s = now_s + EVERY_S, now_s
            event = lane.falsified(event)
        self._offer(event)

    def _heard(self, transition: Transition) -> None:
        self._show(transition)
        lane, before = self._raised.get(transition.alarm), transition.before
        is_raised = transition.after.active and not (before is not None and before.active)
        if lane is not None and lane.arrived_s and is_raised:
            self.took_ms.append(1000 * (time.perf_counter() - lane.arrived_s))
            lane.arrived_s = 0.0

    def forget(self) -> None:
        """Begin to measure anew."""
        self.took_ms.clear()
        self.lag_ms.clear()

    async def watch_loop(self) -> None:
        """Measure by how much the event loop is late."""
        while True:
            due_s = time.perf_counter() + LAG_STEP_S
            await asyncio.sleep(LAG_STEP_S)
            self.lag_ms.append(1000 * (time.perf_counter() - due_s))

    async def live(self) -> None:
        """Wait until every device is live, and a while longer."""
        async with asyncio.timeout(LIVE_WITHIN_S):
            while (health := self.collector.health())["devices_live"] < health["devices"]:  # noqa: ASYNC110 - of others
                await asyncio.sleep(0.1)
        await asyncio.sleep(EVERY_S)

    def tell(self, when: str) -> None:
        """Print how soon alarms were told."""
        say(
            "drain_alarms",
            when=when,
            n=len(self.took_ms),
            p50_ms=round(percentile(self.took_ms, 0.5), 2),
            p99_ms=round(percentile(self.took_ms, 0.99), 2),
            max_ms=round(max(self.took_ms), 2),
            loop_late_p99_ms=round(percentile(self.lag_ms, 0.99), 2),
            loop_late_max_ms=round(max(self.lag_ms), 2),
            poll_lateness_ms=self.collector.health()["poll_lateness_ms"],
        )


def lanes(plant: Plant) -> Iterator[Lane]:
    """Yield, of each device that has one, the first limit that raises on its first sample."""
    seen = set()
    for limit in plant.limits:
        channel = plant.channels.get(limit.channel)
        if channel is None or channel.device in seen or plant.series[channel.series].records:
            continue
        if (
            limit.level is Level.ACTION
            and not limit.on_delay_s
            and not limit.latching
            and limit.off_delay_s <= EVERY_S / 2
        ):
            seen.add(channel.device)
            yield Lane(limit, channel.series, channel.place, EVERY_S * (len(seen) % 20) / 20)


async def fill(plant: Plant, path: Path, hours: float, until: datetime) -> int:
    """Write a journal as a day without a database leaves it; return how many Samples it has."""
    journal = Journal(path)
    journal.enter_plant(plant.sha256, codec.plant_json(plant))
    journal.start()
    seconds = round(hours * 3600)
    every = [series.id for series in plant.series.values() if not series.records]
    samples = Made(plant).samples(every, until - timedelta(seconds=seconds), seconds)
    began_s, count = time.perf_counter(), 0
    while chunk := list(islice(samples, CHUNK)):
        await journal.append([codec.sample_entry(one) for one in chunk], None)
        count += len(chunk)
    # The State behind them all, so that nothing is judged again at the start.
    await journal.append([], Stood(codec.state_json(State())))
    await journal.close()
    took_s = time.perf_counter() - began_s
    say(
        "drain_filled",
        hours=hours,
        samples=count,
        took_s=round(took_s, 1),
        times_life=round(seconds / took_s, 1),
        journal_mb=round(path.stat().st_size / 1e6, 1),
    )
    return count


async def measure(trial: Trial, data: Path, seconds: float, live_rate: float) -> None:
    """Measure without the database, then let it come and measure until nothing waits."""
    await trial.live()
    trial.forget()
    await asyncio.sleep(seconds)
    trial.tell("database away")
    trial.forget()
    await embedded.start(data)
    health = trial.collector.health()["database"]
    while not trial.collector.health()["database"]["ok"]:  # noqa: ASYNC110 - of another task
        await asyncio.sleep(0.1)
    began_s, waiting = time.perf_counter(), health["waiting"]
    async with asyncio.timeout(DRAINED_WITHIN_S):
        while (left := trial.collector.health()["database"]["waiting"]) > DRAINED_BELOW:  # noqa: ASYNC110 - of others
            await asyncio.sleep(0.5)
    took_s = time.perf_counter() - began_s
    # What came meanwhile was stored as well.
    rate = (waiting - left) / took_s + live_rate
    say(
        "drain",
        entries=waiting,
        took_s=round(took_s, 1),
        entries_per_s=round(rate),
        live_per_s=round(live_rate, 1),
        times_live=round(rate / live_rate, 1),
        inbox_lost=trial.collector.pipeline.lost,
        samples=trial.collector.health()["database"].get("samples"),
    )
    trial.tell("draining")


async def run(hours: float, seconds: float) -> None:
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    folder = Path(tempfile.mkdtemp(prefix="gw-"))
    try:
        # What is falsified must not make the simulated machines do anything.
        plant = replace(load(plant_on_free_ports(folder / "plant", DEMO)), protections={})
        url = await database(folder)
        await embedded.stop(folder)
        await fill(plant, folder / "data" / JOURNAL, hours, SystemClock().now().replace(microsecond=0))
        live_rate = sum(1 / one.period_s for one in plant.devices.values())
        with simulating(folder / "plant", f"127.0.0.1:{free_port()}"):
            trial = Trial(plant, folder / "data", url)
            put_loop_first()
            running = [asyncio.create_task(one) for one in (trial.collector.run(), trial.watch_loop())]
            try:
                await measure(trial, folder, seconds, live_rate)
            finally:
                for task in running:
                    task.cancel()
                with suppress(asyncio.CancelledError):
                    await asyncio.gather(*running)
    finally:
        await embedded.stop(folder)
        shutil.rmtree(folder)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hours", type=float, default=2, help="that wait in the journal")
    parser.add_argument("--seconds", type=float, default=60, help="to measure for, before the database comes")
    chosen = parser.parse_args()
    asyncio.run(run(chosen.hours, chosen.seconds))


if __name__ == "__main__":
    main()
