"""Upkeep of the tables: chunks that fit the rate, old ones by column where the edition can, the oldest forgotten.

What may be forgotten is guarded by the database itself (0004_keeping.sql), and every time it is stands in the book.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from monitor.store.database import Connection, Pool, explained
from monitor.store.record import record

LOCK = 0x6B656570
"""Advisory lock of upkeep ("keep"): of two servers, one does it."""
FORGET_S_MAX = 600.0

# Whoever waits for a chunk makes those who write wait behind it; the next hour will do.
_AT_ONCE = "SET LOCAL lock_timeout = '2s'"


@dataclass(frozen=True, slots=True)
class Kept:
    """What upkeep has found or done.

    Attributes:
        chunk: how long the next chunks are; None: there are none.
        in_columns: old chunks are kept by column.
        forgotten: the time before which samples were forgotten now; None: none were.
    """

    chunk: timedelta | None
    in_columns: bool
    forgotten: datetime | None


async def upkeep(pool: Pool, at: datetime) -> Kept | None:
    """Do what is due; nothing if somebody else is doing it.

    Args:
        pool: of a migrated database, as the service's role.
        at: now.

    Returns:
        What was found or done; None: somebody else is doing it.

    Raises:
        DatabaseError: the database refuses or fails, or a table is in use for long; nothing was done then.
    """
    with explained("upkeep"):
        async with pool.acquire() as lent, lent.transaction():
            connection = cast("Connection", lent)  # one that a pool lends does all that its own class does
            if not await connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", LOCK):
                return None
            await connection.execute(_AT_ONCE)
            chunk = await connection.fetchval("SELECT fit_chunks()")
            in_columns = await connection.fetchval("SELECT keep_in_columns()")
            forgotten = await connection.fetchval("SELECT forget_samples(kept_from())", timeout=FORGET_S_MAX)
            if forgotten is not None:
                await record(connection, at, "forgotten", "gradewatch", {"before": forgotten.isoformat()})
            return Kept(chunk, in_columns, forgotten)
