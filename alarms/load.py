"""How much is asked of the people who watch: the alarm-load figures of ISA-18.2-2016, table 7.

Pure arithmetic over occurrences, each a time at which an alarm sounded and, where it is over, the time of its end.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alarms.service import is_of_calendar
from config.rules import Priority

PERIOD = timedelta(minutes=10)
FLOOD_ABOVE, FLOOD_ENDS_BELOW = 10, 5
STALE = timedelta(hours=24)
TOP = 10


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One occurrence of an alarm that people were shown; `over_at` is None while it stands."""

    alarm: str
    priority: Priority
    raised_at: datetime
    over_at: datetime | None
    chattering: bool = False


@dataclass(frozen=True, slots=True)
class Top:
    """One of the alarms that sounded most."""

    alarm: str
    times: int


@dataclass(frozen=True, slots=True)
class Load:
    """The figures of a time; aims in brackets are those of ISA-18.2.

    Attributes:
        alarms: how many sounded.
        per_hour: (6, and 12 at most).
        per_10_min: (1, and 2 at most).
        peak_10_min: the most in one period of ten minutes (10).
        share_above_10: of the periods, those with more than ten (1 %).
        floods: how often more than ten sounded in ten minutes, until fewer than five did; without what a date of the
            register of instruments raises, as for the alarm `service/flood`.
        share_in_flood: of the time (1 %).
        top: the ten that sounded most.
        top_share: their part of all (1 to 5 %).
        chattering: how many different alarms chattered (0).
        stale: how many had stood for longer than 24 h while it lasted, whenever they were raised (5 on any day).
        priorities: the share of each (80 low, 15 medium, 5 high, less than 1 critical).
    """

    alarms: int
    per_hour: float
    per_10_min: float
    peak_10_min: int
    share_above_10: float
    floods: int
    share_in_flood: float
    top: tuple[Top, ...]
    top_share: float
    chattering: int
    stale: int
    priorities: dict[Priority, float]


def load(occurrences: Iterable[Occurrence], start: datetime, end: datetime) -> Load:
    """Reckon the figures from `start` up to, not including, `end`.

    Args:
        occurrences: those raised in that time, and those that stood already when it began; others do no harm.
        start: aware.
        end: aware.

    Raises:
        ValueError: the time has no length.
    """
    if end <= start:
        raise ValueError(f"the time ends at {end}, not after its beginning {start}")
    known = [one for one in occurrences if one.raised_at < end]
    inside = [one for one in known if one.raised_at >= start]
    stood = [min(one.over_at or end, end) - one.raised_at for one in known if (one.over_at or end) > start]
    periods = _periods(inside, start, end)
    floods = _floods(sorted(one.raised_at for one in inside if not is_of_calendar(one.alarm)), end)
    count = Counter(one.alarm for one in inside)
    top = tuple(Top(alarm, times) for alarm, times in count.most_common(TOP))
    all_of_them = len(inside)
    return Load(
        alarms=all_of_them,
        per_hour=all_of_them / ((end - start) / timedelta(hours=1)),
        per_10_min=all_of_them / ((end - start) / PERIOD),
        peak_10_min=max(periods),
        share_above_10=sum(one > FLOOD_ABOVE for one in periods) / len(periods),
        floods=len(floods),
        share_in_flood=sum(floods, timedelta()) / (end - start),
        top=top,
        top_share=sum(one.times for one in top) / all_of_them if all_of_them else 0.0,
        chattering=len({one.alarm for one in inside if one.chattering}),
        stale=sum(long > STALE for long in stood),
        priorities={
            priority: sum(one.priority is priority for one in inside) / all_of_them if all_of_them else 0.0
            for priority in Priority
        },
    )


def _periods(inside: Sequence[Occurrence], start: datetime, end: datetime) -> list[int]:
    """Return how many sounded in each ten minutes; the last period may be shorter."""
    periods = [0] * -(-(end - start) // PERIOD)
    for one in inside:
        periods[(one.raised_at - start) // PERIOD] += 1
    return periods


def _floods(times: Sequence[datetime], end: datetime) -> list[timedelta]:
    """Return how long each flood was: from the eleventh alarm in ten minutes until fewer than five in ten minutes."""
    lengths: list[timedelta] = []
    began: datetime | None = None
    ends = end
    for n, at in enumerate(times):
        if began is not None and at >= ends:
            lengths.append(ends - began)
            began = None
        if began is None and n >= FLOOD_ABOVE and at - times[n - FLOOD_ABOVE] < PERIOD:
            began = at
        if began is not None:
            ends = times[n + 1 - FLOOD_ENDS_BELOW] + PERIOD
    return lengths if began is None else [*lengths, min(ends, end) - began]
