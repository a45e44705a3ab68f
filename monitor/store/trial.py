"""What another plant would have alarmed: the past judged twice by the engine, under the old plant and under the new.

Only the limits that differ are judged, with what hides them; only their series are read, and of these no minute whose
figures prove that it can change nothing (`past.py`); a piece of time after another, so that the memory does not grow
with the time. Acknowledgements change nothing of when an alarm is active; they are
left out.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from alarms import engine
from alarms.events import Event, SetOccupancy, Tick, Transition
from alarms.state import State
from config.difference import limits_that_differ
from config.duty import Duty
from config.plant import Plant
from monitor.store.database import Connection
from monitor.store.occupancy import said_of_zones
from monitor.store.past import Passed, Past

WARM_UP = timedelta(hours=1)
"""Judged before the time that is asked for, so that windows are full and delays run when it begins."""
OCCURRENCES_MAX = 1_000
"""So many are listed; all are counted."""


@dataclass(slots=True)
class Counts:
    """How often one alarm was active: under the old plant alone, under the new alone, at the same time under both."""

    only_old: int = 0
    only_new: int = 0
    both: int = 0


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time in which an alarm was active under one of the plants or both; `until` None: it still was at the end."""

    alarm: str
    which: str
    since: datetime
    until: datetime | None


@dataclass(slots=True)
class Trial:
    """What came of it.

    Attributes:
        counts: by alarm, every one whose limit differs.
        occurrences: the first of them, in the order of their ends.
        samples: how many were judged, those of a calm minute by its figures.
    """

    begin: datetime
    end: datetime
    counts: dict[str, Counts]
    occurrences: list[Occurrence] = field(default_factory=list)
    samples: int = 0


def narrowed(plant: Plant, alarms: Iterable[str]) -> Plant:
    """Leave of a plant what judges some alarms and what hides them."""
    limits = {limit.id: limit for limit in plant.limits}
    kept = {key for key in alarms if key in limits}
    hiding = [
        one
        for one in plant.suppressions.values()
        if not kept.isdisjoint(one.alarms) and (one.channel or one.alarm in limits)
    ]
    kept |= {one.alarm for one in hiding if one.alarm}
    channels = {limits[key].channel for key in kept}
    derived = {key: one for key, one in plant.derived.items() if key in channels}
    read = channels - derived.keys() | {name for one in derived.values() for name in one.inputs}
    read |= {one.channel for one in hiding if one.channel}
    series = {plant.channels[name].series for name in read}
    return replace(
        plant,
        limits=tuple(limit for limit in plant.limits if limit.id in kept),
        derived=derived,
        suppressions={one.id: replace(one, alarms=one.alarms & kept) for one in hiding},
        series={key: one for key, one in plant.series.items() if key in series},
        protections={},
        duty=Duty(),
        networks={},
        guidance=(),
    )


class Comparison:
    """Judges the same events under two plants, and tells when which of them has an alarm active."""

    def __init__(self, old: Plant, new: Plant, trial: Trial) -> None:
        self._trial = trial
        self._sides = [_Side(old), _Side(new)]
        self._open: dict[str, tuple[datetime, set[int]]] = {}

    def take(self, events: Sequence[Event | None]) -> None:
        """Judge an event, as each of the two plants sees it (None: not at all)."""
        for number, (side, event) in enumerate(zip(self._sides, events, strict=True)):
            if event is None:
                continue
            for told in side.judge(event):
                if told.alarm in self._trial.counts:
                    self._follow(number, told)

    def busy(self) -> set[str]:
        """Name the series in which something waits to end under one of the plants: of those every row counts."""
        return {name for side in self._sides for name in side.busy()}

    def passes(self, passed: Passed) -> None:
        """Know that a series was heard of, though nothing in it was worth judging."""
        for side in self._sides:
            side.passes(passed.series, passed.at)

    def finish(self) -> None:
        """Count what is still active at the end."""
        for key in list(self._open):
            self._close(key, None)

    def _follow(self, number: int, told: Transition) -> None:
        key, side = told.alarm, self._sides[number]
        if told.after.active and not told.after.suppressed_by:
            side.active.add(key)
            self._open.setdefault(key, (told.at, set()))[1].add(number)
        else:
            side.active.discard(key)
            if key in self._open and not any(key in one.active for one in self._sides):
                self._close(key, told.at)

    def _close(self, key: str, until: datetime | None) -> None:
        since, sides = self._open.pop(key)
        trial = self._trial
        if until is not None and until < trial.begin:
            return
        which = "both" if len(sides) == len(self._sides) else "only_new" if 1 in sides else "only_old"
        counts = trial.counts[key]
        setattr(counts, which, getattr(counts, which) + 1)
        if len(trial.occurrences) < OCCURRENCES_MAX:
            trial.occurrences.append(Occurrence(key, which, since, until))


class _Side:
    """One plant, and how its alarms stand."""

    def __init__(self, plant: Plant) -> None:
        self.active: set[str] = set()
        self._rules, self._state = engine.rules(plant), State()

    def busy(self) -> Collection[str]:
        """Name every series while alarms are hidden, and otherwise those of which an alarm is active or on its way."""
        if self._state.masks:
            return self._rules.series.keys()
        waits = {key for key, one in self._state.alarms.items() if one.active} | self._state.delays.keys()
        return [name for name, own in self._rules.own.items() if not waits.isdisjoint(own)]

    def passes(self, series: str, at: datetime) -> None:
        if series in self._rules.series:
            self._state = replace(self._state, latest={**self._state.latest, series: at})

    def judge(self, event: Event) -> list[Transition]:
        self._state, told = engine.handle(self._rules, self._state, event)
        return [one for one in told if isinstance(one, Transition)]


async def trial_of(
    connection: Connection,
    plants: tuple[Plant, Plant],
    begin: datetime,
    end: datetime,
    progress: Callable[[float], None],
    *,
    by_figures: bool = True,
) -> Trial:
    """Judge the past under two plants.

    Args:
        connection: to a migrated database.
        plants: the old one and the new one.
        begin: of the time that counts.
        end: of it.
        progress: told the share that is done, now and then.
        by_figures: pass over what its figures prove to be calm; what comes of it is the same.
    """
    alarms = limits_that_differ(*plants)
    trial = Trial(begin, end, {key: Counts() for key in sorted(alarms)})
    if not alarms:
        return trial
    old, new = (narrowed(plant, alarms) for plant in plants)
    past = await Past.of(connection, (old, new), by_figures=by_figures)
    comparison = Comparison(old, new, trial)
    start = begin - WARM_UP
    occupancy = await _occupancy(connection, start, end)
    async for minute in past.minutes(connection, start, end, comparison.busy):
        comparison.take((Tick(minute.at), Tick(minute.at)))
        for events in minute.rows:
            at = next(event.at for event in events if event)
            while occupancy and occupancy[0].at <= at:
                event = occupancy.pop(0)
                comparison.take((event, event))
            comparison.take(events)
        for passed in minute.passed:
            comparison.passes(passed)
        trial.samples += len(minute.rows) + sum(one.rows for one in minute.passed)
        progress(max(0.0, (minute.at - start) / (end - start)))
    comparison.finish()
    progress(1.0)
    return trial


async def _occupancy(connection: Connection, start: datetime, end: datetime) -> list[SetOccupancy]:
    """Say what went on in the zones at the start, and what persons have said since, in order."""
    found = await said_of_zones(connection, end)
    before = {one.zone: one for one in found if one.at <= start}
    return [
        *(replace(one, at=start) for one in before.values()),
        *(one for one in found if one.at > start),
    ]
