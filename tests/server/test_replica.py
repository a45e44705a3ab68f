"""The past is read from a real standby, and from the database itself whenever that is away, behind or no standby."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from monitor.server import replica
from monitor.server.gate import API
from monitor.server.settings import Settings
from monitor.store.database import connect
from monitor.store.verify import verify
from monitor.store.write import Writer
from tests.database import Server
from tests.people import PEOPLE
from tests.server.conftest import Running, meet, running
from tests.server.test_metrics import figures, value
from tests.service import until
from tests.store.sealed import whole
from tests.store.small import NOON, plant, sample, second

LOOK_S = 0.02


@pytest.fixture(scope="module")
def standby(timescale: Server) -> Iterator[Server]:
    """A running standby of the TimescaleDB server."""
    made = timescale.standby()
    try:
        made.start()
        yield made
    finally:
        made.remove()


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look after the databases all the time."""
    monkeypatch.setattr("monitor.server.database.CHECK_S", LOOK_S)


@asynccontextmanager
async def both(settings: Settings, url: str, standby: Server) -> AsyncIterator[Running]:
    """A server with a database and its standby, which is well."""
    mine = replace(settings, database_url=url, replica_url=copy_of(url, standby))
    async with running(mine) as made:
        await meet(made)
        await until_from(made, "replica", url)
        yield made


def copy_of(url: str, standby: Server) -> str:
    return standby.url(url.rpartition("/")[2])


async def until_from(made: Running, source: str, url: str = "") -> None:
    """Wait until the health summary says where the past is read; meanwhile the primary stores something, if named."""
    connection = await connect(url) if url else None
    async with made.client() as client:
        while (await client.get(f"{API}/health")).json()["past_from"] != source:
            if connection is not None:
                await connection.execute("SELECT pg_logical_emit_message(true, 'test', '')")
            await asyncio.sleep(LOOK_S)
    if connection is not None:
        await connection.close()


async def caught_up(url: str, standby: Server) -> None:
    """Wait until the standby has everything that the primary has."""
    primary, copy = await connect(url), await connect(standby.url())
    written = await primary.fetchval("SELECT pg_current_wal_lsn()::text")

    async def replayed() -> bool:
        query = "SELECT pg_last_wal_replay_lsn() >= $1::text::pg_lsn"
        return bool(await copy.fetchval(query, written))

    await until(replayed, "the standby has what the primary has")
    await primary.close()
    await copy.close()


async def write(url: str, seconds: range) -> None:
    writer = await Writer.open(url, plant(), "c", NOON)
    await writer.write(seconds.stop, [sample(n) for n in seconds], [], [])
    await writer.close()


async def counted(made: Running) -> int:
    """Read the past over the API; return how many readings it has."""
    asked: dict[str, Any] = {
        "channel": "D/a",
        "start": second(0).isoformat(),
        "end": second(1000).isoformat(),
    }
    async with made.client(made.sign_in()) as client:
        answer = (await client.get(f"{API}/readings", params=asked)).raise_for_status().json()
    return sum(answer["n"])


async def told(made: Running) -> tuple[float, float]:
    """Give what the figures say: whether the standby is read, and whether it is well; how far behind is known."""
    found = await figures(made)
    assert value(found, "gradewatch_replica_lag_seconds") >= 0
    return value(found, "gradewatch_replica_in_use"), value(
        found, "gradewatch_database_up", database="replica"
    )


async def test_the_past_comes_from_the_standby_and_what_is_written_goes_to_the_database(
    settings: Settings, timescale: Server, database_url: str, standby: Server
) -> None:
    await write(database_url, range(1, 11))
    async with both(settings, database_url, standby) as made:
        await caught_up(database_url, standby)
        await until_from(made, "replica", database_url)
        assert await counted(made) == 10
        connection = await connect(database_url)
        # What only the primary has is not seen: so it is the standby that is asked.
        pause = await connect(copy_of(database_url, standby))
        await pause.execute("SELECT pg_wal_replay_pause()")
        await write(database_url, range(11, 21))
        assert await counted(made) == 10
        await pause.execute("SELECT pg_wal_replay_resume()")
        await caught_up(database_url, standby)
        assert await counted(made) == 20
        assert await connection.fetchval("SELECT count(*) FROM person") == len(PEOPLE)
        assert await told(made) == (1, 1)
        await connection.close()
        await pause.close()


async def test_a_standby_that_is_away_is_passed_over_and_taken_again(
    settings: Settings, database_url: str, standby: Server
) -> None:
    await write(database_url, range(1, 11))
    async with both(settings, database_url, standby) as made:
        standby.kill()
        try:
            await until_from(made, "primary")
            assert await counted(made) == 10
        finally:
            standby.start()
        await until_from(made, "replica", database_url)
        assert await counted(made) == 10


async def test_a_question_that_the_standby_fails_leaves_the_next_to_the_database(
    settings: Settings, database_url: str, standby: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    await write(database_url, range(1, 11))
    async with both(settings, database_url, standby) as made:
        monkeypatch.setattr("monitor.server.database.CHECK_S", 3600)
        standby.kill()
        try:
            async with made.client(made.sign_in()) as client:
                asked = {"channel": "D/a", "start": second(0).isoformat(), "end": second(60).isoformat()}
                answers = [(await client.get(f"{API}/readings", params=asked)).status_code for _ in range(3)]
            # The first may come before or after a check that was under way.
            assert answers[1:] == [200, 200]
        finally:
            standby.start()


async def test_a_standby_that_is_behind_is_passed_over(
    settings: Settings, database_url: str, standby: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    await write(database_url, range(1, 11))
    async with both(settings, database_url, standby) as made:
        pause = await connect(copy_of(database_url, standby))
        await pause.execute("SELECT pg_wal_replay_pause()")
        await write(database_url, range(11, 21))
        monkeypatch.setattr(replica, "LAG_S_MAX", 0.0)
        await until_from(made, "primary")
        assert await counted(made) == 20
        assert await told(made) == (0, 0)
        await pause.execute("SELECT pg_wal_replay_resume()")
        monkeypatch.setattr(replica, "LAG_S_MAX", 30.0)
        await until_from(made, "replica", database_url)
        await pause.close()


async def test_another_database_that_is_no_standby_is_never_read(
    settings: Settings, timescale: Server, database_url: str
) -> None:
    await write(database_url, range(1, 11))
    other = await timescale.fresh()
    async with running(replace(settings, database_url=database_url, replica_url=other)) as made:
        await meet(made)
        assert await counted(made) == 10
        assert made.service.reads.source is replica.Source.PRIMARY
    await timescale.drop(other)


async def test_without_one_the_database_is_read(keeping: Running) -> None:
    async with keeping.client() as client:
        assert (await client.get(f"{API}/health")).json()["past_from"] == "primary"


async def test_a_standby_is_proved_as_the_database_is(
    database_url: str, standby: Server, tmp_path: Path
) -> None:
    connection = await asyncpg.connect(database_url)
    await whole(database_url, connection, tmp_path, 2)
    await connection.close()
    await caught_up(database_url, standby)
    verified = await verify(copy_of(database_url, standby), tmp_path, lambda *_: None)
    assert (verified.findings, verified.minutes) == ((), 2)
