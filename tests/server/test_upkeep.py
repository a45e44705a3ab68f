"""The server looks after the tables by itself, as soon as its database is there."""

from dataclasses import replace

import asyncpg

from monitor.server.settings import Settings
from monitor.store.migrate import migrate
from monitor.store.roles import SERVICE, Login, signed_in_as
from tests.server.conftest import running
from tests.service import until

# As many readings a second as need chunks of an hour.
FAST = """
INSERT INTO workshop VALUES ('W', '', '');
INSERT INTO zone (id, grade, label_en, label_zh, workshop) VALUES ('Z', 'A', '', '', 'W');
INSERT INTO device VALUES ('D', 'Z', '', 0.00001, '', '');
INSERT INTO series (name, device, records) VALUES ('D', 'D', false);
INSERT INTO channel SELECT 'D/a', id, 0, 'a', 'Z', '', '', '', '' FROM series"""
CHUNK = "SELECT time_interval FROM timescaledb_information.dimensions WHERE hypertable_name = 'sample'"


async def test_chunks_are_made_to_fit_once_the_database_is_there(
    settings: Settings, database_url: str
) -> None:
    await migrate(database_url, [Login(SERVICE)])
    connection = await asyncpg.connect(database_url)
    await connection.execute(FAST)

    async def fits() -> bool:
        interval = await connection.fetchval(CHUNK)
        return bool(interval.total_seconds() == 3600)

    assert not await fits()
    async with running(replace(settings, database_url=signed_in_as(database_url, SERVICE))):
        await until(fits, "chunks of an hour")
    await connection.close()
