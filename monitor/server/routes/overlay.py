"""Batches over each other: one channel of several, each by the time since it began."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Query
from pydantic import BaseModel, FiniteFloat

from config.rules import Level
from monitor.server.asked import BatchId, Id
from monitor.server.batches import find_batch
from monitor.server.may import ReadingPast
from monitor.server.messages import refusals, shown
from monitor.server.routes.readings import unknown
from monitor.server.service import Here, Service
from monitor.server.written import AT, Noun, Time
from monitor.store import readings as kept
from monitor.store.batches import Batch
from monitor.store.catalog import UnknownChannelError
from monitor.store.database import Pool

BATCHES_MAX = 8
POINTS_MAX = 2000
SHORTEST = timedelta(seconds=1)

router = APIRouter(tags=["batches"], responses=refusals(401, 403, 404, 422, 503))

_LIMIT = {
    "limit": "ISO-STM-L1/temp/alert",
    "level": "alert",
    "low": 18.0,
    "high": 26.0,
    "since_s": 0.0,
    "until_s": 43200.0,
}
EXAMPLE: dict[str, Any] = {
    "channel": "ISO-STM-L1/temp",
    "unit": "°C",
    "batches": [
        {
            "batch": "MSC-2026-014",
            "line": "STM-L1",
            "product": "MSC",
            "started_at": AT,
            "ended_at": "2026-03-02T20:15:01.000000+00:00",
            "is_aborted": False,
            "bucket_s": 60.0,
            "since_s": [0.0, 60.0],
            "min": [21.4, None],
            "max": [21.9, None],
            "mean": [21.6, None],
            "n": [60, 0],
            "n_good": [60, 0],
            "stages": [{"stage": "set-up", "since_s": 0.0}, {"stage": "fill", "since_s": 3600.0}],
            "limits": [_LIMIT],
        }
    ],
}
Batches: TypeAlias = Annotated[
    list[BatchId],
    Query(min_length=1, max_length=BATCHES_MAX, examples=[["MSC-2026-014"]]),
]


class StageSince(Noun):
    """A stage, and how long after the batch it began."""

    stage: str
    since_s: float


class LimitSince(Noun):
    """What a limit permitted, by the time since the batch began; null: not bounded on that side."""

    limit: str
    level: Level
    low: float | None
    high: float | None
    since_s: float
    until_s: float


class Overlaid(BaseModel):
    """One batch: readings as in /readings, but each by the seconds since the batch began. `ended_at` null: it runs."""

    batch: str
    line: str
    product: str
    started_at: Time
    ended_at: Time | None
    is_aborted: bool
    bucket_s: float
    since_s: list[float]
    min: list[FiniteFloat | None]
    max: list[FiniteFloat | None]
    mean: list[FiniteFloat | None]
    n: list[int]
    n_good: list[int]
    stages: list[StageSince]
    limits: list[LimitSince]


class Overlay(BaseModel):
    """One channel of several batches, in the order in which they were asked for."""

    model_config = shown(EXAMPLE)

    channel: str
    unit: str
    batches: list[Overlaid]


@router.get("/overlay", dependencies=[ReadingPast])
async def read_overlay(
    channel: Annotated[Id, Query(examples=["ISO-STM-L1/chamber_pressure"])],
    batch: Batches,
    here: Here,
    points: Annotated[int, Query(ge=2, le=POINTS_MAX)] = 600,
) -> Overlay:
    """One channel of several batches (repeat `batch`), each in at most `points`, by the time since it began."""
    async with here.reads.pool() as pool:
        found = [await find_batch(pool, one) for one in dict.fromkeys(batch)]
        try:
            read = [await _read(here, pool, channel, one, points) for one in found]
        except UnknownChannelError as error:
            raise unknown(error) from error
    pairs = zip(found, read, strict=True)
    told = [_told(one, readings) for one, readings in pairs]
    return Overlay(channel=channel, unit=read[0].unit, batches=told)


async def _read(here: Service, pool: Pool, channel: str, one: Batch, points: int) -> kept.Readings:
    end = one.ended_at or here.settings.now()
    (found,) = await kept.readings(
        pool, [channel], one.started_at, max(end, one.started_at + SHORTEST), points
    )
    return found


def _told(one: Batch, found: kept.Readings) -> Overlaid:
    def since(at: datetime) -> float:
        return (at - one.started_at).total_seconds()

    began = one.started_at.timestamp()
    return Overlaid(
        batch=one.id,
        line=one.line,
        product=one.product,
        started_at=one.started_at,
        ended_at=one.ended_at,
        is_aborted=one.is_aborted,
        bucket_s=found.bucket_s,
        since_s=[at - began for at in found.at],
        min=_finite(found.min),
        max=_finite(found.max),
        mean=_finite(found.mean),
        n=found.n,
        n_good=found.n_good,
        stages=[StageSince(stage=stage.stage, since_s=since(stage.began_at)) for stage in one.stages],
        limits=[
            LimitSince(
                limit=limit.limit,
                level=limit.level,
                low=limit.low,
                high=limit.high,
                since_s=since(limit.since),
                until_s=since(limit.until),
            )
            for limit in found.limits
        ],
    )


def _finite(values: Sequence[float | None]) -> list[float | None]:
    """JSON knows no NaN."""
    return [value if value is not None and math.isfinite(value) else None for value in values]
