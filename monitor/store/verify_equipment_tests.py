"""Holds the tests of equipment, and which of them another person has confirmed, against the lines that say so."""

from collections.abc import Iterator

import asyncpg

from monitor.store.verify_kept import Facts, Shape

_LINES = """
SELECT chain, seq, at, kind, who, body FROM book WHERE kind IN ('equipment_test', 'equipment_test_confirmed')
ORDER BY at, chain, seq"""
_STORED = {
    "equipment_test": "SELECT number AS key, kind, equipment, at AS done_at, outcome, value, unit, load, of, batch,"
    " cycle_no, note, noted_by, noted_at FROM equipment_test",
    "equipment_test_confirmed": "SELECT number AS key, confirmed_by, confirmed_at FROM equipment_test_confirmed",
}


def _of(row: asyncpg.Record, body: Facts) -> Iterator[tuple[str, str, Facts]]:
    new = dict(body["new"])
    key = str(new.pop("number"))
    if row["kind"] == "equipment_test":
        facts = new | {"done_at": new.pop("at")}
        yield "equipment_test", key, facts | {"noted_by": row["who"], "noted_at": row["at"]}
    else:
        yield "equipment_test_confirmed", key, {"confirmed_by": row["who"], "confirmed_at": row["at"]}


EQUIPMENT_TESTS = Shape(_LINES, _STORED, _of)
