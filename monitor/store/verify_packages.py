"""Holds the packages that were made against the lines of the book that say so."""

from collections.abc import Iterator

import asyncpg

from monitor.store.verify_kept import Facts, Shape

_LINES = (
    "SELECT chain, seq, at, kind, who, body FROM book WHERE kind = 'package_made' ORDER BY at, chain, seq"
)
_STORED = {"package": "SELECT number AS key, batch, made_by, made_at, sha256, bytes FROM package"}


def _of(row: asyncpg.Record, body: Facts) -> Iterator[tuple[str, str, Facts]]:
    new = dict(body["new"])
    key = str(new.pop("number"))
    yield "package", key, new | {"batch": body["what"], "made_by": row["who"], "made_at": row["at"]}


PACKAGES = Shape(_LINES, _STORED, _of)
