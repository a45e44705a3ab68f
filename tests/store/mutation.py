"""One small lie at a time, told by somebody who may do everything in the database: a bit, a row less, two exchanged."""

import json
import random
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

from monitor.store import chain as hashes
from monitor.store.database import Connection
from monitor.store.finding import instant, line

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
TRIES = 100
# PostgreSQL's own years go further than any calendar of Python's.
TIME = (
    "((date '2000-01-01' + {0}::int)::timestamp + {1}::bigint * interval '1 microsecond') AT TIME ZONE 'UTC'"
)
DAY_US = 86_400_000_000

FIGURES = (
    "series_id int4, at time, n int4, n_good int4[], min float8[], max float8[], sum float8[], invalid jsonb"
)
COLUMNS: Mapping[str, Mapping[str, str]] = {
    table: dict(column.split(" ") for column in columns.split(", "))
    for table, columns in {
        "sample": "series_id int4, at time, source_at time, received_at time, values float8[], quality int2[],"
        " flags int2, reason text",
        "book": "chain text, seq int8, at time, kind text, who text, body jsonb, prev_hash text, hash text",
        "alarm": "id text, raised_at time, level text, active bool, acknowledged bool, changed_at time,"
        " worst float8, detail text, acknowledged_by text",
        "rollup_1m": f"{FIGURES}, digest bytea",
        "rollup_1h": FIGURES,
        "quarantine": "chain text, seq int8, at time, kind text, series text, body jsonb, reason text,"
        " quarantined_at time",
        # Not where they are and how they are called now: that may change.
        "series": "id int4, name text, device text, records bool",
        "channel": "id text, series_id int4, place int4, unit text",
    }.items()
}
KEYS = {
    "book": ("chain", "seq"),
    "alarm": ("id", "raised_at"),
    "quarantine": ("chain", "seq"),
    "series": ("id", "name"),
    "channel": ("series_id", "id"),
}
HYPERTABLES = ("sample", "rollup_1m", "rollup_1h")
NUMBERS = {"int2": ">h", "int4": ">i", "int8": ">q", "float8": ">d"}
WEIGHTS = {
    "sample": 40,
    "book": 25,
    "alarm": 15,
    "rollup_1m": 15,
    "rollup_1h": 5,
    "quarantine": 10,
    "series": 4,
    "channel": 8,
}
# What keeps even a superuser's statement from telling a lie.
LIFTED = """
ALTER TABLE book DISABLE TRIGGER ALL;
ALTER TABLE quarantine DISABLE TRIGGER ALL;
ALTER TABLE channel DISABLE TRIGGER ALL;
ALTER TABLE channel DROP CONSTRAINT channel_series_id_place_key;
ALTER TABLE series DISABLE TRIGGER ALL;
ALTER TABLE series ALTER COLUMN id DROP IDENTITY"""


@dataclass(frozen=True, slots=True)
class Mutation:
    """What was done, and where it must be found: at one of these places.

    Attributes:
        places: what the finding's place is to begin or end with.
    """

    text: str
    places: frozenset[str]

    def is_named_by(self, place: str) -> bool:
        """Whether a finding's place is one of those touched."""
        return any(place.startswith(one) or place.endswith(one) for one in self.places)


class NothingDoneError(Exception):
    """The draw was none: the row says the same as before, or no database would take it."""


