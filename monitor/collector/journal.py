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
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

import structlog

QUEUE_LIMIT = 20_000
"""Writes that may wait for the disk; beyond this the journal says that it cannot keep up."""
RETRY_S = 1.0
GROUP_S = 0.05
"""What may wait does so for this long: each transaction is a sync of the disk, and wakes the thread that writes."""
LAST_SEQ = 2**63 - 1
"""The largest number that SQLite gives to a row."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS entry (
    seq         INTEGER PRIMARY KEY,
    kind        TEXT    NOT NULL,
    at_us       INTEGER NOT NULL,
    series      TEXT,
    received_us INTEGER,
    source_us   INTEGER,
    vals        BLOB,
    quality     BLOB,
    backfilled  INTEGER NOT NULL DEFAULT 0,
    body        TEXT    NOT NULL DEFAULT '',
    catching_up INTEGER NOT NULL DEFAULT 0,
    samples     INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS state (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    seq  INTEGER NOT NULL,
    body TEXT    NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS snapshot (seq INTEGER PRIMARY KEY, at_us INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS plant (from_seq INTEGER PRIMARY KEY, sha256 TEXT NOT NULL, body TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS journal (one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL) STRICT;
"""

# Of the records that an older journal holds nobody knows which were complete, so none of them counts as that; and
# nobody has counted its Samples.
ADDED = {
    "catching_up": "ALTER TABLE entry ADD COLUMN catching_up INTEGER NOT NULL DEFAULT 1",
    "samples": "ALTER TABLE entry ADD COLUMN samples INTEGER",
}
"""Columns that journals of former versions have not."""

log = structlog.get_logger()


class JournalError(Exception):
    """The journal's disk or file failed; the message names the file and the remedy."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal. A Sample fills the columns in the middle; everything else is JSON in `body`.

    Times are microseconds since 1970 UTC; `vals` are little-endian float64, `quality` one byte each.
    """

    kind: str
    at_us: int
    series: str | None = None
    received_us: int | None = None
    source_us: int | None = None
    vals: bytes | None = None
    quality: bytes | None = None
    backfilled: int = 0
    body: str = ""
    catching_up: int = 0
    seq: int = 0


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


