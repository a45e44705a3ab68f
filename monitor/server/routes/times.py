"""How far one occurrence of an alarm came when: sample, judged, stored, on screen, sent, accepted, acknowledged."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from monitor.server.asked import WRITABLE, Id, Moment
from monitor.server.may import Looking, ReadingPast
from monitor.server.messages import Time, refusals, shown
from monitor.server.service import Here, SignedIn
from monitor.server.written import AT, NOUN, Noun
from monitor.store.times import shown_at, times

SHOWN_AT_ONCE = 500

router = APIRouter(prefix="/alarms", tags=["alarms"])


class AlarmTimes(Noun):
    """When one occurrence came how far; null: it did not, or that was not noted.

    `shown_at` is when the server heard that a screen had first drawn it.
    """

    model_config = NOUN | shown(
        {
            "sample_at": AT,
            "heard_at": "2026-03-02T08:15:01.212000+00:00",
            "judged_at": "2026-03-02T08:15:01.214000+00:00",
            "stored_at": "2026-03-02T08:15:01.236000+00:00",
            "shown_at": "2026-03-02T08:15:01.291000+00:00",
            "sent_at": "2026-03-02T08:15:01.240000+00:00",
            "accepted_at": "2026-03-02T08:15:01.655000+00:00",
            "acknowledged_at": "2026-03-02T08:16:12.000000+00:00",
            "acknowledged_by": "li",
        }
    )

    sample_at: Time | None
    heard_at: Time | None
    judged_at: Time | None
    stored_at: Time | None
    shown_at: Time | None = None
    sent_at: Time | None
    accepted_at: Time | None
    acknowledged_at: Time | None
    acknowledged_by: str


class Drawn(BaseModel):
    """One occurrence that a screen has drawn."""

    alarm: Id
    raised_at: Moment


class DrawnNow(BaseModel):
    """What a screen has drawn for the first time."""

    model_config = shown({"shown": [{"alarm": "ISO-STM-L1/chamber_pressure/action", "raised_at": AT}]})

    shown: Annotated[list[Drawn], Field(max_length=SHOWN_AT_ONCE)]


@router.get(
    "/times",
    dependencies=[ReadingPast],
    responses=refusals(401, 403, 422, 503),
)
async def read_times(
    here: Here,
    alarm: Annotated[str, Query(min_length=1, max_length=200, pattern=WRITABLE)],
    raised_at: Moment,
) -> AlarmTimes:
    """When one occurrence of an alarm came how far, from its Sample to the person who saw it."""
    async with here.reads.pool() as pool:
        found = await times(pool, alarm, raised_at)
        drawn = await shown_at(pool, alarm, raised_at)
    return AlarmTimes.model_validate(found).model_copy(update={"shown_at": drawn})


@router.post(
    "/shown",
    status_code=204,
    dependencies=[Looking],
    responses=refusals(401, 403, 422, 503),
)
async def note_shown(drawn: DrawnNow, session: SignedIn, here: Here) -> None:
    """Note that a screen has drawn some alarms; of each occurrence the first that says so counts."""
    if session.scopes is not None:
        return  # what a machine has read nobody has seen
    for one in drawn.shown:
        stands = here.relay.alarms.get(one.alarm)
        if stands is None or stands.raised_at != one.raised_at:
            continue
        if here.drawn.is_first(one.alarm, one.raised_at):
            person = session.person
            body = {"role": person.role, "what": one.alarm, "old": None, "new": None, "reason": ""}
            at = here.settings.now()
            await here.ledger.say(at, "shown", person.name, body | {"raised_at": one.raised_at.isoformat()})
