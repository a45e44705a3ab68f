"""What is seen of a service and its machines at one moment, and whether that is what was expected: pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from simulators.expectation import AskedFor, Executed, Expectation, Place, Range

HIDDEN = frozenset({"SHLVD", "DSUPR", "OOSRV"})
"""States of an alarm that nobody is shown (ISA-18.2)."""

BY_DESIGN = "DSUPR"
IDLE, ENDING = frozenset({"ARMED", "CLOSED"}), frozenset({"RESET_PENDING", "CLOSED"})
"""States of a protective action that does nothing, and of one that is being ended, or was."""

ASK_FAR = {"waiting": 0, "requested": 1, "failed": 1, "acked": 2, "verified": 3, "already": 3}
"""How far an ask has come in each of its states."""


@dataclass(frozen=True, slots=True)
class Standing:
    """An alarm that is not NORM: whether its cause is active, its state, and whether it was the first of its line."""

    active: bool
    state: str = "UNACK"
    first_out: bool = False


@dataclass(frozen=True, slots=True)
class Course:
    """A protective action: its state, whether it has failed at some point, and the states of its asks in order."""

    state: str
    failed: bool = False
    asked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """What is seen at one moment.

    Attributes:
        at_s: seconds since the fault began, when it was seen.
        alarms: every alarm that is not NORM, by id.
        truths: device -> channel -> value, for the devices of `Trial.shown`.
        executed: device -> request -> how often it was carried out since the fault began, for the same devices.
        protections: the protective actions, by id; those that are armed may be left out.
    """

    at_s: float
    alarms: Mapping[str, Standing]
    truths: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)
    executed: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    protections: Mapping[str, Course] = field(default_factory=dict)

    def stirring(self) -> set[str]:
        """Return the ids of the alarms that are shown, and of the protective actions that are not armed."""
        shown = {id_ for id_, one in self.alarms.items() if one.state not in HIDDEN}
        return shown | {id_ for id_, one in self.protections.items() if one.state not in IDLE}


def met(one: Expectation, place: Place, seen: Seen) -> bool:
    """Whether an expectation is met at one device, by what is seen; `quiet` and `pending` are not asked here."""
    if one.alarm is not None:
        pattern = place.fill(one.alarm)
        return any(_stands(one, alarm) for id_, alarm in seen.alarms.items() if fnmatchcase(id_, pattern))
    if one.over is not None:
        alarm = seen.alarms.get(place.fill(one.over))
        return alarm is None or not alarm.active
    if one.protection is not None:
        pattern = place.fill(one.protection)
        return _have_come(one, [it for id_, it in seen.protections.items() if fnmatchcase(id_, pattern)])
    if one.grouped is not None:
        own = seen.alarms.get(f"{place.device}/communication")
        return place.fill(one.grouped) in seen.stirring() and own is not None and own.state == BY_DESIGN
    if one.executed is not None:
        least, times = one.executed.least, count(one.executed, place, seen)
        return (one.executed.times if least is None else least) <= times <= one.executed.times
    shown = seen.truths.get(place.device, {})
    return all(_fits(shown.get(key), wanted) for key, wanted in (one.shows or {}).items())


def _stands(one: Expectation, alarm: Standing) -> bool:
    if one.first_out and not alarm.first_out:
        return False
    return alarm.state == BY_DESIGN if one.hidden else alarm.state not in HIDDEN


def _have_come(one: Expectation, courses: Iterable[Course]) -> bool:
    if one.state == "ARMED":
        return all(course.state in IDLE for course in courses)
    return any(_has_come(one, course) for course in courses)


def _has_come(one: Expectation, course: Course) -> bool:
    if one.ask is not None:
        return _ask_has_come(one.ask, course)
    match one.state:
        case "FAILED":
            return course.failed
        case "VERIFIED" | "LATCHED":
            return not course.failed and course.state in {one.state, *ENDING}
        case "ACKED":
            return course.state not in {*IDLE, "TRIGGERED", "REQUESTED", "FAILED"}
        case _:
            return course.state not in {*IDLE, "TRIGGERED"}


def _ask_has_come(wanted: AskedFor, course: Course) -> bool:
    state = course.asked[wanted.place] if wanted.place < len(course.asked) else "waiting"
    if wanted.state == "failed":
        return state == "failed"
    return ASK_FAR[state] >= ASK_FAR[wanted.state]


def count(one: Executed, place: Place, seen: Seen) -> int:
    """Return how often a machine has carried a request out since the fault began."""
    return seen.executed.get(place.device, {}).get(one.request, 0)


def _fits(value: float | None, wanted: float | Range) -> bool:
    if isinstance(wanted, Range):
        return value is not None and wanted.low <= value <= wanted.high
    return value == wanted
