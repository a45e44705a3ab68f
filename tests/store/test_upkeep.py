"""Upkeep: chunks that fit the rate, columns only where the edition can, and nothing forgotten before its time."""

from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import pytest
import pytest_asyncio

from monitor.store.database import Connection, Pool, close, connect, open_pool
from monitor.store.migrate import migrate
from monitor.store.roles import SERVICE, Login, signed_in_as
from monitor.store.upkeep import LOCK, upkeep
from monitor.store.verify import verify
from monitor.store.write import Writer
from tests.database import Server
from tests.store.small import NOON, plant, sample, second

DAY = 86_400
FORGOTTEN, KEPT, LAST = -2100 * DAY, -1900 * DAY, 0
"""Seconds after noon; what was measured ends at the last."""
DECIDE = "INSERT INTO retention (minimum_days, keep_days, reason) VALUES ($1, $2, 'as QA has decided')"


@pytest_asyncio.fixture
async def pool(url: str) -> AsyncIterator[Pool]:
    """The service's pool, on a database with three minutes of three times."""
    await migrate(url, [Login(SERVICE)])
    for begin in (FORGOTTEN, KEPT, LAST):
        writer = await Writer.open(signed_in_as(url, SERVICE), plant(), f"c{begin}", NOON)
        await writer.write(1, [sample(begin + n) for n in range(180)], [], [], passed=second(begin + 240))
        await writer.close()
    pool = await open_pool(signed_in_as(url, SERVICE))
    yield pool
    await pool.close()


async def samples(sql: Connection) -> list[int]:
    """Return the days from which there are samples."""
    rows = await sql.fetch("SELECT DISTINCT date_trunc('day', at, 'UTC') AS day FROM sample ORDER BY 1")
    return [(row["day"] - NOON).days + 1 for row in rows]


async def in_chunks(sql: Connection) -> bool:
    return bool(await sql.fetchval("SELECT samples_in_chunks()"))


async def test_unless_the_site_decides_nothing_is_ever_forgotten(pool: Pool, sql: Connection) -> None:
    kept = await upkeep(pool, NOON)
    assert kept is not None
    assert kept.forgotten is None
    assert await samples(sql) == [-2100, -1900, 0]


async def test_what_is_older_than_the_site_keeps_goes_and_the_book_says_so(
    url: str, pool: Pool, sql: Connection
) -> None:
    before = await verify(url, None, lambda *_: None)
    await sql.execute(DECIDE, 1900, 2000)
    kept = await upkeep(pool, NOON)
    assert kept is not None
    assert kept.forgotten is not None
    assert await samples(sql) == [-1900, 0]
    assert second(FORGOTTEN) < kept.forgotten <= second(-2000 * DAY)
    line = await sql.fetchrow("SELECT who, body ->> 'before' AS before FROM book WHERE kind = 'forgotten'")
    assert line is not None
    assert tuple(line) == ("gradewatch", kept.forgotten.isoformat())
    # Its figures and its seal stay, and verifying knows that it is no loss.
    assert await sql.fetchval("SELECT sum(n) FROM rollup_1m WHERE at < $1", kept.forgotten) == 180
    after = await verify(url, None, lambda *_: None)
    assert (after.findings, after.forgotten, after.minutes) == ((), 180, before.minutes)
    again = await upkeep(pool, NOON)
    assert again is not None
    assert again.forgotten is None
    assert await sql.fetchval("SELECT count(*) FROM book WHERE kind = 'forgotten'") == 1


async def test_the_minimum_cannot_be_undercut_by_whomever(pool: Pool, sql: Connection) -> None:
    for connection in (pool, sql):
        with pytest.raises(
            asyncpg.InsufficientPrivilegeError, match="cannot be forgotten: 1827 days are kept at least"
        ):
            await connection.execute("SELECT forget_samples($1)", second(-1826 * DAY))
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="cannot be forgotten"):
        await sql.execute("SELECT forget_samples('infinity')")
    assert await samples(sql) == [-2100, -1900, 0]


