"""Whether a service makes of a scripted fault what is expected of it: pure, it is shown what is seen, and when."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from simulators.scenario import Expectation, Place, Scenario


class Verdict(StrEnum):
    """How an expectation stands."""

    OPEN = "open"
    PASSED = "PASS"
    FAILED = "FAIL"
    PENDING = "PENDING"


@dataclass(frozen=True, slots=True)
class Seen:
    """What is seen at one moment.

    Attributes:
        at_s: seconds since the fault began, when it was seen.
        alarms: id -> whether its cause is active, of every alarm that is not NORM.
        truths: device -> channel -> value, for the devices of `Trial.shown`.
    """

    at_s: float
    alarms: Mapping[str, bool]
    truths: Mapping[str, Mapping[str, float | None]]


class Row:
    """One expectation on its way to a verdict.

    Attributes:
        seen_s: when everything that it waits for had been seen, or when what it forbids was.
        detail: what was missing, or what should not have been.
    """

    def __init__(self, expectation: Expectation, devices: list[str], length_s: float) -> None:
        from_s = length_s if expectation.after_length else 0.0
        self.expectation = expectation
        self.from_s, self.deadline_s = from_s + expectation.from_s, from_s + expectation.within_s
        self.verdict = Verdict.PENDING if expectation.pending else Verdict.OPEN
        self.seen_s: float | None = None
        self.detail = ""
        self.devices = devices
        self._missing = set(devices)
        self._before: set[str] = set()
        if not devices and self.verdict is Verdict.OPEN:
            self._fail("the plant has no such device here")

    def ids(self, of: str | None) -> set[str]:
        """Return the ids that a template stands for."""
        return set() if of is None else {of.replace("{device}", device) for device in self.devices}

    def look(self, seen: Seen) -> None:
        """Take in what is seen; once there is a verdict it stays."""
        if self.verdict is not Verdict.OPEN:
            return
        if self.expectation.quiet is not None:
            self._look_for_noise(seen)
        elif seen.at_s >= self.from_s:
            self._look_for_all(seen)

    def _look_for_all(self, seen: Seen) -> None:
        self._missing = {device for device in self._missing if not self._met(device, seen)}
        if not self._missing:
            self.seen_s = seen.at_s
            self.verdict = Verdict.PASSED if seen.at_s <= self.deadline_s else Verdict.FAILED
        elif seen.at_s > self.deadline_s:
            self._fail(", ".join(sorted(self._missing)))

    def _met(self, device: str, seen: Seen) -> bool:
        one = self.expectation
        if one.alarm is not None:
            return one.alarm.replace("{device}", device) in seen.alarms
        if one.over is not None:
            return not seen.alarms.get(one.over.replace("{device}", device), False)
        shown = seen.truths.get(device, {})
        return all(shown.get(key) == value for key, value in (one.shows or {}).items())

    def _look_for_noise(self, seen: Seen) -> None:
        noise = {alarm for alarm in seen.alarms if self.watches(alarm)}
        if seen.at_s < self.from_s:
            self._before = noise
        elif noise - self._before:
            self.seen_s = seen.at_s
            self._fail(", ".join(sorted(noise - self._before)))
        elif seen.at_s > self.deadline_s:
            self.verdict = Verdict.PASSED

    def watches(self, alarm: str) -> bool:
        """Whether an alarm of that id bears on this expectation."""
        if self.expectation.pending is not None:
            return False
        ids = self.ids(self.expectation.alarm) | self.ids(self.expectation.over)
        patterns = [one for pattern in self.expectation.quiet or () for one in self.ids(pattern)]
        return alarm in ids or any(fnmatchcase(alarm, pattern) for pattern in patterns)

    def _fail(self, detail: str) -> None:
        self.verdict, self.detail = Verdict.FAILED, detail


class Trial:
    """A scenario on one device of a plant, until each expectation that can be checked is decided."""

    def __init__(
        self, scenario: Scenario, own: Place, places: Iterable[Place], length_s: float = 0.0
    ) -> None:
        places = list(places)
        self.rows = [Row(one, one.who.choose(own, places), length_s) for one in scenario.expect]

    @property
    def shown(self) -> set[str]:
        """The devices whose own registers must be looked at."""
        return {device for row in self.rows if row.expectation.shows for device in row.devices}

    @property
    def is_decided(self) -> bool:
        """Whether nothing is open any more."""
        return all(row.verdict is not Verdict.OPEN for row in self.rows)

    @property
    def has_failed(self) -> bool:
        """Whether one expectation was not met."""
        return any(row.verdict is Verdict.FAILED for row in self.rows)

    def look(self, seen: Seen) -> None:
        """Take in what is seen."""
        for row in self.rows:
            row.look(seen)

    def standing(self, alarms: Iterable[str]) -> list[str]:
        """Return those alarms, of all that stand, that would be taken for this scenario's own."""
        return sorted(alarm for alarm in alarms if any(row.watches(alarm) for row in self.rows))
