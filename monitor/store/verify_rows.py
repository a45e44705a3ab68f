"""Compares the rows of every minute with the seal in the book, and the figures with the rows."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg

from monitor.store.database import Connection
from monitor.store.finding import Finding, Wrong, found, instant
from monitor.store.verify_book import SLOW_S, Step, Walked
from monitor.store.verify_seals import MINUTE, Seal, backwards, hours, over, sha256_of, spans

HOUR = timedelta(hours=1)
PAIRS_AT_ONCE = 20_000
"""Series times minutes that are reckoned by one statement: some ten megabytes here."""

_MINUTES = """
SELECT coalesce(now.series_id, kept.series_id) AS series_id, coalesce(now.at, kept.at) AS at, now.n AS rows,
       kept.n AS sealed, now.digest AS now, kept.digest AS kept, (now.*) IS DISTINCT FROM (kept.*) AS differ
FROM minutes_of($1, $2) AS now
FULL JOIN (SELECT * FROM rollup_1m WHERE series_id = ANY ($3) AND at >= $4 AND at < $5) AS kept
    ON kept.series_id = now.series_id AND kept.at = now.at
ORDER BY 2, 1"""
_HOUR = """
SELECT coalesce(now.series_id, kept.series_id) AS series_id, kept.n IS NULL AS missing
FROM hours_of($1, $2) AS now
FULL JOIN (SELECT * FROM rollup_1h WHERE series_id = ANY ($1) AND at = $3) AS kept
    ON kept.series_id = now.series_id AND kept.at = now.at
WHERE (now.*) IS DISTINCT FROM (kept.*) ORDER BY 1"""
_BETWEEN = "SELECT count(*) FROM sample WHERE series_id = ANY ($1) AND at >= $2 AND at < $3"
_FIRST = """
SELECT count(*), date_trunc('minute', min(at), 'UTC') FROM sample WHERE series_id = $1 AND at >= $2 AND at < $3"""
_FORGOTTEN = """
SELECT CASE WHEN max(before) < '9999-01-01Z' THEN max(before) END AS before,
       (SELECT max(minimum_days) FROM retention) AS days, count(*) > 0 AS is_any
