"""The samples of a package, copied out of the database piece by piece: a series and a day of it, each one file.

A piece stays in the work folder until its package is made, so that one that was killed goes on where it was. It is used
again only where every row in it stands in a closed minute and those minutes' digests are still the same.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from monitor.store.catalog import Snapshot
from monitor.store.whole_rows import RowsState, WholeSeries, copy_rows, rows_state

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Piece:
    """One day of one series, or what of that day belongs to the time."""

    series: WholeSeries
    start: datetime
    end: datetime

    def file(self, folder: Path) -> Path:
        """Say where it is kept."""
        return folder / f"{self.series.id}-{self.start:%Y%m%dT%H%M}-{self.end:%Y%m%dT%H%M}.csv"


def pieces_of(every: Sequence[WholeSeries], start: datetime, end: datetime) -> list[Piece]:
    """Cut a time into days, in UTC, for each series in turn, in the order of time."""
    return [Piece(one, *day) for one in every for day in _days(start.astimezone(UTC), end.astimezone(UTC))]


def _days(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    while start < end:
        midnight = start.replace(hour=0, minute=0, second=0, microsecond=0) + DAY
        yield start, min(midnight, end)
        start = midnight


async def copy_pieces(
    snapshot: Snapshot, pieces: Sequence[Piece], folder: Path, done: Callable[[], None]
) -> list[RowsState]:
    """Copy what is not there yet, or is not the same any more.

    Args:
        snapshot: that was settled.
        pieces: what is wanted.
        folder: where they are kept; it is there.
        done: hears of each piece that is ready.

    Returns:
        How the closed minutes of each piece stand.

    Raises:
        OSError: the disk does not take it.
    """
    states = []
    for piece in pieces:
        state = await rows_state(snapshot, piece.series, piece.start, piece.end)
        if _known(piece.file(folder)) != state:
            await _copy(snapshot, piece, folder, state)
        states.append(state)
        done()
    return states


def _known(file: Path) -> RowsState | None:
    """Say which rows a piece has that was copied whole; None: it is not there, or was cut off."""
    with suppress(OSError, ValueError, TypeError):
        if file.exists():
            return RowsState(**json.loads(file.with_suffix(".json").read_text()))
    return None


async def _copy(snapshot: Snapshot, piece: Piece, folder: Path, state: RowsState) -> None:
    file = piece.file(folder)
    note = file.with_suffix(".json")
    note.unlink(missing_ok=True)
    rows = 0
    with file.open("wb") as taken:

        async def out(lines: bytes) -> None:
            nonlocal rows
            rows += lines.count(b"\n")
            taken.write(lines)

        await copy_rows(snapshot, piece.series, piece.start, piece.end, out)
    # A row beside the closed minutes has no digest that would show a change: then it is copied again the next time.
    if rows == state.rows:
        note.write_text(json.dumps(asdict(state)))


def blocks(file: BinaryIO, size: int) -> Iterator[bytes]:
    """Yield whole lines of a file of CSV, some `size` bytes at a time."""
    left = b""
    while block := file.read(size):
        cut = block.rfind(b"\n") + 1
        if cut:
            yield left + block[:cut]
            left = block[cut:]
        else:
            left += block
    if left:
        yield left
