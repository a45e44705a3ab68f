"""Particle concentrations over rolling windows of a counter's records, by the volume that each of them truly held.

Pure. A memory holds the window's records, oldest first: (time in s, counts, volume in L). A window is contiguous: a
record that cannot be used, or that does not follow the one before within one and a half of its lengths, empties it.
Counts are whole numbers, so their sum is exact; volumes are summed without an error that grows, and divided by once, so
that 20 counts in one cubic metre are 20, not 20.000000000000004: "exceeds" is strict.
"""

import math
from collections.abc import Mapping

from alarms.state import Memory

CUBIC_METRE_L = 1000.0
SAMPLE_TIME_S = 60.0
"""The length of a record where the plant does not say it."""
LATE_BY = 1.5
"""Of a record's length: what comes later than that after the one before has left a hole."""
DIGITS = 9
"""Decimals kept of volumes (L) and concentrations: beyond what a counter knows; only what binary fractions add goes."""


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


def rolling_time(memory: Memory, at_s: float, over_s: float) -> tuple[float, Memory]:
    """Return particles/m3 of the records that ended within the last `over_s`, by their own volume, and those records.

    A window that has just begun is what it is: a minute that is not full yet is not thinned with air nobody sampled.
    """
    window = tuple(row for row in memory if row[0] > at_s - over_s)
    return (_per_m3(_counts(window), _volume_l(window)) if window else math.nan), window


def rolling_volume(memory: Memory, volume_l: float) -> tuple[float, Memory]:
    """Return particles/m3 of the fewest latest records that hold `volume_l`, and those records.

    Until so much was sampled, what is missing counts as clean: it may exceed a limit, and rightly, but not falsely.
    """
    window = _fewest(memory, volume_l)
    return (_per_m3(_counts(window), max(_volume_l(window), volume_l)) if window else math.nan), window


def counts_left(memory: Memory, volume_l: float, per_m3: float) -> tuple[float, Memory]:
    """Return how many counts the rolling volume may still take before it exceeds `per_m3`, and its records.

    It is negative once the limit is exceeded, and then says by how much.
    """
    window = _fewest(memory, volume_l)
    permitted = per_m3 * max(_volume_l(window), volume_l) / CUBIC_METRE_L
    return (math.floor(round(permitted, DIGITS)) - _counts(window) if window else math.nan), window


def _fewest(memory: Memory, volume_l: float) -> Memory:
    start = 0
    while _volume_l(memory[start + 1 :]) >= volume_l:
        start += 1
    return memory[start:]


def _counts(window: Memory) -> float:
    return sum(row[1] for row in window)


def _volume_l(window: Memory) -> float:
    return round(math.fsum([row[2] for row in window]), DIGITS)


def _per_m3(counts: float, volume_l: float) -> float:
    return round(counts * CUBIC_METRE_L / volume_l, DIGITS)
