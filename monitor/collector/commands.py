"""What people ask of the collector: `permit` is asked first, then it is judged as an event, and answered.

404: there is no such thing. 409: it may not be done, or nothing came of it; the sentence says why. 422: the body is not
what it should be. Who signs, and in which role, was checked by the server.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Protocol, TypeAlias

from fastapi import APIRouter, Depends, HTTPException, Request
from pydantic import AwareDatetime, BaseModel, Field

from alarms.events import (
    Acknowledge,
    ConfirmProtection,
    Event,
    Inhibit,
    Inhibited,
    InService,
    OutOfService,
    Rearm,
    Reset,
    ResetProtection,
    Running,
    SetOccupancy,
    Shelve,
    Told,
    Transition,
    Unshelve,
)
from alarms.state import State
from config.model import Occupancy
from config.plant import Plant
from monitor.collector.shown import Json, alarm_json, protection_json

Person: TypeAlias = Annotated[str, Field(min_length=1, max_length=100)]
Words: TypeAlias = Annotated[str, Field(max_length=2000)]
OfAlarm: TypeAlias = Acknowledge | Reset | Shelve | Unshelve | OutOfService | InService
OfProtection: TypeAlias = ConfirmProtection | ResetProtection | Inhibit | Rearm

NOTHING: Mapping[type[OfAlarm | OfProtection], str] = {
    Acknowledge: "that occurrence of {} is over or was acknowledged before",
    Reset: "that occurrence of {} is over, or its condition still holds",
    Shelve: "{} is shelved already, or out of service",
    Unshelve: "{} is not shelved",
    OutOfService: "{} is out of service already",
    InService: "{} is in service",
    ConfirmProtection: "{} does not wait for a confirmation",
    ResetProtection: "{} stands as before",
    Inhibit: "{} is switched off already",
    Rearm: "{} is not switched off",
}
"""Why nothing came of an event that was permitted."""


class RefusedError(Exception):
    """An event that may not be is neither judged nor written; the message says why it may not."""


class Judge(Protocol):
    """Where an event is judged."""

    @property
    def plant(self) -> Plant:
        """The plant in force."""

    @property
    def state(self) -> State:
        """All that judging remembers now."""

    def knows(self, alarm: str) -> bool:
        """Say whether there is such an alarm, whether it stands or not."""

    async def ask(self, event: Event) -> tuple[Told, ...]:
        """Judge an event and return what came of it.

        Raises:
            RefusedError: it may not be: nothing of it is written.
        """


class SeenBody(BaseModel):
    """Which occurrence of which alarm a person has seen, or lets go."""

    alarm: str
    raised_at: AwareDatetime
    who: Person
    comment: Words = ""
    signature: Annotated[str, Field(max_length=64)] = ""
    sha256: Annotated[str, Field(max_length=64)] = ""


class AlarmBody(BaseModel):
    """Which alarm a person gives back."""

    alarm: str
    who: Person


class ShelveBody(AlarmBody):
    """Which alarm is hidden until when, and why."""

    until: AwareDatetime
    reason: Words
    second: str = Field(default="", max_length=100)


class OutOfServiceBody(AlarmBody):
    """Which alarm is taken out of service, why, and for which work."""

    reason: Words
    work_order: str = Field(max_length=100)
    second: str = Field(default="", max_length=100)


class OccupancyBody(BaseModel):
    """What goes on in a zone."""

    zone: str
    occupancy: Occupancy
    who: Person
    reason: Words


class ProtectionBody(BaseModel):
    """Which protective action is confirmed or switched on again."""

    protection: str
    who: Person


class ResetProtectionBody(BaseModel):
    """Which protective action is ended, by whom, in which roles."""

    protection: str
    who: list[Person] = Field(min_length=1, max_length=10)
    roles: list[Person] = Field(min_length=1, max_length=10)
    comment: Words


class InhibitBody(ProtectionBody):
    """Which protective action is switched off until when, and why."""

    until: AwareDatetime
    second: Person
    reason: Words


class Clerk:
    """Takes events of people to the judge, and answers them.

    Attributes:
        judge: who judges.
        now: the service's clock.
    """

    def __init__(self, judge: Judge, now: Callable[[], datetime]) -> None:
        self.judge = judge
        self.now = now

    async def alarm(self, event: OfAlarm) -> Json:
        """Ask for something to be done to an alarm; return the alarm as it then stands."""
        may_be_calm = isinstance(event, Shelve | OutOfService)
        if not (event.alarm in self.judge.state.alarms or (may_be_calm and self.judge.knows(event.alarm))):
            raise HTTPException(404, f"{event.alarm} is not an alarm that stands")
        for one in await self.judged(event):
            if isinstance(one, Transition) and one.alarm == event.alarm:
                return {"alarm": alarm_json(self.judge.plant, one.after)}
        raise HTTPException(409, NOTHING[type(event)].format(event.alarm))

    async def protection(self, event: OfProtection) -> Json:
        """Ask for something to be done to a protective action; return it as it then stands."""
        if event.protection not in self.judge.plant.protections:
            raise HTTPException(404, f"{event.protection} is not a protective action of this plant")
        before = self._standing(event.protection)
        await self.judged(event)
        if self._standing(event.protection) == before:
            raise HTTPException(409, NOTHING[type(event)].format(event.protection))
        return {"protection": protection_json(self.judge.plant, event.protection, self.judge.state)}

    async def occupancy(self, event: SetOccupancy) -> Json:
        """Say what goes on in a zone."""
        if event.zone not in self.judge.plant.zones:
            raise HTTPException(404, f"{event.zone} is not a zone of this plant")
        await self.judged(event)
        stands = self.judge.state.occupancy.get(event.zone, self.judge.plant.zones[event.zone].occupancy)
        return {"zone": event.zone, "occupancy": stands}

    def _standing(self, key: str) -> tuple[Running | None, Inhibited | None]:
        state = self.judge.state
        return state.running.get(key), state.inhibited.get(key)

    async def judged(self, event: Event) -> tuple[Told, ...]:
        """Have an event judged, or say why it may not be."""
        try:
            return await self.judge.ask(event)
        except RefusedError as error:
            raise HTTPException(409, str(error)) from error


async def _clerk(request: Request) -> Clerk:
    """Give the application's own; it is put there when the application is made."""
    clerk: Clerk = request.app.state.clerk
    return clerk


