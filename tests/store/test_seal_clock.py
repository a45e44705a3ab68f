"""A host's clock that was set far ahead, or far back, and then right again: minutes are closed once, and proved."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from monitor.store.database import Connection
from monitor.store.verify import Verified, verify_in
from monitor.store.write import Writer
from tests.store.sealed import PLANT
from tests.store.small import NOON, sample, second

YEAR_S = 365 * 86_400


class Clock:
    """A collector that writes a batch a second, by a clock that is sometimes wrong; each batch of two series."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._seq = 0

    async def run(self, first: int, last: int, step: int = 1) -> None:
        """Write from one second to another; what was not closed before is then."""
        writer = await Writer.open(self._url, PLANT, "c", NOON)
        for number in range(first, last, step):
            self._seq += 1
            made = [sample(number, 1, 2, number % 60), sample(number, 1, series="AHU")]
            await writer.write(self._seq, made, [], [], made[-1].received_at)
        await writer.close()


async def look(sql: Connection) -> Verified:
    async with sql.transaction():
        verified = await verify_in(sql, [], lambda *_: None, most=10)
    assert [one.text().en for one in verified.findings] == []
    return verified


async def seals(sql: Connection) -> list[str]:
    """Give what the book says of minutes, in its order: the minute, or of an opening since when."""
    rows = await sql.fetch("SELECT kind, body FROM book WHERE kind IN ('seal', 'opening') ORDER BY seq")
    bodies = [(row["kind"], json.loads(row["body"])) for row in rows]
    return [
        one["minute"][:16] + " again" * one["again"] if kind == "seal" else f"since {one['since'][:16]}"
        for kind, one in bodies
    ]


def minutes(first: int, last: int) -> list[str]:
    return [f"{second(number):%Y-%m-%dT%H:%M}" for number in range(first, last, 60)]


async def test_h24_a_clock_far_ahead_and_then_right_again_seals_each_minute_once(
    url: str, sql: Connection
) -> None:
    clock = Clock(url)
    await clock.run(0, 130)
    await clock.run(YEAR_S, YEAR_S + 130)
    await look(sql)
    await clock.run(250, 500)
    verified = await look(sql)
    assert await seals(sql) == [
        *minutes(0, 120),
        # The last minute before the clock was wrong, then two of the year that is not there yet.
        *minutes(120, 180),
        *minutes(YEAR_S, YEAR_S + 120),
        "since 2026-03-01T12:04",
        *minutes(240, 480),
    ]
    assert await sql.fetchval("SELECT sealed_until FROM forwarded") == second(480)
    assert (verified.minutes, verified.unsealed) == (9, 2 * (10 + 20))
    figures = await sql.fetchrow("SELECT n, sum FROM rollup_1m WHERE at = $1 AND series_id = 1", second(300))
    assert figures is not None
    assert (figures["n"], figures["sum"][2]) == (60, sum(range(60)))


async def test_h24_when_the_time_comes_that_was_written_already_its_minutes_are_closed_again(
    url: str, sql: Connection
) -> None:
    """Seconds that are taken stay as they were stored; what comes beside them is reckoned with them."""
    clock = Clock(url)
    await clock.run(0, 130)
    await clock.run(7_200, 7_330, 2)
    await clock.run(140, 200)
    await clock.run(7_081, 7_460, 10)
    verified = await look(sql)
    stored = await sql.fetchval("SELECT count(*) FROM sample WHERE at < $1", second(7_440))
    assert (verified.rows, verified.unsealed) == (stored, 4)
    assert await sql.fetchval("SELECT n FROM rollup_1m WHERE at = $1 AND series_id = 1", second(7_200)) == 36


@pytest.mark.parametrize("wrong", [datetime(1970, 1, 1, tzinfo=UTC), NOON - timedelta(hours=3)])
async def test_h24_a_clock_far_back_and_then_right_again_goes_by_what_is_closed(
    url: str, sql: Connection, wrong: datetime
) -> None:
    """A host without a battery begins in 1970; years that are sealed are not looked through again."""
    back = int((wrong - NOON).total_seconds())
    clock = Clock(url)
    await clock.run(-5_000, 130, 20)
    before = await seals(sql)
    await clock.run(back, back + 130)
    await look(sql)
    assert (await seals(sql))[len(before) :] == [
        f"since {wrong - timedelta(minutes=1):%Y-%m-%dT%H:%M}",
        *minutes(back, back + 120),
    ]
    await clock.run(200, 330)
    verified = await look(sql)
    assert (await seals(sql))[len(before) + 3 :] == [*minutes(back + 120, back + 180), *minutes(60, 300)]
    assert verified.unsealed == 60
    assert await sql.fetchval("SELECT sealed_until FROM forwarded") == second(300)
