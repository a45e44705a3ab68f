"""The way to the database: what a person is told when it is closed, and that an outage loses and repeats nothing."""

import asyncio

import asyncpg
import pytest

from monitor.store.book import BookEntry
from monitor.store.database import (
    DatabaseError,
    Edition,
    close,
    connect,
    edition,
    open_pool,
    place,
    to_its_end,
)
from monitor.store.history import alarm_history
from monitor.store.migrate import migrate
from monitor.store.write import Writer
from tests.database import LOCKED, Server
from tests.patience import PATIENCE_S
from tests.store.small import NOON, alarm, plant, sample, second

ENTRIES = 60


async def test_each_edition_is_told(timescale: Server, plain: Server) -> None:
    for server, expected in ((timescale, Edition.APACHE), (plain, Edition.PLAIN)):
        url = await server.fresh()
        connection = await connect(url)
        assert await edition(connection) is expected
        await connection.close()
        await server.drop(url)


def test_a_place_is_told_without_user_and_password() -> None:
    assert place("postgresql://zhang:secret@db.plant:5432/gradewatch") == "db.plant:5432/gradewatch"
    assert place("postgresql://zhang@/gradewatch?host=%2Frun%2Fpg") == "/run/pg/gradewatch"
    assert place("postgresql:///gradewatch") == "localhost/gradewatch"
    assert place("postgresql://zhang:se/cret@db.plant/gradewatch") == "URL"
    assert place("postgresql://[db.plant/gradewatch") == "URL"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (
            "postgresql://postgres@127.0.0.1:{port}/nothing",
            'database "nothing" does not exist; make that database',
        ),
        (
            f"postgresql://{LOCKED}:secret-no@127.0.0.1:{{port}}/postgres",
            "failed for user .*correct the user or",
        ),
        (
            "postgresql://stranger:secret-no@127.0.0.1:{port}/postgres",
            'role "stranger" does not exist; correct the user',
        ),
        ("mysql://zhang:secret-no@127.0.0.1:{port}/postgres", "correct the database URL"),
        ("postgresql://zhang:secret-no@127.0.0.1:port/postgres", "correct the database URL"),
        (
            "postgresql://zhang:secret-no@host.invalid:{port}/postgres",
            "start the database, or correct host and port",
        ),
    ],
)
async def test_a_wrong_url_is_one_clear_line(timescale: Server, url: str, said: str) -> None:
    if LOCKED in url:
        await timescale.execute(
            f"DROP ROLE IF EXISTS {LOCKED}", f"CREATE ROLE {LOCKED} LOGIN PASSWORD 'secret'"
        )
    url = url.format(port=timescale.port)
    for attempt in (migrate(url), open_pool(url), Writer.open(url, plant(), "c", NOON)):
        with pytest.raises(DatabaseError, match=said) as caught:
            await attempt
        assert "\n" not in str(caught.value)
        assert "secret" not in str(caught.value)


async def test_no_database_at_all_is_one_clear_line(timescale: Server) -> None:
    timescale.stop()
    try:
        with pytest.raises(
            DatabaseError, match=r"database 127\.0\.0\.1:\d+/postgres: .*; start the database, or"
        ) as caught:
            await migrate(timescale.url())
        assert "\n" not in str(caught.value)
    finally:
        timescale.start()


@pytest.mark.parametrize("how", ["stop", "kill"])
async def test_an_outage_loses_nothing_and_repeats_nothing(server: Server, url: str, how: str) -> None:
    stored = outages = 0
    writer = await Writer.open(url, plant(), "c", NOON)
    while stored < ENTRIES:
        try:
            if stored in {20, 40} and outages < stored // 20:
                outages += 1
                server.stop() if how == "stop" else server.kill()
                with pytest.raises(DatabaseError):
                    await write(writer, stored)
                server.start()
            await write(writer, stored)
        except DatabaseError:
            await writer.close()
            writer = await Writer.open(url, plant(), "c", NOON)
        stored = await writer.position()
    await writer.close()
    assert outages == 2
    await check_all_once(url)


async def write(writer: Writer, stored: int) -> None:
    numbers = range(stored + 1, stored + 11)
    book = [BookEntry(second(n), "note", "zhang", {"number": n}) for n in numbers]
    await writer.write(stored + 10, [sample(n) for n in numbers], book, [alarm(1, n) for n in numbers])


async def check_all_once(url: str) -> None:
    connection = await connect(url)
    expected = [second(n) for n in range(1, ENTRIES + 1)]
    assert [row["at"] for row in await connection.fetch("SELECT at FROM sample ORDER BY at")] == expected
    assert [row["at"] for row in await connection.fetch("SELECT at FROM book ORDER BY seq")] == expected
    assert await connection.fetchval("SELECT max(seq) FROM book") == ENTRIES
    await connection.close()


async def test_a_database_killed_within_a_batch_has_stored_nothing_of_it(server: Server, url: str) -> None:
    writer = await Writer.open(url, plant(), "c", NOON)
    for stored in range(0, ENTRIES - 10, 10):
        await write(writer, stored)
    blocker = await connect(url)
    await blocker.execute("BEGIN; LOCK TABLE alarm")
    batch = asyncio.create_task(write(writer, ENTRIES - 10))
    while not await blocker.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
        assert not batch.done()
    server.kill()
    try:
        with pytest.raises(DatabaseError):
            await batch
    finally:
        server.start()
    await writer.close()
    blocker.terminate()
    writer = await Writer.open(url, plant(), "c", NOON)
    assert await writer.position() == ENTRIES - 10
    await write(writer, ENTRIES - 10)
    await writer.close()
    await check_all_once(url)


async def test_a_reader_whose_database_went_away_is_told_and_goes_on_when_it_is_back(
    server: Server, url: str
) -> None:
    pool = await open_pool(url)
    server.stop()
    try:
        with pytest.raises(DatabaseError):
            await alarm_history(pool, second(0), second(1), 1)
    finally:
        server.start()
    assert await alarm_history(pool, second(0), second(1), 1) == []
    await pool.close()


async def test_asyncpgs_own_errors_never_leak(database_url: str) -> None:
    writer = await Writer.open(database_url, plant(), "c", NOON)
    await writer.close()
    with pytest.raises(DatabaseError) as caught:
        await writer.position()
    assert isinstance(caught.value.__cause__, asyncpg.InterfaceError)


@pytest.mark.parametrize("steps", range(1, 6))
async def test_a_stop_is_heeded_at_whatever_step_of_many_rows_it_comes(plain: Server, steps: int) -> None:
    """Without it the library loses the one that meets its sending, and waits a minute for what never comes."""
    connection = await connect(plain.url())
    await connection.execute("CREATE TEMPORARY TABLE many (number int)")
    rows = [(number,) for number in range(4000)]
    sending = connection.executemany("INSERT INTO many VALUES ($1)", rows)
    writing = asyncio.create_task(to_its_end(connection, sending))
    for _ in range(steps):
        await asyncio.sleep(0)
    writing.cancel()
    await asyncio.wait({writing}, timeout=PATIENCE_S)
    assert writing.cancelled()
    assert await connection.fetchval("SELECT count(*) FROM many") == len(rows)
    await close(connection)
