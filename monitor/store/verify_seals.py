"""Reads the seals of the book, hour by hour, as `verify` compares them."""

import hashlib
from bisect import bisect
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

import asyncpg
from pydantic import AfterValidator, AwareDatetime, TypeAdapter

from monitor.store.database import Connection
from monitor.store.finding import line
from monitor.store.verify_book import CALENDAR_AT, LINES_AT_ONCE, SLOW_S, Walked

MINUTE = timedelta(minutes=1)

# Where nothing was sealed there may be figures all the same, of rows that are older than sealing.
_HOURS = """
SELECT DISTINCT hour FROM (
    SELECT left(coalesce(body ->> 'minute', ''), 13) COLLATE "C" FROM book WHERE kind = 'seal'
    UNION ALL SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24') COLLATE "C" FROM rollup_1m
    UNION ALL SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24') COLLATE "C" FROM rollup_1h
) AS known(hour) ORDER BY hour"""
_SEALS = f"""
SELECT chain, seq, {CALENDAR_AT.format("at")}, body, left(coalesce(body ->> 'minute', ''), 13) AS hour
FROM book WHERE kind = 'seal' ORDER BY coalesce(body ->> 'minute', '') COLLATE "C", chain, seq"""  # noqa: S608
_SPANS = """
SELECT chain, min(body ->> 'minute' COLLATE "C") AS first, max(body ->> 'minute' COLLATE "C") AS last
FROM book WHERE kind = 'seal' AND body ->> 'again' = 'false' GROUP BY chain"""


def _whole(at: datetime) -> datetime:
    if at.second or at.microsecond:
        raise ValueError(f"{at} is no whole minute")
    return at


@dataclass(frozen=True, slots=True)
class Body:
    """What a seal says: the hash over the digests of so many series, and how many rows they had."""

    minute: Annotated[AwareDatetime, AfterValidator(_whole)]
    series: int
    rows: int
    sha256: str
    again: bool


@dataclass(frozen=True, slots=True)
class Seal:
    """One seal of one minute.

    Attributes:
        at: when it was sealed.
        names: the series that its chain seals: id -> name.
    """

    chain: str
    seq: int
    at: datetime
    body: Body
    names: Mapping[int, str]


_BODY = TypeAdapter(Body)


async def spans(connection: Connection) -> dict[str, tuple[datetime, datetime]]:
    """Say from when to when each chain has sealed minute after minute."""
    found = {}
    for row in await connection.fetch(_SPANS, timeout=SLOW_S):
        first, last = _minute(row["first"]), _minute(row["last"])
        if first and last:
            found[row["chain"]] = (first, last + MINUTE)
    return found


async def hours(
    connection: Connection, walked: Walked, unreadable: list[str]
) -> AsyncIterator[tuple[datetime, list[Seal]]]:
    """Give every hour of which anything is known, with its seals.

    Args:
        connection: in a transaction.
        walked: what walking the book has taught; of its wrong lines nothing is given.
        unreadable: gathers the places of lines that should be seals, and say nothing.
    """
    ahead = aiter(connection.cursor(_SEALS, prefetch=LINES_AT_ONCE, timeout=SLOW_S))
    row = await anext(ahead, None)
    async for known in connection.cursor(_HOURS, prefetch=LINES_AT_ONCE, timeout=SLOW_S):
        read = []
        while row is not None and row["hour"] == known["hour"]:
            if (row["chain"], row["seq"]) not in walked.wrong:
                read.append(_seal(row, walked, unreadable))
            row = await anext(ahead, None)
        if hour := _minute(f"{known['hour']}:00Z"):
            yield hour, [seal for seal in read if seal is not None]


def in_force(seals: Iterable[Seal]) -> list[Seal]:
    """Leave out the seals of one minute that a later one has replaced, also one of another chain."""
    latest = {seal.chain: seal for seal in sorted(seals, key=lambda seal: seal.seq)}
    taken: list[Seal] = []
    for seal in sorted(latest.values(), key=lambda seal: (seal.at, seal.chain), reverse=True):
        if all(seal.names.keys().isdisjoint(later.names) for later in taken):
            taken.append(seal)
    return taken


def sha256_of(rows: Sequence[asyncpg.Record], which: str) -> str:
    """Reckon the seal of a minute from its series' digests (in a column of this name), in the order of their ids."""
    digests = hashlib.sha256()
    for row in rows:
        if row[which] is not None:
            digests.update(row["series_id"].to_bytes(4, "big") + row[which])
    return digests.hexdigest()


def _seal(row: asyncpg.Record, walked: Walked, unreadable: list[str]) -> Seal | None:
    chain, seq = row["chain"], row["seq"]
    try:
        body = _BODY.validate_json(row["body"])
    except ValueError:
        unreadable.append(line(chain, seq))
        return None
    every = walked.sealing.get(chain, [])
    place = bisect(every, seq, key=lambda one: one[0])
    return Seal(chain, seq, row["at"], body, every[place - 1][1] if place else {})


def _minute(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else None
