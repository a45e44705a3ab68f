"""Plates as they stand: what is due, one of them, and the labels that stand on them."""

from datetime import datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response

from config.model import Text
from config.plant import Plant
from config.sampling import SampleKind
from monitor.records.plates.life import plate_of
from monitor.records.plates.plan import ShiftOfDay, next_turn, planned
from monitor.server.asked import BatchId, Day
from monitor.server.batches import no_batch
from monitor.server.labels import Label, page
from monitor.server.may import ReadingPast
from monitor.server.messages import refusals
from monitor.server.plates import (
    Plates,
    PlatesPlanned,
    SamplerRun,
    SamplerRuns,
    WholePlate,
    one_plate,
)
from monitor.server.refusal import Refusal
from monitor.server.routes.sample_steps import Code, Taking, find, told_plate
from monitor.server.sampler import runs_of
from monitor.server.service import Here, Service, by
from monitor.store.batches import Batch, read_batch
from monitor.store.database import Connection
from monitor.store.export import Language
from monitor.store.viable import Sample, plan_samples, samples_of_batch, samples_open, samples_planned

PLATES_MAX = 2000
"""So many are told at once; demo proposal: all that are open at a site of ten lines, twice."""
LABELS_MAX = 200
"""On one page; a week's plates of a line are fewer."""

router = APIRouter(
    prefix="/samples",
    tags=["samples"],
    responses=refusals(401, 403, 404, 422, 503),
)

_ONE_OF_BOTH = Text("Ask for a batch or for a day, not for both.", "请按批次或日期查询，不可同时。")
_ON_ITS_WAY = Text(
    "The batch has only just come to this stage, which is not stored yet: try again in a moment.",
    "批次刚进入该阶段，尚未入库，请稍候重试。",
)
_NOT_CHANGED = Text(
    "Only a settle plate that lay open is changed for another one.", "仅已暴露的沉降菌平皿可更换。"
)
_REPLACED = Text("Another plate has taken its place already.", "该平皿已更换。")
_LABELS = Text("Labels", "标签")


@router.get("", dependencies=[ReadingPast])
async def read_plates(
    here: Here,
    batch: Annotated[BatchId | None, Query(examples=["MSC-2026-014"])] = None,
    day: Annotated[
        Day | None, Query(description="on which they were planned, in the plant's time zone")
    ] = None,
) -> Plates:
    """The plates of a batch, or those planned for a day; without either all that something is still to be done with."""
    if batch is not None and day is not None:
        raise Refusal(422, _ONE_OF_BOTH)
    async with here.database.pool() as pool:
        if batch is not None:
            found = await samples_of_batch(pool, batch)
        elif day is not None:
            begin = datetime.combine(day, time(), ZoneInfo(here.settings.plant.time_zone))
            found = await samples_planned(pool, begin, begin + timedelta(days=1), PLATES_MAX + 1)
        else:
            found = await samples_open(pool, PLATES_MAX + 1)
    told = sorted(found[:PLATES_MAX], key=lambda one: one.number)
    return Plates(plates=[one_plate(plate_of(one)) for one in told], is_whole=len(found) <= PLATES_MAX)


@router.get(
    "/labels",
    dependencies=[ReadingPast],
    response_class=Response,
    responses={
        200: {"description": "A page to print", "content": {"text/html": {"schema": {"type": "string"}}}}
    },
)
async def print_labels(
    here: Here,
    code: Annotated[list[str], Query(min_length=1, max_length=LABELS_MAX, examples=[["V000001-95"]])],
    language: Annotated[Language, Query()] = Language.EN,
) -> HTMLResponse:
    """The labels of some plates, each with its code as a QR code, as a page that a browser prints."""
    async with here.database.connection() as connection:
        samples = [await find(connection, one) for one in dict.fromkeys(code)]
    labels = [_label(here.settings.plant, one, language) for one in samples]
    title = _LABELS.zh if language is Language.ZH else _LABELS.en
    return HTMLResponse(page(title, language, labels))


@router.post("/plan", responses=refusals(409))
async def plan_plates(about: PlatesPlanned, session: Taking, here: Here) -> Plates:
    """Plan the plates of a batch or of a shift that are not planned yet; gives the new ones."""
    plant = here.settings.plant
    async with here.database.connection() as connection:
        if about.batch is not None:
            drafts = planned(plant, await _stored(connection, here, about.batch))
        else:
            assert about.day is not None  # noqa: S101 - one of both is there
            if plant.shifts and about.shift > len(plant.shifts):
                raise Refusal(422, _no_shift(len(plant.shifts)))
            drafts = planned(plant, ShiftOfDay(about.day, about.shift))
        new = await plan_samples(connection, by(here, session), drafts)
    return Plates(plates=[one_plate(plate_of(one)) for one in new])


@router.post("/{code}/replace", responses=refusals(409))
async def replace_plate(code: Code, session: Taking, here: Here) -> WholePlate:
    """Plan the plate that takes the place of a settle plate, which is changed after four hours at most."""
    planner = by(here, session)
    async with here.database.connection() as connection, connection.transaction():
        sample = await find(connection, code)
        plate = plate_of(sample)
        if sample.draft.kind is not SampleKind.SETTLE or plate.exposed_from is None:
            raise Refusal(409, _NOT_CHANGED)
        new = await plan_samples(connection, planner, [next_turn(sample, planner.at)])
        if not new:
            raise Refusal(409, _REPLACED)
        return await told_plate(connection, new[0])


@router.get("/{code}/runs", dependencies=[ReadingPast])
async def read_runs(code: Code, here: Here) -> SamplerRuns:
    """The runs of a plate's air sampler in the last hours, by its own record."""
    async with here.database.connection() as connection:
        plate = plate_of(await find(connection, code))
    return SamplerRuns(runs=[SamplerRun.model_validate(one) for one in await runs_of(here, plate)])


@router.get("/{code}", dependencies=[ReadingPast])
async def read_plate_of(code: Code, here: Here) -> WholePlate:
    """One plate by what stands on its label, with all that was done with it."""
    async with here.database.connection() as connection:
        return await told_plate(connection, await find(connection, code))


def _no_shift(there_are: int) -> Text:
    return Text(f"A day has {there_are} shifts here.", f"此处每天有{there_are}个班次。")


async def _stored(connection: Connection, here: Service, name: str) -> Batch:
    """Give a batch as it is stored, once that is as far as it has come.

    Raises:
        Refusal: 404, there is none; 409, its beginning or its present stage is on the way to the database.
    """
    batch = await read_batch(connection, name)
    runs = next((one for one in here.relay.batches.values() if one.id == name), None)
    if runs is not None and (batch is None or batch.stages[-1].stage != runs.stage):
        raise Refusal(409, _ON_ITS_WAY, {"Retry-After": "1"})
    if batch is None:
        raise no_batch(name)
    return batch


def _label(plant: Plant, sample: Sample, language: Language) -> Label:
    draft = sample.draft
    said = draft.plan.label.zh if language is Language.ZH else draft.plan.label.en
    day = draft.planned_at.astimezone(ZoneInfo(plant.time_zone)).date().isoformat()
    of = " · ".join(one for one in (draft.batch, draft.stage) if one) or draft.occasion
    turn = f" #{draft.place}.{draft.turn}" if draft.turn > 1 else f" #{draft.place}"
    lines = (f"{said}{turn}", f"{draft.zone} · {draft.grade}", of, day, draft.plan.medium)
    return Label(sample.code, lines)
