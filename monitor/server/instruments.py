"""Tells the collector which instruments are due, so that it becomes alarms: at the start, at a change, now and then."""

import asyncio
from contextlib import suppress
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from monitor.calibration import Facts, InstrumentState, Register, Subject, due, last_day
from monitor.server.command import Commands
from monitor.server.database import Database
from monitor.server.refusal import Refusal
from monitor.server.relay import Relay
from monitor.server.settings import Settings
from monitor.store.instruments import read_register

EVERY_S = 300.0
"""A day begins no later for the alarms than this."""
RETRY_S = 2.0

STAGES = {
    InstrumentState.DUE_IN_3_MONTHS: "in-3-months",
    InstrumentState.DUE_IN_1_MONTH: "in-1-month",
    InstrumentState.OVERDUE: "overdue",
}
"""The collector's word for it, which stands in the alarm's id behind what is due."""


class Taken(BaseModel):
    """How many it took."""

    due: int


class Instruments:
    """Keeps the alarms about instruments in step with their register."""

    def __init__(self, database: Database, commands: Commands, relay: Relay, settings: Settings) -> None:
        self._database = database
        self._commands = commands
        self._relay = relay
        self._settings = settings
        self._changed = asyncio.Event()

    @property
    def today(self) -> date:
        """Which day it is in the plant."""
        return day_of(self._settings.now(), self._settings.plant.time_zone)

    def change(self) -> None:
        """The register has changed: tell of it soon."""
        self._changed.set()

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            self._changed.clear()
            try:
                told = await self._tell()
            except Refusal:  # said already
                told = False
            with suppress(TimeoutError):
                async with asyncio.timeout(EVERY_S if told else RETRY_S):
                    await self._changed.wait()

    async def _tell(self) -> bool:
        if not (self._relay.collector and self._database.up.is_set()):
            return False
        async with self._database.pool() as pool:
            register = await read_register(pool)
        await self._commands.ask("/calibrations", {"due": self._due(register)}, Taken)
        return True

    def _due(self, register: Register) -> list[dict[str, Any]]:
        plant = self._settings.plant
        found = due(register, self.today, {**plant.devices, **plant.channels})
        return [
            {"instrument": instrument, "stage": f"{subject}-{STAGES[state]}", "told": _told(facts, subject)}
            for (instrument, subject), (state, facts) in found.items()
        ]


def day_of(at: datetime, time_zone: str) -> date:
    """Which day a time is in a time zone."""
    return at.astimezone(ZoneInfo(time_zone)).date()


def _told(facts: Facts, subject: Subject) -> str:
    """Until when, and what is fitted: the same in every language."""
    return f"{last_day(facts, subject)} · {facts.serial}"
