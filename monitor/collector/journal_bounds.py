"""How large the journal may become, what is told on the way there, and what it lets go of.

What is not stored in the database is never let go of. So a database that stays away fills the journal, and a full one
takes nothing more and says so: nothing is lost without a word.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from alarms.events import Fault
from config.model import Device
from config.plant import Plant
from monitor.collector import codec
from monitor.collector.health import Watch
from monitor.collector.journal import Journal, JournalError, JournalReader
from monitor.collector.journal_read import LARGEST

SHARE_VARIABLE = "GRADEWATCH_JOURNAL_SHARE"
DAYS_VARIABLE = "GRADEWATCH_JOURNAL_DAYS"
LET_GO_SHARE = 0.40
"""Above this share of its bound the journal lets go of what is stored, however new it is."""
FULL_SHARE, TAKES_AGAIN_SHARE = 1.0, 0.95
ENTRY_BYTES, VALUE_BYTES = 74, 8
"""What one Sample takes in the file, without and for each value: measured with the demo plant's series."""
DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far a journal may grow.

    Attributes:
        share: of the size of its disk.
        days: what is stored in the database is kept so long, if there is room: for a replay, and for a database that
            comes back from a backup of yesterday.
    """

    share: float = 0.5
    days: float = 30.0


@dataclass(frozen=True, slots=True)
class Fill:
    """How full a journal is."""

    used_bytes: int
    bound_bytes: int

    @property
    def share(self) -> float:
        """The used share of the bound."""
        return self.used_bytes / max(self.bound_bytes, 1)

    def told(self) -> str:
        """Say it for a person."""
        return f"{self.share:.0%} of {self.bound_bytes / 1e6:,.0f} MB"


class Keeper:
    """Keeps one journal within its bounds."""

    def __init__(self, journal: Journal, path: Path, bounds: Bounds) -> None:
        """Watch the journal at `path`."""
        self._journal = journal
        self._bounds = bounds
        self._path = path
        self._reader = JournalReader(path)
        self._half = _Step("journal-half", 0.50, 0.45)
        self._nearly = _Step("journal-nearly-full", 0.80, 0.75)
        self.fill = self._measured()

    def look(self, stored_seq: int | None, now: datetime) -> list[Fault]:
        """Let go of what need not be kept any more, and see how full the journal is. Waits for the disk.

        Args:
            stored_seq: the last entry that is safe in the database; None: nobody knows yet.
            now: the time.

        Returns:
            The Faults to tell of, if something has changed.

        Raises:
            sqlite3.Error: the disk or the file failed.
        """
        if stored_seq is not None:
            self._journal.stored_seq = stored_seq
            self._let_go(stored_seq, now)
        self.fill = self._measured()
        bound = TAKES_AGAIN_SHARE if self._journal.full else FULL_SHARE
        self._journal.full = f"it is full, {self.fill.told()}" if self.fill.share >= bound else ""
        looked = (step.look(self.fill, now) for step in (self._half, self._nearly))
        return [fault for fault in looked if fault is not None]

    def _let_go(self, stored_seq: int, now: datetime) -> None:
        """Forget some of what is stored: what is old, and where there is little room whatever it is."""
        has_room = self._measured().share <= LET_GO_SHARE
        before_us = codec.to_us(now - timedelta(days=self._bounds.days)) if has_room else LARGEST
        self._reader.forget(stored_seq, before_us)

    def close(self) -> None:
        """Close the connection."""
        self._reader.close()

    def _measured(self) -> Fill:
        used, free = self._reader.used_bytes()
        return Fill(used, bound_bytes(self._path.parent, self._bounds, used + free))


class _Step:
    """One step on the way to full: told when it is reached, and over only when it is well behind."""

    def __init__(self, part: str, reached: float, over: float) -> None:
        self._watch = Watch(part)
        self._reached = reached
        self._over = over

    def look(self, fill: Fill, now: datetime) -> Fault | None:
        bound = self._over if self._watch.wrong else self._reached
        wrong = f"the journal is filled to {fill.told()}" if fill.share >= bound else ""
        return self._watch.look(wrong, now)


def bound_bytes(folder: Path, bounds: Bounds, file_bytes: int = 0) -> int:
    """Return how large a journal may become: its share of the disk, or all that others have left of it.

    Args:
        folder: where it lies.
        bounds: for it.
        file_bytes: what its file takes already.

    Raises:
        OSError: there is no such folder.
    """
    disk = shutil.disk_usage(folder)
    return min(int(bounds.share * disk.total), disk.free + file_bytes)


def days_for(plant: Plant, size_bytes: float) -> float:
    """Return how many days of a plant's Samples fit into so many bytes of a journal."""
    return size_bytes / sum(_bytes_per_day(device) for device in plant.devices.values())


def _bytes_per_day(device: Device) -> float:
    return sum(
        (ENTRY_BYTES + VALUE_BYTES * len(series.channels))
        * DAY_S
        / (device.settings.get("sample_time_s", device.period_s) if series.records else device.period_s)
        for series in device.series
    )


def bounds_in(environ: Mapping[str, str]) -> Bounds:
    """Read the bounds from the environment.

    Raises:
        JournalError: what stands there is no number, or out of range.
    """
    former = Bounds()
    return Bounds(
        share=_number(environ, SHARE_VARIABLE, former.share, 0.9),
        days=_number(environ, DAYS_VARIABLE, former.days, 3_660),
    )


def _number(environ: Mapping[str, str], name: str, otherwise: float, high: float) -> float:
    text = environ.get(name, "")
    try:
        number = float(text) if text else otherwise
    except ValueError:
        number = -1.0
    if not 0 < number <= high:
        raise JournalError(f"{name}={text}: give a number above 0, up to {high:g}")
    return number
