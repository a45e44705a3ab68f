"""Reads whom was told of what, from the table of notices."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monitor.store.database import Pool

_SOME = """
SELECT key, at, kind, person, way, step, alarms, because, outcome, tries, ended_at, detail, receipt_at, receipt_by
FROM notice
WHERE ($1::text IS NULL OR (alarms @> jsonb_build_array(jsonb_build_array($1::text))
       AND ($2::timestamptz IS NULL OR EXISTS (
           SELECT FROM jsonb_array_elements(alarms) AS one
           WHERE one ->> 0 = $1 AND (one ->> 1)::timestamptz = $2))))
  AND ($3::text IS NULL OR person = $3)
  AND ($4::text IS NULL OR kind = $4)
ORDER BY at DESC, key LIMIT $5"""


@dataclass(frozen=True, slots=True)
class StoredNotice:
    """One notice as it last stood.

    Attributes:
        alarms: the occurrences it tells of, the first one first: id, when raised.
        outcome: None: it is on its way, or was given up.
        tries: each with `sent_at`, `answered_at`, `outcome` and `detail`.
        receipt_at: when a person said that it had come.
    """

    key: str
    at: datetime
    kind: str
    person: str
    way: str
    step: int
    alarms: tuple[tuple[str, datetime], ...]
    because: str
    outcome: str | None
    tries: tuple[Mapping[str, Any], ...]
    ended_at: datetime | None
    detail: str
    receipt_at: datetime | None
    receipt_by: str


@dataclass(frozen=True, slots=True)
class Asked:
    """Which notices are looked for; None: any."""

    alarm: str | None = None
    raised_at: datetime | None = None
    person: str | None = None
    kind: str | None = None


async def notices_of(pool: Pool, asked: Asked, limit: int) -> list[StoredNotice]:
    """Read notices, the latest first.

    Args:
        pool: of a migrated database.
        asked: which.
        limit: the most to return.
    """
    rows = await pool.fetch(_SOME, asked.alarm, asked.raised_at, asked.person, asked.kind, limit)
    return [_notice(dict(row)) for row in rows]


def _notice(row: dict[str, Any]) -> StoredNotice:
    alarms = ((key, datetime.fromisoformat(raised_at)) for key, raised_at in _json(row["alarms"]))
    known = {"alarms": tuple(alarms), "tries": tuple(_json(row["tries"] or "[]"))}
    words = {key: row[key] or "" for key in ("detail", "receipt_by")}
    return StoredNotice(**{**row, **known, **words})


def _json(written: str) -> Sequence[Any]:
    found: Sequence[Any] = json.loads(written)
    return found
