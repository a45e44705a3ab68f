"""Where a value stands against a Limit: the comparison, and nothing else.

"Exceeds" is strict: with a bound of 3520, 3520 passes and 3521 does not.
"""

import math
from dataclasses import dataclass
from enum import Enum

from config.model import USABLE, Level, Limit, Plant, Sample, Series


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


@dataclass(frozen=True, slots=True)
class SeriesRules:
    """The limits of one series as flat arrays, so that a calm Sample costs one comparison for each.

    `places`, `lows`, `highs`, `limits` and `conditions` run in step; `judged` are the places that have a limit
    at all, with the condition that says when such a channel has gone blind. A series of which nothing came for
    longer than `silence_s` is silent.
    """

    places: tuple[int, ...]
    lows: tuple[float, ...]
    highs: tuple[float, ...]
    limits: tuple[Limit, ...]
    conditions: tuple[Condition, ...]
    judged: tuple[tuple[int, Condition], ...]
    communication: Condition | None
    silence_s: float


def series_rules(plant: Plant, series: Series) -> SeriesRules:
    """Lay out the limits of one series; a counter's records carry no communication condition of their own."""
    place_of = {channel.id: channel.place for channel in series.channels}
    limits = tuple(limit for limit in plant.limits if limit.channel in place_of)
    delay_s = plant.communication_delay_s
    return SeriesRules(
        places=tuple(place_of[limit.channel] for limit in limits),
        lows=tuple(-math.inf if limit.low is None else limit.low for limit in limits),
        highs=tuple(math.inf if limit.high is None else limit.high for limit in limits),
        limits=limits,
        conditions=tuple(
            Condition(limit.id, limit.level, limit.on_delay_s, limit.off_delay_s) for limit in limits
        ),
        judged=tuple(
            (place_of[channel], Condition(f"{channel}/blind", Level.DIAGNOSTIC, delay_s, 0.0))
            for channel in dict.fromkeys(limit.channel for limit in limits)
        ),
        communication=None
        if series.records
        else Condition(f"{series.device}/communication", Level.DIAGNOSTIC, delay_s, 0.0),
        # A device polled more rarely than that is not silent between two polls.
        silence_s=max(delay_s, 2 * plant.devices[series.device].period_s),
    )


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
