"""Reads the alarms of the past back."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import asyncpg

from alarms.events import Alarm
from config.rules import Level
from monitor.store.database import Pool, explained

_ALARM = "SELECT id, level, active, acknowledged, raised_at, changed_at, worst, detail, acknowledged_by FROM alarm "

# Where an alarm stands is its id without the last part. Of one second the id decides, so that a page begins where the
# one before it ended.
_FOUND = f"""
{_ALARM.strip()}
LEFT JOIN unnest($3::text[], $4::text[]) AS known(about, names) ON about = regexp_replace(id, '/[^/]*$', '')
WHERE raised_at >= $1 AND raised_at < $2
    AND concat_ws(' ', id, detail, acknowledged_by, names) ILIKE ALL($5::text[])
    AND ($6::text[] IS NULL OR level = ANY($6))
    AND ($7::text[] IS NULL OR regexp_replace(id, '/[^/]*$', '') = ANY($7))
    AND ($8::timestamptz IS NULL OR raised_at < $8 OR (raised_at = $8 AND id > $9))
ORDER BY raised_at DESC, id
LIMIT $10"""


@dataclass(frozen=True, slots=True)
class Sought:
    """Which alarms of the past are looked for.

    Attributes:
        words: all of them stand in the alarm's id, its detail, who acknowledged it, or the names of its place.
        names: of each place (channel or device) that the plant knows, by its id.
        levels: None: every level.
        places: None: everywhere.
        after: when the last one that is known was raised, and its id: only what comes behind it in the list.
    """

    words: Collection[str] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    levels: Collection[Level] | None = None
    places: Collection[str] | None = None
    after: tuple[datetime, str] | None = None


async def alarms_found(pool: Pool, start: datetime, end: datetime, sought: Sought, limit: int) -> list[Alarm]:
    """Read the alarms raised from `start` up to, not including, `end` that are looked for, the latest first.

    Args:
        pool: of a migrated database.
        start: aware.
        end: aware.
        sought: which ones.
        limit: the most to return.

    Raises:
        DatabaseError: the database cannot be reached, or refuses.
    """
    asked = (
        list(sought.names),
        list(sought.names.values()),
        [f"%{literally(word)}%" for word in sought.words],
        None if sought.levels is None else list(sought.levels),
        None if sought.places is None else list(sought.places),
        *(sought.after or (None, "")),
    )
    with explained("server"):
        return [_alarm(row) for row in await pool.fetch(_FOUND, start, end, *asked, limit)]


def literally(word: str) -> str:
    """Write a word so that no letter of it stands for others."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


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
