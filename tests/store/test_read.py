"""Reading back: few readings as they are, many in buckets that lose no excursion, whatever the session's time zone."""

import math
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.model import USABLE, Occupancy, Quality, Sample
from config.rules import Level
from monitor.store.catalog import UnknownChannelError
from monitor.store.database import Pool, open_pool
from monitor.store.history import Sought, alarm_history, alarms_found, alarms_standing
from monitor.store.occupancy import Stay
from monitor.store.readings import Readings, readings
from monitor.store.write import Writer
from tests.database import Server
from tests.store.small import NOON, alarm, plant, sample, second, store

GOOD, STALE, UNCERTAIN = Quality.GOOD, Quality.STALE, Quality.UNCERTAIN


async def one_of(pool: Pool, channel: str, start: datetime, end: datetime, points: int) -> Readings:
    (found,) = await readings(pool, [channel], start, end, points)
    return found


async def test_few_readings_come_as_they_are(url: str, pool: Pool) -> None:
    bad = sample(2, 9, math.nan, 9, quality=(GOOD, Quality.UNREACHABLE, GOOD))
    stale = sample(3, 9, 5, 9, quality=(GOOD, STALE, GOOD))
    doubted = sample(4, 9, 6, 9, quality=(GOOD, UNCERTAIN, GOOD))
    await store(url, [sample(n, 9, n + 0.5, 9) for n in (0, 1, 5)] + [bad, stale, doubted])
    assert await one_of(pool, "D/b", second(1), second(5), 4) == Readings(
        channel="D/b",
        unit="Pa",
        bucket_s=0,
        at=[second(n).timestamp() for n in (1, 2, 3, 4)],
        min=[1.5, None, None, 6],
        max=[1.5, None, None, 6],
        mean=[1.5, None, None, 6],
        n=[1, 1, 1, 1],
        n_good=[1, 0, 0, 1],
        limits=[],
        occupancy=[Stay(second(1), second(5), Occupancy.IN_OPERATION)],
    )


async def test_many_readings_come_in_buckets_and_a_gap_is_a_bucket_with_nothing(url: str, pool: Pool) -> None:
    stale = sample(3, 9, 500, 9, quality=(GOOD, STALE, GOOD))
    await store(url, [sample(n, 9, n, 9) for n in (0, 1, 2, 9, 10)] + [stale])
    assert await one_of(pool, "D/b", second(0), second(12), 5) == Readings(
        channel="D/b",
        unit="Pa",
        bucket_s=3,
        at=[second(n).timestamp() for n in (0, 3, 6, 9)],
        min=[0, None, None, 9],
        max=[2, None, None, 10],
        mean=[1, None, None, 9.5],
        n=[3, 1, 0, 2],
        n_good=[3, 0, 0, 2],
        limits=[],
        occupancy=[Stay(second(0), second(12), Occupancy.IN_OPERATION)],
    )


async def test_a_channel_has_no_readings_from_before_it_was_added(url: str, pool: Pool) -> None:
    await store(url, [sample(1)])
    writer = await Writer.open(url, plant(("a", "b", "c", "d")), "c", NOON)
    await writer.write(2, [sample(2, 1, 2, 3, 4)], [], [])
    await writer.close()
    assert (await one_of(pool, "D/d", second(0), second(9), 9)).at == [second(2).timestamp()]


async def test_an_unknown_channel_is_not_an_empty_one(pool: Pool) -> None:
    with pytest.raises(UnknownChannelError, match="no channel D/nothing is stored"):
        await one_of(pool, "D/nothing", second(0), second(9), 9)


QUALITIES = st.sampled_from([None, GOOD, UNCERTAIN, STALE, Quality.UNREACHABLE])
VALUES = st.floats(-1e9, 1e9).map(lambda value: round(value, 3)) | st.just(math.nan)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    stored=st.dictionaries(st.integers(0, 400), st.tuples(VALUES, QUALITIES), max_size=60),
    start=st.integers(-10, 300),
    length=st.integers(1, 400),
    points=st.integers(2, 40),
)
async def test_downsampling_keeps_every_extreme(
    database_url: str, stored: dict[int, tuple[float, Quality | None]], start: int, length: int, points: int
) -> None:
    # A day per example, one after the other, so that none sees another's readings.
    pool = await open_pool(database_url)
    day = int(await pool.fetchval("SELECT coalesce(max(seq), 0) FROM forwarded")) * 86_400
    samples = [
        sample(
            day + n,
            0,
            value,
            0,
            quality=None if quality is None and not math.isnan(value) else (quality or STALE,) * 3,
        )
        for n, (value, quality) in stored.items()
    ]
    await store(database_url, samples)
    begin, end = second(day + start), second(day + start + length)
    got = await one_of(pool, "D/b", begin, end, points)
    await pool.close()

    assert len(got.at) <= points
    inside = [one for one in samples if begin <= one.at < end]
    assert sum(got.n) == len(inside)
    if got.bucket_s == 0:
        assert got.at == sorted(one.at.timestamp() for one in inside)
    expected = brute_force(inside, got.bucket_s)
    for index, at in enumerate(got.at):
        values, n = expected.pop(at, ([], 0))
        assert (got.n[index], got.n_good[index]) == (n, len(values))
        assert (got.min[index], got.max[index]) == (min(values, default=None), max(values, default=None))
        mean = got.mean[index]
        assert (
            mean is None if not values else mean == pytest.approx(math.fsum(values) / len(values), abs=1e-3)
        )
    assert not expected, "no reading is left out"


