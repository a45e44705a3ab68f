"""What was due in each minute, and why some of it is not there: pure arithmetic on what was stored.

In every minute `expected = valid + all causes`. A device is asked once in its period, so so many rows are due in a
minute. A counter's records have the counter's own time: two of them that lie further apart than its sample time have
others missing between them. What is missing or not valid is explained by the quality of the rows, by the rows behind
a hole, by the alarms of networks, and by the mode of the equipment.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from config.model import Quality

MINUTE = timedelta(minutes=1)


class Cause(StrEnum):
    """Why a row that was expected is not there, or is not valid."""

    COLLECTOR_DOWN = "collector_down"
    SKIPPED = "skipped"
    """The collector's host was too slow, or stood still."""
    NETWORK = "network"
    """Most devices behind the same switch were silent together."""
    SUPPRESSED_BY_MODE = "suppressed_by_mode"
    """The equipment was in a mode in which alarms of this device are hidden by design, such as a decontamination."""
    DEVICE = "device"
    COUNTER = "counter"
    """The counter answered, and had no record, or doubted it."""
    NOT_SEALED = "not_sealed"
    """It may still come: that minute is not closed yet."""
    MISSING = "missing"
    """The minute is closed, nothing is stored, and nothing tells why."""


TOLD_BEHIND = {Quality.COLLECTOR_DOWN: Cause.COLLECTOR_DOWN, Quality.SKIPPED: Cause.SKIPPED}
"""Rows that are made afterwards, and only for the end of a long hole: they tell of all of it."""


@dataclass(frozen=True, slots=True)
class Due:
    """For how long a device was to give a row in every period.

    Attributes:
        since: the first row is due one period later.
        until: None: to this day.
        period_s: seconds between rows; None: not known, so none is missed.
    """

    since: datetime
    until: datetime | None
    period_s: float | None


@dataclass(frozen=True, slots=True)
class Figures:
    """What is stored of one minute of one series.

    Attributes:
        n: rows.
        valid: rows of which a value may be used.
        invalid: rows of which none may, by the quality of the first.
    """

    n: int
    valid: int
    invalid: Mapping[Quality, int]


@dataclass(frozen=True, slots=True)
class Explained:
    """What else was known, by which causes are told.

    Attributes:
        sealed: before this time every minute is closed; None: none is.
        network: minutes in which a network of the device was silent.
        mode: minutes in which alarms of the device were hidden by a mode.
    """

    sealed: datetime | None
    network: Collection[datetime]
    mode: Collection[datetime]

    def is_open(self, at: datetime) -> bool:
        """Whether what is missing may still come."""
        return self.sealed is None or at >= self.sealed

    def of_mode(self, at: datetime) -> Cause | None:
        """Say whether a mode explains what is missing."""
        return Cause.SUPPRESSED_BY_MODE if minute_of(at) in self.mode else None

    def of_quality(self, quality: Quality, at: datetime, otherwise: Cause) -> Cause:
        """Say why a value that is there may not be used."""
        if quality in TOLD_BEHIND:
            return TOLD_BEHIND[quality]
        if quality is Quality.UNREACHABLE and minute_of(at) in self.network:
            return Cause.NETWORK
        return self.of_mode(at) or otherwise


@dataclass(frozen=True, slots=True)
class Around(Explained):
    """What else was known of whole minutes; `behind`: quality of the first row behind what is asked for, None: none."""

    behind: Quality | None = None


@dataclass(slots=True)
class Minute:
    """How complete one minute is."""

    expected: int = 0
    received: int = 0
    valid: int = 0
    causes: "Counter[Cause]" = field(default_factory=Counter)


NOTHING = Figures(0, 0, {})


def minutes_between(start: datetime, end: datetime) -> list[datetime]:
    """Give the beginnings of the whole minutes from `start` to `end`, both of which are whole minutes."""
    return [start + number * MINUTE for number in range(round((end - start) / MINUTE))]


def minute_of(at: datetime) -> datetime:
    """Give the minute of a time."""
    return at.astimezone(UTC).replace(second=0, microsecond=0)


