"""Reads the alarms of the past back."""

from datetime import datetime

import asyncpg

from alarms.events import Alarm
from config.rules import Level
from monitor.store.database import Pool, explained

_ALARM = "SELECT id, level, active, acknowledged, raised_at, changed_at, worst, detail, acknowledged_by FROM alarm "


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
            f"{_ALARM} WHERE raised_at >= $1 AND raised_at < $2 ORDER BY raised_at DESC, id LIMIT $3",
            *(start, end, limit),
        )
    return [_alarm(row) for row in rows]


async def alarms_standing(pool: Pool, at: datetime, limit: int) -> list[Alarm]:
    """Read the alarms raised before a time that were not over by then, the latest first; each as it last stood.

    Args:
        pool: of a migrated database.
        at: aware.
        limit: the most to return.

    Raises:
        DatabaseError: the database cannot be reached, or refuses.
    """
    with explained("server"):
        rows = await pool.fetch(
            f"{_ALARM} WHERE raised_at < $1 AND (changed_at > $1 OR active OR NOT acknowledged)"
            " ORDER BY raised_at DESC, id LIMIT $2",
            *(at, limit),
        )
    return [_alarm(row) for row in rows]


def _alarm(row: asyncpg.Record) -> Alarm:
    return Alarm(**{**row, "level": Level(row["level"])})
