"""The demo's register of instruments: everything calibrated and qualified, a few things due soon, nothing overdue.

Every entry is made up and says so; nobody has calibrated anything, and nobody has confirmed it.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from config.plant import Plant
from monitor.calibration import Category, Facts, measuring
from monitor.store.database import close, connect
from monitor.store.instruments import confirm_entry, note_entry, read_register
from monitor.store.people import By

REASON = "made up for the demo / 演示数据，非真实校准"
NOTED_BY, CONFIRMED_BY = "gradewatch demo", "gradewatch demo (second)"
SOON_DAYS = (24, 52, 75)
"""So many days are left to the first instruments; the others have months."""
YEAR = timedelta(days=365)


def made_up(plant: Plant, today: date) -> Iterator[Facts]:
    """Give an entry for every instrument of a plant."""
    for number, instrument in enumerate(measuring(plant)):
        left = SOON_DAYS[number] if number < len(SOON_DAYS) else 120 + number * 37 % 240
        due_on = today + timedelta(days=left)
        calibrated_on = due_on - YEAR
        yield Facts(
            instrument=instrument,
            since=calibrated_on,
            category=Category.A,
            serial=f"DEMO-{number + 1:04}",
            certificate=f"DEMO-{calibrated_on:%Y}-{number + 1:04}",
            calibrated_on=calibrated_on,
            due_on=due_on,
            iq_on=calibrated_on - timedelta(days=60),
            oq_on=calibrated_on - timedelta(days=45),
            pq_on=calibrated_on - timedelta(days=20),
            qualified_until=calibrated_on + 3 * YEAR,
        )


async def make_register(database_url: str, plant: Plant, now: datetime) -> None:
    """Fill a register that is empty; one that has anything in it is somebody's.

    Raises:
        DatabaseError: the database cannot be reached, or refuses.
    """
    today = now.astimezone(ZoneInfo(plant.time_zone)).date()
    connection = await connect(database_url)
    try:
        async with connection.transaction():
            if (await read_register(connection)).instruments:
                return
            for facts in made_up(plant, today):
                number = await note_entry(connection, By(now, NOTED_BY, "", REASON), facts)
                await confirm_entry(connection, By(now, CONFIRMED_BY, "", REASON), number, today)
    finally:
        await close(connection)
