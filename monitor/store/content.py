"""What a database holds, in few figures: by these a restored one is compared with the one that was backed up."""

from collections.abc import Mapping
from dataclasses import dataclass

from monitor.store.database import Connection

SLOW_S = 24 * 3600.0
"""For one statement: reading the samples of years from a slow disk."""

_TABLES = """
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
  AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')
ORDER BY relname"""
_COUNTED = """
SELECT count(*) AS rows,
       coalesce(sum(('x' || encode(substr(sha256(record_send(one)), 1, 8), 'hex'))::bit(64)::bigint), 0)::text AS sum
FROM public.{} AS one"""
_HEADS = "SELECT DISTINCT ON (chain) chain, seq, hash FROM book ORDER BY chain, seq DESC"


@dataclass(frozen=True, slots=True)
class Table:
    """One table's content.

    Attributes:
        rows: how many.
        sum: over all rows, in whatever order, of the first eight bytes of each one's SHA-256 in PostgreSQL's binary
            form. It shows what was lost or changed by accident; against intent there are seals and signatures.
    """

    rows: int
    sum: str


@dataclass(frozen=True, slots=True)
class Head:
    """The last line of one chain of the book."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Content:
    """Every table, and the last line of every chain."""

    tables: Mapping[str, Table]
    book: Mapping[str, Head]


async def tables_of(connection: Connection) -> list[str]:
    """Name the tables that are no extension's."""
    return [row["relname"] for row in await connection.fetch(_TABLES)]


async def content_of(connection: Connection) -> Content:
    """Read the whole database through, as the connection's transaction sees it; memory stays constant."""
    tables = {}
    for name in await tables_of(connection):
        quoted = await connection.fetchval("SELECT quote_ident($1)", name)
        (row,) = await connection.fetch(_COUNTED.format(quoted), timeout=SLOW_S)
        tables[name] = Table(row["rows"], row["sum"])
    heads = await connection.fetch(_HEADS, timeout=SLOW_S)
    return Content(tables, {row["chain"]: Head(row["seq"], row["hash"]) for row in heads})


def differences(was: Content, now: Content) -> list[str]:
    """Name what is not the same: tables, then chains of the book."""
    return [
        *(
            f"table {name}: {_rows(was.tables.get(name))}, now {_rows(now.tables.get(name))}"
            for name in sorted(was.tables.keys() | now.tables.keys())
            if was.tables.get(name) != now.tables.get(name)
        ),
        *(
            f"book {chain}: another last line"
            for chain in sorted(was.book.keys() | now.book.keys())
            if was.book.get(chain) != now.book.get(chain)
        ),
    ]


def _rows(table: Table | None) -> str:
    return "none" if table is None else f"{table.rows} rows with sum {table.sum}"
