"""The collector's own record on its own disk: SQLite, write-ahead log, every commit synced.

What is in the journal has happened: Samples, events, Transitions, Commands and their results, in one order (`seq`);
and beside them, now and then, the State of judging as it stood after them. The forwarder copies it to the database
from here, and a restart goes on from here. One thread writes; whatever waits goes into one transaction.

A Sample's values stand in the places that its plant gave them, so the journal keeps each plant with the entry from
which on it was in force. And it has an id of its own: the numbers of two journals are never mistaken for one another.
"""

import asyncio
import contextlib
import queue
import sqlite3
import threading
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from monitor.collector.journal_file import (
    ID,
    INSERT,
    LAST_NUMBER,
    PLANT,
    SNAPSHOT,
    STATE,
    Entry,
    JournalError,
    crc_of,
    explained,
    make_tables,
    rows_of,
)
from monitor.collector.journal_mark import MarkWriter, read_mark
from monitor.collector.journal_read import InForce, JournalReader
from monitor.collector.journal_repair import mend

__all__ = ["Entry", "InForce", "Journal", "JournalError", "JournalReader", "Stood", "explained"]

QUEUE_LIMIT = 20_000
"""Writes that may wait for the disk; beyond this the journal says that it cannot keep up."""
RETRY_S = 1.0
GROUP_S = 0.25
"""What may wait does so for this long: each transaction is a sync of the disk, and wakes the thread that writes."""
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Stood:
    """The State behind some entries, as JSON.

    Attributes:
        snapshot_us: when it stood so, if it is to be kept for replays (None: only until the next one is written).
    """

    body: str
    snapshot_us: int | None = None


@dataclass(frozen=True, slots=True)
class _Write:
    entries: Sequence[Entry]
    state: Stood | None
    done: asyncio.Future[None]
    plant: tuple[str, str] | None = None


class Journal:
    """Append from the event loop, read from anywhere. Open it once per collector.

    Attributes:
        repaired: what was found damaged, and mended, when it was opened ("": nothing).
        plant: the sha256 of the plant under which entries are written ("": none was entered).
        failure: why the disk does not take what is written ("": it does).
        full: why nothing is taken any more ("": it is); for whoever watches the journal's size to say.
        last_seq: the last entry on the disk.
        received: how many Samples were ever put on it.
        stored_seq: the last entry that is safe in the database, as far as somebody has said so.
    """

    def __init__(self, path: Path) -> None:
        """Open or make the journal; mend it first, if it is damaged.

        Raises:
            JournalError: the folder cannot be written.
        """
        self._path = path
        self._group: list[_Write] = []
        self._group_ends: asyncio.TimerHandle | None = None
        self._waiting: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._closing = threading.Event()
        with explained(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self.repaired = mend(path)
        self._connection = _open(path)
        self._thread: threading.Thread | None = None
        self.failure = self.full = ""
        self.stored_seq = 0
        self.last_seq = _last_seq(self._connection)
        self.received = _received(self._connection)
        self.plant = _plant(self._connection)
        name, mark = _id(self._connection), read_mark(path)
        if mark is not None and mark.id == name:
            self.stored_seq = mark.stored_seq
        self._mark = MarkWriter(path, name)

    def enter_plant(self, sha256: str, body: str) -> None:
        """Note the plant under which the entries from here on are written; the same one again is no news.

        Raises:
            JournalError: the disk failed.
        """
        if sha256 == self.plant:
            return
        with explained(self._path), self._connection:
            noted = (self.last_seq + 1, sha256, body)
            self._connection.execute(PLANT, (*noted, crc_of(*noted)))
        self.plant = sha256

    def start(self) -> None:
        """Start the writing thread; call from the event loop that will append."""
        loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._write_all, args=(loop,), name="journal", daemon=True)
        self._thread.start()

    def append(
        self,
        entries: Sequence[Entry],
        state: Stood | None,
        *,
        may_wait: bool = False,
        plant: tuple[str, str] | None = None,
    ) -> asyncio.Future[None]:
        """Queue entries (and, where it is time for it, the State after them) for one transaction.

        Args:
            entries: in their order.
            state: None: a restart replays from the last one written.
            may_wait: nobody acts on it, so it may share a transaction with what comes within GROUP_S.
            plant: sha256 and JSON of the plant under which these entries, and all behind them, are written.

        Returns:
            A future that is done once they are on the disk.

        Raises:
            JournalError: the disk cannot keep up, or the journal is full; nothing was queued.
        """
        if self.full:
            raise JournalError(f"{self._path}: {self.full}")
        if self.waiting() >= QUEUE_LIMIT:
            raise JournalError(f"{self._path}: {QUEUE_LIMIT} writes wait for the disk")
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        self._group.append(_Write(entries, state, done, plant))
        if plant is not None:
            self.plant = plant[0]
        if not may_wait:
            self._hand_over()
        elif self._group_ends is None:
            self._group_ends = loop.call_later(GROUP_S, self._hand_over)
        return done

    def waiting(self) -> int:
        """Return how many writes wait for the disk."""
        return len(self._group) + self._waiting.qsize()

    def _hand_over(self) -> None:
        """Give the group to the thread, in order."""
        if self._group_ends is not None:
            self._group_ends.cancel()
        group, self._group, self._group_ends = self._group, [], None
        for write in group:
            self._waiting.put(write)

    async def close(self) -> None:
        """Write what waits, unless the disk fails, then close the file."""
        self._hand_over()
        self._closing.set()
        if self._thread is not None:
            self._waiting.put(None)
            await asyncio.to_thread(self._thread.join)
        self._connection.close()
        self._mark.close()

    # --- the writing thread ---

    def _write_all(self, loop: asyncio.AbstractEventLoop) -> None:
        while (writes := self._gather()) is not None:
            while not self._commit(writes):
                if self._closing.is_set():
                    # A stop waits for a slow disk, but not for one that fails: that could be for ever.
                    log.error("journal closed with writes lost", writes=len(writes), failure=self.failure)
                    return
                self._closing.wait(RETRY_S)
            with contextlib.suppress(RuntimeError):  # the loop has closed: nobody waits any more
                loop.call_soon_threadsafe(_tell, [write.done for write in writes])

    def _gather(self) -> list[_Write] | None:
        """Take whatever waits, for one transaction; None when closing and all is written."""
        first = self._waiting.get()
        if first is None:
            return None
        writes = [first]
        while not self._waiting.empty():
            following = self._waiting.get()
            if following is None:
                self._waiting.put(None)
                break
            writes.append(following)
        return writes

    def _commit(self, writes: Sequence[_Write]) -> bool:
        seq, received = self.last_seq, self.received
        try:
            with self._connection:
                for write in writes:
                    seq, received = _insert(self._connection, write, seq, received)
        except Exception as error:  # noqa: BLE001 - the thread's outer edge: without it nothing would be written again
            if not self.failure:
                log.warning("journal cannot write", path=str(self._path), error=str(error))
            self.failure = f"{self._path}: {error}"
            return False
        self.failure, self.last_seq, self.received = "", seq, received
        self._mark.write(seq, self.stored_seq)
        return True


