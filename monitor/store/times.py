"""Reads the times of one alarm, from its Sample to the person who saw it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from monitor.store.database import Pool, explained

_LIFE = """
SELECT at, body ->> 'reason' AS reason, who, body ->> 'heard_at' AS heard_at, body ->> 'judged_at' AS judged_at
FROM book
WHERE kind = 'transition' AND body #>> '{after,id}' = $1 AND at >= $2
    AND (body #>> '{after,raised_at}')::timestamptz = $2 AND body ->> 'reason' IN ('raised', 'acknowledged')
ORDER BY at, chain, seq LIMIT 1000"""
# Whatever the index finds by the alarm's id is then looked at for the occurrence.
_TOLD = """
SELECT min(notice.stored_at) AS stored_at, min((try ->> 'sent_at')::timestamptz) AS sent_at,
       min((try ->> 'answered_at')::timestamptz) FILTER (WHERE try ->> 'outcome' = 'accepted') AS accepted_at
FROM notice LEFT JOIN LATERAL jsonb_array_elements(notice.tries) AS try ON true
WHERE alarms @> jsonb_build_array(jsonb_build_array($1::text)) AND EXISTS (
    SELECT FROM jsonb_array_elements(alarms) AS one WHERE one ->> 0 = $1 AND (one ->> 1)::timestamptz = $2
)"""


_SHOWN = """
SELECT min(at) FROM book
WHERE kind = 'shown' AND at >= $2 AND at < $3 AND body ->> 'what' = $1 AND (body ->> 'raised_at')::timestamptz = $2"""
SHOWN_WITHIN = timedelta(days=7)
"""One that no screen showed for so long is not looked for: the book is read by its times."""


@dataclass(frozen=True, slots=True)
class Times:
    """When one occurrence of an alarm came how far; None: it did not, or it was not noted.

    Attributes:
        sample_at: the second of the Sample, or the tick, that raised it.
        heard_at: when that Sample had reached us; None: time raised it, not a Sample.
        judged_at: when it was judged.
        stored_at: when it was known to be on the collector's disk; of alarms for which nobody was told, not noted.
        sent_at: when it first went out to a person.
        accepted_at: when a way first took it.
        acknowledged_at: when a person first acknowledged it.
        acknowledged_by: who.
    """

    sample_at: datetime | None = None
    heard_at: datetime | None = None
    judged_at: datetime | None = None
    stored_at: datetime | None = None
    sent_at: datetime | None = None
    accepted_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""


async def times(pool: Pool, alarm: str, raised_at: datetime) -> Times:
    """Read when one occurrence of an alarm was sampled, judged, stored, sent, accepted and acknowledged.

    Raises:
        DatabaseError: the database cannot be reached, or refuses.
    """
    with explained("server"):
        life = await pool.fetch(_LIFE, alarm, raised_at)
        told = await pool.fetchrow(_TOLD, alarm, raised_at)
    first = {row["reason"]: row for row in reversed(life)}
    nothing: Mapping[str, Any] = {}
    raised, seen = first.get("raised", nothing), first.get("acknowledged", nothing)
    return Times(
        sample_at=raised.get("at"),
        heard_at=_instant(raised.get("heard_at")),
        judged_at=_instant(raised.get("judged_at")),
        **(told or nothing),
        acknowledged_at=seen.get("at"),
        acknowledged_by=seen.get("who", ""),
    )


async def shown_at(pool: Pool, alarm: str, raised_at: datetime) -> datetime | None:
    """Read when a screen first told that it had drawn an occurrence; None: none did.

    Raises:
        DatabaseError: the database cannot be reached, or refuses.
    """
    with explained("server"):
        found: datetime | None = await pool.fetchval(_SHOWN, alarm, raised_at, raised_at + SHOWN_WITHIN)
    return found


def _instant(written: str | None) -> datetime | None:
    return None if written is None else datetime.fromisoformat(written)