class Journal:
    """Append from the event loop, read from anywhere. Open it once per collector."""

    def __init__(self, path: Path) -> None:
        """Open or make the journal.

        Raises:
            JournalError: the folder cannot be written, or the file is not a sound journal.
        """
        self._path = path
        self._group: list[_Write] = []
        self._group_ends: asyncio.TimerHandle | None = None
        self._waiting: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._connection = _open(path)
        self._thread: threading.Thread | None = None
        self.failure = ""
        self.last_seq = _last_seq(self._connection)
        self.received = _received(self._connection)

    def enter_plant(self, sha256: str, body: str) -> None:
        """Note the plant under which the entries from here on are written; the same one again is no news.

        Raises:
            JournalError: the disk failed.
        """
        with explained(self._path), self._connection:
            last = self._connection.execute(
                "SELECT sha256 FROM plant ORDER BY from_seq DESC LIMIT 1"
            ).fetchone()
            if last is None or last[0] != sha256:
                self._connection.execute(
                    "INSERT OR REPLACE INTO plant (from_seq, sha256, body) VALUES (?, ?, ?)",
                    (self.last_seq + 1, sha256, body),
                )

    def start(self) -> None:
        """Start the writing thread; call from the event loop that will append."""
        loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._write_all, args=(loop,), name="journal", daemon=True)
        self._thread.start()

    def append(
        self, entries: Sequence[Entry], state: Stood | None, *, may_wait: bool = False
    ) -> asyncio.Future[None]:
        """Queue entries (and, where it is time for it, the State after them) for one transaction.

        Args:
            entries: in their order.
            state: None: a restart replays from the last one written.
            may_wait: nobody acts on it, so it may share a transaction with what comes within GROUP_S.

        Returns:
            A future that is done once they are on the disk.

        Raises:
            JournalError: the disk cannot keep up; nothing was queued.
        """
        if self.waiting() >= QUEUE_LIMIT:
            raise JournalError(f"{self._path}: {QUEUE_LIMIT} writes wait for the disk")
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        self._group.append(_Write(entries, state, done))
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
        return True


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what the disk or SQLite raises inside into a JournalError with the remedy.

    Raises:
        JournalError: as said.
    """
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise JournalError(
            f"{path}: {error}; give a folder that can be written, or move the file away"
        ) from error


def _open(path: Path) -> sqlite3.Connection:
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.executescript(SCHEMA)
        _add_columns(connection)
        with connection:
            connection.execute(
                "INSERT OR IGNORE INTO journal (one, id) VALUES (1, ?)", (uuid.uuid4().hex[:12],)
            )
    return connection


def _add_columns(connection: sqlite3.Connection) -> None:
    there = {row[1] for row in connection.execute("PRAGMA table_info(entry)")}
    for column, change in ADDED.items():
        if column not in there:
            connection.execute(change)


_COLUMNS = "kind, at_us, series, received_us, source_us, vals, quality, backfilled, body, catching_up"
_INSERT = f"INSERT INTO entry (seq, samples, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - our own words
_row = attrgetter(*_COLUMNS.split(", "))


def _insert(connection: sqlite3.Connection, write: _Write, seq: int, received: int) -> tuple[int, int]:
    """Insert one write behind so many entries and Samples; return how many there are then."""
    rows = []
    for entry in write.entries:
        seq += 1
        received += entry.kind == "sample"
        rows.append((seq, received, *_row(entry)))
    connection.executemany(_INSERT, rows)
    if write.state is not None:
        connection.execute(
            "INSERT INTO state (one, seq, body) VALUES (1, ?, ?)"
            " ON CONFLICT (one) DO UPDATE SET seq = excluded.seq, body = excluded.body",
            (seq, write.state.body),
        )
        if write.state.snapshot_us is not None:
            connection.execute(
                "INSERT OR REPLACE INTO snapshot (seq, at_us, body) VALUES (?, ?, ?)",
                (seq, write.state.snapshot_us, write.state.body),
            )
    return seq, received


def _last_seq(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT coalesce(max(seq), 0) FROM entry").fetchone()[0])


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


class JournalReader:
    """Reads a journal that another connection writes: for the forwarder and for a restart."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, check_same_thread=False)

    def after(self, seq: int, limit: int, before_seq: int | None = None) -> list[Entry]:
        """Return the entries behind `seq` (and before `before_seq`), in order, at most `limit` of them."""
        rows = self._connection.execute(
            f"SELECT {_COLUMNS}, seq FROM entry WHERE seq > ? AND seq < ? ORDER BY seq LIMIT ?",  # noqa: S608 - our own words
            (seq, LAST_SEQ if before_seq is None else before_seq, limit),
        )
        return [Entry(*row) for row in rows]

    def samples(self, after_seq: int) -> int:
        """Count the Samples behind an entry: those that are still to be forwarded, if it was the last forwarded."""
        first, last = (
            self._connection.execute(
                f"SELECT samples, kind = 'sample' FROM entry WHERE seq > ? ORDER BY seq {order} LIMIT 1",  # noqa: S608 - our own words
                (after_seq,),
            ).fetchone()
            for order in ("ASC", "DESC")
        )
        if first is None or last is None:
            return 0
        if first[0] is not None:
            return int(last[0] - first[0] + first[1])
        # Entries of a former version are not numbered so.
        counted = "SELECT count(*) FROM entry WHERE seq > ? AND kind = 'sample'"
        return int(self._connection.execute(counted, (after_seq,)).fetchone()[0])

    def id(self) -> str:
        """Return what tells this journal from every other."""
        return str(self._connection.execute("SELECT id FROM journal").fetchone()[0])

    def plant_at(self, seq: int) -> tuple[str, int | None] | None:
        """Return the plant in force at an entry, and the entry from which on another one is (None: none yet)."""
        row = self._connection.execute(
            "SELECT body, (SELECT min(from_seq) FROM plant AS following WHERE following.from_seq > plant.from_seq)"
            " FROM plant WHERE from_seq <= ? ORDER BY from_seq DESC LIMIT 1",
            (seq,),
        ).fetchone()
        return None if row is None else (str(row[0]), row[1])

    def plants_after(self, seq: int) -> list[tuple[int, str]]:
        """Return the plants that came into force behind an entry, each with the first entry written under it."""
        rows = self._connection.execute(
            "SELECT from_seq, body FROM plant WHERE from_seq > ? ORDER BY from_seq", (seq,)
        )
        return [(int(from_seq), str(body)) for from_seq, body in rows]

    def state(self) -> tuple[int, str] | None:
        """Return the last State written and the entry it stands behind."""
        row = self._connection.execute("SELECT seq, body FROM state").fetchone()
        return None if row is None else (int(row[0]), str(row[1]))

    def snapshot(self, at_us: int) -> tuple[int, str] | None:
        """Return the latest State kept that stood at a time or before, and the entry it stands behind."""
        row = self._connection.execute(
            "SELECT seq, body FROM snapshot WHERE at_us <= ? ORDER BY seq DESC LIMIT 1", (at_us,)
        ).fetchone()
        return None if row is None else (int(row[0]), str(row[1]))

    def first_snapshot_us(self) -> int | None:
        """Return when the earliest State kept stood."""
        first = self._connection.execute("SELECT min(at_us) FROM snapshot").fetchone()[0]
        return None if first is None else int(first)

    def latest_of(self, kind: str) -> Iterator[Entry]:
        """Yield the entries of one kind, the last one first."""
        rows = self._connection.execute(
            f"SELECT {_COLUMNS}, seq FROM entry WHERE kind = ? ORDER BY seq DESC",  # noqa: S608 - our own words
            (kind,),
        )
        return (Entry(*row) for row in rows)

    def forget(self, before_seq: int, before_us: int) -> int:
        """Delete entries that are stored in the database (up to `before_seq`) and older than `before_us`.

        A State kept for replays goes with the first entry behind it.
        """
        with self._connection:
            cursor = self._connection.execute(
                "DELETE FROM entry WHERE seq <= ? AND at_us < ? AND seq < (SELECT coalesce(max(seq), 0) FROM state)",
                (before_seq, before_us),
            )
            self._connection.execute(
                "DELETE FROM snapshot WHERE seq < (SELECT coalesce(min(seq), 0) - 1 FROM entry)"
            )
        return cursor.rowcount

    def close(self) -> None:
        """Close the reading connection."""
        self._connection.close()
