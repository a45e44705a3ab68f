"""Alarms about the service itself: how grave each is, by the part that it is about."""

from collections.abc import Mapping

from alarms.judge import Condition
from config.rules import Level, Priority

OF = "-of-"
"""A part may be of something, for example `clock-of-PC-A-STM-L1`."""

CALIBRATION: Mapping[str, tuple[Level, Priority]] = {
    "calibration-in-3-months": (Level.DIAGNOSTIC, Priority.LOW),
    "calibration-in-1-month": (Level.DIAGNOSTIC, Priority.MEDIUM),
    "calibration-overdue": (Level.ALERT, Priority.HIGH),
    "requalification-in-3-months": (Level.DIAGNOSTIC, Priority.LOW),
    "requalification-in-1-month": (Level.DIAGNOSTIC, Priority.MEDIUM),
    "requalification-overdue": (Level.ALERT, Priority.HIGH),
}
"""An instrument's calibration or requalification that is due: each of its own, so that each is seen by a person."""
LOCKOUT = "lockout"
"""An account that had too many wrong passwords, until it is unlocked. Whoever guesses must not drown out the plant."""
CALLING: Mapping[str, tuple[Level, Priority]] = {
    "undelivered": (Level.ALERT, Priority.HIGH),
    "test-page": (Level.DIAGNOSTIC, Priority.HIGH),
    "canary": (Level.DIAGNOSTIC, Priority.HIGH),
}
"""That people cannot be told: it is known from the State, which goes on over a restart."""

_OWN: Mapping[str, tuple[Level, Priority]] = {
    **CALIBRATION,
    **CALLING,
    LOCKOUT: (Level.DIAGNOSTIC, Priority.MEDIUM),
    "heartbeat": (Level.DIAGNOSTIC, Priority.MEDIUM),
}


def condition_of(part: str) -> Condition:
    """Return what the alarm about a part of the service watches."""
    level, priority = _OWN.get(_sort(part), (Level.DIAGNOSTIC, Priority.HIGH))
    return Condition(f"service/{part}", level, 0.0, 0.0, priority)


def outlives_a_run(part: str) -> bool:
    """Whether it stands whether a collector runs or not: only who told of it says when it is over."""
    return _sort(part) in {*CALIBRATION, LOCKOUT} or part in CALLING


def is_of_calendar(alarm: str) -> bool:
    """Whether an alarm is raised by a date of the register of instruments, and not by anything that happens."""
    return alarm.startswith("service/") and _sort(alarm.removeprefix("service/")) in CALIBRATION


def _sort(part: str) -> str:
    return part.partition(OF)[0]