def is_countable(period_s: float | None) -> bool:
    """Whether every minute has the same number of rows."""
    return period_s is not None and (60 / period_s).is_integer()


def by_count(
    minutes: Sequence[datetime], stored: Mapping[datetime, Figures], due: Sequence[Due], around: Around
) -> dict[datetime, Minute]:
    """Reckon a series that has the same number of rows in every minute."""
    told = {}
    behind = None if around.behind is None else TOLD_BEHIND.get(around.behind)
    for at in reversed(minutes):
        figures = stored.get(at, NOTHING)
        minute = _received(figures, max(_due(at, due), figures.n))
        for quality, n in figures.invalid.items():
            minute.causes[around.of_quality(quality, at, Cause.DEVICE)] += n
        here = next((TOLD_BEHIND[one] for one in TOLD_BEHIND if one in figures.invalid), None)
        missing = minute.expected - minute.received
        if missing:
            why = Cause.NOT_SEALED if around.is_open(at) else here or behind or Cause.MISSING
            minute.causes[why] += missing
        behind = here if figures.n else behind
        told[at] = minute
    return told


def by_gaps(
    minutes: Sequence[datetime],
    stored: Mapping[datetime, Figures],
    holes: Iterable[datetime],
    own: Mapping[datetime, Minute],
    around: Around,
) -> dict[datetime, Minute]:
    """Reckon a series of records.

    Args:
        minutes: whole ones.
        stored: by minute.
        holes: times at which a record is missing, see `missing_between`.
        own: how complete the device's own row is.
        around: what else was known.
    """
    missing = Counter(minute_of(at) for at in holes)
    told = {}
    for at in minutes:
        figures = stored.get(at, NOTHING)
        minute = told[at] = _received(figures, figures.n + missing[at])
        doubted = figures.n - figures.valid
        if doubted:
            minute.causes[around.of_mode(at) or Cause.COUNTER] += doubted
        if missing[at]:
            why = _of_own(own.get(at)) or around.of_mode(at) or Cause.COUNTER
            minute.causes[Cause.NOT_SEALED if around.is_open(at) else why] += missing[at]
    return told


def missing_between(before: datetime, behind: datetime, due: Sequence[Due]) -> list[datetime]:
    """Give the times at which rows are missing between two that are there, by the period that was due then."""
    period_s = next((one.period_s for one in reversed(due) if one.since <= before), None)
    if not period_s:
        return []
    period = timedelta(seconds=period_s)
    count = math.ceil((behind - before) / period - 0.5) - 1
    times = [before + number * period for number in range(1, count + 1)]
    return [
        at for at in times if any(at > one.since and (one.until is None or at < one.until) for one in due)
    ]


def by_hour(minutes: Mapping[datetime, Minute]) -> dict[datetime, Minute]:
    """Add minutes up to hours."""
    hours: defaultdict[datetime, Minute] = defaultdict(Minute)
    for at, minute in minutes.items():
        hour = hours[at.replace(minute=0)]
        hour.expected += minute.expected
        hour.received += minute.received
        hour.valid += minute.valid
        hour.causes.update(minute.causes)
    return dict(hours)


def _received(figures: Figures, expected: int) -> Minute:
    return Minute(expected, figures.n, figures.valid)


def _due(minute: datetime, due: Sequence[Due]) -> int:
    total = 0
    for number, one in enumerate(due):
        if one.period_s is None:
            continue
        # Going on from another version the collector makes a row of its first second too.
        goes_on = number > 0 and due[number - 1].until == one.since
        first = one.since if goes_on else one.since + timedelta(seconds=one.period_s)
        span = min(minute + MINUTE, one.until or minute + MINUTE) - max(minute, first)
        total += max(0, math.ceil(span / timedelta(seconds=one.period_s)))
    return total


def _of_own(own: Minute | None) -> Cause | None:
    """A record that is missing while the device's own row is has the same cause, mostly."""
    causes = own.causes.most_common(1) if own else []
    return causes[0][0] if causes else None
