"""What channels measured in the past, thinned to what a chart can show, and what was permitted then."""

import math
from collections.abc import Sequence
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from pydantic import BaseModel, FiniteFloat, StringConstraints

from config.model import Occupancy, Text
from config.rules import Level
from monitor.calibration import InstrumentState, Span
from monitor.server.may import ReadingPast
from monitor.server.messages import refusals, shown
from monitor.server.period import Period
from monitor.server.refusal import Refusal
from monitor.server.service import Here
from monitor.server.written import Noun, Time
from monitor.store import readings as kept
from monitor.store.catalog import UnknownChannelError
from monitor.store.instruments import read_register

POINTS_MAX = 5000
CHANNELS_MAX = 40

ANSWERS = refusals(401, 403, 404, 422, 503)

router = APIRouter(tags=["readings"])

_EXAMPLE: dict[str, Any] = {
    "channel": "ISO-STM-L1/chamber_pressure",
    "unit": "Pa",
    "bucket_s": 60.0,
    "at": [1772439300.0, 1772439360.0, 1772439420.0],
    "min": [51.9, None, None],
    "max": [53.2, None, None],
    "mean": [52.4, None, None],
    "n": [60, 60, 0],
    "n_good": [60, 0, 0],
    "limits": [
        {
            "limit": "ISO-STM-L1/chamber_pressure/action",
            "level": "action",
            "low": 20.0,
            "high": 90.0,
            "since": "2026-03-02T08:15:00.000000+00:00",
            "until": "2026-03-02T08:18:00.000000+00:00",
        }
    ],
    "occupancy": [
        {
            "since": "2026-03-02T08:15:00.000000+00:00",
            "until": "2026-03-02T08:18:00.000000+00:00",
            "occupancy": "in_operation",
        }
    ],
    "instrument": [
        {
            "since": "2026-03-02T08:15:00.000000+00:00",
            "until": "2026-03-02T08:18:00.000000+00:00",
            "state": "in_order",
        }
    ],
}

ChannelIds = Annotated[
    # No NUL: PostgreSQL refuses one, which would look as if it were down.
    list[Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")]],
    Query(min_length=1, max_length=CHANNELS_MAX, examples=[["ISO-STM-L1/chamber_pressure"]]),
]


class PastLimit(Noun):
    """What a limit permitted from `since` to `until`; null: not bounded on that side."""

    limit: str
    level: Level
    low: float | None
    high: float | None
    since: Time
    until: Time


class PastOccupancy(Noun):
    """What went on in the channel's zone from `since` to `until`."""

    since: Time
    until: Time
    occupancy: Occupancy


class PastInstrument(Noun):
    """How an instrument stood from `since` to `until`: in order (be it due soon), overdue, unqualified or unknown."""

    since: Time
    until: Time
    state: InstrumentState


class ChannelReadings(BaseModel):
    """One channel over time, in buckets of `bucket_s` seconds (0: each reading by itself).

    `at` is the beginning of each bucket in seconds since 1970 (UTC); `n` counts its readings, `n_good` those that
    may be used; where there is none of these the values are null: with `n` 0 nothing is stored there, otherwise what
    is stored is bad. `min` and `max` are of all readings, so that no excursion disappears. `limits` are those of the
    plant that was in force at the time, for what went on in the zone then, which `occupancy` says; `instrument` is
    how its instrument stood, over the whole time.
    """

    model_config = shown(_EXAMPLE)

    channel: str
    unit: str
    bucket_s: float
    at: list[float]
    min: list[FiniteFloat | None]
    max: list[FiniteFloat | None]
    mean: list[FiniteFloat | None]
    n: list[int]
    n_good: list[int]
    limits: list[PastLimit]
    occupancy: list[PastOccupancy]
    instrument: list[PastInstrument]


class Readings(ChannelReadings):
    """The first channel that was asked for, and in `more` the others, in their order; buckets are the same for all."""

    model_config = shown(_EXAMPLE | {"more": []})

    more: list[ChannelReadings] = []


@router.get(
    "/readings",
    dependencies=[ReadingPast],
    responses=refusals(401, 403, 404, 422, 503),
)
async def read_readings(
    channel: ChannelIds,
    period: Period,
    here: Here,
    points: Annotated[int, Query(ge=2, le=POINTS_MAX)] = 1000,
) -> Readings:
    """The readings of one channel or several (repeat `channel`) from `start` to `end`, each in at most `points`."""
    try:
        async with here.reads.pool() as pool:
            found = await kept.readings(pool, channel, *period, points)
            register = await read_register(pool)
    except UnknownChannelError as error:
        raise unknown(error) from error
    zone = ZoneInfo(here.settings.plant.time_zone)
    first, *more = (_shown(one, register.spans(one.channel, *period, zone)) for one in found)
    return Readings(**first, more=[ChannelReadings(**one) for one in more])


def unknown(error: UnknownChannelError) -> Refusal:
    """Refuse a question for a channel of which nothing is kept."""
    return Refusal(
        404,
        Text(en=f"Nothing is kept of a channel {error.channel}.", zh=f"没有通道 {error.channel} 的数据。"),
    )


def _shown(found: kept.Readings, instrument: Sequence[Span]) -> dict[str, Any]:
    return {
        "channel": found.channel,
        "unit": found.unit,
        "bucket_s": found.bucket_s,
        "at": found.at,
        "min": _finite(found.min),
        "max": _finite(found.max),
        "mean": _finite(found.mean),
        "n": found.n,
        "n_good": found.n_good,
        "limits": [PastLimit.model_validate(one) for one in found.limits],
        "occupancy": [PastOccupancy.model_validate(one) for one in found.occupancy],
        "instrument": [PastInstrument.model_validate(one) for one in instrument],
    }


def _finite(values: Sequence[float | None]) -> list[float | None]:
    """JSON knows no NaN."""
    return [value if value is not None and math.isfinite(value) else None for value in values]
