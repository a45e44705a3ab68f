"""Closes minutes: reckons their figures and digests, seals them in the book, and does so again for what comes late.

Everything is reckoned by the database from the rows as they stand there, so that a minute never disagrees with them,
whatever came twice or in which order.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from monitor.store.book import BookEntry
from monitor.store.database import Connection

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
WHO = "gradewatch"
SETTLE = timedelta(seconds=5)
"""A minute is closed so long after its end: the last poll in it has been heard by then. What comes later is late."""

# As one statement: within a function it would run the same plan a third slower.
_MINUTES = """
INSERT INTO rollup_1m SELECT * FROM minutes_of($1, $2)
ON CONFLICT (series_id, at) DO UPDATE SET
    n = excluded.n, n_good = excluded.n_good, min = excluded.min, max = excluded.max, sum = excluded.sum,
    invalid = excluded.invalid, digest = excluded.digest"""
_SEALS = """
SELECT at, count(*) AS series, sum(n) AS rows,
       encode(sha256(string_agg(int4send(series_id) || digest, ''::bytea ORDER BY series_id)), 'hex') AS sha256
FROM rollup_1m WHERE series_id = ANY ($1) AND at = ANY ($2) GROUP BY at ORDER BY at"""

_LEFT_OPEN = """
SELECT one.id AS series_id, row.at
FROM unnest($1::int[]) AS one(id)
CROSS JOIN LATERAL (SELECT at FROM rollup_1m WHERE series_id = one.id ORDER BY at DESC LIMIT 1) AS closed
CROSS JOIN LATERAL (
    SELECT at FROM sample WHERE series_id = one.id AND at >= closed.at + INTERVAL '1 minute' AND at < $2
) AS row"""


def minute_of(at: datetime) -> datetime:
    """Cut a time down to its minute."""
    return at.replace(second=0, microsecond=0)


def hour_of(at: datetime) -> datetime:
    """Cut a time down to its hour, in UTC: some zones are half an hour off."""
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def minutes_between(start: datetime, end: datetime) -> Iterator[datetime]:
    """Yield every minute from `start` up to, not including, `end`."""
    while start < end:
        yield start
        start += MINUTE


def sealing(series: Mapping[int, str], at: datetime) -> BookEntry:
    """Say in the book which series the seals behind this line cover: id in the database -> name."""
    body = {"series": {str(key): series[key] for key in sorted(series)}}
    return BookEntry(at, "sealing", WHO, body)


async def close_minutes(
    connection: Connection, series: Sequence[int], start: datetime, end: datetime, at: datetime
) -> list[BookEntry]:
    """Reckon every minute from `start` up to, not including, `end`, and the hours that end with them.

    Args:
        connection: in a transaction.
        series: whose rows are sealed.
        start: a whole minute.
        end: a whole minute.
        at: now, for the seals.

    Returns:
        The seals: one for each minute that has any row.
    """
    minutes = list(minutes_between(start, end))
    await _reckon_minutes(connection, [(one, minute) for minute in minutes for one in series])
    hours = {hour_of(minute) for minute in minutes if hour_of(minute) + HOUR <= end}
    await _reckon_hours(connection, [(one, hour) for hour in sorted(hours) for one in series])
    return await _seals(connection, series, minutes, at, again=False)


async def close_again(
    connection: Connection,
    series: Sequence[int],
    late: Iterable[tuple[int, datetime]],
    sealed_until: datetime,
    at: datetime,
) -> list[BookEntry]:
    """Reckon closed minutes into which something came late, and their hours.

    Args:
        connection: in a transaction.
        series: whose rows are sealed.
        late: series and time of each late row.
        sealed_until: up to where minutes are closed.
        at: now, for the seals.

    Returns:
        The seals, each marked as one that takes the place of another.
    """
    pairs = sorted({(one, minute_of(when)) for one, when in late})
    await _reckon_minutes(connection, pairs)
    hours = sorted({(one, hour_of(minute)) for one, minute in pairs})
    await _reckon_hours(connection, [pair for pair in hours if pair[1] + HOUR <= sealed_until])
    minutes = sorted({minute for _, minute in pairs})
    return await _seals(connection, series, minutes, at, again=True)


async def left_open(
    connection: Connection, series: Sequence[int], before: datetime
) -> list[tuple[int, datetime]]:
    """Find rows that another chain over the same series has stored and not closed any more: its journal is gone."""
    rows = await connection.fetch(_LEFT_OPEN, series, before)
    return [(row["series_id"], row["at"]) for row in rows]


async def _reckon_minutes(connection: Connection, pairs: Sequence[tuple[int, datetime]]) -> None:
    if pairs:
        await connection.execute(_MINUTES, [one for one, _ in pairs], [at for _, at in pairs])


async def _reckon_hours(connection: Connection, pairs: Sequence[tuple[int, datetime]]) -> None:
    if pairs:
        await connection.execute(
            "SELECT roll_up_hours($1, $2)", [one for one, _ in pairs], [at for _, at in pairs]
        )


async def _seals(
    connection: Connection, series: Sequence[int], minutes: Sequence[datetime], at: datetime, *, again: bool
) -> list[BookEntry]:
    rows = await connection.fetch(_SEALS, series, minutes) if minutes else []
    return [
        BookEntry(
            at,
            "seal",
            WHO,
            {
                "minute": row["at"].astimezone(UTC).isoformat(),
                "series": row["series"],
                "rows": row["rows"],
                "sha256": row["sha256"],
                "again": again,
            },
        )
        for row in rows
    ]
