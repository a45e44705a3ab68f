"""The past judged under a proposed plant: begun, watched and stopped."""

import asyncio
from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from config.model import Text
from monitor.server.may import may
from monitor.server.messages import refusals, shown
from monitor.server.program import Run, RunState
from monitor.server.refusal import Refusal
from monitor.server.rights import Deed
from monitor.server.routes.changes import Number, find
from monitor.server.service import Here, Service
from monitor.server.trials import Trial
from monitor.server.written import Time
from monitor.versions import Versions, VersionsError

router = APIRouter(
    prefix="/plant",
    tags=["plant changes"],
    responses=refusals(401, 403, 404, 409, 422, 429, 503),
)

Replaying = Depends(may(Deed.PROPOSE_PLANT, Deed.APPROVE_PLANT))

_BUSY = Text("Another replay runs; stop it, or wait for it.", "另一重放正在进行，请停止或等待其结束。")
_NO_REPLAY = Text("The past was not judged under this proposal.", "尚未按该提案重放。")


class TrialAsked(BaseModel):
    """How many days back the past is judged."""

    model_config = shown({"days": 7})

    days: Annotated[int, Field(ge=1, le=31)] = 7


class TrialCounts(BaseModel):
    """How often one alarm was active: under the plant in force alone, under the proposed one alone, under both."""

    alarm: str
    only_old: int
    only_new: int
    both: int


class TrialOccurrence(BaseModel):
    """One time in which an alarm was active; no `until`: it still was at the end."""

    alarm: str
    which: Literal["only_old", "only_new", "both"]
    since: Time
    until: Time | None


class TrialResult(BaseModel):
    """What the past would have alarmed, of all limits that differ; of the occurrences the first thousand."""

    begin: Time
    end: Time
    samples: int
    alarms: list[TrialCounts]
    occurrences: list[TrialOccurrence]


class PlantTrial(BaseModel):
    """How far a replay of the past under a proposed plant has come: `done` is a share."""

    model_config = shown({"state": "running", "done": 0.4, "error": "", "result": None})

    state: RunState
    done: float
    error: str
    result: TrialResult | None


@router.post("/proposals/{number}/replay", status_code=202, dependencies=[Replaying])
async def start_replay(number: Number, asked: TrialAsked, here: Here) -> PlantTrial:
    """Judge the past days under a proposal, beside everything else; one at a time."""
    proposal = await find(here, number)
    if here.trials.program.busy():
        raise Refusal(409, _BUSY)
    try:
        base = await asyncio.to_thread(Versions(here.settings.data).folder_of, proposal.base)
    except VersionsError as error:
        text = Text(f"The plant before is not kept here: {error}", f"此处未保存变更前的配置：{error}")
        raise Refusal(409, text) from error
    end = here.settings.now()
    return _trial(here.trials.start(Trial(proposal, base, end - timedelta(days=asked.days), end)))


@router.get("/proposals/{number}/replay", dependencies=[Replaying])
async def read_replay(number: Number, here: Here) -> PlantTrial:
    """How far the replay of a proposal has come, and what came of it."""
    return _trial(_known(here, number))


@router.delete("/proposals/{number}/replay", dependencies=[Replaying])
async def stop_replay(number: Number, here: Here) -> PlantTrial:
    """Stop the replay of a proposal."""
    run = _known(here, number)
    here.trials.program.cancel(number)
    return _trial(run)


def _known(here: Service, number: int) -> Run:
    run = here.trials.program.of(number)
    if run is None:
        raise Refusal(404, _NO_REPLAY)
    return run


def _trial(one: Run) -> PlantTrial:
    result = None if one.result is None else TrialResult.model_validate(one.result)
    return PlantTrial(state=one.state, done=one.done, error=one.error, result=result)