Asked: TypeAlias = Annotated[Clerk, Depends(_clerk)]
router = APIRouter()


@router.post("/occupancy")
async def _occupancy(body: OccupancyBody, clerk: Asked) -> Json:
    return await clerk.occupancy(SetOccupancy(clerk.now(), body.zone, body.occupancy, body.who, body.reason))


@router.post("/acknowledge")
async def _acknowledge(body: SeenBody, clerk: Asked) -> Json:
    signed = {"signature": body.signature, "sha256": body.sha256}
    return await clerk.alarm(
        Acknowledge(clerk.now(), body.alarm, body.raised_at, body.who, body.comment, **signed)
    )


@router.post("/reset")
async def _reset(body: SeenBody, clerk: Asked) -> Json:
    return await clerk.alarm(Reset(clerk.now(), body.alarm, body.raised_at, body.who, body.comment))


@router.post("/shelve")
async def _shelve(body: ShelveBody, clerk: Asked) -> Json:
    return await clerk.alarm(Shelve(clerk.now(), body.alarm, body.until, body.who, body.reason, body.second))


@router.post("/unshelve")
async def _unshelve(body: AlarmBody, clerk: Asked) -> Json:
    return await clerk.alarm(Unshelve(clerk.now(), body.alarm, body.who))


@router.post("/out-of-service")
async def _out_of_service(body: OutOfServiceBody, clerk: Asked) -> Json:
    return await clerk.alarm(
        OutOfService(clerk.now(), body.alarm, body.who, body.reason, body.work_order, body.second)
    )


@router.post("/in-service")
async def _in_service(body: AlarmBody, clerk: Asked) -> Json:
    return await clerk.alarm(InService(clerk.now(), body.alarm, body.who))


@router.post("/protection/confirm")
async def _confirm(body: ProtectionBody, clerk: Asked) -> Json:
    return await clerk.protection(ConfirmProtection(clerk.now(), body.protection, body.who))


@router.post("/protection/reset")
async def _reset_protection(body: ResetProtectionBody, clerk: Asked) -> Json:
    return await clerk.protection(
        ResetProtection(clerk.now(), body.protection, tuple(body.who), tuple(body.roles), body.comment)
    )


@router.post("/protection/inhibit")
async def _inhibit(body: InhibitBody, clerk: Asked) -> Json:
    return await clerk.protection(
        Inhibit(clerk.now(), body.protection, body.until, body.who, body.second, body.reason)
    )


@router.post("/protection/rearm")
async def _rearm(body: ProtectionBody, clerk: Asked) -> Json:
    return await clerk.protection(Rearm(clerk.now(), body.protection, body.who))
