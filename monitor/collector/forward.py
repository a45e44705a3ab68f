"""Copies the journal to the database, in order, at its own pace, each entry once.

How far it has come is written by the database in the same transaction as the entries, so a crash on either side
between commit and answer repeats nothing. Nothing here is waited for by judging or acting.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import structlog

from alarms.events import Event, Fault
from config.plant import Plant
from monitor.clock import Clock
from monitor.collector import codec
from monitor.collector.health import Watch
from monitor.collector.journal import Entry, JournalReader
from monitor.collector.portion import portion_of, refused
from monitor.store.book import BookCutError
from monitor.store.database import DatabaseError
from monitor.store.signing import Signer, SigningError, remember
from monitor.store.write import Counts, PoisonError, Standing, Writer, standing

CHUNK, CHUNK_MAX = 500, 1_000
"""So many entries at once; while it is behind, more and more: each transaction is a sync of the database's disk."""
IDLE_S = 0.5
RETRY_S, RETRY_S_MAX = 0.5, 30.0

log = structlog.get_logger()


def _unheard(_: Event) -> None:
    return


def _stop_if_asked() -> None:
    """End the task if its cancellation was lost: before Python 3.12 one that meets an answer of the database is."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


class Forward:
    """Forwards one journal to one database.

    Attributes:
        ok: whether the database takes what it is given.
        detail: why not.
        position: the last entry that is safe there.
        counts: what became of the Samples up to there.
    """

    def __init__(
        self,
        plant: Plant,
        journal: Path,
        database_url: str,
        clock: Clock,
        *,
        signer: Signer | None = None,
        offer: Callable[[Event], None] = _unheard,
        draw: random.Random | None = None,
    ) -> None:
        """Connect to nothing yet.

        Args:
            plant: in force now.
            journal: the file.
            database_url: of a migrated database.
            clock: tells the time.
            signer: signs the book; None: nobody does.
            offer: takes the Faults that a person must see.
            draw: spreads the tries of many collectors whose one database comes back.
        """
        self.ok = False
        self.detail = "not connected yet"
        self.position = 0
        self.counts = Counts(0, 0, 0)
        self._plant = plant
        self._journal = journal
        self._url = database_url
        self._clock = clock
        self._signer = signer
        self._offer = offer
        self._draw = draw or random.Random()  # noqa: S311 - nothing secret
        self._book = Watch("book")
        self._set_back = Watch("journal-set-back")
        self._retry_s = RETRY_S

    async def run(self) -> None:
        """Forward until cancelled; a database that is away is tried again, at first soon, then less and less often."""
        reader = JournalReader(self._journal)
        try:
            while True:
                try:
                    await self._forward(reader)
                except DatabaseError as error:
                    self._tell_lost(error)
                await asyncio.sleep(self._retry_s * self._draw.uniform(0.5, 1.0))
                self._retry_s = min(2 * self._retry_s, RETRY_S_MAX)
                _stop_if_asked()
        finally:
            reader.close()

    async def _forward(self, reader: JournalReader) -> None:
        """Store entries until the database is lost, each under the plant that it was written under."""
        chain = f"{self._plant.id}-{reader.id()}"
        stood = await standing(self._url, chain)
        await self._check_same(reader, stood)
        self.position, self.counts = stood.seq, stood.counts
        while True:
            plant, from_seq = await asyncio.to_thread(self._in_force, reader)
            writer = await Writer.open(self._url, plant, chain, self._clock.now(), self._signer)
            try:
                self._tell_found(plant)
                await self._drain(reader, writer, from_seq)
            except asyncio.CancelledError:
                await self._sign_end(writer)
                raise
            finally:
                await writer.close()

    async def _check_same(self, reader: JournalReader, stood: Standing) -> None:
        """Refuse a journal that was set back to an older copy: what it numbers anew would be taken for stored."""
        is_same = await asyncio.to_thread(reader.holds, stood.seq, stood.crc)
        wrong = "" if is_same else f"entry {stood.seq} is stored, and is not in this journal: it was set back"
        fault = self._set_back.look(wrong, self._clock.now())
        if fault is not None:
            self._offer(fault)
        if wrong:
            raise DatabaseError(f"{wrong}; nothing of it is stored until a person has named it anew")

    def _in_force(self, reader: JournalReader) -> tuple[Plant, int]:
        """Return the plant under which the next entries were written, and from which entry on it was in force."""
        found = reader.plant_at(self.position + 1)
        if found is None:
            return self._plant, 0
        self._plant = codec.plant_under(reader, found, self._plant)
        return self._plant, found.from_seq

    def _read(self, reader: JournalReader, from_seq: int, at_most: int) -> tuple[Sequence[Entry], int | None]:
        """Read on under the plant that came with an entry; return also with which entry it ended."""
        entries = reader.after(self.position, at_most)
        # Asked behind them: with the first entry of another plant, that it is another one is there too.
        until_seq = next((one.from_seq for one in reader.plants_after(from_seq)), None)
        return [one for one in entries if until_seq is None or one.seq < until_seq], until_seq

    async def _drain(self, reader: JournalReader, writer: Writer, from_seq: int) -> None:
        """Store what comes, for ever or up to the entry from which on another plant was in force."""
        chunk = CHUNK
        while True:
            _stop_if_asked()
            entries, until_seq = await asyncio.to_thread(self._read, reader, from_seq, chunk)
            if not entries and until_seq is not None:
                # Also past what is there no more: forgotten, before this database was.
                self.position = until_seq - 1
                return
            began_s = asyncio.get_running_loop().time()
            if entries:
                await self._store(writer, entries)
            # Behind, it rests as long as it worked: disk, database and loop have others to serve.
            is_behind = len(entries) == chunk
            await asyncio.sleep(asyncio.get_running_loop().time() - began_s if is_behind else IDLE_S)
            chunk = min(2 * chunk, CHUNK_MAX) if is_behind else CHUNK

    async def _store(self, writer: Writer, entries: Sequence[Entry]) -> None:
        """Store entries; what no table takes is looked for by halves, and put aside."""
        try:
            portion = await asyncio.to_thread(portion_of, entries)
            new = await writer.write(
                portion.upto_seq,
                portion.samples,
                portion.book,
                portion.alarms,
                portion.passed,
                crc=portion.crc,
            )
        except PoisonError as error:
            await self._put_aside_in(writer, entries, str(error))
            return
        now = self.counts
        repeated = now.repeated + len(portion.samples) - new
        self.counts = replace(now, stored=now.stored + new, repeated=repeated)
        self.position = portion.upto_seq
        self._retry_s = RETRY_S
        while writer.signed:
            await self._remember(writer)

    async def _put_aside_in(self, writer: Writer, entries: Sequence[Entry], reason: str) -> None:
        if len(entries) > 1:
            half = len(entries) // 2
            await self._store(writer, entries[:half])
            await self._store(writer, entries[half:])
            return
        now = self._clock.now()
        await writer.quarantine(refused(entries[0], reason), now)
        self.counts = await writer.counts()
        self.position = entries[0].seq
        log.error("entry put aside", seq=self.position, kind=entries[0].kind, reason=reason)
        # Raised and cleared at once: it stays, returned, until a person has seen it.
        self._offer(Fault(now, "quarantine", f"entry {self.position} was put aside: {reason}"))
        self._offer(Fault(now, "quarantine", ""))

    async def _sign_end(self, writer: Writer) -> None:
        """Sign what the book holds at the end of a run; without it the next start does."""
        try:
            await writer.sign_end(self._clock.now())
        except DatabaseError as error:
            log.warning("the end of the book is not signed", detail=str(error))
        while writer.signed:
            await self._remember(writer)

    async def _remember(self, writer: Writer) -> None:
        try:
            await asyncio.to_thread(remember, self._journal.parent, writer.signed.pop(0))
        except SigningError as error:
            log.warning("checkpoint not kept", detail=str(error))

    def _tell_found(self, plant: Plant) -> None:
        self.ok, self.detail = True, ""
        log.info("database connected", position=self.position, plant=plant.sha256)
        self._look_at_book("")

    def _tell_lost(self, error: DatabaseError) -> None:
        if self.ok or self.detail != str(error):
            log.warning("database lost", detail=str(error))
        self.ok, self.detail = False, str(error)
        if isinstance(error, BookCutError):
            self._look_at_book(str(error))

    def _look_at_book(self, wrong: str) -> None:
        fault = self._book.look(wrong, self._clock.now())
        if fault is not None:
            self._offer(fault)
