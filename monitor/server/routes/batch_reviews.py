"""The review of a batch and its release: level by level by persons without a hand in it, then decided by quality.

Every signature names the sha256 of what was looked at: if something has come meanwhile, nothing is signed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, NoReturn, TypeAlias

import structlog
from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from config.model import Text
from monitor.records.dossier.whole import Dossier, told
from monitor.records.review import (
    HAND,
    OWN,
    Case,
    against_release,
    against_review,
    hands,
    levels,
    valid,
)
from monitor.records.signed import content
from monitor.server.dossiers import PATIENCE_S, dossier_of
from monitor.server.identify import address_of
from monitor.server.may import may, not_now, refused
from monitor.server.messages import refusals, shown
from monitor.server.refusal import Refusal
from monitor.server.reviewed import STANDING, BatchStanding, NewBatchRelease, NewBatchReview, standing_told
from monitor.server.rights import DEEDS, Deed
from monitor.server.routes.batches import OfBatch
from monitor.server.routes.dossier import EXAMPLE
from monitor.server.service import Here, Service
from monitor.server.sessions import Session
from monitor.server.signatures import Meaning, Subject, check_meaning, sign_into_book
from monitor.store.batch_reviews import (
    BatchRelease,
    BatchReview,
    Decision,
    OwnBatchError,
    Reopened,
    add_signed,
    hands_in,
    releases_of_batch,
    reopenings_of_batch,
    reviews_of_batch,
    unreviewed,
)

router = APIRouter(
    prefix="/batches/{batch}",
    tags=["batch review"],
    responses=refusals(401, 403, 404, 409, 422, 429, 503),
)
_log = structlog.get_logger()


class BatchRecord(BaseModel):
    """Everything of one batch, and how its review stands, as `/dossier` and `/review` tell it."""

    model_config = shown({"dossier": EXAMPLE, "review": STANDING})

    dossier: Dossier
    review: BatchStanding


Reviewing: TypeAlias = Annotated[Session, Depends(may(Deed.REVIEW_BATCH))]
Releasing: TypeAlias = Annotated[Session, Depends(may(Deed.RELEASE_BATCH))]
Reading: TypeAlias = Annotated[Session, Depends(may(Deed.READ_PAST))]

_CHANGED = Text(
    "It is not what you have looked at any more: something has come meanwhile. Look again.",
    "批次内容在您查看后已发生变化，请重新查看。",
)
_OVERTAKEN = Text(
    "Somebody else has signed at this very moment. Look again.", "同一时刻他人已签名，请重新查看。"
)
_WHY = Text("Say why it is rejected.", "请填写拒收原因。")
MEANINGS = {Decision.RELEASED: Meaning.APPROVAL, Decision.REJECTED: Meaning.RESPONSIBILITY}
"""What the signature on a decision says."""


@dataclass(frozen=True, slots=True)
class _Looked:
    """A batch before its reviewers, who had a hand in it, and what came late."""

    case: Case
    hands: frozenset[str]
    reopened: list[Reopened]


@router.get("/record", response_model=BatchRecord)
async def read_batch_record(batch: OfBatch, session: Reading, here: Here) -> JSONResponse:
    """The dossier of a batch and how its review stands, of one moment: what is looked at is what would be signed."""
    looked = await _look(here, batch)
    review = _told(batch, looked, session).model_dump(mode="json", by_alias=True)
    # As it is: written by a model, times would look otherwise than in the package.
    return JSONResponse({"dossier": looked.case.told, "review": review})


@router.get("/review")
async def read_batch_review(batch: OfBatch, session: Reading, here: Here) -> BatchStanding:
    """How the review of a batch stands, and what who asks may do about it."""
    return _told(batch, await _look(here, batch), session)


@router.post("/reviews", status_code=201)
async def review_batch(
    batch: OfBatch, asked: NewBatchReview, request: Request, session: Reviewing, here: Here
) -> BatchStanding:
    """Sign the next level for what was looked at. Whoever had a hand in the batch, or has signed a level, may not."""
    check_meaning(asked.signature.meaning, Meaning.REVIEW)
    looked, who = await _look(here, batch), session.person
    _check_seen(looked, asked.sha256)
    level = len(valid(looked.case)) + 1
    if why := against_review(looked.case, who.name, looked.hands):
        await _refuse(here, session, Deed.REVIEW_BATCH, why)
    subject = Subject("batch_review", batch, str(level), content(looked.case.told))
    signed = await sign_into_book(here, who, asked.signature, subject, address_of(request))
    one = BatchReview(batch, level, signed.at, who.name, signed.sha256, asked.comment, signed.id)
    await _keep(here, looked.case.reviews, one, who.role)
    _log.info("batch_reviewed", batch=batch, level=level, name=who.name)
    return _told(batch, await _look(here, batch), session)


@router.post("/release", status_code=201)
async def release_batch(
    batch: OfBatch, asked: NewBatchRelease, request: Request, session: Releasing, here: Here
) -> BatchStanding:
    """Release or reject the environmental part of a batch, for what was looked at."""
    check_meaning(asked.signature.meaning, MEANINGS[asked.outcome])
    if asked.outcome is Decision.REJECTED and not asked.comment:
        raise Refusal(422, _WHY)
    looked, who = await _look(here, batch), session.person
    _check_seen(looked, asked.sha256)
    if why := against_release(looked.case, who.name, asked.outcome, looked.hands):
        await _refuse(here, session, Deed.RELEASE_BATCH, why)
    subject = Subject("batch_release", batch, asked.outcome, content(looked.case.told))
    signed = await sign_into_book(here, who, asked.signature, subject, address_of(request))
    one = BatchRelease(batch, asked.outcome, signed.at, who.name, signed.sha256, asked.comment, signed.id)
    await _keep(here, looked.case.releases, one, who.role)
    _log.info("batch_decided", batch=batch, outcome=asked.outcome, name=who.name)
    return _told(batch, await _look(here, batch), session)


async def _keep(
    here: Service,
    before: Sequence[BatchReview] | Sequence[BatchRelease],
    one: BatchReview | BatchRelease,
    role: str,
) -> None:
    """Keep what was signed.

    Raises:
        Refusal: 403, who signs has had a hand in the batch, as the database knows; 409, somebody else was first.
    """
    try:
        async with here.database.connection() as connection:
            added = await add_signed(connection, before, one, role, here.ledger.chain)
    except OwnBatchError:
        raise Refusal(403, HAND) from None
    if not added:
        raise Refusal(409, _OVERTAKEN)


async def _look(here: Service, batch: str) -> _Looked:
    """Reckon a batch as it stands now.

    Raises:
        Refusal: 404, there is none of that id.
    """
    async with here.database.pool(PATIENCE_S) as pool:
        facts = told(await dossier_of(here, pool, batch))
        window = [datetime.fromisoformat(at) for at in (facts["batch"]["started_at"], facts["told_at"])]
        case = Case(
            facts,
            await reviews_of_batch(pool, batch),
            await releases_of_batch(pool, batch),
            levels(facts, here.settings.plant.review),
            await unreviewed(pool, *window),
        )
        return _Looked(case, await hands_in(pool, batch), await reopenings_of_batch(pool, batch))


def _told(batch: str, looked: _Looked, session: Session) -> BatchStanding:
    case, who = looked.case, session.person.name
    against = (
        _no_right(session, Deed.REVIEW_BATCH) or against_review(case, who, looked.hands),
        *(
            _no_right(session, Deed.RELEASE_BATCH) or against_release(case, who, outcome, looked.hands)
            for outcome in (Decision.RELEASED, Decision.REJECTED)
        ),
    )
    return standing_told(batch, case, hands(case.told) | looked.hands, looked.reopened, against)


def _no_right(session: Session, deed: Deed) -> Text | None:
    what = DEEDS[deed]
    text = Text(f"Your role has no right to this: {what.en}.", f"您的角色无权执行：{what.zh}。")
    return None if deed in session.deeds else text


def _check_seen(looked: _Looked, sha256: str) -> None:
    """See that what is signed is what was looked at.

    Raises:
        Refusal: 409, something has come meanwhile.
    """
    if looked.case.sha256 != sha256:
        raise Refusal(409, _CHANGED)


async def _refuse(here: Service, session: Session, deed: Deed, why: Text) -> NoReturn:
    """Refuse, and record it: 403 what is a person's own, 409 what it is not the time for.

    Raises:
        Refusal: always.
    """
    who = session.person
    if why in OWN:
        await refused(here, who, deed, why)
    await not_now(here, who, deed, why)
