"""Tests of equipment in the database: only ever added to, each with its line in the book, confirmed by another."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

import asyncpg

from config.batches import EquipmentTest
from monitor.store.catalog import Snapshot
from monitor.store.database import Connection, Pool
from monitor.store.people import By
from monitor.store.record import record

TESTS_MAX = 1000
"""More are not read at once."""


OF_A_LOAD = frozenset({EquipmentTest.CI, EquipmentTest.BI})
"""What belongs to a VHP load."""


class EquipmentOutcome(StrEnum):
    """What came of it."""

    PASSED = "passed"
    FAILED = "failed"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class EquipmentFacts:
    """What somebody has found of equipment.

    Attributes:
        equipment: id of a device, or what a person calls it.
        at: when it was done; of an indicator, when it was read.
        value: what was measured, in `unit`; None: nothing is measured there.
        load: what lay in a VHP cycle.
        of: number of the VHP load that an indicator belongs to.
        batch: for which batch it was done, be it still to begin.
        cycle_no: the number that the machine gave the cycle.
    """

    kind: EquipmentTest
    equipment: str
    at: datetime
    outcome: EquipmentOutcome
    value: float | None = None
    unit: str = ""
    load: str = ""
    of: int | None = None
    batch: str | None = None
    cycle_no: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class NotedTest:
    """One test as it was noted, and whether another person has confirmed it."""

    number: int
    facts: EquipmentFacts
    noted_by: str
    noted_at: datetime
    confirmed_by: str = ""
    confirmed_at: datetime | None = None


class UnknownLoadError(Exception):
    """An indicator is noted of something that is no VHP load of that equipment."""


class UnconfirmableTestError(Exception):
    """A test cannot be confirmed: there is none under that number, or it is confirmed already."""


class OwnTestError(UnconfirmableTestError):
    """Nobody confirms an own test."""


_FACTS = tuple(field.name for field in fields(EquipmentFacts))

# Our own words, never a person's.
_READ = f"""
SELECT number, {", ".join(_FACTS)}, noted_by, noted_at, confirmed_by, confirmed_at
FROM equipment_test LEFT JOIN equipment_test_confirmed USING (number)"""  # noqa: S608

_ADD = f"""
INSERT INTO equipment_test ({", ".join(_FACTS)}, noted_by, noted_at)
VALUES ({", ".join(f"${place}" for place in range(1, len(_FACTS) + 3))}) RETURNING number"""  # noqa: S608


async def read_tests(
    database: "Pool | Connection | Snapshot", start: datetime, end: datetime, limit: int = TESTS_MAX
) -> list[NotedTest]:
    """Give the tests done from `start` up to, not including, `end`, the latest first."""
    rows = await database.fetch(
        f"{_READ} WHERE at >= $1 AND at < $2 ORDER BY at DESC, number DESC LIMIT $3", start, end, limit
    )
    return [_test(row) for row in rows]


async def read_unconfirmed(database: "Pool | Connection | Snapshot") -> list[NotedTest]:
    """Give the tests that wait for another person, the latest first."""
    rows = await database.fetch(
        f"{_READ} WHERE confirmed_at IS NULL ORDER BY at DESC, number DESC LIMIT $1", TESTS_MAX
    )
    return [_test(row) for row in rows]


async def read_tests_of(
    database: "Pool | Connection | Snapshot", equipment: Sequence[str], until: datetime
) -> list[NotedTest]:
    """Give the last tests of some devices that were done up to, and including, `until`, the latest first."""
    rows = await database.fetch(
        f"{_READ} WHERE equipment = ANY($1::text[]) AND at <= $2 ORDER BY at DESC, number DESC LIMIT $3",
        list(equipment),
        until,
        TESTS_MAX,
    )
    return [_test(row) for row in rows]


async def read_tests_of_batch(database: "Pool | Connection | Snapshot", batch: str) -> list[NotedTest]:
    """Give the tests that were done for a batch, with the indicators of its VHP loads, the first first."""
    rows = await database.fetch(
        f"{_READ} WHERE batch = $1 OR of = ANY(ARRAY(SELECT number FROM equipment_test WHERE batch = $1))"  # noqa: S608
        " ORDER BY at, number LIMIT $2",
        batch,
        TESTS_MAX,
    )
    return [_test(row) for row in rows]


async def note_test(connection: Connection, by: By, facts: EquipmentFacts) -> int:
    """Add a test. A passed one counts once another person has confirmed it; a failed one counts at once.

    Returns:
        Its number.

    Raises:
        UnknownLoadError: an indicator belongs to a VHP load of the same equipment, and there is none of that number.
    """
    async with connection.transaction():
        if facts.of is not None and not await connection.fetchval(
            "SELECT EXISTS (SELECT FROM equipment_test WHERE number = $1 AND kind = 'vhp_load' AND equipment = $2)",
            facts.of,
            facts.equipment,
        ):
            raise UnknownLoadError(f"{facts.of} is no VHP load of {facts.equipment}")
        number: int = await connection.fetchval(_ADD, *asdict(facts).values(), by.who, by.at)
        await _say(connection, by, "equipment_test", facts, number)
    return number


async def confirm_test(connection: Connection, by: By, number: int) -> NotedTest:
    """Confirm another person's test, which counts from then on.

    Returns:
        The test as it now stands.

    Raises:
        OwnTestError: it is that person's own.
        UnconfirmableTestError: there is none that waits under that number.
    """
    async with connection.transaction():
        row = await connection.fetchrow(f"{_READ} WHERE number = $1", number)
        if row is None or row["confirmed_at"] is not None:
            raise UnconfirmableTestError(f"no test {number} waits to be confirmed")
        if row["noted_by"].lower() == by.who.lower():
            raise OwnTestError(f"{by.who} noted test {number}; another person confirms it")
        try:
            await connection.execute(
                "INSERT INTO equipment_test_confirmed VALUES ($1, $2, $3)", number, by.who, by.at
            )
        except asyncpg.UniqueViolationError:  # by somebody else, at this moment
            raise UnconfirmableTestError(f"no test {number} waits to be confirmed") from None
        kept = _test(row)
        await _say(connection, by, "equipment_test_confirmed", kept.facts, number)
        (after,) = await connection.fetch(f"{_READ} WHERE number = $1", number)
    return _test(after)


def told(facts: EquipmentFacts) -> dict[str, Any]:
    """Write facts as JSON."""
    return asdict(facts) | {"at": facts.at.isoformat()}


def _test(row: asyncpg.Record) -> NotedTest:
    facts = {key: row[key] for key in _FACTS}
    return NotedTest(
        number=row["number"],
        facts=EquipmentFacts(
            **facts | {"kind": EquipmentTest(row["kind"]), "outcome": EquipmentOutcome(row["outcome"])}
        ),
        noted_by=row["noted_by"],
        noted_at=row["noted_at"],
        confirmed_by=row["confirmed_by"] or "",
        confirmed_at=row["confirmed_at"],
    )


async def _say(connection: Connection, by: By, kind: str, facts: EquipmentFacts, number: int) -> None:
    new = {"number": number, **told(facts)}
    body = {"role": by.role, "what": facts.equipment, "old": None, "new": new, "reason": by.reason}
    await record(connection, by.at, kind, by.who, body, chain=by.chain)
