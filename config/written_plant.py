"""One file of a plant's folder, as it is written in YAML."""

from typing import Annotated, TypeAlias, TypeVar

from pydantic import Field

from config.written import (
    Id,
    Seconds,
    Words,
    Written,
    WrittenDevice,
    WrittenLine,
    WrittenText,
    WrittenWorkshop,
    WrittenZone,
)
from config.written_batches import WrittenProduct, WrittenReadiness, WrittenReview
from config.written_duty import (
    WrittenDuty,
    WrittenEscalation,
    WrittenPerson,
    WrittenRotation,
    WrittenWay,
)
from config.written_protection import WrittenProtection
from config.written_rules import (
    WrittenDerived,
    WrittenEdge,
    WrittenGuidance,
    WrittenLimit,
    WrittenNetwork,
    WrittenSuppression,
)
from config.written_sampling import WrittenPosition, WrittenShift

ROWS_MAX = 5000
"""Rows of one section of one file, written out."""
REPEATED = (
    "limits",
    "derived",
    "suppressions",
    "networks",
    "guidance",
    "protections",
    "cascade",
    "positions",
    "readiness",
)
"""Sections whose rows may have `each`, or a `device` with *."""

T = TypeVar("T")
Rows: TypeAlias = Annotated[list[T], Field(max_length=ROWS_MAX)]


class WrittenPlant(Written):
    """One file of a plant's folder. The files are merged by key: lists are joined, the others stand once."""

    plant: Id | None = Field(default=None, description="the plant's name in letters, digits and - _ . only")
    label: WrittenText | None = Field(default=None, description="the plant's name on screens, {en: …, zh: …}")
    time_zone: Words | None = Field(default=None, description="IANA name, for example Asia/Shanghai")
    communication_delay_s: Seconds | None = Field(
        default=None,
        description="seconds without a usable answer before a device's communication alarm, for example 10",
    )
    validated: bool | None = Field(
        default=None, description="true for a plant that makes product: no register may be unverified"
    )
    workshops: list[WrittenWorkshop] = Field(default=[], description="the parts of the plant")
    lines: list[WrittenLine] = Field(default=[], description="the production lines")
    zones: list[WrittenZone] = Field(default=[], description="the rooms and enclosures")
    devices: list[WrittenDevice] = Field(default=[], description="what is polled")
    rulesets: list[Id] | None = Field(
        default=None, description="ids of the rulesets that hold, for example [eu_annex1_2022_monitoring]"
    )
    derived: Rows[WrittenDerived] = Field(default=[], description="channels that are reckoned from others")
    limits: Rows[WrittenLimit] = Field(default=[], description="what is permitted")
    suppressions: Rows[WrittenSuppression] = Field(default=[], description="when alarms are hidden by design")
    networks: Rows[WrittenNetwork] = Field(default=[], description="devices behind one switch")
    guidance: Rows[WrittenGuidance] = Field(default=[], description="what a person is told with an alarm")
    protections: Rows[WrittenProtection] = Field(default=[], description="protective actions")
    cascade: Rows[WrittenEdge] = Field(default=[], description="from which zone to which air flows")
    positions: Rows[WrittenPosition] = Field(default=[], description="where microbes are sampled")
    shifts: Annotated[list[WrittenShift], Field(max_length=6)] = Field(
        default=[], description="the shifts of every day, the first one first"
    )
    ways: Rows[WrittenWay] = Field(default=[], description="how people are reached")
    people: Rows[WrittenPerson] = Field(default=[], description="who may be called")
    rotations: Rows[WrittenRotation] = Field(default=[], description="who takes turns at being on call")
    escalations: Rows[WrittenEscalation] = Field(default=[], description="who is called for which alarms")
    duty: WrittenDuty | None = Field(default=None, description="what holds for all that is called")
    products: Rows[WrittenProduct] = Field(default=[], description="what is made in batches")
    readiness: Rows[WrittenReadiness] = Field(default=[], description="what must be so before a batch begins")
    review: WrittenReview | None = Field(default=None, description="by how many persons a batch is reviewed")


class WrittenHead(Written):
    """What stands once in a plant, whichever file it stands in."""

    plant: Id
    label: WrittenText
    time_zone: Words
    communication_delay_s: Seconds
    validated: bool = False
    rulesets: list[Id] | None = None
    duty: WrittenDuty | None = None
    review: WrittenReview | None = None
