"""The demo's register: a few instruments are due soon, none is overdue, and what somebody has typed in stays."""

from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import asyncpg

from monitor.calibration import InstrumentState, Register, measuring
from monitor.demo_register import made_up, make_register
from monitor.store.instruments import read_register
from tests.loaded import loaded

DEMO = Path(__file__).parents[2] / "config" / "plants" / "demo"
NOW = datetime(2026, 3, 2, 8, 15, tzinfo=UTC)
TODAY = date(2026, 3, 2)


async def test_a_few_are_due_soon_and_none_is_overdue(database_url: str) -> None:
    plant = loaded(DEMO)
    await make_register(database_url, plant, NOW)
    await make_register(database_url, plant, NOW.replace(year=2027))
    connection = await asyncpg.connect(database_url)
    register: Register = await read_register(connection)
    lines = await connection.fetchval("SELECT count(*) FROM book WHERE kind LIKE 'instrument%'")
    await connection.close()
    states = Counter(register.state(one, TODAY) for one in measuring(plant))
    assert states[InstrumentState.DUE_IN_1_MONTH] == 1
    assert states[InstrumentState.DUE_IN_3_MONTHS] == 2
    assert states[InstrumentState.IN_ORDER] == states.total() - 3 > 40
    assert lines == 2 * states.total(), "it is filled once"
    assert {len(register.history(one)) for one in measuring(plant)} == {1}


def test_it_says_that_it_is_made_up() -> None:
    for facts in made_up(loaded(DEMO), TODAY):
        assert facts.serial.startswith("DEMO-")
        assert facts.certificate.startswith("DEMO-")
