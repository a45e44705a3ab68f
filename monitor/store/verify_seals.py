"""Reads the seals of the book, hour by hour, as `verify` compares them."""

import hashlib
from bisect import bisect
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated

import asyncpg
from pydantic import AfterValidator, AwareDatetime, StringConstraints, TypeAdapter

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
# A clock that was set back has opened minutes again; how far the chain has come since is for its last such line to say.
_SPANS = """
SELECT span.chain, span.first, coalesce(last.body ->> 'since', last.body ->> 'minute') AS last,
       last.kind = 'opening' AS is_open
FROM (SELECT chain, min(body ->> 'minute' COLLATE "C") AS first
      FROM book WHERE kind = 'seal' AND body ->> 'again' = 'false' GROUP BY chain) AS span
CROSS JOIN LATERAL (
    SELECT kind, body FROM book
    WHERE chain = span.chain AND (kind = 'opening' OR kind = 'seal' AND body ->> 'again' = 'false')
    ORDER BY seq DESC LIMIT 1) AS last"""


def _whole(at: datetime) -> datetime:
    if at.second or at.microsecond:
        raise ValueError(f"{at} is no whole minute")
    return at


@dataclass(frozen=True, slots=True)
class Body:
    """What a seal says: the hash over the digests of so many series, and how many rows they had.

    Attributes:
        again: whether the minute was closed already.
        was: the digests before, as far as this seal has changed them; None: there was none. Of a minute that was not
            closed already there was none of any other series either.
    """

    minute: Annotated[AwareDatetime, AfterValidator(_whole)]
    series: int
    rows: int
    sha256: str
    again: bool
    was: Mapping[int, Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")] | None] = field(
        default_factory=dict
    )


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
            found[row["chain"]] = (first, last if row["is_open"] else last + MINUTE)
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


def backwards(
    seals: Iterable[Seal], digests: Mapping[int, bytes]
) -> Iterator[tuple[Seal, Mapping[int, bytes]]]:
    """Go back through the seals of one minute; within a chain by their numbers, whatever its clock said.

    Args:
        seals: of the minute, in any order.
        digests: that are kept of it, by series.

    Yields:
        A seal, and the digests as they stood when it was written.
    """
    stood = dict(digests)
    chains: dict[str, list[Seal]] = {}
    for seal in sorted(seals, key=lambda seal: seal.seq):
        chains.setdefault(seal.chain, []).append(seal)
    while chains:
        last = _last(chains, stood)
        yield last, stood
        stood = _before(last, stood)
        chains[last.chain].pop()
        if not chains[last.chain]:
            del chains[last.chain]


def _last(chains: Mapping[str, Sequence[Seal]], stood: Mapping[int, bytes]) -> Seal:
    """Of several chains' last seals choose the one that was written last; their clocks do not tell.

    It holds over what stands. Rows are only ever added, so of two that left the same digest behind, that one came
    first which has changed it.
    """
    lasts = sorted((every[-1] for every in chains.values()), key=lambda seal: (seal.at, seal.chain))
    if len(lasts) == 1:
        return lasts[0]

    def is_early(seal: Seal) -> tuple[bool, int]:
        others = {
            id_
            for chain, every in chains.items()
            if chain != seal.chain
            for one in every
            for id_ in one.names
        }
        before = _before(seal, stood)
        return sha256_of(over(seal, stood)) != seal.body.sha256, sum(
            before.get(id_) != stood.get(id_) for id_ in others
        )

    return min(reversed(lasts), key=is_early)


def over(seal: Seal, digests: Mapping[int, bytes]) -> dict[int, bytes | None]:
    """Choose the digests of those series that a seal covers."""
    return {id_: digests[id_] for id_ in seal.names if id_ in digests}


def _before(seal: Seal, stood: Mapping[int, bytes]) -> dict[int, bytes]:
    was = dict(seal.body.was) if seal.body.again else dict.fromkeys(seal.names) | dict(seal.body.was)
    before = {id_: digest for id_, digest in stood.items() if id_ not in was}
    return before | {id_: bytes.fromhex(digest) for id_, digest in was.items() if digest is not None}


def sha256_of(digests: Mapping[int, bytes | None]) -> str:
    """Reckon the seal of a minute from its series' digests, in the order of their ids."""
    whole = hashlib.sha256()
    for id_, digest in sorted(digests.items()):
        if digest is not None:
            whole.update(id_.to_bytes(4, "big") + digest)
    return whole.hexdigest()


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
