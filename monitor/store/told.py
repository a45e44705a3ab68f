"""Reads back whom was told of what, and the times of one alarm from its Sample to the person who saw it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from monitor.store.database import Pool, explained

_COLUMNS = """chain, key, at, judged_at, kind, person, way, step, alarms, because, outcome, tries, ended_at, detail,
stored_at, receipt_at, receipt_by"""
# Whatever the index finds by the alarm's id is then looked at for the occurrence.
_OF_ALARM = f"""
SELECT {_COLUMNS} FROM notice
WHERE alarms @> jsonb_build_array(jsonb_build_array($1::text)) AND EXISTS (
    SELECT FROM jsonb_array_elements(alarms) AS one WHERE one ->> 0 = $1 AND (one ->> 1)::timestamptz = $2
)
ORDER BY at, key LIMIT $3"""  # noqa: S608 - our own words
_LATEST = f"""
SELECT {_COLUMNS} FROM notice
WHERE at >= $1 AND at < $2 AND ($3::timestamptz IS NULL OR (at, key) < ($3, $4)) ORDER BY at DESC, key DESC LIMIT $5"""  # noqa: S608 - our own words
_LIFE = """
SELECT at, body ->> 'reason' AS reason, who, body ->> 'heard_at' AS heard_at, body ->> 'judged_at' AS judged_at
FROM book
WHERE kind = 'transition' AND body #>> '{after,id}' = $1 AND at >= $2
    AND (body #>> '{after,raised_at}')::timestamptz = $2 AND body ->> 'reason' IN ('raised', 'acknowledged')
ORDER BY at, chain, seq LIMIT 1000"""
NOTICES_MAX = 1000
"""Of one occurrence: an escalation that is repeated for a day has fewer."""


@dataclass(frozen=True, slots=True)
class Told:
    """One notice as it stands.

    Attributes:
        at: the time of what it tells of, or at which its step was due.
        judged_at: when that was judged.
        alarms: the occurrences that it tells of (id, when raised), the first one first.
        outcome: None: it is on its way, or judging has given it up.
        tries: each as `sent_at`, `answered_at`, `outcome`, `detail`.
        stored_at: when it was known to be on the collector's disk.
        receipt_at: when a person said that it had come.
    """

    chain: str
    key: str
    at: datetime
    judged_at: datetime
    kind: str
    person: str
    way: str
    step: int
    alarms: Sequence[tuple[str, datetime]]
    because: str
    outcome: str | None
    tries: Sequence[Mapping[str, Any]]
    ended_at: datetime | None
    detail: str | None
    stored_at: datetime | None
    receipt_at: datetime | None
    receipt_by: str | None


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


async def notices_of(pool: Pool, alarm: str, raised_at: datetime) -> list[Told]:
    """Read all notices that tell of one occurrence of an alarm, the first one first.

    Raises:
        DatabaseError: the database cannot be reached, or refuses.
    """
    with explained("server"):
        return [_told(row) for row in await pool.fetch(_OF_ALARM, alarm, raised_at, NOTICES_MAX)]


async def notices_between(
    pool: Pool, start: datetime, end: datetime, limit: int, after: tuple[datetime, str] | None = None
) -> list[Told]:
    """Read the notices from `start` up to, not including, `end`, the latest first.

    Args:
        pool: of a migrated database.
        start: aware.
        end: aware.
        limit: the most to return.
        after: time and key of the last one that is known: only what comes behind it in the list.

    Raises:
        DatabaseError: the database cannot be reached, or refuses.
    """
    with explained("server"):
        rows = await pool.fetch(_LATEST, start, end, *(after or (None, "")), limit)
    return [_told(row) for row in rows]


async def times(pool: Pool, alarm: str, raised_at: datetime) -> Times:
    """Read when one occurrence of an alarm was sampled, judged, stored, sent, accepted and acknowledged.

    Raises:
        DatabaseError: the database cannot be reached, or refuses.
    """
    with explained("server"):
        life = await pool.fetch(_LIFE, alarm, raised_at)
    first = {row["reason"]: row for row in reversed(life)}
    nothing: Mapping[str, Any] = {}
    raised, seen = first.get("raised", nothing), first.get("acknowledged", nothing)
    told = await notices_of(pool, alarm, raised_at)
    tries = [one for notice in told for one in notice.tries]
    return Times(
        sample_at=raised.get("at"),
        heard_at=_instant(raised.get("heard_at")),
        judged_at=_instant(raised.get("judged_at")),
        stored_at=min((one.stored_at for one in told if one.stored_at), default=None),
        sent_at=min((one["sent_at"] for one in tries), default=None),
        accepted_at=min((one["answered_at"] for one in tries if one["outcome"] == "accepted"), default=None),
        acknowledged_at=seen.get("at"),
        acknowledged_by=seen.get("who", ""),
    )


def _told(row: asyncpg.Record) -> Told:
    alarms = [(alarm, datetime.fromisoformat(at)) for alarm, at in json.loads(row["alarms"])]
    tries = [
        {**one, **{name: datetime.fromisoformat(one[name]) for name in ("sent_at", "answered_at")}}
        for one in json.loads(row["tries"] or "[]")
    ]
    return Told(**{**row, "alarms": alarms, "tries": tries})


def _instant(written: str | None) -> datetime | None:
    return None if written is None else datetime.fromisoformat(written)
