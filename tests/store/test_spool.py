"""The spool and its way into the book: each line once and in order, whatever is killed, lost or full."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.store import spool as spool_module
from monitor.store.book import BookCutError, BookEntry
from monitor.store.record import drain, record
from monitor.store.spool import Spool, SpoolError
from monitor.store.verify import verify
from tests.database import Server

AT = datetime(2026, 3, 2, 8, 15, 0, 123456, tzinfo=UTC)
CHAIN = "people-test"

# Says line after line, and after each on stdout that it is safe.
TALKER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from monitor.store.book import BookEntry
from monitor.store.spool import Spool
spool, number = Spool(Path(sys.argv[1])), 0
while True:
    number += 1
    spool.add(BookEntry(datetime(2026, 3, 2, tzinfo=UTC), "said", "li", {"number": number}))
    print(number, flush=True)
"""


def entry(number: int) -> BookEntry:
    return BookEntry(AT + timedelta(seconds=number), "said", "li", {"number": number, "words": "二"})


async def told(url: str, chain: str = CHAIN) -> list[int]:
    connection = await asyncpg.connect(url)
    rows = await connection.fetch(
        "SELECT body FROM book WHERE chain = $1 AND kind = 'said' ORDER BY seq", chain
    )
    await connection.close()
    return [json.loads(row["body"])["number"] for row in rows]


def test_a_line_comes_back_as_it_was_and_its_number_is_never_given_again(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "deep" / "people.spool")
    for number in (1, 2):
        spool.add(entry(number))
    assert spool.after(0, 10) == [(1, entry(1)), (2, entry(2))]
    assert spool.after(1, 10) == [(2, entry(2))]
    spool.forget(2)
    known = spool.id
    spool.close()
    spool = Spool(tmp_path / "deep" / "people.spool")
    assert (spool.id, spool.count()) == (known, 0)
    spool.add(entry(3))
    assert spool.after(0, 10) == [(3, entry(3))]
    spool.close()


async def test_what_the_database_cannot_keep_of_a_line_does_not_hold_up_those_behind_it(
    tmp_path: Path, database_url: str
) -> None:
    spool = Spool(tmp_path / "people.spool")
    odd = {"number": 1, "words": "a\0b", "\ud800": ["\ud800", {"\0": None}, 1.5, True]}
    spool.add(BookEntry(AT, "said", "l\0i", odd))
    spool.add(entry(2))
    connection = await asyncpg.connect(database_url)
    assert await drain(connection, CHAIN, spool.after(0, 10)) == 2
    (line, _) = await connection.fetch("SELECT who, body FROM book WHERE chain = $1 ORDER BY seq", CHAIN)
    await connection.close()
    assert line["who"] == "l\ufffdi"
    assert json.loads(line["body"]) == {
        "number": 1,
        "words": "a\ufffdb",
        "?": ["?", {"\ufffd": None}, 1.5, True],
    }


def test_a_full_spool_says_so_and_what_is_no_json_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool_module, "LINES_MAX", 2)
    spool = Spool(tmp_path / "people.spool")
    with pytest.raises(ValueError, match="JSON"):
        spool.add(BookEntry(AT, "said", "li", {"number": float("nan")}))
    spool.add(entry(1))
    spool.add(entry(2))
    with pytest.raises(SpoolError, match="bring the database back"):
        spool.add(entry(3))
    assert spool.count() == 2
    spool.close()
    with pytest.raises(SpoolError, match="look after that disk"):
        Spool(tmp_path / "people.spool" / "below")


def test_what_was_safe_is_there_after_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "people.spool"
    talker = subprocess.Popen([sys.executable, "-c", TALKER, str(path)], stdout=subprocess.PIPE, text=True)
    assert talker.stdout is not None
    safe = [int(talker.stdout.readline()) for _ in range(20)]
    os.kill(talker.pid, signal.SIGKILL)
    safe += [int(line) for line in talker.stdout.read().split()]
    talker.wait()
    talker.stdout.close()
    spool = Spool(path)
    there = [one.body["number"] for _, one in spool.after(0, 1_000_000)]
    spool.close()
    assert there[: len(safe)] == safe
    assert there == list(range(1, len(there) + 1))


async def test_each_line_once_although_answers_are_lost(database_url: str, tmp_path: Path) -> None:
    """Whoever drains does not hear that it went well, and hands over the same lines, and more, again."""
    spool, connection = Spool(tmp_path / "people.spool"), await asyncpg.connect(database_url)
    for upto in (3, 3, 5):
        while spool.count() < upto:
            spool.add(entry(spool.count() + 1))
        assert await drain(connection, CHAIN, spool.after(0, 100)) == upto
    # Another writes to the same chain meanwhile, without a number.
    await record(connection, AT, "account_added", "admin", {"what": "zhao"}, chain=CHAIN)
    spool.forget(5)
    spool.add(entry(6))
    assert await drain(connection, CHAIN, spool.after(0, 100)) == 6
    spool.close()
    assert await told(database_url) == [1, 2, 3, 4, 5, 6]
    verified = await verify(database_url, None, lambda *_: None)
    assert not verified.findings
    await connection.close()


async def test_a_chain_that_was_cut_is_not_written_on(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await drain(connection, CHAIN, [(1, entry(1)), (2, entry(2))])
    await connection.execute("ALTER TABLE book DISABLE TRIGGER append_only")
    await connection.execute("DELETE FROM book WHERE seq = 2")
    with pytest.raises(BookCutError):
        await drain(connection, CHAIN, [(3, entry(3))])
    await connection.close()
    assert await told(database_url) == [1]


@settings(max_examples=15, deadline=None)
@given(pieces=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=6))
def test_however_often_what_is_handed_over_each_line_comes_once(
    timescale: Server, pieces: list[tuple[int, int]]
) -> None:
    async def work() -> None:
        url = await timescale.fresh()
        connection = await asyncpg.connect(url)
        said: list[tuple[int, BookEntry]] = []
        handed = 0
        for more, back in pieces:
            said += [(number, entry(number)) for number in range(len(said) + 1, len(said) + more + 1)]
            await drain(connection, CHAIN, said[max(0, handed - back) :])
            handed = len(said)
        await connection.close()
        assert await told(url) == [number for number, _ in said]
        await timescale.drop(url)

    asyncio.run(work())
