"""The stored past as Samples of two plants, in the order of time; a minute that proves itself calm is not even read.

The figures of a closed minute prove it: every second is there, every value that is judged may be used, and the least
and the most of them lie within every bound, old and new, at rest and in operation. Such a minute raises nothing, and
where nothing waits to end it ends nothing: only then is it passed over. What judges more than the value itself (derived
channels, records, a mode that hides alarms) is read row by row.
"""

import math
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

import asyncpg

from alarms.events import Event
from config.model import Quality, Sample
from config.plant import Plant
from monitor.store.database import Connection

ROWS_AT_ONCE = 20_000
MINUTE = timedelta(minutes=1)
_QUALITIES = tuple(Quality)

# A figure that is not there is no proof. NaN counts as greater than everything, so that it is above every bound.
_CALM = """
SELECT at FROM rollup_1m AS one
WHERE series_id = $1 AND at >= $2 AND at < $3 AND n = $4
    AND NOT EXISTS (
        SELECT FROM unnest($5::int[], $6::float8[], $7::float8[]) AS bound(place, low, high)
        WHERE coalesce(one.n_good[place] <> $4 OR one.min[place] < low OR one.max[place] > high, true)
    )
    AND NOT EXISTS (
        SELECT FROM unnest($8::int[], $9::float8[]) AS hides(place, state)
        WHERE coalesce(one.n_good[place] <> $4 OR state BETWEEN one.min[place] AND one.max[place], true)
    )"""

_ROWS = """
SELECT s.series_id, s.at, s.received_at, s.values, s.quality, s.flags
FROM unnest($1::int[], $2::timestamptz[], $3::timestamptz[]) AS asked(series_id, since, until)
CROSS JOIN LATERAL (
    SELECT * FROM sample
    WHERE series_id = asked.series_id AND at >= asked.since AND at < asked.until AND at >= $4 AND at < $5
) AS s
ORDER BY s.at, s.series_id"""


@dataclass(frozen=True, slots=True)
class Proof:
    """What the figures of a minute of one series must show, so that nothing in it can have changed an alarm.

    Attributes:
        n: rows of a whole minute.
        bounds: place (from 1), low and high of each limit, in both plants, at rest and in operation.
        hiding: place and state in which alarms are hidden.
    """

    n: int
    bounds: Sequence[tuple[int, float, float]]
    hiding: Sequence[tuple[int, float]]


@dataclass(frozen=True, slots=True)
class Passed:
    """A minute of one series that was not read; its last row was at `at`."""

    series: str
    at: datetime
    rows: int


@dataclass(frozen=True, slots=True)
class Minute:
    """One minute of the past: what was passed over, and every row that was not, as each plant sees it."""

    at: datetime
    passed: Sequence[Passed]
    rows: Sequence[Sequence[Event | None]]


