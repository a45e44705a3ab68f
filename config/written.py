"""The plant as it is written in YAML: what may stand where, and what it means.

The descriptions are shown by an editor (`config.schema`) and by the loader when something is missing or wrong, so each
says what to write. Nothing here looks beyond its own row; `references.py` and `limits.py` compare rows.
"""

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict, model_validator

from config import model

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
    mode: Annotated[model.LineMode, Strict(strict=False)] = Field(
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
    grade: Annotated[model.Grade, Strict(strict=False)] = Field(description="A, B, C, D or CNC")
    label: WrittenText = Field(description="its name on screens, for example {en: Core room, zh: 核心操作间}")

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


class WrittenBounds(Written):
    """What is permitted: a value on the bound passes."""

    low: Number | None = Field(default=None, description="the lowest permitted value, in the channel's unit")
    high: Number | None = Field(
        default=None, description="the highest permitted value, in the channel's unit"
    )

    @model_validator(mode="after")
    def _is_a_band(self) -> "WrittenBounds":
        if self.low is None and self.high is None:
            raise ValueError("has neither bound; write low, high or both")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError(
                f"low {self.low:g} is not below high {self.high:g}; write them the other way round"
            )
        return self


class WrittenDelays(Written):
    """A delay for each level; a single number stands for both."""

    alert: Seconds = Field(description="seconds, for the alert level")
    action: Seconds = Field(description="seconds, for the action level")


def _both_levels(delay: object) -> object:
    return delay if isinstance(delay, dict) else {"alert": delay, "action": delay}


Delays: TypeAlias = Annotated[
    WrittenDelays,
    BeforeValidator(_both_levels, json_schema_input_type=Seconds | WrittenDelays),
]


Pattern: TypeAlias = Annotated[
    str, Field(max_length=130, pattern=r"^[A-Za-z0-9_.*-]+/[A-Za-z0-9_.*-]+$", description="<device>/<key>")
]


def _as_list(one: object) -> object:
    return one if isinstance(one, list) else [one]


Patterns: TypeAlias = Annotated[
    list[Pattern],
    Field(min_length=1, max_length=100),
    BeforeValidator(_as_list, json_schema_input_type=Pattern | list[Pattern]),
]


class WrittenLimit(Written):
    """What is permitted on a channel, or on every channel that one of several patterns with * matches."""

    channel: Patterns = Field(
        description="<device>/<key>, where * stands for anything, for example HCI-STM-L1/ch*_temp; or a list of them"
    )
    unit: Unit = Field(description="the channel's unit, repeated so that the figures cannot be misread")
    alert: WrittenBounds | None = Field(
        default=None, description="the alert level, for example {low: 30, high: 70}"
    )
    action: WrittenBounds | None = Field(
        default=None, description="the action level, for example {low: 20, high: 90}"
    )
    deadband: Annotated[Number, Field(ge=0)] = Field(
        description="how far inside the bound a value must be before the alarm may clear, in the channel's unit"
    )
    on_delay_s: Delays = Field(
        description="seconds outside before the alarm is raised: a number, or {alert: 1, action: 0}"
    )
    off_delay_s: Delays = Field(
        description="seconds inside before the alarm clears: a number, or {alert: 5, action: 5}"
    )
    rationale: Prose = Field(description="why these figures and delays, for QA (Annex 1 4.16)")

    @model_validator(mode="after")
    def _has_a_level(self) -> "WrittenLimit":
        if self.alert is None and self.action is None:
            raise ValueError("has no level; write alert, action or both")
        return self


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
    limits: list[WrittenLimit] = Field(default=[], description="what is permitted")


class WrittenHead(Written):
    """What stands once in a plant, whichever file it stands in."""

    plant: Id
    label: WrittenText
    time_zone: Words
    communication_delay_s: Seconds
    validated: bool = False
