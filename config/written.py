"""The plant and the profiles as they are written in YAML: what may stand where, and what it means.

The descriptions are shown by an editor (`config.schema`) and by the loader when something is missing or wrong, so each
says what to write. Nothing here looks beyond its own row; `load.py` and `profile.py` compare rows with one another.
"""

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict, WithJsonSchema, model_validator

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
Whole: TypeAlias = Annotated[
    int,
    Field(ge=0, le=65_535),
    # In a repeated entry a name such as "{unit}" stands for the number until the entry is written out.
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0, "maximum": 65_535},
                {"type": "string", "pattern": "[{]"},
            ]
        }
    ),
]
Unit: TypeAlias = Annotated[str, Field(max_length=20, pattern=r"^[^\x00-\x1f\x7f]*$")]
Key: TypeAlias = Annotated[str, Field(max_length=64, pattern=r"^[a-z0-9][a-z0-9_]*$")]
# The same, but in a repeated entry with names in braces until it is written out.
TemplateKey: TypeAlias = Annotated[Key, WithJsonSchema({"type": "string", "maxLength": 64})]
TemplateRoom: TypeAlias = Annotated[
    str, Field(max_length=64, pattern=r"^[a-z0-9_]*$"), WithJsonSchema({"type": "string", "maxLength": 64})
]


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
    """A room or an enclosure with a grade."""

    id: Id = Field(description="the zone's name in letters, digits and - _ . only, for example STM-L1-CORE")
    line: Id = Field(description="the id of a line")
    grade: Annotated[model.Grade, Strict(strict=False)] = Field(description="A, B, C, D or CNC")
    label: WrittenText = Field(description="its name on screens, for example {en: Core room, zh: 核心操作间}")


