"""Once an hour, what the database needs so that it stays fast and no larger than the site has decided."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

import structlog

from monitor.server.database import Database, DatabaseDown
from monitor.store.upkeep import upkeep

EVERY_S = 3600.0
PATIENCE_S = 600.0

_log = structlog.get_logger()


class Result(StrEnum):
    """How looking after the database ended."""

    DONE = "done"
    ELSEWHERE = "elsewhere"
    """Another server was at it."""
    FAILED = "failed"


class Upkeep:
    """Looks after the database while the server runs; of several servers, one at a time does.

    Attributes:
        ended: when it last ended in each way, of those that have come.
    """

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self.ended: dict[Result, datetime] = {}
        self._database = database
        self._now = now

    async def run(self) -> None:
        """Begin once the database is there, then every hour, until cancelled."""
        while True:
            await self._database.up.wait()
            try:
                async with self._database.pool(PATIENCE_S) as pool:
                    kept = await upkeep(pool, self._now())
            except DatabaseDown:
                result = Result.FAILED  # told already; the next hour will do
            else:
                result = Result.ELSEWHERE if kept is None else Result.DONE
                if kept is not None and kept.forgotten is not None:
                    _log.info("samples_forgotten", before=kept.forgotten.isoformat())
            self.ended[result] = self._now()
            await asyncio.sleep(EVERY_S)
