"""The part of the book that a time rests on: of every chain contiguous lines, so that each can be proved.

Of a chain that is signed: from the line before the time to the first checkpoint behind the last line that speaks of
it, however late that was written. Of a chain that nobody signs, as those of people: to its end. And of what stands
before, the lines without which the rest cannot be read: keys, what is sealed, where channels stand, which plant began.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import asyncpg

from monitor.store.catalog import Snapshot
from monitor.store.chain import canonical

LINES_AT_ONCE = 1_000
SLOW_S = 3600.0

_CHAINS = """
SELECT chain, greatest(min(seq) - 1, 1) AS first, max(seq) AS last
FROM book WHERE at >= $1 GROUP BY chain ORDER BY chain"""
# Whatever clock a line was written by: what it speaks of counts too.
_SPEAKS = """
SELECT coalesce(max(seq), 0) FROM book WHERE chain = $1 AND seq >= $2 AND (
    at <= $4
    OR kind = 'seal' AND body ->> 'minute' >= $5 AND body ->> 'minute' < $6
    OR kind = 'transition' AND (body #>> '{after,raised_at}')::timestamptz >= $3
       AND (body #>> '{after,raised_at}')::timestamptz < $4)"""
_SIGNED = """
SELECT min(seq) FILTER (WHERE seq >= $2) AS behind, count(*) AS signed
FROM book WHERE chain = $1 AND kind = 'checkpoint'"""
_LINES = """
SELECT chain, seq, at, kind, who, body, prev_hash, hash FROM book
WHERE chain = $1 AND seq >= $2 AND seq <= $3 ORDER BY seq"""
_BEFORE = """
SELECT chain, seq, at, kind, who, body, prev_hash, hash FROM book
WHERE chain = $1 AND seq < $2 AND (kind = 'key' OR seq IN (
    SELECT max(seq) FROM book WHERE chain = $1 AND seq < $2 AND kind IN ('sealing', 'channels') GROUP BY kind
    UNION ALL SELECT max(seq) FROM book WHERE chain = $1 AND seq < $2 AND kind IN ('start', 'plant')))
ORDER BY seq"""


@dataclass(frozen=True, slots=True)
class Extract:
    """Which lines of a chain: from `first` to `last`, both included."""

    chain: str
    first: int
    last: int


async def extracts(snapshot: Snapshot, start: datetime, end: datetime) -> list[Extract]:
    """Say which lines of which chain a time rests on, in the order of the chains' names.

    Args:
        snapshot: of a migrated database.
        start: aware, a whole minute.
        end: aware, a whole minute; not included.
    """
    found = []
    minutes = (start.astimezone(UTC).isoformat(), end.astimezone(UTC).isoformat())
    for row in await snapshot.fetch(_CHAINS, start, timeout=SLOW_S):
        chain, first, last = row
        speaks = await snapshot.fetchval(_SPEAKS, chain, first, start, end, *minutes, timeout=SLOW_S)
        (signed,) = await snapshot.fetch(_SIGNED, chain, max(speaks, first), timeout=SLOW_S)
        if signed["signed"] and signed["behind"] is not None:
            last = signed["behind"]
        found.append(Extract(chain, first, last))
    return found


async def lines_of(snapshot: Snapshot, of: Extract) -> AsyncIterator[bytes]:
    """Yield the lines of an extract, as `written`."""
    async for row in snapshot.cursor(_LINES, of.chain, of.first, of.last, prefetch=LINES_AT_ONCE):
        yield written(row)


async def lines_before(snapshot: Snapshot, of: Extract) -> list[bytes]:
    """Give the lines before an extract without which it cannot be read."""
    return [written(row) for row in await snapshot.fetch(_BEFORE, of.chain, of.first, timeout=SLOW_S)]


def written(row: asyncpg.Record) -> bytes:
    """Write a line of the book as one line of canonical JSON, its hashes beside what they are over."""
    said: dict[str, Any] = dict(row)
    said["at"] = row["at"].astimezone(UTC).isoformat(timespec="microseconds")
    said["body"] = json.loads(row["body"])
    return canonical(said).encode() + b"\n"
