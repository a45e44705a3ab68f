"""What is done with a plate, step by step: laid open, closed, incubated, read, verified, approved; or put aside.

Each step has who, when and why, and follows the one table of what may follow what (`monitor/records/plates/life.py`):
what is out of order is 409. Who reads a plate never verifies it; who approves it has done neither.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any, NoReturn, TypeAlias

from fastapi import APIRouter, Depends, Path, Request
from pydantic import ValidationError

from config.model import Text
from config.plant import Plant
from monitor.records.plates.approval import approved_content
from monitor.records.plates.facts import Collected, Exposed, Incubating, Read
from monitor.records.plates.life import Plate, plate_of, refusal
from monitor.records.plates.results import results, viable_of
from monitor.server.asked import WRITABLE
from monitor.server.identify import address_of
from monitor.server.may import may, not_now, refused
from monitor.server.messages import refusals
from monitor.server.plate_steps import (
    Approval,
    Closed,
    Counted,
    Laid,
    Noted,
    PlateCorrected,
    PlateRead,
    PutAside,
    Warmed,
)
from monitor.server.plates import Plates, WholePlate, is_code, one_plate, whole_plate
from monitor.server.refusal import Refusal
from monitor.server.rights import DEEDS, RIGHTS, Deed
from monitor.server.sampler import linked
from monitor.server.service import Here, Service
from monitor.server.sessions import Session
from monitor.server.signatures import Meaning, Subject, check_meaning, sign
from monitor.store.batches import Batch, read_batch, read_batches
from monitor.store.database import Connection
from monitor.store.people import By
from monitor.store.record import record
from monitor.store.viable import (
    OwnPlateError,
    Sample,
    StaleSampleError,
    State,
    Step,
    add_step,
    read_sample,
    samples_of_batch,
    samples_within,
)

LATE = frozenset({State.READ, State.QUARANTINED, State.RETURNED, State.REJECTED})
"""Steps that change what is known of a batch, and open it again once it has ended (EU GMP Annex 1, 9.13)."""
REOPENED = "batch_reopened"
A_DAY = timedelta(days=1)
"""No plate lies open longer, nor is one of a day taken on another."""
AROUND = timedelta(days=8)
"""No occasion without a batch is longer than a week."""

router = APIRouter(
    prefix="/samples",
    tags=["samples"],
    responses=refusals(401, 403, 404, 409, 422, 503),
)

Code: TypeAlias = Annotated[str, Path(min_length=1, max_length=40, pattern=WRITABLE, examples=["V000001-95"])]
Taking: TypeAlias = Annotated[Session, Depends(may(Deed.TAKE_SAMPLES))]
TakenBy: TypeAlias = Annotated[Session, Depends(may(Deed.TAKE_SAMPLES, Deed.NOTE_PLATES))]
Reading: TypeAlias = Annotated[Session, Depends(may(Deed.READ_PLATES))]
ReadBy: TypeAlias = Annotated[Session, Depends(may(Deed.READ_PLATES, Deed.NOTE_PLATES))]
Verifying: TypeAlias = Annotated[Session, Depends(may(Deed.VERIFY_PLATES))]
Approving: TypeAlias = Annotated[Session, Depends(may(Deed.APPROVE_PLATES))]
SettingAside: TypeAlias = Annotated[
    Session, Depends(may(Deed.TAKE_SAMPLES, Deed.READ_PLATES, Deed.APPROVE_PLATES))
]
Deciding: TypeAlias = Annotated[Session, Depends(may(Deed.VERIFY_PLATES, Deed.APPROVE_PLATES))]

_UNKNOWN = Text("No plate has this code.", "没有该编码的平皿。")
_MISREAD = Text("This is no plate's code: look at the label again.", "不是平皿编码，请核对标签。")
_STALE = Text(
    "Somebody else has done something with this plate meanwhile: look again.",
    "其间他人已操作该平皿，请重新查看。",
)
_OWN = Text(
    "Nobody verifies, approves or rejects what they have read, nor approves what they have verified.",
    "不得复核、批准或作废本人读数的平皿，也不得批准本人复核的平皿。",
)
_READ_ALREADY = Text(
    "It was read already: correct the reading, with a reason.", "已判读，请更正读数并说明原因。"
)
_NOT_READ = Text("It was not read yet.", "尚未判读。")
_OTHERWISE = Text(
    "You have counted otherwise than who read it: look at the plate together; whoever is wrong corrects it.",
    "您的计数与判读人不一致：请共同查看平皿，由判读人更正。",
)
_NOBODY = Text(
    "Name in `by` who did it, by the name of their account here.", "请在 by 中注明操作人的本系统账户名。"
)
_OWN_STEP = Text("Whoever is signed in tells of their own steps only.", "登录人员只能登记本人的操作。")
_NOT_THEIRS = Text(
    "{} has no account here with the right and current training for this: {}.",
    "{} 在本系统没有账户，或无权限，或无有效培训记录：{}。",
)
_TWICE = Text("One plate stands there twice.", "同一平皿重复。")


@router.post("/{code}/expose")
async def expose_plate(code: Code, laid: Laid, session: TakenBy, here: Here) -> WholePlate:
    """Lay a plate open, press it, or draw air over it; where the sampler's run is named, its record says the rest."""
    plate, now = await _plate(here, code), here.settings.now()
    by = await _by(here, session, laid, Deed.TAKE_SAMPLES)
    told = await _drawn(here, plate, laid) | {"from": laid.run or laid.from_ or now, "by": by}
    if laid.run is None and laid.volume_l is not None:
        # Whose volume is known is over: without an end it counts by its moment.
        told["until"] = laid.until or told["from"]
    step = Step(State.EXPOSED, now, session.person.name, Exposed.model_validate(told).told(), laid.comment)
    return await _take(here, session, plate, step)


