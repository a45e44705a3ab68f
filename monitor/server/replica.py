"""Reads the past from a standby of the database, so that a large question does not slow down what is being stored.

A standby that is away, lags or is none is passed over: then the database itself is asked, as without one.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum

from monitor.server.database import PATIENCE_S, Database, DatabaseDown, Watched
from monitor.store.database import DatabaseError, Pool

LAG_S_MAX = 30.0
"""The collector stores something every second: a standby whose last change is older than this is behind."""

# Null where it has replayed nothing since it started.
_LAG = """
SELECT pg_is_in_recovery() AS standby,
       extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8 AS lag_s"""


class Source(StrEnum):
    """Which database the past is read from."""

    PRIMARY = "primary"
    REPLICA = "replica"


class Replica(Watched):
    """A standby of the database, which is only read.

    Attributes:
        lag_s: how old its last change was when it was last looked at; None: nobody knows.
    """

    def __init__(self, url: str) -> None:
        super().__init__(url, "replica")
        self.lag_s: float | None = None

    async def _ask(self, pool: Pool) -> None:
        lag_s = None
        try:
            (row,) = await pool.fetch(_LAG)
            lag_s = row["lag_s"]
        finally:
            self.lag_s = lag_s
        if not row["standby"]:
            raise DatabaseError("the replica is no standby: it may hold something else, so it is not read")
        if lag_s is None or lag_s > LAG_S_MAX:
            raise DatabaseError(f"the replica is more than {LAG_S_MAX:g} s behind, so it is not read")


class Reads:
    """Chooses, question by question, where the past is read.

    Attributes:
        replica: the standby, if there is one.
    """

    def __init__(self, primary: Database, replica: Replica | None) -> None:
        self._primary = primary
        self.replica = replica

    @property
    def source(self) -> Source:
        """Which one would be asked now."""
        return Source.PRIMARY if self.replica is None or not self.replica.up.is_set() else Source.REPLICA

    async def run(self) -> None:
        """Watch the replica, if there is one, until cancelled."""
        if self.replica is None:
            await asyncio.get_running_loop().create_future()
        else:
            await self.replica.run()

    @asynccontextmanager
    async def pool(self, patience_s: float = PATIENCE_S) -> AsyncIterator[Pool]:
        """The pool to ask; see `Database.pool`.

        Raises:
            DatabaseDown: neither is there, or the one that was asked fails meanwhile; the next question goes elsewhere.
        """
        if self.replica is None or not self.replica.up.is_set():
            async with self._primary.pool(patience_s) as pool:
                yield pool
            return
        try:
            async with self.replica.pool(patience_s) as pool:
                yield pool
        except DatabaseDown:
            # Until it has passed its next check.
            self.replica.up.clear()
            raise
