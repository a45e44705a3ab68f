"""What the book says of one alarm: every change, why, and who did it."""

from typing import Any

from pydantic import BaseModel

from alarms.events import Reason
from monitor.server.written import AT, Time, shown
from monitor.store.database import Pool

TRANSITION_EXAMPLE: dict[str, Any] = {
    "at": AT,
    "reason": "shelved",
    "who": "li",
    "second": "wang",
    "comment": "the sensor is being changed",
}

_NEWEST = """
SELECT at, body ->> 'reason' AS reason, body ->> 'who' AS who, body ->> 'second' AS second,
    body ->> 'comment' AS comment
FROM book WHERE kind = 'transition' AND body ->> 'alarm' = $1 ORDER BY at DESC, seq DESC LIMIT $2"""


class Transition(BaseModel):
    """One change of an alarm; `who` and `second` are empty where nobody did it."""

    model_config = shown(TRANSITION_EXAMPLE)

    at: Time
    reason: Reason
    who: str
    second: str
    comment: str


async def transitions_of(pool: Pool, alarm: str, limit: int) -> list[Transition]:
    """Read the newest changes of an alarm from the book, the latest first."""
    return [Transition.model_validate(dict(row)) for row in await pool.fetch(_NEWEST, alarm, limit)]
