"""H7, H8: the journal stays within its bounds, tells of it in time, and never lets go of what is not stored."""

import asyncio
import shutil
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from bench.running import DEMO
from monitor.collector import codec
from monitor.collector.collect import JOURNAL
from monitor.collector.journal import Entry, Journal, JournalError, JournalReader, Stood
from monitor.collector.journal_bounds import (
    ENTRY_BYTES,
    VALUE_BYTES,
    Bounds,
    Keeper,
    bound_bytes,
    bounds_in,
    days_for,
)
from monitor.collector.journal_read import FORGET_AT_ONCE
from tests.alarms.building import after, plant, sample
from tests.loaded import loaded
from tests.patience import PATIENCE_S

DAY_S = 86_400
MEGABYTE = 2**20


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A disk of two megabytes, of which nobody else has anything; the journal may take half of it."""
    size = SimpleNamespace(total=2 * MEGABYTE, used=0, free=2 * MEGABYTE)
    monkeypatch.setattr("monitor.collector.journal_bounds.shutil.disk_usage", lambda _: size)
    return size


def large(number: int) -> Entry:
    """Make an entry of ten kilobytes."""
    return replace(codec.sample_entry(sample(number, 45.0)), vals=b"x" * 10_000)


class Kept:
    """A journal with its keeper."""

    def __init__(self, folder: Path, bounds: Bounds) -> None:
        self.path = folder / JOURNAL
        self.journal = Journal(self.path)
        self.journal.start()
        self.keeper = Keeper(self.journal, self.path, bounds)
        self._count = 0

    async def filled(self, megabytes: float) -> None:
        """Write until so much is in the file."""
        while self.keeper._measured().used_bytes < megabytes * MEGABYTE:
            chunk = [large(self._count + n) for n in range(4)]
            self._count += len(chunk)
            await self.journal.append(chunk, Stood("state"))

    def look(self, stored_seq: int | None = None, at_s: float = 0) -> list[tuple[str, bool]]:
        """Look; return which part told what: that something is wrong, or that it is over."""
        return [(fault.part, bool(fault.message)) for fault in self.keeper.look(stored_seq, after(at_s))]

    async def close(self) -> None:
        """Close both."""
        self.keeper.close()
        await self.journal.close()


async def test_h7_it_is_told_at_half_and_at_four_fifths_and_over_when_well_behind(
    tmp_path: Path, disk: SimpleNamespace
) -> None:
    kept = Kept(tmp_path, Bounds(share=0.5))
    await kept.filled(0.4)
    assert kept.look() == []
    await kept.filled(0.5)
    assert kept.look() == [("journal-half", True)]
    assert kept.look() == []
    await kept.filled(0.8)
    assert kept.look() == [("journal-nearly-full", True)]
    assert kept.keeper.fill.told() == "81% of 1 MB"
    disk.total = 2.1 * MEGABYTE  # 76 %: a little less is not well behind
    assert kept.look() == []
    disk.total = 2.2 * MEGABYTE  # 73 %
    assert kept.look() == [("journal-nearly-full", False)]
    disk.total = 4 * MEGABYTE
    disk.free = 3 * MEGABYTE  # 40 %
    assert kept.look() == [("journal-half", False)]
    await kept.close()


async def test_a_disk_that_others_fill_makes_the_bound_smaller(tmp_path: Path, disk: SimpleNamespace) -> None:
    kept = Kept(tmp_path, Bounds(share=0.5))
    await kept.filled(0.4)
    disk.free = MEGABYTE // 10
    assert kept.look() == [("journal-half", True), ("journal-nearly-full", True)]
    disk.free = 0
    kept.look()
    assert kept.journal.full.startswith("it is full, 100% of")
    await kept.close()


async def test_h7_a_full_journal_refuses_and_lets_go_of_nothing_that_is_not_stored(
    tmp_path: Path, disk: SimpleNamespace
) -> None:
    kept = Kept(tmp_path, Bounds(share=0.5))
    await kept.filled(1.0)
    kept.look()
    with pytest.raises(JournalError, match=r"journal\.sqlite: it is full, 10\d% of 1 MB"):
        kept.journal.append([large(1)], None)
    wrote = kept.journal.last_seq
    kept.look(stored_seq=3, at_s=1000 * DAY_S)
    with closing(JournalReader(kept.path)) as reader:
        assert [one.seq for one in reader.after(0, 10_000)] == list(range(4, wrote + 1))
    assert kept.journal.full  # 97 %: it does not go to and fro
    kept.look(stored_seq=10)
    assert not kept.journal.full
    await asyncio.wait_for(kept.journal.append([large(1)], None), PATIENCE_S)
    await kept.close()


async def test_h8_what_is_stored_goes_oldest_first_once_there_is_little_room_and_no_sooner_than_needed(
    tmp_path: Path, disk: SimpleNamespace
) -> None:
    kept = Kept(tmp_path, Bounds(share=0.5))
    await kept.filled(0.3)
    assert kept.journal.last_seq > 20
    stored = kept.journal.last_seq - 5
    kept.look(stored)
    with closing(JournalReader(kept.path)) as reader:
        assert len(reader.after(0, 10_000)) == kept.journal.last_seq
        await kept.filled(0.45)
        kept.look(stored)
        assert reader.after(0, 1)[0].seq == stored + 1
        assert kept.keeper.fill.share < 0.4
    assert kept.journal.stored_seq == stored
    await kept.close()


async def test_what_is_stored_is_kept_for_thirty_days_and_then_let_go_of(tmp_path: Path) -> None:
    kept = Kept(tmp_path, Bounds())
    entries = [codec.sample_entry(sample(-days * DAY_S, 45.0)) for days in (31, 30.01, 29.99, 0)]
    await kept.journal.append(entries, Stood("state"))
    kept.look(stored_seq=1)
    kept.look(stored_seq=None)
    with closing(JournalReader(kept.path)) as reader:
        assert [one.seq for one in reader.after(0, 10)] == [2, 3, 4]
        kept.look(stored_seq=4)
        assert [one.seq for one in reader.after(0, 10)] == [3, 4]
    await kept.close()


async def test_h8_forgetting_keeps_nobody_waiting_for_long(tmp_path: Path) -> None:
    """A day that is let go of goes in small pieces: whoever writes comes in between."""
    kept = Kept(tmp_path, Bounds())
    many = 2 * FORGET_AT_ONCE + 500
    await kept.journal.append([codec.sample_entry(sample(n, 45.0)) for n in range(many)], Stood("state"))
    left = []
    with closing(JournalReader(kept.path)) as reader:
        for _ in range(4):
            kept.look(stored_seq=many, at_s=31 * DAY_S)
            left.append(len(reader.after(0, many)))
    assert left == [many - FORGET_AT_ONCE, many - 2 * FORGET_AT_ONCE, 1, 1]
    await kept.close()


async def test_h8_a_journal_that_was_drained_grows_no_further(tmp_path: Path) -> None:
    """What an outage has made of the file is used again: the size stays what it was."""
    kept = Kept(tmp_path, Bounds(share=0.5, days=1e-9))
    await kept.filled(0.5)
    kept.journal._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = kept.path.stat().st_size
    for _ in range(3):
        kept.look(stored_seq=kept.journal.last_seq, at_s=DAY_S)
        await kept.filled(0.45)
    kept.journal._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert kept.path.stat().st_size <= size
    await kept.close()


FULL_DISK = """
import asyncio, resource, sys
from pathlib import Path
from monitor.collector.journal import Journal
from tests.collector.test_journal_bounds import large

