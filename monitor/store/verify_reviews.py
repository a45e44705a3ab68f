"""Holds deviations with their steps, and the reviews and releases of batches, against the lines that say so.

Each is signed: the signature it names has to stand in the book too, for that thing and for that content.
"""

import json
from collections.abc import AsyncGenerator, Iterator

import asyncpg

from monitor.store.database import Connection
from monitor.store.finding import Finding, Wrong, found
from monitor.store.verify_book import SLOW_S
from monitor.store.verify_kept import Facts, Shape, check_kept

_STEPS = ("deviation_assessed", "deviation_closed", "deviation_reopened")
_DECISIONS = ("batch_released", "batch_rejected")
_LINES = f"""
SELECT chain, seq, at, kind, who, body FROM book
WHERE kind IN ('deviation_opened', 'batch_reviewed', {", ".join(f"'{kind}'" for kind in (*_STEPS, *_DECISIONS))})
ORDER BY at, chain, seq"""  # noqa: S608 - our own words
_STORED = {
    "deviation": "SELECT number AS key, coalesce(batch, '') AS batch, title, about::text AS about, opened_by,"
    " opened_at, signature, sha256 FROM deviation",
    "deviation_step": "SELECT deviation || ' ' || number AS key, state, at AS done_at, who, class, cause, impact,"
    " action, comment, signature, sha256 FROM deviation_step",
    "batch_review": "SELECT batch || ' ' || number AS key, level, at AS done_at, who, comment, signature, sha256"
    " FROM batch_review",
    "batch_release": "SELECT batch || ' ' || number AS key, outcome, at AS done_at, who, comment, signature, sha256"
    " FROM batch_release",
}
_UNSIGNED = """
WITH signed AS (
    SELECT 'deviation ' || number AS place, number AS of, 'deviation' AS what, 'opened' AS version, opened_by AS who,
           signature, sha256
    FROM deviation
    UNION ALL
    SELECT 'deviation_step ' || deviation || ' ' || number, deviation, 'deviation', state, who, signature, sha256
    FROM deviation_step
    UNION ALL
    SELECT 'batch_review ' || batch || ' ' || number, batch, 'batch_review', level::text, who, signature, sha256
    FROM batch_review
    UNION ALL
    SELECT 'batch_release ' || batch || ' ' || number, batch, 'batch_release', outcome, who, signature, sha256
    FROM batch_release
)
SELECT place FROM signed WHERE NOT EXISTS (
    SELECT FROM book
    WHERE kind = 'signature' AND body ->> 'what' = signed.what AND body ->> 'of' = signed.of
        AND body ->> 'version' = signed.version AND body ->> 'id' = signed.signature
        AND body ->> 'sha256' = signed.sha256 AND book.who = signed.who
)
ORDER BY place"""


def _of(row: asyncpg.Record, body: Facts) -> Iterator[tuple[str, str, Facts]]:
    new, what = dict(body["new"]), str(body["what"])
    signed = {"signature": body["signature"], "sha256": body["sha256"]}
    if row["kind"] == "deviation_opened":
        about = json.dumps(new["about"], ensure_ascii=False)
        opened = {"opened_by": row["who"], "opened_at": row["at"], "about": about}
        yield "deviation", what, new | opened | signed
        return
    table = "deviation_step" if row["kind"] in _STEPS else "batch_release"
    if row["kind"] == "batch_reviewed":
        table = "batch_review"
    key = f"{what} {new.pop('number')}"
    yield table, key, new | {"done_at": row["at"], "who": row["who"], "comment": body["reason"]} | signed


_SHAPE = Shape(_LINES, _STORED, _of)


async def check_reviews(connection: Connection, wrong: set[tuple[str, int]]) -> AsyncGenerator[Finding, None]:
    """Compare deviations, reviews and releases with the book.

    Args:
        connection: in a transaction.
        wrong: lines of the book, by chain and number, that are not to be believed.

    Yields:
        What is wrong: rows that differ from their lines, then signatures that are not there.
    """
    async for finding in check_kept(connection, wrong, _SHAPE):
        yield finding
    for row in await connection.fetch(_UNSIGNED, timeout=SLOW_S):
        yield found(Wrong.ROW_UNSIGNED, row["place"])
