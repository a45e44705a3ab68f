"""Copies the journal to the database, in order, at its own pace, each entry once.

How far it has come is written by the database in the same transaction as the entries, so a crash on either side
between commit and answer repeats nothing. Nothing here is waited for by judging or acting.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import structlog

from alarms.events import Alarm
from config.model import Plant, Sample
from monitor.clock import Clock
from monitor.collector import codec
from monitor.collector.journal import Entry, JournalReader
from monitor.store.book import BookEntry
from monitor.store.database import DatabaseError
from monitor.store.write import Writer, stored

CHUNK = 500
IDLE_S = 0.5
RETRY_S = 2.0

log = structlog.get_logger()


class Forward:
    """Forwards one journal to one database; `ok`, `detail` and `position` say how that goes."""

    def __init__(self, plant: Plant, journal: Path, database_url: str, clock: Clock) -> None:
        self.ok = False
        self.detail = "not connected yet"
        self.position = 0
        self._plant = plant
        self._journal = journal
        self._url = database_url
        self._clock = clock

    async def run(self) -> None:
        """Forward until cancelled; a database that is away is tried again."""
        reader = JournalReader(self._journal)
        try:
            while True:
                try:
                    await self._forward(reader)
                except DatabaseError as error:
                    if self.ok or self.detail != str(error):
                        log.warning("database lost", detail=str(error))
                    self.ok, self.detail = False, str(error)
                await asyncio.sleep(RETRY_S)
        finally:
            reader.close()

    async def _forward(self, reader: JournalReader) -> None:
        """Store entries until the database is lost, each under the plant that it was written under."""
        chain = f"{self._plant.id}-{reader.id()}"
        self.position = await stored(self._url, chain)
        while True:
            plant, until_seq = await asyncio.to_thread(self._in_force, reader)
            writer = await Writer.open(self._url, plant, chain, self._clock.now())
            try:
                self.ok, self.detail = True, ""
                log.info("database connected", position=self.position, plant=plant.sha256)
                await self._drain(reader, writer, until_seq)
            finally:
                await writer.close()

    def _in_force(self, reader: JournalReader) -> tuple[Plant, int | None]:
        found = reader.plant_at(self.position + 1)
        return (self._plant, None) if found is None else (codec.plant_of(found[0]), found[1])

    async def _drain(self, reader: JournalReader, writer: Writer, until_seq: int | None) -> None:
        """Store what comes, for ever or up to the entry from which on another plant was in force."""
        while True:
            entries = await asyncio.to_thread(reader.after, self.position, CHUNK, until_seq)
            if not entries and until_seq is not None:
                # Also past what is there no more: forgotten, before this database was.
                self.position = until_seq - 1
                return
            if not entries:
                await asyncio.sleep(IDLE_S)
                continue
            await self._store(writer, entries)

    async def _store(self, writer: Writer, entries: Sequence[Entry]) -> None:
        samples: list[Sample] = []
        book: list[BookEntry] = []
        alarms: list[Alarm] = []
        for entry in entries:
            if entry.kind == "sample":
                samples.append(codec.sample_of(entry))
                continue
            if entry.kind == "tick":
                continue  # what it led to stands behind it; that time has passed is no news
            book.append(_book_entry(entry))
            if entry.kind == "transition":
                alarms.append(codec.transition_of(entry).after)
        await writer.write(entries[-1].seq, samples, book, alarms)
        self.position = entries[-1].seq


def _book_entry(entry: Entry) -> BookEntry:
    body = codec.body_of(entry)
    who = body.get("who") or "gradewatch"
    return BookEntry(
        codec.from_us(entry.at_us), entry.kind, who if isinstance(who, str) else ", ".join(who), body
    )
