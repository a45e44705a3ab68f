"""Reads a journal that another connection writes: for the forwarder, a restart and a replay.

Every entry is held against its checksum. One that is not what was written is given to nobody: the file is noted as
suspect, and the next start of the collector mends it.
"""

import itertools
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from monitor.collector.journal_file import (
    COLUMNS,
    LAST_NUMBER,
    UNSEALED,
    WHOLE,
    Entry,
    JournalError,
    columns_of,
    crc_of_entry,
    is_damage,
    is_whole,
)

LARGEST = 2**63 - 1
"""The largest number that SQLite holds: every entry is before it, by its number as by its time."""
FORGET_AT_ONCE = 1_000
"""So many entries are forgotten in one transaction: for longer than that nobody who writes should wait."""


def suspect_of(path: Path) -> Path:
    """Return the file whose being there says that the journal is to be looked at in full when it is next opened."""
    return path.with_suffix(".suspect")


@dataclass(frozen=True, slots=True)
class InForce:
    """Under which plant entries were written: from which one on, and before which (None: no other plant yet).

    Only its hash: the plant itself is large, and whoever asks mostly has it in hand. `JournalReader.plant_body` has it.
    """

    sha256: str
    from_seq: int
    before_seq: int | None


class JournalReader:
    """Reads a journal that another connection writes: for the forwarder and for a restart."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._columns = ""
        self._connection = sqlite3.connect(path, check_same_thread=False)

    def after(self, seq: int, limit: int, before_seq: int | None = None) -> list[Entry]:
        """Return the entries behind `seq` (and before `before_seq`), in order, at most `limit` of them.

        Raises:
            JournalError: the file is damaged there.
        """
        behind = (seq, LARGEST if before_seq is None else before_seq, limit)
        return list(self._whole("seq > ? AND seq < ? ORDER BY seq LIMIT ?", behind))

    def _whole(self, which: str, values: Sequence[object]) -> Iterator[Entry]:
        try:
            if not self._columns:
                is_sealed = "crc" in columns_of(self._connection, "entry")
                self._columns = WHOLE if is_sealed else f"{COLUMNS}, seq, NULL, {UNSEALED}"
            asked = f"SELECT {self._columns} FROM entry WHERE {which}"  # noqa: S608 - our own words
            for row in self._connection.execute(asked, values):
                if not is_whole(row):
                    raise self._damaged(f"entry {row[-3]} is not what was written")
                yield Entry(*row[:-2])
        except sqlite3.DatabaseError as error:
            if is_damage(error):
                raise self._damaged(str(error)) from error
            raise

    def _damaged(self, what: str) -> JournalError:
        suspect_of(self._path).touch()
        return JournalError(f"{self._path}: {what}; start the collector again, it mends its journal")

    def samples(self, after_seq: int) -> int:
        """Count the Samples behind an entry: those that are still to be forwarded, if it was the last forwarded."""
        ends = self._connection.execute(
            "SELECT first.samples, first.kind = 'sample', last.samples FROM"
            " (SELECT samples, kind FROM entry WHERE seq > ? ORDER BY seq LIMIT 1) AS first,"
            " (SELECT samples FROM entry ORDER BY seq DESC LIMIT 1) AS last",
            (after_seq,),
        ).fetchone()
        if ends is None:
            return 0
        before_first, is_sample, last = ends
        if before_first is not None:
            return int(last - before_first + is_sample)
        # Entries of a former version are not numbered so.
        counted = "SELECT count(*) FROM entry WHERE seq > ? AND kind = 'sample'"
        return int(self._connection.execute(counted, (after_seq,)).fetchone()[0])

    def counted(self, after_seq: int) -> tuple[int, int]:
        """Count the Samples ever received, and those behind an entry, as of one moment."""
        with self._connection:
            self._connection.execute("BEGIN")
            last = self._connection.execute("SELECT samples FROM entry ORDER BY seq DESC LIMIT 1").fetchone()
            return int(last[0] or 0) if last else 0, self.samples(after_seq)

    def holds(self, seq: int, crc: int | None) -> bool:
        """Say whether this journal came past its entry `seq` (0: the beginning), and that entry is the one meant.

        Args:
            seq: of the entry, which may have been forgotten since.
            crc: its `crc_of_entry`; None: nobody knows.

        Raises:
            JournalError: the file is damaged there.
        """
        if seq > int(self._connection.execute(LAST_NUMBER).fetchone()[0]):
            return False
        there = self.after(seq - 1, 1, seq + 1)
        return not there or crc is None or crc_of_entry(there[0]) == crc

    def id(self) -> str:
        """Return what tells this journal from every other."""
        return str(self._connection.execute("SELECT id FROM journal").fetchone()[0])

    def plant_at(self, seq: int) -> InForce | None:
        """Say which plant was in force at an entry."""
        return next((one for one in reversed(self._plants()) if one.from_seq <= seq), None)

    def plants_after(self, seq: int) -> list[InForce]:
        """Say which plants came into force behind an entry."""
        return [one for one in self._plants() if one.from_seq > seq]

    def plant_body(self, found: InForce) -> str:
        """Return a plant as it was entered."""
        row = self._connection.execute(
            "SELECT body FROM plant WHERE from_seq = ?", (found.from_seq,)
        ).fetchone()
        return str(row[0])

    def _plants(self) -> list[InForce]:
        rows = self._connection.execute(
            "SELECT sha256, from_seq, lead(from_seq) OVER (ORDER BY from_seq) FROM plant ORDER BY from_seq"
        )
        return [InForce(*row) for row in rows]

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

    def latest_of(self, *kinds: str, among: int = LARGEST) -> Iterator[Entry]:
        """Yield the entries of some kinds, the last one first.

        Args:
            kinds: as the entries say.
            among: so many entries are looked through, the last ones.

        Raises:
            JournalError: the file is damaged there.
        """
        last = int(self._connection.execute(LAST_NUMBER).fetchone()[0])
        which = f"kind IN ({', '.join('?' * len(kinds))}) AND seq > ? ORDER BY seq DESC"
        return self._whole(which, (*kinds, last - among))

    def forget(self, before_seq: int, before_us: int) -> int:
        """Delete the oldest entries, if they are stored (up to `before_seq`) and older than `before_us`.

        A State kept for replays goes with the first entry behind it.

        Returns:
            How many were deleted; with FORGET_AT_ONCE there may be more of them.
        """
        oldest = self._connection.execute(
            "SELECT seq, at_us FROM entry WHERE seq <= ? AND seq < (SELECT coalesce(max(seq), 0) FROM state)"
            " ORDER BY seq LIMIT ?",
            (before_seq, FORGET_AT_ONCE),
        )
        old = [seq for seq, _ in itertools.takewhile(lambda one: one[1] < before_us, oldest)]
        oldest.close()
        if not old:
            return 0
        with self._connection:
            self._connection.execute("DELETE FROM entry WHERE seq <= ?", (old[-1],))
            self._connection.execute("DELETE FROM snapshot WHERE seq < ?", (old[-1],))
        return len(old)

    def used_bytes(self) -> tuple[int, int]:
        """Return how much of the file is in use, and how much of it is free for what comes."""
        page, pages, free = (
            int(self._connection.execute(f"PRAGMA {what}").fetchone()[0])
            for what in ("page_size", "page_count", "freelist_count")
        )
        return page * (pages - free), page * free

    def close(self) -> None:
        """Close the reading connection."""
        self._connection.close()