def _open(path: Path) -> sqlite3.Connection:
    with explained(path):
        connection = sqlite3.connect(path, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        make_tables(connection)
        with connection:
            name = uuid.uuid4().hex[:12]
            connection.execute(ID, (name, crc_of(name)))
    return connection


def _insert(connection: sqlite3.Connection, write: _Write, seq: int, received: int) -> tuple[int, int]:
    """Insert one write behind so many entries and Samples; return how many there are then."""
    if write.plant is not None:
        noted = (seq + 1, *write.plant)
        connection.execute(PLANT, (*noted, crc_of(*noted)))
    if rows := rows_of(write.entries, seq, received):
        connection.executemany(INSERT, rows)
        seq, received = rows[-1][-3:-1]
    if write.state is not None:
        body, at_us = write.state.body, write.state.snapshot_us
        connection.execute(STATE, (seq, body, crc_of(seq, body)))
        if at_us is not None:
            connection.execute(SNAPSHOT, (seq, at_us, body, crc_of(seq, at_us, body)))
    return seq, received


def _last_seq(connection: sqlite3.Connection) -> int:
    """Return the last number that was given, also to what a repair did not find."""
    return int(connection.execute(LAST_NUMBER).fetchone()[0])


def _id(connection: sqlite3.Connection) -> str:
    return str(connection.execute("SELECT id FROM journal").fetchone()[0])


def _plant(connection: sqlite3.Connection) -> str:
    last = connection.execute("SELECT sha256 FROM plant ORDER BY from_seq DESC LIMIT 1").fetchone()
    return "" if last is None else str(last[0])


def _received(connection: sqlite3.Connection) -> int:
    """Return how many Samples were ever received; of a journal of a former version, how many are in it."""
    last = connection.execute("SELECT samples FROM entry ORDER BY seq DESC LIMIT 1").fetchone()
    if last is None:
        return 0
    if last[0] is not None:
        return int(last[0])
    return int(connection.execute("SELECT count(*) FROM entry WHERE kind = 'sample'").fetchone()[0])


def _tell(futures: Iterable["asyncio.Future[None]"]) -> None:
    for future in futures:
        if not future.done():
            future.set_result(None)
