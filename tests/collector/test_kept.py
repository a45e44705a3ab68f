"""What is told to be on the disk is there: during a run, and after the collector was killed at any moment."""

import shutil
import tempfile
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alarms.state import State
from config.model import Sample
from config.plant import Plant
from monitor.collector import codec
from monitor.collector.journal import JournalReader, Stood
from monitor.collector.restore import restore
from tests.alarms.building import ISOLATOR, RECORDS, after, plant, record, sample, with_records
from tests.collector.building import JOURNAL, Line, running
from tests.collector.clock import settle

PLANT: Plant = with_records(plant())


async def kept_after(folder: Path, *samples: Sample, state: State | None = None) -> Line:
    """Take Samples, and wait until they are on the disk."""
    async with running(folder, PLANT, state) as line:
        await line.take(*samples)
        await line.journal.append([], None)
        await settle()
    return line


@pytest.mark.parametrize(
    ("samples", "kept_s"),
    [
        pytest.param([], None, id="nothing yet"),
        pytest.param([record(6)], 6, id="a live record"),
        pytest.param([record(6, backfilled=True)], 6, id="one that waited for us"),
        pytest.param([record(60, catching_up=True)], None, id="older ones are still to come"),
        pytest.param([record(12), record(6)], 12, id="it never goes back"),
    ],
)
async def test_a_record_is_kept_when_it_is_on_the_disk_and_none_before_it_is_missing(
    samples: list[Sample], kept_s: float | None, tmp_path: Path
) -> None:
    line = await kept_after(tmp_path, *samples)
    assert line.kept.until(RECORDS) == (None if kept_s is None else after(kept_s))


async def test_a_record_that_waits_for_the_disk_is_not_kept(tmp_path: Path) -> None:
    line = Line(tmp_path, PLANT)
    line.pipeline.offer(record(6))
    line.pipeline.take_rest()
    await settle()
    assert line.kept.until(RECORDS) is None
    assert line.pipeline.state.complete == {RECORDS: after(6)}
    line.journal.start()
    await line.journal.append([], None)
    await settle()
    assert line.kept.until(RECORDS) == after(6)
    await line.journal.close()


@pytest.mark.parametrize("limit", ["journal.QUEUE_LIMIT", "pipeline.INBOX_LIMIT"])
async def test_behind_a_record_that_was_lost_none_is_kept_in_this_run(
    limit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk was full for minutes: what the counter still has of that time is for the next run to fetch."""
    monkeypatch.setattr("monitor.collector.pipeline.INBOX_LIMIT", 1)
    line = Line(tmp_path, PLANT, State(complete={RECORDS: after(6)}))
    line.journal.start()
    with monkeypatch.context() as full:
        if limit == "journal.QUEUE_LIMIT":
            full.setattr("monitor.collector.journal.QUEUE_LIMIT", 0)
        else:
            line.pipeline.offer(sample(1, 45.0))
        line.pipeline.offer(record(12))
        line.pipeline.take_rest()
    line.pipeline.offer(record(18))
    line.pipeline.take_rest()
    await line.journal.append([], Stood(codec.state_json(line.pipeline.state)))
    await line.journal.close()
    await settle()
    assert line.kept.until(RECORDS) == after(6)
    assert left_by(line.path) == ([], after(6))


async def test_a_lost_sample_that_is_no_record_holds_no_record_up(tmp_path: Path) -> None:
    line = Line(tmp_path, PLANT)
    line.kept.lost(sample(1, 45.0))
    assert not line.kept.after_losses(record(6)).catching_up
    assert not line.kept.after_losses(sample(2, 45.0)).catching_up
    await line.journal.close()


async def test_a_write_that_was_called_off_keeps_nothing(tmp_path: Path) -> None:
    line = Line(tmp_path, PLANT)
    written = line.journal.append([], None)
    line.kept.once_written(record(6), written)
    written.cancel()
    await settle()
    assert line.kept.until(RECORDS) is None
    await line.journal.close()


async def test_what_a_former_run_left_complete_is_kept_from_the_start(tmp_path: Path) -> None:
    line = await kept_after(tmp_path, record(6), state=State(complete={RECORDS: after(60)}))
    assert line.kept.until(RECORDS) == after(60)


async def test_what_is_read_every_second_is_never_kept(tmp_path: Path) -> None:
    line = await kept_after(tmp_path, sample(1, 45.0))
    assert line.kept.until(ISOLATOR) is None


records = st.builds(
    record, st.integers(0, 9).map(lambda n: 6 * n), catching_up=st.booleans(), backfilled=st.booleans()
)
breaches = st.builds(sample, st.integers(1, 60), st.sampled_from([45.0, 10.0]))


@settings(max_examples=25, deadline=None)
@given(st.lists(records | breaches | st.none(), min_size=1, max_size=12))
async def test_killed_at_any_moment_what_is_kept_is_what_stands_in_the_journal(
    events: list[Sample | None],
) -> None:
    """Each copy of the files is what a kill at that moment would have left, with or without a State in between.

    Where there is no event the disk catches up with those before.
    """
    with tempfile.TemporaryDirectory(prefix="gw-") as folder:
        async with running(Path(folder), PLANT) as line:
            for number, event in enumerate(events):
                if event is None:
                    await line.journal.append([], None)
                    await settle()
                else:
                    await line.take(event)
                told = line.kept.until(RECORDS)
                left = Path(folder) / f"killed-{number}"
                left.mkdir()
                for file in (JOURNAL, f"{JOURNAL}-wal"):
                    shutil.copy(Path(folder) / file, left)
                written, complete = left_by(left / JOURNAL)
                assert complete == max(written, default=None)
                assert told is None or told in written


def left_by(path: Path) -> tuple[list[datetime], datetime | None]:
    """Give the times of the records in a journal that were not catching up, and what a restart holds complete."""
    reader = JournalReader(path)
    try:
        found = [codec.sample_of(entry) for entry in reader.after(0, 1_000) if entry.series == RECORDS]
        restored = restore(PLANT, reader)
    finally:
        reader.close()
    written = [one.at for one in found if not one.catching_up]
    return written, restored.state.complete.get(RECORDS)
