"""Who is on call now and next, the turns of a time and as a calendar, and who has whose turn for a while."""

import asyncio
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, TypeAlias

import structlog
from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, Field

from config.duty import Rotation, Substitution
from config.model import Text
from monitor.notify.icalendar import calendar
from monitor.server.asked import Id, Moment
from monitor.server.duty import SUBSTITUTION_EXAMPLE, Known, Substituted, is_own, turns_of
from monitor.server.may import Looking, may
from monitor.server.messages import refusals, shown
from monitor.server.period import Period
from monitor.server.refusal import Refusal
from monitor.server.rights import Deed
from monitor.server.rota import TURN_EXAMPLE, DutyNow, OneTurn, called_of, rotation_of
from monitor.server.service import Here, Service
from monitor.server.sessions import Session

CALENDAR_PAST, CALENDAR_AHEAD = timedelta(days=14), timedelta(days=180)
"""What a calendar holds (demo proposal)."""
LATE = timedelta(minutes=10)
"""A substitution from now on takes a moment to write."""
LASTS_MAX = timedelta(days=92)
"""Demo proposal: whoever is away for longer is taken out of the rotation."""

router = APIRouter(prefix="/duty", tags=["duty"], responses=refusals(401, 403, 422))
_log = structlog.get_logger()

_NO_ROTATION = Text(en="There is no such rotation.", zh="没有该轮值。")
_NOT_ORDERED = Text(en="The begin must be before the end.", zh="开始时间必须早于结束时间。")
_PAST = Text(
    en="Who was on call is not changed afterwards: choose a begin from now on.",
    zh="已过去的值班不得更改，请选择现在或之后的开始时间。",
)
_TOO_LONG = Text(
    en=f"It may last {LASTS_MAX.days} days at most; for longer change the rotation.",
    zh=f"最长{LASTS_MAX.days}天；更长请修改轮值配置。",
)
_NOBODY = Text(
    en="This person is not called by this plant: nobody could reach them.",
    zh="该人员不在本工厂的通知名单中，无法联系到。",
)
_NOT_OWN = Text(
    en="Only your own turns: in this time somebody else has the duty, or nobody. An engineer may note any.",
    zh="仅限本人的班次：该时段由他人值班或无人值班。工程师可登记任何替班。",
)
_NOT_NOTED = Text(en="There is no such substitution.", zh="没有该替班。")
_NOT_YOURS = Text(
    en="Only who noted it, who had the turn, or an engineer takes it back.",
    zh="仅登记人、原值班人或工程师可撤销。",
)

Substituting: TypeAlias = Annotated[Session, Depends(may(Deed.SUBSTITUTE, Deed.SUBSTITUTE_ANYBODY))]
RotationId = Annotated[str, Path(min_length=1, max_length=100, pattern=r"^[^\x00]*$", examples=["night"])]


class Turns(BaseModel):
    """The turns of one rotation that have a part in a time, in order."""

    model_config = shown({"turns": [TURN_EXAMPLE]})

    turns: list[OneTurn]


class NewSubstitution(BaseModel):
    """Who has a rotation's duty from when to when, and why."""

    model_config = shown({key: value for key, value in SUBSTITUTION_EXAMPLE.items() if key != "noted_by"})

    rotation: Id
    begins: Moment
    ends: Moment
    person: Id
    reason: Annotated[str, Field(min_length=3, max_length=1000, pattern=r"^[^\x00]*$")]


class Substitutions(BaseModel):
    """All that are noted, in that order."""

    model_config = shown({"substitutions": [SUBSTITUTION_EXAMPLE]})

    substitutions: list[Substituted]


@router.get("")
async def read_duty(session: Annotated[Session, Looking], here: Here) -> DutyNow:
    """Who is on call now and next in each rotation, how they are reached, and for what people are being called."""
    known, is_heard = await here.duty.now()
    at, duty = here.settings.now(), here.settings.plant.duty
    rotations = await asyncio.to_thread(
        lambda: [rotation_of(one, known.noted, at) for one in duty.rotations.values()]
    )
    return DutyNow(
        at=at,
        collector=is_heard,
        time_zone=here.settings.plant.time_zone,
        rotations=rotations,
        people=[called_of(here, session, one) for one in duty.people.values()],
        **known.model_dump(include={"substitutions", "calls", "wrong", "tested_at", "unconfirmed"}),
    )


