"""Batches: which run, which ran, what a line lacks for one; started, advanced and ended through the collector.

Whoever starts one passes over nothing that is lacking: that takes the signature of somebody who may, in the same
request, and a reason. A system of the site (a token) starts, advances and ends batches, and passes over nothing at all.
"""

from collections.abc import Sequence
from typing import Annotated, Any, TypeAlias

import structlog
from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel

from alarms.batches import BATCH_ID
from config.model import Text
from config.plant import Plant
from monitor.records.readiness import Lack, used
from monitor.server.asked import WRITABLE
from monitor.server.batch_steps import NOT_READY, Approving, EndOfBatch, NewBatch, NextStage, NotReady
from monitor.server.batches import (
    LACK_EXAMPLE,
    ONE_BATCH_EXAMPLE,
    OneBatch,
    OneLack,
    find_batch,
    kept_batch,
    live_batch,
)
from monitor.server.database import DatabaseDown
from monitor.server.identify import address_of, tried
from monitor.server.may import ReadingPast, check_right, may
from monitor.server.messages import BATCH_EXAMPLE, RunningBatch, refusals, shown
from monitor.server.period import Period
from monitor.server.readiness import lacks_of, tests_of
from monitor.server.refusal import Refusal
from monitor.server.rights import Deed
from monitor.server.routes import equipment_tests
from monitor.server.service import Here, Service
from monitor.server.sessions import Session
from monitor.server.signatures import Meaning, Signing, Subject, check_meaning, sign
from monitor.server.written import AT, Time
from monitor.store.batches import id_in_use, read_batch, read_batches
from monitor.store.equipment_tests import read_tests_of_batch

ANSWERS = refusals(401, 403, 404, 409, 422, 429, 503)
router = APIRouter(tags=["batches"], responses=ANSWERS)
_log = structlog.get_logger()

BATCHES_MAX = 200
"""So many of a time are told at once."""
REASON_LENGTH_MIN, REASON_LENGTH_MAX = 3, 2000
Starting: TypeAlias = Annotated[Session, Depends(may(Deed.START_BATCH))]
OfBatch: TypeAlias = Annotated[str, Path(pattern=BATCH_ID, examples=["MSC-2026-014"])]
OfLine: TypeAlias = Annotated[str, Path(min_length=1, max_length=100, pattern=WRITABLE, examples=["STM-L1"])]

_NO_MACHINE = Text(
    "A system passes over nothing that is lacking: a person starts this batch at a screen.",
    "系统令牌不得越过未就绪事项，请由人员在画面上开始该批次。",
)
_REASON = Text(
    f"Say for each thing that is passed over why (at least {REASON_LENGTH_MIN} characters).",
    f"每项越过须填写原因（至少 {REASON_LENGTH_MIN} 个字符）。",
)
_SIGN = Text(
    "To pass over what is lacking, QA or the qualified person signs: name, password and reason.",
    "越过未就绪事项须由质量保证或质量受权人签名：用户名、密码和原因。",
)
_OTHER = Text("Another person signs than the one who starts the batch.", "须由开始批次者以外的人员签名。")
_WHY_ABORTED = Text("Say why the batch is given up.", "请填写中止批次的原因。")


class LineReadiness(BaseModel):
    """What a line lacks for a batch to begin `at`; nothing: it may begin, unless one is `running`."""

    model_config = shown({"line": "STM-L1", "at": AT, "running": None, "lacks": [LACK_EXAMPLE]})

    line: str
    at: Time
    running: str | None
    lacks: list[OneLack]


class StandingBatch(BaseModel):
    """A batch as it runs after what was done; null: it is over."""

    model_config = shown({"batch": BATCH_EXAMPLE})

    batch: RunningBatch | None


class Batches(BaseModel):
    """Batches that run now, and those of a time, the last first.

    `is_whole` false: only what runs is known; or there were more in that time, and these are the last of them.
    """

    model_config = shown({"running": [ONE_BATCH_EXAMPLE], "batches": [ONE_BATCH_EXAMPLE], "is_whole": True})

    running: list[OneBatch]
    batches: list[OneBatch]
    is_whole: bool


class BatchWhole(BaseModel):
    """A batch with the tests of equipment that were done for it, or by which its line was ready."""

    model_config = shown({"batch": ONE_BATCH_EXAMPLE, "tests": []})

    batch: OneBatch
    tests: list[equipment_tests.OneTest]


@router.get("/batches", dependencies=[ReadingPast])
async def read_every_batch(
    period: Period,
    here: Here,
    line: Annotated[str | None, Query(max_length=100, pattern=WRITABLE, examples=["STM-L1"])] = None,
) -> Batches:
    """The batches that run, and those that ran at some time from `start` to `end`; of one line, or of all."""
    plant = here.settings.plant
    runs = [one for _, one in sorted(here.relay.batches.items()) if line in {None, one.line}]
    try:
        async with here.database.pool() as pool:
            found = await read_batches(pool, *period, line, BATCHES_MAX + 1)
            kept = {one.id: await read_batch(pool, one.id) for one in runs}
    except DatabaseDown:
        return Batches(running=[live_batch(plant, one, None) for one in runs], batches=[], is_whole=False)
    running = [live_batch(plant, one, kept[one.id]) for one in runs]
    told = [kept_batch(plant, one) for one in found[:BATCHES_MAX]]
    return Batches(running=running, batches=told, is_whole=len(found) <= BATCHES_MAX)


