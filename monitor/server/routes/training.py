"""Who is trained in what, from which day to which."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from config.model import Text
from monitor.server.asked import Day
from monitor.server.may import may
from monitor.server.messages import Time, refusals, shown
from monitor.server.refusal import Refusal
from monitor.server.rights import SUBJECTS, Deed
from monitor.server.routes.people import Name, Why
from monitor.server.service import Here, by
from monitor.server.sessions import Session
from monitor.server.written import AT, NOUN, Noun
from monitor.store import people

router = APIRouter(
    prefix="/training",
    tags=["people"],
    responses=refusals(401, 403, 404, 409, 422, 503),
)

_NOBODY = Text(en="There is no account of that name.", zh="没有该账户。")
_OWN = Text(en="Nobody notes the own training.", zh="不能登记自己的培训记录。")
_ORDER = Text(en="It ends before it begins.", zh="有效期的结束日期早于开始日期。")

TRAINING_EXAMPLE: dict[str, Any] = {
    "person": "li",
    "what": "alarms",
    "valid_from": "2026-03-02",
    "valid_until": "2027-03-01",
    "noted_by": "qian",
    "noted_at": AT,
}
Noting: TypeAlias = Annotated[Session, Depends(may(Deed.KEEP_TRAINING))]
Subject = StrEnum("Subject", list(SUBJECTS))  # type: ignore[misc]  # made from the table, so that there is but one


class NewTraining(Why):
    """What somebody was trained in, and from which day to which that holds; both days are included."""

    model_config = shown(
        {
            "person": "li",
            "what": "alarms",
            "valid_from": "2026-03-02",
            "valid_until": "2027-03-01",
            "reason": "course 26-03, passed",
        }
    )

    person: Name
    what: Subject
    valid_from: Day
    valid_until: Day


class OneTraining(Noun):
    """What counts of somebody's training in one subject."""

    model_config = NOUN | shown(TRAINING_EXAMPLE)

    person: str
    what: str
    valid_from: date
    valid_until: date
    noted_by: str
    noted_at: Time


class AllTraining(BaseModel):
    """What counts of everybody's training."""

    model_config = shown({"training": [TRAINING_EXAMPLE]})

    training: list[OneTraining]


@router.get("", dependencies=[Depends(may(Deed.KEEP_TRAINING, Deed.KEEP_PEOPLE))])
async def read_training(here: Here) -> AllTraining:
    """What counts of everybody's training: in each subject what was noted last."""
    return AllTraining(training=[OneTraining.model_validate(one) for one in here.people.training()])


@router.post("", status_code=201)
async def note_training(new: NewTraining, session: Noting, here: Here) -> OneTraining:
    """Note what somebody else was trained in; from now on this counts."""
    if new.person == session.person.name:
        raise Refusal(409, _OWN)
    if new.valid_until < new.valid_from:
        raise Refusal(422, _ORDER)
    if here.people.account(new.person) is None:
        raise Refusal(404, _NOBODY)
    who, at = session.person.name, here.settings.now()
    training = people.Training(new.person, str(new.what), new.valid_from, new.valid_until, who, at)
    async with here.database.connection() as connection:
        await people.note_training(connection, by(here, session, new.reason), training)
    await here.roll.call()
    return OneTraining.model_validate(training)
