"""What people do about alarms, zones and protective actions: under the name of who is signed in, through the collector.

How many persons it takes is said by the collector. A second person gives name and password in the same request, and
needs the same right; who signs in a role has to have it.
"""

from typing import Annotated, Any, TypeAlias, TypeVar

import structlog
from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from config.model import Occupancy, Text
from monitor.server.asked import Id, Moment
from monitor.server.command import OneAlarm, OneProtection, OneZone
from monitor.server.identify import Credentials, address_of, tried
from monitor.server.may import check_right, may, refused
from monitor.server.messages import refusals, shown
from monitor.server.rights import ROLES, SIGNS_AS, Deed
from monitor.server.service import Here, Service
from monitor.server.sessions import Person, Session

ANSWERS = refusals(401, 403, 404, 409, 422, 429, 503)

router = APIRouter(tags=["deeds"], responses=ANSWERS)
_log = structlog.get_logger()

Answer = TypeVar("Answer", bound=BaseModel)

# No NUL: PostgreSQL cannot keep one.
Words: TypeAlias = Annotated[str, Field(max_length=1000, pattern=r"^[^\x00]*$")]


# Asked before anything else: whoever may not do it may not try a second person's password here either.
Acknowledging: TypeAlias = Annotated[Session, Depends(may(Deed.ACKNOWLEDGE))]
Resetting: TypeAlias = Annotated[Session, Depends(may(Deed.RESET_ALARM))]
Shelving: TypeAlias = Annotated[Session, Depends(may(Deed.SHELVE))]
Servicing: TypeAlias = Annotated[Session, Depends(may(Deed.OUT_OF_SERVICE))]
Occupying: TypeAlias = Annotated[Session, Depends(may(Deed.OCCUPY))]
Confirming: TypeAlias = Annotated[Session, Depends(may(Deed.CONFIRM_PROTECTION))]
Ending: TypeAlias = Annotated[Session, Depends(may(Deed.END_PROTECTION))]
Inhibiting: TypeAlias = Annotated[Session, Depends(may(Deed.INHIBIT_PROTECTION))]


class Seen(BaseModel):
    """Which occurrence of which alarm was seen, and what there is to say about it."""

    model_config = shown(
        {
            "alarm": "ISO-STM-L1/chamber_pressure/action",
            "raised_at": "2026-03-02T08:15:01.000000+00:00",
            "comment": "glove port 3 reseated",
        }
    )

    alarm: Id
    raised_at: Moment
    comment: Words = ""


class Given(BaseModel):
    """Which alarm is given back."""

    model_config = shown({"alarm": "ISO-STM-L1/rh/alert"})

    alarm: Id


class Shelved(Given):
    """Which alarm is hidden until when, why, and, where it is critical, who agrees."""

    model_config = shown(
        {
            "alarm": "ISO-STM-L1/rh/alert",
            "until": "2026-03-02T09:15:01+00:00",
            "reason": "the sensor is being changed",
        }
    )

    until: Moment
    reason: Words
    second: Credentials | None = None


class Removed(Given):
    """Which alarm is taken out of service, why, for which work, and, where it is critical, who agrees."""

    model_config = shown(
        {"alarm": "ISO-STM-L1/rh/alert", "reason": "the sensor is being changed", "work_order": "WO-1024"}
    )

    reason: Words
    work_order: Annotated[str, Field(max_length=100, pattern=r"^[^\x00]*$")]
    second: Credentials | None = None


class Occupied(BaseModel):
    """What goes on in a zone."""

    model_config = shown({"zone": "STM-L1-CORE", "occupancy": "at_rest", "reason": "end of the shift"})

    zone: Id
    occupancy: Occupancy
    reason: Words


class Chosen(BaseModel):
    """Which protective action is confirmed, or switched on again."""

    model_config = shown({"protection": "ISO-STM-L1/P-01"})

    protection: Id


class Signed(BaseModel):
    """One more person who signs, and in which role."""

    role: Id
    person: Credentials


class Ended(Chosen):
    """Which protective action is ended, in which role who is signed in signs, and who else does."""

    model_config = shown(
        {"protection": "ISO-STM-L1/P-01", "role": "operator", "others": [], "comment": "glove 3 changed"}
    )

    role: Id
    others: Annotated[list[Signed], Field(max_length=5)] = []
    comment: Words = ""


class SwitchedOff(Chosen):
    """Which protective action is switched off until when, why, and who agrees."""

    model_config = shown(
        {
            "protection": "ISO-STM-L1/P-04",
            "until": "2026-03-02T09:15:01+00:00",
            "reason": "the counter is being changed",
            "second": {"name": "wang", "password": "correct horse battery staple"},
        }
    )

    until: Moment
    reason: Words
    second: Credentials


