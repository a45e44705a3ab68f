"""The dossier of a batch under the plant of its own time, for whatever tells of it or has it signed; and ahead."""

import asyncio
from contextlib import suppress

import structlog

from config.plant import Plant
from monitor.records.dossier.whole import Dossier, UnknownBatchError, dossier
from monitor.server.batches import find_batch, no_batch
from monitor.server.database import DatabaseDown
from monitor.server.service import Service
from monitor.store.batches import read_batches
from monitor.store.database import Pool
from monitor.versions import Versions, VersionsError

PATIENCE_S = 900.0
"""A batch of weeks takes minutes to be counted from its raw values, the first time."""
AHEAD_EVERY_S = 3600.0
"""Of all that has come in an hour less than that is counted in some seconds."""
_log = structlog.get_logger()


async def dossier_of(here: Service, pool: Pool, batch: str) -> Dossier:
    """Tell everything of one batch.

    Args:
        here: the server.
        pool: of the database that is asked.
        batch: its id.

    Raises:
        Refusal: 404, there is no such batch.
        DatabaseError: the database cannot be reached, or refuses.
    """
    plant = await plant_of(here, (await find_batch(pool, batch)).plant)
    try:
        # Whoever asks for the same batch meanwhile finds what was counted.
        async with here.figures.turns[batch]:
            told = await dossier(pool, plant, batch, here.settings.now(), here.figures)
            await asyncio.to_thread(here.figures.tidy)
            return told
    except UnknownBatchError:
        raise no_batch(batch) from None


async def count_ahead(here: Service) -> list[str]:
    """Count what has come of the batches that run; give their ids.

    Raises:
        DatabaseError: the database cannot be reached, or refuses.
    """
    now = here.settings.now()
    async with here.reads.pool(PATIENCE_S) as pool:
        running = [one.id for one in await read_batches(pool, now, now) if one.ended_at is None]
        for batch in running:
            await dossier_of(here, pool, batch)
    return running


async def keep_ahead(here: Service) -> None:
    """Count every hour, so that nobody waits for weeks when a batch ends, until cancelled."""
    while True:
        await asyncio.sleep(AHEAD_EVERY_S)
        await here.database.up.wait()
        with suppress(DatabaseDown):  # told already; the next hour will do
            await count_ahead(here)


async def plant_of(here: Service, sha256: str) -> Plant:
    """Give a version of the plant as it is kept; what is kept nowhere is told of by the one in force."""
    if sha256 == here.settings.plant.sha256:
        return here.settings.plant
    try:
        return await asyncio.to_thread(Versions(here.settings.data).load, sha256)
    except VersionsError as error:
        _log.warning("plant_of_batch", plant=sha256, error=str(error))
        return here.settings.plant