@router.post("/{code}/collect")
async def collect_plate(code: Code, closed: Closed, session: TakenBy, here: Here) -> WholePlate:
    """Close a plate that lay open."""
    plate, now = await _plate(here, code), here.settings.now()
    by = await _by(here, session, closed, Deed.TAKE_SAMPLES)
    told = await _drawn(here, plate, closed) | {"by": by}
    facts = Collected.model_validate(told | {"until": told["until"] or now})
    step = Step(State.COLLECTED, now, session.person.name, facts.told(), closed.comment)
    return await _take(here, session, plate, step)


@router.post("/{code}/incubate")
async def incubate_plate(code: Code, warmed: Warmed, session: TakenBy, here: Here) -> WholePlate:
    """Put a plate into an incubator: the next step of its incubation begins."""
    plate = await _plate(here, code)
    by = await _by(here, session, warmed, Deed.TAKE_SAMPLES)
    facts = Incubating(**warmed.model_dump(exclude={"comment", "by"}), by=by)
    step = Step(State.INCUBATING, here.settings.now(), session.person.name, facts.told(), warmed.comment)
    return await _take(here, session, plate, step)


@router.post("/{code}/read")
async def read_plate(code: Code, read: PlateRead, session: ReadBy, here: Here) -> WholePlate:
    """Say what was counted."""
    plate = await _plate(here, code)
    if plate.reading is not None:
        raise Refusal(409, _READ_ALREADY)
    by = await _by(here, session, read, Deed.READ_PLATES)
    return await _take(here, session, plate, _read(here, session, read, read.comment, by))


@router.post("/{code}/correct")
async def correct_plate(code: Code, corrected: PlateCorrected, session: Reading, here: Here) -> WholePlate:
    """Say otherwise what was counted, or name what grew; what was verified and approved before counts no longer."""
    plate = await _plate(here, code)
    if plate.reading is None:
        raise Refusal(409, _NOT_READ)
    return await _take(here, session, plate, _read(here, session, corrected, corrected.reason))


@router.post("/{code}/verify")
async def verify_plate(code: Code, counted: Counted, session: Verifying, here: Here) -> WholePlate:
    """Count a plate that another person has read, without seeing it changed: it has to come to the same."""
    plate = await _plate(here, code)
    step = Step(State.VERIFIED, here.settings.now(), session.person.name, {})
    _check(plate, step)
    found = plate.reading.facts if plate.reading else None
    if found is None or (found.cfu, found.too_many) != (counted.cfu, counted.too_many):
        await _otherwise(here, session, plate, counted)
    return await _take(here, session, plate, step)


