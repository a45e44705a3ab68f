"""The nouns of Gradewatch, frozen and without behaviour.

Every other file speaks in these words, and only these. Times are aware datetimes in UTC; units stand last in
names; a value that is not there is NaN with a Quality that says why, never a number that looks like one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum

# --- The plant -------------------------------------------------------------------------------------


class Grade(StrEnum):
    """Cleanroom grade of a zone (EU GMP Annex 1; CNC: controlled, not classified)."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    CNC = "CNC"


class LineMode(StrEnum):
    """The two ways of working: which background surrounds the open product."""

    C_ISOLATOR = "c_isolator"
    B_CABINET = "b_cabinet"


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
class Text:
    """A text that a person reads, in both languages."""

    en: str
    zh: str


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
class Line:
    """One production line; `tower` is the device that shows its alarms on the floor ("" if it has none)."""

    id: str
    workshop: str
    mode: LineMode
    product: str
    label: Text
    tower: str = ""


@dataclass(frozen=True, slots=True)
class Workshop:
    """A part of the plant with its own air handling."""

    id: str
    label: Text


class Formula(StrEnum):
    """How a derived channel follows from its inputs. `alarms/derived.py` says what each needs and gives."""

    VALUE = "value"
    """The input itself, so that a second pair of limits can stand on it."""
    DIFFERENCE = "difference"
    DEVIATION = "deviation"
    """The difference without its sign."""
    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    RATE = "rate"
    """Change per second between two successive values."""
    SLOPE = "slope"
    """Change per hour, by a straight line through the minutes of `over_s`."""
    MEAN = "mean"
    KINETIC_MEAN = "kinetic_mean"
    """Mean kinetic temperature over `over_s`."""
    FROZEN = "frozen"
    """How often the first input has come the same, once another has moved by `moved` meanwhile; else 0."""
    CONCENTRATION = "concentration"
    """Particles per m3 of one record, by its own volume: inputs count and volume in L."""
    ROLLING_TIME = "rolling_time"
    """Particles per m3 of the records of the last `over_s`."""
    ROLLING_VOLUME = "rolling_volume"
    """Particles per m3 of the records that make up the last `volume_l`."""
    COUNTS_LEFT = "counts_left"
    """How many counts the rolling volume may still take before it exceeds `per_m3`."""
    OCCURRENCES = "occurrences"
    """In how many of the last `of` records the input was at least `at_least`."""


@dataclass(frozen=True, slots=True)
class Derived:
    """A channel that is reckoned from others, with a memory where its formula needs one. It is judged, not stored.

    Attributes:
        id: `<device>/<key>`, of the same kind as a channel's.
        zone: that of its first input.
        series: the series whose Sample moves it: that of its first input.
        inputs: ids of channels; those of another series are taken as last seen, if not older than three seconds.
        parameters: what the formula needs, by name, for example `over_s`.
    """

    id: str
    device: str
    zone: str
    series: str
    unit: str
    label: Text
    formula: Formula
    inputs: tuple[str, ...]
    parameters: Mapping[str, float] = field(default_factory=dict, hash=False)


class Level(StrEnum):
    """How bad it is. `diagnostic` is about the monitoring itself."""

    ACTION = "action"
    ALERT = "alert"
    DIAGNOSTIC = "diagnostic"


