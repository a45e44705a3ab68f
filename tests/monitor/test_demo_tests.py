"""The demo's tests of equipment: a batch can begin on every line, and what somebody has noted stays."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg

from monitor.demo_register import make_register
from monitor.demo_tests import REASON, make_tests
from monitor.records.readiness import Live, NotReadyKind, not_ready
from monitor.store.equipment_tests import EquipmentOutcome, note_test, read_tests, read_tests_of
from monitor.store.instruments import read_register
from monitor.store.people import By
from tests.loaded import loaded

DEMO = Path(__file__).parents[2] / "config" / "plants" / "demo"
NOW = datetime(2026, 3, 2, 8, 15, tzinfo=UTC)


async def test_every_line_is_ready_and_what_was_noted_lately_is_left(database_url: str) -> None:
    plant = loaded(DEMO)
    await make_register(database_url, plant, NOW)
    for _ in range(2):
        await make_tests(database_url, plant, NOW)
    connection = await asyncpg.connect(database_url)
    equipment = [one.equipment for one in plant.readiness.values()]
    tests = await read_tests_of(connection, equipment, NOW)
    assert len(tests) == len({(one.facts.kind, one.facts.equipment) for one in tests}), "each once"
    assert {one.facts.note for one in tests} == {REASON}
    # As the simulators begin: nothing is under way, and the last cycle passed.
    values = {one.channel: min(one.states) for one in plant.readiness.values() if one.channel}
    live, register = Live(values, frozenset(plant.devices)), await read_register(connection)
    for line in plant.lines:
        assert not_ready(plant, line, live, register, tests, at=NOW) == [], line
    failed = next(one.facts for one in tests if one.facts.kind == "glove")
    later = NOW + timedelta(days=1)
    by = By(later, "li", "engineer", "", "people-x")
    facts = type(failed)(failed.kind, failed.equipment, later, EquipmentOutcome.FAILED)
    await note_test(connection, by, facts)
    await make_tests(database_url, plant, later)
    of = [
        one
        for one in await read_tests(connection, NOW, later + timedelta(seconds=1))
        if one.facts.kind == "glove"
    ]
    assert [one.facts.outcome for one in of if one.facts.equipment == failed.equipment] == [
        EquipmentOutcome.FAILED
    ]
    lacks = [one for line in plant.lines for one in not_ready(plant, line, live, register, of, at=later)]
    assert NotReadyKind.TEST in {one.kind for one in lacks}
    await connection.close()
