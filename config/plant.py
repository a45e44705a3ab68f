"""The nouns of the building, and the Plant that holds everything.

Frozen and without behaviour, as those of `model.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from config.batches import Levels, Product, Readiness
from config.duty import Duty
from config.model import Channel, Device, Grade, Occupancy, Series, Text
from config.rules import Derived, Guidance, Limit, Network, Protection, Ruleset, Suppression
from config.sampling import Position, Shift


class LineMode(StrEnum):
    """The two ways of working: which background surrounds the open product."""

    C_ISOLATOR = "c_isolator"
    B_CABINET = "b_cabinet"


@dataclass(frozen=True, slots=True)
class Workshop:
    """A part of the plant with its own air handling."""

    id: str
    label: Text


@dataclass(frozen=True, slots=True)
class Line:
    """One production line; `tower` is the device that shows its alarms on the floor ("" if it has none)."""

    id: str
    workshop: str
    mode: LineMode
    product: str
    label: Text
    tower: str = ""


@dataclass(frozen=True, slots=True)
class Zone:
    """A room or an enclosure with a grade; `line` is "" for what the lines of a workshop share.

    Attributes:
        rulesets: ids of the rulesets that hold there; of several figures the strictest counts.
        occupancy: what goes on there until a person says otherwise.
    """

    id: str
    workshop: str
    line: str
    grade: Grade
    label: Text
    rulesets: tuple[str, ...] = ()
    occupancy: Occupancy = Occupancy.IN_OPERATION


@dataclass(frozen=True, slots=True)
class Edge:
    """Where air flows from one zone to another: by how much, `channel` says; below zero it flows back.

    Attributes:
        channel: a pressure difference in Pa.
        higher: the zone that is kept above.
        lower: the zone that the air flows to.
    """

    channel: str
    higher: str
    lower: str


@dataclass(frozen=True, slots=True)
class Plant:
    """The whole plant as loaded. `sha256` names exactly what was loaded, profiles included.

    Attributes:
        cascade: the pressure cascade, an edge for each difference that is measured.
        validated: the plant makes product for people: a register that nobody has verified is refused at load.
        duty: who is called, and how.
        positions: where microbes are sampled, by id.
        shifts: of every day, the first one first; (): they are numbered only.
        products: what is made, by id.
        readiness: what must be so before a batch begins, by id.
        review: by how many persons a batch is reviewed.
    """

    id: str
    label: Text
    time_zone: str
    communication_delay_s: float
    workshops: Mapping[str, Workshop]
    lines: Mapping[str, Line]
    zones: Mapping[str, Zone]
    devices: Mapping[str, Device]
    series: Mapping[str, Series]
    channels: Mapping[str, Channel]
    limits: tuple[Limit, ...]
    sha256: str
    validated: bool = False
    rulesets: Mapping[str, Ruleset] = field(default_factory=dict)
    derived: Mapping[str, Derived] = field(default_factory=dict)
    suppressions: Mapping[str, Suppression] = field(default_factory=dict)
    networks: Mapping[str, Network] = field(default_factory=dict)
    guidance: tuple[Guidance, ...] = ()
    protections: Mapping[str, Protection] = field(default_factory=dict)
    cascade: tuple[Edge, ...] = ()
    duty: Duty = field(default_factory=Duty)
    products: Mapping[str, Product] = field(default_factory=dict)
    readiness: Mapping[str, Readiness] = field(default_factory=dict)
    review: Levels = field(default_factory=Levels)
    positions: Mapping[str, Position] = field(default_factory=dict)
    shifts: tuple[Shift, ...] = ()
