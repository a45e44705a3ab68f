"""Where a value stands against a Limit, and each series' limits laid out for judging.

"Exceeds" is strict: with a bound of 3520, 3520 passes and 3521 does not.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from config.model import USABLE, Device, Grade, Sample, Series
from config.plant import Plant
from config.rules import Derived, Formula, Level, Limit, Priority


class Standing(Enum):
    """Where a condition stands after one look at it."""

    OUTSIDE = "outside"
    BETWEEN = "between"
    """Within the bounds, but short of the deadband: it neither raises nor clears."""
    INSIDE = "inside"


@dataclass(frozen=True, slots=True)
class Condition:
    """What an alarm watches, with its delays: a Limit gives one; so do a blind channel and a silent device."""

    id: str
    level: Level
    on_delay_s: float
    off_delay_s: float
    priority: Priority = Priority.MEDIUM
    latching: bool = False
    realarm_s: float | None = None


@dataclass(frozen=True, slots=True)
class Input:
    """Where a derived channel finds one of its inputs.

    Attributes:
        series: "" for its own row, else the series whose last Sample is looked at.
        place: in the row; behind the row's channels come its derived ones, in their order.
    """

    series: str
    place: int


@dataclass(frozen=True, slots=True)
class Resting:
    """A limit that has other bounds while its zone is at rest: which one it is, and what it is then."""

    index: int
    zone: str
    limit: Limit


@dataclass(frozen=True, slots=True)
class SeriesRules:
    """The limits of one series as flat arrays, so that a calm Sample costs one comparison for each.

    `places`, `lows`, `highs`, `limits` and `conditions` run in step; a place behind the last channel is a
    derived one's.
    `judged` are the places on which anything rests, with the condition that says when such a channel has gone blind. A
    series of which nothing came for longer than `silence_s` is silent.
    """

    id: str
    width: int
    derived: tuple[tuple[Derived, tuple[Input, ...]], ...]
    places: tuple[int, ...]
    lows: tuple[float, ...]
    highs: tuple[float, ...]
    limits: tuple[Limit, ...]
    conditions: tuple[Condition, ...]
    resting: tuple[Resting, ...]
    judged: tuple[tuple[int, Condition], ...]
    communication: Condition | None
    silence_s: float


def series_rules(
    plant: Plant, series: Series, limits: Sequence[Limit], rested_on: frozenset[str]
) -> SeriesRules:
    """Lay out the limits of one series; a counter's records carry no communication condition of their own.

    Args:
        plant: the whole plant.
        series: which series of it.
        limits: those on the series' channels and derived channels.
        rested_on: ids of channels on which something rests besides limits.
    """
    device = plant.devices[series.device]
    derived = tuple(one for one in plant.derived.values() if one.series == series.id)
    width = len(series.channels)
    place_of = {channel.id: channel.place for channel in series.channels}
    place_of |= {one.id: width + n for n, one in enumerate(derived)}
    # A fall comes before what it falls to: the rate is judged first, so that it is the first-out of the two.
    limits = sorted(limits, key=lambda limit: not _is_rate(plant, limit))
    delay_s = plant.communication_delay_s
    return SeriesRules(
        id=series.id,
        width=width,
        derived=tuple((one, tuple(_inputs(plant, one, place_of))) for one in derived),
        places=tuple(place_of[limit.channel] for limit in limits),
        lows=lows(limits),
        highs=highs(limits),
        limits=tuple(limits),
        conditions=tuple(condition_of(limit) for limit in limits),
        resting=tuple(_resting(plant, limits)),
        judged=tuple(
            (channel.place, _blind(channel.id, delay_s, _about(plant, device)))
            for channel in series.channels
            if channel.id in rested_on or any(limit.channel == channel.id for limit in limits)
        ),
        communication=None
        if series.records
        else Condition(f"{device.id}/communication", Level.DIAGNOSTIC, delay_s, 0.0, _about(plant, device)),
        # A device polled more rarely than that is not silent between two polls.
        silence_s=max(delay_s, 2 * device.period_s),
    )


def condition_of(limit: Limit) -> Condition:
    """Return what a Limit's alarm watches."""
    return Condition(
        limit.id,
        limit.level,
        limit.on_delay_s,
        limit.off_delay_s,
        limit.priority,
        limit.latching,
        limit.realarm_s,
    )


