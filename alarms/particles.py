"""Particle concentrations over rolling windows of a counter's records, by the volume that each of them truly held.

Pure. A memory holds the window's records, oldest first: (time in s, counts, volume in L). A window is contiguous: a
record that cannot be used, or that does not follow the one before within one and a half of its lengths, empties it.
Counts are whole numbers, so their sum is exact; volumes are summed with `fsum` and divided by once, so that 20 counts
in one cubic metre are 20, not 20.000000000000004: "exceeds" is strict.
"""

import math
from collections.abc import Mapping
from itertools import accumulate

from alarms.state import Memory

CUBIC_METRE_L = 1000.0
SAMPLE_TIME_S = 60.0
"""The length of a record where the plant does not say it."""
LATE_BY = 1.5
"""Of a record's length: what comes later than that after the one before has left a hole."""
EXACT_DIGITS = 9
"""A volume is known to some three digits; rounding the concentration here only takes away what binary fractions add."""


def concentration(inputs: tuple[float, ...]) -> float:
    """Return the particles/m3 of one record, from its counts and its volume in L; NaN if either is not usable."""
    counts, volume_l = inputs
    return _per_m3(counts, volume_l) if volume_l > 0 and not math.isnan(counts) else math.nan


def add(memory: Memory, inputs: tuple[float, ...], at_s: float, parameters: Mapping[str, float]) -> Memory:
    """Return the contiguous records up to this one; none, if this one cannot be used."""
    counts, volume_l = inputs
    if math.isnan(counts) or math.isnan(volume_l) or volume_l <= 0:
        return ()
    if memory and not 0 < at_s - memory[-1][0] <= LATE_BY * parameters.get("sample_time_s", SAMPLE_TIME_S):
        memory = ()
    return (*memory, (at_s, counts, volume_l))


def rolling_time(memory: Memory, at_s: float, parameters: Mapping[str, float]) -> tuple[float, Memory]:
    """Return particles/m3 of the records that ended within the last `over_s`, and those records.

    Until the window is full, what is missing counts as clean, at the same flow.
    """
    over_s = parameters["over_s"]
    window = tuple(row for row in memory if row[0] > at_s - over_s)
    covered_s = len(window) * parameters.get("sample_time_s", SAMPLE_TIME_S)
    volume_l = math.fsum(row[2] for row in window) * max(1.0, over_s / covered_s if covered_s else 1.0)
    return _per_m3(sum(row[1] for row in window), volume_l), window


def rolling_volume(memory: Memory, volume_l: float) -> tuple[float, Memory]:
    """Return particles/m3 of the fewest latest records that hold `volume_l`, and those records.

    Until so much was sampled, what is missing counts as clean: it may exceed a limit, and rightly, but not falsely.
    """
    window = _fewest(memory, volume_l)
    counts, summed_l = sum(row[1] for row in window), math.fsum(row[2] for row in window)
    return _per_m3(counts, max(summed_l, volume_l)), window


def _fewest(memory: Memory, volume_l: float) -> Memory:
    if math.fsum(row[2] for row in memory[1:]) < volume_l:
        return memory
    reached = next(
        n for n, held_l in enumerate(accumulate(row[2] for row in reversed(memory)), 1) if held_l >= volume_l
    )
    return memory[-reached:]


def counts_left(memory: Memory, volume_l: float, per_m3: float) -> float:
    """Return how many counts the window may still take before it exceeds `per_m3`; negative once it has."""
    summed_l = max(math.fsum(row[2] for row in memory), volume_l)
    return math.floor(per_m3 * summed_l / CUBIC_METRE_L) - sum(row[1] for row in memory)


def _per_m3(counts: float, volume_l: float) -> float:
    return round(counts * CUBIC_METRE_L / volume_l, EXACT_DIGITS) if volume_l > 0 else math.nan
