"""Lines in the book about the database itself: backed up, restored, forgotten. No collector writes their chain."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from monitor.store import chain as hashes
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
    """
    async with connection.transaction():
        await connection.execute(
            "INSERT INTO forwarded (chain, seq) VALUES ($1, 0) ON CONFLICT DO NOTHING", CHAIN
        )
        last = await connection.fetchrow(
            "SELECT book_seq AS seq, book_hash AS hash FROM forwarded WHERE chain = $1 FOR UPDATE", CHAIN
        )
        seq, prev_hash = (last["seq"] + 1, last["hash"] or hashes.FIRST) if last else (1, hashes.FIRST)
        line = hashes.link(prev_hash, chain=CHAIN, seq=seq, at=at, kind=kind, who=who, body=body)
        await connection.execute(
            "INSERT INTO book (chain, seq, at, kind, who, body, prev_hash, hash) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            *(CHAIN, seq, at, kind, who, hashes.canonical(body), prev_hash, line),
        )
        await connection.execute(
            "UPDATE forwarded SET book_seq = $2, book_hash = $3 WHERE chain = $1", CHAIN, seq, line
        )
