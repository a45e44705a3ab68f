"""The most particles in one cubic metre of air over a whole batch, record by record. Pure.

It is the arithmetic of `alarms/particles.py`, by the true volume of each record and with windows that no gap, no mode
and no change of occupancy lies in; but each record costs the same however many lie in the window. Sums are exact.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from alarms.particles import CUBIC_METRE_L, DIGITS, LATE_BY


@dataclass(frozen=True, slots=True)
class Break:
    """From `since` until `until` (None: to the end) no record counts, and none before is reckoned with one behind."""

    since: datetime
    until: datetime | None


@dataclass(slots=True)
class Rolling:
    """Takes one record after the other; `largest` is in 1/m3, None while nothing was counted.

    Attributes:
        sample_time_s: length of a record.
        breaks: when windows begin anew.
    """

    sample_time_s: float
    breaks: Sequence[Break] = ()
    largest: float | None = None
    _window: "deque[tuple[float, Fraction]]" = field(default_factory=deque)
    _counts: float = 0.0
    _volume_l: Fraction = Fraction(0)
    _last: datetime | None = None

    def take(self, at: datetime, counts: float | None, volume_l: float | None) -> float | None:
        """Take the next record and give what the cubic metre up to it holds; None: that value may not be used."""
        if self._is_cut(at):
            self._clear()
        self._last = at
        if counts is None or not volume_l or volume_l <= 0 or self._is_hidden(at):
            self._clear()
            return None
        self._window.append((counts, Fraction(volume_l)))
        self._counts += counts
        self._volume_l += Fraction(volume_l)
        while self._litres(self._volume_l - self._window[0][1]) >= CUBIC_METRE_L:
            first, volume = self._window.popleft()
            self._counts -= first
            self._volume_l -= volume
        per_m3 = round(
            self._counts * CUBIC_METRE_L / max(self._litres(self._volume_l), CUBIC_METRE_L), DIGITS
        )
        self.largest = max(self.largest or 0.0, per_m3)
        return per_m3

    def _clear(self) -> None:
        self._window.clear()
        self._counts, self._volume_l = 0.0, Fraction(0)

    def _is_hidden(self, at: datetime) -> bool:
        return any(one.since <= at and (one.until is None or at < one.until) for one in self.breaks)

    def _is_cut(self, at: datetime) -> bool:
        if self._last is None:
            return False
        edges = (edge for one in self.breaks for edge in (one.since, one.until) if edge is not None)
        late_s = (at - self._last).total_seconds()
        return not 0 < late_s <= LATE_BY * self.sample_time_s or any(
            self._last < edge <= at for edge in edges
        )

    @staticmethod
    def _litres(volume_l: Fraction) -> float:
        return round(float(volume_l), DIGITS)
