"""Channels that are reckoned from others: one small pure function for each formula.

`step` takes what a derived channel remembers, its inputs (NaN where one is not usable) and the Sample's time; it gives
its value (NaN where there is none) and what it remembers next. What a formula takes (`over_s`: seconds, and so on)
stands in its docstring.
"""

import math
from collections.abc import Callable, Mapping
from itertools import chain
from typing import TypeAlias

from alarms import particles
from alarms.state import Memory
from config.rules import Derived, Formula

Inputs: TypeAlias = tuple[float, ...]
Stepped: TypeAlias = tuple[float, Memory]
Step: TypeAlias = Callable[[Memory, Inputs, float, Mapping[str, float]], Stepped]

RATE_GAP_S = 3.0
"""A change between two values further apart is no rate."""
FULL_SHARE = 0.9
"""Of the parts of a long window, so many must be there."""
PARTS = 60
"""A window is kept as the means of so many parts: seconds of a minute, minutes of an hour, six minutes of six hours."""
ACTIVATION_K = 83.144e3 / 8.3144
"""Activation energy over gas constant, K: 83.144 kJ/mol (USP <1079.2>, ICH Q1A(R2); from memory, to be verified)."""
KELVIN = 273.15
AT_LEAST = 1.0
"""A record with so much counts, where the plant says nothing."""


def step(derived: Derived, memory: Memory, inputs: Inputs, at_s: float, *, restart: bool) -> Stepped:
    """Take one Sample's inputs in.

    Args:
        derived: which channel.
        memory: what it remembers; empty at first.
        inputs: in the order of `derived.inputs`; NaN where one is not usable.
        at_s: the Sample's time, seconds since 1970.
        restart: nothing of before counts, nor does this one: a mode that explains it lasts.
    """
    if restart:
        return math.nan, ()
    return FORMULAS[derived.formula](memory, inputs, at_s, derived.parameters)


# --- without a memory --------------------------------------------------------------------------------


def _value(_memory: Memory, inputs: Inputs, _at_s: float, _parameters: Mapping[str, float]) -> Stepped:
    return inputs[0], ()


def _difference(_memory: Memory, inputs: Inputs, _at_s: float, _parameters: Mapping[str, float]) -> Stepped:
    return inputs[0] - inputs[1], ()


def _deviation(_memory: Memory, inputs: Inputs, _at_s: float, _parameters: Mapping[str, float]) -> Stepped:
    return abs(inputs[0] - inputs[1]), ()


def _minimum(_memory: Memory, inputs: Inputs, _at_s: float, _parameters: Mapping[str, float]) -> Stepped:
    """Of all inputs; NaN if one is missing: the missing one might be the lowest."""
    return (math.nan if any(map(math.isnan, inputs)) else min(inputs)), ()


def _maximum(_memory: Memory, inputs: Inputs, _at_s: float, _parameters: Mapping[str, float]) -> Stepped:
    return (math.nan if any(map(math.isnan, inputs)) else max(inputs)), ()


def _concentration(
    _memory: Memory, inputs: Inputs, _at_s: float, _parameters: Mapping[str, float]
) -> Stepped:
    return particles.concentration(inputs), ()


# --- with the last value -------------------------------------------------------------------------------


def _rate(memory: Memory, inputs: Inputs, at_s: float, _parameters: Mapping[str, float]) -> Stepped:
    value = inputs[0]
    if math.isnan(value):
        return math.nan, memory
    rate = math.nan
    if memory and 0 < at_s - memory[0][0] <= RATE_GAP_S:
        rate = (value - memory[0][1]) / (at_s - memory[0][0])
    return rate, ((at_s, value),)


def _frozen(memory: Memory, inputs: Inputs, _at_s: float, parameters: Mapping[str, float]) -> Stepped:
    """Count how often the first input came the same; the others are its neighbours, `moved` is how far one must move.

    The memory is one row: (value, how often, then the lowest and the highest of each neighbour meanwhile).
    """
    value, neighbours = inputs[0], inputs[1:]
    if math.isnan(value):
        return math.nan, ()
    if not memory or memory[0][0] != value or len(memory[0]) != 2 + 2 * len(neighbours):
        spans = [bound for one in neighbours for bound in ((0.0, -1.0) if math.isnan(one) else (one, one))]
        return 0.0, ((value, 1.0, *spans),)
    (_, times, *before) = memory[0]
    spans = [
        bound
        for one, low, high in zip(neighbours, before[::2], before[1::2], strict=True)
        for bound in _widened(one, low, high)
    ]
    moved = max((high - low for low, high in zip(spans[::2], spans[1::2], strict=True)), default=0.0)
    return (times + 1 if moved >= parameters["moved"] else 0.0), ((value, times + 1, *spans),)


def _widened(value: float, low: float, high: float) -> tuple[float, float]:
    """Return a span with one value more; an empty one, of which nothing was seen yet, has its ends crossed."""
    if math.isnan(value):
        return low, high
    return (value, value) if low > high else (min(low, value), max(high, value))


# --- over long windows ----------------------------------------------------------------------------------
# Two rows are remembered: the parts that have ended, one behind the other, each as (number, sum, n), and the part that
# goes on; so one value more costs as little as with a short window. Each part may stand in a row of its own as well.


def _mean(memory: Memory, inputs: Inputs, at_s: float, parameters: Mapping[str, float]) -> Stepped:
    """Mean of the last `over_s`, or of as much of it as there is."""
    memory = _parts(memory, inputs[0], at_s, parameters["over_s"])
    return _mean_of(memory), memory


