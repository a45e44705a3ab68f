"""The register in the database: only ever added to, confirmed by another, each entry with its line in the book."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import asyncpg
import pytest

from monitor.calibration import Category
from monitor.store.database import Connection
from monitor.store.instruments import (
    OwnEntryError,
    UnconfirmableError,
    confirm_entry,
    note_entry,
    read_register,
    told,
)
from monitor.store.people import By
from tests.monitor.test_calibration import FACTS

AT = datetime(2026, 3, 1, 8, tzinfo=UTC)
TODAY = date(2026, 3, 1)
LI = By(AT, "li", "engineer", "yearly calibration", "people-x")
WANG = By(AT, "wang", "engineer", "", "people-x")


async def test_an_entry_counts_once_another_person_has_confirmed_it(sql: Connection) -> None:
    number = await note_entry(sql, LI, FACTS)
    register = await read_register(sql)
    assert register.counting("PC", TODAY) is None
    waiting = register.waiting("PC")
    assert waiting is not None
    assert (waiting.number, waiting.facts, waiting.noted_by) == (number, FACTS, "li")
    await confirm_entry(sql, WANG, number, TODAY)
    counting = (await read_register(sql)).counting("PC", TODAY)
    assert counting is not None
    assert (counting.facts, counting.confirmed_by, counting.confirmed_at) == (FACTS, "wang", AT)


async def test_nobody_confirms_an_own_entry_whichever_way(sql: Connection) -> None:
    number = await note_entry(sql, LI, FACTS)
    with pytest.raises(OwnEntryError):
        await confirm_entry(sql, replace(LI, who="LI"), number, TODAY)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="own entry"):
        await sql.execute("INSERT INTO calibration_confirmed VALUES ($1, 'Li', now())", number)
    assert (await read_register(sql)).counting("PC", TODAY) is None


async def test_what_does_not_wait_is_not_confirmed(sql: Connection) -> None:
    first = await note_entry(sql, LI, FACTS)
    second = await note_entry(sql, LI, FACTS)
    for number in (first, second + 1):
        with pytest.raises(UnconfirmableError):
            await confirm_entry(sql, WANG, number, TODAY)
    await confirm_entry(sql, WANG, second, TODAY)
    with pytest.raises(UnconfirmableError):
        await confirm_entry(sql, WANG, second, TODAY)


async def test_each_gives_one_line_with_what_was_and_what_is(sql: Connection) -> None:
    await confirm_entry(sql, WANG, await note_entry(sql, LI, FACTS), TODAY)
    renewed = replace(
        FACTS,
        since=date(2026, 3, 2),
        certificate="C-2026-44",
        category=Category.C,
        due_on=None,
        qualified_until=date(2028, 1, 1),
    )
    number = await note_entry(sql, LI, renewed)
    await confirm_entry(sql, replace(WANG, reason="seen"), number, TODAY)
    lines = await sql.fetch("SELECT kind, who, body FROM book WHERE chain = 'people-x' ORDER BY seq")
    assert [(line["kind"], line["who"]) for line in lines] == 2 * [
        ("instrument_noted", "li"),
        ("instrument_confirmed", "wang"),
    ]
    assert json.loads(lines[2]["body"]) == {
        "role": "engineer",
        "what": "PC",
        "old": None,
        "new": {"number": 2, **told(renewed)},
        "reason": "yearly calibration",
    }
    last = json.loads(lines[3]["body"])
    assert (last["old"]["certificate"], last["new"]["certificate"]) == ("C-2026-17", "C-2026-44")
    assert last["reason"] == "seen"


@pytest.mark.parametrize(
    ("table", "column"), [("calibration", "reason"), ("calibration_confirmed", "confirmed_by")]
)
async def test_it_is_only_ever_added_to(sql: Connection, table: str, column: str) -> None:
    await confirm_entry(sql, WANG, await note_entry(sql, LI, FACTS), TODAY)
    for statement in (
        f"UPDATE {table} SET {column} = {column}",
        f"DELETE FROM {table}",
        f"TRUNCATE {table} CASCADE",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only ever added to"):
            await sql.execute(statement)


@pytest.mark.parametrize(
    "wrong",
    [
        {"due_on": None},
        {"due_on": FACTS.calibrated_on},
        {"calibrated_on": date(2026, 3, 2)},
        {"iq_on": None},
        {"oq_on": date(2025, 1, 9)},
        {"serial": ""},
        {"qualified_until": FACTS.pq_on},
        {"pq_on": None, "qualified_until": date(2027, 1, 1)},
    ],
)
async def test_what_cannot_be_is_refused(sql: Connection, wrong: dict[str, object]) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await note_entry(sql, LI, replace(FACTS, **wrong))  # type: ignore[arg-type]  # any of its fields
