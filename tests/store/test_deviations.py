"""Deviations, reviews and releases: each by another person, never changed, each with its line; `verify` holds them."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest
import pytest_asyncio

from monitor.store.batch_reviews import (
    BatchRelease,
    BatchReview,
    Decision,
    OwnBatchError,
    Reopened,
    add_signed,
    hands_in,
    releases_of_batch,
    reopenings_of_batch,
    reviews_of_batch,
    unreviewed,
)
from monitor.store.database import Connection
from monitor.store.deviations import (
    About,
    AboutKind,
    Assessment,
    Deviation,
    DeviationClass,
    DeviationState,
    DeviationStep,
    NumberTakenError,
    OwnDeviationError,
    add_deviation_step,
    deviation_of,
    deviations,
    deviations_of,
    next_number,
    open_deviation,
)
from monitor.store.finding import Wrong
from monitor.store.record import record
from monitor.store.verify import verify_in
from tests.store.small import NOON

ABOUT = About(AboutKind.ALARM, "ISO-STM-L1/chamber_pressure/action", NOON)
OPENED = Deviation(
    "DEV-2026-0001", "B-1", "手套破损 torn glove", (ABOUT,), "cao", NOON, signature="s0", sha256="h0"
)
ASSESSED = DeviationStep(
    DeviationState.ASSESSED,
    NOON + timedelta(minutes=1),
    "li",
    assessment=Assessment(DeviationClass.MAJOR, "old glove", "none: nothing was open", "changed it"),
    signature="s1",
    sha256="h1",
)
CLOSED = DeviationStep(
    DeviationState.CLOSED, NOON + timedelta(minutes=2), "qian", "agreed", signature="s2", sha256="h2"
)
REVIEW = BatchReview("B-1", 1, NOON + timedelta(minutes=3), "wang", "c1", "all seen", "s3")
RELEASE = BatchRelease("B-1", Decision.RELEASED, NOON + timedelta(minutes=4), "fang", "c1", "", "s4")
TABLES = ("book", "deviation", "deviation_step", "batch_review", "batch_release")


@pytest_asyncio.fixture
async def sql(database_url: str) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def closed(sql: Connection) -> Deviation:
    """Keep a deviation that was opened, assessed and closed, with everybody's signature."""
    await open_deviation(sql, OPENED, "operator", "people")
    one = OPENED
    for step in (ASSESSED, CLOSED):
        assert await add_deviation_step(sql, one, step, "engineer", "people")
        one = replace(one, steps=(*one.steps, step))
    return one


async def sign(sql: Connection) -> None:
    """Let the book have the signatures of all of them."""
    for what, of, version, who, id_, sha256 in (
        ("deviation", "DEV-2026-0001", "opened", "cao", "s0", "h0"),
        ("deviation", "DEV-2026-0001", "assessed", "li", "s1", "h1"),
        ("deviation", "DEV-2026-0001", "closed", "qian", "s2", "h2"),
        ("batch_review", "B-1", "1", "wang", "s3", "c1"),
        ("batch_release", "B-1", "released", "fang", "s4", "c1"),
    ):
        body = {"what": what, "of": of, "version": version, "id": id_, "sha256": sha256}
        await record(sql, NOON, "signature", who, body, chain="people")


async def test_a_deviation_comes_back_with_all_that_became_of_it_and_numbers_go_on(sql: Connection) -> None:
    assert await next_number(sql, 2026) == "DEV-2026-0001"
    one = await closed(sql)
    assert await deviation_of(sql, one.number) == one
    assert await deviations(sql) == await deviations_of(sql, "B-1") == [one]
    assert await deviations_of(sql, "B-2") == []
    assert (one.state, one.assessment) == (DeviationState.CLOSED, ASSESSED.assessment)
    assert one.hands == {"cao", "li"}
    assert [await next_number(sql, year) for year in (2026, 2027)] == ["DEV-2026-0002", "DEV-2027-0001"]
    with pytest.raises(NumberTakenError):
        await open_deviation(sql, OPENED, "operator", "people")
    late = replace(CLOSED, state=DeviationState.REOPENED, comment="the glove was new")
    assert not await add_deviation_step(sql, replace(one, steps=one.steps[:1]), late, "qa", "people")
    kinds = [row["kind"] for row in await sql.fetch("SELECT kind FROM book ORDER BY seq")]
    assert kinds == ["deviation_opened", "deviation_assessed", "deviation_closed"]


@pytest.mark.parametrize("who", ["Cao", "li"])
async def test_whoever_opened_or_assessed_it_does_not_close_it(sql: Connection, who: str) -> None:
    await open_deviation(sql, OPENED, "operator", "people")
    assert await add_deviation_step(sql, OPENED, ASSESSED, "engineer", "people")
    one = replace(OPENED, steps=(ASSESSED,))
    with pytest.raises(OwnDeviationError, match="nobody closes"):
        await add_deviation_step(sql, one, replace(CLOSED, who=who), "qa", "people")


