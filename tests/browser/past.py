"""A plant whose alarms are in the book, and a browser that looks at what was: one for all tests of a file."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from alarms.events import Event, SetOccupancy, Told, Transition
from config.model import Occupancy, Sample
from config.plant import Plant
from monitor.collector import codec
from monitor.store.book import BookEntry
from monitor.store.write import Writer
from tests.browser.calm import Calm, served
from tests.loaded import loaded
from tests.server.collector import PRESSURE, Collector, sample_but_for
from tests.server.conftest import Running
from tests.server.hands import Hands

LINE = Path(__file__).parents[1] / "plants" / "line"
PHASE, MODE = "ISO-STM-L1/vhp_phase", "ISO-STM-L1/mode"
"""Whose states explain what the isolator measures: 3 is decontamination."""


class Booked(Collector):
    """Remembers what came of everything, as the journal does."""

    def __init__(self, plant: Plant, data: Path, hands: Hands) -> None:
        super().__init__(plant, data, hands)
        self.told: list[Transition] = []

    def judge(self, event: Event) -> tuple[Told, ...]:
        told = super().judge(event)
        self.told.extend(one for one in told if isinstance(one, Transition))
        return told


def isolated() -> Plant:
    """Make a plant in which the isolator alone is judged: all else is quiet."""
    plant = loaded(LINE)
    limits = tuple(limit for limit in plant.limits if limit.channel.startswith("ISO-STM-L1/"))
    ids = {limit.id for limit in limits}
    hiding = {key: replace(one, alarms=one.alarms & ids) for key, one in plant.suppressions.items()}
    return replace(plant, limits=limits, suppressions=hiding)


@pytest.fixture(scope="module")
def calm(folder: Path) -> Calm:
    """A stand-in for the collector whose judging is remembered."""
    plant = isolated()
    hands = Hands()
    return Calm(plant, folder, hands, Booked(plant, folder, hands))


async def breach(calm: Calm, database_url: str) -> None:
    """Let the isolator's pressure fall for twenty seconds of an hour that is over, and keep all of it.

    In that hour there is a minute without any reading, and one of decontamination; from its fiftieth minute on the
    zone is at rest.
    """
    start = calm.hands.at
    samples: list[Sample] = []
    for second in range(3600):
        if 1200 <= second < 1260:
            continue
        calm.hands.at = start + timedelta(seconds=second)
        told = {PRESSURE: 15.0} if 600 <= second < 620 else {}
        told |= {MODE: 3.0 if 2400 <= second < 2460 else 1.0, PHASE: 0.0}
        sample = sample_but_for(calm.plant, "ISO-STM-L1", calm.hands.at, told)
        calm.collector.judge(sample)
        samples.append(sample)
    rest = SetOccupancy(start + timedelta(minutes=50), "STM-L1-A-ISO", Occupancy.AT_REST, "li", "break")
    await keep(calm, database_url, samples, rest)


async def keep(calm: Calm, database_url: str, samples: list[Sample], *said: SetOccupancy) -> None:
    """Write what was told into the database, as the collector's forwarder does."""
    assert isinstance(calm.collector, Booked)
    told: list[Transition | SetOccupancy] = [*calm.collector.told, *said]
    book = [
        BookEntry(one.at, entry.kind, one.who, codec.body_of(entry))
        for one in told
        for entry in (codec.entry_of(one, one.at),)
    ]
    alarms = list({(one.alarm, one.after.raised_at): one.after for one in calm.collector.told}.values())
    writer = await Writer.open(database_url, calm.plant, "test", calm.hands.now())
    await writer.write(1, samples, book, alarms)
    await writer.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def server(calm: Calm, database_url: str) -> AsyncIterator[Running]:
    """A server whose database knows of a breach that was."""
    await breach(calm, database_url)
    async with served(calm, database_url) as made:
        yield made
