"""Which instruments are due: the server keeps their register and tells, and here that becomes alarms like any other."""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from alarms.service import CALIBRATION, OF
from monitor.collector.commands import Asked
from monitor.collector.shown import Json
from monitor.collector.standing import keep

INSTRUMENTS_MAX = 20_000

Words = Annotated[str, Field(min_length=1, max_length=200)]


class DueBody(BaseModel):
    """One instrument whose calibration or requalification is due; `told` is what a person reads with the alarm."""

    instrument: Words
    stage: Literal[
        "calibration-in-3-months",
        "calibration-in-1-month",
        "calibration-overdue",
        "requalification-in-3-months",
        "requalification-in-1-month",
        "requalification-overdue",
    ]
    told: Words


class CalibrationsBody(BaseModel):
    """Every such instrument of the plant."""

    due: Annotated[list[DueBody], Field(max_length=INSTRUMENTS_MAX)]


router = APIRouter()


@router.post("/calibrations")
async def _calibrations(body: CalibrationsBody, clerk: Asked) -> Json:
    due = {f"{one.stage}{OF}{one.instrument}": one.told for one in body.due}
    await keep(clerk.judge, clerk.now, CALIBRATION, due)
    return {"due": len(due)}
