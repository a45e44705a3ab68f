"""What another plant would have alarmed: the past judged twice by the engine, under the old plant and under the new.

Only the limits that differ are judged, with what hides them; only their series are read, a piece of time after another,
so that the memory does not grow with the time. Acknowledgements change nothing of when an alarm is active; they are
left out.
"""

import math
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import asyncpg

from alarms import engine
from alarms.events import Event, SetOccupancy, Tick, Transition
from alarms.state import State
from config.difference import limits_that_differ
from config.model import Quality, Sample
from config.plant import Plant
from monitor.store.database import Connection
from monitor.store.occupancy import said_of_zones

WARM_UP = timedelta(hours=1)
"""Judged before the time that is asked for, so that windows are full and delays run when it begins."""
ROWS_AT_ONCE = 20_000
TICK = timedelta(minutes=1)
OCCURRENCES_MAX = 1_000
"""So many are listed; all are counted."""
_QUALITIES = tuple(Quality)


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
        samples: how many were judged.
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

    def judge(self, event: Event) -> list[Transition]:
        self._state, told = engine.handle(self._rules, self._state, event)
        return [one for one in told if isinstance(one, Transition)]


async def trial_of(
    connection: Connection,
    plants: tuple[Plant, Plant],
    begin: datetime,
    end: datetime,
    progress: Callable[[float], None],
) -> Trial:
    """Judge the past under two plants.

    Args:
        connection: to a migrated database.
        plants: the old one and the new one.
        begin: of the time that counts.
        end: of it.
        progress: told the share that is done, now and then.
    """
    alarms = limits_that_differ(*plants)
    trial = Trial(begin, end, {key: Counts() for key in sorted(alarms)})
    if not alarms:
        return trial
    old, new = (narrowed(plant, alarms) for plant in plants)
    rows = await _Rows.of(connection, (old, new))
    comparison = Comparison(old, new, trial)
    start = begin - WARM_UP
    occupancy = await _occupancy(connection, start, end)
    tick = start
    async for at, events in rows.between(connection, start, end):
        while occupancy and occupancy[0].at <= at:
            event = occupancy.pop(0)
            comparison.take((event, event))
        if at - tick >= TICK:
            tick = at
            comparison.take((Tick(at), Tick(at)))
            progress((at - start) / (end - start))
        comparison.take(events)
        trial.samples += 1
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


@dataclass(frozen=True, slots=True)
class _Rows:
    """How rows of the database become Samples of each plant: by series in the database, its name and the places."""

    names: Mapping[int, str]
    places: tuple[Mapping[int, Sequence[int | None]], ...]

    @classmethod
    async def of(cls, connection: Connection, plants: Sequence[Plant]) -> "_Rows":
        """Look up where the channels of these plants are stored."""
        wanted = sorted({key for plant in plants for key in plant.series})
        named = await connection.fetch("SELECT id, name FROM series WHERE name = ANY($1)", wanted)
        names: dict[int, str] = {row["id"]: row["name"] for row in named}
        stored = await connection.fetch(
            "SELECT id, series_id, place FROM channel WHERE series_id = ANY($1)", list(names)
        )
        place: dict[tuple[int, str], int] = {(row["series_id"], row["id"]): row["place"] for row in stored}
        places = tuple(
            {
                number: [place.get((number, channel.id)) for channel in plant.series[name].channels]
                for number, name in names.items()
                if name in plant.series
            }
            for plant in plants
        )
        return cls(names, places)

    async def between(
        self, connection: Connection, start: datetime, end: datetime
    ) -> AsyncIterator[tuple[datetime, list[Event | None]]]:
        """Yield what each plant sees of each row, in the order of time, reading one piece of it after another."""
        piece = timedelta(seconds=max(60, min(3600, ROWS_AT_ONCE // max(1, len(self.names)))))
        at = start
        while at < end:
            upto = min(at + piece, end)
            rows = await connection.fetch(
                "SELECT series_id, at, received_at, values, quality, flags FROM sample"
                " WHERE series_id = ANY($1) AND at >= $2 AND at < $3 ORDER BY at, series_id",
                *(list(self.names), at, upto),
            )
            for row in rows:
                yield row["at"], self._seen(row)
            at = upto

    def _seen(self, row: asyncpg.Record) -> list[Event | None]:
        number, first = row["series_id"], self.places[0].get(row["series_id"])
        seen: list[Event | None] = []
        for one in self.places:
            places = one.get(number)
            if seen and places == first:
                seen.append(seen[0])
            else:
                seen.append(None if places is None else _sample(self.names[number], places, row))
        return seen


def _sample(name: str, places: Sequence[int | None], row: asyncpg.Record) -> Sample:
    values, quality = row["values"], row["quality"]
    inside = [place if place is not None and place < len(values) else None for place in places]
    told = [math.nan if place is None or values[place] is None else values[place] for place in inside]
    how: tuple[Quality, ...] | None = None
    if quality is not None:
        how = tuple(
            Quality.UNAVAILABLE if place is None or quality[place] is None else _QUALITIES[quality[place]]
            for place in inside
        )
    backfilled = bool(row["flags"] & 1)
    return Sample(name, row["at"], tuple(told), how, row["received_at"], backfilled=backfilled)
