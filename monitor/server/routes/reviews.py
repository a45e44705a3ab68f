"""The review of the book: who has read which period, said with a signature, and never of one's own lines."""

from datetime import datetime, timedelta
from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, StringConstraints

from config.model import Text
from monitor.server.asked import WRITABLE, Moment
from monitor.server.identify import address_of
from monitor.server.may import may
from monitor.server.messages import refusals, shown
from monitor.server.period import Period
from monitor.server.refusal import Refusal
from monitor.server.rights import Deed
from monitor.server.routes.book import REVIEWS_MAX, Reading
from monitor.server.service import Here, Service
from monitor.server.sessions import Session
from monitor.server.signatures import Meaning, Signing, Subject, check_meaning, sign
from monitor.server.written import AT, Time
from monitor.store import book_read

REVIEW_SPAN_MAX = timedelta(days=31)
"""Demo proposal: whoever reviews more at once does not read it."""

router = APIRouter(
    prefix="/book/reviews",
    tags=["book"],
    responses=refusals(401, 403, 422, 503),
)

Reviewing: TypeAlias = Annotated[Session, Depends(may(Deed.REVIEW_BOOK))]

_NOTHING = Text(
    en="The book holds nothing of that period but your own.",
    zh="该时段没有可由您审核的记录，本人的记录须由他人审核。",
)
_REVIEW: dict[str, Any] = {
    "at": AT,
    "who": "qian",
    "start": "2026-03-01T00:00:00.000000+00:00",
    "end": "2026-03-02T00:00:00.000000+00:00",
    "lines": 57,
    "comment": "two wrong passwords, explained",
    "signature": "5f0c2a7be1d94c36",
}


class NewReview(BaseModel):
    """Which period was read, from `start` up to, not including, `end`; what there is to say; and the signature."""

    model_config = shown(
        {
            "start": _REVIEW["start"],
            "end": _REVIEW["end"],
            "comment": _REVIEW["comment"],
            "signature": {"password": "correct horse battery staple", "meaning": "review"},
        }
    )

    start: Moment
    end: Moment
    comment: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000, pattern=WRITABLE)] = ""
    signature: Signing


class Review(BaseModel):
    """A period that somebody reviewed: `lines` of the book, without the reviewer's own."""

    model_config = shown(_REVIEW)

    at: Time
    who: str
    start: Time
    end: Time
    lines: int
    comment: str
    signature: str


class Reviews(BaseModel):
    """Reviews, the latest first."""

    model_config = shown({"reviews": [_REVIEW]})

    reviews: list[Review]


@router.get("", dependencies=[Reading])
async def read_reviews(period: Period, here: Here) -> Reviews:
    """The reviews of periods that touch the one from `start` to `end`."""
    async with here.reads.pool() as pool:
        found = await book_read.reviews_of(pool, *period, REVIEWS_MAX)
    return Reviews(reviews=[_review(one.at, one.who, one.body) for one in found])


@router.post("", status_code=201, responses=refusals(409, 429))
async def review_book(asked: NewReview, request: Request, session: Reviewing, here: Here) -> Review:
    """Say with a signature that a period of the book was read. A reviewer's own lines are left to another."""
    _check(asked, here.settings.now())
    who = session.person
    content = await _content(here, asked, who.name)
    of = f"{content['start']} {content['end']}"
    version = max(chain["hash"] for chain in content["chains"].values())
    subject = Subject("review", of, version, content)
    signed = await sign(here, who, asked.signature, subject, address_of(request))
    body = {"role": who.role, "what": "book", "old": None, "new": content, "reason": asked.comment}
    body |= {"signature": signed.id, "sha256": signed.sha256}
    await here.ledger.say(signed.at, "review", who.name, body)
    return _review(signed.at, who.name, body)


def _check(asked: NewReview, now: datetime) -> None:
    """See that what is reviewed is a period, and over.

    Raises:
        Refusal: 422, it is not.
    """
    if not asked.start < asked.end <= now:
        text = Text(
            "A review is of a period that is over: start before end.",
            "只能审核已结束的时段，起始须早于结束。",
        )
        raise Refusal(422, text)
    if asked.end - asked.start > REVIEW_SPAN_MAX:
        days = REVIEW_SPAN_MAX.days
        raise Refusal(422, Text(f"Review {days} days at once at most.", f"一次最多审核 {days} 天。"))
    check_meaning(asked.signature.meaning, Meaning.REVIEW)


async def _content(here: Service, asked: NewReview, reviewer: str) -> dict[str, Any]:
    """What is signed: up to which line of each chain the period was read, and that line's hash, which binds all before.

    Raises:
        Refusal: 409, there is nothing of anybody else's.
    """
    async with here.database.pool() as pool:
        chains = await book_read.extent(pool, asked.start, asked.end, reviewer)
    if not chains:
        raise Refusal(409, _NOTHING)
    return {
        "start": asked.start.isoformat(),
        "end": asked.end.isoformat(),
        "chains": {
            name: {"lines": one.lines, "first": one.first, "last": one.last, "hash": one.hash}
            for name, one in chains.items()
        },
    }


def _review(at: datetime, who: str, body: Any) -> Review:  # noqa: ANN401 - JSON
    period = body["new"]
    return Review(
        at=at,
        who=who,
        start=period["start"],
        end=period["end"],
        lines=sum(chain["lines"] for chain in period["chains"].values()),
        comment=body["reason"],
        signature=body["signature"],
    )
