"""What the book says of alarms: every change, why, and who did it."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from alarms.alarm import state
from alarms.events import Alarm, AlarmState, ProtectionState, Reason
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


def change_of(kind: str, body: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Say in a word what was before a line of the book and what is after it; None: the line has none.

    Args:
        kind: the line's.
        body: the line's; any JSON.

    Returns:
        Of an alarm and of a protective action the states, of an action whose asks alone went on theirs; of a command
        what was asked for, and what came of it; of what people keep the old word and the new one.
    """
    match kind:
        case "transition":
            return _alarm_state(body.get("before")), _alarm_state(body.get("after"))
        case "change":
            return _protective(_facts(body.get("before")), _facts(body.get("after")))
        case "command":
            return None, _asked_for(body)
        case "result":
            return None, "verified" if body.get("verified") else "failed"
        case _:
            return _word(body.get("old")), _word(body.get("new"))


def _alarm_state(alarm: object) -> str | None:
    if alarm is None:
        return AlarmState.NORM
    try:
        return state(_ALARM.validate_python(alarm))
    except ValidationError:  # the book keeps also what no version of ours wrote
        return None


def _protective(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, str]:
    old, new = (_standing(one.get("state")) for one in (before, after))
    return (old, new) if old != new else (_asks(before), _asks(after))


def _standing(state: object) -> str:
    """One that is closed, or was not there, is armed."""
    return "ARMED" if state in (None, ProtectionState.CLOSED) else str(state)


def _asks(running: Mapping[str, Any]) -> str:
    told = (running.get(each) for each in ("asked", "ending"))
    asked = [one for each in told if isinstance(each, list) for one in each]
    return ", ".join(str(_facts(one).get("state", "")) for one in asked)


def _asked_for(command: Mapping[str, Any]) -> str:
    request, outputs = command.get("request"), _facts(command.get("outputs"))
    if request:
        return f"{request} {command.get('param') or ''}".rstrip()
    return ", ".join(f"{name} {value}" for name, value in outputs.items())


def _facts(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _word(value: object) -> str | None:
    return value if isinstance(value, str) else None
