"""Compares every row of the table `quarantine` with the line of the book that says what was put aside."""

import hashlib
import json
from collections.abc import AsyncGenerator, Iterator
from datetime import datetime
from typing import Any

import asyncpg

from monitor.store.chain import canonical
from monitor.store.database import Connection
from monitor.store.finding import Finding, Wrong, found, line
from monitor.store.verify_book import CALENDAR_AT, LINES_AT_ONCE, SLOW_S, Step, exact

_ROWS = f"""
SELECT coalesce(put.chain, said.chain) AS chain, said.seq AS line, said.at AS said_at, said.body AS said,
       put.seq, put.at, put.kind, put.series, put.body, put.reason, put.quarantined_at
FROM (SELECT chain, seq, {CALENDAR_AT.format("at")}, kind, series, body, reason,
             {CALENDAR_AT.format("quarantined_at")} FROM quarantine) AS put
FULL JOIN (SELECT chain, seq, {CALENDAR_AT.format("at")}, body FROM book WHERE kind = 'quarantine') AS said
    ON said.chain = put.chain AND said.body ->> 'seq' = put.seq::text
ORDER BY 1, 2, put.seq"""  # noqa: S608 - our own words
COLUMNS = ("at", "kind", "series", "reason", "sha256")
"""What the line says of the row, beside its number; the hash is that of the canonical JSON of its body."""


async def check_quarantine(
    connection: Connection, wrong: set[tuple[str, int]], step: Step
) -> AsyncGenerator[Finding, None]:
    """Compare the rows one after the other.

    Args:
        connection: in a transaction.
        wrong: lines of the book, by chain and number, that are not to be believed.
        step: hears how many rows were compared since it last did.

    Yields:
        What is wrong, chain by chain.
    """
    async for row in connection.cursor(_ROWS, prefetch=LINES_AT_ONCE, timeout=SLOW_S):
        if row["line"] is None:
            yield found(Wrong.ASIDE_INVENTED, line(row["chain"], row["seq"]))
        elif (row["chain"], row["line"]) not in wrong:
            for finding in _compare(row):
                yield finding
        step(row["seq"] is not None)


def _compare(row: asyncpg.Record) -> Iterator[Finding]:
    said, place = json.loads(row["said"]), line(row["chain"], row["line"])
    if not isinstance(said, dict) or not {"seq", *COLUMNS} <= said.keys():
        yield found(Wrong.LINE_UNREADABLE, place, said="not what was put aside")
    elif row["seq"] is None:
        yield found(Wrong.ASIDE_MISSING, line(row["chain"], said["seq"]), line=place)
    elif different := _different(row, said):
        yield found(
            Wrong.ASIDE_CHANGED, line(row["chain"], row["seq"]), columns=", ".join(different), line=place
        )


def _different(row: asyncpg.Record, said: dict[str, Any]) -> list[str]:
    stored = {**row, "at": _written(row["at"]), "sha256": _sha256(row["body"])}
    different = [column for column in COLUMNS if stored[column] != said[column]]
    return different + ["quarantined_at"] * (row["quarantined_at"] != row["said_at"])


def _written(at: datetime | None) -> str:
    return "" if at is None else at.isoformat()


def _sha256(body: str) -> str:
    try:
        return hashlib.sha256(canonical(exact(body)).encode()).hexdigest()
    except ValueError:
        return ""
