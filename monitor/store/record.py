"""Lines in the book that no collector writes: about the database itself, and about people."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from monitor.store import chain as hashes
from monitor.store.book import BookEntry, Tail, append, check_tail
from monitor.store.database import Connection

CHAIN = "keeping"
"""What is done to the database: backed up, restored, forgotten."""


async def record(
    connection: Connection, at: datetime, kind: str, who: str, body: Mapping[str, Any], *, chain: str = CHAIN
) -> None:
    """Append one line to a chain. Whoever else does so meanwhile waits.

    Args:
        connection: to a migrated database; in a transaction, if the line belongs to what that does.
        at: aware.
        kind: what was done.
        who: a person or "gradewatch".
        body: a JSON object.
        chain: which one.

    Raises:
        BookCutError: the chain does not end where it was last written.
    """
    async with connection.transaction():
        _, tail = await _held(connection, chain)
        await _append(connection, chain, tail, [BookEntry(at, kind, who, body)])


async def drain(connection: Connection, chain: str, lines: Sequence[tuple[int, BookEntry]]) -> int:
    """Append numbered lines to a chain, those that it does not have yet.

    Args:
        connection: to a migrated database.
        chain: which one; all its numbered lines come from one spool.
        lines: in the order of their numbers.

    Returns:
        Up to which number it has them now.

    Raises:
        BookCutError: the chain does not end where it was last written.
    """
    async with connection.transaction():
        position, tail = await _held(connection, chain)
        new = [(seq, entry) for seq, entry in lines if seq > position]
        if new:
            position = new[-1][0]
            await _append(connection, chain, tail, [entry for _, entry in new])
            await connection.execute("UPDATE forwarded SET seq = $2 WHERE chain = $1", chain, position)
    return position


async def _held(connection: Connection, chain: str) -> tuple[int, Tail]:
    """Hold a chain until the end of the transaction; give up to which number it has lines, and where it ends."""
    await connection.execute(
        "INSERT INTO forwarded (chain, seq) VALUES ($1, 0) ON CONFLICT DO NOTHING", chain
    )
    (last,) = await connection.fetch(
        "SELECT seq, book_seq, book_hash FROM forwarded WHERE chain = $1 FOR UPDATE", chain
    )
    await check_tail(connection, chain)
    return last["seq"], Tail(last["book_seq"], last["book_hash"] or hashes.FIRST)


async def _append(connection: Connection, chain: str, tail: Tail, entries: Sequence[BookEntry]) -> None:
    tail = await append(connection, chain, tail, entries)
    await connection.execute(
        "UPDATE forwarded SET book_seq = $2, book_hash = $3 WHERE chain = $1", chain, tail.seq, tail.hash
    )
