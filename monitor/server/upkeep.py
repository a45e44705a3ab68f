"""Once an hour, what the database needs so that it stays fast and no larger than the site has decided."""

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from monitor.server.database import Database, DatabaseDown
from monitor.store.upkeep import upkeep

EVERY_S = 3600.0
PATIENCE_S = 600.0

_log = structlog.get_logger()


class Upkeep:
    """Looks after the database while the server runs; of several servers, one at a time does."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
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
                pass  # told already; the next hour will do
            else:
                if kept is not None and kept.forgotten is not None:
                    _log.info("samples_forgotten", before=kept.forgotten.isoformat())
            await asyncio.sleep(EVERY_S)
