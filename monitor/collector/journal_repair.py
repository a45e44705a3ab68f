"""Finds out whether a journal is whole before it is opened, and mends it to the last whole record if it is not.

What is damaged is copied, entry by entry, into a new file, each held against its checksum; the damaged file is kept
aside. The numbers of what was not found are noted in the table `lost` and never given again: the forwarder goes by
them.
"""

import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import structlog

from monitor.collector.journal_file import (
    ID,
    LAST_NUMBER,
    UNSEALED,
    WHOLE,
    crc_of,
    is_damage,
    is_whole,
    make_tables,
)
from monitor.collector.journal_mark import Mark, read_mark
from monitor.collector.journal_read import suspect_of
from monitor.collector.journal_salvage import MARGIN, salvage

CHECKED_IN_FULL_BYTES = 256 * 2**20
"""A larger file is looked at in full only if something was wrong with it: a start must not take minutes."""
TAIL = 20_000
"""So many of the last entries are held against their checksums: more than what is behind the last State."""

log = structlog.get_logger()


def mend(path: Path) -> str:
    """See whether a journal is whole; if not, mend it.

    Returns:
        What a person must be told; "" if nothing was wrong.

    Raises:
        OSError: the folder cannot be written.
        sqlite3.Error: as above, or another process holds the file.
    """
    mark = read_mark(path)
    if not path.exists() and mark is None:
        return ""
    told = _tail_gone(path, mark) if _is_sound(path) else _replaced(path, mark)
    if told:
        log.error("journal mended", told=told)
    suspect_of(path).unlink(missing_ok=True)
    return told


def _is_sound(path: Path) -> bool:
    if suspect_of(path).exists():
        return False
    try:
        with closing(sqlite3.connect(path)) as connection:
            return _is_readable(connection, path) and _has_whole_end(connection)
    except sqlite3.DatabaseError as error:
        if is_damage(error):
            return False
        raise


def _is_readable(connection: sqlite3.Connection, path: Path) -> bool:
    connection.execute("PRAGMA cell_size_check = ON")
    if path.exists() and path.stat().st_size > CHECKED_IN_FULL_BYTES:
        return True
    return bool(connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))


def _has_whole_end(connection: sqlite3.Connection) -> bool:
    """Hold the last entries, the State and the plants against their checksums; between entries none may be missing."""
    make_tables(connection)
    for table, columns in (("state", "seq, body"), ("plant", "from_seq, sha256, body"), ("journal", "id")):
        for *values, crc in connection.execute(f"SELECT {columns}, crc FROM {table}"):  # noqa: S608 - our own words
            if crc not in {UNSEALED, crc_of(*values)}:
                return False
    lost = dict(connection.execute("SELECT from_seq, to_seq FROM lost"))
    behind = None
    for row in connection.execute(f"SELECT {WHOLE} FROM entry ORDER BY seq DESC LIMIT ?", (TAIL,)):  # noqa: S608 - our own words
        seq = row[-3]
        if not is_whole(row) or (behind is not None and _next(seq, lost) != behind):
            return False
        behind = seq
    return True


def _next(seq: int, lost: Mapping[int, int]) -> int:
    """Return the number that follows, past what a former repair did not find."""
    seq += 1
    while seq in lost:
        seq = lost[seq] + 1
    return seq


def _tail_gone(path: Path, mark: Mark | None) -> str:
    """See whether a sound file goes as far as its mark says; SQLite drops what is torn at its end without a word."""
    if mark is None:
        return ""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(ID, (mark.id, crc_of(mark.id)))  # unless it has one
        (name,) = connection.execute("SELECT id FROM journal").fetchone()
        (last,) = connection.execute(LAST_NUMBER).fetchone()
        if name != mark.id or mark.seq <= last:
            return ""
        connection.execute("INSERT INTO lost VALUES (?, ?)", (last + 1, mark.seq + MARGIN))
        at_us = connection.execute("SELECT at_us FROM entry ORDER BY seq DESC LIMIT 1").fetchone()
    return told_of(mark.seq - max(last, mark.stored_seq), None if at_us is None else at_us[0])


def _replaced(path: Path, mark: Mark | None) -> str:
    """Put what can be read of a damaged file in its place, and keep the file aside."""
    whole, aside = path.with_suffix(".mending"), _aside(path)
    lost, behind_us = salvage(path, whole, mark)
    for suffix in ("-wal", "-shm"):
        log_file = path.with_name(path.name + suffix)
        if log_file.exists():
            log_file.rename(aside.with_name(aside.name + suffix))
    # A stop in between leaves one of them in the place, never none.
    os.link(path, aside)
    whole.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return f"{told_of(lost, behind_us)}; the damaged file is kept as {aside.name}"


def _aside(path: Path) -> Path:
    """Name the damaged file by the time at which it was last written."""
    written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    names = (
        path.with_name(f"{path.stem}.broken-{written:%Y%m%dT%H%M%SZ}{number}{path.suffix}")
        for number in ("", *(f"-{count}" for count in range(2, 1_000)))
    )
    return next(name for name in names if not name.exists())


def told_of(lost: int, behind_us: int | None) -> str:
    """Say how many entries are lost, and behind which time."""
    if lost <= 0:
        return "the journal was damaged and is mended; no entry is lost"
    if behind_us is None:
        return f"the journal was damaged: {lost} entries are lost, from the first on"
    behind = datetime.fromtimestamp(behind_us / 1e6, UTC)
    return f"the journal was damaged: {lost} entries are lost, behind {behind:%Y-%m-%d %H:%M:%S} UTC"
