"""The demo's tests of equipment: whatever a batch needs was tested lately, so that one can begin.

Every one is made up and says so; nobody has tested anything, and nobody has confirmed it.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from config.batches import EquipmentTest, Readiness, ReadinessKind
from config.plant import Plant
from monitor.store.database import close, connect
from monitor.store.equipment_tests import (
    EquipmentFacts,
    EquipmentOutcome,
    NotedTest,
    confirm_test,
    note_test,
    read_tests_of,
)
from monitor.store.people import By

REASON = "made up for the demo / 演示数据，非真实测试"
NOTED_BY, CONFIRMED_BY = "gradewatch demo", "gradewatch demo (second)"
AGO = timedelta(hours=1)
LEAKS = {
    EquipmentTest.GLOVE: (0.4, "Pa/min"),
    EquipmentTest.LEAK: (0.3, "Pa/min"),
    EquipmentTest.FILTER: (0.002, "%"),
}
"""What is measured, as it might be."""


def made_up(plant: Plant, known: Sequence[NotedTest], now: datetime) -> Iterator[EquipmentFacts]:
    """Give a passed test of whatever a batch needs tested and nobody has tested lately."""
    for asked in plant.readiness.values():
        if asked.kind is not ReadinessKind.TEST or asked.test not in LEAKS:
            continue
        if not any(_is_lately(asked, one, now) for one in known):
            value, unit = LEAKS[asked.test]
            yield EquipmentFacts(
                asked.test, asked.equipment, now - AGO, EquipmentOutcome.PASSED, value, unit, note=REASON
            )


async def make_tests(database_url: str, plant: Plant, now: datetime) -> None:
    """Note and confirm them; what a person has noted lately, be it a failed one, stands.

    Raises:
        DatabaseError: the database cannot be reached, or refuses.
    """
    connection = await connect(database_url)
    try:
        async with connection.transaction():
            equipment = sorted({one.equipment for one in plant.readiness.values() if one.equipment})
            known = await read_tests_of(connection, equipment, now)
            for facts in made_up(plant, known, now):
                number = await note_test(connection, By(now, NOTED_BY, "", REASON), facts)
                await confirm_test(connection, By(now, CONFIRMED_BY, "", REASON), number)
    finally:
        await close(connection)


def _is_lately(asked: Readiness, one: NotedTest, now: datetime) -> bool:
    """Say whether it was done in the first half of the time for which it holds: then it holds for a while yet."""
    if (one.facts.kind, one.facts.equipment) != (asked.test, asked.equipment):
        return False
    return asked.within_s is None or now - one.facts.at < timedelta(seconds=asked.within_s / 2)
