"""What a channel measured in the past, thinned to what a chart can show."""

import math
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, FiniteFloat

from config.model import Text
from monitor.server.messages import Detail, shown
from monitor.server.period import Period
from monitor.server.refusal import Refusal
from monitor.server.service import Here
from monitor.store import read

POINTS_MAX = 5000

router = APIRouter(tags=["readings"])


class Readings(BaseModel):
    """One channel over time, in buckets of `bucket_s` seconds (0: each reading by itself).

    `at` is the beginning of each bucket in seconds since 1970 (UTC); `n` counts its readings, `n_good` those that
    may be used; where there is none of these the values are null.
    """

    model_config = shown(
        {
            "channel": "ISO-STM-L1/chamber_pressure",
            "unit": "Pa",
            "bucket_s": 60.0,
            "at": [1772439300.0, 1772439360.0],
            "min": [51.9, None],
            "max": [53.2, None],
            "mean": [52.4, None],
            "n": [60, 60],
            "n_good": [60, 0],
        }
    )

    channel: str
    unit: str
    bucket_s: float
    at: list[float]
    min: list[FiniteFloat | None]
    max: list[FiniteFloat | None]
    mean: list[FiniteFloat | None]
    n: list[int]
    n_good: list[int]


@router.get("/readings", responses={code: {"model": Detail} for code in (401, 404, 422, 503)})
async def read_readings(
    # No NUL: PostgreSQL refuses one, which would look as if it were down.
    channel: Annotated[
        str, Query(max_length=200, pattern=r"^[^\x00]*$", examples=["ISO-STM-L1/chamber_pressure"])
    ],
    period: Period,
    here: Here,
    points: Annotated[int, Query(ge=2, le=POINTS_MAX)] = 1000,
) -> Readings:
    """The readings of one channel from `start` to `end`, in at most `points` buckets."""
    try:
        async with here.database.pool() as pool:
            found = await read.readings(pool, channel, *period, points)
    except read.UnknownChannelError as error:
        text = Text(en=f"Nothing is kept of a channel {channel}.", zh=f"没有通道 {channel} 的数据。")
        raise Refusal(404, text) from error
    return Readings(
        channel=found.channel,
        unit=found.unit,
        bucket_s=found.bucket_s,
        at=list(found.at),
        min=_finite(found.min),
        max=_finite(found.max),
        mean=_finite(found.mean),
        n=list(found.n),
        n_good=list(found.n_good),
    )


def _finite(values: Sequence[float | None]) -> list[float | None]:
    """JSON knows no NaN."""
    return [value if value is not None and math.isfinite(value) else None for value in values]
