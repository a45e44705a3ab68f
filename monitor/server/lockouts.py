"""Tells the collector which accounts are locked, so that each becomes an alarm that somebody on shift sees."""

import asyncio
from contextlib import suppress
from typing import Any

from pydantic import BaseModel

from monitor.server.command import Commands
from monitor.server.people import People
from monitor.server.refusal import Refusal
from monitor.server.relay import Relay

EVERY_S = 300.0
PAUSE_S = 2.0
"""No two tellings are closer, whatever somebody does at the door."""
ALARMS_MAX = 5
"""As many as the collector takes; health counts them all."""

NAME_CHARS_MAX = 100


class Taken(BaseModel):
    """How many it took."""

    locked: int


class Lockouts:
    """Keeps the alarms about locked accounts in step with the accounts."""

    def __init__(self, people: People, commands: Commands, relay: Relay) -> None:
        self._people = people
        self._commands = commands
        self._relay = relay

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            self._people.news.clear()
            told = await self._tell()
            await asyncio.sleep(PAUSE_S)
            if told:
                with suppress(TimeoutError):
                    async with asyncio.timeout(EVERY_S):
                        await self._people.news.wait()

    async def _tell(self) -> bool:
        if not (self._relay.collector and self._people.known.is_set()):
            return False
        try:
            await self._commands.ask("/lockouts", {"locked": self._locked()}, Taken)
        except Refusal:  # said already
            return False
        return True

    def _locked(self) -> list[dict[str, Any]]:
        """Give those that were locked first; since when says the same in every language."""
        return [
            {"name": one.name[:NAME_CHARS_MAX], "told": f"{one.locked_at:%Y-%m-%d %H:%M:%S} UTC"}
            for one in self._people.locked()[:ALARMS_MAX]
        ]
