"""Reckons the figures and digests of minutes and hours from the rows as they stand in the database.

So a minute never disagrees with its rows, whatever came twice or in which order.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TypeAlias

from monitor.store.database import Connection

Pair: TypeAlias = tuple[int, datetime]
"""A series, and a minute or an hour of it."""

_TOUCHED = """
SELECT one.id AS series_id, row.at
FROM unnest($1::int[]) AS one(id)
CROSS JOIN LATERAL (
    SELECT DISTINCT date_bin('1 minute', at, 'epoch') AS at FROM sample
    WHERE series_id = one.id AND at >= $2 AND at < $3
) AS row
ORDER BY at, series_id"""
_LEFT_OPEN = """
SELECT one.id AS series_id, row.at
FROM unnest($1::int[]) AS one(id)
CROSS JOIN LATERAL (SELECT at FROM rollup_1m WHERE series_id = one.id ORDER BY at DESC LIMIT 1) AS closed
CROSS JOIN LATERAL (
    SELECT DISTINCT date_bin('1 minute', at, 'epoch') AS at FROM sample
    WHERE series_id = one.id AND at >= closed.at + INTERVAL '1 minute' AND at < $2
) AS row"""

_DIGESTS = """
SELECT series_id, at, encode(digest, 'hex') AS digest FROM rollup_1m
WHERE series_id = ANY ($1) AND at = ANY ($2) AND at >= $3 AND at <= $4"""
_HOURS = "SELECT series_id, at FROM rollup_1h WHERE series_id = ANY ($1) AND at = ANY ($2)"
_CLOSED_UNTIL = """
SELECT max(last.at) + INTERVAL '1 minute'
FROM unnest($1::int[]) AS one(id)
CROSS JOIN LATERAL (SELECT at FROM rollup_1m WHERE series_id = one.id ORDER BY at DESC LIMIT 1) AS last"""


async def touched(
    connection: Connection, series: Sequence[int], start: datetime, end: datetime
) -> list[Pair]:
    """Find the minutes in which series have rows, from `start` up to, not including, `end`."""
    rows = await connection.fetch(_TOUCHED, series, start, end) if start < end else []
    return [(row["series_id"], row["at"]) for row in rows]


async def left_open(connection: Connection, series: Sequence[int], before: datetime) -> list[Pair]:
    """Find minutes that another chain over the same series has stored and not closed any more: its journal is gone."""
    rows = await connection.fetch(_LEFT_OPEN, series, before)
    return [(row["series_id"], row["at"]) for row in rows]


async def closed_until(connection: Connection, series: Sequence[int]) -> datetime | None:
    """Say behind which minute none of some series has figures; None: no minute has."""
    until: datetime | None = await connection.fetchval(_CLOSED_UNTIL, series)
    return until


async def digests(
    connection: Connection, series: Collection[int], minutes: Collection[datetime]
) -> dict[Pair, str]:
    """Give the digests of series in some minutes, hexadecimal, as far as they have figures."""
    if not minutes:
        return {}
    rows = await connection.fetch(_DIGESTS, list(series), list(minutes), min(minutes), max(minutes))
    return {(row["series_id"], row["at"]): row["digest"] for row in rows}


async def hours_reckoned(connection: Connection, pairs: Collection[Pair]) -> set[Pair]:
    """Give those hours that have figures."""
    if not pairs:
        return set()
    series, hours = {one for one, _ in pairs}, {at for _, at in pairs}
    rows = await connection.fetch(_HOURS, list(series), list(hours))
    return {(row["series_id"], row["at"]) for row in rows} & set(pairs)


async def reckon_minutes(connection: Connection, pairs: Sequence[Pair]) -> None:
    """Reckon minutes, each named once."""
    if pairs:
        await connection.execute(
            "SELECT roll_up_minutes($1, $2)", [one for one, _ in pairs], [at for _, at in pairs]
        )


async def reckon_hours(connection: Connection, pairs: Sequence[Pair]) -> None:
    """Reckon hours from their minutes, each named once."""
    if pairs:
        await connection.execute(
            "SELECT roll_up_hours($1, $2)", [one for one, _ in pairs], [at for _, at in pairs]
        )
