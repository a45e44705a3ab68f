"""What went on in the zones at a time that is over, as persons said it and the plant of that time did before them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from alarms.events import SetOccupancy
from config.model import Occupancy
from monitor.store.catalog import Snapshot
from monitor.store.database import Connection
from monitor.store.force import Force


@dataclass(frozen=True, slots=True)
class Stay:
    """What went on in a zone from `since` to `until`."""

    since: datetime
    until: datetime
    occupancy: Occupancy


async def said_of_zones(connection: "Connection | Snapshot", before: datetime) -> list[SetOccupancy]:
    """Read what persons have said of any zone before a time, in order."""
    found = await connection.fetch(
        "SELECT at, who, body ->> 'zone' AS zone, body ->> 'occupancy' AS what, body ->> 'reason' AS reason FROM book"
        " WHERE kind = 'occupancy' AND at < $1 ORDER BY at, seq",
        before,
    )
    return [
        SetOccupancy(row["at"], row["zone"], Occupancy(row["what"]), row["who"], row["reason"])
        for row in found
    ]


def pieces(
    forces: Sequence[Force], channel_id: str, said: Collection[SetOccupancy], start: datetime, end: datetime
) -> Iterator[tuple[Force, Stay]]:
    """Cut a time into pieces under one version of the plant and one occupancy of a channel's zone.

    Times in which no version knew the channel are left out.
    """
    for force in forces:
        since, until = max(force.since or start, start), min(force.until or end, end)
        zone = _zone_of(force, channel_id)
        if since >= until or zone is None:
            continue
        own = [one for one in said if one.zone == zone]
        cuts = sorted({since, *(one.at for one in own if since < one.at < until), until})
        for begin, over in pairwise(cuts):
            yield force, Stay(begin, over, _at(own, begin, force.occupancy, zone))


def stays(cut: Collection[tuple[Force, Stay]]) -> list[Stay]:
    """Join pieces of the same occupancy that follow on one another."""
    joined: list[Stay] = []
    for _, one in cut:
        last = joined[-1] if joined else None
        if last is not None and last.until == one.since and last.occupancy is one.occupancy:
            joined[-1] = replace(last, until=one.until)
        else:
            joined.append(one)
    return joined


def _zone_of(force: Force, channel_id: str) -> str | None:
    series = force.device.get("series", ())
    zones = (one["zone"] for row in series for one in row["channels"] if one["id"] == channel_id)
    return next(zones, None)


def _at(own: Sequence[SetOccupancy], at: datetime, plants: Mapping[str, str], zone: str) -> Occupancy:
    latest = next((one.occupancy for one in reversed(own) if one.at <= at), None)
    # A version that was written before zones had an occupancy says nothing of it.
    return latest or Occupancy(plants.get(zone) or Occupancy.IN_OPERATION)
