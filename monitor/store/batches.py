"""Batches in the database: kept from the lines of the collector's book, in the transaction that appends them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from monitor.store import chain as hashes
from monitor.store.book import BookEntry
from monitor.store.database import Connection

Source: TypeAlias = "asyncpg.Pool[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record] | Connection"
"""Where to read: a pool, or a connection of one moment."""
STARTED, STAGE, ENDED = "batch_started", "batch_stage", "batch_ended"

_BEGUN = """
WITH line AS (SELECT $2::jsonb AS b), begun AS (
    INSERT INTO batch (id, chain, line, product, started_at, started_by, overrides, reason, signature, sha256, plant)
    SELECT b ->> 'batch', $1, b ->> 'line', b ->> 'product', (b ->> 'at')::timestamptz, b ->> 'who', b -> 'overrides',
           b ->> 'reason', b ->> 'signature', b ->> 'sha256', $3
    FROM line
    RETURNING id, started_at, started_by)
INSERT INTO batch_stage (batch, number, stage, zones, began_at, who)
SELECT id, 1, b ->> 'stage', ARRAY(SELECT jsonb_array_elements_text(b -> 'zones')), started_at, started_by
FROM begun, line"""
_STAGE_ENDED = """
UPDATE batch_stage SET ended_at = (b ->> 'at')::timestamptz
FROM (SELECT $2::jsonb AS b) AS line, batch
WHERE batch.id = b ->> 'batch' AND batch.chain = $1 AND batch.ended_at IS NULL
  AND batch_stage.batch = batch.id AND batch_stage.ended_at IS NULL"""
_STAGE_BEGUN = """
INSERT INTO batch_stage (batch, number, stage, zones, began_at, who)
SELECT id, (SELECT max(number) + 1 FROM batch_stage WHERE batch_stage.batch = id), b ->> 'stage',
       ARRAY(SELECT jsonb_array_elements_text(b -> 'zones')), (b ->> 'at')::timestamptz, b ->> 'who'
FROM (SELECT $2::jsonb AS b) AS line, batch
WHERE id = b ->> 'batch' AND chain = $1 AND ended_at IS NULL"""
_ENDED = """
UPDATE batch SET ended_at = (b ->> 'at')::timestamptz, ended_by = b ->> 'who', comment = b ->> 'comment',
                 is_aborted = (b ->> 'is_aborted')::boolean
FROM (SELECT $2::jsonb AS b) AS line
WHERE id = b ->> 'batch' AND chain = $1 AND ended_at IS NULL"""
_STATEMENTS: Mapping[str, tuple[str, ...]] = {
    STARTED: (_BEGUN,),
    STAGE: (_STAGE_ENDED, _STAGE_BEGUN),
    ENDED: (_STAGE_ENDED, _ENDED),
}
KINDS = frozenset(_STATEMENTS)

_FACTS = (
    "id, line, product, started_at, started_by, ended_at, ended_by, is_aborted, comment, overrides, reason, signature,"
    " sha256, plant, chain"
)
_ONE = f"SELECT {_FACTS} FROM batch WHERE id = $1"  # noqa: S608 - our own words
_SOME = f"""
SELECT {_FACTS} FROM batch
WHERE started_at < $2 AND (ended_at IS NULL OR ended_at >= $1) AND ($3::text IS NULL OR line = $3)
ORDER BY started_at DESC, id LIMIT $4"""  # noqa: S608 - our own words
_STAGES = """
SELECT batch, number, stage, zones, began_at, ended_at, who FROM batch_stage
WHERE batch = ANY($1) ORDER BY batch, number"""


@dataclass(frozen=True, slots=True)
class BatchStage:
    """One stage of a batch.

    Attributes:
        number: 1 for the first.
        zones: where it was done.
        ended_at: None: it goes on.
        who: who has begun it.
    """

    number: int
    stage: str
    zones: tuple[str, ...]
    began_at: datetime
    ended_at: datetime | None
    who: str


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch, as it last stood. Its window is from `started_at` until `ended_at`, the set-up included.

    Attributes:
        ended_at: None: it is running.
        ended_by: "" while it is running.
        overrides: what was not ready as it began, each as `kind:id`.
        reason: why that was passed over.
        signature: id of the signature that it took; with `sha256`, of what was signed ("" if nothing was passed over).
        stages: in their order.
        plant: sha256 of the plant that was in force as it began.
        chain: names the collector whose book tells of it.
    """

    id: str
    line: str
    product: str
    started_at: datetime
    started_by: str
    ended_at: datetime | None
    ended_by: str
    is_aborted: bool
    comment: str
    overrides: tuple[str, ...]
    reason: str
    signature: str
    sha256: str
    plant: str
    chain: str
    stages: tuple[BatchStage, ...]


async def keep_batches(connection: Connection, chain: str, plant: str, lines: Sequence[BookEntry]) -> None:
    """Let the tables follow lines of a chain. What is said of a batch that is over, or of none, changes nothing.

    Args:
        connection: in the transaction that appends them.
        chain: whose lines they are.
        plant: sha256 of the plant under which they were written.
        lines: in their order; those of other kinds are passed over.

    Raises:
        asyncpg.UniqueViolationError: there is a batch of that id, of this collector or of another one.
    """
    for one in lines:
        for statement in _STATEMENTS.get(one.kind, ()):
            more = (plant,) if one.kind == STARTED else ()
            await connection.execute(statement, chain, hashes.canonical(one.body), *more)


async def read_batch(pool: Source, batch: str) -> Batch | None:
    """Read one batch; None: there is none of that id."""
    found = await _batches(pool, _ONE, batch)
    return found[0] if found else None


async def id_in_use(pool: Source, batch: str) -> str | None:
    """Return the id of the batch that is called so, in large or small letters; None: there is none."""
    found: str | None = await pool.fetchval("SELECT id FROM batch WHERE lower(id) = lower($1)", batch)
    return found


async def read_batches(
    pool: Source, start: datetime, end: datetime, line: str | None = None, limit: int = 200
) -> list[Batch]:
    """Read the batches that ran at some time between two, the last one first.

    Args:
        pool: of a migrated database.
        start: aware; what ended before it is left out.
        end: aware, the first instant after; what began later is left out.
        line: of one line only.
        limit: the most to return.
    """
    return await _batches(pool, _SOME, start, end, line, limit)


async def _batches(pool: Source, question: str, *asked: object) -> list[Batch]:
    rows = await pool.fetch(question, *asked)
    stages: dict[str, list[BatchStage]] = {row["id"]: [] for row in rows}
    for row in await pool.fetch(_STAGES, list(stages)) if rows else ():
        facts = dict(row)
        stages[facts.pop("batch")].append(BatchStage(**facts | {"zones": tuple(row["zones"])}))
    return [_batch(dict(row), tuple(stages[row["id"]])) for row in rows]


def _batch(row: dict[str, Any], stages: tuple[BatchStage, ...]) -> Batch:
    return Batch(**{**row, "overrides": tuple(json.loads(row["overrides"])), "stages": stages})
