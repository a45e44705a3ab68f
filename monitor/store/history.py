"""Reads the alarms of the past back."""

from datetime import datetime

from alarms.events import Alarm
from config.model import Level
from monitor.store.database import Pool, explained


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
