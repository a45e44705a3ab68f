"""How soon a Sample that breaches becomes a command on the wire, with the whole demo plant going on around it.

    python -m bench.bench_response [--times 300]

The collector itself, in this process, on its own journal on the disk, forwarding to a PostgreSQL and heard by a server,
against simulators over the real protocols. What a poll of an isolator brings is falsified on its way to the inbox: it
runs on its battery. From there the time runs until the intent is on the disk, and until frames are handed to a socket:
those of the request to the isolator's PLC (P-12, by handshake over OPC UA), and the one that turns its line's tower
amber (Modbus TCP). A handshake is two Writes; the PLC may act from the second one on, which is sent once the first is
answered, and its answer is looked for every 50 ms. The delays of the limit and of the action's end are taken away: what
is measured here begins behind them.
"""

import argparse
import asyncio
import logging
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import structlog

from alarms.events import Acknowledge, Event
from bench.ears import Said, hear_commands
from bench.ports import free_port
from bench.running import (
    BIN,
    DEMO,
    database,
    percentile,
    plant_on_free_ports,
    process,
    say,
    simulating,
)
from config.load import load
from config.model import Sample
from config.plant import Plant
from monitor.clock import SystemClock
from monitor.collector.collect import Collector, CollectSettings
from monitor.run import DATABASE_VARIABLE
from monitor.store import embedded

CODE = "P-12"
PATIENCE_S = 15.0
LIVE_WITHIN_S = 60.0
SETTLED_S = 10.0
LOOK_EVERY_S = 0.05


@dataclass(frozen=True)
class Lane:
    """One isolator: what is breached there, what asks for something then, and the tower that tells of it."""

    isolator: str
    tower: str
    place: int
    alarm: str

    @property
    def protection(self) -> str:
        """The id of its protective action."""
        return f"{self.isolator}/{CODE}"


Took: TypeAlias = dict[str, float]
"""What one breach gave: milliseconds from its arrival, by what then happened."""


class Trial:
    """The collector, with an ear at its inbox, at what it has carried out, and at its sockets."""

    def __init__(self, plant: Plant, data: Path, database_url: str) -> None:
        self.clock = SystemClock()
        hear_commands(self._ended)
        self._armed: dict[str, Lane] = {}
        self._arrived_ns: dict[str, int] = {}
        self.collector = Collector(CollectSettings(plant, data, database_url), self.clock)
        self._said: dict[str, asyncio.Queue[Said]] = {
            device: asyncio.Queue() for device in self.collector.workers
        }
        self._offer = self.collector.pipeline.offer
        self.collector.pipeline.offer = self._hear  # type: ignore[method-assign]  # the ear

    def _hear(self, event: Event) -> None:
        lane = self._armed.pop(event.series, None) if isinstance(event, Sample) else None
        if lane is None or not isinstance(event, Sample):
            self._offer(event)
            return
        values = (*event.values[: lane.place], 1.0, *event.values[lane.place + 1 :])
        falsified = replace(event, values=values)
        self._arrived_ns[lane.isolator] = time.perf_counter_ns()
        self._offer(falsified)

    def _ended(self, said: Said) -> None:
        self._said[said.command.device].put_nowait(said)

    async def live(self) -> None:
        """Wait until every device is live, and for a while."""
        async with asyncio.timeout(LIVE_WITHIN_S):
            while (health := self.collector.health())["devices_live"] < health["devices"]:  # noqa: ASYNC110 - of others
                await asyncio.sleep(LOOK_EVERY_S)
        await asyncio.sleep(SETTLED_S)

    async def again_and_again(self, lane: Lane, times: int) -> list[Took]:
        """Breach one isolator so often, each time once all is calm again."""
        return [await self._once(lane) for _ in range(times)]

    async def _once(self, lane: Lane) -> Took:
        await self._calm(lane)
        self._armed[lane.isolator] = lane
        async with asyncio.timeout(PATIENCE_S):
            asked, shown = await self._next(lane.isolator), await self._next(lane.tower)
            assert asked.command.protection == lane.protection, asked.command
            assert asked.intent is not None, "the journal has failed"
            await asked.intent
        happened_ns = {
            "intent_on_disk": asked.written_ns,
            "opcua_request": asked.sent_ns[0],
            "opcua_number": asked.sent_ns[1],
            "opcua_answer": asked.ended_ns,
            "modbus_tower": shown.sent_ns[0],
        }
        return {what: (ns - self._arrived_ns[lane.isolator]) / 1e6 for what, ns in happened_ns.items()}

    async def _next(self, device: str) -> Said:
        """Return the next Command that reached the wire; one to a device that is not connected did not."""
        while not (said := await self._said[device].get()).sent_ns:
            pass
        return said

    async def _calm(self, lane: Lane) -> None:
        """Acknowledge, and wait until the action is over, the alarm gone, and the tower dark."""
        pipeline, workers = self.collector.pipeline, self.collector.workers
        async with asyncio.timeout(PATIENCE_S):
            while lane.alarm in pipeline.state.alarms or lane.protection in pipeline.state.running:
                alarm = pipeline.state.alarms.get(lane.alarm)
                if alarm is not None and not alarm.acknowledged:
                    await pipeline.ask(Acknowledge(self.clock.now(), alarm.id, alarm.raised_at, "bench"))
                await asyncio.sleep(LOOK_EVERY_S)
            while workers[lane.isolator].busy or workers[lane.tower].busy:  # noqa: ASYNC110 - of others
                await asyncio.sleep(LOOK_EVERY_S)
        for device in (lane.isolator, lane.tower):
            self._said[device] = asyncio.Queue()


