"""What each formula of a derived channel takes: how many inputs, which parameters. The arithmetic is in `alarms`."""

from collections.abc import Mapping
from dataclasses import dataclass

from config.rules import Formula

INPUTS_MAX = 20
OVER_MAX_S = 31 * 86_400.0
"""The longest window."""
OF_MAX = 1000
"""The most records that one looks back upon."""
PER_M3 = "1/m3"
"""The unit of a particle concentration."""


@dataclass(frozen=True, slots=True)
class Takes:
    """How many inputs, and which parameters: those that must be written, and those that may be."""

    least: int
    most: int
    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()


TAKES: Mapping[Formula, Takes] = {
    Formula.VALUE: Takes(1, 1),
    Formula.DIFFERENCE: Takes(2, 2),
    Formula.DEVIATION: Takes(2, 2),
    Formula.MINIMUM: Takes(2, INPUTS_MAX),
    Formula.MAXIMUM: Takes(2, INPUTS_MAX),
    Formula.RATE: Takes(1, 1),
    Formula.SLOPE: Takes(1, 2, ("over_s",)),
    Formula.MEAN: Takes(1, 1, ("over_s",)),
    Formula.KINETIC_MEAN: Takes(1, 1, ("over_s",)),
    Formula.FROZEN: Takes(1, INPUTS_MAX, ("moved",)),
    Formula.CONCENTRATION: Takes(2, 2, ("size_um",)),
    Formula.ROLLING_TIME: Takes(2, 2, ("over_s", "size_um"), ("sample_time_s",)),
    Formula.ROLLING_VOLUME: Takes(2, 2, ("size_um",), ("volume_l", "sample_time_s")),
    Formula.COUNTS_LEFT: Takes(2, 2, ("size_um",), ("per_m3", "volume_l", "sample_time_s")),
    Formula.OCCURRENCES: Takes(1, 1, ("of",), ("at_least", "sample_time_s")),
}

CONCENTRATIONS = frozenset({Formula.CONCENTRATION, Formula.ROLLING_TIME, Formula.ROLLING_VOLUME})
"""Those that give particles per m3, on which rulesets have a say."""


def wrong_parameter(name: str, value: float) -> str:
    """Say what is wrong with a parameter's value, and what to write; "" if nothing is."""
    if name == "moved":
        return "" if value >= 0 else "below 0; write how far the others must move, for example 0.1"
    if value <= 0:
        return "not above 0; write a positive number"
    if name == "over_s" and value > OVER_MAX_S:
        return f"longer than 31 days; write at most {OVER_MAX_S:g}"
    if name == "of" and not (value.is_integer() and value <= OF_MAX):
        return f"no whole number up to {OF_MAX}; write how many records are looked at, for example 3"
    return ""
