"""Appends to one chain of the book: numbers each line, and binds it to the one before."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from monitor.store import chain as hashes
from monitor.store.database import Connection, DatabaseError

LINES_AT_ONCE = 500
"""Handed to the database in one piece: whoever shares the event loop waits for no more than that."""


@dataclass(frozen=True, slots=True)
class BookEntry:
    """One line for the book, before it has a number and a hash.

    Attributes:
        body: a JSON object: no NaN, no bytes, no dates.
    """

    at: datetime
    kind: str
    who: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Tail:
    """Where a chain ends: the number and the hash of its last line; 0 and zeros while it has none."""

    seq: int
    hash: str


class BookCutError(DatabaseError):
    """The chain does not end where it was last written: lines were taken away or added. A person has to look."""


async def check_tail(connection: Connection, chain: str) -> None:
    """Compare the last line of a chain with what was noted when it was written.

    Raises:
        BookCutError: they differ.
    """
    noted = await connection.fetchrow(
        "SELECT book_seq AS seq, book_hash AS hash FROM forwarded WHERE chain = $1", chain
    )
    there = await connection.fetchrow(
        "SELECT seq, hash FROM book WHERE chain = $1 ORDER BY seq DESC LIMIT 1", chain
    )
    wanted = (noted["seq"], noted["hash"]) if noted and noted["seq"] else (0, "")
    found = (there["seq"], there["hash"]) if there else (0, "")
    if wanted != found:
        raise BookCutError(
            f"the book of {chain} ends at line {found[0]}, but line {wanted[0]} was written last: some were taken away "
            "or added; nothing more is written to it; look with: gradewatch verify"
        )


async def append(connection: Connection, chain: str, tail: Tail, entries: Sequence[BookEntry]) -> Tail:
    """Append lines behind the tail of a chain; call within a transaction that holds its row of `forwarded`.

    Raises:
        BookCutError: there are lines behind the tail.
        ValueError: a body is not JSON.
    """
    if not entries:
        return tail
    lines, tail = await asyncio.to_thread(_linked, chain, tail, entries)
    try:
        for start in range(0, len(lines), LINES_AT_ONCE):
            await connection.copy_records_to_table("book", records=lines[start : start + LINES_AT_ONCE])
    except asyncpg.UniqueViolationError as error:
        raise BookCutError(
            f"the book of {chain} goes on behind line {lines[0][1] - 1}, the last that was written: some were added; "
            "nothing more is written to it; look with: gradewatch verify"
        ) from error
    return tail


def _linked(chain: str, tail: Tail, entries: Sequence[BookEntry]) -> tuple[list[tuple[Any, ...]], Tail]:
    lines = []
    for seq, entry in enumerate(entries, tail.seq + 1):
        facts: dict[str, Any] = {
            "chain": chain,
            "seq": seq,
            "at": entry.at,
            "kind": entry.kind,
            "who": entry.who,
        }
        digest = hashes.link(tail.hash, **facts, body=entry.body)
        lines.append((*facts.values(), hashes.canonical(entry.body), tail.hash, digest))
        tail = Tail(seq, digest)
    return lines, tail