@dataclass(frozen=True, slots=True)
class Past:
    """How rows of the database become Samples of each plant: by series in the database, its name and the places."""

    names: Mapping[int, str]
    places: tuple[Mapping[int, Sequence[int | None]], ...]
    proofs: Mapping[int, Proof]

    @classmethod
    async def of(cls, connection: Connection, plants: Sequence[Plant], *, by_figures: bool) -> "Past":
        """Look up where the channels of these plants are stored.

        Args:
            connection: to a migrated database.
            plants: narrowed to what is judged.
            by_figures: pass over what its figures prove to be calm.
        """
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
        proofs = {number: _proof(name, number, plants, place) for number, name in names.items()}
        return cls(names, places, {key: one for key, one in proofs.items() if one and by_figures})

    async def minutes(
        self, connection: Connection, start: datetime, end: datetime, busy: Callable[[], Collection[str]]
    ) -> AsyncIterator[Minute]:
        """Yield every minute in the order of time, reading one piece of it after another.

        Args:
            connection: to a migrated database.
            start: of the first, which may begin within a minute.
            end: of the last.
            busy: names the series in which something waits to end: of those every row is read.
        """
        hours = max(1, min(60, ROWS_AT_ONCE // (60 * max(1, len(self.names)))))
        at = start.replace(second=0, microsecond=0)
        while at < end:
            upto = min(at + hours * MINUTE, end)
            calm = await self._calm(connection, max(at, start), upto)
            open_ones = [
                (number, minute)
                for number in self.names
                for minute in _minutes(at, upto)
                if (number, minute) not in calm
            ]
            rows = await self._rows(connection, open_ones, max(at, start), upto)
            by_minute = {
                minute: list(some)
                for minute, some in groupby(rows, key=lambda row: row["at"].replace(second=0, microsecond=0))
            }
            for minute in _minutes(at, upto):
                here = [number for number in self.names if (number, minute) in calm]
                among = busy() if here else ()
                again = [number for number in here if self.names[number] in among]
                own = by_minute.get(minute, [])
                if again:
                    more = await self._rows(
                        connection, [(one, minute) for one in again], minute, minute + MINUTE
                    )
                    own = sorted([*own, *more], key=lambda row: (row["at"], row["series_id"]))
                passed = [self._passed(one, minute) for one in here if one not in again]
                yield Minute(minute, passed, [self._seen(row) for row in own])
            at = upto

    def _passed(self, number: int, minute: datetime) -> Passed:
        n = self.proofs[number].n
        return Passed(self.names[number], minute + MINUTE - MINUTE / n, n)

    async def _calm(
        self, connection: Connection, start: datetime, end: datetime
    ) -> set[tuple[int, datetime]]:
        found: set[tuple[int, datetime]] = set()
        for number, proof in self.proofs.items():
            columns = [list(column) for column in zip(*proof.bounds, strict=True)] or [[], [], []]
            hiding = [list(column) for column in zip(*proof.hiding, strict=True)] or [[], []]
            # Whole minutes only: of one that is cut the figures tell too much.
            rows = await connection.fetch(
                _CALM, number, start, end - MINUTE + timedelta(microseconds=1), proof.n, *columns, *hiding
            )
            found |= {(number, row["at"]) for row in rows}
        return found

    async def _rows(
        self, connection: Connection, pairs: Collection[tuple[int, datetime]], start: datetime, end: datetime
    ) -> list[asyncpg.Record]:
        spans = list(_spans(pairs))
        columns = [list(column) for column in zip(*spans, strict=True)] or [[], [], []]
        rows: list[asyncpg.Record] = await connection.fetch(_ROWS, *columns, start, end)
        return rows

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


def _minutes(start: datetime, end: datetime) -> Iterator[datetime]:
    while start < end:
        yield start
        start += MINUTE


def _spans(pairs: Collection[tuple[int, datetime]]) -> Iterator[tuple[int, datetime, datetime]]:
    """Join minutes of one series that follow on one another."""
    open_one: tuple[int, datetime, datetime] | None = None
    for number, minute in sorted(pairs):
        if open_one is not None and open_one[0] == number and open_one[2] == minute:
            open_one = (number, open_one[1], minute + MINUTE)
            continue
        if open_one is not None:
            yield open_one
        open_one = (number, minute, minute + MINUTE)
    if open_one is not None:
        yield open_one


def _proof(
    name: str, number: int, plants: Sequence[Plant], place: Mapping[tuple[int, str], int]
) -> Proof | None:
    """Say what a minute of a series has to show; None: no figures prove it calm."""
    having = [plant for plant in plants if name in plant.series]
    periods = {plant.devices[plant.series[name].device].period_s for plant in having}
    if any(plant.series[name].records or _is_reckoned_with(plant, name) for plant in having):
        return None
    (period_s, *others) = periods
    if others or 60 % period_s:
        return None
    bounds: list[tuple[int, float, float]] = []
    hiding: list[tuple[int, float]] = []
    for plant in having:
        own = {channel.id for channel in plant.series[name].channels}
        limits = [limit for limit in plant.limits if limit.channel in own]
        masks = [one for one in plant.suppressions.values() if one.channel in own]
        looked_at = [*(one.channel for one in limits), *(one.channel for one in masks)]
        if not all((number, channel) in place for channel in looked_at):
            return None
        for limit in limits:
            for band in (limit, limit.at_rest or limit):
                low = -math.inf if band.low is None else band.low
                high = math.inf if band.high is None else band.high
                bounds.append((place[number, limit.channel] + 1, low, high))
        hiding += [(place[number, one.channel] + 1, state) for one in masks for state in one.states]
    return Proof(round(60 / period_s), bounds, hiding)


def _is_reckoned_with(plant: Plant, name: str) -> bool:
    """Whether a derived channel stands in a series, or is made from a channel of it: it remembers what came before."""
    own = {channel.id for channel in plant.series[name].channels}
    return any(one.series == name or not own.isdisjoint(one.inputs) for one in plant.derived.values())


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
