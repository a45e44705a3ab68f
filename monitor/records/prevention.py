"""Trends for prevention (EU GMP Annex 1 9.11), by zone and month: excursions, alarm load, how soon people acted. Pure.

What a mode explains is no excursion, and asks nothing of people: it is counted nowhere here.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from alarms.load import Occurrence, load
from config.rules import Level, Priority
from monitor.store.prevention import AlarmSeen, DeviationLife, Grown, PlatesOfMonth

FOLLOWS_WITHIN = timedelta(hours=24)
"""Alert excursions of one limit follow on one another if no more lies between their beginnings (demo proposal)."""
MARKED_FROM = 3
"""So many in succession are shown as abnormal (demo proposal; the annex names none)."""


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the plant's calendar, as far as it lies in what is asked for; `id` as `2026-03`."""

    id: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Times:
    """How long something took: how often it was done, median and 95th percentile (nearest rank); None: never done."""

    n: int = 0
    median_s: float | None = None
    p95_s: float | None = None


@dataclass(frozen=True, slots=True)
class Watched:
    """The alarms of one zone and month.

    Attributes:
        alert: excursions beyond an alert limit; with `action`, of what is measured.
        consecutive: the longest succession of alert excursions of one limit that reached into the month.
        alarms: all that people were shown, and `per_day`.
        peak_10_min: the most in one period of ten minutes.
        floods: how often more than ten sounded in ten minutes (ISA-18.2).
        stale: how many stood for longer than 24 h.
        acknowledging: from the alarm to the first person who saw it.
        unacknowledged: raised in the month, and seen by nobody until now.
    """

    alert: int = 0
    action: int = 0
    consecutive: int = 0
    alarms: int = 0
    per_day: float = 0.0
    peak_10_min: int = 0
    floods: int = 0
    stale: int = 0
    acknowledging: Times = Times()
    unacknowledged: int = 0


@dataclass(frozen=True, slots=True)
class Handled:
    """The deviations about one zone that were opened in one month.

    Attributes:
        open: of `opened`, those that are not closed today.
        assessing: from opened to first assessed.
        closing: from opened to closed.
    """

    opened: int = 0
    open: int = 0
    assessing: Times = Times()
    closing: Times = Times()


@dataclass(frozen=True, slots=True)
class Flora:
    """One organism in one zone and month.

    Attributes:
        organism: "": nobody has named what grew; likewise `species`.
        plates: on so many it grew, and `percent` of all with growth in that zone and month.
        is_new: named, and named in that zone in none of the months before that are asked for; where no plate was read
            in those, nobody can say so.
    """

    organism: str
    species: str
    plates: int
    percent: float
    is_new: bool


