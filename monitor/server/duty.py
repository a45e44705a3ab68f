"""Being on call, as the collector knows it: substitutions, open calls, notices on their way. No database is asked."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel

from alarms.roster import Turn, on_call, turns
from config.duty import Rotation, Substitution
from monitor.server.command import Commands
from monitor.server.refusal import Refusal
from monitor.server.written import AT, Time, shown

AHEAD_DAYS = 400
"""How far a turn is looked for: further than any that comes round once a year."""
SUBSTITUTION_EXAMPLE: dict[str, Any] = {
    "rotation": "night",
    "begins": "2026-03-07T12:00:00.000000+00:00",
    "ends": "2026-03-08T00:00:00.000000+00:00",
    "person": "wang",
    "reason": "leave",
    "noted_by": "li",
}
CALL_EXAMPLE: dict[str, Any] = {
    "alarm": "ISO-STM-L1/chamber_pressure/action",
    "raised_at": AT,
    "escalation": "critical",
    "begun_at": AT,
    "taken": 2,
    "due_at": "2026-03-02T08:20:01.000000+00:00",
    "climbing": True,
    "told": ["li", "wang"],
    "reached": 2,
}


class Substituted(BaseModel):
    """Somebody else has a rotation's duty for a while; `noted_by` wrote it down."""

    model_config = shown(SUBSTITUTION_EXAMPLE)

    rotation: str
    begins: Time
    ends: Time
    person: str
    reason: str
    noted_by: str = ""


class OpenCall(BaseModel):
    """One occurrence for which people are called: how many steps were taken, who was told, whom one has reached."""

    model_config = shown(CALL_EXAMPLE)

    alarm: str
    raised_at: Time
    escalation: str
    begun_at: Time
    taken: int
    due_at: Time | None
    climbing: bool
    told: list[str]
    reached: int


class OnItsWay(BaseModel):
    """A notice whose end is not known."""

    key: str
    at: Time
    kind: str
    person: str
    way: str
    alarms: list[tuple[str, Time]]
    step: int


class Known(BaseModel):
    """All that the collector remembers of calling people."""

    substitutions: list[Substituted] = []
    calls: list[OpenCall] = []
    pending: list[OnItsWay] = []
    wrong: dict[str, str] = {}
    tested_at: Time | None = None
    unconfirmed: list[str] = []

    @property
    def noted(self) -> tuple[Substitution, ...]:
        """The substitutions as the roster takes them."""
        return tuple(Substitution(**dict(one)) for one in self.substitutions)


class Duty:
    """Asks the collector, and remembers its last answer for as long as it is away."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands
        self._last = Known()

    async def now(self) -> tuple[Known, bool]:
        """Give what is known, and whether the collector has said so just now."""
        try:
            self._last = await self._commands.read("/duty", Known)
        except Refusal:
            return self._last, False
        return self._last, True

    async def ask(self, path: str, body: dict[str, Any]) -> Known:
        """Ask the collector to note something.

        Raises:
            Refusal: what the collector says; 503 it does not answer.
        """
        self._last = await self._commands.ask(path, body, Known)
        return self._last


async def turns_of(
    rotation: Rotation, noted: tuple[Substitution, ...], since: datetime, until: datetime
) -> list[Turn]:
    """Give the turns of a time, off the event loop: a year of them is some work."""
    return await asyncio.to_thread(lambda: list(turns(rotation, noted, since, until)))


def ahead(rotation: Rotation, noted: tuple[Substitution, ...], at: datetime) -> Iterator[Turn]:
    """Give the turns from an instant on, for as long as one is looked for."""
    return turns(rotation, noted, at, at + timedelta(days=AHEAD_DAYS))


def now_and_next(
    rotation: Rotation, noted: tuple[Substitution, ...], at: datetime
) -> tuple[Turn | None, Turn | None]:
    """Give the turn that runs, and the next one that is another person's.

    Args:
        rotation: whose turns.
        noted: the substitutions that persons have noted.
        at: the instant, aware.
    """
    person = on_call(rotation, noted, at)
    now: Turn | None = None
    for turn in ahead(rotation, noted, at):
        if turn.begins <= at:
            now = turn
        elif turn.person != person:
            return now, turn
    return now, None


def is_own(
    rotation: Rotation, noted: tuple[Substitution, ...], since: datetime, until: datetime, name: str
) -> bool:
    """Say whether all turns of a rotation in a time are one person's, and there are any."""
    found = [turn.person for turn in turns(rotation, noted, since, until)]
    return bool(found) and set(found) == {name}
