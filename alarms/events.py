"""What can change an alarm, and what comes of it. Every event carries its own time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from config.model import Command, Level, Sample


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has come as far as `at`: every live Sample up to then has been heard."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """A person has seen one occurrence of an alarm. It never touches another, nor a later one of the same."""

    at: datetime
    alarm: str
    raised_at: datetime
    who: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """A part of the service has failed (`message`), or works again (`message` empty)."""

    at: datetime
    part: str
    message: str


@dataclass(frozen=True, slots=True)
class ActionResult:
    """How a Command ended: carried out and read back, or why not."""

    at: datetime
    command: Command
    verified: bool
    detail: str = ""


Event: TypeAlias = Sample | Tick | Acknowledge | Fault | ActionResult


class AlarmState(StrEnum):
    """The ISA-18.2 state, derived from the facts and never stored instead of them."""

    NORM = "NORM"
    UNACK = "UNACK"
    ACKED = "ACKED"
    RTNUN = "RTNUN"


@dataclass(frozen=True, slots=True)
class Alarm:
    """How one Limit (or one device's communication, or one part of the service) stands, as separate facts.

    Attributes:
        id: the Limit's id, `<device>/communication`, `<channel>/blind` or `service/<part>`.
        active: the condition holds.
        acknowledged: a person has seen this occurrence.
        raised_at: when this occurrence began; it names the occurrence.
        changed_at: when any of these facts last changed.
        worst: the value furthest outside since it was raised; None where there is no value.
        detail: the value or the reason at the last change, for a person.
        acknowledged_by: who saw it; "" while nobody has.
    """

    id: str
    level: Level
    active: bool
    acknowledged: bool
    raised_at: datetime
    changed_at: datetime
    worst: float | None = None
    detail: str = ""
    acknowledged_by: str = ""


class Reason(StrEnum):
    """Why a Transition happened."""

    RAISED = "raised"
    RAISED_AGAIN = "raised_again"
    ACKNOWLEDGED = "acknowledged"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Transition:
    """The record of a change: before != after, always. `before` is None when the alarm was NORM and at rest."""

    at: datetime
    alarm: str
    before: Alarm | None
    after: Alarm
    reason: Reason
    who: str = ""
    comment: str = ""


Alarms: TypeAlias = Mapping[str, Alarm]
"""Every alarm that is not NORM, by id."""
