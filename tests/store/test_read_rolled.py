"""Reading back what is rolled up: the same figures as from the rows, whatever is closed, whatever came late."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta, timezone
from typing import TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alarms.events import SetOccupancy
from config.model import Occupancy, Quality, Sample
from config.plant import Plant
from config.rules import Bounds, Level, Limit
from monitor.collector import codec
from monitor.store.book import BookEntry
from monitor.store.database import Connection, Pool, close, connect, open_pool
from monitor.store.force import Force
from monitor.store.occupancy import Stay, pieces
from monitor.store.readings import Permitted, Readings, bucket_length_s, cuts, permitted, readings
from monitor.store.write import Writer
from tests.store.sealing import close_until
from tests.store.small import NOON, plant, sample, second, store, with_shared
from tests.store.test_read import brute_force

DAY = 86_400


async def test_closed_minutes_and_hours_are_read_as_they_are_kept(
    url: str, pool: Pool, sql: Connection
) -> None:
    # Noon is the beginning of an hour: the window begins and ends within one, and the last is not closed.
    samples = [sample(n, 0, n, 0) for n in range(-2000, 12_000, 7)]
    await store(url, samples)
    asked = (["D/b"], second(-1999), second(11_001))
    fine, coarse = await readings(pool, *asked, 200), await readings(pool, *asked, 4)
    await close_until(sql, second(10_000))
    assert await readings(pool, *asked, 200) == fine
    assert await readings(pool, *asked, 4) == coarse
    # Rows of a closed minute are not looked at: what is kept of it says the same.
    await sql.execute("DELETE FROM sample WHERE at >= $1 AND at < $2", NOON, second(3600))
    assert (fine[0].bucket_s, coarse[0].bucket_s) == (120, 7200)
    assert await readings(pool, *asked, 200) == fine
    assert await readings(pool, *asked, 4) == coarse


Rows: TypeAlias = dict[int, tuple[float, Quality | None]]
QUALITIES = st.sampled_from([None, Quality.UNCERTAIN, Quality.STALE, Quality.UNREACHABLE])
VALUES = st.floats(-1e9, 1e9).map(lambda value: round(value, 3)) | st.just(math.nan)
# Mostly crowded, so that minutes have several rows, and now and then a day apart.
TIMES = st.integers(-200, 8000) | st.integers(-DAY, 3 * DAY)
ROWS = st.dictionaries(TIMES, st.tuples(VALUES, QUALITIES), max_size=60)


def made(rows: Rows) -> list[Sample]:
    samples = []
    for n, (value, told) in rows.items():
        quality = Quality.STALE if math.isnan(value) and told is None else told
        samples.append(sample(n, 0, value, 0, quality=None if quality is None else (quality,) * 3))
    return samples


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.tuples(ROWS, ROWS),
    sealed=st.integers(0, 3 * DAY),
    window=st.tuples(TIMES, TIMES).filter(lambda pair: pair[0] != pair[1]).map(sorted),
    points=st.integers(2, 30),
)
async def test_h11_late_or_not_the_figures_are_those_of_the_rows(
    database_url: str, rows: tuple[Rows, Rows], sealed: int, window: list[int], points: int
) -> None:
    pool = await open_pool(database_url)
    sql = await connect(database_url)
    # None sees another's readings; one after the other in time, each would have chunks of its own made and looked at.
    for table in ("sample", "rollup_1m", "rollup_1h", "forwarded"):
        await sql.execute(f"DELETE FROM {table}")
    early, late = rows
    on_time, behind = made(early), made({n: row for n, row in late.items() if n not in early})
    await store(database_url, on_time)
    await close_until(sql, second(sealed))
    await store(database_url, behind)
    await close_until(sql, second(sealed))
    begin, end = (second(n) for n in window)
    (got,) = await readings(pool, ["D/b"], begin, end, points)
    await close(sql)
    await pool.close()
    compare(got, [one for one in on_time + behind if begin <= one.at < end], points)


def compare(got: Readings, inside: Sequence[Sample], points: int) -> None:
    assert len(got.at) <= points
    assert sum(got.n) == len(inside)
    expected = brute_force(inside, got.bucket_s)
    for index, at in enumerate(got.at):
        values, n = expected.pop(at, ([], 0))
        assert (got.n[index], got.n_good[index]) == (n, len(values))
        assert (got.min[index], got.max[index]) == (min(values, default=None), max(values, default=None))
        mean = math.fsum(values) / len(values) if values else None
        assert got.mean[index] == (None if mean is None else pytest.approx(mean, rel=1e-9, abs=1e-3))
    assert not expected, "no reading is left out"


@pytest.mark.parametrize("lateness", [timedelta(seconds=1), timedelta(hours=5), timedelta(days=40)])
async def test_h11_an_excursion_that_comes_late_is_in_the_hours_it_belongs_to(
    url: str, pool: Pool, sql: Connection, lateness: timedelta
) -> None:
    now = NOON + timedelta(days=45)
    await store(url, [Sample("D", now - timedelta(hours=n), (1, 1, 1), None, now) for n in range(1, 45 * 24)])
    await close_until(sql, now)
    at = now - lateness - timedelta(milliseconds=1)
    await store(url, [Sample("D", at, (1, 999, 1), None, now, backfilled=True)])
    await close_until(sql, now)
    (got,) = await readings(pool, ["D/b"], NOON, now, 50)
    assert max(value for value in got.max if value is not None) == 999
    index = got.max.index(999)
    assert got.at[index] <= at.timestamp() < got.at[index] + got.bucket_s


async def test_h11_what_the_writer_closed_is_read_as_kept_and_what_came_late_with_it(
    url: str, pool: Pool, sql: Connection
) -> None:
    writer = await Writer.open(url, plant(), "c", NOON)
    await writer.write(1, [sample(n, 0, n, 0) for n in range(0, 7300, 10)], [], [], second(7300))
    await writer.write(2, [sample(1234, 0, 9999, 0, backfilled=True)], [], [], second(7310))
    await writer.close()
    (before,) = await readings(pool, ["D/b"], NOON, second(7300), 3)
    assert (before.bucket_s, before.at[0], before.max[0]) == (7200, NOON.timestamp(), 9999)
    assert before.n == [721, 10]
    assert before.mean[0] == pytest.approx((sum(range(0, 7200, 10)) + 9999) / 721)
    # The chain says for itself up to where it has closed: what is kept is looked at, and the rows no more.
    await sql.execute("DELETE FROM sample WHERE at < $1", second(7200))
    assert await readings(pool, ["D/b"], NOON, second(7300), 3) == [before]


async def test_several_channels_are_read_at_one_moment_each_within_its_points(url: str, pool: Pool) -> None:
    records = [sample(n, n, n, series="D#records") for n in range(0, 60, 6)]
    await store(url, [*(sample(n) for n in range(60)), *records])
    found = await readings(pool, ["D/x", "D/c", "D/a"], NOON, second(60), 20)
    assert [(one.channel, one.bucket_s, sum(one.n)) for one in found] == [
        ("D/x", 0, 10),
        ("D/c", 4, 60),
        ("D/a", 4, 60),
    ]


def test_no_more_buckets_than_points_and_whole_minutes_and_hours() -> None:
    def length_s(of_s: float, points: int) -> int:
        return bucket_length_s(NOON, second(of_s), points)

    assert [length_s(60, 61), length_s(61, 61), length_s(3000, 61)] == [1, 2, 50]
    assert [length_s(3600, 61), length_s(3601, 61), length_s(DAY, 1000)] == [60, 120, 120]
    assert [length_s(400 * DAY, 1000), length_s(7200, 2), length_s(7201, 2)] == [10 * 3600, 7200, 10_800]


def test_only_whole_closed_minutes_and_hours_are_read_as_kept() -> None:
    def of(start_s: float, end_s: float, sealed_s: float | None, bucket_s: int) -> list[float]:
        sealed = None if sealed_s is None else second(sealed_s)
        return [(at - NOON).total_seconds() for at in cuts(second(start_s), second(end_s), sealed, bucket_s)]

    assert of(10, 9000, None, 3600) == [9000] * 4
    assert of(10, 9000, 9000, 59) == [9000] * 4
    assert of(10, 59, 9000, 60) == [59] * 4
    assert of(10, 9010, 9000, 60) == [60, 9000, 9000, 9000]
    assert of(10, 9010, 9000, 3600) == [60, 3600, 7200, 9000]
    assert of(3600, 7200, 9000, 7200) == [3600, 3600, 7200, 7200]
    assert of(3601, 7300, 9000, 3600) == [3660, 7260, 7260, 7260]


def test_a_zone_with_half_hours_does_not_shift_what_is_kept() -> None:
    # Kathmandu is 5:45 ahead: its hours begin within ours.
    zone = timezone(timedelta(hours=5, minutes=45))
    from_there = (NOON + timedelta(minutes=15)).astimezone(zone)
    assert cuts(from_there, second(DAY), second(DAY), 3600)[1] == NOON + timedelta(hours=1)


def limit(high: float, at_rest: Bounds | None = None, key: str = "b") -> Limit:
    return Limit(
        f"D/{key}/action", f"D/{key}", Level.ACTION, None, high, 0, 0, 0, "demo proposal", at_rest=at_rest
    )


def start_of(of: Plant, at_s: float) -> BookEntry:
    return BookEntry(second(at_s), "start", "gradewatch", {"plant": of.sha256})


async def test_the_limits_are_those_of_that_time(url: str, pool: Pool) -> None:
    one = replace(plant(), limits=(limit(5), limit(1, key="a")))
    same = replace(one, limits=(limit(5), limit(2, key="a")), sha256="2" * 64)
    other = replace(one, limits=(limit(7, Bounds(None, 9)),), sha256="3" * 64)
    for number, of in enumerate((one, same, other)):
        await store(url, [sample(number * 10)], start_of(of, number * 10), of=of)
    (found,) = await readings(pool, ["D/b"], second(5), second(60), 9)
    assert found.limits == [
        Permitted("D/b/action", Level.ACTION, None, 5, second(5), second(20)),
        Permitted("D/b/action", Level.ACTION, None, 7, second(20), second(60)),
    ]
    (early,) = await readings(pool, ["D/b"], second(-60), second(4), 9)
    assert [(one.since, one.until) for one in early.limits] == [(second(0), second(4))]


async def test_devices_that_are_asked_for_together_each_have_their_own_limits(url: str, pool: Pool) -> None:
    above = replace(limit(50), id="AHU/supply/action", channel="AHU/supply")
    without = replace(plant(), limits=(limit(5),))
    both = replace(with_shared(without), limits=(limit(7), above), sha256="2" * 64)
    await store(url, [sample(0)], start_of(without, 0), of=without)
    await store(url, [sample(10)], start_of(both, 10), of=both)
    here, there = await readings(pool, ["D/b", "AHU/supply"], second(0), second(60), 9)
    assert [(one.limit, one.high, one.since) for one in here.limits] == [
        ("D/b/action", 5, second(0)),
        ("D/b/action", 7, second(10)),
    ]
    assert [(one.limit, one.high, one.since) for one in there.limits] == [
        ("AHU/supply/action", 50, second(10))
    ]
    assert [(one.since, one.until) for one in there.occupancy] == [(second(10), second(60))]


def occupied(at_s: float, what: Occupancy, zone: str = "Z") -> BookEntry:
    event = SetOccupancy(second(at_s), zone, what, "li", "end of the shift")
    return BookEntry(event.at, "occupancy", "li", codec.body_of(codec.entry_of(event, event.at)))


async def test_a_limit_steps_with_what_went_on_in_its_zone(url: str, pool: Pool) -> None:
    of = replace(plant(), limits=(limit(5, Bounds(None, 3)), limit(1, key="a")))
    await store(url, [sample(0)], start_of(of, 0), of=of)
    rest, work = Occupancy.AT_REST, Occupancy.IN_OPERATION
    said = [occupied(10, rest), occupied(20, rest), occupied(25, rest, "elsewhere"), occupied(30, work)]
    await store(url, [], *said, of=of)
    found, unmoved = await readings(pool, ["D/b", "D/a"], second(0), second(60), 9)
    assert [(one.high, one.since, one.until) for one in found.limits] == [
        (5, second(0), second(10)),
        (3, second(10), second(30)),
        (5, second(30), second(60)),
    ]
    assert found.occupancy == unmoved.occupancy
    assert found.occupancy == [
        Stay(second(0), second(10), work),
        Stay(second(10), second(30), rest),
        Stay(second(30), second(60), work),
    ]
    assert [(one.since, one.until) for one in unmoved.limits] == [(second(0), second(60))]
    (within,) = await readings(pool, ["D/b"], second(12), second(15), 9)
    assert within.occupancy == [Stay(second(12), second(15), rest)]


async def test_until_a_person_says_it_the_plant_of_that_time_does(url: str, pool: Pool) -> None:
    one = replace(plant(), limits=(limit(5, Bounds(None, 3)),))
    zone = replace(one.zones["Z"], occupancy=Occupancy.AT_REST)
    other = replace(one, zones={"Z": zone}, sha256="2" * 64)
    await store(url, [sample(0)], start_of(one, 0), of=one)
    await store(url, [sample(10)], start_of(other, 10), of=other)
    (found,) = await readings(pool, ["D/b"], second(0), second(60), 9)
    assert [(one.high, one.until) for one in found.limits] == [(5, second(10)), (3, second(60))]


async def test_where_no_start_is_known_the_first_version_is_taken_to_be_older(url: str, pool: Pool) -> None:
    await store(url, [sample(1)], of=replace(plant(), limits=(limit(5),)))
    (found,) = await readings(pool, ["D/b"], second(-60), second(60), 9)
    assert [(one.high, one.since, one.until) for one in found.limits] == [(5, second(-60), second(60))]


def test_a_limit_that_is_taken_away_ends() -> None:
    told = {"id": "D/b/alert", "channel": "D/b", "level": "alert", "low": 1, "high": None, "at_rest": None}
    device = {"series": [{"channels": [{"id": "D/b", "zone": "Z"}]}]}

    def over(*forces: Force) -> list[Permitted]:
        return list(permitted(pieces(forces, "D/b", [], NOON, second(20)), "D/b"))

    assert over(Force(None, second(10), device, [told]), Force(second(10), None, device, [])) == [
        Permitted("D/b/alert", Level.ALERT, 1, None, NOON, second(10))
    ]
    # Taken away and given back, with a time between in which it was not in force.
    given_back = over(Force(None, second(5), device, [told]), Force(second(8), None, device, [told]))
    assert [(one.since, one.until) for one in given_back] == [
        (NOON, second(5)),
        (second(8), second(20)),
    ]