@router.get("/batches/{batch}", dependencies=[ReadingPast])
async def read_one_batch(batch: OfBatch, here: Here) -> BatchWhole:
    """One batch, with its tests."""
    async with here.database.pool() as pool:
        found = await find_batch(pool, batch)
        own = await read_tests_of_batch(pool, batch)
    plant = here.settings.plant
    by = used(plant, found.line, await tests_of(here, found.line, found.started_at), found.started_at)
    tests = {one.number: equipment_tests.told(one) for one in (*own, *by)}
    return BatchWhole(batch=kept_batch(plant, found), tests=[tests[number] for number in sorted(tests)])


@router.get("/lines/{line}/readiness", dependencies=[ReadingPast])
async def read_readiness(line: OfLine, here: Here) -> LineReadiness:
    """What a line lacks for a batch to begin now."""
    _check_line(here.settings.plant, line)
    at, runs = here.settings.now(), here.relay.batches.get(line)
    lacks = await lacks_of(here, line, at)
    return LineReadiness(line=line, at=at, running=runs.id if runs else None, lacks=_told(lacks))


@router.post("/batches", status_code=201, responses={409: {"model": NotReady}})
async def start_batch(new: NewBatch, request: Request, session: Starting, here: Here) -> StandingBatch:
    """Begin a batch. What is lacking is told (409), unless somebody who may signs that it is passed over."""
    plant = here.settings.plant
    _check_line(plant, new.line)
    if new.product not in plant.products:
        raise Refusal(404, Text(f"There is no product {new.product}.", f"没有产品 {new.product}。"))
    await _check_new(here, new.id)
    lacks = await lacks_of(here, new.line, here.settings.now())
    reasons = {one.lack: one.reason for one in new.overrides}
    if any(one.key not in reasons for one in lacks):
        raise Refusal(409, NOT_READY, more={"lacks": [one.model_dump(mode="json") for one in _told(lacks)]})
    # What was put right meanwhile is passed over by nobody.
    over = [(one, reasons[one.key]) for one in lacks]
    body = {"batch": new.id, **new.model_dump(include={"line", "product", "stage", "zones"})}
    if over:
        body |= await _signed(here, session, new, over, address_of(request))
    return await _asked(here, session, "/batch", body)


@router.post("/batches/{batch}/stage")
async def change_stage(batch: OfBatch, asked: NextStage, session: Starting, here: Here) -> StandingBatch:
    """Bring a running batch to another stage, or the same one to other zones."""
    return await _asked(here, session, "/batch/stage", {"batch": batch, **asked.model_dump()})


@router.post("/batches/{batch}/end")
async def end_batch(batch: OfBatch, asked: EndOfBatch, session: Starting, here: Here) -> StandingBatch:
    """End a running batch, or give it up."""
    if asked.is_aborted and len(asked.comment) < REASON_LENGTH_MIN:
        raise Refusal(422, _WHY_ABORTED)
    return await _asked(here, session, "/batch/end", {"batch": batch, **asked.model_dump()})


async def _asked(here: Service, session: Session, path: str, body: dict[str, Any]) -> StandingBatch:
    done = await here.commands.ask(path, {"who": session.person.name} | body, StandingBatch)
    _log.info("batch", what=path, batch=body["batch"], name=session.person.name)
    return done


async def _check_new(here: Service, batch: str) -> None:
    """See that the database knows no batch of that id; the collector knows the last ones itself.

    Raises:
        Refusal: 409, it knows one.
    """
    try:
        async with here.database.pool() as pool:
            found = await id_in_use(pool, batch)
    except DatabaseDown:
        return
    if found:
        raise Refusal(409, Text(f"There was a batch {found} before.", f"批次号 {found} 已被使用。"))


async def _signed(
    here: Service, session: Session, new: NewBatch, over: Sequence[tuple[Lack, str]], address: str
) -> dict[str, Any]:
    """Let somebody who may sign that a batch begins although something is lacking; give what the collector is told.

    Raises:
        Refusal: 403 who signs may not, or it is a system that asks; 409 it is who starts the batch; 422 the signature
            or a reason is missing; and whatever a signature is refused for.
    """
    if session.scopes is not None:
        raise Refusal(403, _NO_MACHINE)
    signing = _checked(new.signature, [reason for _, reason in over])
    person = await tried(here, signing, address)
    if person.name.lower() == session.person.name.lower():
        raise Refusal(409, _OTHER)
    await check_right(here, person, Deed.OVERRIDE_BATCH)
    content = new.model_dump(mode="json", include={"id", "line", "product", "stage", "zones"})
    content["overrides"] = [{"lack": one.key, "text": one.text.en, "reason": why} for one, why in over]
    again = Signing(password=signing.password, meaning=signing.meaning)
    signed = await sign(here, person, again, Subject("override", new.id, "1", content), address)
    told = {"overrides": [one.key for one, _ in over], "reason": _reason(over)}
    return told | {"signature": signed.id, "sha256": signed.sha256}


def _checked(signing: Approving | None, reasons: Sequence[str]) -> Approving:
    if signing is None:
        raise Refusal(422, _SIGN)
    if any(len(reason) < REASON_LENGTH_MIN for reason in reasons):
        raise Refusal(422, _REASON)
    check_meaning(signing.meaning, Meaning.APPROVAL)
    return signing


def _reason(over: Sequence[tuple[Lack, str]]) -> str:
    """Write the reasons as one; where all are the same, once."""
    reasons = {reason for _, reason in over}
    text = over[0][1] if len(reasons) == 1 else "; ".join(f"{one.key}: {why}" for one, why in over)
    return text[:REASON_LENGTH_MAX]


def _told(lacks: Sequence[Lack]) -> list[OneLack]:
    return [OneLack.model_validate(one) for one in lacks]


def _check_line(plant: Plant, line: str) -> None:
    if line not in plant.lines:
        raise Refusal(404, Text(f"There is no line {line}.", f"没有产线 {line}。"))