async def test_the_database_itself_refuses_whoever_had_a_hand_in_the_batch(sql: Connection) -> None:
    await closed(sql)
    with pytest.raises(OwnBatchError, match="a hand in it"):
        await add_signed(sql, [], replace(REVIEW, who="LI"), "engineer", "people")
    with pytest.raises(OwnBatchError, match="a hand in it"):
        await add_signed(sql, [], replace(RELEASE, who="li"), "qa", "people")
    assert await add_signed(sql, [], REVIEW, "engineer", "people")
    with pytest.raises(OwnBatchError, match="nobody but Wang"):
        await add_signed(sql, [], replace(RELEASE, who="Wang"), "qa", "people")
    with pytest.raises(OwnBatchError, match="nobody but fang"):
        await add_signed(sql, [], replace(RELEASE, sha256="c2"), "qa", "people")


async def test_each_level_is_another_person_s_and_each_content_has_its_own(sql: Connection) -> None:
    assert await add_signed(sql, [], REVIEW, "engineer", "people")
    same = replace(REVIEW, level=2, who="WANG")
    assert not await add_signed(sql, [REVIEW], same, "engineer", "people")
    assert not await add_signed(sql, [REVIEW], replace(REVIEW, who="fang"), "qa", "people")
    other = replace(REVIEW, sha256="c2")
    assert await add_signed(sql, [REVIEW], other, "engineer", "people")
    assert not await add_signed(sql, [REVIEW], replace(other, who="fang", level=2), "qa", "people")
    assert await reviews_of_batch(sql, "B-1") == [REVIEW, other]
    assert await add_signed(sql, [], RELEASE, "qualified_person", "people")
    assert not await add_signed(sql, [], RELEASE, "qualified_person", "people")
    assert await releases_of_batch(sql, "B-1") == [RELEASE]
    await record(sql, NOON, "batch_reopened", "cao", {"what": "B-1", "reason": "plate 7"}, chain="people")
    assert await reopenings_of_batch(sql, "B-1") == [Reopened(NOON, "cao", "plate 7")]


async def test_what_no_review_of_the_book_covers_is_told(sql: Connection) -> None:
    for seconds, who in ((0, "cao"), (1, "qian"), (2, "gradewatch")):
        await record(sql, NOON + timedelta(seconds=seconds), "note", who, {}, chain="people")
    end = NOON + timedelta(hours=1)
    period = {"start": NOON.isoformat(), "end": end.isoformat()}
    new = period | {"chains": {"people": {"lines": 2, "first": 1, "last": 3, "hash": "x"}}}
    assert [one.lines for one in await unreviewed(sql, NOON, end)] == [3]
    await record(sql, end, "review", "qian", {"new": new}, chain="people")
    assert [(one.lines, one.first) for one in await unreviewed(sql, NOON, end)] == [
        (1, NOON + timedelta(seconds=1))
    ]
    await record(sql, end, "review", "fang", {"new": new}, chain="people")
    assert await unreviewed(sql, NOON, end) == []
    await record(sql, NOON + timedelta(seconds=9), "late", "cao", {}, chain="people")
    assert [one.lines for one in await unreviewed(sql, NOON, end)] == [1]