def as_raised(plant: Plant, one: SeriesRules, under: Mapping[str, Limit]) -> SeriesRules:
    """Lay out a series again, with other limits in the place of those of the same ids."""
    limits = tuple(under.get(limit.id, limit) for limit in one.limits)
    return replace(
        one,
        limits=limits,
        lows=lows(limits),
        highs=highs(limits),
        conditions=tuple(condition_of(limit) for limit in limits),
        resting=tuple(_resting(plant, limits)),
    )


def _blind(channel: str, delay_s: float, priority: Priority) -> Condition:
    return Condition(f"{channel}/blind", Level.DIAGNOSTIC, delay_s, 0.0, priority)


def _about(plant: Plant, device: Device) -> Priority:
    """Return how soon a person must know that a device, or a channel of it, is not seen."""
    return Priority.HIGH if plant.zones[device.zone].grade in {Grade.A, Grade.B} else Priority.MEDIUM


def _is_rate(plant: Plant, limit: Limit) -> bool:
    derived = plant.derived.get(limit.channel)
    return derived is not None and derived.formula is Formula.RATE


def _inputs(plant: Plant, derived: Derived, place_of: Mapping[str, int]) -> Iterator[Input]:
    for name in derived.inputs:
        if name in place_of:
            yield Input("", place_of[name])
        else:
            other = plant.channels[name]
            yield Input(other.series, other.place)


def _resting(plant: Plant, limits: Sequence[Limit]) -> Iterator[Resting]:
    for index, limit in enumerate(limits):
        if limit.at_rest is not None:
            channel = plant.derived.get(limit.channel) or plant.channels[limit.channel]
            at_rest = replace(limit, low=limit.at_rest.low, high=limit.at_rest.high)
            yield Resting(index, channel.zone, at_rest)


def lows(limits: Sequence[Limit]) -> tuple[float, ...]:
    """Return the lower bounds, minus infinity where there is none."""
    return tuple(-math.inf if limit.low is None else limit.low for limit in limits)


def highs(limits: Sequence[Limit]) -> tuple[float, ...]:
    """Return the upper bounds, infinity where there is none."""
    return tuple(math.inf if limit.high is None else limit.high for limit in limits)


def usable(sample: Sample, place: int) -> bool:
    """Whether the value at this place may be judged at all."""
    if sample.quality is not None and sample.quality[place] not in USABLE:
        return False
    return not math.isnan(sample.values[place])


def wholly_bad(sample: Sample) -> bool:
    """Whether not one value of the Sample may be used: the device itself is silent."""
    return sample.quality is not None and USABLE.isdisjoint(sample.quality)


def stand(limit: Limit, value: float) -> Standing:
    """Say where a value stands; the deadband lies inside each bound."""
    low = -math.inf if limit.low is None else limit.low
    high = math.inf if limit.high is None else limit.high
    if value < low or value > high:
        return Standing.OUTSIDE
    if value < low + limit.deadband or value > high - limit.deadband:
        return Standing.BETWEEN
    return Standing.INSIDE


def worse(limit: Limit, value: float, than: float | None) -> float:
    """Return whichever of the two lies further outside the limit."""
    if than is None:
        return value
    return max(value, than, key=lambda one: _excess(limit, one))


def _excess(limit: Limit, value: float) -> float:
    below = -math.inf if limit.low is None else limit.low - value
    above = -math.inf if limit.high is None else value - limit.high
    return max(below, above)


def in_words(limit: Limit, value: float) -> str:
    """Write the comparison as a person would: `17.8 < 20`."""
    if limit.low is not None and value < limit.low:
        return f"{value:g} < {limit.low:g}"
    if limit.high is not None and value > limit.high:
        return f"{value:g} > {limit.high:g}"
    return f"{value:g}"
