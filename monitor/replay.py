"""`gradewatch replay`: judge again what the journal has kept, and see whether the same comes of it.

Under the plants that wrote it, it must be the same byte for byte: that is the proof that what was told followed from
what was read. Under another plant, the difference says what its limits would have raised, and what not.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from alarms.events import Reason, Told, Transition
from alarms.state import State
from config.faults import MendableError
from config.plant import Plant
from monitor.collector import codec
from monitor.collector.collect import JOURNAL
from monitor.collector.journal import JournalReader, explained
from monitor.collector.refit import fitted, retired
from monitor.collector.restore import Step, plant_at, retrace

ARRIVED_WITHIN = timedelta(minutes=1)
"""What is read later than this after the end of a period changes nothing in it any more."""
RAISES = frozenset({Reason.RAISED, Reason.RAISED_AGAIN})


class ReplayError(MendableError):
    """The journal cannot be judged again; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Period:
    """From when to when, the end not included; None: as far as the journal goes."""

    begin: datetime | None = None
    end: datetime | None = None

    def covers(self, at: datetime) -> bool:
        """Whether a time lies in it."""
        return (self.begin is None or self.begin <= at) and (self.end is None or at < self.end)


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of it, as JSON lines: judged again, and as it stands in the journal."""

    again: list[str] = field(default_factory=list)
    journalled: list[str] = field(default_factory=list)

    def first_difference(self) -> int | None:
        """Return the place of the first line that is not the same in both; None: there is none."""
        if self.again == self.journalled:
            return None
        pairs = enumerate(zip(self.again, self.journalled, strict=False))
        shorter = min(len(self.again), len(self.journalled))
        return next((place for place, (one, other) in pairs if one != other), shorter)


def replay(data: Path, period: Period) -> Replayed:
    """Judge a period again, under the plants that wrote it.

    Raises:
        ReplayError: there is no such journal, or it does not reach back so far.
        JournalError: the file cannot be read.
    """
    replayed = Replayed()
    for step in _steps(data, period, None):
        replayed.again.extend(line_of(one) for one in step.told if period.covers(one.at))
        if step.entry.kind in codec.TOLD and period.covers(codec.from_us(step.entry.at_us)):
            replayed.journalled.append(codec.judged_body(step.entry))
    return replayed


def difference(data: Path, period: Period, under: Plant) -> list[str]:
    """Say what another plant would have raised or triggered in addition ("+ ") and what not ("- "), in order of time.

    Raises:
        ReplayError: there is no such journal, or it does not reach back so far.
        JournalError: the file cannot be read.
    """
    own, other = (_raised(_steps(data, period, plant), period) for plant in (None, under))
    marked = [(one, "+ ") for key, one in other.items() if key not in own]
    marked += [(one, "- ") for key, one in own.items() if key not in other]
    return [mark + line_of(one) for one, mark in sorted(marked, key=lambda pair: pair[0].at)]


def line_of(told: Told) -> str:
    """Write what was told as the journal writes it."""
    return codec.entry_of(told, told.at).body


def _raised(steps: Iterator[Step], period: Period) -> Mapping[tuple[object, ...], Told]:
    return {
        key: one
        for step in steps
        for one in step.told
        if (key := _occurrence(one)) is not None and period.covers(one.at)
    }


def _occurrence(told: Told) -> tuple[object, ...] | None:
    """Name what was raised or triggered, if something was."""
    if isinstance(told, Transition):
        return (told.alarm, told.after.raised_at, told.after.times) if told.reason in RAISES else None
    return (told.protection, told.after.triggered_at) if told.before is None else None


def _steps(data: Path, period: Period, under: Plant | None) -> Iterator[Step]:
    path = data / JOURNAL
    if not path.exists():
        raise ReplayError(f"{path}: there is no journal; give the data folder of a collector")
    with explained(path), closing(JournalReader(path)) as reader:
        seq, state = _start(reader, period.begin)
        wrote = plant_at(reader, seq + 1)
        if wrote is None:
            raise ReplayError(f"{path}: nothing has been written into this journal yet")
        if under is not None:
            state, _ = retired(under, fitted(wrote, under, state), codec.EPOCH)
        for step in retrace(reader, seq, state, wrote, under):
            if _is_past(step, period.end):
                return
            yield step


def _start(reader: JournalReader, begin: datetime | None) -> tuple[int, State]:
    """Find the nearest State kept at the beginning or before, or the journal's own beginning."""
    kept = None if begin is None else reader.snapshot(codec.to_us(begin))
    if kept is not None:
        return kept[0], codec.state_of(kept[1])
    first = next(iter(reader.after(0, 1)), None)
    if first is None or first.seq == 1:
        return 0, State()
    earliest_us = reader.first_snapshot_us()
    since = "there is none" if earliest_us is None else f"{codec.from_us(earliest_us):%Y-%m-%dT%H:%M:%SZ}"
    raise ReplayError(
        f"the journal has forgotten what was then; the earliest time that can be judged again: {since}"
    )


def _is_past(step: Step, end: datetime | None) -> bool:
    received_us = step.entry.received_us
    return end is not None and received_us is not None and codec.from_us(received_us) > end + ARRIVED_WITHIN


def explain(replayed: Replayed) -> Sequence[str]:
    """Show where what was judged again and the journal part; nothing where they do not."""
    place = replayed.first_difference()
    if place is None:
        return ()
    again, journalled = (
        dict(enumerate(lines)).get(place, "(nothing)") for lines in (replayed.again, replayed.journalled)
    )
    return (f"line {place + 1} differs", f"judged again: {again}", f"in the journal: {journalled}")
