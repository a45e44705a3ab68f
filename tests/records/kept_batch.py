"""A batch on the small plant of files, stored as a collector stores it, with its plant and its key in a data folder."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from alarms.events import EndBatch, StartBatch
from config.model import Sample
from config.plant import Plant
from monitor.collector.codec import Start, entry_of, sample_entry
from monitor.collector.portion import portion_of
from monitor.store.signing import signer_in
from monitor.store.write import Writer
from monitor.versions import Versions
from tests.loaded import loaded
from tests.server.collector import sample_but_for
from tests.store.small import NOON, second

LINE = Path(__file__).parents[1] / "plants" / "line"
BATCH = "MSC-2026-0301"
SECONDS = 200
BEGAN, ENDED = second(10.5), second(SECONDS - 30)


async def keep_batch(url: str, data: Path) -> Plant:
    """Store some minutes with a batch in them; the collector then ends in good order."""
    plant = loaded(LINE)
    Versions(data).begin(plant, LINE, NOON)
    begun = StartBatch(BEGAN, BATCH, "STM-L1", "MSC", "set-up", (), "zhang")
    over = EndBatch(ENDED, BATCH, "zhang", "done")
    things: list[Sample | Start | StartBatch | EndBatch] = [Start(NOON, plant.sha256), begun, over]
    things = sorted([*things, *_samples(plant)], key=lambda one: one.at)
    entries = [sample_entry(one) if isinstance(one, Sample) else entry_of(one, one.at) for one in things]
    portion = portion_of([replace(one, seq=number) for number, one in enumerate(entries, 1)])
    writer = await Writer.open(url, plant, "line-1", NOON, signer_in(data, {}))
    await writer.write(len(entries), portion.samples, portion.book, portion.alarms, portion.passed)
    await writer.close()
    return plant


def _samples(plant: Plant) -> Iterator[Sample]:
    draw = random.Random(3)
    calm = {
        one.id: sample_but_for(plant, one.id, NOON, {}) for one in plant.series.values() if not one.records
    }
    for number in range(SECONDS):
        at = second(number)
        for one in calm.values():
            values = tuple(round(value + draw.choice((0, 0, 0.01)), 2) for value in one.values)
            yield replace(one, at=at, received_at=at + timedelta(milliseconds=200), values=values)
