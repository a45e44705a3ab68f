"""Closes the minutes of one chain, seals them in its book, and does so again for what comes late."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import asyncpg

from monitor.store.book import BookEntry, Tail, append
from monitor.store.database import Connection
from monitor.store.rollup import (
    Pair,
    closed_until,
    digests,
    hours_reckoned,
    left_open,
    reckon_hours,
    reckon_minutes,
    touched,
)
from monitor.store.sealing import WHO, channels, opening, said_of, sealing, unsaid_of

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
SETTLE = timedelta(seconds=5)
"""A minute is closed so long after its end: the last poll in it has been heard by then. What comes later is late."""
OPEN = 2 * MINUTE
"""No row that was heard in its time lies so far behind the time up to which minutes are closed."""

_SEALS = """
SELECT at, count(*) AS series, sum(n) AS rows,
       encode(sha256(string_agg(int4send(series_id) || digest, ''::bytea ORDER BY series_id)), 'hex') AS sha256
FROM rollup_1m WHERE series_id = ANY ($1) AND at = ANY ($2) GROUP BY at ORDER BY at"""


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
        is_said: whether the book says last what the chain seals now.
    """

    since: datetime
    until: datetime
    tail: Tail
    is_said: bool

    @property
    def is_hour_over(self) -> bool:
        """Whether an hour was closed with its last minute."""
        return hour_of(self.until) > hour_of(self.since)


class Sealer:
    """Closes the minutes of one chain; hand what `close` gives to `settle` once it is committed."""

    def __init__(
        self, chain: str, series: Mapping[int, str], said: Mapping[int, str], unsaid: Mapping[str, Any] | None
    ) -> None:
        """Use `open`, which asks the book."""
        self._chain = chain
        self._series = series
        self._said = said
        self._unsaid = unsaid
        self._leaving = frozenset(said.keys() - series.keys())

    @classmethod
    async def open(cls, connection: Connection, chain: str, series: Mapping[int, str]) -> Self:
        """Go on where a chain stands.

        Args:
            connection: to ask the book.
            chain: whose minutes are closed.
            series: of its plant: id in the database -> name.
        """
        unsaid = await unsaid_of(connection, chain, list(series))
        return cls(chain, series, await said_of(connection, chain), unsaid)

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
        since = until or minute_of(written.first)
        end = minute_of(written.passed - SETTLE) if written.passed else since
        lines: list[BookEntry] = []
        if until and end < until - MINUTE:
            # What is not over yet would be late, and be sealed again and again.
            since = end
            lines.append(opening(since, written.last))
        end = max(since, end)
        closing = _Closing(connection, end, written.last)
        if self._leaving and since < end:
            lines += await self._close_what_leaves(closing, since)
        seals = await self._close(closing, since, written.rows, begins=until is None)
        if seals:
            lines += self._say(written.last)
        lines += seals
        tail = await append(connection, self._chain, tail, lines)
        return Closed(since, end, tail, is_said=bool(seals))

    def settle(self, closed: Closed) -> None:
        """Take note of what is committed."""
        if closed.is_said:
            self._said, self._unsaid = self._series, None
        if closed.until > closed.since:
            self._leaving = frozenset()

    def _say(self, at: datetime) -> list[BookEntry]:
        said = [sealing(self._series, at)] if self._said != self._series else []
        return said + ([channels(self._unsaid, at)] if self._unsaid else [])

    async def _close_what_leaves(self, closing: "_Closing", since: datetime) -> list[BookEntry]:
        """Close the last minutes of what the plant has no longer, under what the book says still."""
        last = await touched(closing.connection, list(self._leaving), since, min(closing.until, since + OPEN))
        return await closing.close(list(self._said), last, again=False)

    async def _close(
        self, closing: "_Closing", since: datetime, rows: Sequence[Pair], *, begins: bool
    ) -> list[BookEntry]:
        series, pairs = list(self._series), {(one, minute_of(at)) for one, at in rows}
        first, last = await _left_out(closing.connection, series, since, closing.until)
        # Late is also what another chain has closed already, or this one before the clock was set back.
        closed = await digests(closing.connection, {one for one, _ in pairs}, {at for _, at in pairs})
        late = {pair for pair in pairs if pair[1] < since or first <= pair[1] < last or pair in closed}
        if begins:
            late |= set(await left_open(closing.connection, series, since))
        again = await closing.close(series, late, again=True)
        # Not every minute of every series: the collector may have been down for weeks.
        minutes = await touched(closing.connection, series, since, first)
        minutes += await touched(closing.connection, series, last, closing.until)
        if (hour := hour_of(since)) + HOUR <= closing.until:
            # It ends although no row may have come since.
            await reckon_hours(closing.connection, [(one, hour) for one in series])
        return again + await closing.close(series, minutes, again=False)


async def _left_out(
    connection: Connection, series: Sequence[int], since: datetime, until: datetime
) -> tuple[datetime, datetime]:
    """Say which part of a time need not be looked through for what is to be closed; an empty one at its end, if none.

    A clock that was set back for years and then right again goes by all that was closed before.
    """
    closed = await closed_until(connection, series) if until - since > HOUR else None
    if closed is None or closed <= since + OPEN:
        return until, until
    return since + OPEN, min(closed, until)


@dataclass(frozen=True, slots=True)
class _Closing:
    """Closes minutes, in one transaction.

    Attributes:
        until: every minute before is over.
        at: now.
    """

    connection: Connection
    until: datetime
    at: datetime

    async def close(
        self, series: Sequence[int], minutes: Collection[Pair], *, again: bool
    ) -> list[BookEntry]:
        """Reckon some minutes, with the hours that are over, and seal each over all these series."""
        if not minutes:
            return []
        times = sorted({minute for _, minute in minutes})
        was = await digests(self.connection, series, times)
        await reckon_minutes(self.connection, sorted(minutes))
        await self._reckon_hours({(one, hour_of(minute)) for one, minute in minutes})
        former = _by_minute({pair: was.get(pair) for pair in minutes} if again else was)
        rows = await self.connection.fetch(_SEALS, series, times)
        return [BookEntry(self.at, "seal", WHO, _seal(row, former, again=again)) for row in rows]

    async def _reckon_hours(self, hours: Collection[Pair]) -> None:
        over = {pair for pair in hours if pair[1] + HOUR <= self.until}
        again = await hours_reckoned(self.connection, set(hours) - over)
        await reckon_hours(self.connection, sorted(over | again))


def _by_minute(digests: Mapping[Pair, str | None]) -> dict[datetime, dict[str, str | None]]:
    former: dict[datetime, dict[str, str | None]] = {}
    for (series, minute), digest in digests.items():
        former.setdefault(minute, {})[str(series)] = digest
    return former


def _seal(
    row: asyncpg.Record, former: Mapping[datetime, Mapping[str, str | None]], *, again: bool
) -> dict[str, Any]:
    return {
        "minute": row["at"].astimezone(UTC).isoformat(),
        "series": row["series"],
        "rows": row["rows"],
        "sha256": row["sha256"],
        "again": again,
        # What this seal has changed, so that one before it over other series as well can still be proved.
        "was": former.get(row["at"], {}),
    }
