"""A database of an older version, with data in it, is brought up to date with its data, and goes on."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from monitor.store import chain as hashes
from monitor.store import older
from monitor.store.book import BookEntry, Tail, append
from monitor.store.database import Connection, DatabaseError, connect, open_pool
from monitor.store.migrate import migrate
from monitor.store.readings import readings
from monitor.store.register import register
from monitor.store.roles import SERVICE, Login, signed_in_as
from monitor.store.verify import Verified, verify
from monitor.store.write import Writer
from tests.database import Server
from tests.store.small import NOON, plant, sample, second
from tests.store.test_migrate import land

DAY = 86_400
HOUR = 3600
LAST_HOUR = 61
OF_OLD = (*range(90), *range(HOUR, HOUR + 3), *range(3 * DAY, 3 * DAY + LAST_HOUR))
"""Seconds after noon: a day, a gap of an hour, two days of nothing, and a last minute that is not over."""


@pytest_asyncio.fixture
async def old(server: Server) -> AsyncIterator[str]:
    """A database as the first two migrations left it, with samples, a book, and how far a journal was stored."""
    url = await server.empty()
    await land(url, "0002_shared_zones.sql")
    connection = await connect(url)
    rows = await register(connection, plant(), NOON)
    await connection.executemany(
        'INSERT INTO sample (series_id, at, received_at, "values", quality) VALUES ($1, $2, $2, $3, $4)',
        [(rows["D"].id, second(n), [n, None, 2.0], [0, 6, 0] if n % 7 == 0 else None) for n in OF_OLD],
    )
    lines = [BookEntry(second(n), "note", "zhang", {"number": n}) for n in range(3)]
    await append(connection, "c", Tail(0, hashes.FIRST), lines)
    await connection.execute("INSERT INTO forwarded VALUES ('c', 100)")
    await connection.close()
    yield url
    await server.drop(url)


async def figures(connection: Connection) -> tuple[int, int, int]:
    """Return how many rows the minutes count, how many the hours, and how many minutes are not as reckoned anew."""
    wrong = (
        "SELECT count(*) FROM rollup_1m AS kept JOIN LATERAL minutes_of(ARRAY[kept.series_id], ARRAY[kept.at]) AS now"
        " ON true WHERE (now.*) IS DISTINCT FROM (kept.*)"
    )
    queries = ("SELECT sum(n) FROM rollup_1m", "SELECT sum(n) FROM rollup_1h", wrong)
    return tuple([await connection.fetchval(query) for query in queries])


async def proved(url: str) -> Verified:
    return await verify(url, None, lambda *_: None)


async def test_every_row_of_old_has_its_figures_and_nothing_is_wrong(old: str) -> None:
    await migrate(old, [Login(SERVICE)])
    connection = await connect(old)
    assert await figures(connection) == (len(OF_OLD) - 1, len(OF_OLD) - LAST_HOUR, 0)
    assert await connection.fetchval("SELECT count(*) FROM to_roll_up") == 0
    row = await connection.fetchrow("SELECT * FROM rollup_1m ORDER BY at LIMIT 1")
    assert row is not None
    assert (row["n"], row["n_good"], row["max"]) == (60, [60, 0, 60], [59.0, None, 2.0])
    verified = await proved(old)
    assert (verified.findings, verified.lines, verified.unsealed) == ((), 3, len(OF_OLD))
    await connection.close()


async def test_the_service_goes_on_where_the_older_one_stopped(old: str) -> None:
    await migrate(old, [Login(SERVICE)])
    mine = signed_in_as(old, SERVICE)
    writer = await Writer.open(mine, plant(), "c", NOON)
    assert await writer.position() == 100
    later = range(3 * DAY + 61, 3 * DAY + 300)
    for seq, part in enumerate((later[:20], later[20:]), 401):
        entry = BookEntry(second(part.start), "note", "li", {})
        await writer.write(seq, [sample(n) for n in part], [entry], [], passed=second(part.stop))
        # Also while the minute in which it goes on is still open.
        assert (await proved(mine)).findings == ()
    await writer.close()
    verified = await proved(mine)
    assert (verified.minutes, verified.rows) == (3, 180)
    pool = await open_pool(mine)
    (found,) = await readings(pool, ["D/a"], second(0), second(4 * DAY), 500)
    await pool.close()
    assert sum(found.n) == len(OF_OLD) + len(later)


async def test_cut_off_anywhere_it_goes_on_from_there(old: str, monkeypatch: pytest.MonkeyPatch) -> None:
    days = 0
    whole_day = older._day

    async def cut_off(*arguments: object) -> object:
        nonlocal days
        days += 1
        if days == 2:
            raise DatabaseError("cut")
        return await whole_day(*arguments)  # type: ignore[arg-type] # as it was called

    monkeypatch.setattr(older, "_day", cut_off)
    with pytest.raises(DatabaseError, match="cut"):
        await migrate(old)
    connection = await connect(old)
    assert await connection.fetchval("SELECT count(*) FROM to_roll_up") == 1
    await migrate(old)
    assert days == 3, "the first day was not reckoned again, nor the two days of nothing"
    assert await figures(connection) == (len(OF_OLD) - 1, len(OF_OLD) - LAST_HOUR, 0)
    await connection.close()


async def test_what_is_left_to_reckon_is_for_the_owner(old: str) -> None:
    await migrate(old, [Login(SERVICE)])
    connection = await connect(old)
    await connection.execute("INSERT INTO to_roll_up VALUES (1, '2026-03-01', '2026-03-02')")
    with pytest.raises(DatabaseError, match="this user does not own them"):
        await migrate(signed_in_as(old, SERVICE))
    await migrate(old)
    await migrate(signed_in_as(old, SERVICE))
    await connection.close()
