"""The values of channels that are reckoned from others, again from what is stored: by the formulas that judge. Pure."""

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat

from alarms.derived import FORMULAS
from alarms.engine import FRESH_S
from alarms.state import Memory
from config.rules import Derived
from monitor.store.columns import Times


@dataclass(frozen=True, slots=True)
class Restart:
    """From `since_s` before `until_s` (in seconds since 1970) a window is held empty, and then begins anew."""

    since_s: float
    until_s: float


def reckon(
    derived: Derived,
    inputs: Sequence["array[float]"],
    at_s: "array[float]",
    memory: Memory,
    restarts: Sequence[Restart] = (),
    *,
    piece_s: tuple[float, float] = (-math.inf, math.inf),
) -> tuple["array[float]", Memory]:
    """Reckon the value at each row; NaN where there is none.

    Args:
        derived: which channel.
        inputs: a column for each of its inputs; NaN where one is not usable.
        at_s: the rows' times.
        memory: what it remembers of what came before.
        restarts: in the order of time.
        piece_s: since when, and up to when the rows are; what ended or began before has been seen to.

    Returns:
        its column, and what it remembers behind the last row.
    """
    step, parameters = FORMULAS[derived.formula], derived.parameters
    column = array("d")
    last_s, until_s = piece_s
    waiting = [one for one in restarts if one.since_s <= until_s]
    for at, values in zip(at_s, zip(*inputs, strict=True), strict=True):
        if waiting and _is_cut(waiting, last_s, at):
            memory = ()
        last_s = at
        if waiting and any(one.since_s <= at < one.until_s for one in waiting):
            column.append(math.nan)
            continue
        value, memory = step(memory, values, at, parameters)
        column.append(value)
    return column, () if _is_cut(waiting, last_s, until_s) else memory


def _is_cut(restarts: Sequence[Restart], last_s: float, at: float) -> bool:
    return any(last_s < edge <= at for one in restarts for edge in (one.since_s, one.until_s))


def last_seen(own: Times, other: Times, column: "array[float]") -> "array[float]":
    """Give, for each row of a series, what another series had shown last when it came; NaN if that was not fresh.

    Args:
        own: times of the rows it is wanted for.
        other: times of the rows of the other series.
        column: values of these.
    """
    found = array("d", repeat(math.nan, len(own.at_s)))
    place = -1
    for number, (at, received) in enumerate(zip(own.at_s, own.received_s, strict=True)):
        while place + 1 < len(column) and other.received_s[place + 1] <= received:
            place += 1
        if place >= 0 and abs(at - other.at_s[place]) <= FRESH_S:
            found[number] = column[place]
    return found
