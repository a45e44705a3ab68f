"""Is it all there: what was expected of a device, what came of it, and why the rest did not."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from config.model import Text
from monitor.server.may import ReadingPast
from monitor.server.messages import Detail, shown
from monitor.server.period import Period
from monitor.server.refusal import Refusal
from monitor.server.service import Here
from monitor.server.written import Noun
from monitor.store.catalog import UnknownDeviceError
from monitor.store.complete import completeness
from monitor.store.gaps import Cause

ANSWERS: dict[int | str, dict[str, Any]] = {code: {"model": Detail} for code in (401, 403, 404, 422, 503)}

router = APIRouter(tags=["completeness"])


class Bucket(StrEnum):
    """How finely it is told."""

    MINUTE = "minute"
    HOUR = "hour"


LENGTH_S = {Bucket.MINUTE: 60, Bucket.HOUR: 3600}
SPAN_MAX = {Bucket.MINUTE: timedelta(days=7), Bucket.HOUR: timedelta(days=93)}
"""Every minute is looked at in any case."""


class SeriesCompleteness(Noun):
    """One series of a device: its own row (named as the device), or a counter's `records`.

    In every bucket `expected` is `valid` and all `causes` together. `received` are the rows that are stored, valid or
    not. `not_sealed` may still come; `missing` is what nothing explains. Only causes that occur are listed.
    """

    series: str
    records: bool
    at: list[float]
    expected: list[int]
    received: list[int]
    valid: list[int]
    causes: dict[Cause, list[int]]


class DeviceCompleteness(BaseModel):
    """How complete a device is, in whole buckets of `bucket_s`; `at` is where each begins, seconds since 1970 (UTC)."""

    model_config = shown(
        {
            "device": "ISO-STM-L1",
            "bucket_s": 60,
            "series": [
                {
                    "series": "ISO-STM-L1",
                    "records": False,
                    "at": [1772439300.0, 1772439360.0],
                    "expected": [60, 60],
                    "received": [60, 57],
                    "valid": [60, 45],
                    "causes": {"network": [0, 12], "missing": [0, 3]},
                }
            ],
        }
    )

    device: str
    bucket_s: int
    series: list[SeriesCompleteness]


@router.get(
    "/completeness",
    dependencies=[ReadingPast],
    responses={code: {"model": Detail} for code in (401, 403, 404, 422, 503)},
)
async def read_completeness(
    # No NUL: PostgreSQL refuses one, which would look as if it were down.
    device: Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$", examples=["ISO-STM-L1"])],
    period: Period,
    here: Here,
    bucket: Bucket = Bucket.MINUTE,
) -> DeviceCompleteness:
    """How complete a device is from `start` to `end`, in whole buckets; what is still to come is not told of."""
    start, end = period
    if end - start > SPAN_MAX[bucket]:
        raise _too_long(bucket)
    end = max(start, min(end, here.settings.now()))
    bucket_s = LENGTH_S[bucket]
    try:
        async with here.reads.pool() as pool:
            found = await completeness(pool, here.settings.plant, device, start, end, bucket_s=bucket_s)
    except UnknownDeviceError as error:
        text = Text(en=f"Nothing is kept of a device {device}.", zh=f"没有设备 {device} 的数据。")
        raise Refusal(404, text) from error
    series = [SeriesCompleteness.model_validate(one) for one in found]
    return DeviceCompleteness(device=device, bucket_s=bucket_s, series=series)


def _too_long(bucket: Bucket) -> Refusal:
    days = SPAN_MAX[bucket].days
    unit = {Bucket.MINUTE: "分钟", Bucket.HOUR: "小时"}[bucket]
    return Refusal(
        422,
        Text(
            en=f"By the {bucket} no more than {days} days are told at once; ask for less.",
            zh=f"按{unit}统计一次最多 {days} 天，请缩小范围。",
        ),
    )
