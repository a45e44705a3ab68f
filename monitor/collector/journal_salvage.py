"""Copies what is whole out of a damaged journal: each record that can be read and fits its checksum, and no other."""

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from monitor.collector.journal_file import (
    ID,
    INSERT,
    PLANT,
    SNAPSHOT,
    STATE,
    UNSEALED,
    WHOLE,
    columns_of,
    crc_of,
    is_whole,
    make_tables,
)
from monitor.collector.journal_mark import Mark

MARGIN = 100_000
"""Numbers left out behind what was lost: after a loss of power the mark may be half a minute behind the journal."""
CHUNK = 1_000
FAILURES_MAX = 200_000
"""So often reading may fail before what is left of a damaged file is given up."""
UNKNOWN_END = 2**40
_FORMERLY = {"catching_up": "1", "samples": "NULL", "crc": str(UNSEALED)}


@dataclass(slots=True)
class _Holes:
    """The numbers that were not found, between those that were.

    Attributes:
        expected: the number that comes next.
        behind_us: the time of the last entry before the first hole.
    """

    expected: int | None
    last_us: int | None = None
    behind_us: int | None = None
    found: list[tuple[int, int]] = field(default_factory=list)

    def come_to(self, seq: int) -> None:
        """Note a hole up to `seq`, if there is one."""
        if self.expected is not None and self.expected < seq:
            if not self.found:
                self.behind_us = self.last_us
            self.found.append((self.expected, seq - 1))

    def pass_by(self, seq: int, at_us: int) -> None:
        """Note an entry that is there."""
        self.come_to(seq)
        self.expected, self.last_us = seq + 1, at_us


def salvage(path: Path, whole: Path, mark: Mark | None) -> tuple[int, int | None]:
    """Copy what is whole in a damaged journal into a new one.

    What is safe in the database and behind no State is left behind: a long journal would take long.

    Returns:
        How many entries are lost, and the time of the last one before them (microseconds; None: there is none).

    Raises:
        OSError: the folder cannot be written.
        sqlite3.Error: as above.
    """
    whole.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as old, closing(sqlite3.connect(whole)) as new:
        # What is no text any more fits no checksum either.
        old.text_factory = lambda text: text.decode("utf-8", "replace")
        new.execute("PRAGMA journal_mode = OFF")  # a stop in between leaves nothing that is ever used
        make_tables(new)
        with new:
            return _copy(old, new, mark)


def _copy(old: sqlite3.Connection, new: sqlite3.Connection, mark: Mark | None) -> tuple[int, int | None]:
    ids = [name for (name,) in _whole(old, "journal", "id")]
    if mark is not None and ids and ids[0] != mark.id:
        mark = None  # of another journal
    for name in ids or ([] if mark is None else [mark.id]):
        new.execute(ID, (name, crc_of(name)))
    for plant in _whole(old, "plant", "from_seq, sha256, body"):
        new.execute(PLANT, (*plant, crc_of(*plant)))
    begin = _copy_states(old, new, 0 if mark is None else mark.stored_seq)
    return _copy_entries(old, new, begin, mark)


def _copy_states(old: sqlite3.Connection, new: sqlite3.Connection, stored_seq: int) -> int:
    """Copy the last State and those kept for replays; return the entry behind which entries are to be copied."""
    snapshots = list(_whole(old, "snapshot", "seq, at_us, body"))
    states = list(_whole(old, "state", "seq, body"))
    if not states and snapshots:
        seq, _, body = max(snapshots)
        states = [(seq, body)]
    begin: int = min([stored_seq, *(seq - 1 for seq, _ in states)])
    for state in states:
        new.execute(STATE, (*state, crc_of(*state)))
    for snapshot in snapshots:
        if snapshot[0] >= begin:
            new.execute(SNAPSHOT, (*snapshot, crc_of(*snapshot)))
    return max(begin, 0)


def _copy_entries(
    old: sqlite3.Connection, new: sqlite3.Connection, begin: int, mark: Mark | None
) -> tuple[int, int | None]:
    known = list(_whole(old, "lost", "from_seq, to_seq"))
    holes = _Holes(None if mark is None else begin + 1)
    for row in _entries(old, begin, mark):
        if holes.expected is not None and row[-3] < holes.expected:
            continue  # a damaged tree gives an entry twice
        with contextlib.suppress(sqlite3.IntegrityError):  # without a checksum, and not what a journal holds
            new.execute(INSERT, row)
            holes.pass_by(row[-3], row[1])
    after_last = holes.expected or begin + 1
    new.executemany("INSERT INTO lost VALUES (?, ?)", holes.found)
    numbered = max([after_last - 1, *(to for _, to in known), *([] if mark is None else [mark.seq])])
    new.execute("INSERT INTO lost VALUES (?, ?)", (after_last, numbered + MARGIN))
    if mark is not None:
        holes.come_to(mark.seq + 1)
    stored_seq = 0 if mark is None else mark.stored_seq
    return sum(_unknown(hole, known, stored_seq) for hole in holes.found), holes.behind_us


def _unknown(hole: tuple[int, int], known: Iterable[tuple[int, int]], stored_seq: int) -> int:
    """Count what is lost in a hole: neither lost before, nor safe in the database."""
    first, last = max(hole[0], stored_seq + 1), hole[1]
    before = sum(max(0, min(last, to) - max(first, begin) + 1) for begin, to in known)
    return max(0, last - first + 1 - before)


def _entries(old: sqlite3.Connection, begin: int, mark: Mark | None) -> Iterator[tuple[Any, ...]]:
    """Yield each whole entry behind `begin`, in order; halve what cannot be read until it can."""
    asked = f"{_select(old, 'entry', WHOLE)} WHERE seq BETWEEN ? AND ? ORDER BY seq LIMIT ?"
    ranges, failures = [(begin + 1, _end(old, mark))], 0
    while ranges and failures < FAILURES_MAX:
        first, last = ranges.pop()
        try:
            rows = old.execute(asked, (first, last, CHUNK)).fetchall()
        except sqlite3.DatabaseError:
            failures += 1
            middle = (first + last) // 2
            if first < last:
                ranges += [(middle + 1, last), (first, middle)]
            continue
        rows.sort(key=lambda row: int(row[-3]))  # a damaged tree may not be in order
        yield from filter(is_whole, rows)
        if len(rows) == CHUNK:
            ranges.append((rows[-1][-3] + 1, last))


def _end(old: sqlite3.Connection, mark: Mark | None) -> int:
    try:
        (last,) = old.execute("SELECT max(seq) FROM entry").fetchone()
    except sqlite3.DatabaseError:
        last = None
    ends = [end for end in (last, None if mark is None else mark.seq + MARGIN) if isinstance(end, int)]
    return max(ends, default=UNKNOWN_END)


def _whole(old: sqlite3.Connection, table: str, columns: str) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a small table that can be read and fit their checksums, without these."""
    with contextlib.suppress(sqlite3.DatabaseError):
        for *values, crc in old.execute(_select(old, table, f"{columns}, crc")):
            if crc in {UNSEALED, crc_of(*values)}:
                yield tuple(values)


def _select(old: sqlite3.Connection, table: str, columns: str) -> str:
    """Ask for columns; for those that a former version had not, ask for what stands in their stead."""
    there: frozenset[str] = frozenset()
    with contextlib.suppress(sqlite3.DatabaseError):
        there = columns_of(old, table)
    # Where not even the columns can be read, nothing else can: it must not come as a row of a former version.
    chosen = ", ".join(one if one in there or not there else _FORMERLY[one] for one in columns.split(", "))
    return f"SELECT {chosen} FROM {table}"  # noqa: S608 - our own words
