"""Is it all there? What was expected of a device, minute by minute, what came of it, and why the rest did not."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import asyncpg

from config.model import Quality
from config.plant import Plant
from monitor.store import gaps
from monitor.store.catalog import (
    Snapshot,
    StoredSeries,
    sealed_until,
    series_of,
    snapshot_of,
    stored_channels,
)
from monitor.store.database import Pool, explained
from monitor.store.force import Force, in_force
from monitor.store.gaps import MINUTE, Around, Cause, Due, Figures, Minute


@dataclass(frozen=True, slots=True)
class Completeness:
    """How complete one series is, one entry per bucket in every list; `expected = valid + all causes` in each.

    Attributes:
        series: its name: the device's id, or that of its records.
        records: rows are a counter's records.
        bucket_s: 60 or 3600.
        at: where each bucket begins, seconds since 1970 (UTC).
        expected: rows that were due.
        received: rows that are stored, valid or not.
        valid: rows of which a value may be used; of records: the counts may be.
        causes: why the others are not; only causes that occur.
    """

    series: str
    records: bool
    bucket_s: int
    at: list[float]
    expected: list[int]
    received: list[int]
    valid: list[int]
    causes: dict[Cause, list[int]]


_OPEN = """
SELECT DISTINCT date_bin(INTERVAL '1 minute', at, 'epoch') FROM sample
WHERE series_id = $1 AND at >= $2 AND at < $3"""

_HOLES = """
SELECT at, behind FROM (
    SELECT at, coalesce(lead(at) OVER (ORDER BY at), $3::timestamptz + make_interval(secs => $5 / 2)) AS behind
    FROM (SELECT at FROM sample WHERE series_id = $1 AND at >= $2 AND at <= $4 UNION SELECT $2::timestamptz) AS one
) AS two
WHERE at < $3 AND behind - at > make_interval(secs => $5 * 1.5)
ORDER BY at"""

_STOOD = """
(SELECT at, seq, (body -> 'after' ->> 'active')::boolean AS active,
        (body #>> '{after,raised_at}')::timestamptz AS raised_at FROM book
 WHERE kind = 'transition' AND body ->> 'alarm' = $1 AND at < $2 ORDER BY at DESC, seq DESC LIMIT 1)
UNION ALL
(SELECT at, seq, (body -> 'after' ->> 'active')::boolean AS active,
        (body #>> '{after,raised_at}')::timestamptz AS raised_at FROM book
 WHERE kind = 'transition' AND body ->> 'alarm' = $1 AND at >= $2 AND at < $3)
ORDER BY at, seq"""


# An array that is stored packed is unpacked once for its row, and not for each of its places.
_UNPACKED = "array_cat(min, '{}') AS min, array_cat(max, '{}') AS max"
_ONLY = "SELECT * FROM ({}) AS minute WHERE {}"


async def completeness(
    pool: Pool, plant: Plant, device: str, start: datetime, end: datetime, *, bucket_s: int = 60
) -> list[Completeness]:
    """Tell how complete a device's own row and its records are.

    Args:
        pool: of a migrated database.
        plant: whose networks and modes explain what is missing; what was due is told by the version of that time.
        device: its id.
        start: aware; taken down to the whole minute, or hour.
        end: aware; taken down likewise. Not in the future: what is still to come would be missing.
        bucket_s: 60 or 3600.

    Raises:
        UnknownDeviceError: nothing of it is stored.
        DatabaseError: the database cannot be reached, or refuses.
    """
    start, end = (_down(at, bucket_s) for at in (start, end))
    with explained("server"):
        async with snapshot_of(pool) as snapshot:
            asking = _Asking(snapshot, plant, device, start, end)
            return await asking.answer(bucket_s)


async def due_of(snapshot: Snapshot, series: StoredSeries, forces: Sequence[Force]) -> list[Due]:
    """Tell what was due of a series by each version; where nobody knows since when, since the first row."""
    first = await snapshot.fetchval(
        "SELECT at FROM sample WHERE series_id = $1 ORDER BY at LIMIT 1", series.id
    )
    due = []
    for force in forces:
        period_s = _period_s(series, force)
        since = force.since
        if since is None and first is not None:
            since = first - timedelta(seconds=period_s or 0)
        if since is not None:
            due.append(Due(since, force.until, period_s))
    return due


async def explained_minutes(
    snapshot: Snapshot, plant: Plant, device: str, start: datetime, end: datetime
) -> tuple[set[datetime], set[datetime]]:
    """Give the minutes in which a network of a device was silent, and those in which a mode hid its alarms.

    Args:
        snapshot: of a migrated database.
        plant: whose networks and modes they are.
        device: its id.
        start: aware; taken down to the whole minute.
        end: aware; the minute it falls into is looked at too.
    """
    end = _down(end, 60) + MINUTE
    asking = _Asking(snapshot, plant, device, _down(start, 60), end)
    return await asking.silent(), await asking.hidden()


class _Asking:
    """One question, inside one snapshot."""

    def __init__(self, snapshot: Snapshot, plant: Plant, device: str, start: datetime, end: datetime) -> None:
        self._snapshot = snapshot
        self._plant = plant
        self._device = device
        self._start = start
        self._end = end
        self._minutes = gaps.minutes_between(start, end)

    async def answer(self, bucket_s: int) -> list[Completeness]:
        forces = await in_force(self._snapshot, self._device, self._end)
        network, mode = await self.silent(), await self.hidden()
        told = []
        own: Mapping[datetime, Minute] = {}
        for series in await series_of(self._snapshot, self._device):
            around = await self._around(series, network, mode)
            due = await due_of(self._snapshot, series, forces)
            stored = await self._stored(series, around.sealed)
            if not series.records and all(gaps.is_countable(one.period_s) for one in due):
                own = minutes = await asyncio.to_thread(gaps.by_count, self._minutes, stored, due, around)
            else:
                holes = await self._holes(series, due)
                minutes = await asyncio.to_thread(gaps.by_gaps, self._minutes, stored, holes, own, around)
            told.append(_told(series, minutes if bucket_s == 60 else gaps.by_hour(minutes), bucket_s))
        return told

    async def _around(self, series: StoredSeries, network: set[datetime], mode: set[datetime]) -> Around:
        sealed = await sealed_until(self._snapshot, series.id)
        behind = await self._snapshot.fetchval(
            "SELECT quality[1] FROM sample WHERE series_id = $1 AND at >= $2 ORDER BY at LIMIT 1",
            *(series.id, self._end),
        )
        return Around(sealed, network, mode, None if behind is None else Quality(behind))

    async def _stored(self, series: StoredSeries, sealed: datetime | None) -> dict[datetime, Figures]:
        places = ", ".join(f"n_good[{place}]" for place in series.counts)
        counted = f"least({places})" if series.records and places else "NULL::int"
        rows = await self._rolled(series.id, sealed, f"n, invalid, {counted} AS valid")
        return {row["at"]: _figures(row) for row in rows}

    async def _holes(self, series: StoredSeries, due: Sequence[Due]) -> list[datetime]:
        """Times in which no row stands where one was due, seen from the rows before and behind what is asked for."""
        shortest_s = min((one.period_s for one in due if one.period_s), default=None)
        if shortest_s is None:
            return []
        row = "SELECT at FROM sample WHERE series_id = $1 AND at"
        before = await self._snapshot.fetchval(f"{row} < $2 ORDER BY at DESC LIMIT 1", series.id, self._start)
        behind = await self._snapshot.fetchval(f"{row} >= $2 ORDER BY at LIMIT 1", series.id, self._end)
        rows = await self._snapshot.fetch(
            _HOLES, series.id, before or due[0].since, self._end, behind or self._end, shortest_s
        )
        return [at for row in rows for at in gaps.missing_between(row["at"], row["behind"], due)]

    async def silent(self) -> set[datetime]:
        """Minutes in which a network of this device was silent."""
        found: set[datetime] = set()
        delay = timedelta(seconds=self._plant.communication_delay_s)
        for network in self._plant.networks.values():
            if self._device in network.devices:
                alarm = f"{network.id}/communication"
                stood = await self._snapshot.fetch(_STOOD, alarm, self._start, self._end)
                for row, behind in pairwise([*stood, None]):
                    if row is not None and row["active"]:
                        # It is raised once it has lasted: what was missing before was missing for the same reason.
                        since = gaps.minute_of(max(row["raised_at"] - delay, self._start))
                        until = self._end if behind is None else behind["at"]
                        found.update(gaps.minutes_between(since, gaps.minute_of(until) + MINUTE))
        return found

    async def hidden(self) -> set[datetime]:
        """Minutes in which a mode hid alarms of this device."""
        modes: defaultdict[str, set[float]] = defaultdict(set)
        for one in self._plant.suppressions.values():
            if one.channel and any(alarm.startswith(f"{self._device}/") for alarm in one.alarms):
                modes[one.channel] |= one.states
        is_in: defaultdict[int, list[str]] = defaultdict(list)
        for channel in (await stored_channels(self._snapshot, modes)).values():
            between = f"BETWEEN min[{channel.place}] AND max[{channel.place}]"
            is_in[channel.series_id] += [
                f"{state!r}::float8 {between}" for state in sorted(modes[channel.id])
            ]
        found: set[datetime] = set()
        for series_id, several in is_in.items():
            sealed = await sealed_until(self._snapshot, series_id)
            rows = await self._rolled(series_id, sealed, _UNPACKED, " OR ".join(several))
            found.update(row["at"] for row in rows)
        return found

    async def _rolled(
        self, series_id: int, sealed: datetime | None, columns: str, where: str = "true"
    ) -> list[asyncpg.Record]:
        """The figures of each minute: of a closed one as they are kept, of another reckoned now."""
        closed = min(max(sealed or self._start, self._start), self._end)
        opened = [row[0] for row in await self._snapshot.fetch(_OPEN, series_id, closed, self._end)]
        kept = f"SELECT at, {columns} FROM rollup_1m WHERE series_id = $1 AND at >= $2 AND at < $3 OFFSET 0"  # noqa: S608
        reckoned = f"SELECT at, {columns} FROM minutes_of(array_fill($1::int, ARRAY[cardinality($2::timestamptz[])]), $2)"  # noqa: S608, E501
        return [
            *await self._snapshot.fetch(_ONLY.format(kept, where), series_id, self._start, closed),
            *await self._snapshot.fetch(_ONLY.format(reckoned, where), series_id, opened),
        ]


def _down(at: datetime, bucket_s: int) -> datetime:
    minute = gaps.minute_of(at)
    return minute if bucket_s == 60 else minute.replace(minute=0)


def _period_s(series: StoredSeries, force: Force) -> float | None:
    period_s = force.device["settings"].get("sample_time_s") if series.records else force.device["period_s"]
    return None if period_s is None else float(period_s)


def _figures(row: asyncpg.Record) -> Figures:
    invalid = {Quality(int(quality)): n for quality, n in json.loads(row["invalid"] or "{}").items()}
    valid = row["n"] - sum(invalid.values()) if row["valid"] is None else row["valid"]
    return Figures(row["n"], valid, invalid)


def _told(series: StoredSeries, buckets: Mapping[datetime, Minute], bucket_s: int) -> Completeness:
    ordered = sorted(buckets.items())
    occurring = [cause for cause in Cause if any(one.causes[cause] for _, one in ordered)]
    return Completeness(
        series=series.name,
        records=series.records,
        bucket_s=bucket_s,
        at=[at.timestamp() for at, _ in ordered],
        expected=[one.expected for _, one in ordered],
        received=[one.received for _, one in ordered],
        valid=[one.valid for _, one in ordered],
        causes={cause: [one.causes[cause] for _, one in ordered] for cause in occurring},
    )
