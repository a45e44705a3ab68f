"""The figures of a minute, reckoned by the database, against those that a person would reckon from its rows."""

import functools
import json
import operator
from collections import Counter
from typing import TypeAlias

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.store.database import Connection
from tests.store.small import NOON, second

Row: TypeAlias = tuple[list[float | None], list[int | None] | None]

USABLE = {0, 1}
COLUMNS = ("series_id", "at", "source_at", "received_at", "values", "quality", "flags", "reason")
FIGURES = "SELECT n, n_good, min, max, sum, invalid FROM minutes_of($1, $2)"


@st.composite
def minutes(draw: st.DrawFn) -> list[Row]:
    """Rows of one minute: with and without qualities, some wider since a channel was added, some retired."""
    made: list[Row] = []
    for _ in range(draw(st.integers(1, 12))):
        width = draw(st.integers(1, 4))
        values = draw(st.lists(st.none() | st.floats(-1e9, 1e9), min_size=width, max_size=width))
        quality = st.lists(st.sampled_from([0, 1, 2, 6, None]), min_size=width, max_size=width)
        made.append((values, draw(st.none() | quality)))
    return made


def reckoned(rows: list[Row]) -> list[list[float]]:
    """Give the usable values of each place, in the order in which they came."""
    places: list[list[float]] = [[] for _ in range(max(len(values) for values, _ in rows))]
    for values, quality in rows:
        for place, value in enumerate(values):
            if value is not None and (quality is None or quality[place] in USABLE):
                places[place].append(value)
    return places


def causes(rows: list[Row]) -> dict[str, int]:
    """Count the rows without any usable value by the first quality that there is."""
    told = [[one for one in quality if one is not None] for _, quality in rows if quality is not None]
    return dict(Counter(str(one[0]) for one in told if one and USABLE.isdisjoint(one)))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=minutes())
async def test_the_figures_of_a_minute_are_those_that_a_person_would_reckon(
    sql: Connection, rows: list[Row]
) -> None:
    await sql.execute("TRUNCATE sample")
    records = [(1, second(number), None, NOON, *row, 0, None) for number, row in enumerate(rows)]
    await sql.copy_records_to_table("sample", records=records, columns=COLUMNS)
    found = await sql.fetchrow(FIGURES, [1], [NOON])
    places = reckoned(rows)
    assert found is not None
    assert (found["n"], found["n_good"]) == (len(rows), [len(one) for one in places])
    assert found["min"] == [min(one, default=None) for one in places]
    assert found["max"] == [max(one, default=None) for one in places]
    # One after the other, as the database adds: Python's own sum rounds otherwise since 3.12.
    assert found["sum"] == [functools.reduce(operator.add, one) if one else None for one in places]
    assert json.loads(found["invalid"] or "{}") == causes(rows)
