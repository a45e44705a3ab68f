"""Walks lines of the book and rows of a table side by side, by what both call the same; neither is held whole."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import asyncpg

from monitor.store.database import Connection
from monitor.store.verify_book import LINES_AT_ONCE, SLOW_S


async def side_by_side(
    connection: Connection, said: str, stored: str
) -> AsyncIterator[tuple[str, Sequence[asyncpg.Record], Sequence[asyncpg.Record]]]:
    """Yield each id with its lines and its rows, either of which may be none.

    Args:
        connection: in a transaction.
        said: asks for lines, with a column `id`, in the order of its bytes.
        stored: asks for rows, likewise.
    """
    lines = _by_id(connection.cursor(said, prefetch=LINES_AT_ONCE, timeout=SLOW_S))
    rows = _by_id(connection.cursor(stored, prefetch=LINES_AT_ONCE, timeout=SLOW_S))
    next_lines, next_rows = await anext(lines, None), await anext(rows, None)
    while next_lines or next_rows:
        id_ = min(one[0] for one in (next_lines, next_rows) if one)
        some_lines: Sequence[asyncpg.Record] = []
        some_rows: Sequence[asyncpg.Record] = []
        if next_lines and next_lines[0] == id_:
            some_lines, next_lines = next_lines[1], await anext(lines, None)
        if next_rows and next_rows[0] == id_:
            some_rows, next_rows = next_rows[1], await anext(rows, None)
        yield id_, some_lines, some_rows


async def _by_id(rows: Any) -> AsyncIterator[tuple[str, list[asyncpg.Record]]]:  # noqa: ANN401 - asyncpg's cursor
    """Gather what follows one another with the same id."""
    gathered: list[asyncpg.Record] = []
    async for row in rows:
        if gathered and gathered[0]["id"] != row["id"]:
            yield gathered[0]["id"], gathered
            gathered = []
        gathered.append(row)
    if gathered:
        yield gathered[0]["id"], gathered
