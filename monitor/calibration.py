"""How an instrument stood on a day, by its register: pure, so that a report of an old batch says what was then.

An instrument is a device, or one channel of it that has entries of its own. Of its entries only those count that a
second person has confirmed; each holds from its day on, until another holds. Days are whole, in the plant's time zone.

How long before it is due people are told follows the site's demand of three months and one month, as 90 and 30 days.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import groupby, pairwise
from zoneinfo import ZoneInfo

from config.model import Kind
from config.plant import Plant

DUE_SOON = timedelta(days=90)
DUE = timedelta(days=30)
MEASURES = frozenset({Kind.ANALOG, Kind.COUNT})


class Category(StrEnum):
    """How strictly a site manages it (the Chinese A/B/C scheme of measuring instruments); the site says which."""

    A = "A"
    B = "B"
    C = "C"


class InstrumentState(StrEnum):
    """How it stands; the worst that is so."""

    IN_ORDER = "in_order"
    DUE_IN_3_MONTHS = "due_in_3_months"
    DUE_IN_1_MONTH = "due_in_1_month"
    OVERDUE = "overdue"
    UNQUALIFIED = "unqualified"
    """One of IQ, OQ and PQ is not done, or the day of requalification is over."""
    UNKNOWN = "unknown"
    """The register says nothing of it."""


class Subject(StrEnum):
    """What of an instrument comes due, each on a day of its own."""

    CALIBRATION = "calibration"
    REQUALIFICATION = "requalification"


DUE_STATES = (InstrumentState.DUE_IN_3_MONTHS, InstrumentState.DUE_IN_1_MONTH, InstrumentState.OVERDUE)
"""What people are told by an alarm, in the order in which it comes."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the register says of an instrument, all of it, from one day on.

    Attributes:
        since: the first day of which this is said.
        category: its class.
        serial: serial number of what is fitted.
        certificate: number of the calibration's certificate.
        due_on: the last day on which its readings may be used; None: it is calibrated once only (class C).
        iq_on: when installation, operation (`oq_on`) and performance (`pq_on`) were qualified; None: not.
        qualified_until: the last day on which these three hold; None: until something is changed.
    """

    instrument: str
    since: date
    category: Category
    serial: str
    certificate: str
    calibrated_on: date
    due_on: date | None
    iq_on: date | None
    oq_on: date | None
    pq_on: date | None
    qualified_until: date | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the register: what one person has noted, and another has confirmed or not yet."""

    number: int
    facts: Facts
    reason: str
    noted_by: str
    noted_at: datetime
    confirmed_by: str = ""
    confirmed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """How an instrument stood for some time: in order (be it due soon), overdue, unqualified or unknown."""

    since: datetime
    until: datetime
    state: InstrumentState