def lanes(plant: Plant) -> list[Lane]:
    """Find every isolator whose line has a tower."""
    found = []
    for protection in plant.protections.values():
        device = plant.devices[protection.device]
        channel = plant.channels.get(f"{device.id}/ups_on")
        if protection.code == CODE and channel is not None and device.line:
            tower = plant.lines[device.line].tower
            found.append(Lane(device.id, tower, channel.place, f"{channel.id}/alert"))
    return found


def without_delays(plant: Plant, every: list[Lane]) -> Plant:
    """Take away the delays of what is breached here, and of the end of what it triggers."""
    alarms, ours = {lane.alarm for lane in every}, {lane.protection for lane in every}
    limits = tuple(
        replace(one, on_delay_s=0.0, off_delay_s=0.0) if one.id in alarms else one for one in plant.limits
    )
    protections = {
        key: replace(one, release=tuple(replace(check, for_s=0.0) for check in one.release))
        for key, one in plant.protections.items()
        if key in ours
    }
    return replace(plant, limits=limits, protections={**plant.protections, **protections})


async def measure(plant: Plant, data: Path, database_url: str, times: int) -> list[Took]:
    """Breach so often, on every lane by turns of its own."""
    every = lanes(plant)
    trial = Trial(without_delays(plant, every), data, database_url)
    running = asyncio.create_task(trial.collector.run())
    try:
        await trial.live()
        each = -(-times // len(every))
        took = await asyncio.gather(*(trial.again_and_again(lane, each) for lane in every))
        return [one for some in took for one in some]
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


@contextmanager
def _around(folder: Path) -> Iterator[tuple[Path, str]]:
    """Have the plant simulated, and a database and a server beside the collector; give the plant and the database."""
    source = plant_on_free_ports(folder / "plant", DEMO)
    url = asyncio.run(database(folder))
    serve = [str(BIN / "gradewatch"), "serve", str(source), "--data", str(folder / "data")]
    try:
        with (
            simulating(source, f"127.0.0.1:{free_port()}"),
            process(
                [*serve, "--port", str(free_port())],
                {DATABASE_VARIABLE: url},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            ),
        ):
            yield source, url
    finally:
        asyncio.run(embedded.stop(folder))


def tell(plant: Plant, took: list[Took]) -> None:
    """Say how soon each thing happened, and how often the intent was on the disk before anything was on the wire."""
    journalled_first = sum(0 < one["intent_on_disk"] <= one["opcua_request"] for one in took)
    for what in took[0]:
        values_ms = [one[what] for one in took]
        say(
            "sample_to_command",
            what=what,
            n=len(values_ms),
            p50_ms=round(percentile(values_ms, 0.5), 2),
            p99_ms=round(percentile(values_ms, 0.99), 2),
            max_ms=round(max(values_ms), 2),
            journalled_first=journalled_first,
            channels=len(plant.channels),
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=300)
    chosen = parser.parse_args()
    logging.disable(logging.CRITICAL)  # of libraries
    folder = Path(tempfile.mkdtemp(prefix="gw-"))
    try:
        with _around(folder) as (source, url):
            plant = load(source)
            with (folder / "log").open("w") as log:
                structlog.configure(logger_factory=structlog.WriteLoggerFactory(log))
                took = asyncio.run(measure(plant, folder / "data", url, chosen.times))
    finally:
        shutil.rmtree(folder)
    tell(plant, took)


if __name__ == "__main__":
    main()
