"""Who is signed in, and who has tried too often. In memory only: a restart signs everybody out."""

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.server.rights import RIGHTS, Deed, Role

SESSIONS_MAX = 500
TRIES_MAX = 10_000
LOCKOUT_S = 60
TRIES_AT_ONE_PLACE = 5
"""Wrong passwords for one name from one address. Another station can still sign the same person in."""
TRIES_IN_ALL = 20
"""Wrong passwords for one name from anywhere, or from one address for anybody: that is no slip of the hand."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may sign in; `name` is what the records say."""

    name: str
    role: Role


@dataclass(slots=True)
class Session:
    """One browser in which a person is signed in. `live` counts its open live screens: those are use."""

    person: Person
    opened_at: datetime
    used_at: datetime
    live: int = 0

    @property
    def deeds(self) -> frozenset[Deed]:
        """What may be done in it."""
        return RIGHTS[self.person.role]


class Sessions:
    """The open sessions, by the hash of their token: a dump of the memory gives nobody a cookie."""

    def __init__(self, now: Callable[[], datetime], idle_s: float, limit_s: float) -> None:
        self._now = now
        self._idle = timedelta(seconds=idle_s)
        self._limit = timedelta(seconds=limit_s)
        self._open: dict[bytes, Session] = {}

    def open(self, person: Person) -> str:
        """Sign a person in. Where there are too many sessions, the one longest unused ends.

        Returns:
            The token for the cookie: 256 random bits, known to nobody else.
        """
        now = self._now()
        self._open = {key: session for key, session in self._open.items() if self._holds(session, now)}
        if len(self._open) >= SESSIONS_MAX:
            del self._open[min(self._open, key=lambda key: self._open[key].used_at)]
        token = secrets.token_urlsafe(32)
        self._open[_key(token)] = Session(person, opened_at=now, used_at=now)
        return token

    def find(self, token: str) -> Session | None:
        """The session of a token, which counts as use; None where there is none or its time is over."""
        now = self._now()
        session = self._open.get(_key(token))
        if session is None:
            return None
        if not self._holds(session, now):
            del self._open[_key(token)]
            return None
        session.used_at = now
        return session

    def close(self, token: str) -> None:
        """Sign out; may be called twice."""
        self._open.pop(_key(token), None)

    @contextmanager
    def live(self, token: str) -> Iterator[None]:
        """Keep a session in use as long as its live screen is open."""
        session = self.find(token)
        if session is None:
            yield
            return
        session.live += 1
        try:
            yield
        finally:
            session.live -= 1
            session.used_at = self._now()

    def _holds(self, session: Session, now: datetime) -> bool:
        in_use = session.live > 0 or now - session.used_at < self._idle
        return in_use and now - session.opened_at < self._limit


def _key(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


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
        wait_s = max(self._wait_s(key, most, now) for key, most in _limits(name, address))
        if wait_s <= 0:
            for key, _ in _limits(name, address):
                self._counts[key] = (self._count(key, now) + 1, now)
                self._counts.move_to_end(key)
            self._forget(now)
        return wait_s

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
