"""A simulated counter behind a real socket, the driver that reads it, and the disk on which records are kept."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from bench.ports import free_port
from config.load import PROFILES_DIR, load_profile
from config.model import Device, Sample
from drivers.driver import Driver, DriverError
from drivers.open import open_driver
from simulators.met_one import MetOneCounter
from simulators.modbus import ModbusWire
from simulators.niotronic import NiotronicCounter
from simulators.particles import AirnetCounter, ParticleCounter
from tests.drivers.nouns import AT, device

COUNTERS: dict[str, type[ParticleCounter]] = {
    "lighthouse_apexr": ParticleCounter,
    "pms_airnet": AirnetCounter,
    "met_one_6000": MetOneCounter,
    "niotronic_aeromon": NiotronicCounter,
}


@dataclass
class Rig:
    """Everything that a record passes on its way, in a time of its own.

    Attributes:
        given: what the drivers have handed on, in that order.
        again: of that, what needed not be given again.
        kept: of that, what is on the disk; a driver that is thrown away takes the rest with it.
        mark: up to when all records are on the disk.
        truth: when each record was counted.
    """

    machine: ParticleCounter
    device: Device
    wire: ModbusWire
    given: list[Sample] = field(default_factory=list)
    kept: list[Sample] = field(default_factory=list)
    states: list[Sample] = field(default_factory=list)
    truth: list[datetime] = field(default_factory=list)
    mark: datetime | None = None
    elapsed_s: int = 0
    again: list[Sample] = field(default_factory=list)
    _waiting: list[Sample] = field(default_factory=list)
    _by_this_driver: set[datetime] = field(default_factory=set)
    _began_at: datetime | None = None
    _connected: bool = False

    def __post_init__(self) -> None:
        self.driver: Driver = open_driver(self.device, self.now, kept=lambda _: self.mark)

    def now(self) -> datetime:
        """The service's clock."""
        return AT + timedelta(seconds=self.elapsed_s)

    def wait(self, seconds: int) -> None:
        """Let time pass, while nobody reads."""
        for _ in range(seconds):
            self.machine.step(1.0)
            self.elapsed_s += 1
            newest = self.machine.records[-1] if self.machine.records else None
            if newest is not None:
                at = datetime.fromtimestamp(newest.at_unix_s, UTC)
                self.truth += [at] if at not in self.truth[-1:] else []

    async def poll(self, polls: int = 1) -> list[Sample]:
        """Read so many times, a second apart; gives the records."""
        found: list[Sample] = []
        for _ in range(polls):
            self.wait(1)
            try:
                if not self._connected:
                    await self.driver.connect()
                self._connected = True
                state, *records = await self.driver.read(self.now())
            except DriverError:
                self._connected = False
                continue
            self.states.append(state)
            self.again += [sample for sample in records if self._needless(sample)]
            self._by_this_driver |= set(times(records))
            found += records
            self._waiting += records
        self.given += found
        return found

    def _needless(self, sample: Sample) -> bool:
        """Whether a record is given that this driver has given before, or that was on the disk when it began."""
        was_kept = (
            self._began_at is not None and sample.at <= self._began_at and sample.at in times(self.kept)
        )
        return was_kept or sample.at in self._by_this_driver

    def keep(self) -> None:
        """Whatever was handed on is on the disk now."""
        self.kept += self._waiting
        done = [sample.at for sample in self._waiting if not sample.catching_up]
        self.mark = max([*done, *([self.mark] if self.mark else [])], default=None)
        self._waiting.clear()

    async def read_out(self, polls: int) -> None:
        """Read and keep so many times."""
        for _ in range(polls):
            await self.poll()
            self.keep()

    async def restart(self) -> None:
        """Throw the driver away, with everything that is not on the disk yet, and make a new one."""
        await self.driver.close()
        self._waiting.clear()
        self._by_this_driver.clear()
        self._began_at = self.mark
        self._connected = False
        self.driver = open_driver(self.device, self.now, kept=lambda _: self.mark)

    def keys(self, sample: Sample) -> list[str]:
        """What stands in a Sample, by channel key."""
        (row,) = (series for series in self.device.series if series.id == sample.series)
        return [channel.model.key for channel in row.channels]

    def place(self, sample: Sample, key: str) -> int:
        """Where a channel stands in a Sample."""
        return self.keys(sample).index(key)

    def value(self, sample: Sample, key: str) -> float:
        """One value of a Sample."""
        return sample.values[self.place(sample, key)]


@asynccontextmanager
async def rig(profile: str, sample_time_s: int = 6) -> AsyncIterator[Rig]:
    """A counter of this profile that has just begun its first sample."""
    loaded = load_profile(PROFILES_DIR / f"{profile}.yaml")
    served = device(loaded.protocol, loaded.channels, f"127.0.0.1:{free_port()}")
    machine = COUNTERS[profile](AT, Random(1), sample_time_s)
    one = Rig(machine, served, ModbusWire(served, machine))
    await one.wire.open()
    try:
        yield one
    finally:
        await one.driver.close()
        await one.wire.close()


def times(samples: Sequence[Sample]) -> list[datetime]:
    """When the records ended."""
    return [sample.at for sample in samples]
