"""Who is on call, who is being called, and what persons note of it: substitutions and receipts.

404: there is no such rotation, person or notice. 409: it may not be done, or is so already. 422: the body is not what
it should be. Who may ask for it was checked by the server.
"""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, HTTPException
from pydantic import AwareDatetime, BaseModel, Field

from alarms.calls import Call, Pending, Receipt, Substitute
from alarms.notices import is_same
from alarms.roster import on_call
from config.duty import Substitution
from monitor.collector.commands import Asked, Judge, Person
from monitor.collector.shown import Json, iso

LASTS_MAX = timedelta(days=366)
NOTED_MAX = 1000
"""Substitutions that stand at the same time: all of them are in the State."""

Id = Annotated[str, Field(min_length=1, max_length=100)]
Why = Annotated[str, Field(min_length=1, max_length=1000)]


class SubstituteBody(BaseModel):
    """Somebody else has a rotation's duty for a while, or with `is_over` no longer; `reason` says why of either."""

    rotation: Id
    begins: AwareDatetime
    ends: AwareDatetime
    person: Id
    reason: Why
    who: Person
    is_over: bool = False


class ReceiptBody(BaseModel):
    """Which notice has come, says whom it was for."""

    key: Annotated[str, Field(min_length=1, max_length=1000)]
    who: Person


router = APIRouter()


@router.get("/duty")
async def _duty(clerk: Asked) -> Json:
    return duty_json(clerk.judge, clerk.now())


@router.post("/substitute")
async def _substitute(body: SubstituteBody, clerk: Asked) -> Json:
    at = clerk.now()
    one = Substitution(body.rotation, body.begins, body.ends, body.person, body.reason, body.who)
    _check(clerk.judge, one, at, is_over=body.is_over)
    await clerk.judged(Substitute(at, one, body.is_over))
    return duty_json(clerk.judge, at)


@router.post("/receipt")
async def _receipt(body: ReceiptBody, clerk: Asked) -> Json:
    if body.who not in clerk.judge.plant.duty.people or body.key.rsplit("|", 2)[1:-1] != [body.who]:
        raise HTTPException(404, f"there is no such notice to {body.who}")
    await clerk.judged(Receipt(clerk.now(), body.key, body.who))
    return duty_json(clerk.judge, clerk.now())


def _check(judge: Judge, one: Substitution, at: datetime, *, is_over: bool) -> None:
    """See that a substitution may be noted, or taken back.

    Raises:
        HTTPException: it may not.
    """
    noted = judge.state.calls.substitutions
    is_noted = any(is_same(one, other) for other in noted)
    if is_over:
        if not is_noted:
            raise HTTPException(404, "no such substitution is noted")
        return
    if one.rotation not in judge.plant.duty.rotations:
        raise HTTPException(404, f"{one.rotation} is not a rotation of this plant")
    if one.person not in judge.plant.duty.people:
        raise HTTPException(404, f"{one.person} is not called by this plant")
    if not timedelta(0) < one.ends - one.begins <= LASTS_MAX:
        raise HTTPException(422, f"it must end after it begins, and within {LASTS_MAX.days} days")
    if one.ends <= at:
        raise HTTPException(409, "it is over already: who was on call is not changed afterwards")
    if is_noted or len(noted) >= NOTED_MAX:
        raise HTTPException(409, "it is noted already" if is_noted else f"{NOTED_MAX} are noted already")


def duty_json(judge: Judge, at: datetime) -> Json:
    """Write who is on call now, and all that is remembered of calling people."""
    calls = judge.state.calls
    rotations = judge.plant.duty.rotations.values()
    return {
        "at": iso(at),
        "on_call": {one.id: on_call(one, calls.substitutions, at) for one in rotations},
        "substitutions": [_substitution_json(one) for one in calls.substitutions],
        "calls": [_call_json(one) for one in calls.open.values()],
        "pending": [_pending_json(one) for one in calls.pending.values()],
        "wrong": dict(calls.wrong),
        "tested_at": calls.tested_at and iso(calls.tested_at),
        "unconfirmed": list(calls.unconfirmed),
    }


def _substitution_json(one: Substitution) -> Json:
    return {
        "rotation": one.rotation,
        "begins": iso(one.begins),
        "ends": iso(one.ends),
        "person": one.person,
        "reason": one.reason,
        "noted_by": one.noted_by,
    }


def _call_json(one: Call) -> Json:
    return {
        "alarm": one.alarm,
        "raised_at": iso(one.raised_at),
        "escalation": one.escalation,
        "begun_at": iso(one.begun_at),
        "taken": one.taken,
        "due_at": one.due_at and iso(one.due_at),
        "climbing": one.climbing,
        "told": list(one.told),
        "reached": one.reached,
    }


def _pending_json(one: Pending) -> Json:
    notice = one.notice
    return {
        "key": notice.key,
        "at": iso(notice.at),
        "kind": notice.kind,
        "person": notice.person,
        "way": notice.way,
        "alarms": [[alarm, iso(raised_at)] for alarm, raised_at in notice.alarms],
        "step": notice.step,
    }