@router.get("/turns", dependencies=[Looking], responses=refusals(404))
async def read_turns(
    rotation: Annotated[str, Query(min_length=1, max_length=100, pattern=r"^[^\x00]*$", examples=["night"])],
    period: Period,
    here: Here,
) -> Turns:
    """The turns of a rotation from `start` to `end`, past or future, as they are known now."""
    found = _found(here, rotation)
    known, _ = await here.duty.now()
    turns = await turns_of(found, known.noted, *period)
    return Turns(turns=[OneTurn.model_validate(one) for one in turns])


@router.get(
    "/{rotation}.ics",
    dependencies=[Depends(may(Deed.LOOK, Deed.CALENDAR))],
    response_class=Response,
    responses={200: {"content": {"text/calendar": {}}}, **refusals(404)},
)
async def read_calendar(rotation: RotationId, here: Here, language: Literal["en", "zh"] = "zh") -> Response:
    """The turns of a rotation as iCalendar, for a calendar that fetches it with an API token."""
    found, now = _found(here, rotation), here.settings.now()
    known, _ = await here.duty.now()
    turns = await turns_of(found, known.noted, now - CALENDAR_PAST, now + CALENDAR_AHEAD)
    text = calendar(here.settings.plant, found, turns, now, language)
    return Response(text, media_type="text/calendar; charset=utf-8")


@router.post("/substitutions", responses=refusals(404, 409, 503))
async def substitute(new: NewSubstitution, session: Substituting, here: Here) -> Substitutions:
    """Note that somebody else has a rotation's duty for a while."""
    rotation = _found(here, new.rotation)
    _check_time(new, here.settings.now())
    if new.person not in here.settings.plant.duty.people:
        raise Refusal(422, _NOBODY)
    if Deed.SUBSTITUTE_ANYBODY not in session.deeds:
        known, _ = await here.duty.now()
        if not is_own(rotation, known.noted, new.begins, new.ends, session.person.name):
            raise Refusal(403, _NOT_OWN)
    return await _noted(here, session, new, is_over=False)


@router.post("/substitutions/take-back", responses=refusals(404, 409, 503))
async def take_back(asked: NewSubstitution, session: Substituting, here: Here) -> Substitutions:
    """Take a substitution back; it is named whole, `reason` says why it is taken back."""
    known, _ = await here.duty.now()
    one = next((each for each in known.substitutions if _is_same(each, asked)), None)
    if one is None:
        raise Refusal(404, _NOT_NOTED)
    rotation, name = _found(here, asked.rotation), session.person.name
    others = tuple(each for each in known.noted if not _is_same(each, asked))
    is_theirs = one.noted_by == name or is_own(rotation, others, one.begins, one.ends, name)
    if Deed.SUBSTITUTE_ANYBODY not in session.deeds and not is_theirs:
        raise Refusal(403, _NOT_YOURS)
    return await _noted(here, session, asked, is_over=True)


def _is_same(one: Substituted | Substitution, asked: NewSubstitution) -> bool:
    named = (one.rotation, one.begins, one.ends, one.person)
    return named == (asked.rotation, asked.begins, asked.ends, asked.person)


async def _noted(here: Service, session: Session, asked: NewSubstitution, *, is_over: bool) -> Substitutions:
    body: dict[str, Any] = asked.model_dump(mode="json") | {"who": session.person.name, "is_over": is_over}
    known: Known = await here.duty.ask("/substitute", body)
    _log.info("substitution", rotation=asked.rotation, name=session.person.name, is_over=is_over)
    return Substitutions(substitutions=known.substitutions)


def _check_time(new: NewSubstitution, now: datetime) -> None:
    if new.begins >= new.ends:
        raise Refusal(422, _NOT_ORDERED)
    if new.begins < now - LATE:
        raise Refusal(422, _PAST)
    if new.ends - new.begins > LASTS_MAX:
        raise Refusal(422, _TOO_LONG)


def _found(here: Service, rotation: str) -> Rotation:
    found = here.settings.plant.duty.rotations.get(rotation)
    if found is None:
        raise Refusal(404, _NO_ROTATION)
    return found
