"""What people do, for the book: safe on our own disk at once, then in the database, each line once."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from config.model import Text
from monitor.server.database import Database, DatabaseDown
from monitor.server.refusal import Refusal
from monitor.store.book import BookEntry
from monitor.store.record import drain
from monitor.store.spool import Spool, SpoolError

FILE = "people.spool"
LINES_AT_ONCE = 500
RETRY_S = 2.0

_log = structlog.get_logger()

_FULL = Text(
    en="This could not be recorded, so it was not done; look after the server's disk.",
    zh="无法记录该操作，因此未执行；请检查服务器磁盘。",
)


class Ledger:
    """One server's chain of the book of people.

    Attributes:
        waiting: lines that the database does not have yet.
        ok: the last line could be written down.
    """

    def __init__(self, data: Path, database: Database) -> None:
        self.waiting = 0
        self.ok = True
        self._path = data / FILE
        self._database = database
        self._spool: Spool | None = None
        self._turn = asyncio.Lock()
        self._news = asyncio.Event()
        self._settled = asyncio.Event()

    @property
    def chain(self) -> str:
        """Its chain's name."""
        return f"people-{self._open_spool().id}"

    async def open(self) -> None:
        """Open the spool; before anything is said.

        Raises:
            SpoolError: it cannot be used.
        """
        self._spool = await asyncio.to_thread(Spool, self._path)
        self.waiting = self._spool.count()
        self._news.set()

    async def close(self) -> None:
        """Close the spool; what waits in it stays."""
        async with self._turn:
            self._open_spool().close()

    async def say(self, at: datetime, kind: str, who: str, body: Mapping[str, Any]) -> None:
        """Record what somebody did; when this returns it stands on the disk.

        Args:
            at: when it was done; aware.
            kind: what was done.
            who: a person.
            body: {role, what, old, new, reason} and what else there is to say; JSON.

        Raises:
            Refusal: 503, it could not be written down.
        """
        try:
            async with self._turn:
                await asyncio.to_thread(self._open_spool().add, BookEntry(at, kind, who, body))
                self.waiting += 1
        except SpoolError as error:
            self.ok = False
            _log.error("ledger_failed", error=str(error))
            raise Refusal(503, _FULL) from error
        self.ok = True
        self._settled.clear()
        self._news.set()

    async def settled(self) -> None:
        """Wait until the database has everything that was said."""
        await self._settled.wait()

    async def run(self) -> None:
        """Bring the lines to the database, until cancelled."""
        while True:
            await self._news.wait()
            await self._database.up.wait()
            self._news.clear()
            try:
                while await self._drain():
                    pass
            except DatabaseDown:  # told already
                self._news.set()
                await asyncio.sleep(RETRY_S)

    async def _drain(self) -> bool:
        """Bring over some lines; say whether there were any."""
        spool = self._open_spool()
        async with self._turn:
            lines = await asyncio.to_thread(spool.after, 0, LINES_AT_ONCE)
        if not lines:
            self._settled.set()
            return False
        async with self._database.connection() as connection:
            upto = await drain(connection, self.chain, lines)
        async with self._turn:
            await asyncio.to_thread(spool.forget, upto)
            self.waiting = await asyncio.to_thread(spool.count)
        return True

    def _open_spool(self) -> Spool:
        if self._spool is None:
            raise SpoolError(f"{self._path} is not open")
        return self._spool
