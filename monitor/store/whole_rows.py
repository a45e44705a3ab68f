"""Whole rows out of the database as CSV: nothing rounded and nothing left out, so that each row can be built again.

A row is one line: its times in UTC, its flags, its reason, how many values it has, its qualities by place (`0 0 4 -`;
none: all are good), and each channel's value. Where these columns could not tell all, because a value is NaN, an array
does not begin at 1, or the reason is empty or has more than one line, only its time stands there, and `form` has its
whole binary form as `digest_of` gives it, in hexadecimal.
"""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from monitor.store.catalog import Snapshot
from monitor.store.database import Pool

FACTS = ("at", "source_at", "received_at", "flags", "reason", "values", "qualities", "form")
"""The columns before the channels'."""
LONGEST_S = 3600.0

Out: TypeAlias = Callable[[bytes], Coroutine[Any, Any, None]]

_TIME = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
_ODD = """
    array_dims(values) IS DISTINCT FROM '[1:' || cardinality(values) || ']'
    OR array_dims(quality) IS DISTINCT FROM '[1:' || cardinality(quality) || ']'
    OR coalesce('NaN' = ANY (values), false) OR reason = '' OR reason ~ '[\\n\\r]'
    OR greatest(cardinality(values), cardinality(quality)) > {places}
    OR coalesce(source_at NOT BETWEEN '0002-01-01Z' AND '9999-01-01Z', false)
    OR received_at NOT BETWEEN '0002-01-01Z' AND '9999-01-01Z'"""
# Each OFFSET 0 keeps what is inside from being reckoned once for every column.
_ROWS = f"""
SELECT to_char(at, '{_TIME}'), to_char(source_at, '{_TIME}'), to_char(received_at, '{_TIME}'), flags, reason,
       cardinality(values), array_to_string(quality, ' ', '-'), form{{columns}}
FROM (
    SELECT at, form, CASE WHEN form IS NULL THEN source_at END AS source_at,
           CASE WHEN form IS NULL THEN received_at END AS received_at, CASE WHEN form IS NULL THEN flags END AS flags,
           CASE WHEN form IS NULL THEN reason END AS reason, CASE WHEN form IS NULL THEN values END AS values,
           CASE WHEN form IS NULL THEN quality END AS quality
    FROM (SELECT *, CASE WHEN {_ODD} THEN encode(digest_of(sample), 'hex') END AS form
          FROM sample WHERE series_id = $1 AND at >= $2 AND at < $3 ORDER BY at OFFSET 0) AS whole OFFSET 0
) AS row"""  # noqa: S608 - our own words
_DIGESTS = f"""
SELECT to_char(at, '{_TIME}') AS minute, series_id AS series, n AS rows, encode(digest, 'hex') AS digest
FROM rollup_1m WHERE series_id = ANY (ARRAY(SELECT id FROM series)) AND at >= $1 AND at < $2
ORDER BY at, series_id"""  # noqa: S608
_ALARMS = f"""
SELECT id, to_char(raised_at, '{_TIME}') AS raised_at, level, active, acknowledged,
       to_char(changed_at, '{_TIME}') AS changed_at, worst, detail, acknowledged_by
FROM alarm WHERE raised_at < $2 AND (active OR changed_at >= $1) ORDER BY alarm.raised_at, id"""  # noqa: S608
_SERIES = """
SELECT series.id, series.name, array_agg(channel.id ORDER BY place) AS channels,
       array_agg(place ORDER BY place) AS places
FROM series JOIN channel ON channel.series_id = series.id
WHERE series.id IN (SELECT series_id FROM channel WHERE id = ANY ($1))
GROUP BY series.id ORDER BY series.id"""
_STATE = """
SELECT coalesce(sum(n), 0)::bigint AS rows,
       encode(sha256(coalesce(string_agg(timestamptz_send(at) || digest, ''::bytea ORDER BY at), '')), 'hex') AS digest
FROM rollup_1m WHERE series_id = $1 AND at >= $2 AND at < $3"""

_EVERY_STATE = """
SELECT coalesce(sum(n), 0)::bigint AS rows,
       encode(sha256(coalesce(string_agg(int4send(series_id) || timestamptz_send(at) || digest, ''::bytea
                                         ORDER BY series_id, at), '')), 'hex') AS digest
FROM rollup_1m WHERE series_id = ANY (ARRAY(SELECT id FROM series)) AND at >= $1 AND at < $2"""


@dataclass(frozen=True, slots=True)
class WholeSeries:
    """One series and what stands in its places.

    Attributes:
        channels: ids by place, from the first place on.
    """

    id: int
    name: str
    channels: tuple[str, ...]

    def header(self) -> str:
        """Give the names of its columns, as a line of CSV."""
        return ",".join((*FACTS, *self.channels)) + "\n"


@dataclass(frozen=True, slots=True)
class RowsState:
    """What the figures say of the rows of a series and a time: how many, and a digest over their minutes' digests."""

    rows: int
    digest: str


async def series_with(snapshot: Snapshot, channels: Sequence[str]) -> list[WholeSeries]:
    """Find every series in which one of these channels stands, in the order of their ids."""
    found = []
    for row in await snapshot.fetch(_SERIES, list(channels)):
        named = dict(zip(row["places"], row["channels"], strict=True))
        every = tuple(named.get(place, f"place {place}") for place in range(max(named) + 1))
        found.append(WholeSeries(row["id"], row["name"], every))
    return found


async def settle(snapshot: Snapshot) -> None:
    """Let this transaction write times in UTC and floats with every digit, whatever the database is set to."""
    await snapshot.execute("SET LOCAL TimeZone = 'UTC'; SET LOCAL extra_float_digits = 3")


async def copy_rows(snapshot: Snapshot, of: WholeSeries, start: datetime, end: datetime, out: Out) -> None:
    """Write the rows of a series from `start` until before `end`, oldest first, without a header.

    Args:
        snapshot: that was settled.
        of: which series.
        start: aware.
        end: aware.
        out: takes the lines piece by piece.
    """
    places = len(of.channels)
    columns = "".join(f", values[{place}]" for place in range(1, places + 1))
    query = _ROWS.format(places=places, columns=columns)
    await snapshot.copy_from_query(
        query, of.id, start, end, output=out, format="csv", timeout=LONGEST_S, null=""
    )


async def rows_state(snapshot: Snapshot, of: WholeSeries, start: datetime, end: datetime) -> RowsState:
    """Say how the closed minutes of a series stand."""
    (row,) = await snapshot.fetch(_STATE, of.id, start, end, timeout=LONGEST_S)
    return RowsState(row["rows"], row["digest"])


async def every_state(database: "Pool | Snapshot", start: datetime, end: datetime) -> RowsState:
    """Say how the closed minutes of all series stand."""
    (row,) = await database.fetch(_EVERY_STATE, start, end, timeout=LONGEST_S)
    return RowsState(row["rows"], row["digest"])


async def copy_digests(snapshot: Snapshot, start: datetime, end: datetime, out: Out) -> None:
    """Write the digest of every closed minute of every series, as CSV with a header."""
    await snapshot.copy_from_query(
        _DIGESTS, start, end, output=out, format="csv", header=True, timeout=LONGEST_S
    )


async def copy_alarms(snapshot: Snapshot, start: datetime, end: datetime, out: Out) -> None:
    """Write the alarms that stood at any time between, as CSV with a header."""
    await snapshot.copy_from_query(
        _ALARMS, start, end, output=out, format="csv", header=True, timeout=LONGEST_S
    )
