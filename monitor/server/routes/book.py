"""The book as people read it: a page of lines, and one line whole."""

import re
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, StringConstraints

from config.model import Text
from monitor.server.asked import WRITABLE, moment
from monitor.server.may import may
from monitor.server.messages import refusals, shown
from monitor.server.period import Period
from monitor.server.refusal import Refusal
from monitor.server.rights import Deed
from monitor.server.service import Here
from monitor.server.transitions import change_of
from monitor.server.written import AT, Time
from monitor.store import book_read
from monitor.store.book_read import Line, Place, Wanted, is_reviewed
from monitor.store.database import Pool

LINES_MAX = 200
REVIEWS_MAX = 500
"""More than a year of them, one a day."""
WORDS_MAX = 10

router = APIRouter(prefix="/book", tags=["book"], responses=refusals(401, 403, 422, 503))

Word: TypeAlias = Annotated[str, StringConstraints(max_length=200, pattern=WRITABLE)]
Reading = Depends(may(Deed.READ_BOOK))

_SEQ = re.compile(r"[0-9]{1,19}")
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
    "old": "operator",
    "new": "engineer",
    "prev_hash": _HASH,
    "hash": _HASH,
    "reviewed_by": ["qian"],
}


class BookLine(BaseModel):
    """One line of the book, what was and what is in a word, and who reviewed it."""

    model_config = shown(_LINE)

    chain: str
    seq: int
    at: Time
    kind: str
    who: str
    body: dict[str, Any]
    old: str | None
    new: str | None
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


def _wanted(
    *,
    kind: Annotated[list[Word], Query(max_length=40)] = [],  # noqa: B006 - FastAPI copies it
    who: Word = "",
    chain: Word = "",
    text: Annotated[Word, Query(description="words that must all be found in the line")] = "",
    after: Annotated[
        str, Query(max_length=260, pattern=WRITABLE, description="`next` of the page before this one")
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


@router.get("/line", dependencies=[Reading], responses=refusals(404))
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


async def _signed(pool: Pool, line: Line) -> Line | None:
    if line.kind == "signature":
        return line
    signature = line.body.get("signature")
    return (
        await book_read.signature_line(pool, signature) if isinstance(signature, str) and signature else None
    )


def _line(line: Line, reviews: list[Line]) -> BookLine:
    old, new = change_of(line.kind, line.body)
    reviewed_by = sorted({one.who for one in reviews if is_reviewed(line, one)})
    return BookLine(**asdict(line), old=old, new=new, reviewed_by=reviewed_by)


def _signature(line: Line | None) -> BookSignature | None:
    if line is None:
        return None
    told = {field: line.body.get(field, "") for field in ("id", "name", "role", "meaning", "sha256")}
    return BookSignature(at=line.at, who=line.who, **told)


def _mark(place: Place) -> str:
    at, chain, seq = place
    return f"{at.isoformat()} {seq} {chain}"


def _place(mark: str) -> Place:
    written, seq, chain = (*mark.split(" ", 2), "", "")[:3]
    at = moment(written)
    if at is None or not _SEQ.fullmatch(seq) or int(seq) >= 2**63:
        raise Refusal(422, Text(en="after is not the end of a page.", zh="after 不是有效的分页位置。"))
    return at, chain, int(seq)
