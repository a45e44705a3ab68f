"""How soon a Sample that breaches becomes a command on the wire, with the whole demo plant going on around it.

The collector itself, in this process, on its own journal on the disk, against simulators over the real protocols. What
a device's poll brings is falsified here, on its way to the inbox: a glove leaks, so the line's tower turns red. The
time runs from there until the first byte of the command is handed to the socket.
"""

import argparse
import asyncio
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path
from typing import Any

from alarms.events import Acknowledge, Event
from alarms.response import towers
from bench.running import DEMO, free_port, percentile, plant_on_free_ports, say, simulating
from config.load import load
from config.model import Level, Limit, Plant, Sample
from drivers.talk import Talk
from monitor.clock import SystemClock
from monitor.collector.collect import Collector, CollectSettings

WRITES = frozenset({5, 6, 15, 16})
"""Function codes of Modbus that write (Modbus Application Protocol 1.1b3, 6.5, 6.6, 6.11, 6.12)."""
FUNCTION_PLACE = 7
"""Where the function code stands in a frame of Modbus TCP, behind the header of seven bytes."""
PATIENCE_S = 10.0
SETTLED_S = 20.0


@dataclass
class Breach:
    """One limit that will not hold at the next poll of its device."""

    limit: Limit
    series: str
    place: int
    arrived_ns: int = 0

    def spoil(self, sample: Sample) -> Sample:
        """Put a value outside into the Sample, and take the time."""
        values = list(sample.values)
        low, high = self.limit.low, self.limit.high
        values[self.place] = high + 1 if high is not None else (low or 0.0) - 1
        self.arrived_ns = time.perf_counter_ns()
        return replace(sample, values=tuple(values))


class Trial:
    """The collector, with an ear at its inbox and one at its sockets."""

    def __init__(self, plant: Plant, data: Path) -> None:
        self.clock = SystemClock()
        self.collector = Collector(CollectSettings(plant, data, ""), self.clock)
        self.armed: dict[str, Breach] = {}
        self.written_ns: asyncio.Queue[int] = asyncio.Queue()
        self._offer = self.collector.pipeline.offer
        self.collector.pipeline.offer = self._hear  # type: ignore[method-assign]  # the ear
        self._ask = Talk.ask
        Talk.ask = self._listening()  # type: ignore[method-assign]  # the ear

    def _hear(self, event: Event) -> None:
        breach = self.armed.pop(event.series, None) if isinstance(event, Sample) else None
        self._offer(breach.spoil(event) if breach and isinstance(event, Sample) else event)

    def _listening(self) -> Any:  # noqa: ANN401 - a method
        ask, written = self._ask, self.written_ns

        async def heard(talk: Talk, question: Any) -> bytes:  # noqa: ANN401 - passed on
            if _writes(question.sent):
                written.put_nowait(time.perf_counter_ns())
            return await ask(talk, question)

        return heard

    async def once(self, breach: Breach) -> float:
        """Breach one limit; return the milliseconds until the command, once all is calm again."""
        while not self.written_ns.empty():
            self.written_ns.get_nowait()
        self.armed[breach.series] = breach
        async with asyncio.timeout(PATIENCE_S):
            written_ns = await self.written_ns.get()
        await self._calm()
        return (written_ns - breach.arrived_ns) / 1e6

    async def _calm(self) -> None:
        pipeline = self.collector.pipeline
        async with asyncio.timeout(PATIENCE_S):
            while standing := [one for one in pipeline.state.alarms.values() if "/glove_" in one.id]:
                for one in standing:
                    if not one.acknowledged:
                        seen = Acknowledge(self.clock.now(), one.id, one.raised_at, "bench")
                        await pipeline.ask(seen)
                await asyncio.sleep(0.1)
            await asyncio.sleep(0.2)  # the tower goes dark


def _writes(frame: bytes) -> bool:
    """Whether it is a frame of Modbus TCP (its length says so) that writes."""
    is_tcp = int.from_bytes(frame[4:6], "big") == len(frame) - 6
    return is_tcp and frame[FUNCTION_PLACE] in WRITES


def breaches(plant: Plant) -> Iterator[Breach]:
    """Every glove of every isolator, one isolator after another, for ever."""
    spoken_for = frozenset().union(*(tower.speaks_for for tower in towers(plant)))
    found = [
        Breach(limit, plant.channels[limit.channel].series, plant.channels[limit.channel].place)
        for limit in plant.limits
        if limit.level is Level.ACTION and "/glove_" in limit.channel and not limit.on_delay_s
        if limit.channel in plant.channels and plant.channels[limit.channel].device in spoken_for
    ]
    found.sort(key=lambda one: (one.place, one.series))
    return cycle(found)


async def measure(plant: Plant, data: Path, times: int) -> list[float]:
    """Breach so often; return the milliseconds."""
    trial = Trial(plant, data)
    running = asyncio.create_task(trial.collector.run())
    try:
        await asyncio.sleep(SETTLED_S)
        everything = breaches(plant)
        return [await trial.once(next(everything)) for _ in range(times)]
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=300)
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="gw-"))
    try:
        source = plant_on_free_ports(folder / "plant", DEMO)
        plant = load(source)
        with simulating(source, f"127.0.0.1:{free_port()}"):
            took_ms = asyncio.run(measure(plant, folder / "data", chosen.times))
    finally:
        shutil.rmtree(folder)
    say(
        "sample_to_command",
        n=len(took_ms),
        p50_ms=round(percentile(took_ms, 0.5), 2),
        p99_ms=round(percentile(took_ms, 0.99), 2),
        max_ms=round(max(took_ms), 2),
        channels=len(plant.channels),
    )


if __name__ == "__main__":
    main()
