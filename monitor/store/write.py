"""Writes the collector's journal into the database: in order, each entry once, one transaction per portion."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self, TypeAlias

import asyncpg

from alarms.events import Alarm
from config.model import Sample
from config.plant import Plant
from monitor.store import chain as hashes
from monitor.store.batches import keep_batches
from monitor.store.book import BookEntry, Tail, append, check_tail
from monitor.store.checkpoints import sign
from monitor.store.database import Connection, close, connect, ended, explained, place, to_its_end
from monitor.store.notices import keep_notices
from monitor.store.register import Row, register
from monitor.store.rows import Record, copy, copy_missing, records_of
from monitor.store.seal import Sealer, Written
from monitor.store.sealing import WHO
from monitor.store.signature import Checkpoint
from monitor.store.signing import Signer

_Line: TypeAlias = tuple[object, ...]

POISON = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
    OverflowError,
    TypeError,
    ValueError,
)
"""What the database, or the way to it, says of a value that it can never take."""

_STANDING = "SELECT seq, entry_crc, stored, repeated, quarantined FROM forwarded WHERE chain = $1"
_STOOD = "SELECT seq, sealed_until, book_seq, book_hash FROM forwarded WHERE chain = $1 FOR UPDATE"
_STANDS = """
UPDATE forwarded SET seq = $2, entry_crc = $3, stored = stored + $4, repeated = repeated + $5,
                     sealed_until = $6, book_seq = $7, book_hash = $8