@router.post("/alarms/reset")
async def reset(seen: Seen, session: Resetting, here: Here) -> OneAlarm:
    """Let a latched occurrence go, whose condition is over."""
    return await do(here, session, "/reset", body_of(seen), OneAlarm)


@router.post("/alarms/shelve")
async def shelve(shelved: Shelved, request: Request, session: Shelving, here: Here) -> OneAlarm:
    """Hide an alarm for a while."""
    second = await _second(here, request, shelved.second, Deed.SHELVE)
    return await do(here, session, "/shelve", body_of(shelved) | second, OneAlarm)


@router.post("/alarms/unshelve")
async def unshelve(given: Given, session: Shelving, here: Here) -> OneAlarm:
    """Show a shelved alarm again."""
    return await do(here, session, "/unshelve", body_of(given), OneAlarm)


@router.post("/alarms/out-of-service")
async def take_out_of_service(removed: Removed, request: Request, session: Servicing, here: Here) -> OneAlarm:
    """Take an alarm out of service for maintenance."""
    second = await _second(here, request, removed.second, Deed.OUT_OF_SERVICE)
    return await do(here, session, "/out-of-service", body_of(removed) | second, OneAlarm)


@router.post("/alarms/in-service")
async def give_back(given: Given, session: Servicing, here: Here) -> OneAlarm:
    """Give an alarm back to service."""
    return await do(here, session, "/in-service", body_of(given), OneAlarm)


@router.post("/zones/occupancy")
async def occupy(occupied: Occupied, session: Occupying, here: Here) -> OneZone:
    """Say what goes on in a zone: its limits follow."""
    return await do(here, session, "/occupancy", body_of(occupied), OneZone)


@router.post("/protections/confirm")
async def confirm(chosen: Chosen, session: Confirming, here: Here) -> OneProtection:
    """Let a protective action ask for what waited for a person's word."""
    return await do(here, session, "/protection/confirm", body_of(chosen), OneProtection)


@router.post("/protections/reset")
async def end(ended: Ended, request: Request, session: Ending, here: Here) -> OneProtection:
    """End a latched protective action."""
    await _check_role(here, session.person, ended.role)
    others = [await _also(here, request, one) for one in ended.others]
    body = {
        "protection": ended.protection,
        "who": [session.person.name, *(person.name for person in others)],
        "roles": [ended.role, *(one.role for one in ended.others)],
        "comment": ended.comment,
    }
    return await do(here, session, "/protection/reset", body, OneProtection)


@router.post("/protections/inhibit")
async def inhibit(off: SwitchedOff, request: Request, session: Inhibiting, here: Here) -> OneProtection:
    """Switch a protective action off for a while."""
    second = await _second(here, request, off.second, Deed.INHIBIT_PROTECTION)
    return await do(here, session, "/protection/inhibit", body_of(off) | second, OneProtection)


@router.post("/protections/rearm")
async def rearm(chosen: Chosen, session: Inhibiting, here: Here) -> OneProtection:
    """Switch a protective action on again."""
    return await do(here, session, "/protection/rearm", body_of(chosen), OneProtection)


def body_of(asked: BaseModel) -> dict[str, Any]:
    """Write down what is asked, without what proves who asks."""
    return asked.model_dump(mode="json", exclude={"second", "signature"})


async def do(
    here: Service, session: Session, path: str, body: dict[str, Any], answer: type[Answer]
) -> Answer:
    """Ask the collector for something, under the name of who is signed in.

    Raises:
        Refusal: what the collector says; 503 it does not answer.
    """
    done = await here.commands.ask(path, {"who": session.person.name} | body, answer)
    _log.info("done", what=path, name=session.person.name)
    return done


async def _second(
    here: Service, request: Request, credentials: Credentials | None, deed: Deed
) -> dict[str, str]:
    return {"second": (await _signed_in(here, request, credentials, deed)).name} if credentials else {}


async def _also(here: Service, request: Request, signed: Signed) -> Person:
    person = await _signed_in(here, request, signed.person, Deed.END_PROTECTION)
    await _check_role(here, person, signed.role)
    return person


async def _signed_in(here: Service, request: Request, credentials: Credentials, deed: Deed) -> Person:
    person = await tried(here, credentials, address_of(request))
    await check_right(here, person, deed)
    return person


async def _check_role(here: Service, person: Person, role: str) -> None:
    """See that a person signs in a role that is the person's own.

    Raises:
        Refusal: 403, it is not.
    """
    if role not in SIGNS_AS[person.role]:
        text = Text(
            en=f"{person.name} is {ROLES[person.role].en} and cannot sign as {role}.",
            zh=f"{person.name}为“{ROLES[person.role].zh}”，不能以{role}角色签名。",
        )
        await refused(here, person, Deed.END_PROTECTION, text)
