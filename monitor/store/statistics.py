"""Sums of channels over any time by the figures that are kept of minutes, and what proves that raw values are the same.

Only usable values count (Good or Uncertain). What was reckoned from raw values is held against these.
"""

import math
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from monitor.store.catalog import Snapshot, Stored, sealed_until
from monitor.store.columns import IN_ORDER, USABLE_VALUE, WITHIN_S
from monitor.store.readings import cuts

ROWS_AT_ONCE = 2000
AT_ONCE = 100
"""Channels in one question, which has no room for more than some hundred figures."""


@dataclass(frozen=True, slots=True)
class Sums:
    """Rows stored of a channel's series, its usable values, and the least, the greatest and the sum of these."""

    n: int
    valid: int
    min: float | None
    max: float | None
    sum: float | None


# Of whole minutes their own figures; an array that is stored packed is unpacked once, and not for each of its places.
_MINUTES = """
SELECT coalesce(sum(n), 0)::bigint AS n, {sums}
FROM (
    SELECT n, array_cat(n_good, '{{}}') AS n_good, array_cat(min, '{{}}') AS min,
           array_cat(max, '{{}}') AS max, array_cat(sum, '{{}}') AS sum
    FROM rollup_1m WHERE series_id = $1 AND at >= $2 AND at < $3 ORDER BY at OFFSET 0
) AS one"""
_OF_MINUTES = """
coalesce(sum(n_good[{place}]), 0)::bigint AS valid{place}, min(min[{place}]) AS min{place},
max(max[{place}]) AS max{place}, sum(sum[{place}]) AS sum{place}"""

# Of what is left at the ends, or not closed, raw values.
_EDGES = """
SELECT count(*) AS n, {sums}
FROM (
    SELECT {values} FROM sample
    WHERE series_id = $1 AND ((at >= $2 AND at < $4) OR (at >= $5 AND at < $3)) ORDER BY at
) AS one"""
_OF_EDGES = """
count(v{place}) AS valid{place}, min(v{place}) AS min{place}, max(v{place}) AS max{place},
sum(v{place}) AS sum{place}"""

_PAIRS = f"""
SELECT at, {USABLE_VALUE.format(place="$2")} AS one, {USABLE_VALUE.format(place="$3")} AS other
FROM sample WHERE series_id = $1 AND at >= $4 AND at < $5 ORDER BY at"""  # noqa: S608 - our own words

_PROOFS = """
SELECT coalesce(encode(sha256(string_agg(timestamptz_send(at) || digest, ''::bytea ORDER BY at)), 'hex'), '') AS proof
FROM unnest($2::timestamptz[], $3::timestamptz[]) WITH ORDINALITY AS piece(since, until, number)
LEFT JOIN rollup_1m
    ON series_id = $1 AND at >= date_bin('1 minute', piece.since, 'epoch') AND at < piece.until
GROUP BY number ORDER BY number"""


async def kept_sums(
    snapshot: Snapshot, channels: Sequence[Stored], start: datetime, end: datetime
) -> dict[str, Sums]:
    """Reckon the sums of channels of one series from the minutes as they are kept, and at the ends from raw values."""
    await snapshot.execute(IN_ORDER)
    series = channels[0].series_id
    first, last, *_ = cuts(start, end, await sealed_until(snapshot, series), 60)
    last = max(first, last)
    minutes = await _summed(snapshot, channels, _of_minutes, series, first, last)
    edges = await _summed(snapshot, channels, _of_edges, series, start, end, first, last)
    return {one.id: _added(minutes[one.id], edges[one.id]) for one in channels}


async def _summed(
    snapshot: Snapshot,
    channels: Sequence[Stored],
    question: Callable[[Sequence[Stored]], str],
    *asked: object,
) -> dict[str, Sums]:
    found: dict[str, Sums] = {}
    for number in range(0, len(channels), AT_ONCE):
        some = channels[number : number + AT_ONCE]
        row = await snapshot.fetchrow(question(some), *asked, timeout=WITHIN_S)
        assert row is not None  # noqa: S101 - an aggregate gives one
        found |= {one.id: _sums(row, one) for one in some}
    return found


def _added(*several: Sums) -> Sums:
    return Sums(
        n=sum(one.n for one in several),
        valid=sum(one.valid for one in several),
        min=min((one.min for one in several if one.min is not None), default=None),
        max=max((one.max for one in several if one.max is not None), default=None),
        sum=math.fsum(sums) if (sums := [one.sum for one in several if one.sum is not None]) else None,
    )


def _of_minutes(channels: Sequence[Stored]) -> str:
    return _MINUTES.format(sums=_each(_OF_MINUTES, channels))


def _of_edges(channels: Sequence[Stored]) -> str:
    values = _each(f"{USABLE_VALUE} AS v{{place}}", channels)
    return _EDGES.format(sums=_each(_OF_EDGES, channels), values=values)


def _each(part: str, channels: Sequence[Stored]) -> str:
    return ", ".join(part.format(place=one.place) for one in channels)


def _sums(row: asyncpg.Record, one: Stored) -> Sums:
    return Sums(row["n"], *(row[f"{name}{one.place}"] for name in ("valid", "min", "max", "sum")))


async def proofs_of(
    snapshot: Snapshot, series_id: int, spans: Sequence[tuple[datetime, datetime]]
) -> list[str | None]:
    """Give for each of several times one digest over the digests of all minutes of a series that it touches.

    While it stays the same, so do the raw values. "": there is none of it. None: not every minute is closed.
    """
    sealed = await sealed_until(snapshot, series_id)
    if sealed is None:
        return [None] * len(spans)
    asked = ([since for since, _ in spans], [until for _, until in spans])
    rows = await snapshot.fetch(_PROOFS, series_id, *asked, timeout=WITHIN_S)
    return [row["proof"] if until <= sealed else None for row, (_, until) in zip(rows, spans, strict=True)]


async def pairs(
    snapshot: Snapshot, one: Stored, other: Stored, start: datetime, end: datetime
) -> AsyncIterator[tuple[datetime, float | None, float | None]]:
    """Yield two values of each row of a series, in the order of time; None where one may not be used."""
    asked = (one.series_id, one.place, other.place, start, end)
    async for row in snapshot.cursor(_PAIRS, *asked, prefetch=ROWS_AT_ONCE):
        yield row["at"], row["one"], row["other"]