WHERE chain = $1"""
_ENDS = "UPDATE forwarded SET book_seq = $2, book_hash = $3 WHERE chain = $1"
_PUT_ASIDE = """
UPDATE forwarded SET seq = $2, entry_crc = $3, quarantined = quarantined + $4, book_seq = $5, book_hash = $6
WHERE chain = $1"""
_UPSERT_ALARM = """
INSERT INTO alarm (id, raised_at, level, active, acknowledged, changed_at, worst, detail, acknowledged_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (id, raised_at) DO UPDATE SET
    level = excluded.level, active = excluded.active, acknowledged = excluded.acknowledged,
    changed_at = excluded.changed_at, worst = excluded.worst, detail = excluded.detail,
    acknowledged_by = excluded.acknowledged_by
WHERE alarm.changed_at <= excluded.changed_at"""


class PoisonError(ValueError):
    """Something in a portion can never be stored, whoever tries; nothing of the portion is."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of a journal's Samples: stored, there already, put aside."""

    stored: int
    repeated: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a journal is stored.

    Attributes:
        seq: its last entry that is; 0: nothing of it is.
        crc: by what that entry is known again; None: nobody noted it.
        counts: what became of its Samples up to there.
    """

    seq: int
    crc: int | None
    counts: Counts


async def standing(url: str, chain: str) -> Standing:
    """Say how far a journal is stored.

    Raises:
        DatabaseError: the database cannot be reached, or refuses.
    """
    connection = await connect(url)
    try:
        with explained(place(url)):
            row = await connection.fetchrow(_STANDING, chain)
            return (
                Standing(row["seq"], row["entry_crc"], _counts(row))
                if row
                else Standing(0, None, Counts(0, 0, 0))
            )
    finally:
        await close(connection)


def _counts(row: asyncpg.Record) -> Counts:
    return Counts(row["stored"], row["repeated"], row["quarantined"])


@dataclass(frozen=True, slots=True)
class Refused:
    """One entry of a journal that no table takes.

    Attributes:
        body: all that it held, as JSON.
        crc: by what it is known again; None: nobody can.
    """

    seq: int
    at: datetime
    kind: str
    series: str | None
    body: Mapping[str, Any]
    reason: str
    crc: int | None = None


class Writer:
    """The one writer of one collector's chain. After a DatabaseError it is spent: open another.

    Attributes:
        signed: checkpoints that the database has, to be kept outside it as well.
    """

    def __init__(
        self,
        connection: Connection,
        where: str,
        chain: str,
        rows: Mapping[str, Row],
        *,
        plant: str,
        sealer: Sealer,
        signer: Signer | None,
    ) -> None:
        """Use `open`, which registers the plant."""
        self.signed: list[Checkpoint] = []
        self._connection = connection
        self._where = where
        self._chain = chain
        self._rows = rows
        self._plant = plant
        self._sealer = sealer
        self._signer = signer
        self._sign_now = True

    @classmethod
    async def open(
        cls, url: str, plant: Plant, chain: str, now: datetime, signer: Signer | None = None
    ) -> Self:
        """Connect, look whether the book ends where it was left, and register the plant.

        Args:
            url: of a migrated database.
            plant: whose samples will be written.
            chain: names the collector's journal. A new journal must have a new name: its numbers start again.
            now: when this configuration was first seen, if it is new.
            signer: signs the book at the start, once an hour, and at a clean end; None: nobody does.

        Raises:
            BookCutError: lines of the book were taken away or added.
            DatabaseError: it cannot be reached, refuses, or contradicts the plant.
        """
        connection = await connect(url)
        try:
            with explained(place(url)):
                await check_tail(connection, chain)
                rows = await to_its_end(connection, register(connection, plant, now))
                await connection.execute(
                    "INSERT INTO forwarded (chain, seq) VALUES ($1, 0) ON CONFLICT DO NOTHING", chain
                )
                series = {row.id: name for name, row in rows.items()}
                sealer = await Sealer.open(connection, chain, series)
        except BaseException:
            await close(connection)
            raise
        return cls(connection, place(url), chain, rows, plant=plant.sha256, sealer=sealer, signer=signer)

    async def close(self) -> None:
        """Close the connection. Never raises; may be called twice."""
        await close(self._connection)

    async def position(self) -> int:
        """Say up to which entry the journal is stored; 0 if nothing is.

        Raises:
            DatabaseError: the connection is lost.
        """
        with explained(self._where):
            seq = await self._connection.fetchval("SELECT seq FROM forwarded WHERE chain = $1", self._chain)
            return int(seq)

    async def counts(self) -> Counts:
        """Say what became of the journal's Samples up to `position()`.

        Raises:
            DatabaseError: the connection is lost.
        """
        with explained(self._where):
            row = await self._connection.fetchrow(_STANDING, self._chain)
            return _counts(row) if row else Counts(0, 0, 0)

    async def write(
        self,
        upto_seq: int,
        samples: Sequence[Sample],
        book: Sequence[BookEntry],
        alarms: Sequence[Alarm],
        passed: datetime | None = None,
        *,
        crc: int | None = None,
    ) -> int:
        """Store the journal's entries after `position()` up to `upto_seq`, all of them or none.

        A call that was stored already stores nothing, so it may be repeated when its answer was lost. Samples and
        alarms may also come again in another portion; book entries have no name of their own, so a portion must begin
        right after `position()`. In the same transaction the minutes that are over are closed and sealed, and those
        into which something came late, again.

        Args:
            upto_seq: the journal's number of the last entry.
            samples: in the plant's places. Of two with the same series and time, the one stored first stays.
            book: to be numbered and chained, in this order.
            alarms: as they stand; the one changed last stays.
            passed: when the last Sample was received that was heard in its time; None: no time has passed by these,
                and a chain does not begin to close minutes with them.
            crc: by what the last entry is known again; None: it will not be asked for.

        Returns:
            How many samples were new.

        Raises:
            DatabaseError: nothing of it is stored, or the connection broke before the answer came.
            PoisonError: a sample is not of this plant, a book entry is not JSON, or the database takes something
                for none of its values; nothing of it is stored.
        """
        with explained(self._where):
            try:
                records = await asyncio.to_thread(records_of, samples, self._rows)
                portion = _Portion(upto_seq, crc, records, _received(samples, passed), book, alarms)
                try:
                    return await to_its_end(self._connection, self._store(portion, again=False))
                except asyncpg.UniqueViolationError:
                    # COPY cannot pass over what is there already, and is the fast way for what is not.
                    return await to_its_end(self._connection, self._store(portion, again=True))
            except POISON as error:
                raise PoisonError(" ".join(str(error).split())) from error

    async def quarantine(self, one: Refused, at: datetime) -> None:
        """Put one entry aside, right after `position()`, say so in the book, and go on behind it.

        Raises:
            DatabaseError: it is not put aside.
        """
        body = hashes.canonical(one.body)
        said = {
            "seq": one.seq,
            "at": one.at.astimezone(UTC).isoformat(),
            "kind": one.kind,
            "series": one.series,
            "reason": one.reason,
            "sha256": hashlib.sha256(body.encode()).hexdigest(),
        }
        entry = BookEntry(at, "quarantine", WHO, said)
        with explained(self._where):
            async with self._connection.transaction():
                tail = _tail(await self._connection.fetchrow(_STOOD, self._chain))
                tail = await append(self._connection, self._chain, tail, [entry])
                await self._connection.execute(
                    "INSERT INTO quarantine VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                    *(self._chain, one.seq, one.at, one.kind, one.series, body, one.reason, at),
                )
                await self._connection.execute(
                    _PUT_ASIDE,
                    *(self._chain, one.seq, one.crc, int(one.kind == "sample"), tail.seq, tail.hash),
                )

    async def sign_end(self, at: datetime) -> None:
        """Sign the end of the chain, at the clean end of a run; only `close` may follow.

        It takes a moment at most (`ended`), and lasts although whoever waits is cancelled: that is how a run ends.

        Raises:
            DatabaseError: it is not signed.
        """
        if self._signer is None:
            return
        signing = asyncio.create_task(self._sign_end(self._signer, at), name="sign the end")
        await ended(self._connection, signing)
        await signing

    async def _sign_end(self, signer: Signer, at: datetime) -> None:
        with explained(self._where):
            async with self._connection.transaction():
                tail = _tail(await self._connection.fetchrow(_STOOD, self._chain))
                tail, signed = await sign(self._connection, self._chain, signer, tail, at)
                await self._connection.execute(_ENDS, self._chain, tail.seq, tail.hash if tail.seq else "")
        if signed is not None:
            self.signed.append(signed)

    async def _store(self, portion: "_Portion", *, again: bool) -> int:
        async with self._connection.transaction():
            stood = await self._connection.fetchrow(_STOOD, self._chain)
            if stood is None or portion.upto_seq <= stood["seq"]:
                return 0
            new = await self._copy(portion.records, again=again)
            tail = await append(self._connection, self._chain, _tail(stood), portion.book)
            closed, until, signed = None, stood["sealed_until"], None
            if portion.received is not None and (until or portion.received[2]):
                written = Written(new, *portion.received)
                closed = await self._sealer.close(self._connection, until, written, tail)
                until, tail = closed.until, closed.tail
                tail, signed = await self._sign_hourly(written.last, closed.is_hour_over, tail)
            await self._connection.executemany(_UPSERT_ALARM, _latest(portion.alarms))
            await keep_notices(self._connection, self._chain, portion.book)
            await keep_batches(self._connection, self._chain, self._plant, portion.book)
            await self._connection.execute(
                _STANDS,
                *(self._chain, portion.upto_seq, portion.crc, len(new), len(portion.records) - len(new)),
                *(until, tail.seq, tail.hash if tail.seq else ""),
            )
        if closed is not None:
            self._sealer.settle(closed)
        if signed is not None:
            self._sign_now = False
            self.signed.append(signed)
        return len(new)

    async def _copy(self, records: Sequence[Record], *, again: bool) -> list[tuple[int, datetime]]:
        if again:
            return await copy_missing(self._connection, records)
        await copy(self._connection, records)
        return [(one[0], one[1]) for one in records]

    async def _sign_hourly(
        self, at: datetime, is_hour_over: bool, tail: Tail
    ) -> tuple[Tail, Checkpoint | None]:
        if self._signer is None or not (is_hour_over or self._sign_now):
            return tail, None
        return await sign(self._connection, self._chain, self._signer, tail, at)


@dataclass(frozen=True, slots=True)
class _Portion:
    upto_seq: int
    crc: int | None
    records: Sequence[Record]
    received: tuple[datetime, datetime, datetime | None] | None
    book: Sequence[BookEntry]
    alarms: Sequence[Alarm]


def _received(
    samples: Sequence[Sample], passed: datetime | None
) -> tuple[datetime, datetime, datetime | None] | None:
    """Say when the first and the last Sample was received, and up to when time has passed."""
    times = [one.received_at for one in samples] or ([passed] if passed else [])
    return (min(times), max(times), passed) if times else None


def _tail(stood: asyncpg.Record | None) -> Tail:
    if stood is None or not stood["book_seq"]:
        return Tail(0, hashes.FIRST)
    return Tail(stood["book_seq"], stood["book_hash"])


def _latest(alarms: Sequence[Alarm]) -> list[_Line]:
    # One that was never raised, only hidden, is no occurrence: that it was hidden stands in the book.
    latest = {(alarm.id, alarm.raised_at): alarm for alarm in alarms if alarm.times}
    return [
        (
            *(alarm.id, alarm.raised_at, alarm.level, alarm.active, alarm.acknowledged, alarm.changed_at),
            *(alarm.worst, alarm.detail, alarm.acknowledged_by),
        )
        for alarm in latest.values()
    ]