class WrittenDevice(Written):
    """What answers on one wire. Its line is its zone's line."""

    id: Id = Field(description="the device's name in letters, digits and - _ . only, for example ISO-STM-L1")
    profile: Id = Field(description="the name of a profile, for example isolator_s7")
    zone: Id = Field(description="the id of the zone it stands in or measures")
    label: WrittenText = Field(description="its name on screens, for example {en: Isolator, zh: 隔离器}")
    address: Words = Field(description="host:port for Modbus, opc.tcp://host:port/path for OPC UA")
    period_s: Annotated[Seconds, Field(gt=0)] = Field(
        default=1.0, description="seconds between polls, for example 1"
    )
    timeout_s: Annotated[Seconds, Field(gt=0)] = Field(
        default=0.8,
        description="longest wait for one poll in seconds, shorter than period_s, for example 0.8",
    )
    rooms: dict[Key, Id] = Field(default={}, description="for a gateway: room of the profile -> id of a zone")
    settings: dict[Key, Number] = Field(
        default={}, description="what the driver needs besides, e.g. {sample_time_s: 6}"
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


class WrittenLimit(Written):
    """What is permitted on a channel, or on every channel that a pattern with * matches."""

    channel: str = Field(
        max_length=130,
        pattern=r"^[A-Za-z0-9_.*-]+/[A-Za-z0-9_.*-]+$",
        description="<device>/<key>, where * stands for anything, for example HCI-STM-L1/ch*_temp",
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


# --- A profile ---------------------------------------------------------------------------------------

Verified: TypeAlias = Literal["manual", "inferred", "none"]
_VERIFIED = "what the map rests on: manual (printed by the maker), inferred, or none"


DIAGNOSTIC_READS = frozenset({0, 2, *range(11, 19)})
"""FC08 sub-functions that only read (Modbus Application Protocol V1.1b3, 6.8); others restart or silence a device."""


class WrittenRegister(Written):
    """Where a Modbus channel or output stands."""

    unit_id: Whole = Field(description="Modbus unit identifier, 1 to 247, or 255 for a device without one")
    table: Literal["holding", "input", "coil", "discrete", "diagnostic"] = Field(
        description="holding, input, coil, discrete, or diagnostic (FC08)"
    )
    address: Whole = Field(
        description="protocol address, 0-based: the manual's 40001 is address 0 of table holding; of table"
        " diagnostic the sub-function"
    )
    type: Literal["u16", "s16", "u32", "s32", "float32", "bool"] = Field(
        description="u16, s16, u32, s32, float32 (holding and input), bool (coil and discrete) or u16 (diagnostic)"
    )
    word_order: Literal["big", "little"] = Field(
        default="big", description="for 32 bits: big (high word first) or little (low word first)"
    )
    scale: Number = Field(default=1.0, description="value = raw x scale")
    verified: Verified = Field(description=_VERIFIED)

    @model_validator(mode="after")
    def _fits_its_table(self) -> "WrittenRegister":
        bits = self.table in {"coil", "discrete"}
        if bits != (self.type == "bool"):
            raise ValueError(
                f"type {self.type} does not fit table {self.table}; write {'bool' if bits else 'u16'}"
            )
        if self.table == "diagnostic" and self.type != "u16":
            raise ValueError(f"type {self.type} does not fit table diagnostic; write u16")
        if self.table == "diagnostic" and self.address not in DIAGNOSTIC_READS:
            raise ValueError(
                f"diagnostic sub-function {self.address} is none that only reads; write 0, 2 or 11 to 18"
            )
        if not (1 <= self.unit_id <= 247 or self.unit_id == 255):
            raise ValueError(f"unit_id {self.unit_id} is no unit; write 1 to 247, or 255")
        if self.scale == 0:
            raise ValueError("scale 0 would hide every value; write 1")
        return self


class WrittenChannel(Written):
    """One channel of a profile; on OPC UA with node, type and verified, on Modbus with register."""

    key: TemplateKey = Field(
        description="the channel's name in small letters, digits and _, for example ch1_temp"
    )
    unit: Unit = Field(description='the unit, for example Pa, or "" where there is none')
    kind: Annotated[model.Kind, Strict(strict=False)] = Field(
        description="analog, count, state, bits or time"
    )
    label: WrittenText = Field(description="its name on screens, {en: …, zh: …}")
    node: Words | None = Field(default=None, description="""OPC UA: the identifier, '"DB_Env"."Temp"'""")
    type: Literal["Float", "Int16", "UInt16", "UInt32", "Int64", "Boolean"] | None = Field(
        default=None, description="OPC UA: Float, Int16, UInt16, UInt32, Int64 or Boolean"
    )
    verified: Verified | None = Field(default=None, description=f"OPC UA: {_VERIFIED}")
    register_: WrittenRegister | None = Field(
        default=None, alias="register", description="Modbus: where it stands"
    )
    record: bool = Field(default=False, description="true if it belongs to a counter's records")
    room: TemplateRoom = Field(default="", description="which room of a gateway it measures")
    setting: Key | None = Field(
        default=None, description="the setting of the device that it reads back, for example sample_time_s"
    )
    states: dict[int, WrittenText] = Field(default={}, description="kind state: value -> text")


class WrittenOutput(Written):
    """One thing that may be written to a device."""

    key: TemplateKey = Field(description="the output's name, for example red")
    register_: WrittenRegister = Field(alias="register", description="the register to write")
    words: dict[Key, Annotated[int, Field(ge=0, le=65_535)]] = Field(
        min_length=1, description="state -> word on the wire, for example {off: 0x0100, on: 0x0101}"
    )
    channel: str = Field(description="the key of the channel that reads the output back")
    reads: dict[Key, Number] = Field(description="state -> value of that channel once the output stands so")


class WrittenSelfTest(Written):
    """A register that must read a known number before anything of its unit is believed."""

    register_: WrittenRegister = Field(alias="register", description="the register to read")
    equals: Number = Field(description="what it must read, for example -12345")


class WrittenProfile(Written):
    """The register or node map of one device model."""

    profile: Id = Field(description="the profile's name: the name of the file without .yaml")
    protocol: Annotated[model.Protocol, Strict(strict=False)] = Field(
        description="modbus, lighthouse, pms, met_one, niotronic or opcua"
    )
    label: WrittenText = Field(description="what it is, {en: …, zh: …}")
    source: Words = Field(description="where the map comes from: the maker's manual and page")
    namespace_uri: Words | None = Field(default=None, description="OPC UA: the namespace of the nodes")
    heartbeat: Key | None = Field(
        default=None, description="the key of the channel that the device counts up once a second"
    )
    clock_tolerance_s: Annotated[Seconds, Field(gt=0)] | None = Field(
        default=None, description="seconds that the device's clock may be from ours, for example 2"
    )
    self_tests: list[WrittenSelfTest] = Field(
        default=[], max_length=100, description="what must be right before a unit's values are believed"
    )
    channels: list[WrittenChannel] = Field(min_length=1, max_length=1000, description="what is read")
    outputs: list[WrittenOutput] = Field(default=[], max_length=100, description="all that may be written")
