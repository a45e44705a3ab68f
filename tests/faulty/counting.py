"""Counters that are read through a failing wire: each record once, as it was counted, and none is lost.

The simulated counter's own memory is the truth: it counts on while the wire fails, and only between two polls, so that
what it shows at a poll is known.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from bench.ports import free_port
from bench.running import DEMO, LINE
from config.model import Device, Sample
from config.plant import Plant
from drivers.driver import Driver, DriverError
from drivers.open import open_driver
from simulators.modbus import ModbusWire
from simulators.particles import SIZES, AirnetCounter, ParticleCounter, Record
from simulators.plant import SimulatedPlant
from tests.faulty.trial import Drive, Tally, usable
from tests.loaded import loaded
from tests.proxy import MBAP, Proxy, scripted, seeded

START = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
QUIET_POLLS = 400
"""Polls without a fault at the end, in which everything that was missed must have come."""


@dataclass(frozen=True)
class Make:
    """One make of counters: a device of a plant, what it shows, and how long its samples are in this trial.

    A second passes between two polls. A counter whose records are taken from a queue gives one a poll, so that its
    samples must be longer than that; from a buffer they are walked back to, many a poll.
    """

    plant: Path
    device: str
    shown: tuple[str, ...]
    status: str
    sample_time_s: int

    def __str__(self) -> str:
        return self.device


LIGHTHOUSE = Make(
    LINE, "PC-A-STM-L1", ("flow", "ext_status", "rec_count", "sample_time", "cal_due"), "sample_status", 1
)


PMS = Make(DEMO, "PC-B-IMM-L3", ("device_state", "sample_time", "cal_date"), "packet_status", 2)


def counter(make: Make, timeout_s: float) -> Plant:
    """A plant of one counter."""
    plant = loaded(make.plant)
    device = replace(
        plant.devices[make.device], timeout_s=timeout_s, settings={"sample_time_s": make.sample_time_s}
    )
    return replace(plant, devices={device.id: replace(device, address=f"127.0.0.1:{free_port()}")})


def counted(make: Make, machine: ParticleCounter, record: Record) -> dict[str, float]:
    """What a record must say."""
    counts = {f"cnt_{size}": float(count) for size, count in zip(SIZES, record.counts, strict=True)}
    status = machine.packet_status(record) if isinstance(machine, AirnetCounter) else record.status
    return {**counts, make.status: float(status)}


@asynccontextmanager
async def serve_counter(make: Make, timeout_s: float) -> AsyncIterator[tuple[int, Drive]]:
    """Serve a counter that stands still; gives its port, and what reads it there."""
    plant = counter(make, timeout_s)
    (served,) = plant.devices.values()
    wire = ModbusWire(served, SimulatedPlant(plant, START).machine(served.id))

    def drive(port: int) -> tuple[Device, Driver]:
        device = replace(served, address=f"127.0.0.1:{port}")
        return device, open_driver(device, lambda: START)

    await wire.open()
    try:
        yield int(served.address.rpartition(":")[2]), drive
    finally:
        await wire.close()


@dataclass
class Counting:
    """One counter, its driver and what came of both.

    Attributes:
        truth: every record that was counted, by its time.
        owed: those of them that were not given yet.
        taken: how often each record was given.
        kept: up to when all of them are safe, as a collector with a journal would say.
    """

    make: Make
    plant: Plant
    seed: str
    tally: Tally
    truth: dict[datetime, Record] = field(default_factory=dict)
    owed: set[datetime] = field(default_factory=set)
    taken: dict[datetime, int] = field(default_factory=dict)
    kept: datetime | None = None

    @property
    def due(self) -> set[datetime]:
        """The records that must be given: a driver that knows of none begins with the first that it meets."""
        first = min(self.taken)
        return {at for at in self.truth if at >= first}

    @property
    def is_through(self) -> bool:
        """Whether all that must be given has been given. Cheap: twenty counters share one loop, and their time."""
        return bool(self.taken) and max(self.owed, default=START) < min(self.taken)

    def count(self, records: Sequence[Record]) -> None:
        """Note what was counted since the last time; the newest records stand last."""
        for record in reversed(records):
            at = datetime.fromtimestamp(record.at_unix_s, UTC)
            if at in self.truth:
                return
            self.truth[at] = record
            self.owed.add(at)

    async def run(self, goes_on: Callable[[], bool], share: float, late_s: float) -> None:
        """Count and read: with faults for as long as it goes on, then without until nothing is missing."""
        rng = Random(self.seed)
        (served,) = self.plant.devices.values()
        simulated = SimulatedPlant(self.plant, START, seed=1)
        machine = simulated.machine(served.id)
        assert isinstance(machine, ParticleCounter)
        proxy = Proxy(
            int(served.address.rpartition(":")[2]),
            MBAP,
            seeded(rng, share),
            rng=rng,
            late_s=late_s,
            counts=self.tally.faults,
        )
        wire = ModbusWire(served, machine)
        await wire.open()
        async with proxy.listener:
            device = replace(served, address=f"127.0.0.1:{proxy.port}")
            reading = _Reading(device, machine, lambda: simulated.at, self)
            while goes_on():
                simulated.step(1.0)
                await reading.poll()
            proxy.faults = scripted()
            # A queue gives one record a poll: what waits after a long trial takes as many, and new ones come meanwhile.
            for _ in range(QUIET_POLLS + 3 * len(self.truth)):
                simulated.step(1.0)
                await reading.poll()
                if self.is_through:
                    break
            await reading.driver.close()
        await wire.close()


class _Reading:
    def __init__(
        self, device: Device, machine: ParticleCounter, now: Callable[[], datetime], one: Counting
    ) -> None:
        self.driver = open_driver(device, now, kept=lambda _: one.kept)
        self._device, self._machine, self._now, self._one = device, machine, now, one
        self._is_connected = False

    async def poll(self) -> None:
        self._one.count(self._machine.records)
        try:
            if not self._is_connected:
                await self.driver.connect()
            self._is_connected = True
            samples = await self.driver.read(self._now())
        except DriverError as error:
            self._is_connected = False
            self._one.tally.errors[type(error).__name__] += 1
            return
        for sample in samples:
            self._take(sample)

    def _take(self, sample: Sample) -> None:
        one = self._one
        (series,) = (series for series in self._device.series if series.id == sample.series)
        if not series.records:
            shown = self._machine.values()
            expected = {key: shown[key] for key in one.make.shown}
        elif sample.at in one.truth:
            one.taken[sample.at] = one.taken.get(sample.at, 0) + 1
            one.owed.discard(sample.at)
            expected = counted(one.make, self._machine, one.truth[sample.at])
            one.kept = one.kept if sample.catching_up else sample.at
        else:
            one.tally.check(right=False, told=f"a record of {sample.at} that was never counted")
            return
        for channel, value in usable(series.channels, sample):
            key = channel.model.key
            if key in expected:
                one.tally.check(value == expected[key], f"{channel.id} = {value}, not {expected[key]}")


async def count(
    make: Make, counters: int, *, faulty: int, seed: int, share: float, timeout_s: float
) -> list[Counting]:
    """Let so many counters count until enough has gone wrong; gives what each has counted and taken."""
    tally = Tally()
    all_of_them = [Counting(make, counter(make, timeout_s), f"{seed}/{n}", tally) for n in range(counters)]
    async with asyncio.TaskGroup() as tasks:
        for one in all_of_them:
            tasks.create_task(one.run(lambda: tally.faulty < faulty, share, 1.5 * timeout_s))
    return all_of_them
