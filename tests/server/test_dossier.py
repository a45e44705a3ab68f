"""The dossier of a batch is told under the plant of its own time, and counted ahead while it runs."""

from datetime import timedelta

from monitor.server.dossiers import count_ahead, plant_of
from monitor.versions import Versions
from tests.changing import line, looser
from tests.server.conftest import Running
from tests.server.filled import BATCH, made_batch
from tests.server.hands import Hands


async def test_a_batch_is_told_under_the_plant_that_is_kept_of_its_time(server: Running) -> None:
    here = server.service
    other = Versions(here.settings.data).keep(looser(line()[1]))
    assert other.sha256 != here.settings.plant.sha256
    assert (await plant_of(here, other.sha256)).limits == other.limits
    assert await plant_of(here, here.settings.plant.sha256) is here.settings.plant
    # Kept nowhere: told under the one in force, and the log says so.
    assert await plant_of(here, "0" * 64) is here.settings.plant


async def test_what_runs_is_counted_ahead_and_what_is_over_is_not(keeping: Running, hands: Hands) -> None:
    here = keeping.service
    begun, over = made_batch(hands.now() - timedelta(minutes=10))
    assert await count_ahead(here) == []
    await keeping.store(book=[begun])
    assert await count_ahead(here) == [BATCH]
    assert here.figures.progress == {}
    async with here.database.connection() as connection:
        await connection.execute("UPDATE batch SET ended_at = $1, ended_by = 'cao'", over.at)
    assert await count_ahead(here) == []
