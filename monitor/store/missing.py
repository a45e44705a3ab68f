"""What is missing of each channel in a time, and why: whole minutes that prove themselves complete are not read.

The figures of a closed minute prove it: a row for every period, and every value of what is asked for usable. All other
minutes are read row by row, one after the other, so that it takes no more memory for a longer time.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from config.plant import Plant
from monitor.store import gaps
from monitor.store.catalog import Snapshot, StoredSeries, channels, sealed_until, series_of
from monitor.store.complete import due_of, explained_minutes
from monitor.store.force import Force
from monitor.store.gaps import MINUTE
from monitor.store.holes import Hole, Known, Looking, Row, Span

ROWS_AT_ONCE = 2000

# Minutes that follow on one another make one span. An array that is stored packed is unpacked once for its row.
_COMPLETE = """
SELECT min(at) AS since, max(at) + INTERVAL '1 minute' AS until
FROM (
    SELECT at, at - row_number() OVER (ORDER BY at) * INTERVAL '1 minute' AS island
    FROM (
        SELECT at, array_cat(n_good, '{{}}') AS n_good FROM rollup_1m
        WHERE series_id = $1 AND at >= $2 AND at < $3 AND n = $4 OFFSET 0
    ) AS minute
    WHERE {all_good}
) AS one
GROUP BY island ORDER BY 1"""

_ROW = (
    "SELECT at, quality, array_positions(values, NULL) AS nothing, cardinality(values) AS places FROM sample"
)
_ROWS = f"{_ROW} WHERE series_id = $1 AND at >= $2 AND at < $3 ORDER BY at"
_BEHIND = f"{_ROW} WHERE series_id = $1 AND at >= $2 ORDER BY at LIMIT 1"
_BEFORE = "SELECT at FROM sample WHERE series_id = $1 AND at < $2 ORDER BY at DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class Asked:
    """Some channels of one device, and for which time: from `start` up to, not including, `end`; both aware."""

    device: str
    channels: Collection[str]
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class _Series:
    """One series, and the places that are looked at, from 0, by channel."""

    series: StoredSeries
    places: Mapping[str, int]
    known: Known
    asked: Asked


async def missing(
    snapshot: Snapshot, plant: Plant, asked: Asked, forces: Sequence[Force]
) -> dict[str, list[Hole]]:
    """Tell what is missing of channels, in the order of time, by channel.

    Args:
        snapshot: of a migrated database.
        plant: whose networks and modes explain what is missing.
        asked: which channels, all of them stored.
        forces: the versions of that device; they tell what was due.

    Raises:
        UnknownDeviceError: nothing of it is stored.
        UnknownChannelError: one of the channels is not stored.
    """
    network, mode = await explained_minutes(snapshot, plant, asked.device, asked.start, asked.end)
    stored = await channels(snapshot, list(asked.channels))
    told: dict[str, list[Hole]] = {}
    own: list[Hole] | None = None
    for series in await series_of(snapshot, asked.device):
        places = {one.id: one.place - 1 for one in stored if one.series_id == series.id}
        if places or not series.records:
            sealed = await sealed_until(snapshot, series.id)
            known = Known(sealed, network, mode, own if series.records else None)
            found, whole = await _series(snapshot, _Series(series, places, known, asked), forces)
            told |= found
            own = own if series.records else whole
    return told


async def _series(
    snapshot: Snapshot, one: _Series, forces: Sequence[Force]
) -> tuple[dict[str, list[Hole]], list[Hole]]:
    found: dict[str, list[Hole]] = {channel: [] for channel in one.places}
    whole: list[Hole] = []
    former: datetime | None = None
    for due in await due_of(snapshot, one.series, forces):
        since, until = max(due.since, one.asked.start), min(due.until or one.asked.end, one.asked.end)
        goes_on, former = due.since == former, due.until
        if since >= until:
            continue
        before = await snapshot.fetchval(_BEFORE, one.series.id, since)
        # Where a device begins, its first row is due one period later.
        before = before if before and goes_on else max(before or due.since, due.since)
        looking = Looking(Span(since, until, due.period_s), one.places.values(), one.known, before)
        await _look(snapshot, one, Span(since, until, due.period_s), looking)
        whole += looking.whole.found
        for channel, place in one.places.items():
            found[channel] += looking.places[place].found
    return found, whole


async def _look(snapshot: Snapshot, one: _Series, span: Span, looking: Looking) -> None:
    number = one.series.id
    for since, until, is_complete in _pieces(span, await _complete(snapshot, one, span)):
        if is_complete:
            looking.look(_row(await snapshot.fetchrow(_BEHIND, number, since)))
            looking.skip(await snapshot.fetchval(_BEFORE, number, until))
        else:
            async for row in snapshot.cursor(_ROWS, number, since, until, prefetch=ROWS_AT_ONCE):
                looking.look(_row(row))
    behind = await snapshot.fetchrow(_BEHIND, number, span.until)
    if behind is None:
        looking.end()
    else:
        looking.look(_row(behind))


async def _complete(snapshot: Snapshot, one: _Series, span: Span) -> list[tuple[datetime, datetime]]:
    if span.period_s is None or not gaps.is_countable(span.period_s) or one.series.records:
        return []
    first = gaps.minute_of(span.since)
    first = first if first == span.since else first + MINUTE
    last = min(gaps.minute_of(span.until), one.known.sealed or first)
    all_good = " AND ".join(f"n_good[{place + 1}] = $4" for place in one.places.values())
    question = _COMPLETE.format(all_good=all_good or "true")
    rows = await snapshot.fetch(question, one.series.id, first, last, round(60 / span.period_s))
    return [(row["since"], row["until"]) for row in rows]


def _pieces(
    span: Span, complete: Sequence[tuple[datetime, datetime]]
) -> Iterator[tuple[datetime, datetime, bool]]:
    at = span.since
    for since, until in complete:
        if at < since:
            yield at, since, False
        yield since, until, True
        at = until
    if at < span.until:
        yield at, span.until, False


def _row(row: Any) -> Row:  # noqa: ANN401 - asyncpg's record, of which one there is
    return Row(row["at"], row["quality"], {place - 1 for place in row["nothing"]}, row["places"])
