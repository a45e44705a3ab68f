"""What machines show instead of a password: known by its hash, good for some deeds, until an end."""

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from monitor.server.rights import FOR_MACHINES, Deed, Role
from monitor.server.sessions import Person, Session, hashed
from monitor.store.people import Token

PREFIX = "gw_"
"""So that a token that was published by mistake is found by those who look for such."""
LASTS_MAX = timedelta(days=366)
"""Demo proposal."""


class Tokens:
    """All tokens, as the database last said."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._tokens: dict[bytes, Token] = {}

    def take(self, tokens: Sequence[Token]) -> None:
        """Take over what the database says."""
        self._tokens = {one.hash: one for one in tokens}

    def every(self) -> list[Token]:
        """All tokens, also those that are over."""
        return list(self._tokens.values())

    def session(self, token: str) -> Session | None:
        """What a machine may do with a token; None: there is none like it, or it is over."""
        now, known = self._now(), self._tokens.get(hashed(token))
        if known is None or known.revoked_at is not None or now >= known.ends_at:
            return None
        scopes = FOR_MACHINES.intersection(Deed(one) for one in known.deeds)
        person = Person(f"token {known.name}", Role.VIEWER)
        return Session(person, known.made_at, now, scopes=scopes)


def make() -> str:
    """Make up a token: 256 random bits."""
    return PREFIX + secrets.token_urlsafe(32)
