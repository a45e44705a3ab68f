"""The levels of review of a batch and the decision about it: rows that are never changed, each with its line."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import asyncpg

from monitor.store.catalog import Snapshot
from monitor.store.database import Connection, Pool
from monitor.store.record import record

LOCK = 0x72656C73
"""Advisory lock of one batch's reviews ("rels"): of two at the same moment the second sees the first."""
UNREVIEWED_MAX = 20
"""Chains of the book of which it is told that lines are left to review."""


class Decision(StrEnum):
    """What is decided about the environmental part of a batch."""

    RELEASED = "released"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class BatchReview:
    """One level of the review, by one person.

    Attributes:
        sha256: of the dossier's content that was reviewed; for any other the review is void.
    """

    batch: str
    level: int
    at: datetime
    who: str
    sha256: str
    comment: str = ""
    signature: str = ""


@dataclass(frozen=True, slots=True)
class BatchRelease:
    """One decision about a batch; `sha256` as at a review."""

    batch: str
    outcome: Decision
    at: datetime
    who: str
    sha256: str
    comment: str = ""
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Reopened:
    """Something came late that changes what was decided."""

    at: datetime
    who: str
    reason: str


@dataclass(frozen=True, slots=True)
class Unreviewed:
    """Lines of one chain in a period that nobody but who wrote them has reviewed."""

    chain: str
    lines: int
    first: datetime


class OwnBatchError(Exception):
    """Nobody reviews or releases what the same person had a hand in, nor releases what nobody else has reviewed."""


_REFUSED = " refused: "
"""In what a trigger says (0018)."""
_REVIEWS = """
SELECT batch, level, at, who, sha256, comment, signature FROM batch_review WHERE batch = $1 ORDER BY number"""
_RELEASES = """
SELECT batch, outcome, at, who, sha256, comment, signature FROM batch_release WHERE batch = $1 ORDER BY number"""
_REOPENED = """
SELECT at, who, coalesce(body ->> 'reason', '') AS reason FROM book
WHERE kind = 'batch_reopened' AND body ->> 'what' = $1 ORDER BY at, chain, seq"""
_HANDS = "SELECT hands_in($1) AS who"
_STANDS = """
SELECT (SELECT count(*) FROM batch_review WHERE batch = $1) AS reviews,
       (SELECT count(*) FROM batch_release WHERE batch = $1) AS releases"""
_REVIEW = """
INSERT INTO batch_review (batch, number, level, at, who, comment, signature, sha256)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"""
_RELEASE = """
INSERT INTO batch_release (batch, number, outcome, at, who, comment, signature, sha256)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"""
# As book_read.is_reviewed has it: of its period, there when it was reviewed, and not the reviewer's own.
_UNREVIEWED = """
WITH reviews AS (
    SELECT who, body -> 'new' -> 'chains' AS chains,
           (body #>> '{new,start}')::timestamptz AS begins, (body #>> '{new,end}')::timestamptz AS ends
    FROM book
    WHERE kind = 'review'
        AND (body #>> '{new,start}')::timestamptz < $2 AND (body #>> '{new,end}')::timestamptz > $1
)
SELECT b.chain, count(*) AS lines, min(b.at) AS first
FROM book b
WHERE b.at >= $1 AND b.at < $2 AND NOT EXISTS (
    SELECT FROM reviews r
    WHERE r.begins <= b.at AND b.at < r.ends AND b.seq <= (r.chains #>> ARRAY[b.chain, 'last'])::bigint
        AND (r.who = b.who OR b.body -> 'who' @> to_jsonb(r.who) OR b.body -> 'second' @> to_jsonb(r.who)) IS NOT TRUE
)
GROUP BY b.chain ORDER BY lines DESC, b.chain LIMIT $3"""


async def reviews_of_batch(database: "Pool | Connection | Snapshot", batch: str) -> list[BatchReview]:
    """Give every review of a batch, in order; also those that are void by now."""
    return [BatchReview(**row) for row in await database.fetch(_REVIEWS, batch)]


async def releases_of_batch(database: "Pool | Connection | Snapshot", batch: str) -> list[BatchRelease]:
    """Give every decision about a batch, in order; also those that are void by now."""
    rows = await database.fetch(_RELEASES, batch)
    return [BatchRelease(**{**row, "outcome": Decision(row["outcome"])}) for row in rows]


async def reopenings_of_batch(database: "Pool | Connection | Snapshot", batch: str) -> list[Reopened]:
    """Give what the book says of late results of a batch, in order."""
    return [Reopened(**row) for row in await database.fetch(_REOPENED, batch)]


async def hands_in(database: "Pool | Connection | Snapshot", batch: str) -> frozenset[str]:
    """Name who had a hand in a batch as far as the tables tell, in small letters: the database refuses them too."""
    return frozenset(row["who"] for row in await database.fetch(_HANDS, batch))


async def unreviewed(
    database: "Pool | Connection | Snapshot", start: datetime, end: datetime
) -> list[Unreviewed]:
    """Tell which chains hold lines from `start` up to, not including, `end` that no review of the book covers."""
    return [Unreviewed(**row) for row in await database.fetch(_UNREVIEWED, start, end, UNREVIEWED_MAX)]


async def add_signed(
    connection: Connection,
    before: Sequence[BatchReview] | Sequence[BatchRelease],
    one: BatchReview | BatchRelease,
    role: str,
    chain: str,
) -> bool:
    """Add a review of a batch, or a decision about it, and its line in the book, both or neither.

    Args:
        connection: to a migrated database.
        before: those of its kind that there are, as they were read.
        one: the new one, signed.
        role: of whoever signed.
        chain: of the book.

    Returns:
        Whether it was added; False: another was, meanwhile.

    Raises:
        OwnBatchError: who signs has had a hand in the batch, or decides what nobody else has reviewed.
    """
    what, statement, (name, said) = (
        ("reviews", _REVIEW, ("level", one.level))
        if isinstance(one, BatchReview)
        else ("releases", _RELEASE, ("outcome", one.outcome))
    )
    async with connection.transaction():
        number = await _held(connection, one.batch, what)
        if number != len(before) + 1:
            return False
        facts = (one.at, one.who, one.comment, one.signature, one.sha256)
        try:
            async with connection.transaction():
                await connection.execute(statement, one.batch, number, said, *facts)
        except asyncpg.UniqueViolationError:
            return False
        except asyncpg.InsufficientPrivilegeError as error:
            if _REFUSED not in str(error):
                raise  # the service's role may not write here at all
            raise OwnBatchError(str(error)) from None
        await _say(connection, one, role, {"number": number, name: said}, chain)
    return True


async def _held(connection: Connection, batch: str, what: str) -> int:
    """Hold a batch's reviews until the end of the transaction; give the next number."""
    await connection.execute("SELECT pg_advisory_xact_lock($1, hashtext($2))", LOCK, batch)
    (row,) = await connection.fetch(_STANDS, batch)
    return int(row[what]) + 1


async def _say(
    connection: Connection, one: BatchReview | BatchRelease, role: str, new: dict[str, Any], chain: str
) -> None:
    kind = "batch_reviewed" if isinstance(one, BatchReview) else f"batch_{one.outcome}"
    body = {"role": role, "what": one.batch, "old": None, "new": new, "reason": one.comment}
    body |= {"signature": one.signature, "sha256": one.sha256}
    await record(connection, one.at, kind, one.who, body, chain=chain)
