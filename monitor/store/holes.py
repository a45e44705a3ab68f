"""What is missing of channels, exactly: from rows in the order of time to holes, each with its cause. Pure.

Where two rows of a series lie more than one and a half of its periods apart, others are missing between them; where a
row is there and a channel's value in it may not be used, that value is. Holes of one cause with less than a minute
between them are told as one, so that what comes and goes all the time can still be read; `rows` counts what is missing.
"""

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from config.model import USABLE, Quality
from monitor.store.gaps import MINUTE, TOLD_BEHIND, Cause, Explained, minute_of

LATE_BY = 1.5
"""Of a period: what comes later than that after the one before has left a hole."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row, as far as it says what may be used of it.

    Attributes:
        quality: by place, from 0; None: all Good.
        nothing: places, from 0, at which there is no value.
        places: how many there are.
    """

    at: datetime
    quality: Sequence[int | None] | None
    nothing: Collection[int]
    places: int

    def of(self, place: int) -> Quality | None:
        """Say how far the value at a place may be trusted; None: no channel stood there yet, or does any more."""
        if place >= self.places:
            return None
        if self.quality is None:
            return Quality.UNAVAILABLE if place in self.nothing else Quality.GOOD
        quality = self.quality[place]
        if quality is None:
            return None
        return Quality.UNAVAILABLE if quality in USABLE and place in self.nothing else Quality(quality)

    def is_as(self, other: "Row") -> bool:
        """Whether another row says the same of every value, within the same minute: causes are told by the minute."""
        same = (self.quality, self.nothing, self.places) == (other.quality, other.nothing, other.places)
        return same and minute_of(self.at) == minute_of(other.at)

    def first(self) -> Quality | None:
        """Say how far the first value that is there may be trusted: of a row that is no use it tells why."""
        return next((one for place in range(self.places) if (one := self.of(place)) is not None), None)


@dataclass(frozen=True, slots=True)
class Hole:
    """Values that are missing, from the first of them until the next one that is there."""

    since: datetime
    until: datetime
    cause: Cause
    rows: int


@dataclass(frozen=True, slots=True)
class Known(Explained):
    """What else was known; `own`, of a series of records: when nothing of the device's own row could be used."""

    own: Sequence[Hole] | None = None

    def of_value(self, quality: Quality, at: datetime) -> Cause:
        """Say why a value that is there may not be used."""
        return self.of_quality(quality, at, Cause.DEVICE if self.own is None else Cause.COUNTER)

    def of_absence(self, at: datetime, behind: Row | None) -> Cause:
        """Say why no row is there, by the row behind it."""
        if self.is_open(at):
            return Cause.NOT_SEALED
        first = behind.first() if behind else None
        if first in TOLD_BEHIND:
            return TOLD_BEHIND[first]
        if self.own is None:
            return Cause.MISSING
        of_own = next((one.cause for one in self.own if one.since <= at < one.until), None)
        return of_own or self.of_mode(at) or Cause.COUNTER


@dataclass(slots=True)
class Holes:
    """Holes of one channel, as they are found in the order of time."""

    found: list[Hole] = field(default_factory=list)

    def add(self, hole: Hole) -> None:
        """Add one that does not begin before the last."""
        last = self.found[-1] if self.found else None
        if last is not None and last.cause is hole.cause and hole.since - last.until < MINUTE:
            self.found[-1] = replace(last, until=hole.until, rows=last.rows + hole.rows)
        else:
            self.found.append(hole)


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which a row was due in every period; None: nobody knows the period, so no row is missed."""

    since: datetime
    until: datetime
    period_s: float | None


class Looking:
    """Looks at one row after the other: notes what is missing at each place, and where a whole row is of no use."""

    def __init__(self, span: Span, places: Collection[int], known: Known, before: datetime) -> None:
        """Begin.

        Args:
            span: only what is missing within it is noted.
            places: from 0, that are looked at.
            known: by which causes are told.
            before: the time of the row before the first that is looked at, or when one might have stood there.
        """
        self.places = {place: Holes() for place in places}
        self.whole = Holes()
        self._span = span
        self._known = known
        self._before = before
        self._period = timedelta(seconds=span.period_s or 0)
        self._alike: list[Row] = []
        """The first and the last of rows that follow on one another and say the same."""
        self._count = 0

    def look(self, row: Row) -> None:
        """Look at the next row; one outside the span only tells that rows go on."""
        self._absent(row.at, row)
        self._before = row.at
        if not self._span.since <= row.at < self._span.until:
            self._settle()
        elif self._alike and self._alike[0].is_as(row):
            self._alike[1:] = [row]
            self._count += 1
        else:
            self._settle()
            self._alike, self._count = [row], 1

    def skip(self, last: datetime) -> None:
        """Pass over rows of which it is known that nothing is missing, up to the last one, and between them."""
        self._settle()
        self._before = last

    def end(self) -> None:
        """No row comes any more within the span, nor behind it."""
        # Half a period on, as if one came then: what was due before the end is missed, and nothing behind it.
        self._absent(self._span.until + self._period / 2, None)
        self._settle()

    def _settle(self) -> None:
        """Note at once what may not be used of the rows that were looked at last, all of them alike."""
        if not self._alike:
            return
        first, last = self._alike[0], self._alike[-1]
        until = min(last.at + self._period, self._span.until)
        usable = False
        for place, holes in self.places.items():
            quality = first.of(place)
            usable |= quality in USABLE
            if quality is not None and quality not in USABLE:
                holes.add(Hole(first.at, until, self._known.of_value(quality, first.at), self._count))
        if not usable and (quality := first.first()) is not None and quality not in USABLE:
            self.whole.add(Hole(first.at, until, self._known.of_value(quality, first.at), self._count))
        self._alike, self._count = [], 0

    def _absent(self, behind: datetime, row: Row | None) -> None:
        if not self._period or behind - self._before <= LATE_BY * self._period:
            return
        self._settle()
        count = math.ceil((behind - self._before) / self._period - 0.5) - 1
        sealed = self._known.sealed or self._span.since
        parts = (
            (self._span.since, min(sealed, self._span.until)),
            (max(sealed, self._span.since), self._span.until),
        )
        for hole in self._parts(count, behind, row, parts):
            for holes in (*self.places.values(), self.whole):
                holes.add(hole)

    def _parts(
        self, count: int, behind: datetime, row: Row | None, parts: Sequence[tuple[datetime, datetime]]
    ) -> Iterator[Hole]:
        """Give what of a hole lies in each part of the time: what is not closed yet may still come."""
        for since, until in parts:
            # The first and the last k of before + k * period that lie within the part.
            first = max(1, math.ceil((since - self._before) / self._period))
            last = min(count, math.ceil((until - self._before) / self._period) - 1)
            if first <= last:
                at = self._before + first * self._period
                ends = behind if last == count else self._before + (last + 1) * self._period
                yield Hole(at, min(ends, self._span.until), self._known.of_absence(at, row), last - first + 1)
