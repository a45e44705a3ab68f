"""What was sent to whom, every try and its answer; and a person's word that it came."""

from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from alarms.calls import NoticeKind, Outcome
from config.model import Text
from monitor.server.asked import WRITABLE, Moment
from monitor.server.database import DatabaseDown
from monitor.server.duty import OnItsWay
from monitor.server.may import Looking, may
from monitor.server.messages import Time, refusals, shown
from monitor.server.refusal import Refusal
from monitor.server.rights import Deed
from monitor.server.service import Here
from monitor.server.sessions import Session
from monitor.server.written import AT, NOUN, Noun
from monitor.store.notices_read import Asked, notices_of

NOTICES_MAX = 200

router = APIRouter(prefix="/notices", tags=["duty"], responses=refusals(401, 403, 422))

_NOT_YOURS = Text(en="Only who was told can say that it came.", zh="仅收件人本人可确认已收到。")
_NO_KEY = Text(en="There is no such notice.", zh="没有该通知。")

_KEY_ENDS = ("about", "person", "way")
"""A notice's key ends with whom it was for, and by which way."""

Receiving: TypeAlias = Annotated[Session, Depends(may(Deed.RECEIVE))]
Word = Annotated[str | None, Query(min_length=1, max_length=200, pattern=WRITABLE)]

NOTICE_EXAMPLE: dict[str, Any] = {
    "key": "ISO-STM-L1/chamber_pressure/action|2026-03-02T08:15:01.000000Z|1|li|robot",
    "at": AT,
    "kind": "alarm",
    "person": "li",
    "way": "robot",
    "step": 1,
    "alarms": [["ISO-STM-L1/chamber_pressure/action", AT]],
    "because": "",
    "outcome": "accepted",
    "tries": [{"sent_at": AT, "answered_at": AT, "outcome": "accepted", "detail": "HTTP 200"}],
    "ended_at": AT,
    "detail": "",
    "receipt_at": None,
    "receipt_by": "",
}


class OneTry(BaseModel):
    """One try to send a notice, and what the other end answered."""

    sent_at: Time
    answered_at: Time
    outcome: Outcome
    detail: str


class OneNotice(Noun):
    """One notice, as it last stood; without an outcome it is on its way, or was given up."""

    model_config = NOUN | shown(NOTICE_EXAMPLE)

    key: str
    at: Time
    kind: NoticeKind
    person: str
    way: str
    step: int
    alarms: list[tuple[str, Time]]
    because: str = ""
    outcome: Outcome | None = None
    tries: list[OneTry] = Field(default=[])
    ended_at: Time | None = None
    detail: str = ""
    receipt_at: Time | None = None
    receipt_by: str = ""


class Notices(BaseModel):
    """Notices, the latest first; while `database` is false only those on their way are known."""

    model_config = shown({"database": True, "notices": [NOTICE_EXAMPLE]})

    database: bool
    notices: list[OneNotice]


class Came(BaseModel):
    """Which notice has come."""

    model_config = shown({"key": NOTICE_EXAMPLE["key"]})

    key: Annotated[str, Field(min_length=1, max_length=1000, pattern=WRITABLE)]


class Confirmed(BaseModel):
    """Who has not confirmed the last test page yet."""

    model_config = shown({"unconfirmed": []})

    unconfirmed: list[str]


@router.get("", dependencies=[Looking])
async def read_notices(
    here: Here,
    *,
    alarm: Word = None,
    raised_at: Moment | None = None,
    person: Word = None,
    kind: NoticeKind | None = None,
    limit: Annotated[int, Query(ge=1, le=NOTICES_MAX)] = 50,
) -> Notices:
    """The latest notices, or those of one alarm, of one occurrence, to one person, of one kind."""
    asked = Asked(alarm, raised_at, person, kind)
    known, _ = await here.duty.now()
    waiting = [_waiting(one) for one in known.pending if _fits(one, asked)]
    try:
        async with here.reads.pool() as pool:
            stored = [OneNotice.model_validate(one) for one in await notices_of(pool, asked, limit)]
    except DatabaseDown:
        return Notices(database=False, notices=waiting[:limit])
    keys = {one.key for one in stored}
    every = [*(one for one in waiting if one.key not in keys), *stored]
    return Notices(database=True, notices=sorted(every, key=lambda one: one.at, reverse=True)[:limit])


@router.post("/receipt", responses=refusals(404, 409, 503))
async def receive(came: Came, session: Receiving, here: Here) -> Confirmed:
    """Say that a notice to oneself has come."""
    parts = came.key.rsplit("|", 2)
    if len(parts) < len(_KEY_ENDS):
        raise Refusal(404, _NO_KEY)
    if parts[1] != session.person.name:
        raise Refusal(403, _NOT_YOURS)
    known = await here.duty.ask("/receipt", {"who": session.person.name, "key": came.key})
    return Confirmed(unconfirmed=known.unconfirmed)


def _waiting(one: OnItsWay) -> OneNotice:
    return OneNotice.model_validate(one.model_dump())


def _fits(one: OnItsWay, asked: Asked) -> bool:
    is_of_alarm = asked.alarm is None or any(
        alarm == asked.alarm and asked.raised_at in {None, raised_at} for alarm, raised_at in one.alarms
    )
    is_to = asked.person in {None, one.person}
    return is_of_alarm and is_to and asked.kind in {None, one.kind}
