"""The book as people read it: a page of lines, one line whole, and the review of a period, which is signed."""

from datetime import datetime, timedelta
from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AwareDatetime, BaseModel, StringConstraints

from config.model import Text
from monitor.server.identify import address_of
from monitor.server.may import may
from monitor.server.messages import Detail, shown
from monitor.server.period import Period
from monitor.server.refusal import Refusal
from monitor.server.rights import Deed
from monitor.server.service import Here, Service
from monitor.server.sessions import Session
from monitor.server.signatures import Meaning, Signing, Subject, sign
from monitor.server.written import AT, Time
from monitor.store import book_read
from monitor.store.book_read import Line, Place, Wanted, is_reviewed
from monitor.store.database import Pool

LINES_MAX = 200
REVIEWS_MAX = 500
REVIEW_SPAN_MAX = timedelta(days=31)
"""Demo proposal: whoever reviews more at once does not read it."""
WORDS_MAX = 10

router = APIRouter(
    prefix="/book", tags=["book"], responses={code: {"model": Detail} for code in (401, 403, 422, 503)}
)

# No NUL: PostgreSQL cannot keep one, and would look as if it were down.
_WRITABLE = r"^[^\x00]*$"
Word: TypeAlias = Annotated[str, StringConstraints(max_length=200, pattern=_WRITABLE)]
Reading = Depends(may(Deed.READ_BOOK))
Reviewing: TypeAlias = Annotated[Session, Depends(may(Deed.REVIEW_BOOK))]

_NOTHING = Text(
    en="The book holds nothing of that period but your own.",
    zh="该时段没有可由您审核的记录，本人的记录须由他人审核。",
)
_HASH = "9f2c0a1b5e7d4c36" * 4
_SIGNED: dict[str, Any] = {
    "id": "5f0c2a7be1d94c36",
    "at": AT,
    "who": "qian",
    "name": "Qian Wen",
    "role": "qa",
    "meaning": "review",
    "sha256": _HASH,
}
_LINE: dict[str, Any] = {
    "chain": "people-9f2c0a1b",
    "seq": 41,
    "at": AT,
    "kind": "role_changed",
    "who": "admin",
    "body": {"role": "admin", "what": "li", "old": "operator", "new": "engineer", "reason": "promoted"},
    "prev_hash": _HASH,
    "hash": _HASH,
    "reviewed_by": ["qian"],
}
_REVIEW: dict[str, Any] = {
    "at": AT,
    "who": "qian",
    "start": "2026-03-01T00:00:00.000000+00:00",
    "end": "2026-03-02T00:00:00.000000+00:00",
    "lines": 57,
    "comment": "two wrong passwords, explained",
    "signature": "5f0c2a7be1d94c36",
}


class BookLine(BaseModel):
    """One line of the book, and who reviewed it."""

    model_config = shown(_LINE)

    chain: str
    seq: int
    at: Time
    kind: str
    who: str
    body: dict[str, Any]
    prev_hash: str
    hash: str
    reviewed_by: list[str]


class BookPage(BaseModel):
    """Lines, the latest first; `next` asks for those behind, null: none are."""

    model_config = shown({"lines": [_LINE], "next": f"{AT} 41 people-9f2c0a1b"})

    lines: list[BookLine]
    next: str | None


class BookSignature(BaseModel):
    """A signature as it is shown: by name, time and meaning."""

    model_config = shown(_SIGNED)

    id: str
    at: Time
    who: str
    name: str
    role: str
    meaning: str
    sha256: str


class BookLineWhole(BaseModel):
    """One line; `holds`: its hash is the one reckoned anew. `signature` is what was signed with it."""

    model_config = shown({"line": _LINE, "holds": True, "signature": _SIGNED})

    line: BookLine
    holds: bool
    signature: BookSignature | None


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

    start: AwareDatetime
    end: AwareDatetime
    comment: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000, pattern=_WRITABLE)] = ""
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


def _wanted(
    *,
    kind: Annotated[list[Word], Query(max_length=40)] = [],  # noqa: B006 - FastAPI copies it
    who: Word = "",
    chain: Word = "",
    text: Annotated[Word, Query(description="words that must all be found in the line")] = "",
    after: Annotated[
        str, Query(max_length=260, pattern=_WRITABLE, description="`next` of the page before this one")
    ] = "",
) -> Wanted:
    return Wanted(kind, who, chain, text.split()[:WORDS_MAX], _place(after) if after else None)


