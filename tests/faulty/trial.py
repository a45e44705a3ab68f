"""Many drivers at once, each behind a proxy of its own that fails it by a seed, until enough has gone wrong."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TypeAlias

from config.model import Channel, Device, Quality, Sample
from drivers.driver import Driver, DriverError
from tests.drivers.nouns import AT
from tests.faulty.truth import Truth
from tests.proxy import FAULTS, Fault, Framing, Proxy, seeded

Drive: TypeAlias = Callable[[int], tuple[Device, Driver]]
"""Gives the device at a port, and its driver."""

WRONG_KEPT = 20
"""So many wrong values are told in words; any number of them fails."""


@dataclass
class Tally:
    """What a trial has seen.

    Attributes:
        checked: good values that were held against the truth.
        wrong: how many of them were not right.
        told: the first of those, in words.
        errors: failed connects and reads, by type.
        faults: the answers, by what happened to them.
    """

    checked: int = 0
    wrong: int = 0
    told: list[str] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    faults: Counter[Fault] = field(default_factory=Counter)

    @property
    def faulty(self) -> int:
        """How many answers have met a fault."""
        return self.faults.total() - self.faults[Fault.NONE]

    def check(self, right: bool, told: str) -> None:
        """Count one good value."""
        self.checked += 1
        if not right:
            self.wrong += 1
            self.told = [*self.told, told][:WRONG_KEPT]


def usable(channels: Sequence[Channel], sample: Sample) -> list[tuple[Channel, float]]:
    """The good values of a sample, each with its channel."""
    quality = sample.quality or (Quality.GOOD,) * len(sample.values)
    row = zip(channels, sample.values, quality, strict=True)
    return [(channel, value) for channel, value, worth in row if worth is Quality.GOOD]


async def trial(
    served: Sequence[Truth],
    drive: Drive,
    framing: Framing,
    *,
    faulty: int,
    seed: int,
    share: float = 0.3,
    kinds: Sequence[Fault] = FAULTS,
    late_s: float,
) -> Tally:
    """Read each server through a proxy of its own, again and again.

    Args:
        served: one driver for each; the same server may stand here many times.
        drive: what reads the server at a port.
        framing: how the proxies tell answers apart.
        faulty: ends after so many answers have met a fault, of all drivers together.
        seed: names the faults.
        share: how many of the answers meet a fault.
        kinds: the faults to choose from.
        late_s: longer than the device's timeout.
    """
    tally = Tally()
    async with asyncio.TaskGroup() as all_of_them:
        for number, truth in enumerate(served):
            rng = Random(f"{seed}/{number}")
            proxy = Proxy(
                truth.port, framing, seeded(rng, share, kinds), rng=rng, late_s=late_s, counts=tally.faults
            )
            reading = _read_through(proxy, drive, truth, tally, lambda: tally.faulty < faulty)
            all_of_them.create_task(reading)
    return tally


async def _read_through(
    proxy: Proxy, drive: Drive, truth: Truth, tally: Tally, goes_on: Callable[[], bool]
) -> None:
    async with proxy.listener:
        device, driver = drive(proxy.port)
        is_connected = False
        while goes_on():
            try:
                if not is_connected:
                    await driver.connect()
                is_connected = True
                await _read_once(driver, device, truth, tally)
            except DriverError as error:
                is_connected = False
                tally.errors[type(error).__name__] += 1
        await driver.close()


async def _read_once(driver: Driver, device: Device, truth: Truth, tally: Tally) -> None:
    before = truth.version
    (sample,) = await driver.read(AT)
    for channel, value in usable(device.series[0].channels, sample):
        right = truth.is_right(channel, value, before)
        tally.check(right, f"{channel.id} = {int(value):#x}, asked after version {before:#x}")


def assert_right(tally: Tally, seed: int, kinds: Sequence[Fault] = FAULTS) -> None:
    """No value was wrong, some were right, and every one of the faults has happened."""
    assert not tally.wrong, f"seed {seed}: {tally.wrong} of {tally.checked} are wrong: {tally.told}"
    assert tally.checked
    assert set(kinds) <= set(tally.faults)
