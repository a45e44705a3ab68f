"""Batches in the database: each as its lines say, found by its time, and held against the book."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import TypeAlias

import pytest

from alarms.events import ChangeStage, EndBatch, StartBatch
from monitor.collector import codec
from monitor.collector.codec import Start
from monitor.collector.portion import portion_of
from monitor.store.batches import Batch, BatchStage, id_in_use, read_batch, read_batches
from monitor.store.database import Connection, Pool, open_pool
from monitor.store.finding import Wrong
from monitor.store.verify import verify_in
from monitor.store.write import PoisonError, Writer
from tests.store.small import NOON, plant, second

SIGNED = {
    "overrides": ("test:gloves", "state:灭菌"),
    "reason": "urgent",
    "signature": "s-1",
    "sha256": "2" * 64,
}
BEGUN = StartBatch(second(10), "B-1", "L", "MSC", "set-up", ("Z",), "wu", **SIGNED)  # type: ignore[arg-type]  # as words
Thing: TypeAlias = Start | StartBatch | ChangeStage | EndBatch
LINES: list[Thing] = [
    Start(second(0), plant().sha256),
    BEGUN,
    ChangeStage(second(20), "B-1", "fill", ("Z", "CORR"), "li"),
    ChangeStage(second(25), "B-1", "fill", ("Z",), "li"),
    EndBatch(second(30), "B-1", "li", "a bag leaked", is_aborted=True),
    StartBatch(second(40), "B-2", "L", "MSC", "set-up", ("Z",), "wu"),
]
FIRST = Batch(
    "B-1", "L", "MSC", second(10), "wu", second(30), "li", True, "a bag leaked",
    ("test:gloves", "state:灭菌"), "urgent", "s-1", "2" * 64, plant().sha256, "c",
    (
        BatchStage(1, "set-up", ("Z",), second(10), second(20), "wu"),
        BatchStage(2, "fill", ("Z", "CORR"), second(20), second(25), "li"),
        BatchStage(3, "fill", ("Z",), second(25), second(30), "li"),
    ),
)  # fmt: skip
SECOND = Batch(
    "B-2", "L", "MSC", second(40), "wu", None, "", False, "", (), "", "", "", plant().sha256, "c",
    (BatchStage(1, "set-up", ("Z",), second(40), None, "wu"),),
)  # fmt: skip


async def store(url: str, *batches: Sequence[Thing], chain: str = "c", behind: int = 0) -> None:
    """Store what was written, piece by piece, each piece twice: its answer was lost."""
    writer = await Writer.open(url, plant(), chain, NOON)
    seq = behind
    try:
        for things in batches:
            entries = [codec.entry_of(one, one.at) for one in things]
            numbered = [replace(one, seq=seq + number) for number, one in enumerate(entries, 1)]
            seq += len(entries)
            piece = portion_of(numbered)
            for _ in range(2):
                await writer.write(seq, piece.samples, piece.book, piece.alarms)
    finally:
        await writer.close()


@pytest.fixture
async def pool(url: str) -> AsyncIterator[Pool]:
    opened = await open_pool(url)
    yield opened
    await opened.close()


@pytest.mark.parametrize("size", [1, len(LINES)], ids=["line by line", "in one piece"])
async def test_a_batch_is_one_row_with_its_stages_as_its_lines_say(
    url: str, sql: Connection, pool: Pool, size: int
) -> None:
    await store(url, *(LINES[start : start + size] for start in range(0, len(LINES), size)))
    assert await read_batch(pool, "B-1") == FIRST
    assert await read_batch(pool, "B-2") == SECOND
    assert await read_batch(pool, "b-2") is None
    assert [await id_in_use(pool, one) for one in ("b-2", "B-2", "B-3")] == ["B-2", "B-2", None]
    assert await wrong(sql) == []


async def test_batches_are_found_by_their_time_and_line(url: str, pool: Pool) -> None:
    await store(url, LINES)
    for start, end, found in (
        (second(0), second(99), [SECOND, FIRST]),
        (second(0), second(10), []),
        (second(0), second(10.1), [FIRST]),
        (second(30), second(40), [FIRST]),
        (second(30.1), second(40), []),
        (second(90), second(99), [SECOND]),
    ):
        assert await read_batches(pool, start, end) == found
    assert await read_batches(pool, second(0), second(99), "other") == []
    assert await read_batches(pool, second(0), second(99), "L", limit=1) == [SECOND]


async def test_of_a_batch_that_is_over_or_unknown_nothing_is_changed(
    url: str, sql: Connection, pool: Pool
) -> None:
    late: list[Thing] = [
        EndBatch(second(50), "B-1", "wu"),
        ChangeStage(second(50), "B-9", "fill", ("Z",), "wu"),
    ]
    await store(url, [*LINES, *late])
    await store(url, [EndBatch(second(60), "B-2", "wu")], chain="other")
    assert [await read_batch(pool, one) for one in ("B-1", "B-2", "B-9")] == [FIRST, SECOND, None]
    assert await wrong(sql) == []


@pytest.mark.parametrize(("batch", "chain"), [("B-1", "c"), ("b-1", "c"), ("B-1", "other")])
async def test_an_id_that_comes_twice_is_poison_and_nothing_of_it_is_stored(
    url: str, sql: Connection, pool: Pool, batch: str, chain: str
) -> None:
    await store(url, LINES)
    again = replace(BEGUN, at=second(70), batch=batch)
    with pytest.raises(PoisonError):
        await store(url, [again], chain=chain, behind=len(LINES) if chain == "c" else 0)
    assert await read_batch(pool, "B-1") == FIRST
    assert await sql.fetchval("SELECT count(*) FROM batch") == 2
    assert await wrong(sql) == []


async def wrong(sql: Connection) -> list[tuple[Wrong, str, str]]:
    async with sql.transaction():
        found = (await verify_in(sql, [], lambda *_: None, most=100)).findings
    return [(one.what, one.place, str(dict(one.facts).get("columns", ""))) for one in found]


def changed(place: str, columns: str) -> list[tuple[Wrong, str, str]]:
    return [(Wrong.ROW_CHANGED, place, columns)]


LIES = [
    ("UPDATE batch SET line = 'M' WHERE id = 'B-1'", changed("batch B-1", "line")),
    ("UPDATE batch SET chain = 'd' WHERE id = 'B-1'", changed("batch B-1", "chain")),
    ("UPDATE batch SET started_at = started_at - interval '1 s' WHERE id = 'B-1'", changed("batch B-1", "started_at")),
    ("UPDATE batch SET ended_at = '9999-12-31' WHERE id = 'B-1'", changed("batch B-1", "ended_at")),
    ("UPDATE batch SET ended_by = 'wu', is_aborted = false WHERE id = 'B-1'",
     changed("batch B-1", "ended_by, is_aborted")),
    ("UPDATE batch SET overrides = '[]', reason = '' WHERE id = 'B-1'", changed("batch B-1", "overrides, reason")),
    ("UPDATE batch SET overrides = '{}' WHERE id = 'B-2'", changed("batch B-2", "overrides")),
    ("UPDATE batch SET plant = 'other' WHERE id = 'B-2'", changed("batch B-2", "plant")),
    ("UPDATE batch SET ended_at = started_at, ended_by = 'li' WHERE id = 'B-2'",
     changed("batch B-2", "ended_at, ended_by")),
    ("UPDATE batch_stage SET zones = '{}' WHERE number = 2", changed("batch_stage B-1 2", "zones")),
    ("UPDATE batch_stage SET ended_at = NULL WHERE number = 3", changed("batch_stage B-1 3", "ended_at")),
    ("DELETE FROM batch_stage WHERE number = 2", [(Wrong.ROW_MISSING, "batch_stage B-1 2", "")]),
    (
        "INSERT INTO batch_stage SELECT batch, 4, stage, zones, began_at, ended_at, who FROM batch_stage"
        " WHERE number = 3",
        [(Wrong.ROW_INVENTED, "batch_stage B-1 4", "")],
    ),
    (
        "INSERT INTO batch SELECT 'B-3', chain, line, product, started_at, started_by, NULL, '', false, '', overrides,"
        " reason, signature, sha256, plant FROM batch WHERE id = 'B-2'",
        [(Wrong.ROW_INVENTED, "batch B-3", "")],
    ),
]  # fmt: skip


async def test_each_change_of_a_row_is_named(url: str, sql: Connection) -> None:
    await store(url, LINES)
    assert await wrong(sql) == []
    for lie, finding in LIES:
        taken_back = sql.transaction()
        await taken_back.start()
        await sql.execute(lie)
        assert await wrong(sql) == finding, lie
        await taken_back.rollback()


async def test_of_a_batch_whose_line_was_changed_only_the_line_is_told(url: str, sql: Connection) -> None:
    await store(url, LINES)
    await sql.execute("ALTER TABLE book DISABLE TRIGGER ALL")
    await sql.execute("UPDATE book SET body = body || '{\"who\": \"x\"}' WHERE kind = 'batch_ended'")
    assert [(what, place) for what, place, _ in await wrong(sql)] == [(Wrong.LINE_CHANGED, "c/5")]
