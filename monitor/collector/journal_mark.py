"""A small file beside the journal that says how far it goes, so that a tail which is gone is missed.

SQLite drops the end of a damaged log without a word. The mark is written behind each commit, and not synced: it never
says more than the journal held, and after a loss of power it may say a little less.
"""

import contextlib
import os
import zlib
from dataclasses import dataclass
from pathlib import Path

_WIDTH = 20


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a journal went.

    Attributes:
        id: the journal's.
        seq: its last entry.
        stored_seq: the last entry that was safe in the database.
    """

    id: str
    seq: int
    stored_seq: int


class MarkWriter:
    """Writes the mark of one journal."""

    def __init__(self, path: Path, name: str) -> None:
        """Open the mark beside the journal at `path`, whose id is `name`."""
        self._id = name
        self._file = os.open(_mark_of(path), os.O_RDWR | os.O_CREAT, 0o600)

    def write(self, seq: int, stored_seq: int) -> None:
        """Say how far the journal goes now; a disk that does not take it has told so by the journal itself."""
        said = f"{self._id} {seq:>{_WIDTH}} {stored_seq:>{_WIDTH}}"
        with contextlib.suppress(OSError):
            os.pwrite(self._file, f"{said} {zlib.crc32(said.encode()):08x}\n".encode(), 0)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def read_mark(path: Path) -> Mark | None:
    """Return the mark of the journal at `path`; None where there is none, or none that is whole."""
    try:
        said, _, crc = _mark_of(path).read_text("utf-8").rstrip("\n").rpartition(" ")
        name, seq, stored_seq = said.split()
        if int(crc, 16) != zlib.crc32(said.encode()):
            return None
        return Mark(name, int(seq), int(stored_seq))
    except (OSError, ValueError):
        return None


def _mark_of(path: Path) -> Path:
    return path.with_suffix(".mark")
