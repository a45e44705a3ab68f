"""How often something grows at all: recovery rates by zone and kind, beside what USP <1116> suggests. Pure.

The chapter speaks of classes of ISO 14644-1; a grade stands here for its class in operation. Its figures are
suggestions for a first look at trends, no limits.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from config.model import Grade, Text
from config.plant import LineMode, Plant
from config.sampling import SampleKind

SOURCE = Text(
    "USP <1116>, Table 3, suggested initial recovery rates; typed from a secondary print",
    "USP <1116> 表3 建议的初始检出率；录自二手资料",
)


@dataclass(frozen=True, slots=True)
class Room:
    """A row of USP <1116> Table 3; all four kinds of sample have the same figure.

    Attributes:
        below_percent: fewer of all samples than this should show growth.
    """

    label: Text
    below_percent: float


ISOLATOR = Room(Text("isolator or closed RABS (ISO 5 or better)", "隔离器或封闭式RABS（ISO 5或更优）"), 0.1)
ISO_5 = Room(Text("ISO 5", "ISO 5"), 1.0)
ISO_7 = Room(Text("ISO 7", "ISO 7"), 5.0)
ISO_8 = Room(Text("ISO 8", "ISO 8"), 10.0)
ROOMS: Mapping[Grade, Room] = {Grade.A: ISO_5, Grade.B: ISO_7, Grade.C: ISO_8}
"""Grade -> its class in operation, as Annex 1's particle figures have it. Grades D and CNC have none."""


@dataclass(frozen=True, slots=True)
class RecoveryRate:
    """How many of the samples of one zone and kind show growth.

    Attributes:
        taken: samples that were read, and not rejected.
        grown: those of them with one colony or more.
        percent: `grown` of `taken`.
        room: what it is compared with; None: the chapter has no such room.
        is_above: it is not below what is suggested.
    """

    zone: str
    kind: SampleKind
    taken: int
    grown: int
    percent: float
    room: Room | None
    is_above: bool


def room_of(plant: Plant, zone_id: str) -> Room | None:
    """Say which row of the table a zone of the plant belongs to."""
    zone = plant.zones.get(zone_id)
    if zone is None:
        return None
    line = plant.lines.get(zone.line)
    if zone.grade is Grade.A and line is not None and line.mode is LineMode.C_ISOLATOR:
        return ISOLATOR
    return ROOMS.get(zone.grade)


def rate(plant: Plant, zone: str, kind: SampleKind, taken: int, grown: int) -> RecoveryRate:
    """Reckon one rate from what was counted.

    Args:
        plant: says whether the zone is an isolator.
        zone: its id.
        kind: of the plates.
        taken: how many were read and not put aside; not 0.
        grown: those of them with one colony or more.
    """
    room, percent = room_of(plant, zone), 100 * grown / taken
    return RecoveryRate(
        zone, kind, taken, grown, percent, room, room is not None and percent >= room.below_percent
    )