class Liar:
    """Changes a database; the caller takes it back."""

    def __init__(self, sql: Connection, draw: random.Random) -> None:
        self._sql = sql
        self._draw = draw
        self._rows: dict[str, list[tuple[Any, ...]]] = {}
        self._names: dict[int, str] = {}

    async def begin(self, sealed_until: datetime) -> None:
        """Learn which rows there are, and lift what protects them. In the transaction that is taken back."""
        for table in COLUMNS:
            where = "WHERE at < $1" if table == "sample" else "WHERE $1::timestamptz IS NOT NULL"
            query = f"SELECT {', '.join(_keys(table))} FROM {table} {where} ORDER BY 2, 1"
            self._rows[table] = [tuple(row) for row in await self._sql.fetch(query, sealed_until)]
        await self._sql.execute(LIFTED)
        self._names = {row["id"]: row["name"] for row in await self._sql.fetch("SELECT id, name FROM series")}

    async def lie(self) -> Mutation:
        """Change one thing."""
        for _ in range(TRIES):
            table = self._draw.choices([*WEIGHTS], [*WEIGHTS.values()])[0]
            how = self._draw.choices([self._flip, self._delete, self._swap, self._cut], [12, 4, 3, 1])[0]
            try:
                async with self._sql.transaction():
                    return await how(table)
            except (NothingDoneError, asyncpg.PostgresError):
                continue
        raise AssertionError(f"nothing could be changed in {TRIES} tries")

    async def _flip(self, table: str) -> Mutation:
        key = self._draw.choice(self._rows[table])
        column = self._draw.choice([*COLUMNS[table]])
        type_ = COLUMNS[table][column]
        before = await self._sql.fetchval(f"SELECT {column} FROM {table} WHERE {_where(table)}", *key)
        if before is None:
            raise NothingDoneError
        after = self._flipped(type_, before)
        given: Sequence[object] = divmod(after, DAY_US) if type_ == "time" else [after]
        new = TIME.format("$3", "$4") if type_ == "time" else f"$3::{type_}"
        if table != "sample" and type_ != "time":
            # Minus zero is zero, in a figure as in a fact.
            same = f"SELECT {column} IS NOT DISTINCT FROM {new} FROM {table} WHERE {_where(table)}"
            if await self._sql.fetchval(same, *key, *given):
                raise NothingDoneError
        await self._sql.execute(_changed(table, column, new), *(*key, *given))
        places = set(self._places(table, key))
        if column in _keys(table) and type_ != "time":
            places |= set(
                self._places(table, (after, key[1]) if column == _keys(table)[0] else (key[0], after))
            )
        elif column in _keys(table) and abs(after) < 250_000 * 365 * DAY_US:
            places |= self._places_in_time(table, key, after)
        return Mutation(f"{table} {key}: {column} {before!r} -> {after!r}", frozenset(places))

    async def _delete(self, table: str) -> Mutation:
        key = self._draw.choice(self._rows[table])
        await self._sql.execute(f"DELETE FROM {table} WHERE {_where(table)}", *key)
        return Mutation(f"{table} {key}: deleted", frozenset(self._places(table, key)))

    async def _swap(self, table: str) -> Mutation:
        one, other = self._draw.sample(self._rows[table], 2)
        what = [column for column in COLUMNS[table] if column not in _keys(table)]
        query = f"SELECT {', '.join(what)} FROM {table} WHERE {_where(table)}"
        if tuple(await self._sql.fetchrow(query, *one)) == tuple(await self._sql.fetchrow(query, *other)):  # type: ignore[arg-type] # both are there
            raise NothingDoneError
        set_ = ", ".join(f"{column} = o.{column}" for column in what)
        x, y = _where(table, "x."), _where(table, "o.").replace("$1", "$3").replace("$2", "$4")
        swapped = (
            f"UPDATE {table} x SET {set_} FROM {table} o WHERE ({x} AND {y}) OR ({_other(x)} AND {_other(y)})"
        )
        await self._sql.execute(swapped, *one, *other)
        places = frozenset([*self._places(table, one), *self._places(table, other)])
        return Mutation(f"{table} {one} and {other}: exchanged", places)

    async def _cut(self, table: str) -> Mutation:
        rows = sorted(self._rows[table], key=lambda row: (row[1], row[0]))
        gone = rows[-self._draw.randint(1, len(rows) // 2) :]
        for key in gone:
            await self._sql.execute(f"DELETE FROM {table} WHERE {_where(table)}", *key)
        places = frozenset(place for key in gone for place in self._places(table, key))
        return Mutation(f"{table}: the last {len(gone)} rows cut", places)

    def _flipped(self, type_: str, value: Any) -> Any:
        if type_.endswith("[]"):
            place = self._draw.choice([number for number, one in enumerate(value) if one is not None] or [-1])
            if place < 0:
                raise NothingDoneError
            return [
                self._flipped(type_[:-2], one) if number == place else one for number, one in enumerate(value)
            ]
        if type_ in NUMBERS:
            return struct.unpack(NUMBERS[type_], self._bit(struct.pack(NUMBERS[type_], value)))[0]
        match type_:
            case "bool":
                return not value
            case "time":
                return (value - EPOCH) // timedelta(microseconds=1) ^ 1 << self._draw.randrange(62)
            case "bytea":
                return self._bit(value)
            case _:
                raw = hashes.canonical(json.loads(value)) if type_ == "jsonb" else value
                text = _possible(self._bit(raw.encode()).decode)
                return text if type_ == "text" else _possible(lambda: json.loads(text) and text)

    def _bit(self, raw: bytes) -> bytes:
        if not raw:
            raise NothingDoneError
        changed = bytearray(raw)
        changed[self._draw.randrange(len(raw))] ^= 1 << self._draw.randrange(8)
        return bytes(changed)

    def _places(self, table: str, key: Sequence[Any]) -> list[str]:
        match table:
            case "book":
                return [line(*key)] if key[0] == "c" else [f"{key[0]}/"]
            case "quarantine":
                return [line(*key)]
            case "series":
                return [f"{key[0]}"]
            case "channel":
                return [f"{key[1]}"]
            case "alarm":
                return [f"{key[0]} "]
            case _:
                at = key[1].replace(minute=0) if table == "rollup_1h" else key[1]
                at = at.replace(second=0, microsecond=0)
                name = self._names.get(key[0], "nowhere")
                # Where rows and figures were changed alike, no more than the minute can be named.
                return [f"{name} {instant(at)}", instant(at)]

    def _places_in_time(self, table: str, key: Sequence[Any], after: int) -> set[str]:
        if table in KEYS or not -EPOCH.toordinal() < after // DAY_US < 2_000_000:
            return set()
        return set(self._places(table, (key[0], EPOCH + timedelta(microseconds=after))))


def _keys(table: str) -> tuple[str, str]:
    return KEYS.get(table, ("series_id", "at"))


def _changed(table: str, column: str, new: str) -> str:
    if table not in HYPERTABLES:
        return f"UPDATE {table} SET {column} = {new} WHERE {_where(table)}"
    # Such a row does not move to another chunk by an UPDATE.
    every = ", ".join(new if one == column else one for one in COLUMNS[table])
    gone = f"WITH gone AS (DELETE FROM {table} WHERE {_where(table)} RETURNING *)"
    return f"{gone} INSERT INTO {table} ({', '.join(COLUMNS[table])}) SELECT {every} FROM gone"


def _where(table: str, of: str = "") -> str:
    first, second = _keys(table)
    return f"{of}{first} = $1 AND {of}{second} = $2"


def _other(where: str) -> str:
    """Exchange the two rows' parameters."""
    return where.translate(str.maketrans("1234", "3412"))


def _possible(make: Callable[[], Any]) -> Any:
    try:
        return make()
    except ValueError:
        raise NothingDoneError from None
