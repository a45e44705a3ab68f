"""Deviations: opened by whoever finds something, assessed, and closed by another person; each step with a signature."""

from dataclasses import replace
from typing import Annotated, NoReturn, TypeAlias

import structlog
from fastapi import APIRouter, Depends, Path, Query, Request

from config.model import Text
from monitor.server.asked import BatchId
from monitor.server.batches import find_batch
from monitor.server.deviated import (
    BYTES_MAX,
    DeviationAssessed,
    DeviationClosed,
    DeviationReopened,
    Deviations,
    NewDeviation,
    OneDeviation,
    deviation_told,
)
from monitor.server.identify import address_of
from monitor.server.instruments import day_of
from monitor.server.may import ReadingPast, may, not_now, refused
from monitor.server.messages import refusals
from monitor.server.refusal import Refusal
from monitor.server.rights import Deed
from monitor.server.service import Here, Service
from monitor.server.sessions import Session
from monitor.server.signatures import Meaning, Signing, Subject, check_meaning, sign_into_book
from monitor.store.deviations import (
    FOLLOWS,
    About,
    Assessment,
    Deviation,
    DeviationState,
    DeviationStep,
    NumberTakenError,
    OwnDeviationError,
    add_deviation_step,
    deviation_of,
    deviations,
    deviations_of,
    next_number,
    open_deviation,
    opened_content,
    step_content,
)

router = APIRouter(
    prefix="/deviations",
    tags=["deviations"],
    responses=refusals(401, 403, 404, 409, 422, 429, 503),
)
_log = structlog.get_logger()

Opening: TypeAlias = Annotated[Session, Depends(may(Deed.OPEN_DEVIATION))]
Assessing: TypeAlias = Annotated[Session, Depends(may(Deed.ASSESS_DEVIATION))]
Closing: TypeAlias = Annotated[Session, Depends(may(Deed.CLOSE_DEVIATION))]
Number: TypeAlias = Annotated[str, Path(pattern=r"^DEV-[0-9]{4}-[0-9]{4,9}$", examples=["DEV-2026-0001"])]

STATES = {
    DeviationState.OPENED: Text("open", "待评估"),
    DeviationState.ASSESSED: Text("assessed", "已评估"),
    DeviationState.CLOSED: Text("closed", "已关闭"),
    DeviationState.REOPENED: Text("open again", "重新打开"),
}
MEANINGS = {
    DeviationState.OPENED: Meaning.AUTHORSHIP,
    DeviationState.ASSESSED: Meaning.AUTHORSHIP,
    DeviationState.CLOSED: Meaning.APPROVAL,
    DeviationState.REOPENED: Meaning.RESPONSIBILITY,
}
"""What the signature on each step says."""
_NONE = Text("There is no such deviation.", "没有该偏差。")
_OWN = Text(
    "Who opened or assessed a deviation does not close it: another person has to.",
    "登记人或评估人不能关闭该偏差，须由他人关闭。",
)
_TAKEN = Text("Another was opened at this very moment; sign again.", "同一时刻另有偏差登记，请重新签名。")


@router.get("", dependencies=[ReadingPast])
async def read_deviations(
    here: Here, batch: Annotated[BatchId | None, Query(examples=["MSC-2026-014"])] = None
) -> Deviations:
    """The latest deviations, or all of one batch, the last one first."""
    async with here.database.pool() as pool:
        found = await deviations(pool) if batch is None else (await deviations_of(pool, batch))[::-1]
    return Deviations(deviations=[deviation_told(one) for one in found])


@router.get("/{deviation}", dependencies=[ReadingPast])
async def read_deviation(deviation: Number, here: Here) -> OneDeviation:
    """One deviation, with all that became of it."""
    return deviation_told(await _find(here, deviation))


