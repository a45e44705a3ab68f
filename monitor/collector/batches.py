"""Batches, as persons or a system of theirs begin them, bring them to another stage and end them.

409: it may not be; the sentence says why. 422: the body is not what it should be. Who may ask for it, and whether all
is ready, was checked by the server.
"""

from typing import Annotated, TypeAlias

from fastapi import APIRouter
from pydantic import BaseModel, Field

from alarms.batches import BATCH_ID, running, stage_zones
from alarms.events import ChangeStage, EndBatch, StartBatch
from config.plant import Plant
from monitor.collector.commands import Asked, Judge, Person, Words
from monitor.collector.shown import Json, batch_json

BatchId: TypeAlias = Annotated[str, Field(pattern=BATCH_ID)]
Id: TypeAlias = Annotated[str, Field(min_length=1, max_length=64)]
Zones: TypeAlias = Annotated[list[Id], Field(max_length=200)]
Lack: TypeAlias = Annotated[str, Field(min_length=1, max_length=200)]


class StartBody(BaseModel):
    """Which batch begins where; without a stage in the first of its product, without zones where that is done."""

    batch: BatchId
    line: Id
    product: Id
    stage: Annotated[str, Field(max_length=64)] = ""
    zones: Zones = []
    who: Person
    overrides: Annotated[list[Lack], Field(max_length=500)] = []
    reason: Words = ""
    signature: Annotated[str, Field(max_length=64)] = ""
    sha256: Annotated[str, Field(max_length=64)] = ""


class StageBody(BaseModel):
    """Which batch comes to which stage; without zones where that is done."""

    batch: BatchId
    stage: Id
    zones: Zones = []
    who: Person


class EndBody(BaseModel):
    """Which batch is done, or was given up."""

    batch: BatchId
    who: Person
    comment: Words = ""
    is_aborted: bool = False


router = APIRouter()


@router.get("/batches")
async def _batches(clerk: Asked) -> Json:
    return {"batches": [batch_json(line, one) for line, one in clerk.judge.state.batches.items()]}


@router.post("/batch")
async def _start(body: StartBody, clerk: Asked) -> Json:
    stage = body.stage or _first_stage(clerk.judge.plant, body.product)
    zones = tuple(body.zones) or _zones(clerk.judge.plant, body.line, body.product, stage)
    where = (body.batch, body.line, body.product, stage, zones, body.who)
    signed = (tuple(body.overrides), body.reason, body.signature, body.sha256)
    await clerk.judged(StartBatch(clerk.now(), *where, *signed))
    return _standing(clerk.judge, body.batch)


@router.post("/batch/stage")
async def _stage(body: StageBody, clerk: Asked) -> Json:
    found = running(clerk.judge.state, body.batch)
    given = tuple(body.zones)
    zones = given or (_zones(clerk.judge.plant, found[0], found[1].product, body.stage) if found else ())
    await clerk.judged(ChangeStage(clerk.now(), body.batch, body.stage, zones, body.who))
    return _standing(clerk.judge, body.batch)


@router.post("/batch/end")
async def _end(body: EndBody, clerk: Asked) -> Json:
    await clerk.judged(EndBatch(clerk.now(), body.batch, body.who, body.comment, body.is_aborted))
    return _standing(clerk.judge, body.batch)


def _first_stage(plant: Plant, product: str) -> str:
    found = plant.products.get(product)
    return found.stages[0].id if found else ""


def _zones(plant: Plant, line: str, product: str, stage: str) -> tuple[str, ...]:
    """Return where the plant says that a stage is done; nothing where it says nothing, which is refused."""
    try:
        return stage_zones(plant, line, product, stage)
    except KeyError:
        return ()


def _standing(judge: Judge, batch: str) -> Json:
    found = running(judge.state, batch)
    return {"batch": None if found is None else batch_json(*found)}
