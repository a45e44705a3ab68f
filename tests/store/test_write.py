"""The writer: every journal entry is stored once, whatever is repeated, split or cut off."""

import asyncio
import json
import math
from collections.abc import Sequence

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.model import Quality, Sample
from monitor.store import chain
from monitor.store.book import BookEntry
from monitor.store.database import Connection
from monitor.store.write import PoisonError, Writer
from tests.store.small import NOON, alarm, plant, sample, second

ROWS = "SELECT r.name, s.at, s.values, s.quality, s.flags, s.reason FROM sample s JOIN series r ON r.id = series_id"


def note(number: int) -> BookEntry:
    return BookEntry(second(number), "note", "zhang", {"number": number, "value": number / 3})


async def check_chain(sql: Connection, name: str = "c") -> list[int]:
    """Check every hash of the chain from what is stored alone; give the numbers in the bodies."""
    rows = await sql.fetch("SELECT * FROM book WHERE chain = $1 ORDER BY seq", name)
    prev_hash, numbers = chain.FIRST, []
    for seq, row in enumerate(rows, 1):
        assert (row["seq"], row["prev_hash"]) == (seq, prev_hash)
        body = json.loads(row["body"])
        facts = {key: row[key] for key in ("chain", "seq", "at", "kind", "who")}
        prev_hash = chain.link(prev_hash, **facts, body=body)
        assert row["hash"] == prev_hash
        numbers.append(body["number"])
    return numbers


async def test_what_is_written_is_what_is_stored(url: str, sql: Connection) -> None:
    writer = await Writer.open(url, plant(), "c", NOON)
    bad = Sample("D", second(2), (math.nan,) * 3, (Quality.UNREACHABLE,) * 3, second(3), reason="refused: D")
    late = sample(5, 7, 4294967295, series="D#records", backfilled=True)
    assert await writer.write(3, [sample(1, 1.5, 2, 3), bad, late], [], []) == 3
    assert await writer.position() == 3
    await writer.close()
    assert [tuple(row) for row in await sql.fetch(ROWS + " ORDER BY s.at")] == [
        ("D", second(1), [1.5, 2, 3], None, 0, None),
        ("D", second(2), [None, None, None], [6, 6, 6], 0, "refused: D"),
        ("D#records", second(5), [7, 4294967295], None, 1, None),
    ]


async def test_the_same_batch_again_stores_nothing_twice(url: str, sql: Connection) -> None:
    writer = await Writer.open(url, plant(), "c", NOON)
    batch = (3, [sample(1), sample(2)], [note(1)], [alarm(1, 1)])
    assert await writer.write(*batch) == 2
    assert await writer.write(*batch) == 0
    await writer.close()
    again = await Writer.open(url, plant(), "c", NOON)
    assert await again.write(*batch) == 0
    await again.close()
    assert await sql.fetchval("SELECT count(*) FROM sample") == 2
    assert await sql.fetchval("SELECT count(*) FROM alarm") == 1
    assert await check_chain(sql) == [1]


async def test_h10_replay_into_an_existing_chunk_stores_the_rest_of_the_batch(
    url: str, sql: Connection
) -> None:
    """A conflict must not end the batch: what comes after the first duplicate is stored as well, in every chunk."""
    writer = await Writer.open(url, plant(), "c", NOON)
    days = [sample(86_400 * day + number) for day in range(3) for number in range(10)]
    assert await writer.write(1, days[::3], [], []) == 10
    assert await writer.write(2, days, [], []) == 20
    assert await writer.write(3, days + days[::-1], [], []) == 0
    await writer.close()
    rows = await sql.fetch(ROWS + " ORDER BY s.at")
    assert [(row["at"], row["values"]) for row in rows] == [(one.at, list(one.values)) for one in days]


async def test_of_two_samples_of_one_second_the_first_stays(url: str, sql: Connection) -> None:
    writer = await Writer.open(url, plant(), "c", NOON)
    assert await writer.write(1, [sample(1, 1, 1, 1), sample(1, 2, 2, 2)], [note(1)], []) == 1
    assert await writer.write(2, [sample(1, 3, 3, 3)], [note(2)], []) == 0
    await writer.close()
    assert await sql.fetchval("SELECT values FROM sample") == [1, 1, 1]
    assert await check_chain(sql) == [1, 2], "a batch that is tried again writes its book once"