def brute_force(samples: Sequence[Sample], bucket_s: int) -> dict[float, tuple[list[float], int]]:
    """Bucket begin -> its usable values and how many readings it has."""
    buckets: defaultdict[float, list[Sample]] = defaultdict(list)
    for one in samples:
        at = one.at.timestamp()
        buckets[at if bucket_s == 0 else at // bucket_s * bucket_s].append(one)
    return {at: ([one.values[1] for one in ones if usable(one)], len(ones)) for at, ones in buckets.items()}


def usable(one: Sample) -> bool:
    return not math.isnan(one.values[1]) and (one.quality is None or one.quality[1] in USABLE)


# The nights in which Berlin's clocks change, and a winter's day. Shanghai's never do.
NIGHTS = [
    datetime(2026, 3, 29, tzinfo=UTC),
    datetime(2026, 10, 25, tzinfo=UTC),
    datetime(2026, 12, 31, tzinfo=UTC),
]


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Europe/Berlin", "America/St_Johns"])
async def test_h24_the_sessions_time_zone_changes_nothing(server: Server, url: str, zone: str) -> None:
    await server.execute(f"ALTER DATABASE {url.rpartition('/')[2]} SET timezone = '{zone}'")
    for night in NIGHTS:
        ticks = [night - timedelta(days=2) + timedelta(minutes=30 * n) for n in range(240)]
        samples = [Sample("D", at, (n, n, n), None, at) for n, at in enumerate(ticks)]
        await store(url, samples)
        pool = await open_pool(url)
        assert await pool.fetchval("SHOW timezone") == zone
        for points in (5, 6, 60, 240):
            got = await one_of(pool, "D/b", ticks[0], ticks[-1] + timedelta(seconds=1), points)
            expected = brute_force(samples, got.bucket_s)
            seen = {at: n for at, n in zip(got.at, got.n, strict=True) if n}
            assert seen == {at: n for at, (_, n) in expected.items()}
            assert len(got.at) <= points
        at = await pool.fetchval("SELECT at FROM sample WHERE at = $1", ticks[100])
        assert at == ticks[100]
        await pool.close()


async def test_alarm_history_is_newest_first_within_its_limit(url: str, pool: Pool) -> None:
    writer = await Writer.open(url, plant(), "c", NOON)
    alarms = [alarm(n, n + 1, worst=n / 2, acknowledged=True, acknowledged_by="zhang") for n in (1, 2, 3, 4)]
    others = [alarm(3, 3, name="service/database", worst=None)]
    await writer.write(1, [], [], alarms + others)
    await writer.close()
    assert await alarm_history(pool, second(2), second(4), 10) == [alarms[2], *others, alarms[1]]
    assert await alarm_history(pool, second(0), second(9), 2) == [alarms[3], alarms[2]]


async def test_alarms_are_found_by_words_place_and_level_a_page_at_a_time(url: str, pool: Pool) -> None:
    writer = await Writer.open(url, plant(), "c", NOON)
    rest = [alarm(n, n + 1, name="D/b/action", acknowledged_by="zhang") for n in (1, 2)]
    same = [alarm(3, 4, name=name) for name in ("D/a/alert", "D/b/alert", "service/data_base")]
    await writer.write(1, [], [], rest + same)
    await writer.close()
    names = {"D/a": "Pressure 压力 Room", "D/b": "Temperature 温度 Room"}

    async def found(limit: int = 10, **sought: Any) -> list[str]:
        kept = await alarms_found(pool, second(0), second(9), Sought(names=names, **sought), limit)
        return [f"{one.id} {one.raised_at.second}" for one in kept]

    everything = await found()
    assert everything == ["D/a/alert 3", "D/b/alert 3", "service/data_base 3", "D/b/action 2", "D/b/action 1"]
    assert await found(words=["压力"]) == ["D/a/alert 3"]
    assert await found(words=["room", "TEMP", "zhang"]) == ["D/b/action 2", "D/b/action 1"]
    assert await found(words=["data_base"]) == ["service/data_base 3"]
    assert await found(words=["%"]) == await found(words=["a__e"]) == []
    assert await found(places=["D/b", "D/c"]) == everything[1:2] + everything[3:]
    assert await found(places=[]) == []
    assert await found(levels=[Level.DIAGNOSTIC]) == []
    assert await found(levels=[Level(kept.level) for kept in rest]) == everything
    for size in (1, 2, 3):
        pages: list[str] = []
        while page := await found(size, after=_end_of(pages)):
            pages += page
        assert pages == everything


def _end_of(pages: list[str]) -> tuple[datetime, str] | None:
    if not pages:
        return None
    name, _, at = pages[-1].partition(" ")
    return second(int(at)), name


async def test_what_stood_at_a_time_was_raised_before_it_and_not_over_by_then(url: str, pool: Pool) -> None:
    writer = await Writer.open(url, plant(), "c", NOON)
    over = {"active": False, "acknowledged": True}
    stands, unseen = alarm(1, 1), alarm(2, 3, active=False, name="D/b/alert")
    later, young = alarm(3, 7, name="D/c/alert", **over), alarm(5, 6, name="D/c/action")
    before = [alarm(1, 4, name="D/a/alert", **over), alarm(1, 5, name="D/b/action", **over)]
    await writer.write(1, [], [], [stands, unseen, later, young, *before])
    await writer.close()
    assert await alarms_standing(pool, second(5), 10) == [later, unseen, stands]
    assert await alarms_standing(pool, second(5), 2) == [later, unseen]
    assert await alarms_standing(pool, second(1), 10) == []