async def main(path):
    journal = Journal(path)
    journal.start()
    await journal.append([large(1)], None)
    journal._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
    waiting = [journal.append([large(n)], None) for n in range(2, 40)]
    while not journal.failure:
        await asyncio.sleep(0.01)
    print(journal.failure, flush=True)
    assert not all(one.done() for one in waiting)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    await asyncio.gather(*waiting)
    assert journal.failure == ""
    await journal.close()

asyncio.run(main(Path(sys.argv[1])))
"""


async def test_h7_a_disk_that_takes_nothing_more_loses_nothing_and_is_told(tmp_path: Path) -> None:
    """The limit of a file's size stands for a disk that others have filled: the kernel refuses the write."""
    path = tmp_path / JOURNAL
    command = [sys.executable, "-c", FULL_DISK, str(path)]
    done = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert done.returncode == 0, done.stderr
    assert str(path) in done.stdout
    with closing(JournalReader(path)) as reader:
        assert [one.seq for one in reader.after(0, 100)] == list(range(1, 40))


def test_days_that_fit_follow_from_what_a_sample_takes(tmp_path: Path) -> None:
    demo = loaded(DEMO)
    days = days_for(demo, 60e9)
    assert 25 < days < 45  # the demo plant's thirty days need about 50 GB
    one = plant()
    per_day = sum(
        DAY_S * (ENTRY_BYTES + VALUE_BYTES * len(series.channels)) for series in one.series.values()
    )
    assert days_for(one, 10 * per_day) == pytest.approx(10)


def test_bounds_come_from_the_environment_and_are_in_range() -> None:
    assert bounds_in({}) == Bounds(0.5, 30.0)
    assert bounds_in({"GRADEWATCH_JOURNAL_SHARE": "0.2", "GRADEWATCH_JOURNAL_DAYS": "7"}) == Bounds(0.2, 7.0)
    for wrong in ("0", "1", "half", "-1", "nan"):
        with pytest.raises(JournalError, match=f"GRADEWATCH_JOURNAL_SHARE={wrong}: give a number above 0"):
            bounds_in({"GRADEWATCH_JOURNAL_SHARE": wrong})


def test_the_bound_is_the_share_of_the_disk_or_what_others_have_left(tmp_path: Path) -> None:
    disk = shutil.disk_usage(tmp_path)
    assert bound_bytes(tmp_path, Bounds(share=1e-6)) == int(1e-6 * disk.total)
