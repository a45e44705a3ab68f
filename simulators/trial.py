"""Whether a service makes of a scripted fault what is expected of it: pure, it is shown what is seen, and when."""

from collections.abc import Iterable
from enum import StrEnum
from fnmatch import fnmatchcase

from simulators.expectation import Executed, Expectation, Place
from simulators.scenario import Scenario
from simulators.seen import Seen, count, met


class Verdict(StrEnum):
    """How an expectation stands."""

    OPEN = "open"
    PASSED = "PASS"
    FAILED = "FAIL"
    PENDING = "PENDING"


class Row:
    """One expectation on its way to a verdict.

    Attributes:
        seen_s: when everything that it waits for had been seen, or when what it forbids was.
        detail: what was missing, or what should not have been.
    """

    def __init__(self, expectation: Expectation, places: list[Place], length_s: float) -> None:
        from_s = length_s if expectation.after_length else 0.0
        self.expectation = expectation
        self.from_s, self.deadline_s = from_s + expectation.from_s, from_s + expectation.within_s
        self.verdict = Verdict.PENDING if expectation.pending else Verdict.OPEN
        self.seen_s: float | None = None
        self.detail = ""
        self.places = places
        self._missing = {place.device for place in places}
        self._before: set[str] = set()
        self._patterns = {place.fill(one) for one in expectation.templates for place in places}
        if not places and self.verdict is Verdict.OPEN:
            self._fail("the plant has no such device here")

    @property
    def devices(self) -> list[str]:
        """The devices that are looked at."""
        return [place.device for place in self.places]

    def ids(self, of: str | None) -> set[str]:
        """Return the ids that a template stands for."""
        return set() if of is None else {place.fill(of) for place in self.places}

    def look(self, seen: Seen) -> None:
        """Take in what is seen; once there is a verdict it stays."""
        if self.verdict is not Verdict.OPEN:
            return
        if self.expectation.quiet is not None:
            self._look_for_noise(seen)
        elif self.expectation.executed is not None:
            self._look_for_once_more(self.expectation.executed, seen)
        elif seen.at_s >= self.from_s:
            self._look_for_all(seen)

    def _look_for_all(self, seen: Seen) -> None:
        self._missing -= self._met(seen)
        if not self._missing:
            self.seen_s = seen.at_s
            self.verdict = Verdict.PASSED if seen.at_s <= self.deadline_s else Verdict.FAILED
        elif seen.at_s > self.deadline_s:
            self._fail(", ".join(sorted(self._missing)))

    def _look_for_once_more(self, executed: Executed, seen: Seen) -> None:
        """What was carried out often enough may be carried out once too often until the deadline."""
        if too_often := [one.device for one in self.places if count(executed, one, seen) > executed.times]:
            self.seen_s = seen.at_s
            self._fail(", ".join(too_often))
            return
        self._missing = set(self.devices) - self._met(seen)
        if not self._missing and self.seen_s is None:
            self.seen_s = seen.at_s
        if seen.at_s <= self.deadline_s:
            return
        if self._missing or (self.seen_s or 0.0) > self.deadline_s:
            self._fail(", ".join(sorted(self._missing)) or "too late")
        else:
            self.verdict = Verdict.PASSED

    def _met(self, seen: Seen) -> set[str]:
        return {place.device for place in self.places if met(self.expectation, place, seen)}

    def _look_for_noise(self, seen: Seen) -> None:
        noise = {id_ for id_ in seen.stirring() if self.watches(id_)}
        if seen.at_s < self.from_s:
            self._before = noise
        elif noise - self._before:
            self.seen_s = seen.at_s
            self._fail(", ".join(sorted(noise - self._before)))
        elif seen.at_s > self.deadline_s:
            self.verdict = Verdict.PASSED

    def watches(self, id_: str) -> bool:
        """Whether an alarm or a protective action of that id bears on this expectation."""
        return any(fnmatchcase(id_, pattern) for pattern in self._patterns)

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
        """The devices that must be looked at themselves, past the service."""
        own = [row for row in self.rows if row.expectation.shows or row.expectation.executed]
        return {device for row in own for device in row.devices}

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

    def standing(self, stirring: Iterable[str]) -> list[str]:
        """Return those ids, of all that stand or run, that would be taken for this scenario's own."""
        return sorted(id_ for id_ in stirring if any(row.watches(id_) for row in self.rows))
