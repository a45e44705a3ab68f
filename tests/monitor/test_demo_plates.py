"""The demo's plates: some can be read at once, the others are today's; a second start makes nothing twice."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg

from monitor.demo_plates import BY, READABLE, REASON, make_plates
from monitor.records.plates.due import Todo, due
from monitor.records.plates.life import plate_of, refusal
from monitor.store.verify import verify_in
from monitor.store.viable import State, Step, samples_open
from tests.loaded import loaded

DEMO = Path(__file__).parents[2] / "config" / "plants" / "demo"
NOW = datetime(2026, 3, 2, 8, 15, tzinfo=UTC)


async def test_some_can_be_read_and_those_of_today_are_planned_once(database_url: str) -> None:
    plant = loaded(DEMO)
    for _ in range(2):
        await make_plates(database_url, plant, NOW)
    connection = await asyncpg.connect(database_url)
    plates = [plate_of(one) for one in await samples_open(connection)]
    todos = Counter(due(one).todo for one in plates)
    assert todos[Todo.READ] == READABLE
    assert set(todos) == {Todo.READ, Todo.EXPOSE}
    for plate in plates:
        assert plate.sample.planned_by == BY
        assert {step.reason for step in plate.sample.steps} <= {REASON}, "it says that it is made up"
        if plate.state is State.INCUBATING:
            assert refusal(plate, Step(State.READ, NOW, "li", {"cfu": 0})) is None
    await make_plates(database_url, plant, NOW + timedelta(days=1))
    later = [plate_of(one) for one in await samples_open(connection)]
    assert Counter(due(one).todo for one in later)[Todo.READ] == READABLE, "but once"
    assert len(later) > len(plates), "the next day has its own"
    async with connection.transaction():
        assert (await verify_in(connection, [], lambda *_: None)).findings == ()
    await connection.close()
