"""Reads the book for people: a page of it, one line whole, what a period holds, and which periods were reviewed."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monitor.store.catalog import Snapshot
from monitor.store.chain import link
from monitor.store.database import Pool, explained
from monitor.store.history import literally

Place = tuple[datetime, str, int]
"""Where a line stands among all: its time, its chain, its number."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the book, as it stands there."""

    chain: str
    seq: int
    at: datetime
    kind: str
    who: str
    body: Mapping[str, Any]
    prev_hash: str
    hash: str

    @property
    def place(self) -> Place:
        """Where it stands among all lines."""
        return self.at, self.chain, self.seq

    def is_by(self, person: str) -> bool:
        """Whether this person did it, alone or as one of two, or asked the collector to."""
        hands = (self.who, self.body.get("who"), self.body.get("second"))
        return any(person in one if isinstance(one, list) else person == one for one in hands)

    def holds(self) -> bool:
        """Whether its hash is the one that its own facts and the hash before it give."""
        facts = {"chain": self.chain, "seq": self.seq, "at": self.at, "kind": self.kind, "who": self.who}
        return link(self.prev_hash, **facts, body=self.body) == self.hash  # type: ignore[arg-type]  # named facts


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines are looked for.

    Attributes:
        kinds: empty: every kind.
        who: a person, or a part of the service; "": everybody.
        chain: "": every chain.
        words: all of them stand somewhere in the line.
        after: only what comes behind this place; None: from the latest on.
    """

    kinds: Collection[str] = ()
    who: str = ""
    chain: str = ""
    words: Collection[str] = ()
    after: Place | None = None


@dataclass(frozen=True, slots=True)
class Extent:
    """What one chain holds of a period: how many lines, the first and the last of them, and the last one's hash."""

    lines: int
    first: int
    last: int
    hash: str


_COLUMNS = "chain, seq, at, kind, who, body::text AS body, prev_hash, hash"
# Whoever agreed as the second, and each of several who signed, stands in the body.
_BY = "{0} = who OR body -> 'who' @> to_jsonb({0}::text) OR body -> 'second' @> to_jsonb({0}::text)"
_FOUND = f"""
SELECT {_COLUMNS} FROM book
WHERE at >= $1 AND (at, chain, seq) < ($2, $3, $4)
    AND (cardinality($5::text[]) = 0 OR kind = ANY($5))
    AND ($6 = '' OR {_BY.format("$6")})
    AND ($7 = '' OR chain = $7)
    AND (cardinality($8::text[]) = 0 OR concat_ws(' ', kind, who, body::text) ILIKE ALL($8))
ORDER BY at DESC, chain DESC, seq DESC
LIMIT $9"""  # noqa: S608 - our own words, never a person's
_ONE = f"SELECT {_COLUMNS} FROM book WHERE chain = $1 AND seq = $2"  # noqa: S608 - our own words
_EXTENT = f"""
SELECT held.chain, held.lines, held.first, held.last, book.hash
FROM (
    SELECT chain, count(*) AS lines, min(seq) AS first, max(seq) AS last
    FROM book WHERE at >= $1 AND at < $2 AND ({_BY.format("$3")}) IS NOT TRUE GROUP BY chain
) AS held JOIN book ON book.chain = held.chain AND book.seq = held.last
ORDER BY held.chain"""  # noqa: S608 - our own words
_REVIEWS = f"""
SELECT {_COLUMNS} FROM book
WHERE kind = 'review' AND (body #>> '{{new,start}}')::timestamptz < $2 AND (body #>> '{{new,end}}')::timestamptz > $1
ORDER BY at DESC LIMIT $3"""  # noqa: S608 - our own words
_SIGNATURE = f"SELECT {_COLUMNS} FROM book WHERE kind = 'signature' AND body ->> 'id' = $1"  # noqa: S608 - our own words
_SIGNATURES = f"SELECT {_COLUMNS} FROM book WHERE kind = 'signature' AND body ->> 'id' = ANY($1)"  # noqa: S608


async def lines_found(pool: Pool, start: datetime, end: datetime, wanted: Wanted, limit: int) -> list[Line]:
    """Read the lines from `start` up to, not including, `end` that are looked for, the latest first.

    Raises:
        DatabaseError: the database cannot be reached, or refuses.
    """
    words = [f"%{literally(word)}%" for word in wanted.words]
    asked = (list(wanted.kinds), wanted.who, wanted.chain, words)
    # No chain comes before "": nothing of the time `end` itself is found.
    before = wanted.after or (end, "", 0)
    with explained("server"):
        return [_line(row) for row in await pool.fetch(_FOUND, start, *before, *asked, limit)]


async def line_at(pool: Pool, chain: str, seq: int) -> Line | None:
    """Read one line; None: there is none of that number.

    Raises:
        DatabaseError: the database cannot be reached, or refuses.
    """
    with explained("server"):
        row = await pool.fetchrow(_ONE, chain, seq)
    return None if row is None else _line(row)


async def signature_line(pool: Pool, signature: str) -> Line | None:
    """Read the line of one signature by its id; None: the book has none.

    Raises:
        DatabaseError: the database cannot be reached, or refuses.
    """
    with explained("server"):
        row = await pool.fetchrow(_SIGNATURE, signature)
    return None if row is None else _line(row)


async def signatures_of(database: "Pool | Snapshot", ids: Collection[str]) -> dict[str, Line]:
    """Read the lines of signatures, by their ids, as far as they have come into the book."""
    rows = await database.fetch(_SIGNATURES, list(ids))
    return {one.body["id"]: one for one in map(_line, rows)}


async def extent(pool: Pool, start: datetime, end: datetime, reviewer: str) -> dict[str, Extent]:
    """Tell chain by chain what the book holds of a period, without the reviewer's own lines.

    Raises:
        DatabaseError: the database cannot be reached, or refuses.
    """
    with explained("server"):
        rows = await pool.fetch(_EXTENT, start, end, reviewer)
    return {row["chain"]: Extent(row["lines"], row["first"], row["last"], row["hash"]) for row in rows}


async def reviews_of(pool: Pool, start: datetime, end: datetime, limit: int) -> list[Line]:
    """Read the reviews of periods that touch this one, the latest first.

    Raises:
        DatabaseError: the database cannot be reached, or refuses.
    """
    with explained("server"):
        return [_line(row) for row in await pool.fetch(_REVIEWS, start, end, limit)]


def is_reviewed(line: Line, review: Line) -> bool:
    """Whether a review covers a line: of its period, there when it was reviewed, and not the reviewer's own."""
    period = review.body["new"]
    chain = period["chains"].get(line.chain)
    if chain is None or line.seq > chain["last"] or line.is_by(review.who):
        return False
    return datetime.fromisoformat(period["start"]) <= line.at < datetime.fromisoformat(period["end"])


def _line(row: Any) -> Line:  # noqa: ANN401 - asyncpg's record is not generic enough to say more
    return Line(**{**row, "body": json.loads(row["body"])})
