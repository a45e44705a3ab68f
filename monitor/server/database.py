"""The server's way to the database, which may be down: then screens stay live and only what is kept is missing."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import cast

import structlog

from config.model import Text
from monitor.server.access import Passwords, make_first_administrator
from monitor.server.refusal import Refusal
from monitor.store.database import Connection, DatabaseError, Pool, explained, open_pool, place

CHECK_S = 2.0
PATIENCE_S = 10.0
"""Longest wait for an answer; a person in front of a screen waits no longer."""

_log = structlog.get_logger()


class DatabaseDown(Refusal):
    """What was asked for stands in the database, and that does not answer."""

    def __init__(self) -> None:
        super().__init__(
            503,
            Text(
                en="The database does not answer. Live values and alarms go on; try again in a moment.",
                zh="数据库无响应。实时数值和报警不受影响，请稍后重试。",
            ),
            {"Retry-After": "5"},
        )


class Watched(ABC):
    """A pool that opens when its database is there, and a cheap, repeated check whether it still is.

    Attributes:
        up: set while the last check went well.
        asked: set once there was a check, whatever came of it.
    """

    def __init__(self, url: str, name: str) -> None:
        """Know where it is; `name` is its own in the log."""
        self.up = asyncio.Event()
        self.asked = asyncio.Event()
        self._url = url
        self._name = name
        self._pool: Pool | None = None
        self._complaint = ""

    @abstractmethod
    async def _ask(self, pool: Pool) -> None:
        """See whether it is as it should be; DatabaseError if not."""

    async def run(self) -> None:
        """Open, check and check again, until cancelled."""
        try:
            while True:
                await self._check()
                await asyncio.sleep(CHECK_S)
        finally:
            self.up.clear()
            if self._pool is not None:
                self._pool.terminate()
                self._pool = None

    def connections(self) -> tuple[int, int]:
        """Say how many connections are open, and how many of them somebody uses."""
        if self._pool is None:
            return 0, 0
        size = self._pool.get_size()
        return size, size - self._pool.get_idle_size()

    @asynccontextmanager
    async def pool(self, patience_s: float = PATIENCE_S) -> AsyncIterator[Pool]:
        """The pool to ask, for as long as a person is ready to wait.

        Args:
            patience_s: seconds; longer than usual only where what comes is handed on as it comes.

        Raises:
            DatabaseDown: the database is not there, or fails meanwhile; the log says how.
        """
        if self._pool is None or not self.up.is_set():
            raise DatabaseDown
        try:
            with explained(place(self._url)):
                async with asyncio.timeout(patience_s):
                    yield self._pool
        except DatabaseError as error:
            _log.warning(f"{self._name}_failed", error=str(error))
            raise DatabaseDown from error

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """One connection, for what belongs together.

        Raises:
            DatabaseDown: the database is not there, or fails meanwhile; the log says how.
        """
        async with self.pool() as pool, pool.acquire() as lent:
            yield cast("Connection", lent)  # one that a pool lends does all that its own class does

    async def _check(self) -> None:
        try:
            with explained(place(self._url)):
                async with asyncio.timeout(PATIENCE_S):
                    if self._pool is None:
                        self._pool = await open_pool(self._url)
                    await self._ask(self._pool)
        except DatabaseError as error:
            self.up.clear()
            self._complain(str(error))
        else:
            if not self.up.is_set():
                _log.info(f"{self._name}_up")
            self.up.set()
            self._complaint = ""
        self.asked.set()

    def _complain(self, complaint: str) -> None:
        """Log a failure once, not every two seconds."""
        if complaint != self._complaint:
            _log.warning(f"{self._name}_down", error=complaint)
        self._complaint = complaint


class Database(Watched):
    """The database that is written to."""

    def __init__(self, url: str, passwords: Passwords, now: Callable[[], datetime]) -> None:
        super().__init__(url, "database")
        self._passwords = passwords
        self._now = now

    async def _ask(self, pool: Pool) -> None:
        if self.up.is_set():
            await pool.execute("SELECT 1")
        else:
            await make_first_administrator(pool, self._passwords, self._now())
