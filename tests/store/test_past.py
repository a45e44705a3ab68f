"""A replay that passes over what figures prove to be calm gives what one that reads every row gives."""

import math
import random
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import asyncpg
import pytest
import pytest_asyncio

from alarms.events import SetOccupancy
from config.model import Occupancy, Quality, Sample
from config.plant import Plant
from config.rules import Bounds
from monitor.collector import codec
from monitor.store.book import BookEntry
from monitor.store.database import Connection
from monitor.store.past import Past
from monitor.store.trial import Trial, narrowed, trial_of
from monitor.store.write import Writer
from tests.browser.past import MODE
from tests.changing import ACTION, PRESSURE
from tests.server.collector import sample_but_for
from tests.store.small import NOON
from tests.store.test_trial import OLD, with_low

SERIES = "ISO-STM-L1"
MINUTES = 50
VHP = 3.0


def nothing_waits() -> tuple[str, ...]:
    return ()


def looser() -> Plant:
    """The pressure may fall further, at rest not quite so far; and the alert has another deadband."""
    low = with_low(OLD, 10)
    limits = tuple(
        replace(one, at_rest=Bounds(12, 90))
        if one.id == ACTION
        else replace(one, deadband=one.deadband + 3)
        if one.id == f"{PRESSURE}/alert"
        else one
        for one in low.limits
    )
    return replace(low, limits=limits)


def troubled(start: datetime, seed: int) -> Iterator[Sample]:
    """Fifty minutes with a few troubles in it, each somewhere: falls, rises, blindness, silence, decontamination."""
    at_random = random.Random(seed)
    told: dict[int, dict[str, float]] = {}
    missing: set[int] = set()
    bad: set[int] = set()
    for _ in range(7):
        begin, length = at_random.randrange(MINUTES * 60), at_random.choice((1, 2, 5, 40, 130))
        seconds = range(begin, begin + length)
        match at_random.randrange(6):
            case 0 | 1:
                value = at_random.choice((9.5, 10.0, 11.0, 15.0, 19.9, 20.0, 29.0, 31.0, 91.0, math.nan))
                told |= {second: told.get(second, {}) | {PRESSURE: value} for second in seconds}
            case 2 | 3:
                told |= {second: told.get(second, {}) | {MODE: VHP} for second in seconds}
            case 4:
                missing |= set(seconds)
            case _:
                bad |= set(seconds)
    for second in range(MINUTES * 60):
        if second in missing:
            continue
        at = start + timedelta(seconds=second)
        sample = sample_but_for(OLD, SERIES, at, {MODE: 1.0} | told.get(second, {}))
        yield (
            replace(sample, quality=(Quality.UNREACHABLE,) * len(sample.values)) if second in bad else sample
        )


async def keep(url: str, sql: Connection, start: datetime, samples: list[Sample], seq: int) -> None:
    """Store an hour, its figures but for the last minutes', and that the zone came to rest in the midst of it."""
    rest = SetOccupancy(
        start + timedelta(minutes=31.4), OLD.channels[PRESSURE].zone, Occupancy.AT_REST, "li", ""
    )
    work = replace(rest, at=start + timedelta(minutes=47.2), occupancy=Occupancy.IN_OPERATION)
    book = [
        BookEntry(one.at, "occupancy", "li", codec.body_of(codec.entry_of(one, one.at)))
        for one in (rest, work)
    ]
    writer = await Writer.open(url, OLD, "chain", NOON)
    await writer.write(seq, samples, book, [])
    await writer.close()
    await sql.execute(
        "SELECT roll_up_minutes(array_agg(s.id), array_agg(m)) FROM series s,"
        " generate_series($1::timestamptz, $2::timestamptz, '1 minute') AS m"
        " WHERE s.name = $3 AND EXISTS (SELECT FROM sample"
        " WHERE series_id = s.id AND at >= m AND at < m + INTERVAL '1 minute')",
        *(start, start + timedelta(minutes=MINUTES - 3), SERIES),
    )


async def rows_read(sql: Connection, new: Plant, start: datetime, *, by_figures: bool = True) -> int:
    plants = [narrowed(plant, [ACTION]) for plant in (OLD, new)]
    past = await Past.of(sql, plants, by_figures=by_figures)
    end = start + timedelta(minutes=MINUTES)
    return sum([len(minute.rows) async for minute in past.minutes(sql, start, end, nothing_waits)])


async def tried(sql: Connection, new: Plant, start: datetime, *, by_figures: bool) -> Trial:
    end = start + timedelta(minutes=MINUTES)
    # Not at a whole minute, where nothing could be cut.
    begin = start + timedelta(minutes=2, seconds=17)
    return await trial_of(sql, (OLD, new), begin, end, lambda _: None, by_figures=by_figures)


@pytest_asyncio.fixture
async def kept(database_url: str) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def test_what_is_passed_over_changes_nothing(database_url: str, kept: Connection) -> None:
    """Six different hours, a day apart."""
    new = looser()
    found = read = 0
    for seed in range(6):
        start = NOON + timedelta(days=seed)
        samples = list(troubled(start, seed))
        await keep(database_url, kept, start, samples, seed + 1)
        whole, pruned = [await tried(kept, new, start, by_figures=figures) for figures in (False, True)]
        assert pruned == whole, f"hour {seed}"
        found += len(whole.occurrences)
        read += await rows_read(kept, new, start)
        assert await rows_read(kept, new, start, by_figures=False) == len(samples)
    assert found > 6, "there was something to be found"
    assert read < 6 * MINUTES * 60 / 2, "and much to be passed over"


@pytest.mark.parametrize(
    ("told", "is_read"),
    [
        ({}, False),
        ({PRESSURE: 20.0}, False),
        ({PRESSURE: 19.99}, True),
        ({PRESSURE: 90.01}, True),
        ({PRESSURE: math.nan}, True),
        ({MODE: VHP}, True),
    ],
)
async def test_one_second_that_might_matter_has_its_minute_read(
    database_url: str, kept: Connection, told: dict[str, float], *, is_read: bool
) -> None:
    new = with_low(OLD, 10)
    samples = [
        sample_but_for(
            OLD, SERIES, NOON + timedelta(seconds=second), {MODE: 1.0} | (told if second == 100 else {})
        )
        for second in range(240)
    ]
    await keep(database_url, kept, NOON, samples, 1)
    assert await rows_read(kept, new, NOON) == 60 * is_read


async def test_a_minute_that_lacks_a_row_or_its_figures_is_read(database_url: str, kept: Connection) -> None:
    samples = [
        sample_but_for(OLD, SERIES, NOON + timedelta(seconds=second), {MODE: 1.0})
        for second in range(240)
        if second != 70
    ]
    await keep(database_url, kept, NOON, samples, 1)
    await kept.execute("DELETE FROM rollup_1m WHERE at = $1", NOON + timedelta(minutes=3))
    assert await rows_read(kept, with_low(OLD, 10), NOON) == 59 + 60
