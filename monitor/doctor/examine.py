"""Looks at everything, in the order in which a reading meets it."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from config.plant import Plant
from monitor.doctor.batches import batches, font
from monitor.doctor.collector import collector, health_of
from monitor.doctor.database import database
from monitor.doctor.finding import Finding, Weight, lines
from monitor.doctor.host import certificates, clock, disk, journal
from monitor.doctor.ways import ways


async def examine(
    plant: Plant, data: Path, database_url: str, environment: Mapping[str, str], at: datetime
) -> list[Finding]:
    """Look at this machine, the collector that runs in a data folder, and the database. Nothing is changed.

    Args:
        plant: as loaded.
        data: the collector's data folder.
        database_url: "": none is configured.
        environment: where keys and passwords may stand.
        at: now.
    """
    here = [
        clock(),
        disk(data),
        journal(plant, data, environment),
        *certificates(plant, data, environment, at),
        *ways(plant, data, environment),
        font(),
        *batches(plant),
    ]
    return [*here, *collector(health_of(data)), *await database(database_url, plant, data, environment, at)]


def report(findings: list[Finding]) -> Iterator[str]:
    """Write the findings for a person, how many are to be mended, and how many a young installation has before it."""
    yield from (lines(one) for one in findings)
    count = sum(one.weight is Weight.MEND for one in findings)
    yield f"\n{count} to mend · {count}项待处理" if count else "\nNothing to mend. 无待处理项。"
    young = sum(one.weight is Weight.SOON for one in findings)
    if young:
        yield f"{young} still to be done by the day named above · {young}项须在上述日期前完成"