async def test_a_role_that_may_not_write_is_not_taken_for_a_person_who_may_not(sql: Connection) -> None:
    await open_deviation(sql, OPENED, "operator", "people")
    await sql.execute("CREATE ROLE no_writer; GRANT SELECT ON ALL TABLES IN SCHEMA public TO no_writer")
    await sql.execute("SET ROLE no_writer")
    for done in (
        add_deviation_step(sql, OPENED, ASSESSED, "engineer", "people"),
        add_signed(sql, [], REVIEW, "engineer", "people"),
        add_signed(sql, [], RELEASE, "qualified_person", "people"),
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
            await done
    await sql.execute("RESET ROLE; DROP OWNED BY no_writer; DROP ROLE no_writer")


async def test_nothing_of_it_is_ever_changed(sql: Connection) -> None:
    await closed(sql)
    await add_signed(sql, [], REVIEW, "engineer", "people")
    await add_signed(sql, [], RELEASE, "qualified_person", "people")
    for table in TABLES:
        with pytest.raises(asyncpg.PostgresError, match="refused"):
            await sql.execute(f"DELETE FROM {table}")


async def test_verify_names_each_row_that_is_not_as_its_line_says(sql: Connection) -> None:
    await closed(sql)
    await add_signed(sql, [], REVIEW, "engineer", "people")
    await add_signed(sql, [], RELEASE, "qualified_person", "people")
    await sign(sql)
    for table in TABLES:
        await sql.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
    assert await found(sql) == []
    for change, what, place in (
        ("UPDATE deviation SET title = 'nothing'", Wrong.ROW_CHANGED, "deviation DEV-2026-0001"),
        ("UPDATE deviation SET about = '[]'", Wrong.ROW_CHANGED, "deviation DEV-2026-0001"),
        ("UPDATE deviation_step SET cause = 'x'", Wrong.ROW_CHANGED, "deviation_step DEV-2026-0001 1"),
        ("DELETE FROM deviation_step WHERE number = 2", Wrong.ROW_MISSING, "deviation_step DEV-2026-0001 2"),
        ("UPDATE batch_review SET who = 'fang'", Wrong.ROW_CHANGED, "batch_review B-1 1"),
        ("UPDATE batch_release SET outcome = 'rejected', comment = 'no'", Wrong.ROW_CHANGED, "batch_release B-1 1"),
        ("DELETE FROM batch_release", Wrong.ROW_MISSING, "batch_release B-1 1"),
        (
            "INSERT INTO batch_review VALUES ('B-1', 2, 2, now(), 'qian', '', 's5', 'c1')",
            Wrong.ROW_INVENTED,
            "batch_review B-1 2",
        ),
    ):  # fmt: skip
        transaction = sql.transaction()
        await transaction.start()
        await sql.execute(change)
        assert (what, place) in await found(sql), change
        await transaction.rollback()


async def test_verify_asks_for_the_signature(sql: Connection) -> None:
    await add_signed(sql, [], REVIEW, "engineer", "people")
    body = {"what": "batch_review", "of": "B-1", "version": "1", "id": "s3", "sha256": "c1"}
    await record(sql, NOON, "signature", "qian", body, chain="people")
    await record(sql, NOON, "signature", "wang", body | {"version": "2"}, chain="people")
    assert await found(sql) == [(Wrong.ROW_UNSIGNED, "batch_review B-1 1")]
    await record(sql, NOON, "signature", "wang", body, chain="people")
    assert await found(sql) == []


async def found(sql: Connection) -> list[tuple[Wrong, str]]:
    async with sql.transaction():
        findings = (await verify_in(sql, [], lambda *_: None, most=100)).findings
    return [(one.what, one.place) for one in findings]


BATCH = """
INSERT INTO batch (id, chain, line, product, started_at, started_by, ended_at, ended_by, overrides, reason, signature,
                   sha256, plant)
VALUES ('B-1', 'c', 'L', 'MSC', '2026-03-01 08:00Z', 'Bai', '2026-03-01 12:00Z', 'chen', '["test:glove"]', 'seen', 's9',
        'h9', 'p')"""
OTHERS = (
    "INSERT INTO batch_stage VALUES ('B-1', 1, 'fill', '{Z}', '2026-03-01 08:00Z', NULL, 'ding')",
    """INSERT INTO equipment_test (kind, equipment, at, outcome, unit, load, batch, note, noted_by, noted_at)
    VALUES ('leak', 'D', '2026-03-01 07:00Z', 'passed', '', '', 'B-1', '', 'feng', '2026-03-01 07:30Z')""",
    "INSERT INTO equipment_test_confirmed SELECT number, 'gao', now() FROM equipment_test",
    """
INSERT INTO viable_sample (position, place, zone, grade, kind, batch, occasion, turn, planned_at, planned_by, plan)
VALUES ('P', 1, 'Z', 'A', 'settle', 'B-1', 'B-1', 1, '2026-03-01 08:00Z', 'jia', '{}')""",
    "INSERT INTO viable_step SELECT number, 1, 'exposed', now(), 'hu', '{}', '', '', '' FROM viable_sample",
    "INSERT INTO viable_step SELECT number, 2, 'read', now(), 'kong', '{}', '', '', '' FROM viable_sample",
    "INSERT INTO viable_step SELECT number, 3, 'verified', now(), 'lu', '{}', '', '', '' FROM viable_sample",
    "INSERT INTO viable_step SELECT number, 4, 'approved', now(), 'ma', '{}', '', '', '' FROM viable_sample",
)


async def test_whoever_the_tables_name_had_a_hand_in_it_and_nobody_else(sql: Connection) -> None:
    await sql.execute(BATCH)
    for statement in OTHERS:
        await sql.execute(statement)
    await record(sql, NOON, "signature", "Qian", {"id": "s9", "what": "batch", "of": "B-1"}, chain="people")
    await closed(sql)
    found = await hands_in(sql, "B-1")
    assert found == {"bai", "chen", "ding", "feng", "gao", "hu", "kong", "lu", "qian", "li"}
    assert await hands_in(sql, "B-2") == frozenset()
    for who in sorted(found):
        with pytest.raises(OwnBatchError, match="a hand in it"):
            await add_signed(sql, [], replace(REVIEW, who=who.upper()), "engineer", "people")
