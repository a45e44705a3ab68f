"""Closes the minutes of one chain, seals them in its book, and does so again for what comes late."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import asyncpg

from monitor.store.book import BookEntry, Tail, append
from monitor.store.database import Connection
from monitor.store.rollup import Pair, left_open, reckon_hours, reckon_minutes, touched

HOUR = timedelta(hours=1)
WHO = "gradewatch"
SETTLE = timedelta(seconds=5)
"""A minute is closed so long after its end: the last poll in it has been heard by then. What comes later is late."""

_SEALS = """
SELECT at, count(*) AS series, sum(n) AS rows,
       encode(sha256(string_agg(int4send(series_id) || digest, ''::bytea ORDER BY series_id)), 'hex') AS sha256
FROM rollup_1m WHERE series_id = ANY ($1) AND at = ANY ($2) GROUP BY at ORDER BY at"""
_SAID = """
SELECT id::int, name, EXISTS (
    SELECT FROM book WHERE kind = 'sealing' AND chain <> $1 AND book.at >= last.at AND body -> 'series' ? said.id
) AS is_elsewhere
FROM (SELECT at, body -> 'series' AS series FROM book
      WHERE chain = $1 AND kind = 'sealing' ORDER BY seq DESC LIMIT 1) AS last
CROSS JOIN LATERAL jsonb_each_text(last.series) AS said(id, name)"""


def minute_of(at: datetime) -> datetime:
    """Cut a time down to its minute."""
    return at.replace(second=0, microsecond=0)


def hour_of(at: datetime) -> datetime:
    """Cut a time down to its hour, in UTC: some zones are half an hour off."""
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class Written:
    """What was just stored.

    Attributes:
        rows: series and time of each new row.
        first: when the first Sample was received.
        last: when the last one was.
        passed: up to when time has passed by what they tell; None: they tell nothing of it.
    """

    rows: Sequence[Pair]
    first: datetime
    last: datetime
    passed: datetime | None


@dataclass(frozen=True, slots=True)
class Closed:
    """How a chain stands after closing.

    Attributes:
        since: every minute before was closed already.
        until: every minute before is closed now.
        tail: where the book ends.
        said: which series the book says last that the chain seals.
    """

    since: datetime
    until: datetime
    tail: Tail
    said: Mapping[int, str]

    @property
    def is_hour_over(self) -> bool:
        """Whether an hour was closed with its last minute."""
        return hour_of(self.until) > hour_of(self.since)


class Sealer:
    """Closes the minutes of one chain; hand what `close` gives to `settle` once it is committed."""

    def __init__(
        self, chain: str, series: Mapping[int, str], said: Mapping[int, str], leaving: Mapping[int, str]
    ) -> None:
        """Use `open`, which asks the book."""
        self._chain = chain
        self._series = series
        self._said = said
        self._leaving = leaving

    @classmethod
    async def open(cls, connection: Connection, chain: str, series: Mapping[int, str]) -> Self:
        """Go on where a chain stands.

        Args:
            connection: to ask the book.
            chain: whose minutes are closed.
            series: of its plant: id in the database -> name.
        """
        rows = await connection.fetch(_SAID, chain)
        said = {row["id"]: row["name"] for row in rows}
        # The last minute of what the plant had until now is still open, unless another chain goes on with it.
        leaving = {
            row["id"]: row["name"] for row in rows if not row["is_elsewhere"] and row["id"] not in series
        }
        return cls(chain, series, said, leaving)

    async def close(
        self, connection: Connection, until: datetime | None, written: Written, tail: Tail
    ) -> Closed:
        """Close the minutes that are over, and again those into which something came late.

        Args:
            connection: in the transaction that has stored `written`.
            until: every minute before is closed; None: none is, the chain begins.
            written: what was stored.
            tail: where the book ends.
        """
        names = {**self._series, **self._leaving}
        series, since = list(names), until or minute_of(written.first)
        end = max(since, minute_of(written.passed - SETTLE)) if written.passed else since
        late = {(one, minute_of(at)) for one, at in written.rows if at < since}
        if until is None:
            late |= set(await left_open(connection, series, since))
        seals = await _close_again(connection, series, sorted(late), since, written.last)
        seals += await _close(connection, series, since, end, written.last)
        said = names if seals else self._said
        if said != self._said:
            seals = [_sealing(said, written.last), *seals]
        return Closed(since, end, await append(connection, self._chain, tail, seals), said)

    def settle(self, closed: Closed) -> None:
        """Take note of what is committed."""
        self._said = closed.said
        if closed.until > closed.since:
            self._leaving = {}


async def _close(
    connection: Connection, series: Sequence[int], start: datetime, end: datetime, at: datetime
) -> list[BookEntry]:
    """Close every minute that has any row, and the hours that end."""
    # Not every minute of every series: the collector may have been down for weeks.
    minutes = await touched(connection, series, start, end)
    await reckon_minutes(connection, minutes)
    hours = {(one, hour_of(minute)) for one, minute in minutes} | {(one, hour_of(start)) for one in series}
    await reckon_hours(connection, [pair for pair in sorted(hours) if start < pair[1] + HOUR <= end])
    return await _seals(connection, series, minutes, at, again=False)


async def _close_again(
    connection: Connection, series: Sequence[int], late: Sequence[Pair], until: datetime, at: datetime
) -> list[BookEntry]:
    """Close what is closed already again, with the hours that are."""
    await reckon_minutes(connection, late)
    hours = sorted({(one, hour_of(minute)) for one, minute in late})
    await reckon_hours(connection, [pair for pair in hours if pair[1] + HOUR <= until])
    return await _seals(connection, series, late, at, again=True)


async def _seals(
    connection: Connection, series: Sequence[int], minutes: Sequence[Pair], at: datetime, *, again: bool
) -> list[BookEntry]:
    times = sorted({minute for _, minute in minutes})
    rows = await connection.fetch(_SEALS, series, times) if times else []
    return [BookEntry(at, "seal", WHO, {**_figures(row), "again": again}) for row in rows]


def _figures(row: asyncpg.Record) -> dict[str, Any]:
    return {
        "minute": row["at"].astimezone(UTC).isoformat(),
        "series": row["series"],
        "rows": row["rows"],
        "sha256": row["sha256"],
    }


def _sealing(series: Mapping[int, str], at: datetime) -> BookEntry:
    """Say in the book which series the seals behind this line cover: id in the database -> name."""
    return BookEntry(at, "sealing", WHO, {"series": {str(key): series[key] for key in sorted(series)}})
