"""The one way in which a report writes a figure: everything else in it is either a text or has come through here."""

import math

from config.model import Kind
from monitor.notify.figures import DECIMALS, OTHERWISE, SPELLING

NOTHING = "—"
_ALL_PERCENT = 100
_WHOLE = 1e15
"""Beyond this a number is written with its exponent."""


def figure(value: float | None, places: int) -> str:
    """Round a value half to even by its exact binary value, as `round` does, and write it with a true minus sign.

    Args:
        value: None, NaN and infinities give a dash: there is no figure.
        places: decimals.
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    written = f"{value:.{places}f}" if abs(value) < _WHOLE else f"{value:.6g}"
    if float(written) == 0:
        written = written.lstrip("-")
    return written.replace("-", "−")


def percentage(percent: float | None, places: int) -> str:
    """Write how much there is of what was due: what is not whole never reads as 100, however little is missing."""
    if percent is not None and percent < _ALL_PERCENT:
        percent = min(percent, _ALL_PERCENT - 10**-places)
    return figure(percent, places)


def laid_down(value: float, unit: str) -> str:
    """Write a bound as it was laid down: it was never measured, so it is not rounded."""
    return f"{value:.12g} {spelt(unit)}".rstrip().replace("-", "−")


def places_of(unit: str, kind: Kind) -> int:
    """Say how many decimals a value of a channel has: the same as on the screens."""
    return 0 if kind in (Kind.COUNT, Kind.STATE, Kind.BITS) else DECIMALS.get(unit, OTHERWISE)


def spelt(unit: str) -> str:
    """Write a unit as it is printed; a count of things has none."""
    return SPELLING.get(unit, unit.replace("m3", "m³"))
