"""Who a person is: passwords, and the first administrator of a new database."""

import asyncio
import os
import secrets
import sys
from datetime import datetime

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from monitor.server.rights import Role
from monitor.store.database import Pool
from monitor.store.people import Account, add_first

ADMINISTRATOR = "admin"
PASSWORD_VARIABLE = "GRADEWATCH_ADMIN_PASSWORD"  # noqa: S105 - the variable's name, not a password
CHECKS_AT_ONCE = 2
"""One check takes 64 MiB and a whole core for some 50 ms (argon2id as RFC 9106 advises)."""


class Passwords:
    """Argon2id, off the event loop: a screen must not wait while somebody signs in."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._turn = asyncio.Semaphore(CHECKS_AT_ONCE)
        self._nobody = ""

    async def hash(self, password: str) -> str:
        """Hash a password for keeping."""
        async with self._turn:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def fits(self, kept: str | None, password: str) -> bool:
        """Check a password; for a name that does not exist (`kept` is None) it fails after the same work."""
        async with self._turn:
            if not self._nobody:
                self._nobody = await asyncio.to_thread(self._hasher.hash, secrets.token_urlsafe(32))
            fits = await asyncio.to_thread(self._verify, kept or self._nobody, password)
        return fits and kept is not None

    def _verify(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False


async def make_first_administrator(pool: Pool, passwords: Passwords, at: datetime) -> None:
    """Give a database without any person its first administrator, once, also where two servers start together.

    The password is that of the environment (GRADEWATCH_ADMIN_PASSWORD); without one it is made up here and written
    to stdout this one time. Only its hash is kept, and neither goes to a log.
    """
    if await pool.fetchval("SELECT EXISTS (SELECT FROM person)"):
        return
    given = os.environ.get(PASSWORD_VARIABLE, "")
    password = given or secrets.token_urlsafe(12)
    hashed = await passwords.hash(password)
    made = Account(ADMINISTRATOR, Role.ADMIN.value, hashed, at, must_change=not given)
    if await add_first(pool, made) and not given:
        sys.stdout.write(
            f"first sign-in: {ADMINISTRATOR} / {password}\n首次登录：{ADMINISTRATOR} / {password}\n"
        )
        sys.stdout.flush()
