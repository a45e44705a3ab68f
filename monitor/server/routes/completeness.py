"""Is it all there: what was expected of a device, what came of it, and why the rest did not."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from pydantic import BaseModel

from config.model import Text
from monitor.server.may import ReadingPast
from monitor.server.messages import refusals, shown
from monitor.server.period import Period
from monitor.server.refusal import Refusal
from monitor.server.routes.readings import PastInstrument
from monitor.server.service import Here
from monitor.server.written import Noun
from monitor.store.catalog import UnknownDeviceError
from monitor.store.complete import completeness
from monitor.store.gaps import Cause
from monitor.store.instruments import read_register

ANSWERS = refusals(401, 403, 404, 422, 503)

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


class InstrumentPast(BaseModel):
    """How one instrument stood, over the whole time that is told of."""

    instrument: str
    stood: list[PastInstrument]


class DeviceCompleteness(BaseModel):
    """How complete a device is, in whole buckets of `bucket_s`; `at` is where each begins, seconds since 1970 (UTC).

    `instruments` are the device and those of its channels that have entries of their own in the register.
    """

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
            "instruments": [
                {
                    "instrument": "ISO-STM-L1",
                    "stood": [
                        {
                            "since": "2026-03-02T08:15:00.000000+00:00",
                            "until": "2026-03-02T08:17:00.000000+00:00",
                            "state": "in_order",
                        }
                    ],
                }
            ],
        }
    )

    device: str
    bucket_s: int
    series: list[SeriesCompleteness]
    instruments: list[InstrumentPast]


@router.get(
    "/completeness",
    dependencies=[ReadingPast],
    responses=refusals(401, 403, 404, 422, 503),
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
            register = await read_register(pool)
    except UnknownDeviceError as error:
        text = Text(en=f"Nothing is kept of a device {device}.", zh=f"没有设备 {device} 的数据。")
        raise Refusal(404, text) from error
    series = [SeriesCompleteness.model_validate(one) for one in found]
    own = [device, *(one for one in register.instruments if one.startswith(f"{device}/"))]
    zone = ZoneInfo(here.settings.plant.time_zone)
    instruments = [
        InstrumentPast(
            instrument=one,
            stood=[PastInstrument.model_validate(span) for span in register.spans(one, start, end, zone)],
        )
        for one in own
    ]
    return DeviceCompleteness(device=device, bucket_s=bucket_s, series=series, instruments=instruments)


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
