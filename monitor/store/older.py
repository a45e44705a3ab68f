"""Reckons the figures of samples that were stored before figures were kept: once, day by day, after a migration.

They are not sealed: nobody can prove afterwards what had come. What is read back is complete all the same, because
closed minutes are read from their figures.
"""

from datetime import datetime, timedelta

import structlog

from monitor.store.database import Connection

AT_ONCE = timedelta(days=1)
DAY_S_MAX = 600.0
"""For one day of one series, on a slow disk."""

_NEXT = (
    "SELECT date_trunc('hour', at, 'UTC') FROM sample WHERE series_id = $1 AND at >= $2 ORDER BY at LIMIT 1"
)
_FIGURES = """
SELECT {function}(array_agg($1::int), array_agg(begin))
FROM (SELECT DISTINCT date_bin('{length}', at, 'epoch') AS begin FROM sample
      WHERE series_id = $1 AND at >= $2 AND at < least($3, {until})) AS touched"""
_MINUTES = _FIGURES.format(function="roll_up_minutes", length="1 minute", until="$4::timestamptz")
_HOURS = _FIGURES.format(
    function="roll_up_hours", length="1 hour", until="date_trunc('hour', $4::timestamptz, 'UTC')"
)

_log = structlog.get_logger()


async def roll_up_older(connection: Connection) -> None:
    """Work off what the migration has listed in `to_roll_up`. It may be cut off anywhere, and goes on from there."""
    for row in await connection.fetch("SELECT series_id, since, until FROM to_roll_up ORDER BY series_id"):
        series_id, since, until = row
        _log.info("rolling_up", series_id=series_id, since=since.isoformat(), until=until.isoformat())
        while (begin := await connection.fetchval(_NEXT, series_id, since)) is not None and begin < until:
            since = await _day(connection, series_id, begin, until)
        await connection.execute("DELETE FROM to_roll_up WHERE series_id = $1", series_id)


async def _day(connection: Connection, series_id: int, begin: datetime, until: datetime) -> datetime:
    """Reckon a day from a whole hour on, as far as minutes and hours were over; return its end."""
    end = begin + AT_ONCE
    async with connection.transaction():
        for figures in (_MINUTES, _HOURS):
            await connection.execute(figures, series_id, begin, end, until, timeout=DAY_S_MAX)
        await connection.execute("UPDATE to_roll_up SET since = $2 WHERE series_id = $1", series_id, end)
    return end
