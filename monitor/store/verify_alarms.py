"""Compares every row of the alarm table with the last line of the book that speaks of it."""

from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

import asyncpg
from pydantic import TypeAdapter, ValidationError

from alarms.events import Alarm
from monitor.store.database import Connection
from monitor.store.finding import Finding, Wrong, found, instant, line
from monitor.store.side_by_side import side_by_side
from monitor.store.verify_book import CALENDAR_AT, Step

_SAID = """
SELECT coalesce(body #>> '{after,id}', '') COLLATE "C" AS id, chain, seq, body -> 'after' AS after
FROM book WHERE kind = 'transition' ORDER BY 1, 2, 3"""
_ROWS = f"""
SELECT id COLLATE "C" AS id, {CALENDAR_AT.format("raised_at")}, {CALENDAR_AT.format("changed_at")},
       level, active, acknowledged, worst, detail, acknowledged_by
FROM alarm ORDER BY alarm.id COLLATE "C", alarm.raised_at"""  # noqa: S608
COLUMNS = ("level", "active", "acknowledged", "changed_at", "worst", "detail", "acknowledged_by")

_Row: TypeAlias = asyncpg.Record
_ALARM = TypeAdapter(Alarm)


@dataclass(frozen=True, slots=True)
class _Said:
    alarm: Alarm
    place: str


async def check_alarms(
    connection: Connection, wrong: set[tuple[str, int]], step: Step
) -> AsyncGenerator[Finding, None]:
    """Compare the alarms one id after the other.

    Args:
        connection: in a transaction.
        wrong: lines of the book, by chain and number, that are not to be believed.
        step: hears how many rows were compared since it last did.

    Yields:
        What is wrong, in the order of ids and times.
    """
    async for id_, lines, stored in side_by_side(connection, _SAID, _ROWS):
        for finding in _compare(id_, lines, stored, wrong):
            yield finding
        step(len(stored))


def _compare(
    id_: str, lines: Sequence[_Row], stored: Sequence[_Row], wrong: set[tuple[str, int]]
) -> Iterator[Finding]:
    last: dict[datetime | None, _Said] = {}
    doubtful = False
    for row in lines:
        place = line(row["chain"], row["seq"])
        if (row["chain"], row["seq"]) in wrong:
            doubtful = True
            continue
        try:
            alarm = _ALARM.validate_json(row["after"] or "")
        except ValidationError as error:
            yield found(Wrong.LINE_UNREADABLE, place, said=str(error).splitlines()[0])
            continue
        before = last.get(alarm.raised_at)
        # One that was never raised, only hidden, is no occurrence.
        if alarm.times and (before is None or before.alarm.changed_at <= alarm.changed_at):
            last[alarm.raised_at] = _Said(alarm, place)
    if doubtful:
        return  # a line about it is wrong, and was told: nothing can be said of the rows
    for row in stored:
        yield from _compare_row(f"{id_} {instant(row['raised_at'])}", row, last.pop(row["raised_at"], None))
    for said in last.values():
        yield found(Wrong.ALARM_MISSING, f"{id_} {instant(said.alarm.raised_at)}", line=said.place)


def _compare_row(place: str, row: _Row, said: _Said | None) -> Iterator[Finding]:
    if said is None:
        yield found(Wrong.ALARM_INVENTED, place)
        return
    # Minus zero is zero in the book.
    different = [column for column in COLUMNS if row[column] != getattr(said.alarm, column)]
    if different:
        yield found(Wrong.ALARM_CHANGED, place, columns=", ".join(different), line=said.place)