@router.post("", status_code=201, max_body_size=BYTES_MAX)
async def open_one(new: NewDeviation, request: Request, session: Opening, here: Here) -> OneDeviation:
    """Open a deviation under the next number of the year."""
    check_meaning(new.signature.meaning, MEANINGS[DeviationState.OPENED])
    at, who = here.settings.now(), session.person
    about = tuple(dict.fromkeys(About(one.kind, one.id, one.at) for one in new.about))
    async with here.database.pool() as pool:
        if new.batch is not None:
            await find_batch(pool, new.batch)
        number = await next_number(pool, day_of(at, here.settings.plant.time_zone).year)
    one = Deviation(number, new.batch or "", new.title, about, who.name, at)
    subject = Subject("deviation", number, DeviationState.OPENED, opened_content(one))
    signed = await sign_into_book(here, who, new.signature, subject, address_of(request))
    one = replace(one, opened_at=signed.at, signature=signed.id, sha256=signed.sha256)
    try:
        async with here.database.connection() as connection:
            await open_deviation(connection, one, who.role, here.ledger.chain)
    except NumberTakenError:
        raise Refusal(409, _TAKEN) from None
    _log.info("deviation_opened", deviation=number, name=who.name, batch=one.batch)
    return deviation_told(await _find(here, number))


@router.post("/{deviation}/assess")
async def assess(
    deviation: Number, said: DeviationAssessed, request: Request, session: Assessing, here: Here
) -> OneDeviation:
    """Say how grave it is and what is done about it; once more, where that has changed."""
    assessment = Assessment(said.grade, said.cause, said.impact, said.action)
    step = _step(here, session, DeviationState.ASSESSED, said.comment, assessment)
    return await _take_step(here, request, session, deviation, step=step, signing=said.signature)


@router.post("/{deviation}/close")
async def close(
    deviation: Number, said: DeviationClosed, request: Request, session: Closing, here: Here
) -> OneDeviation:
    """Close, as another person than who opened and assessed it."""
    step = _step(here, session, DeviationState.CLOSED, said.comment)
    return await _take_step(here, request, session, deviation, step=step, signing=said.signature)


@router.post("/{deviation}/reopen")
async def reopen(
    deviation: Number, said: DeviationReopened, request: Request, session: Closing, here: Here
) -> OneDeviation:
    """Open a closed one again: it has to be assessed anew."""
    step = _step(here, session, DeviationState.REOPENED, said.comment)
    return await _take_step(here, request, session, deviation, step=step, signing=said.signature)


def _step(
    here: Service, session: Session, state: DeviationState, comment: str, said: Assessment | None = None
) -> DeviationStep:
    return DeviationStep(state, here.settings.now(), session.person.name, comment, said)


async def _take_step(
    here: Service, request: Request, session: Session, number: str, *, step: DeviationStep, signing: Signing
) -> OneDeviation:
    check_meaning(signing.meaning, MEANINGS[step.state])
    one, who = await _find(here, number), session.person
    if step.state not in FOLLOWS[one.state]:
        await _out_of_order(here, session, one)
    if step.state is DeviationState.CLOSED and who.name.lower() in one.hands:
        await refused(here, who, Deed.CLOSE_DEVIATION, _OWN)
    subject = Subject("deviation", number, step.state, step_content(one, step))
    signed = await sign_into_book(here, who, signing, subject, address_of(request))
    step = replace(step, at=signed.at, signature=signed.id, sha256=signed.sha256)
    try:
        async with here.database.connection() as connection:
            added = await add_deviation_step(connection, one, step, who.role, here.ledger.chain)
    except OwnDeviationError:
        raise Refusal(403, _OWN) from None
    found = await _find(here, number)
    if not added:
        await _out_of_order(here, session, found)
    _log.info("deviation_step", deviation=number, state=step.state, name=who.name)
    return deviation_told(found)


async def _find(here: Service, number: str) -> Deviation:
    async with here.database.pool() as pool:
        found = await deviation_of(pool, number)
    if found is None:
        raise Refusal(404, _NONE)
    return found


async def _out_of_order(here: Service, session: Session, one: Deviation) -> NoReturn:
    """Refuse what cannot be done to a deviation as it stands, and record it.

    Raises:
        Refusal: 409, always.
    """
    stands = STATES[one.state]
    text = Text(f"The deviation is {stands.en}.", f"该偏差当前状态为“{stands.zh}”。")
    await not_now(here, session.person, f"deviation {one.number}", text, old=one.state)
