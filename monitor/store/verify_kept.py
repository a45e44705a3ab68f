"""Holds the rows of a register against the lines of the book that say them: what every register shares.

Whatever a person says is written in one transaction with its line, so each row must stand as its lines say.
"""

import json
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeAlias

import asyncpg

from monitor.store.database import Connection
from monitor.store.finding import Finding, Wrong, found, line
from monitor.store.verify_book import SLOW_S

Facts: TypeAlias = dict[str, Any]
Of: TypeAlias = Callable[[asyncpg.Record, Facts], Iterator[tuple[str, str, Facts]]]
"""Of a line (chain, seq, at, kind, who) and its body: of which rows it speaks (table, key), and what it says there."""


@dataclass(slots=True)
class Said:
    """What the lines say of one row; `place` is the last of them."""

    facts: Facts
    place: str


@dataclass(slots=True)
class Register:
    """What the book says of one table: rows by key, in the order of their lines; of `doubtful` ones nothing."""

    rows: dict[str, list[Said]] = field(default_factory=lambda: defaultdict(list))
    doubtful: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Shape:
    """How some registers and their lines are read.

    Attributes:
        lines: the question for the lines, in the order of their times.
        stored: table -> the question for its rows, each with its `key`; all other columns are compared.
        of: what a line says.
        renewed: tables of which a later line changes the row that a line of `beginnings` has begun.
    """

    lines: str
    stored: Mapping[str, str]
    of: Of
    renewed: frozenset[str] = frozenset()
    beginnings: frozenset[str] = frozenset()


async def check_kept(
    connection: Connection, wrong: set[tuple[str, int]], shape: Shape
) -> AsyncGenerator[Finding, None]:
    """Compare registers one after the other.

    Args:
        connection: in a transaction.
        wrong: lines of the book, by chain and number, that are not to be believed.
        shape: of the registers.

    Yields:
        What is wrong, table by table, in the order of their keys.
    """
    told = {table: Register() for table in shape.stored}
    for row in await connection.fetch(shape.lines, timeout=SLOW_S):
        _take(told, row, shape, doubtful=(row["chain"], row["seq"]) in wrong)
    for table, question in shape.stored.items():
        stored: dict[str, list[Facts]] = defaultdict(list)
        for row in await connection.fetch(question, timeout=SLOW_S):
            facts = dict(row)
            stored[str(facts.pop("key"))].append(facts)
        for key in sorted({*stored, *told[table].rows} - told[table].doubtful):
            for finding in _compare(f"{table} {key}", stored.get(key, []), told[table].rows.get(key, [])):
                yield finding


def _take(told: Mapping[str, Register], row: asyncpg.Record, shape: Shape, *, doubtful: bool) -> None:
    """Let one line say what it says."""
    place = line(row["chain"], row["seq"])
    for table, key, facts in shape.of(row, json.loads(row["body"])):
        register = told[table]
        if doubtful:
            register.doubtful.add(key)
        elif table in shape.renewed and register.rows[key] and row["kind"] not in shape.beginnings:
            register.rows[key][-1] = Said({**register.rows[key][-1].facts, **facts}, place)
        else:
            register.rows[key].append(Said(facts, place))


def _compare(place: str, stored: Sequence[Facts], said: Sequence[Said]) -> Iterator[Finding]:
    """Compare the rows of one key: as a rule one, of training as many as were noted."""
    rows = [{name: _plain(name, value) for name, value in row.items()} for row in stored]
    lines = [({name: _plain(name, value) for name, value in one.facts.items()}, one.place) for one in said]
    for facts, where in list(lines):
        row = next((row for row in rows if not _different(row, facts)), None)
        if row is not None:
            rows.remove(row)
            lines.remove((facts, where))
    for row, (facts, where) in zip(rows, lines, strict=False):
        yield found(Wrong.ROW_CHANGED, place, columns=", ".join(_different(row, facts)), line=where)
    yield from (found(Wrong.ROW_INVENTED, place) for _ in rows[len(lines) :])
    yield from (found(Wrong.ROW_MISSING, place, line=where) for _, where in lines[len(rows) :])


def _different(row: Facts, facts: Facts) -> list[str]:
    return sorted(name for name in row.keys() & facts.keys() if row[name] != facts[name])


def _plain(name: str, value: Any) -> Any:  # noqa: ANN401 - of a column or of JSON
    """Write a value as both sides can be compared: times as instants, days and rights as text."""
    if name.endswith("_at") and isinstance(value, str):
        return datetime.fromisoformat(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    return Counter(value) if name == "deeds" and value is not None else value
