"""Everybody who may sign in, and what each is trained for: as the database last said, in memory.

So passwords can be checked, and people can sign, while the database is away.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from monitor.server.access import Passwords
from monitor.server.rights import TRAINED, Deed, Role
from monitor.server.sessions import Person
from monitor.store.people import Account, Training


class People:
    """All accounts by name.

    Attributes:
        known: set once the database was read.
        news: set each time it was; who waits for it clears it.
    """

    def __init__(self, passwords: Passwords, now: Callable[[], datetime], time_zone: str) -> None:
        self.known = asyncio.Event()
        self.news = asyncio.Event()
        self._passwords = passwords
        self._now = now
        self._zone = ZoneInfo(time_zone)
        self._accounts: dict[str, Account] = {}
        self._training: dict[tuple[str, str], Training] = {}

    def take(self, accounts: Sequence[Account], training: Sequence[Training]) -> None:
        """Take over what the database says."""
        self._accounts = {one.name: one for one in accounts}
        self._training = {(one.person, one.what): one for one in training}
        self.known.set()
        self.news.set()

    def every(self) -> list[Account]:
        """All accounts, disabled ones too, by name."""
        return list(self._accounts.values())

    def account(self, name: str) -> Account | None:
        """The account of a name, be it disabled."""
        return self._accounts.get(name)

    def locked(self) -> list[Account]:
        """The accounts that wait for somebody to unlock them, those first that were locked first."""
        every = ((one.locked_at, one) for one in self._accounts.values() if one.disabled_at is None)
        waiting = [(since, one) for since, one in every if since is not None]
        return [one for _, one in sorted(waiting, key=lambda pair: pair[0])]

    def training(self) -> list[Training]:
        """What counts of all training records."""
        return list(self._training.values())

    def person(self, name: str) -> Person | None:
        """Who has this name and may sign in; None: nobody, or nobody any more."""
        account = self._accounts.get(name)
        return None if account is None or account.disabled_at else _person(account)

    def linked(self, issuer: str, subject: str) -> Account | None:
        """The account that an issuer's subject was linked to, be it disabled or locked."""
        every = self._accounts.values()
        return next((one for one in every if (one.oidc_issuer, one.oidc_subject) == (issuer, subject)), None)

    async def check(self, name: str, password: str) -> Person | None:
        """Find who has this name and password; None where one of them is wrong, after the same work."""
        account = self._accounts.get(name)
        able = account is not None and not account.disabled_at and not account.locked_at
        fits = await self._passwords.fits(account.password_hash if account and able else None, password)
        return _person(account) if account is not None and fits else None

    async def check_pin(self, name: str, pin: str) -> bool:
        """Say whether it is the PIN of somebody who may sign; one who has none, or may not, costs the same work."""
        account = self._accounts.get(name)
        able = account is not None and not account.disabled_at and not account.locked_at
        return await self._passwords.fits((account.pin_hash or None) if account and able else None, pin)

    def lacks(self, name: str, deed: Deed) -> str:
        """Say which training a person lacks today for a deed; "": none."""
        what = TRAINED.get(deed, "")
        if not what:
            return ""
        noted, today = self._training.get((name, what)), self._now().astimezone(self._zone).date()
        return "" if noted and noted.valid_from <= today <= noted.valid_until else what


def _person(account: Account) -> Person:
    return Person(account.name, Role(account.role), account.display, account.language, account.must_change)
