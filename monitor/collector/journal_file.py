"""What stands in a journal's file: its tables, an entry's columns, and the checksums that say what is whole."""

import contextlib
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

from config.faults import MendableError

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
    samples     INTEGER,
    crc         INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS state (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    seq  INTEGER NOT NULL,
    body TEXT    NOT NULL,
    crc  INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS snapshot (
    seq INTEGER PRIMARY KEY, at_us INTEGER NOT NULL, body TEXT NOT NULL, crc INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS plant (
    from_seq INTEGER PRIMARY KEY, sha256 TEXT NOT NULL, body TEXT NOT NULL, crc INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS journal (
    one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL, crc INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS lost (from_seq INTEGER PRIMARY KEY, to_seq INTEGER NOT NULL) STRICT;
"""
"""`entry.samples` counts the Samples up to and with an entry; `lost` has the numbers that a repair did not find."""

# Of the records that an older journal holds nobody knows which were complete, so none of them counts as that; nobody
# has counted its Samples, and what has no checksum is believed.
ADDED = {
    "entry": {
        "catching_up": "ALTER TABLE entry ADD COLUMN catching_up INTEGER NOT NULL DEFAULT 1",
        "samples": "ALTER TABLE entry ADD COLUMN samples INTEGER",
        "crc": "ALTER TABLE entry ADD COLUMN crc INTEGER NOT NULL DEFAULT -1",
    },
    "state": {"crc": "ALTER TABLE state ADD COLUMN crc INTEGER NOT NULL DEFAULT -1"},
    "snapshot": {"crc": "ALTER TABLE snapshot ADD COLUMN crc INTEGER NOT NULL DEFAULT -1"},
    "plant": {"crc": "ALTER TABLE plant ADD COLUMN crc INTEGER NOT NULL DEFAULT -1"},
    "journal": {"crc": "ALTER TABLE journal ADD COLUMN crc INTEGER NOT NULL DEFAULT -1"},
}
"""Columns that journals of former versions have not, by table."""

COLUMNS = "kind, at_us, series, received_us, source_us, vals, quality, backfilled, body, catching_up"
"""What an entry tells, as `Entry` has it."""
WHOLE = f"{COLUMNS}, seq, samples, crc"
"""And its numbers, and the checksum over all of that."""
INSERT = f"INSERT INTO entry ({WHOLE}) VALUES ({', '.join('?' * 13)})"  # noqa: S608 - our own words
STATE = (
    "INSERT INTO state (one, seq, body, crc) VALUES (1, ?, ?, ?)"
    " ON CONFLICT (one) DO UPDATE SET seq = excluded.seq, body = excluded.body, crc = excluded.crc"
)
SNAPSHOT = "INSERT OR REPLACE INTO snapshot (seq, at_us, body, crc) VALUES (?, ?, ?, ?)"
ID = "INSERT OR IGNORE INTO journal (one, id, crc) VALUES (1, ?, ?)"
PLANT = "INSERT OR REPLACE INTO plant (from_seq, sha256, body, crc) VALUES (?, ?, ?, ?)"


_ENVIRONMENT = frozenset(
    {
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
    }
)
"""What SQLite says where the file may well be sound."""

LAST_NUMBER = (
    "SELECT max(coalesce((SELECT max(seq) FROM entry), 0), coalesce((SELECT max(to_seq) FROM lost), 0))"
)
"""The last number that was given to an entry, also to one that a repair did not find."""


UNSEALED = -1
"""The checksum of what a former version wrote. It is no NULL: that is what SQLite reads out of a blank page."""


class JournalError(MendableError):
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


_told = attrgetter(*COLUMNS.split(", "))


def rows_of(entries: Iterable[Entry], seq: int, samples: int) -> list[tuple[Any, ...]]:
    """Number entries behind so many entries and Samples, and seal each with its checksum: rows for INSERT."""
    rows = []
    for entry in entries:
        seq += 1
        samples += entry.kind == "sample"
        row = (*_told(entry), seq, samples)
        rows.append((*row, _entry_crc(row)))
    return rows


def is_whole(row: tuple[Any, ...]) -> bool:
    """Say whether a row of WHOLE is as it was written; of one from a former version nobody can tell."""
    return row[-1] in {UNSEALED, _entry_crc(row)}


def crc_of_entry(entry: Entry) -> int:
    """Return by what an entry is known again; how many Samples stand before it a repair may have counted anew."""
    return _entry_crc((*_told(entry), entry.seq, None))


def crc_of(*columns: object) -> int:
    """Return the checksum over the columns of a State, a snapshot, a plant or the journal's id."""
    return zlib.crc32(repr(columns).encode())


def _entry_crc(row: tuple[Any, ...]) -> int:
    """Return the CRC-32 over WHOLE without its last."""
    (
        kind,
        at_us,
        series,
        received_us,
        source_us,
        vals,
        quality,
        backfilled,
        body,
        catching_up,
        seq,
        samples,
        *_,
    ) = row
    numbers = (
        f"{seq} {samples} {kind} {series} {at_us} {received_us} {source_us} {backfilled} {catching_up} {body}"
    )
    # As text where a broken file gives something else than bytes: then it is another checksum, and that is enough.
    crc = zlib.crc32(numbers.encode())
    for one in (vals, quality):
        crc = zlib.crc32(one if isinstance(one, bytes) else repr(one).encode(), crc)
    return crc


def is_damage(error: sqlite3.Error) -> bool:
    """Say whether an error tells of a damaged file, not of a disk or folder that will not have us, nor of a lock."""
    if isinstance(error, sqlite3.ProgrammingError):
        return False
    code = getattr(error, "sqlite_errorcode", None)
    return code is None or code & 0xFF not in _ENVIRONMENT


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


def make_tables(connection: sqlite3.Connection) -> None:
    """Make what is missing, also in a journal of a former version."""
    connection.executescript(SCHEMA)
    for table, added in ADDED.items():
        there = columns_of(connection, table)
        for column, change in added.items():
            if column not in there:
                connection.execute(change)


def columns_of(connection: sqlite3.Connection, table: str) -> frozenset[str]:
    """Return the columns that a table has."""
    return frozenset(row[1] for row in connection.execute(f"PRAGMA table_info({table})"))
