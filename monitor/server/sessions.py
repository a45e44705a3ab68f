"""Who is signed in: in memory first, and from there in the database, so that a restart signs nobody out."""

import asyncio
import hashlib
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.server.rights import RIGHTS, Deed, Role
from monitor.store.attendance import Attended, Ended

SESSIONS_MAX = 500
PER_PERSON = 50
"""Of those: nobody signs the others out by signing in time and again."""
ENDED_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may sign in; `name` is what the records say.

    Attributes:
        display: the name as it is printed; "": as `name`.
        must_change: the password was given by somebody else: nothing may be done but choosing another.
    """

    name: str
    role: Role
    display: str = ""
    language: str = "zh"
    must_change: bool = False


@dataclass(slots=True)
class Session:
    """One browser in which a person is signed in. `live` counts its open live screens: those are use.

    Attributes:
        kept: the database has it.
        scopes: what a machine's token is for; None: it is a person's session.
    """

    person: Person
    opened_at: datetime
    used_at: datetime
    address: str = ""
    live: int = 0
    kept: bool = False
    scopes: frozenset[Deed] | None = None

    @property
    def deeds(self) -> frozenset[Deed]:
        """What may be done in it."""
        if self.scopes is not None:
            return self.scopes
        return frozenset() if self.person.must_change else RIGHTS[self.person.role]


class Sessions:
    """The open sessions, by the hash of their token: a dump of the memory gives nobody a cookie.

    Attributes:
        ready: set once those of before a restart are known, or cannot be known now.
    """

    def __init__(self, now: Callable[[], datetime], idle_s: float, limit_s: float) -> None:
        self._now = now
        self._idle = timedelta(seconds=idle_s)
        self._limit = timedelta(seconds=limit_s)
        self._open: dict[bytes, Session] = {}
        self._ended: dict[bytes, Ended] = {}
        self._over: list[Session] = []
        self.ready = asyncio.Event()

    def open(self, person: Person, address: str = "") -> str:
        """Sign a person in. Where there are too many sessions, of the person or in all, the one longest unused ends.

        Returns:
            The token for the cookie: 256 random bits, known to nobody else.
        """
        now = self._now()
        self._end_over(now)
        own = [key for key, one in self._open.items() if one.person.name == person.name]
        if len(own) >= PER_PERSON or len(self._open) >= SESSIONS_MAX:
            among = own if len(own) >= PER_PERSON else self._open
            self._end(min(among, key=lambda key: self._open[key].used_at), "")
        token = secrets.token_urlsafe(32)
        self._open[hashed(token)] = Session(person, opened_at=now, used_at=now, address=address)
        return token

    def find(self, token: str) -> Session | None:
        """The session of a token, which counts as use; None where there is none or its time is over."""
        now = self._now()
        session = self._open.get(hashed(token))
        if session is None:
            return None
        if not self._holds(session, now):
            self._over.append(session)
            self._end(hashed(token), "")
            return None
        session.used_at = now
        return session

    def close(self, token: str) -> None:
        """Sign out; may be called twice."""
        session = self._open.get(hashed(token))
        if session is not None:
            self._end(hashed(token), session.person.name)

    def every(self) -> dict[str, Session]:
        """The open sessions by what they are called: a part of their key that opens nothing."""
        now = self._now()
        return {name_of(key): session for key, session in self._open.items() if self._holds(session, now)}

    def end(self, called: str, by: str) -> Session | None:
        """End a session by what it is called; None: there is none."""
        for key, session in self._open.items():
            if name_of(key) == called:
                self._end(key, by)
                return session
        return None

    def end_all(self, name: str, by: str, but: str = "") -> int:
        """End every session of a person but that of a token; say how many."""
        others = [key for key, one in self._open.items() if one.person.name == name and key != hashed(but)]
        for key in others:
            self._end(key, by)
        return len(others)

    def follow(self, find: Callable[[str], Person | None]) -> None:
        """Let every session have its person as that is known now; whose account is disabled is signed out.

        Args:
            find: gives the person of a name; None: may not sign in any more.
        """
        for key, session in list(self._open.items()):
            person = find(session.person.name)
            if person is None:
                self._end(key, "")
            else:
                session.person = person

    def sweep(self) -> list[Session]:
        """End what is over in time; give all that was since the last time."""
        self._end_over(self._now())
        over, self._over = self._over, []
        return over

    @property
    def since(self) -> datetime:
        """What was opened before is over."""
        return self._now() - self._limit

    def told(self) -> tuple[list[Attended], list[Ended]]:
        """Give what the database is to know: what is open, and what has ended."""
        attended = [
            Attended(key, one.person.name, one.address, one.opened_at, one.used_at)
            for key, one in self._open.items()
        ]
        return attended, list(self._ended.values())

    def take(
        self, every: Sequence[Attended], find: Callable[[str], Person | None], told: Sequence[Ended]
    ) -> None:
        """Take over what the database knows: sessions of other servers, or of this one before it was restarted.

        Args:
            every: all that are open there.
            find: gives the person of a name.
            told: of what had ended here, what the database was told.
        """
        for over in told:
            self._ended.pop(over.token_hash, None)
        there = {one.token_hash: one for one in every}
        for key, session in list(self._open.items()):
            if session.kept and key not in there:
                del self._open[key]  # it was ended elsewhere
        for key, one in there.items():
            known = self._open.get(key)
            person = find(one.person)
            if known is not None:
                known.kept, known.used_at = True, max(known.used_at, one.used_at)
            elif person is not None and key not in self._ended and len(self._open) < SESSIONS_MAX:
                self._open[key] = Session(person, one.opened_at, one.used_at, one.address, kept=True)

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

    def _end_over(self, now: datetime) -> None:
        over = {key: one for key, one in self._open.items() if not self._holds(one, now)}
        self._over += over.values()
        for key in over:
            self._end(key, "")

    def _end(self, key: bytes, by: str) -> None:
        session = self._open.pop(key)
        # Also one that the database may be hearing of at this moment, or else it would come back.
        if session.kept or len(self._ended) < ENDED_MAX:
            self._ended[key] = Ended(key, self._now(), by)

    def _holds(self, session: Session, now: datetime) -> bool:
        in_use = session.live > 0 or now - session.used_at < self._idle
        return in_use and now - session.opened_at < self._limit


def hashed(token: str) -> bytes:
    """The key of a token, from which nobody comes back to it."""
    return hashlib.sha256(token.encode()).digest()


def name_of(key: bytes) -> str:
    """What a session is called where it is listed."""
    return key.hex()[:16]