def months(start: datetime, end: datetime, time_zone: str) -> list[Month]:
    """Cut a time into the months of a plant's calendar; the first and the last may be parts.

    Args:
        start: aware.
        end: aware, not included.
        time_zone: IANA name.
    """
    zone = ZoneInfo(time_zone)
    found, since = [], start
    while since < end:
        local = since.astimezone(zone)
        year, month = (local.year + local.month // 12, local.month % 12 + 1)
        until = min(datetime.combine(local.date().replace(year, month, 1), time.min, zone), end)
        found.append(Month(f"{local:%Y-%m}", since, until))
        since = until
    return found


def times(durations_s: Iterable[float]) -> Times:
    """Tell how long things took."""
    ordered = sorted(durations_s)
    if not ordered:
        return Times()
    return Times(len(ordered), _rank(ordered, 0.5), _rank(ordered, 0.95))


def _rank(ordered: Sequence[float], share: float) -> float:
    return ordered[max(math.ceil(share * len(ordered)), 1) - 1]


@dataclass
class ZoneTrend:
    """One zone's alarms, told month after month; what reaches into the next one is all that it remembers."""

    _standing: list[Occurrence] = field(default_factory=list)
    _runs: dict[str, tuple[datetime, int]] = field(default_factory=dict)

    def before(self, seen: Iterable[AlarmSeen]) -> None:
        """Take what was raised before the first month, and stood when it began."""
        self._standing += [_occurrence(one) for one in seen if not one.is_explained]

    def month(self, month: Month, seen: Iterable[AlarmSeen]) -> Watched:
        """Tell of one month.

        Args:
            month: later than all that were told of.
            seen: what was raised in it, in the order of time.
        """
        shown = [one for one in seen if not one.is_explained]
        occurrences = [*self._standing, *(_occurrence(one) for one in shown)]
        self._standing = [one for one in occurrences if one.over_at is None or one.over_at > month.until]
        if not occurrences:
            return Watched()
        asked = load(occurrences, month.since, month.until)
        counted = [one.level for one in shown if one.is_measured]
        took = [(one.acknowledged_at - one.raised_at).total_seconds() for one in shown if one.acknowledged_at]
        return Watched(
            alert=counted.count(Level.ALERT),
            action=counted.count(Level.ACTION),
            consecutive=self._consecutive(shown),
            alarms=asked.alarms,
            per_day=asked.per_hour * 24,
            peak_10_min=asked.peak_10_min,
            floods=asked.floods,
            stale=asked.stale,
            acknowledging=times(took),
            unacknowledged=len(shown) - len(took),
        )

    def _consecutive(self, shown: Iterable[AlarmSeen]) -> int:
        longest = 0
        for one in shown:
            if not one.is_measured or one.level is not Level.ALERT:
                continue
            last, length = self._runs.get(one.alarm, (one.raised_at, 0))
            length = length + 1 if one.raised_at - last <= FOLLOWS_WITHIN else 1
            self._runs[one.alarm] = one.raised_at, length
            longest = max(longest, length)
        return longest


def _occurrence(one: AlarmSeen) -> Occurrence:
    # The mix of priorities is told by the alarm load of the plant; here nobody asks for it.
    return Occurrence(one.alarm, Priority.MEDIUM, one.raised_at, one.over_at)


def flora(
    grown: Iterable[Grown], read: Iterable[PlatesOfMonth], of: Sequence[Month]
) -> dict[tuple[str, str], list[Flora]]:
    """Tell what grew, by zone and id of the month; EU GMP Annex 1 9.11 iv asks for changes of it.

    Args:
        grown: as the store counts it.
        read: every plate of these months.
        of: in their order.
    """
    some: dict[tuple[str, str], list[Grown]] = defaultdict(list)
    for one in grown:
        some[one.zone, one.month].append(one)
    were_read = {(one.zone, one.month) for one in read}
    found: dict[tuple[str, str], list[Flora]] = {}
    for zone in {zone for zone, _ in some}:
        known: set[tuple[str, str]] = set()
        is_known = False
        for month in of:
            own = some.get((zone, month.id), [])
            found[zone, month.id] = [_flora(one, own, is_known and _name(one) not in known) for one in own]
            known |= {_name(one) for one in own}
            is_known = is_known or (zone, month.id) in were_read
    return found


def _flora(one: Grown, every: Iterable[Grown], is_other: bool) -> Flora:
    percent = 100 * one.plates / sum(each.plates for each in every)
    return Flora(one.organism, one.species, one.plates, percent, is_new=is_other and bool(one.organism))


def _name(one: Grown) -> tuple[str, str]:
    return one.organism.lower(), one.species.lower()


def handled(lives: Iterable[DeviationLife], of: Sequence[Month]) -> dict[tuple[str, str], Handled]:
    """Tell how deviations were handled, by zone ("": of none) and id of the month in which they were opened.

    Args:
        lives: a deviation about several zones counts in each.
        of: in their order.
    """
    some: dict[tuple[str, str], list[DeviationLife]] = defaultdict(list)
    for one in lives:
        month = next(month.id for month in of if month.since <= one.opened_at < month.until)
        for zone in one.zones or ("",):
            some[zone, month].append(one)
    return {key: _handled(own) for key, own in some.items()}


def _handled(lives: Sequence[DeviationLife]) -> Handled:
    assessed = ((one.assessed_at, one.opened_at) for one in lives)
    closed = ((one.closed_at, one.opened_at) for one in lives)
    return Handled(
        opened=len(lives),
        open=sum(one.closed_at is None for one in lives),
        assessing=times((at - since).total_seconds() for at, since in assessed if at),
        closing=times((at - since).total_seconds() for at, since in closed if at),
    )
