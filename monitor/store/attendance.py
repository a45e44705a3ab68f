"""Who was signed in, from when to when: the sessions of all servers, in one table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from monitor.store.database import Connection, Pool, to_its_end


@dataclass(frozen=True, slots=True)
class Attended:
    """One session; of its token only the hash."""

    token_hash: bytes
    person: str
    address: str
    opened_at: datetime
    used_at: datetime


@dataclass(frozen=True, slots=True)
class Ended:
    """That a session is over since when; `by` is empty where its time was over."""

    token_hash: bytes
    at: datetime
    by: str


# A session that was ended is not opened again by a server that has not heard of it.
_OPEN = """
INSERT INTO session (token_hash, person, address, opened_at, used_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (token_hash) DO UPDATE SET used_at = greatest(session.used_at, EXCLUDED.used_at)
WHERE session.ended_at IS NULL"""
_END = "UPDATE session SET ended_at = $2, ended_by = $3 WHERE token_hash = $1 AND ended_at IS NULL"
_ATTENDING = """
SELECT token_hash, person, address, opened_at, used_at FROM session
WHERE ended_at IS NULL AND opened_at > $1"""


async def settle(
    pool: Pool, here: Sequence[Attended], ended: Sequence[Ended], since: datetime
) -> list[Attended]:
    """Write what one server knows, and read what all of them do.

    Args:
        pool: of a migrated database.
        here: the sessions that are open at this server.
        ended: those that ended here.
        since: when the oldest session that can still be open was opened.

    Returns:
        All that are open.
    """
    async with pool.acquire() as lent, lent.transaction():
        connection = cast("Connection", lent)  # one that a pool lends does all that its own class does
        rows = [(one.token_hash, one.person, one.address, one.opened_at, one.used_at) for one in here]
        await to_its_end(connection, connection.executemany(_OPEN, rows))
        over = [(one.token_hash, one.at, one.by) for one in ended]
        await to_its_end(connection, connection.executemany(_END, over))
        return [Attended(**row) for row in await connection.fetch(_ATTENDING, since)]
