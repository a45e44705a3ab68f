"""Compares every row of the table of notices with the lines of the book that speak of it."""

import json
from collections.abc import AsyncGenerator, Iterator, Sequence
from typing import Any, TypeAlias

import asyncpg
from pydantic import TypeAdapter, ValidationError

from alarms.calls import Notice, NoticeResult, Receipt, Try
from monitor.store.database import Connection
from monitor.store.finding import Finding, Wrong, found, line
from monitor.store.notices import NOTICE, RECEIPT, RESULT
from monitor.store.side_by_side import side_by_side
from monitor.store.verify_book import CALENDAR_AT

_TIMES = ", ".join(
    CALENDAR_AT.format(name) for name in ("at", "judged_at", "ended_at", "stored_at", "receipt_at")
)
_SAID = f"""
SELECT (chain || ' ' || coalesce(body ->> 'key', '')) COLLATE "C" AS id, chain, seq, kind, body,
       {CALENDAR_AT.format("at")}
FROM book WHERE kind IN ('{NOTICE}', '{RESULT}', '{RECEIPT}') ORDER BY 1, seq"""  # noqa: S608 - our own words
_ROWS = f"""
SELECT (chain || ' ' || key) COLLATE "C" AS id, {_TIMES}, kind, person, way, step, alarms, because, outcome, tries,
       detail, receipt_by
FROM notice ORDER BY 1"""  # noqa: S608 - our own words

Facts: TypeAlias = dict[str, Any]

_NOTICE, _RESULT, _RECEIPT = TypeAdapter(Notice), TypeAdapter(NoticeResult), TypeAdapter(Receipt)
_ALARMS, _TRIES = TypeAdapter(Notice.__annotations__["alarms"]), TypeAdapter(tuple[Try, ...])
_OF_NOTICE = ("at", "kind", "person", "way", "step", "alarms", "because")
_OF_RESULT = ("outcome", "tries", "detail", "stored_at")
_NOT_ENDED: Facts = dict.fromkeys((*_OF_RESULT, "ended_at"))
_NOT_RECEIVED: Facts = dict.fromkeys(("receipt_at", "receipt_by"))


async def check_notices(connection: Connection, wrong: set[tuple[str, int]]) -> AsyncGenerator[Finding, None]:
    """Compare the notices one key after the other.

    Args:
        connection: in a transaction.
        wrong: lines of the book, by chain and number, that are not to be believed.

    Yields:
        What is wrong, in the order of chains and keys.
    """
    async for id_, lines, stored in side_by_side(connection, _SAID, _ROWS):
        for finding in _compare(f"notice {id_}", lines, stored, wrong):
            yield finding


def _compare(
    place: str, lines: Sequence[asyncpg.Record], stored: Sequence[asyncpg.Record], wrong: set[tuple[str, int]]
) -> Iterator[Finding]:
    if any((row["chain"], row["seq"]) in wrong for row in lines):
        return  # a line about it is wrong, and was told: nothing can be said of the row
    facts: Facts = {}
    where = ""
    for row in lines:
        at = line(row["chain"], row["seq"])
        try:
            facts, where = {**_said(row), **facts}, at
        except ValidationError as error:
            yield found(Wrong.LINE_UNREADABLE, at, said=str(error).splitlines()[0])
            return
    if "person" not in facts:  # what is said of a notice that no line tells of has no row
        yield from (found(Wrong.ROW_INVENTED, place) for _ in stored)
        return
    if not stored:
        yield found(Wrong.ROW_MISSING, place, line=where)
    for row in stored:
        kept, said = _stored(row), {**_NOT_ENDED, **_NOT_RECEIVED, **facts}
        different = [name for name, value in said.items() if kept[name] != value]
        if different:
            yield found(Wrong.ROW_CHANGED, place, columns=", ".join(different), line=where)


def _said(row: asyncpg.Record) -> Facts:
    """Say which columns a line gives, and what stands in them; the first line of a kind counts."""
    body = row["body"]
    if row["kind"] == NOTICE:
        notice = _NOTICE.validate_json(body)
        return {"judged_at": row["at"], **{name: getattr(notice, name) for name in _OF_NOTICE}}
    if row["kind"] == RESULT:
        result = _RESULT.validate_json(body)
        return {"ended_at": result.at, **{name: getattr(result, name) for name in _OF_RESULT}}
    receipt = _RECEIPT.validate_json(body)
    return {"receipt_at": receipt.at, "receipt_by": receipt.who}


def _stored(row: asyncpg.Record) -> Facts:
    kept = dict(row)
    for name, reads in (("alarms", _ALARMS), ("tries", _TRIES)):
        try:
            kept[name] = None if kept[name] is None else reads.validate_json(kept[name])
        except ValidationError:
            kept[name] = json.loads(kept[name])  # no such thing: it differs from whatever was said
    return kept
