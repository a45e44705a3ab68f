"""Closes minutes as a collector does: rolls them up and says until when, for tests of what is read back."""

import json
from datetime import datetime, timedelta

from monitor.store.database import Connection

CHAIN = "closing"


async def close_until(sql: Connection, until: datetime) -> None:
    """Roll up every minute and hour that is over, of all series, and say so."""
    for function, length in (
        ("roll_up_minutes", timedelta(minutes=1)),
        ("roll_up_hours", timedelta(hours=1)),
    ):
        await sql.execute(
            f"SELECT {function}(array_agg(series_id), array_agg(begin)) FROM ("
            "SELECT DISTINCT series_id, date_bin($2, at, 'epoch') AS begin FROM sample) AS touched "
            "WHERE begin + $2 <= $1",
            *(until, length),
        )
    ids = {str(row["id"]): row["name"] for row in await sql.fetch("SELECT id, name FROM series")}
    await sql.execute(
        "INSERT INTO forwarded (chain, seq, sealed_until) VALUES ($1, 0, $2) "
        "ON CONFLICT (chain) DO UPDATE SET sealed_until = excluded.sealed_until",
        *(CHAIN, until),
    )
    # Later than whatever a writer's own chain has said.
    await sql.execute(
        "INSERT INTO book VALUES ($1, 1 + (SELECT count(*) FROM book WHERE chain = $1), 'infinity', 'sealing', "
        "'gradewatch', jsonb_build_object('series', $2::jsonb), '', '')",
        *(CHAIN, json.dumps(ids)),
    )
