"""The building as it is written in YAML, workshops to devices: what may stand where, and what it means.

The descriptions are shown by an editor (`config.schema`) and by the loader when something is missing or wrong, so each
says what to write. Nothing here looks beyond its own row; `references.py` and others compare rows. What is judged
stands in `written_rules.py`, protective actions in `written_protection.py`, a whole file in `written_plant.py`.
"""

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, Strict, model_validator

from config.model import Grade, Occupancy
from config.plant import LineMode

Id: TypeAlias = Annotated[
    str,
    Field(
        max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", description="letters, digits and - _ . only"
    ),
]
Words: TypeAlias = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"^[^\x00-\x1f\x7f]*$")]
Prose: TypeAlias = Annotated[
    str, Field(min_length=1, max_length=2000, pattern=r"^[^\x00-\x09\x0b-\x1f\x7f]*$")
]
Number: TypeAlias = Annotated[float, Field(allow_inf_nan=False, ge=-1e15, le=1e15)]
Seconds: TypeAlias = Annotated[float, Field(allow_inf_nan=False, ge=0, le=86_400)]
Unit: TypeAlias = Annotated[str, Field(max_length=20, pattern=r"^[^\x00-\x1f\x7f]*$")]
Clock: TypeAlias = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
"""What a wall clock shows."""
Key: TypeAlias = Annotated[str, Field(max_length=64, pattern=r"^[a-z0-9][a-z0-9_]*$")]


class Written(BaseModel):
    """One mapping of a file: no unknown keys, and no guessing of types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class WrittenText(Written):
    """A text that a person reads, in both languages."""

    en: Words = Field(description="the English text")
    zh: Words = Field(description="the Chinese text")


# --- The plant -------------------------------------------------------------------------------------


class WrittenWorkshop(Written):
    """A part of the plant with its own air handling."""

    id: Id = Field(description="the workshop's name in letters, digits and - _ . only, for example STM")
    label: WrittenText = Field(
        description="its name on screens, for example {en: Stem cell workshop, zh: 干细胞车间}"
    )


class WrittenLine(Written):
    """One production line."""

    id: Id = Field(description="the line's name in letters, digits and - _ . only, for example STM-L1")
    workshop: Id = Field(description="the id of a workshop")
    mode: Annotated[LineMode, Strict(strict=False)] = Field(
        description="c_isolator (C background and isolator) or b_cabinet (B background and biosafety cabinet)"
    )
    product: Words = Field(description="what is made there, for example MSC")
    label: WrittenText = Field(description="its name on screens, for example {en: MSC line 1, zh: MSC一号线}")
    tower: Id | None = Field(
        default=None, description="the id of the device that shows the line's alarms on the floor"
    )


class WrittenZone(Written):
    """A room or an enclosure with a grade. It belongs to a line, or to a workshop whose lines share it."""

    id: Id = Field(description="the zone's name in letters, digits and - _ . only, for example STM-L1-CORE")
    line: Id | None = Field(default=None, description="the id of a line, if the zone belongs to one")
    workshop: Id | None = Field(default=None, description="the id of a workshop, if its lines share the zone")
    grade: Annotated[Grade, Strict(strict=False)] = Field(description="A, B, C, D or CNC")
    label: WrittenText = Field(description="its name on screens, for example {en: Core room, zh: 核心操作间}")
    rulesets: list[Id] | None = Field(
        default=None, description="ids of the rulesets that hold here, if not those of the plant"
    )
    occupancy: Annotated[Occupancy, Strict(strict=False)] = Field(
        default=Occupancy.IN_OPERATION,
        description="at_rest or in_operation: what goes on there until a person says otherwise",
    )

    @model_validator(mode="after")
    def _belongs_once(self) -> "WrittenZone":
        if (self.line is None) == (self.workshop is None):
            what = "neither line nor workshop" if self.line is None else "both line and workshop"
            raise ValueError(f"has {what}; write line, or workshop if its lines share the zone")
        return self


class WrittenSecurity(Written):
    """How an OPC UA server is spoken to, always signed and encrypted. A password stands in no file."""

    policy: Literal["Basic256Sha256", "Aes128Sha256RsaOaep", "Aes256Sha256RsaPss"] = Field(
        description="Basic256Sha256, Aes128Sha256RsaOaep or Aes256Sha256RsaPss"
    )
    user: Words | None = Field(default=None, description="who signs in, for example gradewatch")


class WrittenDevice(Written):
    """What answers on one wire. Its line is its zone's line; a device in a shared zone has none."""

    id: Id = Field(description="the device's name in letters, digits and - _ . only, for example ISO-STM-L1")
    profile: Id = Field(description="the name of a profile, for example isolator_s7")
    zone: Id = Field(description="the id of the zone it stands in or measures")
    label: WrittenText = Field(description="its name on screens, for example {en: Isolator, zh: 隔离器}")
    address: Words = Field(
        description="host:port, rtu+tcp://host:port or rtu:/dev/… for Modbus, opc.tcp://host:port/path for OPC UA"
    )
    period_s: Annotated[Seconds, Field(gt=0)] = Field(
        default=1.0, description="seconds between polls, for example 1"
    )
    timeout_s: Annotated[Seconds, Field(gt=0)] = Field(
        default=0.8,
        description="longest wait for one poll in seconds, shorter than period_s, for example 0.8",
    )
    rooms: dict[Key, Id] = Field(default={}, description="for a gateway: room of the profile -> id of a zone")
    settings: dict[Key, Number] = Field(
        default={}, description="how the device must be set, for example {sample_time_s: 6}"
    )
    security: WrittenSecurity | None = Field(
        default=None, description="OPC UA: {policy: Basic256Sha256, user: …}; without it nothing is encrypted"
    )
