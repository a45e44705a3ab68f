"""Tests of equipment in the database: only ever added to, confirmed by another, held against the book by `verify`."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
import pytest_asyncio

from config.batches import EquipmentTest
from monitor.store.database import Connection
from monitor.store.equipment_tests import (
    EquipmentFacts,
    EquipmentOutcome,
    OwnTestError,
    UnconfirmableTestError,
    UnknownLoadError,
    confirm_test,
    note_test,
    read_tests,
    read_tests_of,
    read_tests_of_batch,
    read_unconfirmed,
)
from monitor.store.finding import Finding, Wrong
from monitor.store.people import By
from monitor.store.verify import verify_in

AT = datetime(2026, 3, 2, 6, tzinfo=UTC)
LI = By(AT + timedelta(minutes=5), "li", "engineer", "", "people-x")
WANG = By(AT + timedelta(minutes=9), "wang", "engineer", "held against the strip", "people-x")
GLOVE = EquipmentFacts(
    EquipmentTest.GLOVE, "ISO-STM-L1", AT, EquipmentOutcome.PASSED, value=0.4, unit="Pa/min", note="port 3"
)
LOAD = replace(
    GLOVE,
    kind=EquipmentTest.VHP_LOAD,
    value=None,
    unit="",
    load="media, 12 bags",
    batch="MSC-0001",
    cycle_no=215,
)
BI = replace(GLOVE, kind=EquipmentTest.BI, outcome=EquipmentOutcome.PENDING, value=None, unit="")


async def test_a_test_is_noted_once_and_counts_once_another_person_has_confirmed_it(sql: Connection) -> None:
    number = await note_test(sql, LI, GLOVE)
    (noted,) = await read_tests(sql, AT, AT + timedelta(seconds=1))
    assert (noted.number, noted.facts, noted.noted_by, noted.confirmed_at) == (number, GLOVE, "li", None)
    assert await read_unconfirmed(sql) == [noted]
    for who in ("LI", "li"):
        with pytest.raises(OwnTestError):
            await confirm_test(sql, replace(LI, who=who), number)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="own test"):
        await sql.execute("INSERT INTO equipment_test_confirmed VALUES ($1, 'Li', now())", number)
    confirmed = await confirm_test(sql, WANG, number)
    assert (confirmed.confirmed_by, confirmed.confirmed_at) == ("wang", WANG.at)
    assert await read_unconfirmed(sql) == []
    for absent in (number, number + 1):
        with pytest.raises(UnconfirmableTestError):
            await confirm_test(sql, WANG, absent)
    lines = await sql.fetch("SELECT kind, who, body FROM book WHERE chain = 'people-x' ORDER BY seq")
    assert [(one["kind"], one["who"]) for one in lines] == [
        ("equipment_test", "li"),
        ("equipment_test_confirmed", "wang"),
    ]
    body = json.loads(lines[1]["body"])
    assert (body["what"], body["new"]["number"], body["reason"]) == ("ISO-STM-L1", number, WANG.reason)
    for table in ("equipment_test", "equipment_test_confirmed"):
        with pytest.raises(asyncpg.PostgresError, match="only ever added to"):
            await sql.execute(f"DELETE FROM {table}")


async def test_indicators_belong_to_a_load_and_come_with_its_batch_days_later(sql: Connection) -> None:
    load = await note_test(sql, LI, LOAD)
    later = replace(LI, at=AT + timedelta(days=7))
    pending = await note_test(sql, LI, replace(BI, of=load))
    read = await note_test(sql, later, replace(BI, of=load, at=later.at, outcome=EquipmentOutcome.FAILED))
    for wrong in (load + 99, pending):
        with pytest.raises(UnknownLoadError):
            await note_test(sql, LI, replace(BI, of=wrong))
    with pytest.raises(UnknownLoadError):
        await note_test(sql, LI, replace(BI, of=load, equipment="VHP-STM"))
    with pytest.raises(asyncpg.CheckViolationError):
        await note_test(sql, LI, BI)
    assert [one.number for one in await read_tests_of_batch(sql, "MSC-0001")] == [load, pending, read]
    of = [one.number for one in await read_tests_of(sql, ["ISO-STM-L1"], AT)]
    assert of == [pending, load]


@pytest_asyncio.fixture
async def kept(database_url: str) -> AsyncIterator[Connection]:
    """A database with a load and its indicator, both confirmed, and the triggers off."""
    connection = await asyncpg.connect(database_url)
    load = await note_test(connection, LI, LOAD)
    for number in (load, await note_test(connection, LI, replace(BI, of=load))):
        await confirm_test(connection, WANG, number)
    await note_test(connection, LI, GLOVE)
    for table in ("equipment_test", "equipment_test_confirmed", "book"):
        await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
    yield connection
    await connection.close()


async def after(sql: Connection, statement: str) -> list[Finding]:
    """Say what is found after a change, which is taken back."""
    transaction = sql.transaction()
    await transaction.start()
    if statement:
        await sql.execute(statement)
    findings = (await verify_in(sql, [], lambda *_: None, most=100)).findings
    await transaction.rollback()
    return list(findings)


async def test_each_changed_row_is_named(kept: Connection) -> None:
    assert await after(kept, "") == []
    for column, value in (
        ("kind", "'leak'"),
        ("equipment", "'VHP-STM'"),
        ("at", "at - INTERVAL '1 day'"),
        ("outcome", "'failed'"),
        ("value", "0.1"),
        ("unit", "'Pa'"),
        ("load", "'x'"),
        ("batch", "'MSC-0002'"),
        ("cycle_no", "216"),
        ("note", "'x'"),
        ("noted_by", "'wang'"),
        ("noted_at", "now()"),
    ):
        (one,) = await after(kept, f"UPDATE equipment_test SET {column} = {value} WHERE number = 3")
        place, told = "equipment_test 3", {"at": "done_at"}.get(column, column)
        assert (one.what, one.place, dict(one.facts)["columns"]) == (Wrong.ROW_CHANGED, place, told), column
    confirmed = "equipment_test_confirmed"
    for statement, what, place in (
        (f"DELETE FROM {confirmed} WHERE number = 1", Wrong.ROW_MISSING, f"{confirmed} 1"),
        (f"UPDATE {confirmed} SET confirmed_by = 'x' WHERE number = 2", Wrong.ROW_CHANGED, f"{confirmed} 2"),
        (f"INSERT INTO {confirmed} VALUES (3, 'wang', now())", Wrong.ROW_INVENTED, f"{confirmed} 3"),
        ("DELETE FROM equipment_test WHERE number = 3", Wrong.ROW_MISSING, "equipment_test 3"),
    ):
        (one,) = await after(kept, statement)
        assert (one.what, one.place) == (what, place), statement
