"""The nouns of Gradewatch, frozen and without behaviour: devices with their channels, and what goes from and to them.

`rules.py` holds the nouns of what is judged and asked for, `plant.py` those of the places and the whole. Every other
file speaks in these words, and only these. Times are aware datetimes in UTC; units stand last in names; a value that
is not there is NaN with a Quality that says why, never a number that looks like one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum


@dataclass(frozen=True, slots=True)
class Text:
    """A text that a person reads, in both languages."""

    en: str
    zh: str


class Grade(StrEnum):
    """Cleanroom grade of a zone (EU GMP Annex 1; CNC: controlled, not classified)."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    CNC = "CNC"


class Occupancy(StrEnum):
    """What goes on in a zone (EU GMP Annex 1 4.29): limits depend on it."""

    AT_REST = "at_rest"
    IN_OPERATION = "in_operation"


class Kind(StrEnum):
    """What sort of quantity a channel carries, so that screens and statistics treat it rightly."""

    ANALOG = "analog"
    COUNT = "count"
    STATE = "state"
    BITS = "bits"
    TIME = "time"


class Protocol(StrEnum):
    """What is spoken with a device. How the bytes travel (TCP, RTU, serial) is said by the device's address."""

    MODBUS = "modbus"
    LIGHTHOUSE = "lighthouse"
    """Particle counters whose records stay in a buffer, chosen by an index."""
    PMS = "pms"
    """Particle counters whose records stand in a queue, and go when they are taken."""
    MET_ONE = "met_one"
    NIOTRONIC = "niotronic"
    OPCUA = "opcua"


@dataclass(frozen=True, slots=True)
class Register:
    """Where a Modbus channel stands.

    Attributes:
        unit_id: Modbus unit identifier, 1 to 247 (255 for a device without one).
        table: `holding` (FC03), `input` (FC04), `coil` (FC01), `discrete` (FC02) or `diagnostic` (FC08).
        address: protocol address, 0-based: the manual's 40001 is address 0 of table `holding`; for `diagnostic`
            the sub-function.
        type: `u16`, `s16`, `u32`, `s32`, `float32`, `bool`, or one half of a register: `byte_high`, `byte_low`.
        word_order: `big` (high word first) or `little` (low word first); only matters for 32 bits.
        scale: value = raw x scale.
        verified: what the map rests on: `manual`, `inferred` or `none`.
    """

    unit_id: int
    table: str
    address: int
    type: str
    word_order: str = "big"
    scale: float = 1.0
    verified: str = "none"


@dataclass(frozen=True, slots=True)
class Node:
    """Where an OPC UA channel stands: the identifier string inside the profile's namespace URI.

    Attributes:
        identifier: for example `"DB_Env"."Chamber_Pressure"` (the quotes belong to it).
        type: the server's data type: `Float`, `Int16`, `UInt16`, `UInt32`, `Int64` or `Boolean`.
        verified: what the map rests on: `manual`, `inferred` or `none`.
    """

    identifier: str
    type: str
    verified: str = "none"


@dataclass(frozen=True, slots=True)
class ChannelModel:
    """One channel as a profile describes it.

    Attributes:
        record: belongs to a counter's records, not to its every-second row.
        room: which of the device's rooms it measures, for a gateway that serves several ("" otherwise);
            the plant says which zone that room is.
        setting: the device setting that this channel reads back ("" if none): another value than the plant's is an
            alarm.
        states: value -> text, for a channel of kind `state`.
        bits: number of a bit -> what it says while it is set, for a channel of kind `bits`.
        clear_bits: the same -> what it says while it is not set.
    """

    key: str
    unit: str
    kind: Kind
    label: Text
    address: Register | Node
    record: bool = False
    room: str = ""
    setting: str = ""
    states: Mapping[int, Text] = field(default_factory=dict, hash=False)
    bits: Mapping[int, Text] = field(default_factory=dict, hash=False)
    clear_bits: Mapping[int, Text] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class SelfTest:
    """A register that must read a known number before anything of its unit is believed.

    A transmitter gives it so that a reader can prove its word order; a stranger's map is found out by it too.
    """

    address: Register
    equals: float


@dataclass(frozen=True, slots=True)
class Output:
    """One thing that may be written to a device: the allow-list of its profile.

    Attributes:
        key: the output's name, for example `red`.
        address: the register to write.
        words: state name -> word on the wire.
        channel: the channel that reads the output back.
        reads: state name -> value of that channel once the output stands so.
    """

    key: str
    address: Register
    words: Mapping[str, int]
    channel: str
    reads: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Request:
    """One thing that a machine may be asked to do by handshake: a code, and the parameter that it may carry."""

    key: str
    code: int
    label: Text
    param_low: int = 0
    param_high: int = 0


@dataclass(frozen=True, slots=True)
class Handshake:
    """The nodes through which a machine takes requests: we write param, ticket, code, then seq, which must increase.

    The machine answers with `ack_seq` equal to it and a code; a number that it has seen before is answered, not carried
    out again. `beat` is our own heartbeat, by which it knows that we live.
    """

    param: Node
    ticket: Node
    code: Node
    seq: Node
    beat: Node
    ack_seq: Node
    ack_code: Node


