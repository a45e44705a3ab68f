"""Walks every chain of the book: its hashes, its numbers, its end, its keys and its checkpoints."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import asyncpg
from pydantic import TypeAdapter, ValidationError

from monitor.store import chain as hashes
from monitor.store.database import Connection
from monitor.store.finding import Finding, Wrong, found, line
from monitor.store.signature import Checkpoint, Key, is_introduced, is_signed

SLOW_S = 6 * 3600.0
"""For one statement: sorting the book of years, or reckoning an hour of a large plant, on a slow disk."""
LINES_AT_ONCE = 500
# A changed time may lie where no calendar of ours reaches; it is then like none at all.
CALENDAR_AT = "CASE WHEN {0} >= '0002-01-01Z' AND {0} < '9999-01-01Z' THEN {0} END AS {0}"

_LINES = f"""
SELECT seq, {CALENDAR_AT.format("at")}, kind, who, body, prev_hash, hash FROM book WHERE chain = $1 ORDER BY seq"""  # noqa: S608

Step = Callable[[int], None]


@dataclass(slots=True)
class Walked:
    """What walking the book has taught.

    Attributes:
        lines: how many there are.
        checkpoints: whose signature holds; and how many lines no checkpoint covers yet.
        roots: fingerprints of the keys that begin a chain; and every key, by fingerprint.
        wrong: lines that are not as they were written, by chain and number; nothing is concluded from them.
        sealing: by chain, from which line on it seals which series: id -> name.
        names: each (series, name) that a line speaks of, with that line; so each (series, device, records) in
            `owners`, and each (channel, series, place, unit) in `places`.
    """

    lines: int = 0
    checkpoints: int = 0
    behind: int = 0
    roots: set[str] = field(default_factory=set)
    wrong: set[tuple[str, int]] = field(default_factory=set)
    sealing: dict[str, list[tuple[int, Mapping[int, str]]]] = field(default_factory=dict)
    names: dict[tuple[int, str], str] = field(default_factory=dict)
    owners: dict[tuple[int, str, bool], str] = field(default_factory=dict)
    places: dict[tuple[str, int, int, str], str] = field(default_factory=dict)
    keys: dict[str, Key] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Channel:
    id: str
    unit: str


@dataclass(frozen=True, slots=True)
class _Channels:
    """What a line of kind "channels" says of one series: by place, the channel."""

    device: str
    records: bool
    channels: Mapping[int, _Channel]


# Made once: to make one takes longer than all else that is done with a line.
_KEY, _CHECKPOINT = TypeAdapter(Key), TypeAdapter(Checkpoint)
_SERIES, _CHANNELS = TypeAdapter(dict[int, str]), TypeAdapter(dict[int, _Channels])


async def check_book(
    connection: Connection, kept: Sequence[Checkpoint], trusted: frozenset[str], walked: Walked, step: Step
) -> AsyncGenerator[Finding, None]:
    """Walk every chain.

    Args:
        connection: in a transaction.
        kept: checkpoints from outside the database.
        trusted: fingerprints of keys that a chain may begin with; if none is given, it may begin with any.
        walked: to be filled.
        step: hears how many lines were walked since it last did.

    Yields:
        What is wrong, chain by chain, from its first line on.
    """
    heads = {
        row["chain"]: (row["book_seq"], row["book_hash"])
        for row in await connection.fetch("SELECT chain, book_seq, book_hash FROM forwarded")
    }
    written = await connection.fetch("SELECT DISTINCT chain FROM book", timeout=SLOW_S)
    for chain in sorted({*heads, *(row["chain"] for row in written), *(one.chain for one in kept)}):
        walk = _Walk(chain, trusted, {one.seq: one.hash for one in kept if one.chain == chain}, walked)
        async for row in connection.cursor(_LINES, chain, prefetch=LINES_AT_ONCE, timeout=SLOW_S):
            for finding in walk.line(row):
                yield finding
            step(1)
        for finding in walk.end(*heads.get(chain, (0, ""))):
            yield finding
    async for finding in _check_keys(connection, walked):
        yield finding


async def _check_keys(connection: Connection, walked: Walked) -> AsyncIterator[Finding]:
    for row in await connection.fetch("SELECT fingerprint, public_key FROM signing_key ORDER BY 1"):
        key = walked.keys.get(row["fingerprint"])
        if key is None or key.public_key != row["public_key"]:
            yield found(Wrong.KEY_ELSEWHERE, row["fingerprint"])


class _Walk:
    """One chain, line by line."""

    def __init__(self, chain: str, trusted: frozenset[str], kept: dict[int, str], walked: Walked) -> None:
        self._chain = chain
        self._trusted = trusted
        self._kept = kept
        self._walked = walked
        self._seq = 0
        self._hash = hashes.FIRST
        self._or_hash = hashes.FIRST
        self._key: Key | None = None
        self._behind = 0

    def line(self, row: asyncpg.Record) -> Iterator[Finding]:
        """Look at the next line."""
        seq, place = row["seq"], line(self._chain, row["seq"])
        self._walked.lines += 1
        self._behind += 1
        reckoned = self._reckoned(row)
        findings = list(self._linked(row, reckoned, place))
        if findings:
            self._walked.wrong.add((self._chain, seq))
        else:
            findings = list(self._understood(row, place))
        if self._kept.pop(seq, row["hash"]) != row["hash"] and not findings:
            findings = [found(Wrong.REWRITTEN, place)]
        yield from findings
        # Of a changed line either may be what the next one follows: its hash, or what that should be.
        self._seq, self._hash, self._or_hash = seq, row["hash"], reckoned

    def end(self, seq: int, hash_: str) -> Iterator[Finding]:
        """Look at the end, which is to be the line of this number and hash, and behind no kept checkpoint."""
        self._walked.behind += self._behind
        last = max([seq, *self._kept])
        if self._seq < last:
            yield found(Wrong.TAIL_CUT, line(self._chain, self._seq + 1), last=self._seq)
        elif self._seq > seq:
            yield found(Wrong.TAIL_ADDED, line(self._chain, seq + 1), last=seq)
        elif seq and self._hash != hash_ and (self._chain, seq) not in self._walked.wrong:
            yield found(Wrong.TAIL_CHANGED, line(self._chain, seq))

    def _reckoned(self, row: asyncpg.Record) -> str:
        """Reckon a line's hash from what it says; "" where it says what no line can."""
        if row["at"] is None:
            return ""
        facts = {key: row[key] for key in ("seq", "at", "kind", "who")}
        try:
            return hashes.link(row["prev_hash"], chain=self._chain, body=exact(row["body"]), **facts)
        except ValueError:
            return ""

    def _linked(self, row: asyncpg.Record, reckoned: str, place: str) -> Iterator[Finding]:
        if row["seq"] != self._seq + 1:
            yield found(Wrong.LINE_MISSING, line(self._chain, self._seq + 1))
        if reckoned != row["hash"]:
            yield found(Wrong.LINE_CHANGED, place)
        elif row["seq"] == self._seq + 1 and row["prev_hash"] not in {self._hash, self._or_hash}:
            yield found(Wrong.LINE_UNCHAINED, place)

    def _understood(self, row: asyncpg.Record, place: str) -> Iterator[Finding]:
        try:
            match row["kind"]:
                case "key":
                    yield from self._introduced(_KEY.validate_json(row["body"]), place)
                case "checkpoint":
                    body = json.loads(row["body"]) | {"chain": self._chain}
                    yield from self._checked(_CHECKPOINT.validate_json(json.dumps(body)), place)
                case "sealing":
                    self._seals(row, place)
                case "channels":
                    self._places(row, place)
                case _:
                    pass
        except (ValidationError, TypeError, KeyError) as error:
            yield found(Wrong.LINE_UNREADABLE, place, said=str(error).splitlines()[0])

    def _introduced(self, key: Key, place: str) -> Iterator[Finding]:
        if not is_introduced(key, self._key):
            yield found(Wrong.KEY_NOT_INTRODUCED, place)
        elif self._key is None:
            self._walked.roots.add(key.fingerprint)
            if self._trusted and key.fingerprint not in self._trusted:
                yield found(Wrong.KEY_NOT_TRUSTED, place, key=key.fingerprint)
        self._key = self._walked.keys[key.fingerprint] = key

    def _checked(self, checkpoint: Checkpoint, place: str) -> Iterator[Finding]:
        if (checkpoint.seq, checkpoint.hash) != (self._seq, self._hash):
            yield found(Wrong.CHECKPOINT_MISPLACED, place)
        elif self._key is None or not is_signed(checkpoint, self._key):
            yield found(Wrong.CHECKPOINT_UNSIGNED, place)
        else:
            self._walked.checkpoints += 1
            self._behind = 0

    def _seals(self, row: asyncpg.Record, place: str) -> None:
        series = _SERIES.validate_json(json.dumps(json.loads(row["body"])["series"]))
        self._walked.sealing.setdefault(self._chain, []).append((row["seq"], series))
        for named in series.items():
            self._walked.names.setdefault(named, place)

    def _places(self, row: asyncpg.Record, place: str) -> None:
        every = _CHANNELS.validate_json(json.dumps(json.loads(row["body"])["series"]))
        for id_, said in every.items():
            self._walked.owners.setdefault((id_, said.device, said.records), place)
            for number, one in said.channels.items():
                self._walked.places.setdefault((one.id, id_, number, one.unit), place)


def exact(body: str) -> Any:  # noqa: ANN401 - JSON
    """Read what jsonb gives back; a ValueError at a number that is not the one it is read as.

    jsonb keeps every digit and a float does not: two bodies with the same hash would differ in the last.
    """

    def number(text: str) -> float:
        if Decimal(text) != Decimal(repr(float(text))):
            raise ValueError(f"{text} was never written here")
        return float(text)

    return json.loads(body, parse_float=number)
