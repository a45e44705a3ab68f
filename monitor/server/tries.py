"""Who has tried too often to sign in."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime

TRIES_MAX = 10_000
LOCKOUT_S = 60
TRIES_AT_ONE_PLACE = 5
"""Wrong passwords for one name from one address. Another station can still sign the same person in."""
TRIES_IN_ALL = 20
"""Wrong passwords for one name from anywhere, or from one address for anybody: that is no slip of the hand."""


class Tries:
    """Counts tries to sign in. A try is counted before its password is checked, so many at once gain nothing."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._counts: OrderedDict[tuple[str, str], tuple[int, datetime]] = OrderedDict()

    def take(self, name: str, address: str) -> float:
        """Count one try, unless there were too many.

        Returns:
            0.0 where the try may go ahead; otherwise the seconds until the next may.
        """
        now = self._now()
        wait_s = self.wait_s(name, address)
        if wait_s <= 0:
            for key, _ in _limits(name, address):
                self._counts[key] = (self._count(key, now) + 1, now)
                self._counts.move_to_end(key)
            self._forget(now)
        return wait_s

    def wait_s(self, name: str, address: str) -> float:
        """The seconds until the next try may go ahead; 0.0: now."""
        now = self._now()
        return max(0.0, *(self._wait_s(key, most, now) for key, most in _limits(name, address)))

    def is_under_attack(self, name: str) -> bool:
        """Whether there were too many tries for one name, wherever they came from."""
        return self._count((name.casefold(), ""), self._now()) >= TRIES_IN_ALL

    def give_back(self, name: str, address: str) -> None:
        """The try was no failure: it does not count, and the slips of this hand are forgotten."""
        (here, _), *others = _limits(name, address)
        self._counts.pop(here, None)
        for key, _ in others:
            count, at = self._counts.get(key, (0, self._now()))
            if count > 1:
                self._counts[key] = (count - 1, at)
            else:
                self._counts.pop(key, None)

    def _count(self, key: tuple[str, str], now: datetime) -> int:
        count, at = self._counts.get(key, (0, now))
        return count if (now - at).total_seconds() < LOCKOUT_S else 0

    def _wait_s(self, key: tuple[str, str], most: int, now: datetime) -> float:
        if self._count(key, now) < most:
            return 0.0
        return LOCKOUT_S - (now - self._counts[key][1]).total_seconds()

    def _forget(self, now: datetime) -> None:
        """Drop from the oldest on what is over, and what is more than the memory is worth."""
        while self._counts:
            _, at = next(iter(self._counts.values()))
            if len(self._counts) <= TRIES_MAX and (now - at).total_seconds() < LOCKOUT_S:
                return
            self._counts.popitem(last=False)


def _limits(name: str, address: str) -> list[tuple[tuple[str, str], int]]:
    folded = name.casefold()
    return [
        ((folded, address), TRIES_AT_ONE_PLACE),
        ((folded, ""), TRIES_IN_ALL),
        (("", address), TRIES_IN_ALL),
    ]
