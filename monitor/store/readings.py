"""Readings of channels within a budget of points: raw ones, or minutes and hours as they are kept, and the rest raw.

SQL does the work, and nothing in it depends on the session's time zone: times are compared and cut as instants.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import asyncpg

from config.model import USABLE, Occupancy
from config.rules import Level
from monitor.store.catalog import Snapshot, Stored, channels, sealed_until, snapshot_of
from monitor.store.database import Pool, explained
from monitor.store.force import Force, in_force_of_all
from monitor.store.occupancy import Stay, pieces, said_of_zones, stays

MINUTE_S = 60
HOUR_S = 3600


@dataclass(frozen=True, slots=True)
class Permitted:
    """What a limit permitted on a channel, and when.

    Attributes:
        limit: its id.
        low: None: not bounded on that side.
        high: None: not bounded on that side.
        since: when it came into force, or the zone at rest or out of it, or where the question begins.
        until: when other bounds took their place, or where the question ends.
    """

    limit: str
    level: Level
    low: float | None
    high: float | None
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Readings:
    """The readings of one channel, one entry per point in every list.

    A point with `n` 0 is a gap: nothing is stored there. One with `n_good` 0 has rows, none of which may be used.

    Attributes:
        bucket_s: seconds that one point covers; 0 where each point is one reading.
        at: seconds since 1970 (UTC): the reading's own time, or where its bucket begins.
        min: smallest usable value (Good or Uncertain); None where there is none.
        max: largest usable value; None where there is none.
        mean: of the usable values; None where there are none.
        n: how many readings were stored, usable or not.
        n_good: how many of them were usable.
        limits: what was permitted, by the plant that was in force and by what went on in the zone.
        occupancy: what went on in the channel's zone.
    """

    channel: str
    unit: str
    bucket_s: int
    at: list[float]
    min: list[float | None]
    max: list[float | None]
    mean: list[float | None]
    n: list[int]
    n_good: list[int]
    limits: list[Permitted]
    occupancy: list[Stay]


Cuts: TypeAlias = tuple[datetime, datetime, datetime, datetime]
"""Up to the first and from the last: raw rows; between the inner two: hours; what is left between: minutes."""

# A value counts if it may be used; a channel has no reading in rows from before it was added.
_VALUES = """
SELECT at, CASE WHEN quality IS NULL OR quality[$2] = ANY($3::smallint[]) THEN values[$2] END AS value
FROM sample
WHERE series_id = $1 AND cardinality(values) >= $2"""

_RAW = f"""
SELECT at, value AS min, value AS max, value AS mean, 1 AS n, num_nonnulls(value) AS n_good
FROM ({_VALUES} AND at >= $4 AND at < $5) AS one
ORDER BY at
LIMIT $6"""  # noqa: S608 - our own words

# No value is read only to be thrown away.
_IS_MORE = """
SELECT true FROM sample
WHERE series_id = $1 AND cardinality(values) >= $2 AND at >= $3 AND at < $4 OFFSET $5 LIMIT 1"""

_SINGLE = "SELECT at, value AS min, value AS max, value AS sum, 1 AS n, num_nonnulls(value) AS n_good FROM"
_ROLLED = "SELECT at, min[$2], max[$2], sum[$2], n, n_good[$2] FROM"
_HAS = "series_id = $1 AND cardinality(n_good) >= $2 AND"

# make_interval, because a day of a parameter's interval would be 23 or 25 hours long where the clocks change. Sums are
# taken in the order of time, so that the same rows always give the same bits.
_BUCKETS = f"""
SELECT at, min, max, sum / nullif(n_good, 0) AS mean, coalesce(n, 0) AS n, coalesce(n_good, 0) AS n_good
FROM generate_series(
    date_bin(make_interval(secs => $6), $4::timestamptz, 'epoch'),
    $5::timestamptz - INTERVAL '1 microsecond',
    make_interval(secs => $6)
) AS at
LEFT JOIN (
    SELECT date_bin(make_interval(secs => $6), at, 'epoch') AS at,
           min(min), max(max), sum(sum ORDER BY at), sum(n) AS n, sum(n_good) AS n_good
    FROM (
        {_SINGLE} ({_VALUES} AND at >= $4 AND at < $7) AS one
        UNION ALL {_ROLLED} rollup_1m WHERE {_HAS} at >= $7 AND at < $8
        UNION ALL {_ROLLED} rollup_1h WHERE {_HAS} at >= $8 AND at < $9
        UNION ALL {_ROLLED} rollup_1m WHERE {_HAS} at >= $9 AND at < $10
        UNION ALL {_SINGLE} ({_VALUES} AND at >= $10 AND at < $5) AS two
    ) AS piece
    GROUP BY 1
) AS bucket USING (at)
ORDER BY at"""  # noqa: S608 - our own words


async def readings(
    pool: Pool, channel_ids: Sequence[str], start: datetime, end: datetime, points: int
) -> list[Readings]:
    """Read channels from `start` up to, not including, `end`; all of them at one moment.

    Of a channel that has few enough, every reading by itself; otherwise buckets, each with its extremes, so that no
    excursion disappears, and with empty ones where nothing was stored. Buckets begin at whole multiples of their
    length, so that a window that slides shows the same ones, and those of several channels lie upon one another.
    From a minute on a bucket is made of whole minutes, from an hour on of whole hours.

    Args:
        pool: of a migrated database.
        channel_ids: each `<device>/<key>`.
        start: aware; before `end`.
        end: aware.
        points: the most to return of each channel, 2 or more.

    Raises:
        UnknownChannelError: one of the channels is not stored.
        DatabaseError: the database cannot be reached, or refuses.
    """
    told = []
    with explained("server"):
        async with snapshot_of(pool) as snapshot:
            said = await said_of_zones(snapshot, end)
            stored = await channels(snapshot, channel_ids)
            forces = await in_force_of_all(snapshot, {one.device for one in stored}, end)
            for channel in stored:
                bucket_s, rows = await _points(snapshot, channel, (start, end), points)
                cut = list(pieces(forces[channel.device], channel.id, said, start, end))
                told.append(_told(channel, bucket_s, rows, cut))
    return told


async def _points(
    snapshot: Snapshot, channel: Stored, period: tuple[datetime, datetime], points: int
) -> tuple[int, list[asyncpg.Record]]:
    asked = (channel.series_id, channel.place, sorted(USABLE), *period)
    if not await snapshot.fetchval(_IS_MORE, channel.series_id, channel.place, *period, points):
        return 0, await snapshot.fetch(_RAW, *asked, points)
    bucket_s = bucket_length_s(*period, points)
    sealed = await sealed_until(snapshot, channel.series_id)
    return bucket_s, await snapshot.fetch(_BUCKETS, *asked, bucket_s, *cuts(*period, sealed, bucket_s))


def bucket_length_s(start: datetime, end: datetime, points: int) -> int:
    """Say how long a bucket must be, so that there are no more than so many."""
    # One bucket fewer than points: the window may begin and end within one.
    length_s = math.ceil((end - start).total_seconds() / (points - 1))
    for whole_s in (HOUR_S, MINUTE_S):
        if length_s >= whole_s:
            return math.ceil(length_s / whole_s) * whole_s
    return length_s


def cuts(start: datetime, end: datetime, sealed: datetime | None, bucket_s: int) -> Cuts:
    """Say which part of a window is read raw, which by the minute and which by the hour.

    Args:
        start: of the window.
        end: of the window.
        sealed: before this time every minute is rolled up; None: none is.
        bucket_s: only whole minutes and hours fit into a bucket.
    """
    if sealed is None or bucket_s < MINUTE_S:
        return (end, end, end, end)
    first, last = _up(start, MINUTE_S), _down(min(end, sealed), MINUTE_S)
    if first >= last:
        return (end, end, end, end)
    hours = (_up(first, HOUR_S), _down(last, HOUR_S))
    if bucket_s < HOUR_S or hours[0] >= hours[1]:
        return (first, last, last, last)
    return (first, *hours, last)


def permitted(cut: Iterable[tuple[Force, Stay]], channel_id: str) -> Iterator[Permitted]:
    """Yield what was permitted on a channel: one for each limit and time in which it stayed the same."""
    open_ones: dict[str, Permitted] = {}
    for force, stay in cut:
        now = {
            limit["id"]: _permitted(limit, stay) for limit in force.limits if limit["channel"] == channel_id
        }
        for key, before in open_ones.items():
            if key in now and _goes_on(before, now[key]):
                now[key] = replace(now[key], since=before.since)
            else:
                yield before
        open_ones = now
    yield from open_ones.values()


def _goes_on(before: Permitted, now: Permitted) -> bool:
    return before.until == now.since and replace(before, since=now.since, until=now.until) == now


def _permitted(limit: Mapping[str, Any], stay: Stay) -> Permitted:
    bounds = (limit.get("at_rest") if stay.occupancy is Occupancy.AT_REST else None) or limit
    return Permitted(
        limit=limit["id"],
        level=Level(limit["level"]),
        low=bounds["low"],
        high=bounds["high"],
        since=stay.since,
        until=stay.until,
    )


def _up(at: datetime, length_s: int) -> datetime:
    down = _down(at, length_s)
    return down if down == at else down + timedelta(seconds=length_s)


def _down(at: datetime, length_s: int) -> datetime:
    # In UTC, where no hour is missing or comes twice.
    utc = at.astimezone(UTC).replace(second=0, microsecond=0)
    return utc if length_s == MINUTE_S else utc.replace(minute=0)


def _told(
    channel: Stored, bucket_s: int, rows: Sequence[asyncpg.Record], cut: Sequence[tuple[Force, Stay]]
) -> Readings:
    return Readings(
        channel=channel.id,
        unit=channel.unit,
        bucket_s=bucket_s,
        at=[row["at"].timestamp() for row in rows],
        min=[row["min"] for row in rows],
        max=[row["max"] for row in rows],
        mean=[row["mean"] for row in rows],
        n=[row["n"] for row in rows],
        n_good=[row["n_good"] for row in rows],
        limits=list(permitted(cut, channel.id)),
        occupancy=stays(cut),
    )