@dataclass(frozen=True, slots=True)
class Profile:
    """The register or node map of one device model.

    Attributes:
        source: where the map comes from: the maker's manual and page.
        outputs: all that may be written.
        requests: all that may be asked for by handshake.
        handshake: None: the device takes no requests.
        namespace_uri: OPC UA: the namespace of the nodes.
        heartbeat: the channel that the device counts up once a second ("" if it has none): while it stands still,
            every value of the device is an old one.
        self_tests: what must be right, for each unit, before its values are believed.
        clock_tolerance_s: how far the device's own clock may be from ours before it is an alarm; None: not watched.
    """

    name: str
    protocol: Protocol
    label: Text
    source: str
    channels: tuple[ChannelModel, ...]
    outputs: Mapping[str, Output] = field(default_factory=dict)
    namespace_uri: str = ""
    heartbeat: str = ""
    self_tests: tuple[SelfTest, ...] = ()
    clock_tolerance_s: float | None = None
    requests: Mapping[str, Request] = field(default_factory=dict)
    handshake: Handshake | None = None


@dataclass(frozen=True, slots=True)
class Channel:
    """One measured quantity of one device in one zone.

    `id` is `<device>/<key>`; `series` and `place` say where its values stand in a Sample: the place is given
    once and never reused.
    """

    id: str
    device: str
    zone: str
    model: ChannelModel
    series: str
    place: int


@dataclass(frozen=True, slots=True)
class Series:
    """One device's row of channels. A particle counter has a second one, for its records."""

    id: str
    device: str
    channels: tuple[Channel, ...]
    records: bool = False


@dataclass(frozen=True, slots=True)
class Security:
    """How an OPC UA server is spoken to: signed and encrypted, with its certificate in our trust list.

    Attributes:
        policy: `Basic256Sha256`, `Aes128Sha256RsaOaep` or `Aes256Sha256RsaPss`.
        user: who we sign in as ("" for nobody); the password stands in no file of the plant.
    """

    policy: str
    user: str = ""


@dataclass(frozen=True, slots=True)
class Device:
    """What answers on one wire.

    Attributes:
        line: "" for a device that several lines share.
        address: for Modbus `host:port` (TCP), `rtu+tcp://host:port` (RTU frames behind a serial server) or
            `rtu:/dev/ttyUSB0?baudrate=19200&parity=N&stopbits=1` (serial); for OPC UA `opc.tcp://host:port/path`.
        period_s: seconds between polls.
        timeout_s: longest wait for one poll; shorter than the period.
        settings: how the device must be set, for example a counter's `sample_time_s`; the channels that read a
            setting back are judged against it.
        security: OPC UA only; None: neither signed nor encrypted.
    """

    id: str
    profile: Profile
    zone: str
    line: str
    label: Text
    address: str
    series: tuple[Series, ...]
    period_s: float = 1.0
    timeout_s: float = 0.8
    settings: Mapping[str, float] = field(default_factory=dict)
    security: Security | None = None


class Quality(IntEnum):
    """How far a value may be trusted. When it is not good, Sample.reason tells the wire's own words."""

    GOOD = 0
    UNCERTAIN = 1
    """Usable and judged, but flagged: the device doubts it."""
    STALE = 2
    """The device repeats an old value."""
    UNAVAILABLE = 3
    """The device answers and says that it has no value (NaN, 0x8000, BadWaitingForInitialData)."""
    SENSOR_FAULT = 4
    CONFIGURATION = 5
    """The map and the device disagree (unknown node, refused register)."""
    UNREACHABLE = 6
    NONSENSE = 7
    """Something answered that cannot be the answer to this question."""
    SKIPPED = 8
    """The poll of this second never ran, because the one before had not ended."""
    COLLECTOR_DOWN = 9
    SIMULATED = 10


USABLE = frozenset({Quality.GOOD, Quality.UNCERTAIN})


@dataclass(frozen=True, slots=True)
class Sample:
    """What one poll of one device gave, or one record of a counter. A failed poll is a Sample too.

    Attributes:
        series: whose row this is.
        at: the tick (whole seconds, UTC), or the record's own time.
        values: one per channel of the series, in their places; NaN where there is no value.
        quality: one per channel; None means that all are GOOD.
        received_at: when it reached us; `received_at - at` is how late it was.
        source_at: the device's own clock, where it has one.
        backfilled: fetched later from a device's buffer; kept, never judged as live.
        catching_up: records older than this one are still being fetched; only of a series of records.
        reason: why it is not good, in the words of the wire; "" when it is.
    """

    series: str
    at: datetime
    values: tuple[float, ...]
    quality: tuple[Quality, ...] | None
    received_at: datetime
    source_at: datetime | None = None
    backfilled: bool = False
    catching_up: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Command:
    """What a device is asked to do, all of it on its profile's allow-list: output key -> state name, or a request.

    Attributes:
        request: key of one of the profile's requests; "" where outputs are set.
        seq: the handshake's number; the same one again is never carried out twice.
        protection: which protective action asks ("" for what a tower shows), and `ask` which of its asks this is.
    """

    device: str
    outputs: Mapping[str, str]
    reason: str
    request: str = ""
    param: int = 0
    seq: int = 0
    protection: str = ""
    ask: int = 0
