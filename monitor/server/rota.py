"""Who is on call, as a screen reads it: rotations with their turns, people with the ways to them, open calls."""

from datetime import datetime

from pydantic import BaseModel, Field

from alarms.roster import Because, Turn
from config.duty import Person, Rotation, Substitution, WayKind
from monitor.server.duty import CALL_EXAMPLE, SUBSTITUTION_EXAMPLE, OpenCall, Substituted, now_and_next
from monitor.server.messages import Time, shown
from monitor.server.rights import Deed
from monitor.server.service import Service
from monitor.server.sessions import Session
from monitor.server.written import AT, NOUN, Clock, Label, Noun

TURN_EXAMPLE = {"begins": AT, "ends": "2026-03-02T12:00:00.000000+00:00", "person": "li", "because": "turn"}


class OneTurn(Noun):
    """A time without a break in which one person is on call; `ends` is the first instant after it."""

    model_config = NOUN | shown(TURN_EXAMPLE)

    begins: Time
    ends: Time
    person: str
    because: Because


class OneRotation(BaseModel):
    """People who take turns, and who has the duty now and next; null: nobody."""

    id: str
    label: Label
    time_zone: str
    people: list[str]
    hand_over: Clock
    hours: tuple[Clock, Clock] | None
    now: OneTurn | None
    next: OneTurn | None


class Reached(BaseModel):
    """One way by which a person is reached; `to` is empty for whom it is not meant."""

    way: str
    label: Label
    kind: WayKind
    to: str


class Called(BaseModel):
    """Somebody who may be called, and how."""

    id: str
    display: str
    language: str
    contacts: list[Reached]


class DutyNow(BaseModel):
    """Who is on call. While `collector` is false, substitutions and calls are those it last told of."""

    model_config = shown(
        {
            "at": AT,
            "collector": True,
            "time_zone": "Asia/Shanghai",
            "rotations": [
                {
                    "id": "day",
                    "label": {"en": "Day", "zh": "白班"},
                    "time_zone": "Asia/Shanghai",
                    "people": ["li", "wang"],
                    "hand_over": "08:00",
                    "hours": ["08:00", "20:00"],
                    "now": TURN_EXAMPLE,
                    "next": None,
                }
            ],
            "people": [
                {
                    "id": "li",
                    "display": "Li Na",
                    "language": "zh",
                    "contacts": [
                        {
                            "way": "robot",
                            "label": {"en": "Robot", "zh": "机器人"},
                            "kind": "dingtalk",
                            "to": "",
                        }
                    ],
                }
            ],
            "substitutions": [SUBSTITUTION_EXAMPLE],
            "calls": [CALL_EXAMPLE],
            "wrong": {},
            "tested_at": AT,
            "unconfirmed": ["wang"],
        }
    )

    at: Time
    collector: bool
    time_zone: str
    rotations: list[OneRotation]
    people: list[Called]
    substitutions: list[Substituted]
    calls: list[OpenCall]
    wrong: dict[str, str] = Field(description="what is wrong with calling itself, in words")
    tested_at: Time | None = Field(description="when the last weekly test page went out")
    unconfirmed: list[str] = Field(description="who has not said yet that it came")


def rotation_of(one: Rotation, noted: tuple[Substitution, ...], at: datetime) -> OneRotation:
    """Say who has the duty of a rotation now and next; it may take a moment."""
    now, following = now_and_next(one, noted, at)
    return OneRotation(
        id=one.id,
        label=Label.model_validate(one.label),
        time_zone=one.time_zone,
        people=list(one.people),
        hand_over=one.hand_over,
        hours=one.hours,
        now=_turn(now),
        next=_turn(following),
    )


def _turn(turn: Turn | None) -> OneTurn | None:
    return None if turn is None else OneTurn.model_validate(turn)


def called_of(here: Service, session: Session, one: Person) -> Called:
    """Say how a person is reached, with addresses only for that person, and for whoever notes substitutions."""
    account = here.people.account(one.id)
    is_shown = one.id == session.person.name or Deed.SUBSTITUTE_ANYBODY in session.deeds
    ways = here.settings.plant.duty.ways
    return Called(
        id=one.id,
        display=(account.display if account else "") or one.id,
        language=one.language,
        contacts=[
            Reached(
                way=each.way,
                label=Label.model_validate(ways[each.way].label),
                kind=ways[each.way].kind,
                to=each.to if is_shown else "",
            )
            for each in one.contacts
        ],
    )