@router.post("/{code}/quarantine")
async def quarantine_plate(code: Code, aside: PutAside, session: SettingAside, here: Here) -> WholePlate:
    """Put a plate aside until somebody has decided about it."""
    return await _put_aside(here, session, code, State.QUARANTINED, aside)


@router.post("/{code}/return")
async def return_plate(code: Code, aside: PutAside, session: Deciding, here: Here) -> WholePlate:
    """Let a plate out of quarantine: it stands as before."""
    return await _put_aside(here, session, code, State.RETURNED, aside)


@router.post("/{code}/reject")
async def reject_plate(code: Code, aside: PutAside, session: Deciding, here: Here) -> WholePlate:
    """Give a plate up: it has no result and will have none, which leaves its batch incomplete."""
    return await _put_aside(here, session, code, State.REJECTED, aside)


@router.post("/approve", responses=refusals(429))
async def approve_plates(approval: Approval, request: Request, session: Approving, here: Here) -> Plates:
    """Approve results with one signature: those of all these plates, or of none."""
    check_meaning(approval.signature.meaning, Meaning.APPROVAL)
    seen = {_code(one.code): one.steps for one in approval.plates}
    if len(seen) < len(approval.plates):
        raise Refusal(422, _TWICE)
    plates = [await _plate(here, code) for code in sorted(seen)]
    step = Step(State.APPROVED, here.settings.now(), session.person.name, {}, approval.comment)
    for plate in plates:
        if len(plate.sample.steps) != seen[plate.sample.code]:
            raise Refusal(409, _named(plate, _STALE))
        _check(plate, step)
    samples = [plate.sample for plate in plates]
    subject = Subject("plates", " ".join(seen), str(len(seen)), approved_content(samples))
    signed = await sign(here, session.person, approval.signature, subject, address_of(request))
    step = replace(step, at=signed.at, signature=signed.id, sha256=signed.sha256)
    async with here.database.connection() as connection, connection.transaction():
        approved = [await _add(connection, here, session, plate, step) for plate in plates]
    return Plates(plates=[one_plate(plate_of(one)) for one in approved])


async def _drawn(here: Service, plate: Plate, asked: Laid | Closed) -> dict[str, Any]:
    """Give until when a plate lay open and how much air was drawn: as was said, or as the sampler's run was."""
    if asked.run is None:
        return {"until": asked.until, "volume_l": asked.volume_l}
    run = await linked(here, plate, asked.run)
    return {"until": run.ended, "volume_l": round(run.volume_m3 * 1000, 3), "run": run.began}


async def _by(here: Service, session: Session, noted: Noted, deed: Deed) -> str | None:
    """Give whom a system names as having done what it tells of; None: a person is signed in, and did it.

    Raises:
        Refusal: 403, who is named may not do that here, or has no account; 422, nobody is named, or a person names one.
    """
    if session.scopes is None:
        if noted.by is not None:
            raise Refusal(422, _OWN_STEP)
        return None
    if noted.by is None:
        raise Refusal(422, _NOBODY)
    named = here.people.person(noted.by)
    if named is None or deed not in RIGHTS[named.role] or here.people.lacks(named.name, deed):
        en, zh = (
            _NOT_THEIRS.en.format(noted.by, DEEDS[deed].en),
            _NOT_THEIRS.zh.format(noted.by, DEEDS[deed].zh),
        )
        await refused(here, session.person, Deed.NOTE_PLATES, Text(en, zh))
    return noted.by


def _read(
    here: Service, session: Session, read: PlateRead | PlateCorrected, why: str, by: str | None = None
) -> Step:
    try:
        facts = Read(**read.model_dump(include={"cfu", "too_many", "organism", "species"}), by=by)
    except ValidationError as error:
        words = "; ".join(one["msg"].removeprefix("Value error, ") for one in error.errors())
        raise Refusal(422, Text(words, f"读数不成立：{words}")) from error
    return Step(State.READ, here.settings.now(), session.person.name, facts.told(), why)


async def _put_aside(here: Service, session: Session, code: str, state: State, aside: PutAside) -> WholePlate:
    plate = await _plate(here, code)
    step = Step(state, here.settings.now(), session.person.name, {}, aside.reason)
    return await _take(here, session, plate, step)