class Register:
    """All entries, by instrument."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries: dict[str, list[Entry]] = defaultdict(list)
        for entry in sorted(entries, key=lambda one: one.number):
            self._entries[entry.facts.instrument].append(entry)

    @property
    def instruments(self) -> list[str]:
        """What there are entries of, confirmed or not."""
        return sorted(self._entries)

    def history(self, instrument: str) -> list[Entry]:
        """Give every entry of an instrument itself, the last first."""
        return self._entries.get(instrument, [])[::-1]

    def waiting(self, instrument: str) -> Entry | None:
        """Give the entry that waits for a second person; what was noted before it waits no longer."""
        last = next(iter(self.history(instrument)), None)
        return None if last is None or last.confirmed_at else last

    def counting(self, instrument: str, day: date) -> Entry | None:
        """Give the entry that counted on a day; of a channel without one of its own, that of its device."""
        for of in dict.fromkeys((instrument, instrument.partition("/")[0])):
            held = [one for one in self._confirmed(of) if one.facts.since <= day]
            if held:
                return max(held, key=lambda one: (one.facts.since, one.number))
        return None

    def state(self, instrument: str, day: date) -> InstrumentState:
        """Say how an instrument stood on a day."""
        entry = self.counting(instrument, day)
        return InstrumentState.UNKNOWN if entry is None else state_on(entry.facts, day)

    def spans(self, instrument: str, start: datetime, end: datetime, zone: ZoneInfo) -> list[Span]:
        """Say how it stood from `start` to `end`, in UTC without a gap; neighbours differ. Nothing of no time."""
        days = sorted({day for of in (instrument, instrument.partition("/")[0]) for day in self._turns(of)})
        turns = [midnight for day in days if start < (midnight := _midnight(day, zone)) < end]
        marks = [at.astimezone(UTC) for at in (start, *turns, end)] if start < end else []
        pieces = [
            Span(since, until, _reported(self.state(instrument, since.astimezone(zone).date())))
            for since, until in pairwise(marks)
        ]
        return [_joined(list(alike)) for _, alike in groupby(pieces, key=lambda one: one.state)]

    def _confirmed(self, instrument: str) -> Iterator[Entry]:
        return (one for one in self._entries.get(instrument, ()) if one.confirmed_at)

    def _turns(self, instrument: str) -> Iterator[date]:
        """Give every day on which what is reported may change."""
        for entry in self._confirmed(instrument):
            facts = entry.facts
            yield facts.since
            yield from (day for day in (facts.iq_on, facts.oq_on, facts.pq_on) if day)
            yield from (last + timedelta(days=1) for last in (facts.due_on, facts.qualified_until) if last)


def measuring(plant: Plant) -> Iterator[str]:
    """Give the devices that are calibrated: one that only says what state something is in measures nothing."""
    for device in plant.devices.values():
        if any(channel.model.kind in MEASURES for series in device.series for channel in series.channels):
            yield device.id


def state_on(facts: Facts, day: date) -> InstrumentState:
    """Say how an instrument stood on a day of which these facts are said."""
    done = (facts.iq_on, facts.oq_on, facts.pq_on)
    lasts = {subject: due_on(last_day(facts, subject), day) for subject in Subject}
    if (
        any(one is None or one > day for one in done)
        or lasts[Subject.REQUALIFICATION] is InstrumentState.OVERDUE
    ):
        return InstrumentState.UNQUALIFIED
    return max(lasts.values(), key=(InstrumentState.IN_ORDER, *DUE_STATES).index)


def last_day(facts: Facts, subject: Subject) -> date | None:
    """Give the last day on which its calibration, or its qualification, holds; None: it has none."""
    return facts.due_on if subject is Subject.CALIBRATION else facts.qualified_until


def due_on(last: date | None, day: date) -> InstrumentState:
    """Say how far a calibration or a qualification has run, by its last day."""
    if last is None or day < last - DUE_SOON:
        return InstrumentState.IN_ORDER
    if day < last - DUE:
        return InstrumentState.DUE_IN_3_MONTHS
    return InstrumentState.DUE_IN_1_MONTH if day <= last else InstrumentState.OVERDUE


def due(
    register: Register, day: date, known: Mapping[str, object]
) -> dict[tuple[str, Subject], tuple[InstrumentState, Facts]]:
    """Give what of every known instrument is due soon, or over, with what the register says of it."""
    found = {}
    for instrument in register.instruments:
        entry = register.counting(instrument, day)
        if entry is None or instrument not in known or entry.facts.instrument != instrument:
            continue
        for subject in Subject:
            state = due_on(last_day(entry.facts, subject), day)
            if state in DUE_STATES:
                found[instrument, subject] = (state, entry.facts)
    return found


def _reported(state: InstrumentState) -> InstrumentState:
    """What is only due soon is in order: its readings count."""
    return InstrumentState.IN_ORDER if state in DUE_STATES[:2] else state


def _joined(alike: list[Span]) -> Span:
    return Span(alike[0].since, alike[-1].until, alike[0].state)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone)
