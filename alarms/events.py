"""What can change an alarm, and what comes of it. Every event carries its own time; see `calls.py` for calling."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from alarms.calls import CanaryDue, NoticeResult, Receipt, Substitute
from config.model import Command, Occupancy, Sample
from config.rules import Level, Priority


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has come as far as `at`: every live Sample up to then has been heard."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """A person has seen one occurrence of an alarm. It never touches another, nor a later one of the same.

    Attributes:
        signature: id of the signature, where it took one.
        sha256: of the content that was signed.
    """

    at: datetime
    alarm: str
    raised_at: datetime
    who: str
    comment: str = ""
    signature: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Reset:
    """A person lets a latched alarm go, whose condition is over."""

    at: datetime
    alarm: str
    raised_at: datetime
    who: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Shelve:
    """A person hides an alarm for a while. A critical one needs a second person."""

    at: datetime
    alarm: str
    until: datetime
    who: str
    reason: str
    second: str = ""


@dataclass(frozen=True, slots=True)
class Unshelve:
    """A person shows a shelved alarm again, before its time."""

    at: datetime
    alarm: str
    who: str


@dataclass(frozen=True, slots=True)
class OutOfService:
    """Maintenance takes an alarm out of service. A critical one needs a second person."""

    at: datetime
    alarm: str
    who: str
    reason: str
    work_order: str
    second: str = ""


@dataclass(frozen=True, slots=True)
class InService:
    """Maintenance gives an alarm back to service."""

    at: datetime
    alarm: str
    who: str


@dataclass(frozen=True, slots=True)
class SetOccupancy:
    """A person says what goes on in a zone: other bounds hold, and rolling windows begin anew."""

    at: datetime
    zone: str
    occupancy: Occupancy
    who: str
    reason: str


@dataclass(frozen=True, slots=True)
class ConfirmProtection:
    """A person confirms a protective action that waits for it."""

    at: datetime
    protection: str
    who: str


@dataclass(frozen=True, slots=True)
class ResetProtection:
    """Persons end a latched protective action; `roles` says in which roles they sign."""

    at: datetime
    protection: str
    who: tuple[str, ...]
    roles: tuple[str, ...]
    comment: str


@dataclass(frozen=True, slots=True)
class Inhibit:
    """Two persons switch a protective action off for a while."""

    at: datetime
    protection: str
    until: datetime
    who: str
    second: str
    reason: str


@dataclass(frozen=True, slots=True)
class Rearm:
    """A person switches an inhibited protective action on again, before its time."""

    at: datetime
    protection: str
    who: str


@dataclass(frozen=True, slots=True)
class StartBatch:
    """A batch begins on a line, in a stage of its product.

    Attributes:
        batch: its id; no other batch had it.
        zones: where the stage is done.
        who: a person, or the system that has asked for it.
        overrides: what was not ready and is passed over: ids, each said as `kind:id`.
        reason: why it is passed over.
        signature: id of the signature that this took ("" if nothing is passed over).
        sha256: of the content that was signed.
    """

    at: datetime
    batch: str
    line: str
    product: str
    stage: str
    zones: tuple[str, ...]
    who: str
    overrides: tuple[str, ...] = ()
    reason: str = ""
    signature: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class ChangeStage:
    """A running batch comes to a later stage, or goes on in the same one in other zones."""

    at: datetime
    batch: str
    stage: str
    zones: tuple[str, ...]
    who: str


@dataclass(frozen=True, slots=True)
class EndBatch:
    """A running batch is done, or was given up; `comment` says why."""

    at: datetime
    batch: str
    who: str
    comment: str = ""
    is_aborted: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """A part of the service has failed (`message`), or works again (`message` empty)."""

    at: datetime
    part: str
    message: str


@dataclass(frozen=True, slots=True)
class ActionResult:
    """How a Command ended: carried out and read back (for a request: taken by the machine), or why not."""

    at: datetime
    command: Command
    verified: bool
    detail: str = ""


Event: TypeAlias = (
    Sample
    | Tick
    | Acknowledge
    | Reset
    | Shelve
    | Unshelve
    | OutOfService
    | InService
    | SetOccupancy
    | ConfirmProtection
    | ResetProtection
    | Inhibit
    | Rearm
    | StartBatch
    | ChangeStage
    | EndBatch
    | Fault
    | ActionResult
    | Substitute
    | NoticeResult
    | Receipt
    | CanaryDue
)


class AlarmState(StrEnum):
    """The ISA-18.2 state, derived from the facts and never stored instead of them."""

    NORM = "NORM"
    UNACK = "UNACK"
    ACKED = "ACKED"
    RTNUN = "RTNUN"
    LATUN = "LATUN"
    LATAK = "LATAK"
    SHLVD = "SHLVD"
    DSUPR = "DSUPR"
    OOSRV = "OOSRV"


@dataclass(frozen=True, slots=True)
class Alarm:
    """How one Limit (or one device's communication, or one part of the service) stands, as separate facts.

    Attributes:
        id: the Limit's id, `<device>/communication`, `<channel>/blind`, `<network>/communication`,
            `<protection>/failed` or `service/<part>`.
        active: the condition holds.
        acknowledged: a person has seen this occurrence, or there is nothing to be seen.
        raised_at: when this occurrence began; it names the occurrence. Of an alarm that is hidden while it is calm:
            when it was hidden.
        changed_at: when any of these facts last changed.
        worst: the value furthest outside since it was raised; None where there is no value.
        detail: the value or the reason at the last change, for a person.
        acknowledged_by: who saw it; "" while nobody has.
        priority: how soon a person must answer.
        latched: it stays until a person resets it, although the condition is over.
        shelved_until: a person hides it until then.
        suppressed_by: ids of the Suppressions that hide it now, in order.
        out_of_service: why maintenance has taken it out of service ("" if it has not).
        times: how often it was raised in this occurrence; 0: hidden, and never raised.
        unseen: it was raised while it was hidden, and nobody was shown it yet.
        first_out: nothing else of its line was raised in the minute before: whatever follows may follow from it.
        chattering: raised three times or more within a minute.
        recent: when it was raised in the last minute.
    """

    id: str
    level: Level
    active: bool
    acknowledged: bool
    raised_at: datetime
    changed_at: datetime
    worst: float | None = None
    detail: str = ""
    acknowledged_by: str = ""
    priority: Priority = Priority.MEDIUM
    latched: bool = False
    shelved_until: datetime | None = None
    suppressed_by: tuple[str, ...] = ()
    out_of_service: str = ""
    times: int = 1
    unseen: bool = False
    first_out: bool = False
    chattering: bool = False
    recent: tuple[datetime, ...] = ()


class Reason(StrEnum):
    """Why a Transition happened."""

    RAISED = "raised"
    RAISED_AGAIN = "raised_again"
    """The condition came back before the occurrence was over, or an acknowledged one sounds again."""
    ACKNOWLEDGED = "acknowledged"
    CLEARED = "cleared"
    RESET = "reset"
    SHELVED = "shelved"
    UNSHELVED = "unshelved"
    SHELVE_ENDED = "shelve_ended"
    SUPPRESSED = "suppressed"
    """Hidden by one Suppression more."""
    UNSUPPRESSED = "unsuppressed"
    """Hidden by one Suppression less."""
    OUT_OF_SERVICE = "out_of_service"
    IN_SERVICE = "in_service"


@dataclass(frozen=True, slots=True)
class Transition:
    """The record of a change: before != after, always. `before` is None when the alarm was NORM and at rest."""

    at: datetime
    alarm: str
    before: Alarm | None
    after: Alarm
    reason: Reason
    who: str = ""
    comment: str = ""
    second: str = ""


class ProtectionState(StrEnum):
    """How far a protective action has come. ARMED is where nothing runs; CLOSED is ARMED again."""

    TRIGGERED = "TRIGGERED"
    """It waits for a person's confirmation, or was only a dry run."""
    REQUESTED = "REQUESTED"
    ACKED = "ACKED"
    """Every ask was taken by its machine; the read-backs are awaited."""
    VERIFIED = "VERIFIED"
    """An interlock has what it asked for, and waits until it may end."""
    FAILED = "FAILED"
    LATCHED = "LATCHED"
    """A protect has what it asked for, and waits for its reset."""
    RESET_PENDING = "RESET_PENDING"
    """What is asked at the end is on its way."""
    CLOSED = "CLOSED"


class AskState(StrEnum):
    """How far one ask has come."""

    WAITING = "waiting"
    """Those before it come first."""
    REQUESTED = "requested"
    ACKED = "acked"
    VERIFIED = "verified"
    FAILED = "failed"
    ALREADY = "already"
    """What it asks for stood already: the machine protects itself. It is recorded and not asked for."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How one ask of a running protection stands.

    Attributes:
        seq: the handshake's number (0 for outputs).
        since: when it came to this state.
        requested_at: when it was asked for.
        detail: what the machine said.
    """

    state: AskState = AskState.WAITING
    seq: int = 0
    since: datetime | None = None
    requested_at: datetime | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Running:
    """One protective action from its trigger to its end.

    Attributes:
        id: the Protection's.
        because: the alarms that triggered it.
        holds_since: since when its release conditions hold without a break (None: they do not).
        failed: it failed at some point; it stays protective all the same.
    """

    id: str
    state: ProtectionState
    triggered_at: datetime
    changed_at: datetime
    because: tuple[str, ...]
    asked: tuple[Asked, ...]
    ending: tuple[Asked, ...] = ()
    holds_since: datetime | None = None
    failed: bool = False
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Inhibited:
    """A protective action that two persons have switched off."""

    since: datetime
    until: datetime
    who: str
    second: str
    reason: str


@dataclass(frozen=True, slots=True)
class RunningBatch:
    """One batch from its beginning to its end.

    Attributes:
        zones: where its present stage is done.
        since: when it began.
        stage_since: when its present stage began.
        who: who has begun it.
    """

    id: str
    product: str
    stage: str
    zones: tuple[str, ...]
    since: datetime
    stage_since: datetime
    who: str


@dataclass(frozen=True, slots=True)
class ProtectionChange:
    """The record of a change of a protective action, or of one of its asks. `before` is None when it was armed."""

    at: datetime
    protection: str
    before: Running | None
    after: Running
    reason: str
    who: tuple[str, ...] = ()
    comment: str = ""


Told: TypeAlias = Transition | ProtectionChange
"""What comes of an event, in order."""