FROM forgotten"""

_NEVER = datetime.min.replace(tzinfo=UTC)
_ALWAYS = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class Counted:
    """What comparing has come past.

    Attributes:
        minutes: that are sealed.
        rows: in them.
        forgotten: rows that were sealed, and are older than what is kept.
        unsealed: rows that no seal covers yet.
    """

    minutes: int = 0
    rows: int = 0
    forgotten: int = 0
    unsealed: int = 0


class Rows:
    """Compares, hour by hour; `check` once."""

    def __init__(self, connection: Connection, walked: Walked, step: Step) -> None:
        """Take what walking the book has taught; `step` hears how many seals were compared since it last did."""
        self.counted = Counted()
        self._connection = connection
        self._walked = walked
        self._step = step
        self._names: dict[int, str] = {}
        self._spans: dict[str, tuple[datetime, datetime]] = {}
        self._sealing: dict[str, Mapping[int, str]] = {}
        """Which series each chain seals, at the time that is looked at."""
        self._unreadable: list[str] = []
        self._forgotten = _NEVER

    async def check(self) -> AsyncGenerator[Finding, None]:
        """Compare every hour that was sealed or has figures.

        Yields:
            What is wrong, by time.
        """
        every = await self._connection.fetch("SELECT id, name FROM series ORDER BY id")
        self._names = {row["id"]: row["name"] for row in every}
        self._spans = await spans(self._connection)
        async for finding in self._kept_from():
            yield finding
        until = _NEVER
        async for hour, seals in hours(self._connection, self._walked, self._unreadable):
            async for finding in self._not_sealed(until, hour):
                yield finding
            async for finding in self._hour(hour, seals):
                yield finding
            until = hour + HOUR
            self._step(len(seals))
        async for finding in self._not_sealed(until, _ALWAYS):
            yield finding
        for place in self._unreadable:
            yield found(Wrong.LINE_UNREADABLE, place, said="not the seal of a minute")

    async def _kept_from(self) -> AsyncIterator[Finding]:
        """Learn before which time samples may be gone: no later than the law of the site allows."""
        row = (await self._connection.fetch(_FORGOTTEN))[0]
        latest = max((until for _, until in self._spans.values()), default=_ALWAYS)
        if row["before"] and row["before"] <= latest - timedelta(days=row["days"]):
            self._forgotten = row["before"]
        elif row["is_any"]:
            yield found(Wrong.FORGOTTEN_TOO_EARLY, instant(row["before"]), days=row["days"])

    async def _hour(self, hour: datetime, seals: Sequence[Seal]) -> AsyncIterator[Finding]:
        minutes: dict[datetime, list[Seal]] = {}
        for seal in seals:
            minutes.setdefault(seal.body.minute, []).append(seal)
        step = max(1, min(60, PAIRS_AT_ONCE // max(1, len(self._names))))
        for start in range(0, 60, step):
            found_rows = await self._minutes(hour + start * MINUTE, min(step, 60 - start))
            for at in (hour + number * MINUTE for number in range(start, min(60, start + step))):
                for finding in self._check_minute(at, minutes.get(at, []), found_rows.get(at, [])):
                    yield finding
        async for finding in self._check_hour(hour):
            yield finding

    async def _minutes(self, start: datetime, count: int) -> dict[datetime, list[asyncpg.Record]]:
        ids = list(self._names)
        times = [start + number * MINUTE for number in range(count)]
        rows = await self._connection.fetch(
            _MINUTES,
            *([id_ for _ in times for id_ in ids], [at for at in times for _ in ids]),
            *(ids, start, start + count * MINUTE),
            timeout=SLOW_S,
        )
        by_minute: dict[datetime, list[asyncpg.Record]] = {}
        for row in rows:
            by_minute.setdefault(row["at"], []).append(row)
        return by_minute

    def _check_minute(
        self, at: datetime, seals: Sequence[Seal], rows: Sequence[asyncpg.Record]
    ) -> Iterator[Finding]:
        """Hold the seals against the rows, the last one first: each for the series of which no later one speaks."""
        kept = {row["series_id"]: row["kept"] for row in rows if row["kept"] is not None}
        covered: set[int] = set()
        self._sealing |= {seal.chain: seal.names for seal in seals}
        for seal, stood in backwards(seals, kept):
            others = seal.names.keys() - covered
            if others:
                covers = {id_ for id_ in others if id_ in kept or self._is_in_time(seal)}
                yield from self._compare(seal, [row for row in rows if row["series_id"] in covers], stood)
                covered |= covers
        self.counted.minutes += bool(seals)
        for row in rows:
            if row["series_id"] in covered:
                self.counted.rows += row["rows"] or 0
            else:
                self.counted.unsealed += row["rows"] or 0
                yield from self._check_uncovered(at, row)

    def _is_in_time(self, seal: Seal) -> bool:
        """Whether a seal speaks of all its series: before its chain began, only of those that have figures."""
        first, until = self._spans.get(seal.chain, (_ALWAYS, _NEVER))
        return first <= seal.body.minute < until

    def _compare(
        self, seal: Seal, rows: Sequence[asyncpg.Record], stood: Mapping[int, bytes]
    ) -> Iterator[Finding]:
        """Say which of three differs from the other two: the rows, the figures kept of them, the seal.

        Of series of which a later seal speaks, it is held against how they stood when it was written.
        """
        kept = over(seal, stood)
        is_kept_as_sealed = sha256_of(kept) == seal.body.sha256
        is_as_sealed = sha256_of(kept | {row["series_id"]: row["now"] for row in rows}) == seal.body.sha256
        if not is_as_sealed and not is_kept_as_sealed:
            yield self._minute_changed(seal, rows)
            return
        if self._is_forgotten(seal.body.minute, rows):
            self.counted.forgotten += sum(row["sealed"] or 0 for row in rows)
            return
        for row in rows:
            place = self._place(row["series_id"], seal.body.minute)
            if not is_as_sealed and row["now"] != row["kept"]:
                yield found(Wrong.ROWS_CHANGED, place, rows=row["rows"] or 0, sealed=row["sealed"] or 0)
            elif row["differ"]:
                yield _rolled_up_wrong(place, row)

    def _is_forgotten(self, minute: datetime, rows: Sequence[asyncpg.Record]) -> bool:
        return minute < self._forgotten and not any(row["rows"] for row in rows)

    def _minute_changed(self, seal: Seal, rows: Sequence[asyncpg.Record]) -> Finding:
        suspects = [row["series_id"] for row in rows if row["differ"]]
        there = {row["series_id"] for row in rows if row["rows"]}
        suspects = suspects or [id_ for id_ in seal.names if id_ not in there] or sorted(there)
        return found(
            Wrong.MINUTE_CHANGED,
            instant(seal.body.minute),
            rows=sum(row["rows"] or 0 for row in rows),
            series=len(there),
            sealed_rows=seal.body.rows,
            sealed_series=seal.body.series,
            suspects=", ".join(self._names.get(id_, str(id_)) for id_ in suspects),
        )

    def _check_uncovered(self, at: datetime, row: asyncpg.Record) -> Iterator[Finding]:
        place = self._place(row["series_id"], at)
        if any(at < until and at >= first for first, until in self._spans_of(row["series_id"])):
            yield found(Wrong.ROWS_NOT_SEALED, place, rows=row["rows"] or 0)
        elif row["kept"] is not None and row["differ"] and not self._is_forgotten(at, [row]):
            yield _rolled_up_wrong(place, row)

    async def _not_sealed(self, start: datetime, end: datetime) -> AsyncIterator[Finding]:
        """Look for rows in a time of which nothing is known."""
        if start >= end:
            return
        self.counted.unsealed += await self._connection.fetchval(
            _BETWEEN, list(self._names), start, end, timeout=SLOW_S
        )
        for id_ in self._names:
            for first, until in self._spans_of(id_):
                lo, hi = max(start, first), min(end, until)
                if lo >= hi:
                    continue
                rows, at = (await self._connection.fetch(_FIRST, id_, lo, hi, timeout=SLOW_S))[0]
                if rows:
                    yield found(Wrong.ROWS_NOT_SEALED, self._place(id_, at), rows=rows)

    async def _check_hour(self, hour: datetime) -> AsyncIterator[Finding]:
        ids = list(self._names)
        for row in await self._connection.fetch(_HOUR, ids, [hour] * len(ids), hour, timeout=SLOW_S):
            place = self._place(row["series_id"], hour)
            if not row["missing"]:
                yield found(Wrong.HOUR_ROLLED_UP_WRONG, place)
            elif any(first < hour + HOUR <= until for first, until in self._spans_of(row["series_id"])):
                yield found(Wrong.HOUR_NOT_ROLLED_UP, place)

    def _spans_of(self, series: int) -> Iterator[tuple[datetime, datetime]]:
        """From when to when each chain that seals a series has sealed it."""
        for chain, names in self._sealing.items():
            if series in names and chain in self._spans:
                yield self._spans[chain]

    def _place(self, series: int, at: datetime) -> str:
        return f"{self._names.get(series, series)} {instant(at)}"


def _rolled_up_wrong(place: str, row: asyncpg.Record) -> Finding:
    what = Wrong.MINUTE_NOT_ROLLED_UP if row["kept"] is None else Wrong.MINUTE_ROLLED_UP_WRONG
    return found(what, place, rows=row["rows"] or 0)