@router.get("", dependencies=[Reading])
async def read_book(
    period: Period,
    wanted: Annotated[Wanted, Depends(_wanted)],
    here: Here,
    limit: Annotated[int, Query(ge=1, le=LINES_MAX)] = 100,
) -> BookPage:
    """The lines from `start` to `end` that are looked for, at most `limit`; `next` leads on."""
    async with here.reads.pool() as pool:
        found = await book_read.lines_found(pool, *period, wanted, limit)
        reviews = await book_read.reviews_of(pool, *period, REVIEWS_MAX)
    last = _mark(found[-1].place) if len(found) == limit else None
    return BookPage(lines=[_line(one, reviews) for one in found], next=last)


@router.get("/line", dependencies=[Reading], responses={404: {"model": Detail}})
async def read_book_line(
    chain: Annotated[Word, Query(examples=[_LINE["chain"]])],
    seq: Annotated[int, Query(ge=1, lt=2**63, examples=[41])],
    here: Here,
) -> BookLineWhole:
    """One line whole, with the signature that was given with it."""
    async with here.reads.pool() as pool:
        line = await book_read.line_at(pool, chain, seq)
        if line is None:
            raise Refusal(404, Text(en="The book has no such line.", zh="审计记录中没有该条目。"))
        reviews = await book_read.reviews_of(pool, line.at, line.at + timedelta(microseconds=1), REVIEWS_MAX)
        signed = await _signed(pool, line)
    return BookLineWhole(line=_line(line, reviews), holds=line.holds(), signature=_signature(signed))


@router.get("/reviews", dependencies=[Reading])
async def read_reviews(period: Period, here: Here) -> Reviews:
    """The reviews of periods that touch the one from `start` to `end`."""
    async with here.reads.pool() as pool:
        found = await book_read.reviews_of(pool, *period, REVIEWS_MAX)
    return Reviews(reviews=[_review(one.at, one.who, one.body) for one in found])


@router.post("/reviews", status_code=201, responses={code: {"model": Detail} for code in (409, 429)})
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
    if asked.signature.meaning is not Meaning.REVIEW:
        raise Refusal(422, Text("The signature has to mean: reviewed.", "签名含义必须为“已审核”。"))


async def _content(here: Service, asked: NewReview, reviewer: str) -> dict[str, Any]:
    """What is signed: up to which line of each chain the period was read, and that line's hash, which binds all before.

    Raises:
        Refusal: 409, there is nothing of anybody else's.
    """
    async with here.database.pool() as pool:
        chains = await book_read.extent(pool, asked.start, asked.end, reviewer)
    if not chains:
        text = Text(
            "The book holds nothing of that period but your own.",
            "该时段没有可由您审核的记录（本人的记录须由他人审核）。",
        )
        raise Refusal(409, text)
    return {
        "start": asked.start.isoformat(),
        "end": asked.end.isoformat(),
        "chains": {
            name: {"lines": one.lines, "first": one.first, "last": one.last, "hash": one.hash}
            for name, one in chains.items()
        },
    }


async def _signed(pool: Pool, line: Line) -> Line | None:
    if line.kind == "signature":
        return line
    signature = line.body.get("signature")
    return (
        await book_read.signature_line(pool, signature) if isinstance(signature, str) and signature else None
    )


def _line(line: Line, reviews: list[Line]) -> BookLine:
    facts = {field: getattr(line, field) for field in BookLine.model_fields if field != "reviewed_by"}
    return BookLine(**facts, reviewed_by=sorted({one.who for one in reviews if is_reviewed(line, one)}))


def _signature(line: Line | None) -> BookSignature | None:
    if line is None:
        return None
    told = {field: line.body.get(field, "") for field in ("id", "name", "role", "meaning", "sha256")}
    return BookSignature(at=line.at, who=line.who, **told)


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


def _mark(place: Place) -> str:
    at, chain, seq = place
    return f"{at.isoformat()} {seq} {chain}"


def _place(mark: str) -> Place:
    at, seq, chain = (*mark.split(" ", 2), "", "")[:3]
    try:
        found = datetime.fromisoformat(at), chain, int(seq)
    except ValueError:
        found = None
    if found is None or found[0].tzinfo is None or not 0 <= found[2] < 2**63:
        raise Refusal(422, Text(en="after is not the end of a page.", zh="after 不是有效的分页位置。"))
    return found
