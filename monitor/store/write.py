"""Writes the collector's journal into the database: in order, each entry once, one transaction per batch."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self, TypeAlias

import asyncpg

from alarms.events import Alarm
from config.model import Plant, Quality, Sample
from monitor.store import chain as hashes
from monitor.store.book import BookEntry, Tail, append, check_tail
from monitor.store.database import Connection, close, connect, explained, place
from monitor.store.register import Row, register
from monitor.store.seal import SETTLE, WHO, close_again, close_minutes, hour_of, left_open, minute_of, sealing
from monitor.store.signature import Checkpoint
from monitor.store.signing import Signer

BACKFILLED = 1
"""Bit 0 of sample.flags."""

_COLUMNS = ("series_id", "at", "source_at", "received_at", "values", "quality", "flags", "reason")

_Record: TypeAlias = tuple[object, ...]

POISON = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
    OverflowError,
    TypeError,
    ValueError,
)
"""What the database, or the way to it, says of a value that it can never take."""

_STANDING = "SELECT seq, stored, repeated, quarantined FROM forwarded WHERE chain = $1"
_STOOD = "SELECT seq, sealed_until, book_seq, book_hash FROM forwarded WHERE chain = $1 FOR UPDATE"
_STANDS = """
UPDATE forwarded SET seq = $2, stored = stored + $3, repeated = repeated + $4,
                     sealed_until = $5, book_seq = $6, book_hash = $7
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
    """Something in a batch can never be stored, whoever tries; nothing of the batch is."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of a journal's Samples: stored, there already, put aside."""

    stored: int
    repeated: int
    quarantined: int


async def standing(url: str, chain: str) -> tuple[int, Counts]:
    """Say up to which entry a journal is stored (0: nothing of it is), and what became of its Samples.

    Raises:
        DatabaseError: the database cannot be reached, or refuses.
    """
    connection = await connect(url)
    try:
        with explained(place(url)):
            row = await connection.fetchrow(_STANDING, chain)
            return (row["seq"], _counts(row)) if row else (0, Counts(0, 0, 0))
    finally:
        await close(connection)


def _counts(row: asyncpg.Record) -> Counts:
    return Counts(row["stored"], row["repeated"], row["quarantined"])


@dataclass(frozen=True, slots=True)
class Refused:
    """One entry of a journal that no table takes.

    Attributes:
        body: all that it held, as JSON.
    """

    seq: int
    at: datetime
    kind: str
    series: str | None
    body: Mapping[str, Any]
    reason: str


