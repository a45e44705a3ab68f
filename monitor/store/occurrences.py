"""What the book says of alarms and protective actions over a time: each change, for whoever tells of it later."""

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from alarms.events import ProtectionState, Reason
from config.rules import Level, Priority
from monitor.store.catalog import Snapshot

ENDS_WITHIN = timedelta(days=30)
"""A protective action that lasts longer is told of as it stood then: the book is read by its times."""

_IDS = "SELECT DISTINCT id FROM alarm WHERE raised_at < $1 ORDER BY id"
# Of each alarm the last occurrence that began before, whole, and all changes up to the last one of those that began
# within the time.
_CHANGES = """
SELECT asked.id AS alarm, one.*
FROM unnest($1::text[]) AS asked(id)
LEFT JOIN LATERAL (
    SELECT (body #>> '{after,raised_at}')::timestamptz AS raised_at FROM book
    WHERE kind = 'transition' AND body ->> 'alarm' = asked.id AND at < $2 ORDER BY at DESC, seq DESC LIMIT 1
) AS former ON true
LEFT JOIN LATERAL (
    SELECT max(changed_at) AS at FROM alarm WHERE alarm.id = asked.id AND raised_at < $3 AND changed_at >= $2
) AS last ON true
CROSS JOIN LATERAL (
    SELECT at, body ->> 'reason' AS reason, body ->> 'who' AS who, body ->> 'second' AS second,
           body ->> 'comment' AS comment, body -> 'after' AS after
    FROM book
    WHERE kind = 'transition' AND body ->> 'alarm' = asked.id
      AND at >= coalesce(former.raised_at, $2) AND at <= greatest(last.at, $3)
    ORDER BY at, chain, seq
) AS one
ORDER BY asked.id, one.at"""

_SIGNED = """
SELECT body ->> 'alarm' AS alarm, (body ->> 'raised_at')::timestamptz AS raised_at, body ->> 'signature' AS signature,
       body ->> 'sha256' AS sha256
FROM book
WHERE kind = 'acknowledge' AND at >= $1 AND at <= $2 AND body ->> 'alarm' = ANY($3) AND body ->> 'signature' <> ''"""

_ACTIONS = """
SELECT at, body ->> 'protection' AS protection, body -> 'who' AS who, body -> 'after' AS after
FROM book
WHERE kind = 'change' AND at >= $1 AND at < $2 AND split_part(body ->> 'protection', '/', 1) = ANY($3)
ORDER BY at, chain, seq"""


@dataclass(frozen=True, slots=True)
class Change:
    """A change of an alarm, and how it stood after it.

    Attributes:
        who: the person who did it ("" where nobody did).
        raised_at: names the occurrence.
        is_shelved: a person hides it.
        suppressed_by: ids of the Suppressions that hide it.
        out_of_service: why maintenance has taken it out of service ("" if it has not).
    """

    alarm: str
    at: datetime
    reason: Reason
    who: str
    second: str
    comment: str
    raised_at: datetime
    level: Level
    priority: Priority
    active: bool
    worst: float | None
    detail: str
    first_out: bool
    is_shelved: bool
    suppressed_by: tuple[str, ...]
    out_of_service: str


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The signature of an acknowledgement, and the sha256 of what was signed."""

    signature: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ActionChange:
    """A change of a protective action, and how it stood after it."""

    protection: str
    at: datetime
    who: tuple[str, ...]
    state: ProtectionState
    triggered_at: datetime
    because: tuple[str, ...]
    detail: str


async def changes_of(
    snapshot: Snapshot, is_asked: Callable[[str], bool], start: datetime, end: datetime
) -> list[Change]:
    """Read the changes of alarms by which it can be told how they stood from `start` to `end`, in the order of time.

    Of an occurrence that began before `end` all changes are there, also the later ones: who has seen it, and when.

    Args:
        snapshot: of a migrated database.
        is_asked: says of an alarm's id whether it is.
        start: aware.
        end: aware, not included.
    """
    ids = [row["id"] for row in await snapshot.fetch(_IDS, end) if is_asked(row["id"])]
    return [_change(row) for row in await snapshot.fetch(_CHANGES, ids, start, end)]


async def signed_acknowledgements(
    snapshot: Snapshot, alarms: Collection[str], start: datetime, end: datetime
) -> dict[tuple[str, datetime], Acknowledged]:
    """Read which acknowledgements of alarms from `start` up to and including `end` were signed, by occurrence."""
    rows = await snapshot.fetch(_SIGNED, start, end, list(alarms))
    return {(row["alarm"], row["raised_at"]): Acknowledged(row["signature"], row["sha256"]) for row in rows}


async def action_changes(
    snapshot: Snapshot, devices: Collection[str], start: datetime, end: datetime
) -> list[ActionChange]:
    """Read the changes of protective actions of devices from `start`, and for some time behind `end`, in order."""
    rows = await snapshot.fetch(_ACTIONS, start, end + ENDS_WITHIN, list(devices))
    return [_action(row) for row in rows]


def _change(row: Any) -> Change:  # noqa: ANN401 - asyncpg's record
    after = json.loads(row["after"])
    return Change(
        alarm=row["alarm"],
        at=row["at"],
        reason=Reason(row["reason"]),
        who=row["who"] or "",
        second=row["second"] or "",
        comment=row["comment"] or "",
        raised_at=datetime.fromisoformat(after["raised_at"]),
        level=Level(after["level"]),
        priority=Priority(after.get("priority", Priority.MEDIUM)),
        active=after["active"],
        worst=None if after.get("worst") is None else float(after["worst"]),
        detail=after.get("detail", ""),
        first_out=after.get("first_out", False),
        is_shelved=after.get("shelved_until") is not None,
        suppressed_by=tuple(after.get("suppressed_by", ())),
        out_of_service=after.get("out_of_service", ""),
    )


def _action(row: Any) -> ActionChange:  # noqa: ANN401 - asyncpg's record
    after = json.loads(row["after"])
    return ActionChange(
        protection=row["protection"],
        at=row["at"],
        who=tuple(json.loads(row["who"] or "[]")),
        state=ProtectionState(after["state"]),
        triggered_at=datetime.fromisoformat(after["triggered_at"]),
        because=tuple(after["because"]),
        detail=after.get("detail", ""),
    )
