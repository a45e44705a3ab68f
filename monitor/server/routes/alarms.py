"""The alarms that stand, those that stood, how much they ask of people, and what is to be done about one."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from alarms import events
from alarms.alarm import state
from alarms.load import Occurrence, load
from alarms.table import HIDDEN
from config.guidance import guidance_of
from config.plant import Plant
from config.rules import Priority
from monitor.server.asked import Moment
from monitor.server.may import Looking, ReadingPast
from monitor.server.messages import ALARM_EXAMPLE, Alarm, Time, refusals, shown
from monitor.server.period import Period
from monitor.server.search import Id, Looked, mark_of
from monitor.server.service import Here
from monitor.server.transitions import TRANSITION_EXAMPLE, Transition, deeds_on, transitions_of
from monitor.server.written import NOUN, Label, Noun
from monitor.store.history import alarm_history, alarms_found, alarms_standing

HISTORY_MAX = 5000
LOAD_MAX = 100_000
TRANSITIONS_MAX = 500

router = APIRouter(prefix="/alarms", tags=["alarms"])

# No NUL: PostgreSQL cannot keep one, and would look as if it were down.
AlarmAsked = Annotated[str, Query(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]


class Standing(BaseModel):
    """Every alarm that is not NORM; while `collector` is false the list may be old."""

    model_config = shown(
        {"at": "2026-03-02T08:15:01.400000+00:00", "collector": True, "alarms": [ALARM_EXAMPLE]}
    )

    at: Time
    collector: bool
    alarms: list[Alarm]


class History(BaseModel):
    """Occurrences of alarms, the latest first, each as it last stood; `next` asks for those behind, null: none are."""

    model_config = shown(
        {
            "alarms": [{**ALARM_EXAMPLE, "state": "NORM", "active": False, "acknowledged": True}],
            "next": f"{ALARM_EXAMPLE['raised_at']} {ALARM_EXAMPLE['id']}",
        }
    )

    alarms: list[Alarm]
    next: str | None


class Transitions(BaseModel):
    """Changes of alarms, the latest first."""

    model_config = shown({"transitions": [TRANSITION_EXAMPLE]})

    transitions: list[Transition]


class AlarmGuidance(Noun):
    """What a person is told with an alarm."""

    model_config = NOUN | shown(
        {
            "consequence": {"en": "Room air may reach the product.", "zh": "房间空气可能接触产品。"},
            "response": {"en": "Close open containers.", "zh": "盖好敞口容器。"},
            "respond_within_s": 30,
            "sop": "SOP-ISO-003 v2",
        }
    )

    consequence: Label
    response: Label
    respond_within_s: float
    sop: str


class AlarmTop(Noun):
    """One of the alarms that sounded most."""

    alarm: str
    times: int


class AlarmLoad(Noun):
    """How much alarms asked of people; the aims are those of ISA-18.2, table 7."""

    model_config = NOUN | shown(
        {
            "alarms": 22,
            "per_hour": 0.9,
            "per_10_min": 0.15,
            "peak_10_min": 4,
            "share_above_10": 0,
            "floods": 0,
            "share_in_flood": 0,
            "top": [{"alarm": "RM-STM-L1/core_dp/alert", "times": 9}],
            "top_share": 0.41,
            "chattering": 0,
            "stale": 0,
            "priorities": {"critical": 0, "high": 0.05, "medium": 0.2, "low": 0.75},
        }
    )

    alarms: int
    per_hour: float
    per_10_min: float
    peak_10_min: int
    share_above_10: float
    floods: int
    share_in_flood: float
    top: list[AlarmTop]
    top_share: float
    chattering: int
    stale: int
    priorities: dict[Priority, float]


@router.get("", dependencies=[Looking], responses=refusals(401, 403, 422))
async def read_alarms(here: Here, hidden: bool = True) -> Standing:
    """Every alarm that is not NORM, from memory: it needs no database. Without `hidden`, those that are shown."""
    alarms = [one for one in here.relay.alarms.values() if hidden or one.state not in HIDDEN]
    return Standing(at=here.settings.now(), collector=here.relay.collector, alarms=alarms)


@router.get(
    "/history",
    dependencies=[ReadingPast],
    responses=refusals(401, 403, 422, 503),
)
async def read_alarm_history(
    period: Period, looked: Looked, here: Here, limit: Annotated[int, Query(ge=1, le=HISTORY_MAX)] = 500
) -> History:
    """The occurrences raised from `start` to `end` that are looked for, at most `limit`; `next` leads on."""
    async with here.reads.pool() as pool:
        found = await alarms_found(pool, *period, looked, limit)
    plant = here.settings.plant
    priorities = {one.id: one.priority for one in plant.limits}
    last = mark_of(found[-1].raised_at, found[-1].id) if len(found) == limit else None
    known = (replace(one, priority=priorities.get(one.id, one.priority)) for one in found)
    return History(alarms=[describe(one, plant) for one in known], next=last)


@router.get("/load", dependencies=[ReadingPast], responses=refusals(401, 403, 422, 503))
async def read_alarm_load(period: Period, here: Here) -> AlarmLoad:
    """How much the alarms from `start` to `end` asked of people (ISA-18.2, table 7)."""
    async with here.reads.pool() as pool:
        found = await alarm_history(pool, *period, LOAD_MAX)
        found += await alarms_standing(pool, period[0], LOAD_MAX)
    priorities = {limit.id: limit.priority for limit in here.settings.plant.limits}
    occurrences = (_occurrence(one, priorities.get(one.id, Priority.MEDIUM)) for one in found)
    return AlarmLoad.model_validate(load(occurrences, *period))


@router.get(
    "/transitions",
    dependencies=[ReadingPast],
    responses=refusals(401, 403, 422, 503),
)
async def read_transitions(
    here: Here,
    alarm: AlarmAsked,
    raised_at: Moment | None = None,
    limit: Annotated[int, Query(ge=1, le=TRANSITIONS_MAX)] = 50,
) -> Transitions:
    """What the book says of an alarm, or of one occurrence: each change, why, and who did it.

    The book is a moment behind what is live.
    """
    async with here.reads.pool() as pool:
        return Transitions(transitions=await transitions_of(pool, alarm, raised_at, limit))


@router.get("/deeds", dependencies=[ReadingPast], responses=refusals(401, 403, 422, 503))
async def read_deeds(
    period: Period,
    channel: Annotated[list[Id], Query(min_length=1, max_length=40)],
    here: Here,
    limit: Annotated[int, Query(ge=1, le=TRANSITIONS_MAX)] = TRANSITIONS_MAX,
) -> Transitions:
    """What people did about the alarms of some channels from `start` to `end`."""
    wanted = set(channel)
    alarms = {f"{one}/blind" for one in wanted} | {
        one.id for one in here.settings.plant.limits if one.channel in wanted
    }
    async with here.reads.pool() as pool:
        return Transitions(transitions=await deeds_on(pool, alarms, period, limit))


def _occurrence(alarm: events.Alarm, priority: Priority) -> Occurrence:
    over = state(alarm) is events.AlarmState.NORM
    return Occurrence(alarm.id, priority, alarm.raised_at, alarm.changed_at if over else None)


@router.get("/guidance", dependencies=[Looking], responses=refusals(401, 403, 422))
async def read_guidance(here: Here, alarm: AlarmAsked) -> AlarmGuidance:
    """What an alarm means, what is to be done, how soon, and by which procedure."""
    return AlarmGuidance.model_validate(guidance_of(here.settings.plant, alarm))


def describe(alarm: events.Alarm, plant: Plant) -> Alarm:
    """Write an Alarm for a screen, with its place in the plant; a place that the plant no longer has is null."""
    about = alarm.id.rpartition("/")[0]
    channel = plant.channels.get(about) or plant.derived.get(about)
    device = plant.devices.get(alarm.id.partition("/")[0])
    zone = channel.zone if channel else device.zone if device else None
    return Alarm(
        id=alarm.id,
        channel=channel.id if channel else None,
        device=device.id if device else None,
        zone=zone,
        line=plant.zones[zone].line or None if zone else None,
        level=alarm.level,
        state=state(alarm),
        active=alarm.active,
        acknowledged=alarm.acknowledged,
        raised_at=alarm.raised_at,
        changed_at=alarm.changed_at,
        worst=alarm.worst,
        detail=alarm.detail,
        acknowledged_by=alarm.acknowledged_by,
        priority=alarm.priority,
        latched=alarm.latched,
        shelved_until=alarm.shelved_until,
        suppressed_by=list(alarm.suppressed_by),
        out_of_service=alarm.out_of_service,
        times=alarm.times,
        first_out=alarm.first_out,
        chattering=alarm.chattering,
    )
