"""The values of channels as columns: packed by the database, each in the order of time, so that none passes as a row.

A column has a float for each row of the series; where no usable value (Good or Uncertain) stands, it is NaN.
"""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import asyncpg

from config.model import USABLE
from monitor.store.catalog import Snapshot, Stored

AT_ONCE = 64
"""Channels in one question: a quarter of a day of them is ten megabytes. A row is opened once for each question."""
WITHIN_S = 900.0
"""Longer than the figures of a month take on a machine that has much else to do."""
IN_ORDER = "SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL jit = off"
"""In the order of time, and without a compiler that works longer than it saves; to the end of the transaction."""

_PACKED = "string_agg({sent}, ''::bytea)"
_USABLE = ", ".join(str(int(one)) for one in sorted(USABLE))
USABLE_VALUE = f"CASE WHEN quality IS NULL OR quality[{{place}}] IN ({_USABLE}) THEN values[{{place}}] END"
"""The value at a place of a row; null where it may not be used."""
_VALUE = _PACKED.format(sent=f"float8send(coalesce({USABLE_VALUE}, 'NaN'))")
_TIME = _PACKED.format(sent="timestamptz_send({name})")
_EPOCH_US = 946_684_800_000_000
"""Microseconds from 1970 to 2000 (UTC), where PostgreSQL begins to count them."""
_COLUMNS = """
SELECT count(*) AS n, {columns}
FROM (SELECT * FROM sample WHERE series_id = $1 AND at >= $2 AND at < $3 ORDER BY at) AS one"""


@dataclass(frozen=True, slots=True)
class Times:
    """When the rows of a series were measured, and when they came here: seconds since 1970."""

    at_s: "array[float]"
    received_s: "array[float]"


@dataclass(frozen=True, slots=True)
class Columns:
    """So many rows of a series, with the values of some of its channels, by their ids."""

    n: int
    values: Mapping[str, "array[float]"]


async def columns(snapshot: Snapshot, channels: Sequence[Stored], start: datetime, end: datetime) -> Columns:
    """Read channels of one series from `start` up to, not including, `end`: no more than `AT_ONCE` in one question.

    Args:
        snapshot: of a migrated database.
        channels: one at least.
        start: aware.
        end: aware.
    """
    n = 0
    values: dict[str, array[float]] = {}
    for first in range(0, len(channels), AT_ONCE):
        some = channels[first : first + AT_ONCE]
        asked = [_VALUE.format(place=one.place) for one in some]
        n, *packed = await _ask(snapshot, some[0].series_id, asked, start, end)
        values |= {one.id: _unpacked("d", each) for one, each in zip(some, packed, strict=True)}
    return Columns(n, values)


async def times(snapshot: Snapshot, series_id: int, start: datetime, end: datetime) -> Times:
    """Read the times of a series' rows from `start` up to, not including, `end`."""
    asked = [_TIME.format(name=name) for name in ("at", "received_at")]
    _, at, received = await _ask(snapshot, series_id, asked, start, end)
    return Times(_seconds(at), _seconds(received))


async def _ask(
    snapshot: Snapshot, series_id: int, asked: Sequence[str], start: datetime, end: datetime
) -> asyncpg.Record:
    await snapshot.execute(IN_ORDER)
    question = _COLUMNS.format(columns=", ".join(asked))
    row = await snapshot.fetchrow(question, series_id, start, end, timeout=WITHIN_S)
    assert row is not None  # noqa: S101 - an aggregate gives one
    return row


def _seconds(packed: bytes | None) -> "array[float]":
    # Divided once, so that it is the nearest number there is: the same as Python's own of that time.
    return array("d", ((us + _EPOCH_US) / 1e6 for us in _unpacked("q", packed)))


def _unpacked(kind: Literal["d", "q"], packed: bytes | None) -> "array[Any]":
    column: array[Any] = array(kind, packed or b"")
    column.byteswap()
    return column