async def test_an_alarm_stands_as_it_was_last_changed(url: str, sql: Connection) -> None:
    writer = await Writer.open(url, plant(), "c", NOON)
    await writer.write(1, [], [], [alarm(1, 1), alarm(1, 5, active=False), alarm(9, 9)])
    await writer.write(2, [], [], [alarm(1, 3, acknowledged=True, acknowledged_by="zhang")])
    await writer.close()
    rows = await sql.fetch("SELECT raised_at, changed_at, active, acknowledged FROM alarm ORDER BY 1")
    assert [tuple(row) for row in rows] == [
        (second(1), second(5), False, False),
        (second(9), second(9), True, False),
    ]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    batches=st.lists(
        st.tuples(st.integers(1, 12), st.sampled_from(["answered", "answer lost", "overlap"])), min_size=1
    )
)
async def test_however_a_stream_is_split_and_repeated_each_entry_is_stored_once(
    database_url: str, batches: Sequence[tuple[int, str]]
) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute("TRUNCATE sample, forwarded, alarm")
    name = f"c{await connection.fetchval('SELECT count(DISTINCT chain) FROM book')}"
    writer, done = await Writer.open(database_url, plant(), name, NOON), 0
    for size, how in batches:
        before = await writer.position()
        assert before == done
        done += size
        fresh = range(before + 1, done + 1)
        sent = range(max(1, before - 3), done + 1) if how == "overlap" else fresh
        batch = (done, [sample(n) for n in sent], [note(n) for n in fresh], [alarm(1, n) for n in sent])
        assert await writer.write(*batch) == size
        if how == "answer lost":
            await writer.close()
            writer = await Writer.open(database_url, plant(), name, NOON)
            assert await writer.write(*batch) == 0
    await writer.close()
    rows = await connection.fetch(ROWS + " ORDER BY s.at")
    assert [(row["at"], row["values"]) for row in rows] == [
        (second(n), list(sample(n).values)) for n in _upto(done)
    ]
    assert await check_chain(connection, name) == list(_upto(done))
    assert await connection.fetchval("SELECT changed_at FROM alarm") == second(done)
    await connection.close()


def _upto(count: int) -> range:
    return range(1, count + 1)


async def test_two_writers_of_one_chain_take_turns(url: str, sql: Connection) -> None:
    """A collector that was restarted while its last batch is still under way."""
    writers = [await Writer.open(url, plant(), "c", NOON) for _ in range(4)]
    batch = (1, [sample(1)], [note(1), note(2)], [alarm(1, 1)])
    assert sorted(await asyncio.gather(*(writer.write(*batch) for writer in writers))) == [0, 0, 0, 1]
    for writer in writers:
        await writer.close()
    assert await check_chain(sql) == [1, 2]


async def test_the_position_never_goes_back(url: str, sql: Connection) -> None:
    """The shorter batch has read the position before the longer one is stored, and comes to write its own after."""
    writers = [await Writer.open(url, plant(), "c", NOON) for _ in range(2)]
    await sql.execute("BEGIN; LOCK TABLE forwarded IN SHARE MODE")
    tasks = []
    for upto, writer in zip((2, 1), writers, strict=True):
        tasks.append(asyncio.create_task(writer.write(upto, [sample(upto)], [], [])))
        while await sql.fetchval("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted") < len(tasks):
            assert not any(task.done() for task in tasks)
    await sql.execute("COMMIT")
    assert await asyncio.gather(*tasks) == [1, 0]
    assert await writers[0].position() == 2
    for writer in writers:
        await writer.close()


async def test_two_collectors_keep_their_own_chains(url: str, sql: Connection) -> None:
    one, two = [await Writer.open(url, plant(), name, NOON) for name in ("c", "d")]
    await one.write(1, [sample(1)], [note(1)], [])
    await two.write(1, [sample(2)], [note(2)], [])
    await one.write(2, [], [note(3)], [])
    assert (await one.position(), await two.position()) == (2, 1)
    await one.close()
    await two.close()
    assert (await check_chain(sql, "c"), await check_chain(sql, "d")) == ([1, 3], [2])


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (sample(2, 1, 2, 3, series="E"), "sample of E .*this plant has no such series"),
        (sample(2, 1, 2), "sample of D .*2 values or qualities for 3 channels"),
        (
            sample(2, 1, 2, 3, quality=(Quality.GOOD,) * 4),
            "sample of D .*4 values or qualities for 3 channels",
        ),
    ],
)
async def test_a_sample_that_is_not_of_this_plant_is_refused_and_the_writer_goes_on(
    database_url: str, bad: Sample, said: str
) -> None:
    writer = await Writer.open(database_url, plant(), "c", NOON)
    with pytest.raises(ValueError, match=said):
        await writer.write(2, [sample(1), bad], [note(1)], [])
    assert await writer.position() == 0
    assert await writer.write(2, [sample(1)], [note(1)], []) == 1
    await writer.close()


async def test_an_entry_that_is_not_json_is_refused_with_all_of_its_batch(url: str, sql: Connection) -> None:
    writer = await Writer.open(url, plant(), "c", NOON)
    with pytest.raises(ValueError, match="not JSON compliant"):
        await writer.write(2, [sample(1)], [BookEntry(NOON, "note", "zhang", {"value": math.nan})], [])
    assert await sql.fetchval("SELECT count(*) FROM sample") == 0
    with pytest.raises(PoisonError, match="0x00"):
        await writer.write(2, [sample(1)], [BookEntry(NOON, "note\0", "zhang", {})], [])
    assert await writer.position() == 0
    assert await writer.write(2, [sample(1)], [note(1)], []) == 1
    await writer.close()
