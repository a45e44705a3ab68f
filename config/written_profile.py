"""A profile as it is written in YAML: what may stand where, and what it means.

As with the plant, the descriptions are shown by an editor and by the loader; `profile_faults.py` compares rows.
"""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, Strict, WithJsonSchema, model_validator

from config import model
from config.written import Id, Key, Number, Seconds, Unit, Words, Written, WrittenText

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
# The same, but in a repeated entry with names in braces until it is written out.
TemplateKey: TypeAlias = Annotated[Key, WithJsonSchema({"type": "string", "maxLength": 64})]
TemplateRoom: TypeAlias = Annotated[
    str, Field(max_length=64, pattern=r"^[a-z0-9_]*$"), WithJsonSchema({"type": "string", "maxLength": 64})
]

Int16: TypeAlias = Annotated[int, Field(ge=-32_768, le=32_767)]
Bit: TypeAlias = Annotated[int, Field(ge=0, le=31)]
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
    type: Literal["u16", "s16", "u32", "s32", "float32", "bool", "byte_high", "byte_low"] = Field(
        description="u16, s16, u32, s32, float32, byte_high or byte_low (holding and input: one half of a register),"
        " bool (coil and discrete) or u16 (diagnostic)"
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
    bits: dict[Bit, WrittenText] = Field(
        default={}, description="kind bits: number of a bit, from 0 -> what it says while it is set"
    )
    clear_bits: dict[Bit, WrittenText] = Field(
        default={}, description="kind bits: number of a bit -> what it says while it is not set"
    )


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


class WrittenParam(Written):
    """What a request's parameter may be."""

    low: Int16 = Field(description="the lowest parameter that may be sent")
    high: Int16 = Field(description="the highest parameter that may be sent")

    @model_validator(mode="after")
    def _is_a_band(self) -> "WrittenParam":
        if self.low > self.high:
            raise ValueError(f"low {self.low} is above high {self.high}; write them the other way round")
        return self


class WrittenRequest(Written):
    """One thing that a machine may be asked to do by handshake."""

    key: TemplateKey = Field(description="the request's name, for example fan_speed")
    code: Annotated[int, Field(ge=1, le=32_767)] = Field(description="its number on the wire, for example 1")
    param: WrittenParam | None = Field(
        default=None, description="what it may carry, for example {low: 0, high: 100}; without it, 0"
    )
    label: WrittenText = Field(description="what is asked, in words, {en: …, zh: …}")


class WrittenNode(Written):
    """One node of a handshake."""

    node: Words = Field(description="""the identifier, '"DB_Cmd"."Seq"'""")
    type: Literal["Int16", "UInt16", "UInt32"] = Field(description="Int16, UInt16 or UInt32")
    verified: Verified = Field(description=_VERIFIED)


class WrittenHandshake(Written):
    """The nodes through which a machine takes requests."""

    param: WrittenNode = Field(description="where the parameter is written")
    ticket: WrittenNode = Field(description="where the ticket is written")
    code: WrittenNode = Field(description="where the request's code is written")
    seq: WrittenNode = Field(description="where the number is written, last and alone")
    beat: WrittenNode = Field(description="where our heartbeat is written")
    ack_seq: WrittenNode = Field(description="where the machine repeats the number")
    ack_code: WrittenNode = Field(description="where the machine says what came of it")


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
    requests: list[WrittenRequest] = Field(
        default=[], max_length=100, description="all that may be asked for by handshake"
    )
    handshake: WrittenHandshake | None = Field(
        default=None, description="the nodes through which requests are taken; OPC UA only"
    )