async def find(database: Connection, written: str) -> Sample:
    """Find a plate by what stands on its label.

    Raises:
        Refusal: 404, there is none; 422, no label says so.
    """
    sample = await read_sample(database, _code(written))
    if sample is None:
        raise Refusal(404, _UNKNOWN)
    return sample


async def told_plate(connection: Connection, sample: Sample) -> WholePlate:
    """Say all of a plate, held against its limits beside the others of its occasion."""
    draft = sample.draft
    batch = await read_batch(connection, draft.batch) if draft.batch else None
    if draft.batch:
        around = await samples_of_batch(connection, draft.batch)
    else:
        around = await samples_within(connection, [draft.zone], draft.planned_at, draft.planned_at + AROUND)
    others = [one for one in around if one.draft.occasion == draft.occasion and one.number != sample.number]
    result = results([sample, *others], batch.ended_at if batch else None)[0]
    return whole_plate(plate_of(sample), result)


def _code(written: str) -> str:
    code = written.strip().upper()
    if not is_code(code):
        raise Refusal(422, _MISREAD)
    return code


async def _plate(here: Service, code: str) -> Plate:
    async with here.database.connection() as connection:
        return plate_of(await find(connection, code))


def _check(plate: Plate, step: Step) -> None:
    """See that a step may be taken.

    Raises:
        Refusal: 409, it may not.
    """
    text = refusal(plate, step)
    if text is not None:
        raise Refusal(409, _named(plate, text))


def _named(plate: Plate, text: Text) -> Text:
    code = plate.sample.code
    return Text(f"{code}: {text.en}", f"{code}：{text.zh}")


async def _take(here: Service, session: Session, plate: Plate, step: Step) -> WholePlate:
    """Take a step of a plate as it was looked at: where another has been taken since, none is."""
    _check(plate, step)
    async with here.database.connection() as connection, connection.transaction():
        sample = await _add(connection, here, session, plate, step)
        return await told_plate(connection, sample)


async def _add(connection: Connection, here: Service, session: Session, plate: Plate, step: Step) -> Sample:
    """Take a step, and say in the same transaction that it opens its batch again, where that has ended."""
    by = By(step.at, session.person.name, session.person.role, step.reason, here.ledger.chain)
    try:
        sample = await add_step(connection, by, plate.sample, step)
    except StaleSampleError:
        raise Refusal(409, _named(plate, _STALE)) from None
    except OwnPlateError:
        raise Refusal(409, _named(plate, _OWN)) from None
    if step.state in LATE:
        for batch in await _ended_batches(connection, here.settings.plant, sample, step.at):
            new = {"code": sample.code, "state": step.state, "facts": dict(step.facts)}
            reason = step.reason or f"plate {sample.code} was read after the batch had ended"
            body = {"role": by.role, "what": batch.id, "old": plate.state, "new": new, "reason": reason}
            await record(connection, by.at, REOPENED, by.who, body, chain=by.chain)
    return sample


async def _ended_batches(connection: Connection, plant: Plant, sample: Sample, at: datetime) -> list[Batch]:
    """Give the batches that a plate tells of and that had ended by then: its own, or those made around it meanwhile."""
    if sample.draft.batch:
        own = await read_batch(connection, sample.draft.batch)
        return [own] if own and _ended(own, at) else []
    since = plate_of(sample).exposed_from or sample.draft.planned_at
    around = await read_batches(connection, since - A_DAY, since + A_DAY)
    return [
        one
        for one in around
        if _ended(one, at)
        and any(result.number == sample.number for result in await viable_of(connection, plant, one))
    ]


def _ended(batch: Batch, at: datetime) -> bool:
    return batch.ended_at is not None and batch.ended_at <= at


async def _otherwise(here: Service, session: Session, plate: Plate, counted: Counted) -> NoReturn:
    """Refuse to verify what was counted otherwise, and record both counts.

    Raises:
        Refusal: 409, always.
    """
    old = plate.sample.steps[-1].facts if plate.sample.steps else None
    text = _named(plate, _OTHERWISE)
    await not_now(here, session.person, plate.sample.code, text, old=old, new=counted.model_dump())
