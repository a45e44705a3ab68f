"""Holds the registers against the book: instruments, accounts, training, tokens.

Whatever a person says of these is written in one transaction with its line, so each row must stand as its lines say.
What the book is never told, a password and the secret of a second factor, cannot be held against it. A signature is a
line of the book itself.
"""

import json
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeAlias

import asyncpg

from monitor.store.database import Connection
from monitor.store.finding import Finding, Wrong, found, line
from monitor.store.verify_book import SLOW_S

Facts: TypeAlias = dict[str, Any]

_LINES = """
SELECT chain, seq, at, kind, who, body FROM book
WHERE body ? 'what' AND jsonb_typeof(body -> 'new') = 'object' OR kind = 'token_revoked'
ORDER BY at, chain, seq"""
_NEVER_SAID: Facts = {"locked_at": None, "disabled_at": None, "oidc_issuer": "", "oidc_subject": ""}
"""How an account stands of which a line says nothing else."""
_OF_ACCOUNTS = frozenset({"role", "display", "language", "must_change", *_NEVER_SAID})
_TOLD_BY_THE_LINE = {"noted_by": "who", "noted_at": "at", "reason": "reason"}
_INSTRUMENT = (
    *("number", "instrument", "since", "category", "serial", "certificate", "calibrated_on", "due_on"),
    *("iq_on", "oq_on", "pq_on", "qualified_until"),
)

_STORED = {
    "calibration": f"SELECT number AS key, {', '.join((*_INSTRUMENT, *_TOLD_BY_THE_LINE))} FROM calibration",  # noqa: S608
    "calibration_confirmed": "SELECT number AS key, confirmed_by, confirmed_at FROM calibration_confirmed",
    "person": f"SELECT name AS key, created_at, {', '.join(sorted(_OF_ACCOUNTS))} FROM person",  # noqa: S608
    "training": "SELECT person || ' ' || what AS key, valid_from, valid_until, noted_by, noted_at FROM training",
    "token": "SELECT name AS key, deeds, made_by, made_at, ends_at, revoked_at FROM token",
}


@dataclass(slots=True)
class _Said:
    """What the lines say of one row; `place` is the last of them."""

    facts: Facts
    place: str


@dataclass(slots=True)
class _Register:
    """What the book says of one table: rows by key, in the order of their lines; of `doubtful` ones nothing."""

    rows: dict[str, list[_Said]] = field(default_factory=lambda: defaultdict(list))
    doubtful: set[str] = field(default_factory=set)


async def check_registers(
    connection: Connection, wrong: set[tuple[str, int]]
) -> AsyncGenerator[Finding, None]:
    """Compare the registers one after the other.

    Args:
        connection: in a transaction.
        wrong: lines of the book, by chain and number, that are not to be believed.

    Yields:
        What is wrong, table by table, in the order of their keys.
    """
    told = {table: _Register() for table in _STORED}
    for row in await connection.fetch(_LINES, timeout=SLOW_S):
        _take(told, row, doubtful=(row["chain"], row["seq"]) in wrong)
    for table, question in _STORED.items():
        stored: dict[str, list[Facts]] = defaultdict(list)
        for row in await connection.fetch(question, timeout=SLOW_S):
            facts = dict(row)
            stored[str(facts.pop("key"))].append(facts)
        for key in sorted({*stored, *told[table].rows} - told[table].doubtful):
            for finding in _compare(f"{table} {key}", stored.get(key, []), told[table].rows.get(key, [])):
                yield finding


def _take(told: Mapping[str, _Register], row: asyncpg.Record, *, doubtful: bool) -> None:
    """Let one line say what it says."""
    body = json.loads(row["body"])
    new, place = body.get("new") or {}, line(row["chain"], row["seq"])
    for table, key, facts in _of(row, str(body["what"]), new, str(body.get("reason", ""))):
        register = told[table]
        if doubtful:
            register.doubtful.add(key)
        elif table in {"person", "token"} and register.rows[key] and row["kind"] not in _BEGINNINGS:
            register.rows[key][-1] = _Said({**register.rows[key][-1].facts, **facts}, place)
        else:
            register.rows[key].append(_Said(facts, place))


_BEGINNINGS = frozenset({"account_added", "token_made"})


def _of(row: asyncpg.Record, what: str, new: Facts, reason: str) -> Iterator[tuple[str, str, Facts]]:
    """Yield of which row of which table a line speaks, and what it says of it."""
    at, who = row["at"], row["who"]
    match row["kind"]:
        case "instrument_noted":
            facts = {name: new.get(name) for name in _INSTRUMENT}
            said = {"noted_by": who, "noted_at": at, "reason": reason}
            yield "calibration", str(new.get("number")), facts | said
        case "instrument_confirmed":
            yield "calibration_confirmed", str(new.get("number")), {"confirmed_by": who, "confirmed_at": at}
        case "account_added":
            yield "person", what, {**_NEVER_SAID, **new, "created_at": at}
        case "training_noted":
            facts = {"valid_from": new.get("from"), "valid_until": new.get("until")}
            yield "training", f"{what} {new.get('subject')}", facts | {"noted_by": who, "noted_at": at}
        case "token_made":
            facts = {"deeds": new.get("deeds"), "ends_at": new.get("until"), "revoked_at": None}
            yield "token", what, facts | {"made_by": who, "made_at": at}
        case "token_revoked":
            yield "token", what, {"revoked_at": at}
        case _ if new and new.keys() <= _OF_ACCOUNTS:
            yield "person", what, new


def _compare(place: str, stored: Sequence[Facts], said: Sequence[_Said]) -> Iterator[Finding]:
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
