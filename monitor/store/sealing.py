"""What a chain says in its book of that which it seals: which series, and which channel stands in which place of them.

Whatever was said once must hold for ever: a series keeps its id, a channel its place and its unit, also where they
have left the plant or gone over to another chain. So it is enough to say anew what was not said last.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from monitor.store.book import BookEntry
from monitor.store.database import Connection

WHO = "gradewatch"

_SAID = """
SELECT said.id::int, said.name
FROM (SELECT body -> 'series' AS series FROM book
      WHERE chain = $1 AND kind = 'sealing' ORDER BY seq DESC LIMIT 1) AS last
CROSS JOIN LATERAL jsonb_each_text(last.series) AS said(id, name)"""
_UNSAID = """
SELECT now.series
FROM (
    SELECT jsonb_object_agg(series.id, jsonb_build_object('device', device, 'records', records, 'channels', (
        SELECT coalesce(jsonb_object_agg(place, jsonb_build_object('id', channel.id, 'unit', unit)), '{}')
        FROM channel WHERE series_id = series.id
    ))) AS series FROM series WHERE id = ANY ($2)
) AS now
WHERE (SELECT body -> 'series' @> now.series FROM book
       WHERE chain = $1 AND kind = 'channels' ORDER BY seq DESC LIMIT 1) IS NOT TRUE"""


async def said_of(connection: Connection, chain: str) -> dict[int, str]:
    """Give which series a chain has said last that it seals: id in the database -> name."""
    return {row["id"]: row["name"] for row in await connection.fetch(_SAID, chain)}


async def unsaid_of(connection: Connection, chain: str, series: Sequence[int]) -> Mapping[str, Any] | None:
    """Give how the channels of some series stand; None if the chain has said so last."""
    now = await connection.fetchval(_UNSAID, chain, series)
    # Of a large plant it is megabytes.
    return None if now is None else await asyncio.to_thread(json.loads, now)


def sealing(series: Mapping[int, str], at: datetime) -> BookEntry:
    """Say which series the seals behind this line cover."""
    return BookEntry(at, "sealing", WHO, {"series": {str(key): series[key] for key in sorted(series)}})


def channels(series: Mapping[str, Any], at: datetime) -> BookEntry:
    """Say which channels stand in which places of some series, and in which units."""
    return BookEntry(at, "channels", WHO, {"series": series})


def opening(since: datetime, at: datetime) -> BookEntry:
    """Say that the clock was set back: minutes from this one on, which may be sealed already, are not over yet."""
    return BookEntry(at, "opening", WHO, {"since": since.astimezone(UTC).isoformat()})
