"""The nouns of what a plant lays down: limits and what they rest on, what is reckoned, hidden, told and asked for.

Frozen and without behaviour, as those of `model.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from config.model import Grade, Occupancy, Text
from config.sampling import Rule, SampleKind


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
class ViableCell:
    """One cell of a ruleset's table of microbes, in the unit of the kind of sample.

    Attributes:
        value: the most that may be counted, or a word.
        rule: to what it is compared: to each plate, or to the average of those of one occasion.
        source: clause or table that prints it.
        evidence: as of a Cell.
        is_below: the figure itself is too much already: the print says "<1", not "1".
    """

    value: float | Word
    rule: Rule
    source: str
    evidence: str
    is_below: bool = False


@dataclass(frozen=True, slots=True)
class Ruleset:
    """Limits of particles and microbes as one authority prints them.

    Attributes:
        purpose: `monitoring` or `classification`.
        is_in_force: False for one that is superseded or a draft: no plant may rest on it.
        particles: grade -> occupancy -> size in um -> cell.
        viable: grade -> kind of sample -> cell; empty: this text says nothing of microbes.
    """

    id: str
    label: Text
    purpose: str
    source: str
    is_in_force: bool
    particles: Mapping[Grade, Mapping[Occupancy, Mapping[float, Cell]]] = field(hash=False)
    viable: Mapping[Grade, Mapping[SampleKind, ViableCell]] = field(default_factory=dict, hash=False)


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


class ProtectionKind(StrEnum):
    """How a protective action ends: by itself, or by a person's reset."""

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
