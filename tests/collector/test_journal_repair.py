"""A damaged journal is mended to what is whole: nothing wrong is ever taken, nothing whole is left out, all is told."""

import asyncio
import random
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from monitor.collector.journal import Entry, Journal, JournalError, JournalReader, Stood
from monitor.collector.journal_mark import read_mark
from monitor.collector.journal_read import suspect_of
from tests.collector.test_journal import as_formerly, fault, sample

ENTRIES = 400
PLANT = '{"of": "the plant"}'


async def lived(path: Path, entries: int = ENTRIES) -> None:
    """Write a journal as a collector does, then be killed: half of it stands in the file, half in the log."""
    journal = Journal(path)
    journal.enter_plant("sha", PLANT)
    journal.start()
    for number in range(0, entries, 10):
        if number == entries // 2:
            journal._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        chunk = [fault(n) if n % 7 == 0 else sample(n) for n in range(number, number + 10)]
        state = (
            Stood(f"state of {number}", number if number % 100 == 0 else None) if number % 50 == 0 else None
        )
        await journal.append(chunk, state)
    for one in (path, path.with_name(path.name + "-wal"), path.with_suffix(".mark")):
        shutil.copy(one, one.parent / "killed" / one.name)
    await journal.close()


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a collector that was killed."""
    folder = tmp_path_factory.mktemp("journal")
    (folder / "killed").mkdir()
    asyncio.run(lived(folder / "journal.sqlite"))
    return folder / "killed"


def original() -> dict[int, Entry]:
    return {n + 1: fault(n) if n % 7 == 0 else sample(n) for n in range(ENTRIES)}


def read(path: Path) -> dict[int, Entry]:
    with closing(JournalReader(path)) as reader:
        entries = reader.after(0, 10_000)
    assert [entry.seq for entry in entries] == sorted({entry.seq for entry in entries})
    return {entry.seq: entry for entry in entries}


def told_lost(told: str) -> int:
    found = re.search(r"(\d+) entries are lost", told)
    return int(found[1]) if found else 0


def same(one: Entry, other: Entry) -> bool:
    return all(
        getattr(one, name) == getattr(other, name) for name in ("kind", "at_us", "vals", "body", "series")
    )


async def start_again(path: Path) -> str:
    """Open the journal, go on with it, and hold what is in it against what was written; return what was told."""
    journal = Journal(path)
    told, last = journal.repaired, journal.last_seq
    journal.start()
    await journal.append([fault(99_999)], None)
    assert journal.last_seq == last + 1
    await journal.close()
    found, wrote = read(path), original()
    assert same(found.pop(last + 1), fault(99_999))
    for seq, entry in found.items():
        assert same(entry, wrote[seq]), f"entry {seq} is not what was written"
    assert told_lost(told) == ENTRIES - len(found)
    assert last >= ENTRIES, "a number was given twice"
    _has_sound_rest(path, told)
    # What was mended is whole: nothing is found the next time.
    again = Journal(path)
    assert again.repaired == ""
    await again.close()
    return told


def _has_sound_rest(path: Path, told: str) -> None:
    with closing(JournalReader(path)) as reader:
        state, found = reader.state(), reader.plant_at(1)
        plant = None if found is None else reader.plant_body(found)
    assert state is None or re.fullmatch(r"state of \d+", state[1])
    assert plant == PLANT or (plant is None and told)


async def test_what_is_whole_is_left_as_it_is(killed: Path, tmp_path: Path) -> None:
    shutil.copytree(killed, tmp_path, dirs_exist_ok=True)
    assert await start_again(tmp_path / "journal.sqlite") == ""


def flip(data: bytearray, chance: random.Random, last: int) -> None:
    for _ in range(chance.choice((1, 1, 3, 40))):
        data[chance.randrange(len(data) - last, len(data))] ^= 1 << chance.randrange(8)


def blank(data: bytearray, chance: random.Random, last: int) -> None:
    begin = chance.randrange(len(data) - last, len(data))
    end = min(len(data), begin + chance.choice((16, 512, 4096, 9000)))
    data[begin:end] = bytes(end - begin)


def cut(data: bytearray, chance: random.Random, last: int) -> None:
    del data[chance.randrange(len(data) - last, len(data)) :]


@pytest.mark.parametrize("harm", [flip, blank, cut])
@pytest.mark.parametrize("file", ["journal.sqlite", "journal.sqlite-wal"])
@pytest.mark.parametrize("seed", range(12))
async def test_h7_whatever_happens_to_the_file_nothing_wrong_is_taken_and_the_loss_is_told(
    harm: Callable[[bytearray, random.Random, int], None], file: str, seed: int, killed: Path, tmp_path: Path
) -> None:
    """Half of the seeds harm the last pages, the others any."""
    shutil.copytree(killed, tmp_path, dirs_exist_ok=True)
    chance = random.Random(seed)
    data = bytearray((tmp_path / file).read_bytes())
    harm(data, chance, min(4 * 4096, len(data)) if seed % 2 else len(data))
    (tmp_path / file).write_bytes(data)
    await start_again(tmp_path / "journal.sqlite")


async def test_the_tail_that_sqlite_drops_without_a_word_is_missed(killed: Path, tmp_path: Path) -> None:
    shutil.copytree(killed, tmp_path, dirs_exist_ok=True)
    (tmp_path / "journal.sqlite-wal").unlink()
    told = await start_again(tmp_path / "journal.sqlite")
    assert told == "the journal was damaged: 200 entries are lost, behind 2026-11-21 08:03:19 UTC"


async def test_a_journal_that_is_gone_goes_on_under_its_name_and_behind_its_numbers(
    killed: Path, tmp_path: Path
) -> None:
    shutil.copytree(killed, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "journal.sqlite"
    mark = read_mark(path)
    assert mark is not None
    for name in ("journal.sqlite", "journal.sqlite-wal"):
        (tmp_path / name).unlink()
    assert (
        await start_again(path) == f"the journal was damaged: {ENTRIES} entries are lost, from the first on"
    )
    with closing(JournalReader(path)) as reader:
        assert reader.id() == mark.id


async def test_the_mark_of_another_journal_says_nothing(killed: Path, tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    await Journal(path).close()
    shutil.copy(killed / "journal.mark", tmp_path)
    journal = Journal(path)
    assert (journal.repaired, journal.last_seq, journal.stored_seq) == ("", 0, 0)
    await journal.close()


async def test_a_mark_that_is_torn_says_nothing(killed: Path, tmp_path: Path) -> None:
    shutil.copytree(killed, tmp_path, dirs_exist_ok=True)
    mark = tmp_path / "journal.mark"
    mark.write_bytes(mark.read_bytes().replace(b"400", b"500"))
    assert read_mark(tmp_path / "journal.sqlite") is None
    assert await start_again(tmp_path / "journal.sqlite") == ""


async def test_a_reader_takes_nothing_that_is_not_what_was_written_and_the_next_start_mends_it(
    killed: Path, tmp_path: Path
) -> None:
    """It need not be at the end, nor be found by the start: then it is by whoever reads there."""
    shutil.copytree(killed, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "journal.sqlite"
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("UPDATE entry SET at_us = at_us + 1 WHERE seq = 9")
    with closing(JournalReader(path)) as reader:
        assert len(reader.after(0, 8)) == 8
        with pytest.raises(JournalError, match=r"entry 9 is not what was written; start the collector again"):
            reader.after(8, 1)
    assert suspect_of(path).exists()
    assert (
        "1 entries are lost, behind 2026-11-21 08:00:07 UTC; the damaged file is kept"
        in await start_again(path)
    )
    assert not suspect_of(path).exists()


async def test_a_large_journal_is_looked_at_where_it_ends_and_in_full_once_it_is_suspect(
    killed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.collector.journal_repair.CHECKED_IN_FULL_BYTES", 0)
    monkeypatch.setattr("monitor.collector.journal_repair.TAIL", 100)
    shutil.copytree(killed, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "journal.sqlite"
    await Journal(path).close()
    data = bytearray(path.read_bytes())
    page = data.index(b"part-70") // 4096 * 4096
    data[page : page + 4096] = bytes(4096)
    path.write_bytes(data)
    journal = Journal(path)
    assert journal.repaired == ""
    await journal.close()
    with closing(JournalReader(path)) as reader, pytest.raises(JournalError, match="malformed"):
        reader.after(0, 10_000)
    assert told_lost(await start_again(path)) > 0


async def test_what_is_safe_in_the_database_is_not_lost_and_need_not_be_copied(
    killed: Path, tmp_path: Path
) -> None:
    shutil.copytree(killed, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "journal.sqlite"
    journal = Journal(path)
    journal.stored_seq = 390
    journal.start()
    await journal.append([fault(400)], None)
    await journal.close()
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("UPDATE entry SET at_us = at_us + 1 WHERE seq IN (380, 395)")
    suspect_of(path).touch()
    journal = Journal(path)
    assert told_lost(journal.repaired) == 1
    assert journal.stored_seq == 390
    await journal.close()
    # From the last State on, which stands behind entry 360, everything is there.
    expected = [seq for seq in range(360, 402) if seq not in {380, 395}]
    assert list(read(path)) == expected


async def test_a_state_that_is_not_what_was_written_gives_way_to_the_last_one_kept(
    killed: Path, tmp_path: Path
) -> None:
    shutil.copytree(killed, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "journal.sqlite"
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("UPDATE state SET body = 'no such state'")
    assert "no entry is lost" in await start_again(path)
    with closing(JournalReader(path)) as reader:
        assert reader.state() == (310, "state of 300")


async def test_a_damaged_journal_of_a_former_version_is_mended_too(killed: Path, tmp_path: Path) -> None:
    shutil.copytree(killed, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "journal.sqlite"
    (tmp_path / "journal.mark").unlink()
    with closing(sqlite3.connect(path)) as former, former:
        as_formerly(former)
        former.execute("DELETE FROM entry WHERE seq BETWEEN 200 AND 209")
    told = await start_again(path)
    assert "10 entries are lost, behind 2026-11-21 08:03:18 UTC" in told
    with closing(JournalReader(path)) as reader:
        assert len(reader.after(0, 10_000)) == ENTRIES - 10 + 1
        assert reader.samples(0) == sum(
            one.kind == "sample" for seq, one in original().items() if not 200 <= seq <= 209
        )


async def test_a_repair_that_was_stopped_is_begun_again(killed: Path, tmp_path: Path) -> None:
    shutil.copytree(killed, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "journal.sqlite"
    path.with_suffix(".mending").write_bytes(b"half of it")
    suspect_of(path).touch()
    assert "no entry is lost" in await start_again(path)
    assert not path.with_suffix(".mending").exists()


async def test_a_small_journal_is_looked_at_in_full_at_each_start(
    killed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.collector.journal_repair.TAIL", 100)
    shutil.copytree(killed, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "journal.sqlite"
    await Journal(path).close()
    data = bytearray(path.read_bytes())
    page = data.index(b"part-70") // 4096 * 4096
    data[page : page + 4096] = bytes(4096)
    path.write_bytes(data)
    assert told_lost(await start_again(path)) > 0


async def test_what_was_lost_once_is_not_counted_again(killed: Path, tmp_path: Path) -> None:
    shutil.copytree(killed, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "journal.sqlite"
    (tmp_path / "journal.sqlite-wal").unlink()
    assert told_lost(await start_again(path)) == 200
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("UPDATE entry SET at_us = at_us + 1 WHERE seq IN (200, 20)")
    journal = Journal(path)
    assert told_lost(journal.repaired) == 2
    await journal.close()
    again = Journal(path)
    assert again.repaired == ""
    await again.close()
