"""What the book says of alarms: every change, why, and who did it."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from pydantic import BaseModel, TypeAdapter

from alarms.alarm import state
from alarms.events import Alarm, AlarmState, Reason
from monitor.server.written import AT, Time, shown
from monitor.store.database import Pool

TRANSITION_EXAMPLE: dict[str, Any] = {
    "at": AT,
    "alarm": "ISO-STM-L1/rh/alert",
    "reason": "shelved",
    "state": "SHLVD",
    "who": "li",
    "second": "wang",
    "comment": "the sensor is being changed",
}

_TOLD = """
SELECT at, body ->> 'alarm' AS alarm, body ->> 'reason' AS reason, body -> 'after' AS after, body ->> 'who' AS who,
    body ->> 'second' AS second, body ->> 'comment' AS comment
FROM book WHERE kind = 'transition' AND """
_OF_ALARM = (
    _TOLD
    + "body ->> 'alarm' = $1 AND ($2::timestamptz IS NULL OR (body #>> '{after,raised_at}')::timestamptz = $2)"
    " ORDER BY at DESC, seq DESC LIMIT $3"
)
_BY_PEOPLE = (
    _TOLD + "body ->> 'alarm' = ANY($1::text[]) AND at >= $2 AND at < $3 AND body ->> 'who' <> ''"
    " ORDER BY at DESC, seq DESC LIMIT $4"
)
_ALARM = TypeAdapter(Alarm)


class Transition(BaseModel):
    """One change of an alarm, and its state after it; `who` and `second` are empty where nobody did it."""

    model_config = shown(TRANSITION_EXAMPLE)

    at: Time
    alarm: str
    reason: Reason
    state: AlarmState
    who: str
    second: str
    comment: str


async def transitions_of(pool: Pool, alarm: str, raised_at: datetime | None, limit: int) -> list[Transition]:
    """Read the newest changes of an alarm from the book, the latest first.

    Args:
        pool: of a migrated database.
        alarm: its id.
        raised_at: only those of the occurrence that was raised then; None: of all.
        limit: the most to return.
    """
    return [_transition(dict(row)) for row in await pool.fetch(_OF_ALARM, alarm, raised_at, limit)]


async def deeds_on(
    pool: Pool, alarms: Collection[str], period: tuple[datetime, datetime], limit: int
) -> list[Transition]:
    """Read what people did about some alarms in a time, the latest first.

    Args:
        pool: of a migrated database.
        alarms: their ids.
        period: from, up to and not including, both aware.
        limit: the most to return.
    """
    return [_transition(dict(row)) for row in await pool.fetch(_BY_PEOPLE, list(alarms), *period, limit)]


def _transition(row: dict[str, Any]) -> Transition:
    after = _ALARM.validate_json(row.pop("after"))
    return Transition(**row, state=state(after))
