"""The demo's plates: those of today are to be laid open, and some of three days ago are in the incubator, to be read.

They are made up and say so; what is read, verified and approved is left to whoever tries the demo.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from config.plant import Plant
from config.sampling import SampleKind
from monitor.records.plates.plan import ShiftOfDay, planned
from monitor.store.database import Connection, close, connect
from monitor.store.people import By
from monitor.store.viable import Draft, Sample, State, Step, add_step, plan_samples

REASON = "made up for the demo / 演示数据，非真实平皿"
BY = "gradewatch demo"
LOT = "DEMO"
AGO = timedelta(days=3)
READABLE = 6
"""So many lie in the incubator."""


async def make_plates(database_url: str, plant: Plant, now: datetime) -> None:
    """Plan the plates of today and, where there are none at all, put some of an earlier day into the incubator.

    Raises:
        DatabaseError: the database cannot be reached, or refuses.
    """
    connection = await connect(database_url)
    try:
        async with connection.transaction():
            day = now.astimezone(ZoneInfo(plant.time_zone)).date()
            is_first = not await connection.fetchval("SELECT EXISTS (SELECT FROM viable_sample)")
            if is_first:
                # Of the shift alone: those of the week are this week's.
                shift = ShiftOfDay(day - AGO)
                earlier = [one for one in planned(plant, shift) if _is_readable(one, shift)]
                by = By(now - AGO, BY, "", REASON)
                for sample in await plan_samples(connection, by, earlier[:READABLE]):
                    await _incubate(connection, sample, now)
            await plan_samples(connection, By(now, BY, "", REASON), planned(plant, ShiftOfDay(day)))
    finally:
        await close(connection)


def _is_readable(draft: Draft, shift: ShiftOfDay) -> bool:
    """Say whether a plate of a shift is ready to be read when it was over so long ago."""
    incubation = draft.plan.incubation
    return (
        draft.occasion == f"{shift.day}/{shift.number}"
        and len(incubation) == 1
        and incubation[0].days_min < AGO.days
    )


async def _incubate(connection: Connection, sample: Sample, now: datetime) -> None:
    for step in _taken(sample, now):
        sample = await add_step(connection, By(step.at, BY, "", REASON), sample, step)


def _taken(sample: Sample, now: datetime) -> Iterator[Step]:
    laid, closed = now - AGO, now - AGO + timedelta(minutes=10)
    facts: dict[str, str | float] = {"from": laid.isoformat(), "until": closed.isoformat()}
    if sample.draft.kind is SampleKind.ACTIVE_AIR:
        facts |= {"volume_l": sample.draft.plan.volume_l or 1000.0}
    yield Step(State.EXPOSED, closed, BY, facts, REASON)
    yield Step(State.INCUBATING, closed + timedelta(minutes=10), BY, {"step": 1, "lot": LOT}, REASON)