def _kinetic_mean(memory: Memory, inputs: Inputs, at_s: float, parameters: Mapping[str, float]) -> Stepped:
    """Mean kinetic temperature of the last `over_s`, in the input's °C: its parts hold exp(-E/RT)."""
    value = inputs[0]
    speed = math.nan if math.isnan(value) or value <= -KELVIN else math.exp(-ACTIVATION_K / (value + KELVIN))
    memory = _parts(memory, speed, at_s, parameters["over_s"])
    mean = _mean_of(memory)
    return (-ACTIVATION_K / math.log(mean) - KELVIN if 0 < mean < 1 else math.nan), memory


def _slope(memory: Memory, inputs: Inputs, at_s: float, parameters: Mapping[str, float]) -> Stepped:
    """Change per hour of the input (of two: of their difference) over the last `over_s`, by least squares of its parts.

    It is reckoned anew when a part ends; the last row holds it meanwhile: (part, sum, n, slope).
    There is none while more than a tenth of the parts is missing.
    """
    value = inputs[0] - inputs[1] if len(inputs) > 1 else inputs[0]
    if math.isnan(value):
        return math.nan, memory
    over_s = parameters["over_s"]
    rows = _parts(memory, value, at_s, over_s)
    if memory and rows[-1][0] == memory[-1][0]:
        return (rows[-1][3] if len(rows[-1]) > 3 else math.nan), rows
    ended, going_on = rows
    slope = _least_squares(ended, over_s)
    return slope, rows if math.isnan(slope) else (ended, (*going_on, slope))


def _mean_of(memory: Memory) -> float:
    n = sum(chain.from_iterable(row[2::3] for row in memory))
    return math.fsum(chain.from_iterable(row[1::3] for row in memory)) / n if n else math.nan


def _least_squares(ended: tuple[float, ...], over_s: float) -> float:
    """Return the slope per hour of the parts' means; NaN while too many of them are missing."""
    parts = ended[::3]
    if len(parts) < FULL_SHARE * PARTS:
        return math.nan
    hours = [(one - parts[0]) * over_s / PARTS / 3600 for one in parts]
    means = [summed / n for summed, n in zip(ended[1::3], ended[2::3], strict=True)]
    middle, mean = math.fsum(hours) / len(hours), math.fsum(means) / len(means)
    spread = math.fsum((hour - middle) ** 2 for hour in hours)
    return math.fsum((hour - middle) * (one - mean) for hour, one in zip(hours, means, strict=True)) / spread


def _parts(memory: Memory, value: float, at_s: float, over_s: float) -> Memory:
    """Return the parts of the window with one value more; NaN adds nothing, but time passes."""
    part = at_s // (over_s / PARTS)
    if memory and memory[-1][0] == part:
        if math.isnan(value):
            return memory
        _, summed, n, *slope = memory[-1]
        return *memory[:-1], (part, summed + value, n + 1, *slope)
    known = (*chain.from_iterable(memory[:-1]), *memory[-1][:3]) if memory else ()
    over = sum(one <= part - PARTS for one in known[::3])
    rows = (*known[3 * over :], *(() if math.isnan(value) else (part, value, 1.0)))
    return (rows[:-3], rows[-3:]) if rows else ()


# --- of records ----------------------------------------------------------------------------------------


def _rolling_time(memory: Memory, inputs: Inputs, at_s: float, parameters: Mapping[str, float]) -> Stepped:
    """Particles/m3 over `over_s`; see `particles.py`."""
    memory = particles.add(memory, inputs, at_s, parameters)
    return particles.rolling_time(memory, at_s, parameters["over_s"])


def _rolling_volume(memory: Memory, inputs: Inputs, at_s: float, parameters: Mapping[str, float]) -> Stepped:
    """Particles/m3 over `volume_l` (one cubic metre, if not given)."""
    memory = particles.add(memory, inputs, at_s, parameters)
    return particles.rolling_volume(memory, _volume_l(parameters))


def _counts_left(memory: Memory, inputs: Inputs, at_s: float, parameters: Mapping[str, float]) -> Stepped:
    """Counts that the rolling volume may still take before it exceeds `per_m3`."""
    memory = particles.add(memory, inputs, at_s, parameters)
    return particles.counts_left(memory, _volume_l(parameters), parameters["per_m3"])


def _volume_l(parameters: Mapping[str, float]) -> float:
    return parameters.get("volume_l", particles.CUBIC_METRE_L)


def _occurrences(memory: Memory, inputs: Inputs, at_s: float, parameters: Mapping[str, float]) -> Stepped:
    """In how many of the last `of` records the input was at least `at_least` (one, if not given)."""
    value = inputs[0]
    late_s = particles.LATE_BY * parameters.get("sample_time_s", particles.SAMPLE_TIME_S)
    if math.isnan(value):
        return math.nan, ()
    if memory and not 0 < at_s - memory[-1][0] <= late_s:
        memory = ()
    hit = float(value >= parameters.get("at_least", AT_LEAST))
    memory = (*memory, (at_s, hit))[-int(parameters["of"]) :]
    return sum(row[1] for row in memory), memory


FORMULAS: dict[Formula, Step] = {
    Formula.VALUE: _value,
    Formula.DIFFERENCE: _difference,
    Formula.DEVIATION: _deviation,
    Formula.MINIMUM: _minimum,
    Formula.MAXIMUM: _maximum,
    Formula.RATE: _rate,
    Formula.SLOPE: _slope,
    Formula.MEAN: _mean,
    Formula.KINETIC_MEAN: _kinetic_mean,
    Formula.FROZEN: _frozen,
    Formula.CONCENTRATION: _concentration,
    Formula.ROLLING_TIME: _rolling_time,
    Formula.ROLLING_VOLUME: _rolling_volume,
    Formula.COUNTS_LEFT: _counts_left,
    Formula.OCCURRENCES: _occurrences,
}
