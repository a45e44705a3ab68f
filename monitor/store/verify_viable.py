"""Holds the plates, and every step of their lives, against the lines of the book that say them."""

from collections.abc import Iterator

import asyncpg

from monitor.store.verify_kept import Facts, Shape
from monitor.store.viable import PLANNED, STEP

# jsonb writes one value in one way: what is nested is compared as that text.
_LINES = f"""
SELECT chain, seq, at, kind, who, body, body #>> '{{new,plan}}' AS plan, body #>> '{{new,facts}}' AS facts
FROM book WHERE kind IN ('{PLANNED}', '{STEP}') ORDER BY at, chain, seq"""  # noqa: S608 - our own words
_STORED = {
    "viable_sample": "SELECT number AS key, code, position, place, zone, grade, kind, batch, stage, occasion, turn,"
    " planned_at, planned_by, plan::text AS plan FROM viable_sample",
    "viable_step": "SELECT sample || '/' || number AS key, state, at AS done_at, who, facts::text AS facts, reason,"
    " signature, sha256 FROM viable_step",
}


def _of(row: asyncpg.Record, body: Facts) -> Iterator[tuple[str, str, Facts]]:
    new = dict(body["new"])
    number = str(new.pop("number"))
    if row["kind"] == PLANNED:
        yield "viable_sample", number, new | {"planned_by": row["who"], "plan": row["plan"]}
        return
    said = {"done_at": row["at"], "who": row["who"], "reason": body["reason"], "facts": row["facts"]}
    yield "viable_step", f"{new.pop('sample')}/{number}", new | said


VIABLE = Shape(_LINES, _STORED, _of)
