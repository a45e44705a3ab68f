"""Lines in the book about the database itself: backed up, restored, forgotten. No collector writes their chain."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from monitor.store import chain as hashes
from monitor.store.book import BookEntry, Tail, append, check_tail
from monitor.store.database import Connection

CHAIN = "keeping"


async def record(connection: Connection, at: datetime, kind: str, who: str, body: Mapping[str, Any]) -> None:
    """Append one line to the chain of the keeping. Whoever else does so meanwhile waits.

    Args:
        connection: to a migrated database; in a transaction, if the line belongs to what that does.
        at: aware.
        kind: what was done.
        who: a person or "gradewatch".
        body: a JSON object.

    Raises:
        BookCutError: the chain does not end where it was last written.
    """
    async with connection.transaction():
        await connection.execute(
            "INSERT INTO forwarded (chain, seq) VALUES ($1, 0) ON CONFLICT DO NOTHING", CHAIN
        )
        (last,) = await connection.fetch(
            "SELECT book_seq AS seq, book_hash AS hash FROM forwarded WHERE chain = $1 FOR UPDATE", CHAIN
        )
        await check_tail(connection, CHAIN)
        tail = Tail(last["seq"], last["hash"] or hashes.FIRST)
        tail = await append(connection, CHAIN, tail, [BookEntry(at, kind, who, body)])
        await connection.execute(
            "UPDATE forwarded SET book_seq = $2, book_hash = $3 WHERE chain = $1",
            *(CHAIN, tail.seq, tail.hash),
        )