class Priority(StrEnum):
    """How soon a person must answer (ISA-18.2): it follows from level and grade, unless the plant says otherwise."""

    CRITICAL = "critical"
    """Grade A at action level: cannot be shelved by one person."""
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Word(StrEnum):
    """What stands in a ruleset instead of a number: neither zero nor infinity."""

    NOT_SPECIFIED = "not_specified"
    NOT_PREDETERMINED = "not_predetermined"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a ruleset's table, in particles/m3.

    Attributes:
        source: clause or table that prints it.
        evidence: how sure the figure is: `primary`, `secondary`, `memory` or `calculated`.
    """

    value: float | Word
    source: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Ruleset:
    """Particle limits as one authority prints them.

    Attributes:
        purpose: `monitoring` or `classification`.
        is_in_force: False for one that is superseded or a draft: no plant may rest on it.
        particles: grade -> occupancy -> size in um -> cell.
    """

    id: str
    label: Text
    purpose: str
    source: str
    is_in_force: bool
    particles: Mapping[Grade, Mapping[Occupancy, Mapping[float, Cell]]] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Basis:
    """Where the figure of a limit comes from: one ruleset's cell for one occupancy."""

    ruleset: str
    occupancy: Occupancy
    cell: Cell


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is permitted: a value on the bound passes. None: not bounded on that side."""

    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Limit:
    """What is permitted on a channel. Outside means value < low or value > high: a value on the bound passes.

    Attributes:
        id: `<channel id>/<level>`; also the id of its alarm.
        channel: id of a channel or of a derived one.
        deadband: how far inside the bound a value must be before the alarm may clear, in the channel's unit.
        on_delay_s: seconds outside without a break before the alarm is raised.
        off_delay_s: seconds inside without a break before it clears.
        rationale: why these figures (Annex 1 4.16: alarm delays are assessed and justified).
        priority: how soon a person must answer.
        at_rest: other bounds while the zone is at rest; None: the same.
        latching: once raised it stays until a person resets it, although the value has returned.
        realarm_s: seconds after which an acknowledged alarm that still holds sounds again; None: never.
        basis: the rulesets' cells that the bounds rest on.
    """

    id: str
    channel: str
    level: Level
    low: float | None
    high: float | None
    deadband: float
    on_delay_s: float
    off_delay_s: float
    rationale: str
    priority: Priority = Priority.MEDIUM
    at_rest: Bounds | None = None
    latching: bool = False
    realarm_s: float | None = None
    basis: tuple[Basis, ...] = ()


@dataclass(frozen=True, slots=True)
class Suppression:
    """When alarms are hidden by design (ISA-18.2: suppressed by design): each with its reason, never silently.

    It holds while `channel` reads one of `states`, or while `alarm` is active; and not longer than `longest_s`.

    Attributes:
        alarms: ids of the alarms that it hides.
        longest_s: None for a mode of the equipment; a time for what is only passed over, such as an open door.
        restarts_windows: rolling windows of the hidden limits begin anew behind it (a VHP cycle).
    """

    id: str
    alarms: frozenset[str]
    reason: Text
    rationale: str
    channel: str = ""
    states: frozenset[float] = frozenset()
    alarm: str = ""
    longest_s: float | None = None
    restarts_windows: bool = False


@dataclass(frozen=True, slots=True)
class Network:
    """Devices behind one switch: when most of them fall silent together that is one alarm, `<id>/communication`."""

    id: str
    label: Text
    devices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Guidance:
    """What a person is told with an alarm.

    Attributes:
        alarms: patterns of alarm ids; the first guidance that matches counts.
        respond_within_s: how long there is until the consequence.
        sop: number of the procedure, with its version, for example `SOP-EM-012 v3`.
    """

    alarms: tuple[str, ...]
    consequence: Text
    response: Text
    respond_within_s: float
    sop: str


# --- Protective actions ------------------------------------------------------------------------------


class ProtectionKind(StrEnum):
    """How a protective action ends (devices.md 4.1): by itself, or by a person's reset."""

    INTERLOCK = "interlock"
    PROTECT = "protect"


@dataclass(frozen=True, slots=True)
class Check:
    """What a channel must read, by a Good value, within `within_s` of the request; or for `for_s` without a break."""

    channel: str
    low: float | None
    high: float | None
    within_s: float = 0.0
    for_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing that a protective action asks of a device, and the independent read-backs that prove it.

    Either `request` names one of the profile's requests, or `outputs` gives states of its outputs.
    """

    device: str
    label: Text
    request: str = ""
    param: int = 0
    outputs: Mapping[str, str] = field(default_factory=dict, hash=False)
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True, slots=True)
class Protection:
    """A protective action of the plant: it is requested, never counted upon, and safe if it never comes.

    Attributes:
        id: `<device>/<code>`, for example `ISO-STM-L1/P-01`; its own alarms are `<id>/failed`, and `<id>` if it
            announces.
        code: its number in the catalogue.
        triggers: groups of alarm ids: it is triggered when all of one group are active.
        after: the protection that must be running before this one may be triggered ("" for none).
        only_while: all of these must hold, by the last value seen, or it is not triggered.
        on_loss: it is triggered by having no values; every other one needs Good live ones, not older than 3 s.
        announces: it is an alarm of its own, at action level, from trigger to end.
        horn: 0 none of its own, 1 or 2: the tone of the line's tower while it runs unacknowledged.
        asks: in this order.
        outcome: what must come of it all, or it has failed.
        escalates_to: the protection that follows if it fails ("" for none).
        release: what must hold before it may end.
        release_asks: what is asked when it ends.
        reset_by: roles whose persons must reset it together; empty: an interlock, which ends by itself.
        may_inhibit: False: nobody can switch it off.
        needs_confirmation: a person must confirm before anything is asked.
        dry_run: it only tells what it would ask.
        instruction: what the people there are to do.
        fail_safe: why it is safe if it never comes.
    """

    id: str
    code: str
    device: str
    label: Text
    kind: ProtectionKind
    triggers: tuple[tuple[str, ...], ...]
    asks: tuple[Ask, ...]
    instruction: Text
    fail_safe: Text
    after: str = ""
    only_while: tuple[Check, ...] = ()
    on_loss: bool = False
    announces: bool = False
    horn: int = 1
    outcome: tuple[Check, ...] = ()
    escalates_to: str = ""
    release: tuple[Check, ...] = ()
    release_asks: tuple[Ask, ...] = ()
    reset_by: tuple[str, ...] = ()
    may_inhibit: bool = True
    needs_confirmation: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Plant:
    """The whole plant as loaded. `sha256` names exactly what was loaded, profiles included.

    Attributes:
        validated: the plant makes product for people: a register that nobody has verified is refused at load.
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


# --- What moves through the service ------------------------------------------------------------------


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
