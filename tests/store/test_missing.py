"""What is missing of channels, from a real database: closed minutes that are whole are passed over, and nothing is."""

import math
from dataclasses import replace

from config.model import Quality
from monitor.store.catalog import channels, snapshot_of
from monitor.store.complete import completeness
from monitor.store.database import Connection, Pool
from monitor.store.force import in_force
from monitor.store.gaps import Cause
from monitor.store.holes import Hole
from monitor.store.missing import Asked, missing
from tests.store.sealing import close_until
from tests.store.small import NOON, sample, second, store
from tests.store.test_complete import bad, counting, started

GOOD, FAULT, DOWN = Quality.GOOD, Quality.SENSOR_FAULT, Quality.COLLECTOR_DOWN
ALL = ("D/a", "D/b", "D/c", "D/x", "D/y")


async def ask(pool: Pool, start_s: float, end_s: float) -> dict[str, list[Hole]]:
    async with snapshot_of(pool) as snapshot:
        asked = Asked("D", ALL, second(start_s), second(end_s))
        return await missing(snapshot, counting(), asked, await in_force(snapshot, "D", asked.end))


async def test_each_channel_has_its_own_holes(url: str, pool: Pool, sql: Connection) -> None:
    rows = [sample(n) for n in range(600) if n not in {70, 71}]
    rows[200] = replace(rows[200], quality=(GOOD, FAULT, GOOD))
    rows[310] = sample(312, math.nan, 1, 2)
    rows[400:430] = [bad(n, DOWN) for n in range(402, 432)]
    records = [
        sample(n, 3, 1, series="D#records") for n in range(0, 600, 6) if not 408 <= n < 432 and n != 300
    ]
    await store(url, [*rows, *records], started(-60, counting()), of=counting())
    await close_until(sql, second(540))
    found = await ask(pool, 30, 570)
    lost = Hole(second(70), second(72), Cause.MISSING, 2)
    down = Hole(second(402), second(432), Cause.COLLECTOR_DOWN, 30)
    assert found["D/a"] == [lost, Hole(second(312), second(313), Cause.DEVICE, 1), down]
    assert found["D/b"] == [lost, Hole(second(202), second(203), Cause.DEVICE, 1), down]
    assert found["D/c"] == [lost, down]
    assert found["D/x"] == [
        Hole(second(300), second(306), Cause.COUNTER, 1),
        Hole(second(408), second(432), Cause.COLLECTOR_DOWN, 4),
    ]


async def test_it_says_what_completeness_says(url: str, pool: Pool, sql: Connection) -> None:
    rows = [sample(n) for n in range(600) if n % 97 > 8]
    await store(url, rows, started(-60, counting()), of=counting())
    await close_until(sql, second(480))
    found = await ask(pool, 0, 600)
    (own, _) = await completeness(pool, counting(), "D", NOON, second(600))
    assert sum(one.rows for one in found["D/a"]) == sum(own.expected) - sum(own.valid)
    told = {cause: sum(one.rows for one in found["D/a"] if one.cause is cause) for cause in own.causes}
    assert told == {cause: sum(rows) for cause, rows in own.causes.items()}


async def test_a_closed_time_and_an_open_one_lack_the_same(url: str, pool: Pool, sql: Connection) -> None:
    rows = [replace(sample(n), quality=None if n % 200 else (FAULT, GOOD, GOOD)) for n in range(1, 600)]
    await store(url, rows, started(0, counting()), of=counting())
    await close_until(sql, second(600))
    rolled = await ask(pool, 0, 600)
    await sql.execute("UPDATE rollup_1m SET n = n + 1")
    assert await ask(pool, 0, 600) == rolled
    assert [one.rows for one in rolled["D/a"]] == [1, 1]
    assert rolled["D/b"] == []


async def test_what_was_not_due_yet_is_not_missed(url: str, pool: Pool, sql: Connection) -> None:
    first = counting()
    slower = replace(first, devices={"D": replace(first.devices["D"], period_s=5.0)}, sha256="2" * 64)
    await store(url, [sample(n) for n in range(31, 120)], started(30, first), of=first)
    await store(url, [sample(n) for n in range(120, 240, 5)], started(119, slower), of=slower)
    await close_until(sql, second(240))
    assert (await ask(pool, -60, 240))["D/a"] == []


async def test_the_places_are_those_of_the_database(url: str, pool: Pool) -> None:
    await store(url, [sample(1)], of=counting())
    async with snapshot_of(pool) as snapshot:
        assert [one.place for one in await channels(snapshot, ["D/a", "D/y"])] == [1, 2]