async def test_the_minimum_can_only_be_raised(sql: Connection) -> None:
    for minimum, keep in ((1827, 1826), (3000, 2999)):
        with pytest.raises(asyncpg.CheckViolationError):
            await sql.execute(DECIDE, minimum, keep)
    await sql.execute(DECIDE, 3000, 4000)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="the minimum can only be raised"):
        await sql.execute(DECIDE, 2999, None)
    await sql.execute(DECIDE, 3000, None)
    for statement in (
        "UPDATE retention SET minimum_days = 1827",
        "DELETE FROM retention",
        "TRUNCATE forgotten",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="it is only ever added to"):
            await sql.execute(statement)
    assert await sql.fetchval("SELECT count(*) FROM retention WHERE who = 'postgres'") == 2


async def test_a_clock_that_stands_in_the_future_makes_nothing_old(pool: Pool, sql: Connection) -> None:
    """By the clock of this database the samples of 2020 may go; by what was measured last they may not."""
    await sql.execute("DELETE FROM sample WHERE at >= $1", second(KEPT))
    assert await sql.fetchval("SELECT measured_until()") < second(FORGOTTEN + 200)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="cannot be forgotten"):
        await pool.execute("SELECT forget_samples($1)", second(-2000 * DAY))
    await sql.execute(DECIDE, 1827, 2000)
    kept = await upkeep(pool, NOON)
    assert kept is not None
    assert kept.forgotten is None
    assert await samples(sql) == [-2100]


async def test_of_two_servers_one_does_it(url: str, pool: Pool) -> None:
    other = await connect(url)
    async with other.transaction():
        await other.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
        assert await upkeep(pool, NOON) is None
    assert await upkeep(pool, NOON) is not None
    await close(other)


@pytest.mark.parametrize(
    ("channels", "period_s", "hours"), [(2000, 1, 24), (2001, 1, 6), (2000, 0.1, 6), (2001, 0.1, 1)]
)
async def test_chunks_fit_the_rate(
    pool: Pool, sql: Connection, channels: int, period_s: float, hours: int
) -> None:
    await sql.execute("UPDATE device SET period_s = $1", period_s)
    await sql.execute(
        "INSERT INTO channel SELECT 'more/' || n, (SELECT id FROM series WHERE name = 'D'), n, 'k', 'Z', "
        "'', '', '', '' FROM generate_series(3, $1 - 1) AS n",
        channels,
    )
    kept = await upkeep(pool, NOON)
    assert kept is not None
    if not await in_chunks(sql):
        assert kept.chunk is None
        return
    assert kept.chunk == timedelta(hours=hours)
    interval = "SELECT time_interval FROM timescaledb_information.dimensions WHERE hypertable_name = 'sample'"
    assert await sql.fetchval(interval) == kept.chunk


async def test_columns_only_where_the_edition_can(timescale: Server, pool: Pool, sql: Connection) -> None:
    """The test servers are of the Apache edition and plain: both lack columns, and are known by their licence.

    What the Community edition does with it is not tried here: no package of it can be had for these tests.
    """
    kept = await upkeep(pool, NOON)
    assert kept is not None
    assert not kept.in_columns
    if await in_chunks(sql):
        assert await sql.fetchval("SHOW timescaledb.license") == "apache"
        for refused in (
            "ALTER TABLE sample SET (timescaledb.compress, timescaledb.compress_segmentby = 'series_id')",
            "SELECT add_compression_policy('sample', INTERVAL '45 days')",
        ):
            with pytest.raises(asyncpg.FeatureNotSupportedError):
                await sql.execute(refused)


async def test_a_table_that_is_in_use_for_long_is_left_for_the_next_hour(
    url: str, pool: Pool, sql: Connection
) -> None:
    await sql.execute(DECIDE, 1827, 2000)
    other = await connect(url)
    async with other.transaction():
        await other.execute("LOCK TABLE sample")
        with pytest.raises(Exception, match="lock timeout"):
            await upkeep(pool, NOON)
    assert await samples(sql) == [-2100, -1900, 0]
    await close(other)
