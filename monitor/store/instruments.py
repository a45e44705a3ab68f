"""The register of instruments in the database: read whole, and only ever added to, each entry with its line."""

from dataclasses import asdict, fields
from datetime import date
from typing import Any

import asyncpg

from monitor.calibration import Category, Entry, Facts, Register
from monitor.store.catalog import Snapshot
from monitor.store.database import Connection, Pool
from monitor.store.people import By
from monitor.store.record import record

_FACTS = tuple(field.name for field in fields(Facts))

# Our own words, never a person's.
_EVERY = f"""
SELECT number, {", ".join(_FACTS)}, reason, noted_by, noted_at, confirmed_by, confirmed_at
FROM calibration LEFT JOIN calibration_confirmed USING (number)
ORDER BY number"""  # noqa: S608

_ADD = f"""
INSERT INTO calibration ({", ".join(_FACTS)}, reason, noted_by, noted_at)
VALUES ({", ".join(f"${place}" for place in range(1, len(_FACTS) + 4))}) RETURNING number"""  # noqa: S608


class UnconfirmableError(Exception):
    """An entry cannot be confirmed: there is none, it is confirmed already, or another has taken its place."""


class OwnEntryError(UnconfirmableError):
    """Nobody confirms an own entry."""


async def read_register(database: "Pool | Connection | Snapshot") -> Register:
    """Give every entry there is."""
    return Register(_entry(row) for row in await database.fetch(_EVERY))


async def note_entry(connection: Connection, by: By, facts: Facts) -> int:
    """Add an entry, which counts for nothing until it is confirmed.

    Returns:
        Its number.
    """
    async with connection.transaction():
        number: int = await connection.fetchval(_ADD, *asdict(facts).values(), by.reason, by.who, by.at)
        await _say(
            connection, by, "instrument_noted", facts.instrument, new={"number": number, **told(facts)}
        )
    return number


async def confirm_entry(connection: Connection, by: By, number: int, today: date) -> Entry:
    """Confirm another person's entry, which counts from then on.

    Args:
        connection: to a migrated database.
        by: who confirms.
        number: which entry.
        today: in the plant's time zone; the book says what counted until now.

    Returns:
        The entry as it was noted.

    Raises:
        OwnEntryError: it is that person's own.
        UnconfirmableError: there is none that waits under that number.
    """
    async with connection.transaction():
        register = await read_register(connection)
        every = (entry for one in register.instruments for entry in register.history(one))
        entry = next((one for one in every if one.number == number), None)
        if entry is None or register.waiting(entry.facts.instrument) != entry:
            raise UnconfirmableError(f"no entry {number} waits to be confirmed")
        if entry.noted_by.lower() == by.who.lower():
            raise OwnEntryError(f"{by.who} noted entry {number}; another person confirms it")
        former = register.counting(entry.facts.instrument, today)
        try:
            await connection.execute(
                "INSERT INTO calibration_confirmed VALUES ($1, $2, $3)", number, by.who, by.at
            )
        except asyncpg.UniqueViolationError:  # by somebody else, at this moment
            raise UnconfirmableError(f"no entry {number} waits to be confirmed") from None
        old = {"number": former.number, **told(former.facts)} if former else None
        new = {"number": number, **told(entry.facts)}
        await _say(connection, by, "instrument_confirmed", entry.facts.instrument, old=old, new=new)
    return entry


def told(facts: Facts) -> dict[str, Any]:
    """Write facts as JSON."""
    return {
        key: value.isoformat() if isinstance(value, date) else value for key, value in asdict(facts).items()
    }


def _entry(row: asyncpg.Record) -> Entry:
    facts = {key: row[key] for key in _FACTS} | {"category": Category(row["category"])}
    return Entry(
        number=row["number"],
        facts=Facts(**facts),
        reason=row["reason"],
        noted_by=row["noted_by"],
        noted_at=row["noted_at"],
        confirmed_by=row["confirmed_by"] or "",
        confirmed_at=row["confirmed_at"],
    )


async def _say(
    connection: Connection, by: By, kind: str, what: str, *, old: object = None, new: object = None
) -> None:
    body = {"role": by.role, "what": what, "old": old, "new": new, "reason": by.reason}
    await record(connection, by.at, kind, by.who, body, chain=by.chain)
