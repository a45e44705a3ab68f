"""How a person looks for alarms of the past: by words, place and level, a page at a time."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Annotated, TypeAlias

from fastapi import Depends, Query
from pydantic import StringConstraints

from config.model import Text
from config.plant import Plant
from config.rules import Level
from monitor.server.asked import moment
from monitor.server.refusal import Refusal
from monitor.server.service import Here
from monitor.store.history import Sought

WORDS_MAX = 10

# No NUL: PostgreSQL cannot keep one, and would look as if it were down.
_ID = r"^[^\x00]*$"
Id: TypeAlias = Annotated[str, StringConstraints(max_length=200, pattern=_ID)]


def _sought(
    here: Here,
    *,
    text: Annotated[
        str,
        Query(max_length=200, pattern=_ID, description="words that must all be found, in either language"),
    ] = "",
    zone: Annotated[str, Query(max_length=200, pattern=_ID)] = "",
    channel: Annotated[list[Id], Query(max_length=40)] = [],  # noqa: B006 - FastAPI copies it
    level: Annotated[list[Level], Query(max_length=3)] = [],  # noqa: B006 - FastAPI copies it
    after: Annotated[
        str, Query(max_length=260, pattern=_ID, description="`next` of the page before this one")
    ] = "",
) -> Sought:
    """Check what is looked for.

    Raises:
        Refusal: 422, `after` is not from a page of ours.
    """
    plant = here.settings.plant
    places = places_in(plant, zone) if zone else None
    if channel:
        places = [one for one in channel if places is None or one in places]
    return Sought(
        words=text.split()[:WORDS_MAX],
        names=dict(names_of(plant)) if text.strip() else {},
        levels=level or None,
        places=places,
        after=_mark(after) if after else None,
    )


Looked: TypeAlias = Annotated[Sought, Depends(_sought)]
"""What is looked for, in a route's arguments."""


def mark_of(raised_at: datetime, alarm: str) -> str:
    """Write where a page ends."""
    return f"{raised_at.isoformat()} {alarm}"


def _mark(written: str) -> tuple[datetime, str]:
    at, _, alarm = written.partition(" ")
    raised_at = moment(at)
    if raised_at is None:
        raise Refusal(422, Text(en="after is not the end of a page.", zh="after 不是有效的分页位置。"))
    return raised_at, alarm


def names_of(plant: Plant) -> Iterator[tuple[str, str]]:
    """Yield each place of a plant where an alarm may stand, and what it is called, in both languages."""
    zones = {
        zone.id: " ".join((zone.id, zone.line or "", zone.workshop, zone.label.en, zone.label.zh))
        for zone in plant.zones.values()
    }
    for device in plant.devices.values():
        yield device.id, f"{device.label.en} {device.label.zh} {zones[device.zone]}"
    for channel in plant.channels.values():
        yield channel.id, f"{channel.model.label.en} {channel.model.label.zh} {zones[channel.zone]}"
    for derived in plant.derived.values():
        yield derived.id, f"{derived.label.en} {derived.label.zh} {zones[derived.zone]}"


def places_in(plant: Plant, zone: str) -> Collection[str]:
    """Return the ids of the devices that stand in a zone, and of the channels that measure in it."""
    everything = (plant.devices, plant.channels, plant.derived)
    return {one.id for kind in everything for one in kind.values() if one.zone == zone}
