"""Reads what was stored: the readings of one channel within a budget of points, and the history of alarms.

SQL does the work, and nothing in it depends on the session's time zone: times are compared and cut as instants.
"""

import math
from dataclasses import dataclass
from datetime import datetime

from alarms.events import Alarm
from config.model import USABLE, Level
from monitor.store.database import Pool, explained


class UnknownChannelError(LookupError):
    """No such channel is stored."""


@dataclass(frozen=True, slots=True)
class Readings:
    """The readings of one channel, one entry per point in every list.

    Attributes:
        bucket_s: seconds that one point covers; 0 where each point is one reading.
        at: seconds since 1970 (UTC): the reading's own time, or where its bucket begins.
        min: smallest usable value (Good or Uncertain); None where there is none.
        max: largest usable value; None where there is none.
        mean: of the usable values; None where there are none.
        n: how many readings were stored, usable or not.
        n_good: how many of them were usable.
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


# A value counts if it may be used; a channel has no reading in rows from before it was added.
_USABLE = """
SELECT at,
       CASE WHEN quality IS NULL OR quality[$4] = ANY($5::smallint[]) THEN values[$4] END AS value
FROM sample
WHERE series_id = $1 AND at >= $2 AND at < $3 AND cardinality(values) >= $4"""

_RAW = f"""
SELECT at, value AS min, value AS max, value AS mean, 1 AS n, num_nonnulls(value) AS n_good
FROM ({_USABLE}) AS usable
ORDER BY at
LIMIT $6"""  # noqa: S608 - our own words

# make_interval, because a day of a parameter's interval would be 23 or 25 hours long where the clocks change.
_BUCKETS = f"""
SELECT at, min, max, mean, coalesce(n, 0) AS n, coalesce(n_good, 0) AS n_good
FROM generate_series(
    date_bin(make_interval(secs => $6), $2::timestamptz, 'epoch'),
    $3::timestamptz - INTERVAL '1 microsecond',
    make_interval(secs => $6)
) AS at
LEFT JOIN (
    SELECT date_bin(make_interval(secs => $6), at, 'epoch') AS at,
           min(value) AS min, max(value) AS max, avg(value) AS mean, count(*) AS n, count(value) AS n_good
    FROM ({_USABLE}) AS usable
    GROUP BY 1
) AS bucket USING (at)
ORDER BY at"""  # noqa: S608 - our own words


async def readings(pool: Pool, channel_id: str, start: datetime, end: datetime, points: int) -> Readings:
    """Read one channel from `start` up to, not including, `end`.

    Every reading by itself if there are few enough of them; otherwise buckets of whole seconds, each with its
    extremes, so that no excursion disappears, and with empty ones where nothing was stored. Buckets begin at whole
    multiples of their length, so that a window that slides shows the same ones.

    Args:
        pool: of a migrated database.
        channel_id: `<device>/<key>`.
        start: aware; before `end`.
        end: aware.
        points: the most to return, 2 or more.

    Raises:
        UnknownChannelError: no such channel is stored.
        DatabaseError: the database cannot be reached, or refuses.
    """
    with explained("server"):
        channel = await pool.fetchrow("SELECT series_id, place, unit FROM channel WHERE id = $1", channel_id)
        if channel is None:
            raise UnknownChannelError(f"no channel {channel_id} is stored")
        window = (channel["series_id"], start, end, channel["place"] + 1, sorted(USABLE))
        bucket_s = 0
        rows = await pool.fetch(_RAW, *window, points + 1)
        if len(rows) > points:
            # One bucket fewer than points: the window may begin and end within one.
            bucket_s = math.ceil((end - start).total_seconds() / (points - 1))
            rows = await pool.fetch(_BUCKETS, *window, bucket_s)
    return Readings(
        channel=channel_id,
        unit=channel["unit"],
        bucket_s=bucket_s,
        at=[row["at"].timestamp() for row in rows],
        min=[row["min"] for row in rows],
        max=[row["max"] for row in rows],
        mean=[row["mean"] for row in rows],
        n=[row["n"] for row in rows],
        n_good=[row["n_good"] for row in rows],
    )


async def alarm_history(pool: Pool, start: datetime, end: datetime, limit: int) -> list[Alarm]:
    """Read the alarms raised from `start` up to, not including, `end`: each occurrence as it last stood, newest first.

    Args:
        pool: of a migrated database.
        start: aware.
        end: aware.
        limit: the most to return.

    Raises:
        DatabaseError: the database cannot be reached, or refuses.
    """
    with explained("server"):
        rows = await pool.fetch(
            "SELECT id, level, active, acknowledged, raised_at, changed_at, worst, detail, acknowledged_by FROM alarm "
            "WHERE raised_at >= $1 AND raised_at < $2 ORDER BY raised_at DESC, id LIMIT $3",
            *(start, end, limit),
        )
    return [Alarm(**{**row, "level": Level(row["level"])}) for row in rows]
