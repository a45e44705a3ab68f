"""A damaged journal is mended to what is whole: nothing wrong is ever taken, nothing whole is left out, all is told."""

import asyncio
import random
import re
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from monitor.collector.journal import Entry, Journal, JournalReader, Stood
from tests.collector.test_journal import fault, sample

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
        state, plant = reader.state(), reader.plant_at(1)
    assert state is None or re.fullmatch(r"state of \d+", state[1])
    assert plant == (PLANT, None) or (plant is None and told)


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
