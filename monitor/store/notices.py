"""Keeps the table of notices: each line of the book that speaks of one, in the transaction that appends it."""

from collections.abc import Sequence

from monitor.store import chain as hashes
from monitor.store.book import BookEntry
from monitor.store.database import Connection

NOTICE, RESULT, RECEIPT = "notice", "notice_result", "receipt"

_TOLD = """
INSERT INTO notice (chain, key, at, judged_at, kind, person, way, step, alarms, because)
SELECT $1, b ->> 'key', (b ->> 'at')::timestamptz, $3, b ->> 'kind', b ->> 'person', b ->> 'way', (b ->> 'step')::int,
       b -> 'alarms', b ->> 'because'
FROM (SELECT $2::jsonb AS b) AS line
ON CONFLICT (chain, key) DO NOTHING"""
_ENDED = """
UPDATE notice SET outcome = b ->> 'outcome', tries = b -> 'tries', ended_at = (b ->> 'at')::timestamptz,
                  detail = b ->> 'detail', stored_at = (b ->> 'stored_at')::timestamptz
FROM (SELECT $2::jsonb AS b) AS line
WHERE chain = $1 AND key = b ->> 'key' AND ended_at IS NULL"""
_RECEIVED = """
UPDATE notice SET receipt_at = (b ->> 'at')::timestamptz, receipt_by = b ->> 'who'
FROM (SELECT $2::jsonb AS b) AS line
WHERE chain = $1 AND key = b ->> 'key' AND receipt_at IS NULL"""


async def keep_notices(connection: Connection, chain: str, lines: Sequence[BookEntry]) -> None:
    """Let the table follow lines of a chain. Of what is said of one notice twice, the first counts.

    Args:
        connection: in the transaction that appends them.
        chain: whose lines they are.
        lines: in their order; those of other kinds are passed over.
    """
    for kind, statement in ((NOTICE, _TOLD), (RESULT, _ENDED), (RECEIPT, _RECEIVED)):
        some = [one for one in lines if one.kind == kind]
        if some:
            times = [(one.at,) if kind == NOTICE else () for one in some]
            bodies = [hashes.canonical(one.body) for one in some]
            asked = [(chain, body, *at) for body, at in zip(bodies, times, strict=True)]
            await connection.executemany(statement, asked)
