"""Keeps what the memory knows of people and their sessions in step with the database, while that is there."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from monitor.server.database import Database, DatabaseDown
from monitor.server.ledger import Ledger
from monitor.server.people import People
from monitor.server.sessions import Session, Sessions
from monitor.server.tokens import Tokens
from monitor.store.attendance import settle
from monitor.store.people import read_accounts, read_tokens, read_training

EVERY_S = 30.0
RETRY_S = 2.0


@dataclass(frozen=True, slots=True)
class Known:
    """What the memory knows."""

    people: People
    sessions: Sessions
    tokens: Tokens


class Roll:
    """Calls the roll: every half minute, and when somebody has changed something."""

    def __init__(
        self,
        database: Database,
        known: Known,
        ledger: Ledger,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._people = known.people
        self._sessions = known.sessions
        self._tokens = known.tokens
        self._ledger = ledger
        self._now = now
        self._changed = asyncio.Event()

    def change(self) -> None:
        """Something about people is new: call the roll soon."""
        self._changed.set()

    async def run(self) -> None:
        """Go on until cancelled."""
        await self._database.asked.wait()
        while True:
            self._changed.clear()
            try:
                await self.call()
            except DatabaseDown:  # told already
                self._sessions.ready.set()
                await self._until_up()
            else:
                await self._until_due()
            for session in self._sessions.sweep():
                await self._expired(session)

    async def call(self) -> None:
        """Read and write once.

        Raises:
            DatabaseDown: the database is not there.
        """
        async with self._database.pool() as pool:
            self._people.take(await read_accounts(pool), await read_training(pool))
            self._tokens.take(await read_tokens(pool))
            self._sessions.follow(self._people.person)
            here, ended = self._sessions.told()
            here = [one for one in here if self._people.account(one.person)]
            every = await settle(pool, here, ended, self._sessions.since)
        self._sessions.take(every, self._people.person, ended)
        self._sessions.ready.set()

    async def _until_up(self) -> None:
        """Wait for the database; a while if it is there and refuses."""
        if self._database.up.is_set():
            await asyncio.sleep(RETRY_S)
        with suppress(TimeoutError):
            async with asyncio.timeout(EVERY_S):  # what is over in time is to be told meanwhile
                await self._database.up.wait()

    async def _until_due(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(EVERY_S):
                await self._changed.wait()

    async def _expired(self, session: Session) -> None:
        body = {
            "role": session.person.role,
            "what": "session",
            "old": session.address,
            "new": None,
            "reason": "",
        }
        await self._ledger.say(self._now(), "session_expired", session.person.name, body)