class Writer:
    """The one writer of one collector's chain. After a DatabaseError it is spent: open another.

    Attributes:
        signed: checkpoints that the database has, to be kept outside it as well.
    """

    def __init__(
        self, connection: Connection, where: str, chain: str, rows: Mapping[str, Row], signer: Signer | None
    ) -> None:
        """Use `open`, which registers the plant."""
        self.signed: list[Checkpoint] = []
        self._connection = connection
        self._where = where
        self._chain = chain
        self._rows = rows
        self._series = {row.id: name for name, row in rows.items()}
        self._ids = sorted(self._series)
        self._signer = signer
        self._is_said = False
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
            signer: signs the book at the start and once an hour; None: nobody does.

        Raises:
            BookCutError: lines of the book were taken away or added.
            DatabaseError: it cannot be reached, refuses, or contradicts the plant.
        """
        connection = await connect(url)
        try:
            with explained(place(url)):
                await check_tail(connection, chain)
                rows = await register(connection, plant, now)
                await connection.execute(
                    "INSERT INTO forwarded (chain, seq) VALUES ($1, 0) ON CONFLICT DO NOTHING", chain
                )
        except BaseException:
            await close(connection)
            raise
        return cls(connection, place(url), chain, rows, signer)

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
    ) -> int:
        """Store the journal's entries after `position()` up to `upto_seq`, all of them or none.

        A call that was stored already stores nothing, so it may be repeated when its answer was lost. Samples and
        alarms may also come again in another batch; book entries have no name of their own, so a batch must begin
        right after `position()`. In the same transaction the minutes that are over are closed and sealed, and those
        into which something came late, again.

        Args:
            upto_seq: the journal's number of the last entry.
            samples: in the plant's places. Of two with the same series and time, the one stored first stays.
            book: to be numbered and chained, in this order.
            alarms: as they stand; the one changed last stays.
            passed: when the last live Sample was received; None: no time has passed.

        Returns:
            How many samples were new.

        Raises:
            DatabaseError: nothing of it is stored, or the connection broke before the answer came.
            PoisonError: a sample is not of this plant, a book entry is not JSON, or the database takes something
                for none of its values; nothing of it is stored.
        """
        with explained(self._where):
            try:
                batch = _Batch(upto_seq, [self._record(one) for one in samples], book, alarms, passed)
                try:
                    return await self._store(batch, again=False)
                except asyncpg.UniqueViolationError:
                    # COPY cannot pass over what is there already, and is the fast way for what is not.
                    return await self._store(batch, again=True)
            except POISON as error:
                raise PoisonError(" ".join(str(error).split())) from error

    async def quarantine(self, one: Refused, at: datetime) -> None:
        """Put one entry aside, right after `position()`, and go on behind it.

        Raises:
            DatabaseError: it is not put aside.
        """
        with explained(self._where):
            async with self._connection.transaction():
                await self._connection.execute(
                    "INSERT INTO quarantine VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                    *(self._chain, one.seq, one.at, one.kind, one.series),
                    *(hashes.canonical(one.body), one.reason, at),
                )
                await self._connection.execute(
                    "UPDATE forwarded SET seq = $2, quarantined = quarantined + $3 WHERE chain = $1",
                    *(self._chain, one.seq, int(one.kind == "sample")),
                )

    async def _store(self, batch: "_Batch", *, again: bool) -> int:
        async with self._connection.transaction():
            stood = await self._connection.fetchrow(_STOOD, self._chain)
            if stood is None or batch.upto_seq <= stood["seq"]:
                return 0
            new = await (self._copy_missing(batch.records) if again else self._copy(batch.records))
            tail = Tail(stood["book_seq"], stood["book_hash"] or hashes.FIRST)
            tail = await append(self._connection, self._chain, tail, batch.book)
            sealed_until, tail = await self._seal(batch, stood["sealed_until"], tail)
            tail, signed = await self._sign(batch.passed, tail)
            await self._connection.executemany(_UPSERT_ALARM, _latest(batch.alarms))
            await self._connection.execute(
                _STANDS,
                *(self._chain, batch.upto_seq, new, len(batch.records) - new),
                *(sealed_until, tail.seq, tail.hash if tail.seq else ""),
            )
        if signed is not None:
            self._sign_now = False
            self.signed.append(signed)
        return new

    async def _seal(
        self, batch: "_Batch", sealed_until: datetime | None, tail: Tail
    ) -> tuple[datetime | None, Tail]:
        """Close what is over, and again what something came late for."""
        if batch.passed is None or (sealed_until is None and not batch.records):
            return sealed_until, tail
        since = sealed_until or minute_of(min(at for _, at, *_ in batch.records))
        end = max(since, minute_of(batch.passed - SETTLE))
        late = [(one, at) for one, at, *_ in batch.records if at < since]
        if sealed_until is None:
            late += await left_open(self._connection, self._ids, since)
        seals = await close_again(self._connection, self._ids, late, since, batch.passed)
        seals += await close_minutes(self._connection, self._ids, since, end, batch.passed)
        if seals and not self._is_said:
            seals = [*await self._say_sealing(batch.passed), *seals]
        self._sign_now = self._sign_now or hour_of(end) > hour_of(since)
        return end, await append(self._connection, self._chain, tail, seals)

    async def _say_sealing(self, at: datetime) -> list[BookEntry]:
        """Say which series are sealed, unless the chain says so already."""
        entry = sealing(self._series, at)
        said = await self._connection.fetchval(
            "SELECT body FROM book WHERE chain = $1 AND kind = 'sealing' ORDER BY seq DESC LIMIT 1",
            self._chain,
        )
        # Only for this transaction: should it fail, the next one looks again.
        return [] if said is not None and json.loads(said) == entry.body else [entry]

    async def _sign(self, at: datetime | None, tail: Tail) -> tuple[Tail, Checkpoint | None]:
        """Introduce the keys that the chain does not know, and sign its last line, once an hour."""
        if self._signer is None or at is None or not self._sign_now:
            return tail, None
        known = await self._connection.fetch(
            "SELECT body ->> 'fingerprint' AS key FROM book WHERE chain = $1 AND kind = 'key'", self._chain
        )
        unknown = [key for key in self._signer.keys if key.fingerprint not in {row["key"] for row in known}]
        await self._connection.executemany(
            "INSERT INTO signing_key VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            [(key.fingerprint, key.public_key, self._chain, at) for key in unknown],
        )
        keys = [BookEntry(at, "key", WHO, key.body()) for key in unknown]
        tail = await append(self._connection, self._chain, tail, keys)
        if not tail.seq:
            return tail, None
        signed = self._signer.checkpoint(self._chain, tail.seq, tail.hash)
        entry = BookEntry(at, "checkpoint", WHO, signed.body())
        return await append(self._connection, self._chain, tail, [entry]), signed

    async def _copy(self, records: list[_Record], table: str = "sample") -> int:
        if records:
            await self._connection.copy_records_to_table(table, records=records, columns=_COLUMNS)
        return len(records)

    async def _copy_missing(self, records: list[_Record]) -> int:
        await self._connection.execute("CREATE TEMP TABLE incoming (LIKE sample) ON COMMIT DROP")
        await self._copy(records, "incoming")
        done = await self._connection.execute(
            "INSERT INTO sample SELECT * FROM incoming ON CONFLICT DO NOTHING"
        )
        return int(done.rpartition(" ")[2])

    def _record(self, sample: Sample) -> _Record:
        row = self._rows.get(sample.series)
        if row is None:
            raise ValueError(f"sample of {sample.series} at {sample.at}: this plant has no such series")
        for count in (len(sample.values), len(sample.quality or sample.values)):
            if count != row.count:
                raise ValueError(
                    f"sample of {sample.series} at {sample.at}: {count} values or qualities for {row.count} channels"
                )
        values: list[float | None] = [None if value != value else value for value in sample.values]  # noqa: PLR0124
        quality: Sequence[int | None] | None = sample.quality
        if row.order is not None:
            values, quality = _in_database_places(row.order, values, quality)
        return (
            *(row.id, sample.at, sample.source_at, sample.received_at, values, quality),
            *(BACKFILLED if sample.backfilled else 0, sample.reason or None),
        )


@dataclass(frozen=True, slots=True)
class _Batch:
    upto_seq: int
    records: list[Any]
    book: Sequence[BookEntry]
    alarms: Sequence[Alarm]
    passed: datetime | None


def _in_database_places(
    order: Sequence[int | None], values: Sequence[float | None], quality: Sequence[int | None] | None
) -> tuple[list[float | None], list[int | None] | None]:
    placed = [None if ours is None else values[ours] for ours in order]
    if quality is None and None not in order:
        return placed, None
    # A retired channel has neither value nor quality; null as a whole would say that it is Good.
    known = quality or [Quality.GOOD] * len(values)
    return placed, [None if ours is None else known[ours] for ours in order]


def _latest(alarms: Sequence[Alarm]) -> list[_Record]:
    # One that was never raised, only hidden, is no occurrence: that it was hidden stands in the book.
    latest = {(alarm.id, alarm.raised_at): alarm for alarm in alarms if alarm.times}
    return [
        (
            *(alarm.id, alarm.raised_at, alarm.level, alarm.active, alarm.acknowledged, alarm.changed_at),
            *(alarm.worst, alarm.detail, alarm.acknowledged_by),
        )
        for alarm in latest.values()
    ]
