"""Writes the collector's journal into the database: in order, each entry once, one transaction per batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self, TypeAlias

import asyncpg

from alarms.events import Alarm
from config.model import Plant, Quality, Sample
from monitor.store import chain as hashes
from monitor.store.database import Connection, close, connect, explained, place
from monitor.store.register import Row, register

BACKFILLED = 1
"""Bit 0 of sample.flags."""

_COLUMNS = ("series_id", "at", "source_at", "received_at", "values", "quality", "flags", "reason")

_Record: TypeAlias = tuple[object, ...]

_UPSERT_ALARM = """
INSERT INTO alarm (id, raised_at, level, active, acknowledged, changed_at, worst, detail, acknowledged_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (id, raised_at) DO UPDATE SET
    level = excluded.level, active = excluded.active, acknowledged = excluded.acknowledged,
    changed_at = excluded.changed_at, worst = excluded.worst, detail = excluded.detail,
    acknowledged_by = excluded.acknowledged_by
WHERE alarm.changed_at <= excluded.changed_at"""


@dataclass(frozen=True, slots=True)
class BookEntry:
    """One line for the book, before it has a number and a hash.

    Attributes:
        body: a JSON object: no NaN, no bytes, no dates.
    """

    at: datetime
    kind: str
    who: str
    body: Mapping[str, Any]


async def stored(url: str, chain: str) -> int:
    """Say up to which entry a journal is stored; 0 if nothing of it is.

    Raises:
        DatabaseError: the database cannot be reached, or refuses.
    """
    connection = await connect(url)
    try:
        with explained(place(url)):
            seq = await connection.fetchval("SELECT seq FROM forwarded WHERE chain = $1", chain)
            return int(seq or 0)
    finally:
        await close(connection)


class Writer:
    """The one writer of one collector's chain. After a DatabaseError it is spent: open another."""

    def __init__(self, connection: Connection, where: str, chain: str, rows: Mapping[str, Row]) -> None:
        """Use `open`, which registers the plant."""
        self._connection = connection
        self._where = where
        self._chain = chain
        self._rows = rows

    @classmethod
    async def open(cls, url: str, plant: Plant, chain: str, now: datetime) -> Self:
        """Connect, and register the plant.

        Args:
            url: of a migrated database.
            plant: whose samples will be written.
            chain: names the collector's journal. A new journal must have a new name: its numbers start again.
            now: when this configuration was first seen, if it is new.

        Raises:
            DatabaseError: it cannot be reached, refuses, or contradicts the plant.
        """
        connection = await connect(url)
        try:
            with explained(place(url)):
                rows = await register(connection, plant, now)
                await connection.execute(
                    "INSERT INTO forwarded (chain, seq) VALUES ($1, 0) ON CONFLICT DO NOTHING", chain
                )
        except BaseException:
            await close(connection)
            raise
        return cls(connection, place(url), chain, rows)

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

    async def write(
        self, upto_seq: int, samples: Sequence[Sample], book: Sequence[BookEntry], alarms: Sequence[Alarm]
    ) -> int:
        """Store the journal's entries after `position()` up to `upto_seq`, all of them or none.

        A call that was stored already stores nothing, so it may be repeated when its answer was lost. Samples and
        alarms may also come again in another batch; book entries have no name of their own, so a batch must begin
        right after `position()`.

        Args:
            upto_seq: the journal's number of the last entry.
            samples: in the plant's places. Of two with the same series and time, the one stored first stays.
            book: to be numbered and chained, in this order.
            alarms: as they stand; the one changed last stays.

        Returns:
            How many samples were new.

        Raises:
            DatabaseError: nothing of it is stored, or the connection broke before the answer came.
            ValueError: a sample is not of this plant, or a book entry is not JSON; nothing of it is stored.
        """
        records = [self._record(sample) for sample in samples]
        with explained(self._where):
            try:
                return await self._store(upto_seq, records, book, alarms, again=False)
            except asyncpg.UniqueViolationError:
                # COPY cannot pass over what is there already, and is the fast way for what is not.
                return await self._store(upto_seq, records, book, alarms, again=True)

    async def _store(
        self,
        upto_seq: int,
        records: list[_Record],
        book: Sequence[BookEntry],
        alarms: Sequence[Alarm],
        *,
        again: bool,
    ) -> int:
        async with self._connection.transaction():
            stored = await self._connection.fetchval(
                "SELECT seq FROM forwarded WHERE chain = $1 FOR UPDATE", self._chain
            )
            if upto_seq <= stored:
                return 0
            new = await (self._copy_missing(records) if again else self._copy(records))
            await self._append(book)
            await self._connection.executemany(_UPSERT_ALARM, _latest(alarms))
            await self._connection.execute(
                "UPDATE forwarded SET seq = $2 WHERE chain = $1", self._chain, upto_seq
            )
            return new

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

    async def _append(self, book: Sequence[BookEntry]) -> None:
        if not book:
            return
        last = await self._connection.fetchrow(
            "SELECT seq, hash FROM book WHERE chain = $1 ORDER BY seq DESC LIMIT 1", self._chain
        )
        number, prev_hash = (last["seq"], last["hash"]) if last else (0, hashes.FIRST)
        records = []
        for seq, entry in enumerate(book, number + 1):
            digest = hashes.link(
                prev_hash,
                chain=self._chain,
                seq=seq,
                at=entry.at,
                kind=entry.kind,
                who=entry.who,
                body=entry.body,
            )
            body = hashes.canonical(entry.body)
            records.append((self._chain, seq, entry.at, entry.kind, entry.who, body, prev_hash, digest))
            prev_hash = digest
        await self._connection.copy_records_to_table("book", records=records)

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
