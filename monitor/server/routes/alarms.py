"""The alarms that stand, those that stood, and seeing one."""

from typing import Annotated

import structlog
from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field

from alarms import events
from alarms.alarm import state
from config.model import Plant, Text
from monitor.server.command import Acknowledged
from monitor.server.messages import ALARM_EXAMPLE, Alarm, Detail, Time, shown
from monitor.server.period import Period
from monitor.server.refusal import Refusal
from monitor.server.service import Here, SignedIn
from monitor.server.sessions import Role
from monitor.store import read

HISTORY_MAX = 5000

router = APIRouter(prefix="/alarms", tags=["alarms"])
_log = structlog.get_logger()

_ONLY_LOOKS = Text(en="A viewer cannot acknowledge alarms.", zh="“查看者”角色不能确认报警。")


class Standing(BaseModel):
    """Every alarm that is not NORM; while `collector` is false the list may be old."""

    model_config = shown(
        {"at": "2026-03-02T08:15:01.400000+00:00", "collector": True, "alarms": [ALARM_EXAMPLE]}
    )

    at: Time
    collector: bool
    alarms: list[Alarm]


class History(BaseModel):
    """Occurrences of alarms, the latest first, each as it last stood."""

    model_config = shown(
        {"alarms": [{**ALARM_EXAMPLE, "state": "NORM", "active": False, "acknowledged": True}]}
    )

    alarms: list[Alarm]


class Seen(BaseModel):
    """Which occurrence of which alarm was seen, and what there is to say about it."""

    model_config = shown(
        {
            "alarm": "ISO-STM-L1/chamber_pressure/action",
            "raised_at": "2026-03-02T08:15:01.000000+00:00",
            "comment": "glove port 3 reseated",
        }
    )

    alarm: Annotated[str, Field(min_length=1, max_length=200)]
    raised_at: AwareDatetime
    # No NUL: PostgreSQL cannot keep one.
    comment: Annotated[str, Field(max_length=1000, pattern=r"^[^\x00]*$")] = ""


@router.get("", responses={401: {"model": Detail}})
async def read_alarms(here: Here) -> Standing:
    """Every alarm that is not NORM, from memory: it needs no database."""
    alarms = list(here.relay.alarms.values())
    return Standing(at=here.settings.now(), collector=here.relay.collector, alarms=alarms)


@router.get("/history", responses={code: {"model": Detail} for code in (401, 422, 503)})
async def read_alarm_history(
    period: Period, here: Here, limit: Annotated[int, Query(ge=1, le=HISTORY_MAX)] = 500
) -> History:
    """The occurrences raised from `start` to `end`, at most `limit`."""
    async with here.database.pool() as pool:
        found = await read.alarm_history(pool, *period, limit)
    return History(alarms=[describe(alarm, here.settings.plant) for alarm in found])


@router.post("/acknowledge", responses={code: {"model": Detail} for code in (401, 403, 404, 409, 422, 503)})
async def acknowledge(seen: Seen, session: SignedIn, here: Here) -> Acknowledged:
    """Say, under the name of who is signed in, that one occurrence of an alarm was seen."""
    if session.person.role is Role.VIEWER:
        raise Refusal(403, _ONLY_LOOKS)
    name = session.person.name
    done = await here.commands.acknowledge(seen.alarm, seen.raised_at, name, seen.comment)
    _log.info("acknowledged", alarm=seen.alarm, name=name)
    return done


def describe(alarm: events.Alarm, plant: Plant) -> Alarm:
    """Write an Alarm for a screen, with its place in the plant; a place that the plant no longer has is null."""
    channel = plant.channels.get(alarm.id.rpartition("/")[0])
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
    )
