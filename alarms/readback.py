"""What channels read, as the proof of a protective action: only Good values, and only fresh ones, prove anything."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from alarms.state import State
from config.model import Quality
from config.plant import Plant
from config.rules import Check

FRESH = timedelta(seconds=3)
"""Nothing older may trigger a protective action (demo proposal)."""
SILENT = timedelta(seconds=10)
"""So long a read-back that does not come at all is waited for, behind its time (demo proposal)."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a channel's last value stands, and the channels whose quality it has.

    Attributes:
        index: in the row, or among the derived values of the series.
        rests_on: (series, place) of each channel that it is reckoned from; itself, if it is none of those.
        fresh: how old a value may be: a device that is polled more rarely gives older ones.
    """

    series: str
    index: int
    is_derived: bool
    rests_on: tuple[tuple[str, int], ...]
    fresh: timedelta


class Places(dict[str, Place]):
    """Where the channels and derived channels of a plant stand; each is looked for when it is first asked for.

    Of a plant's tens of thousands of channels only those prove something that a protective action rests on.
    """

    def __init__(self, plant: Plant) -> None:
        super().__init__()
        self._plant = plant
        self._index: dict[str, int] = {}
        count: dict[str, int] = {}
        for one in plant.derived.values():
            self._index[one.id] = count[one.series] = count.get(one.series, -1) + 1

    def __missing__(self, name: str) -> Place:
        place = self[name] = self._derived(name) if name in self._index else self._channel(name)
        return place

    def _channel(self, name: str) -> Place:
        channel = self._plant.channels[name]
        fresh = max(FRESH, timedelta(seconds=2 * self._plant.devices[channel.device].period_s))
        own = ((channel.series, channel.place),)
        return Place(channel.series, channel.place, False, own, fresh)

    def _derived(self, name: str) -> Place:
        one = self._plant.derived[name]
        rests_on = tuple(dict.fromkeys(at for input_ in one.inputs for at in self[input_].rests_on))
        return Place(one.series, self._index[name], True, rests_on, self[one.inputs[0]].fresh)


def is_good(state: State, place: Place, at: datetime) -> bool:
    """Whether a channel's last value is Good, live and fresh, and so is all that it is reckoned from."""
    for series, index in place.rests_on:
        seen = state.seen.get(series)
        if seen is None or (seen.quality is not None and seen.quality[index] is not Quality.GOOD):
            return False
        if seen.received_at - seen.at > FRESH:
            return False
        # A counter's clock may be ahead of ours: that makes none of its records younger.
        if at - min(seen.at, seen.received_at) > place.fresh:
            return False
    return True


def last_value(state: State, place: Place) -> float:
    """Return a channel's last value, of whatever quality; NaN if there was none."""
    if place.is_derived:
        values = state.derived.get(place.series, ())
        return values[place.index] if place.index < len(values) else math.nan
    seen = state.seen.get(place.series)
    return math.nan if seen is None else seen.values[place.index]


def reads(check: Check, value: float) -> bool:
    """Whether a value is what the check wants; NaN never is."""
    return (
        value == value  # noqa: PLR0124 - NaN alone differs from itself
        and (check.low is None or value >= check.low)
        and (check.high is None or value <= check.high)
    )


def proved(known: Mapping[str, Place], state: State, checks: Iterable[Check], at: datetime) -> bool:
    """Whether every check is met by a Good, live, fresh value."""
    return all(
        is_good(state, known[check.channel], at) and reads(check, last_value(state, known[check.channel]))
        for check in checks
    )


def overdue(
    known: Mapping[str, Place], state: State, checks: Iterable[Check], since: datetime, at: datetime
) -> bool:
    """Whether a check is not met although its time is over.

    It is over once the channel was heard behind it, were it Bad: until then nobody has looked. A channel that is not
    heard at all is waited for a little longer, and no more; a time in which we did not run is no silence of its own.
    """
    for check in checks:
        place, end = known[check.channel], since + timedelta(seconds=check.within_s)
        was_heard = _heard_until(state, place, since) > end
        is_silent = at > _silent_from(state, place, end, at) + SILENT
        if (was_heard or is_silent) and not proved(known, state, (check,), at):
            return True
    return False


def _heard_until(state: State, place: Place, since: datetime) -> datetime:
    """Return until when all that a channel rests on was heard; `since`, of what was never heard."""
    seen = (state.seen.get(series) for series, _ in place.rests_on)
    return min((since if one is None else one.received_at) for one in seen)


def _silent_from(state: State, place: Place, end: datetime, at: datetime) -> datetime:
    """Return from when on a channel's silence counts: the end of its time, or a start of ours behind it.

    A start sets the time of a series on. The clock of a counter may be ahead of ours: such a time says nothing.
    """
    times = (state.latest.get(series, end) for series, _ in place.rests_on)
    return max(end, min(one if one <= at else end for one in times))


def holds(state: State, checks: Iterable[Check]) -> bool:
    """Whether every check is met by the last usable value, however old: the mode of a silent machine is known."""
    for check in checks:  # noqa: SIM110 - a loop costs a third of it, and it is asked of much on every Sample
        if not reads(check, state.modes.get(check.channel, math.nan)):
            return False
    return True
