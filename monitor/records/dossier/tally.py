"""How often each value of a channel was measured: of this every figure follows, and the same to the bit. Pure.

Tallies of successive times are added into one of the whole, whatever the cuts between them; so what was counted once
need not be again. As many numbers are held as values differ, however long it was.
"""

import math
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from alarms.derived import ACTIVATION_K, KELVIN
from monitor.store.statistics import Sums

CELSIUS = "°C"
RANKS = (0.05, 0.5, 0.95, 0.99)


@dataclass(frozen=True, slots=True)
class Tally:
    """What was measured of one channel.

    Attributes:
        n: rows, with a usable value or not.
        values: the usable ones, each once, ascending; and `times`: how often each.
    """

    n: int = 0
    values: "array[float]" = field(default_factory=lambda: array("d"))
    times: "array[int]" = field(default_factory=lambda: array("q"))

    @property
    def valid(self) -> int:
        """How many usable values there are."""
        return sum(self.times)

    def beyond(self, low: float | None, high: float | None) -> int:
        """Count the values below one bound or above the other; None: there is no such bound."""
        below = 0 if low is None else sum(self.times[: bisect_left(self.values, low)])
        return below + (0 if high is None else sum(self.times[bisect_right(self.values, high) :]))


@dataclass(frozen=True, slots=True)
class Statistics:
    """The figures of one channel; None where there is no usable value, or too few.

    Attributes:
        sd: sample standard deviation.
        ranks: the 5th, 50th, 95th and 99th percentile.
        mkt_c: mean kinetic temperature; None where the unit is not °C.
    """

    sums: Sums
    sd: float | None
    ranks: tuple[float | None, ...]
    mkt_c: float | None


@dataclass(frozen=True, slots=True)
class Counted:
    """The figures of one channel, and by level how many of its values were outside what was permitted then."""

    figures: Statistics
    outside: Mapping[str, int]


def tally(column: "array[float]") -> Tally:
    """Count the values of a column; NaN is none."""
    # The library behind it takes 40 MB of memory, which only who counts shall need.
    from monitor.records.dossier.frequencies import count  # noqa: PLC0415

    return Tally(len(column), *count(column))


def together(tallies: Sequence[Tally]) -> Tally:
    """Add the tallies of several times into one of all of them."""
    from monitor.records.dossier.frequencies import add  # noqa: PLC0415

    return Tally(sum(one.n for one in tallies), *add((one.values, one.times) for one in tallies))


def statistics(of: Tally, unit: str) -> Statistics:
    """Reckon the figures of what was measured."""
    valid = of.valid
    if not valid:
        return Statistics(Sums(of.n, 0, None, None, None), None, (None,) * len(RANKS), None)
    total = math.fsum(value * times for value, times in zip(of.values, of.times, strict=True))
    return Statistics(
        sums=Sums(of.n, valid, of.values[0], of.values[-1], total),
        sd=_sd(of, total / valid, valid),
        ranks=tuple(_ranks(of, valid)),
        mkt_c=_kinetic_mean_c(of) if unit == CELSIUS else None,
    )


def _sd(of: Tally, mean: float, valid: int) -> float | None:
    if valid < 2:
        return None
    if len(of.values) == 1:
        return 0.0
    squares = ((value - mean) ** 2 * times for value, times in zip(of.values, of.times, strict=True))
    return math.sqrt(math.fsum(squares) / (valid - 1))


def _ranks(of: Tally, valid: int) -> list[float]:
    """Give percentiles by nearest rank: the least value that is not below so large a share."""
    upto = array("q", accumulate(of.times))
    return [of.values[bisect_left(upto, max(math.ceil(rank * valid), 1))] for rank in RANKS]


def _kinetic_mean_c(of: Tally) -> float | None:
    first = bisect_right(of.values, -KELVIN)
    warm = list(zip(of.values[first:], of.times[first:], strict=True))
    if not warm:
        return None
    speed = math.fsum(math.exp(-ACTIVATION_K / (value + KELVIN)) * times for value, times in warm)
    mean = speed / sum(times for _, times in warm)
    return -ACTIVATION_K / math.log(mean) - KELVIN if 0 < mean < 1 else None
