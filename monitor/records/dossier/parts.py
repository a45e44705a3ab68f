"""The nouns of a dossier: everything that is told of one batch, frozen and without behaviour.

`told` writes them as the one JSON of which the screen, the report and the package are made; every key there is an
attribute here. A name that is no word of Python's own stands here with an underscore behind it (`from_`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, TypeAlias

from pydantic import Field

from config.model import Grade, Kind, Occupancy, Text
from config.rules import Level, Priority
from monitor.calibration import InstrumentState
from monitor.records.verdicts import Verdict
from monitor.store.gaps import Cause

From: TypeAlias = Annotated[datetime, Field(alias="from")]
"""Where something begins; `until` is not part of it any more."""


class LackKind(StrEnum):
    """Why a batch is not complete."""

    GAP = "gap"
    PENDING_PLATE = "pending_plate"
    REJECTED_PLATE = "rejected_plate"
    SETTLE_UNCOVERED = "settle_uncovered"
    """For some time no settle plate lay open where one should have, in grade A."""
    OVERDUE_INSTRUMENT = "overdue_instrument"
    """It was overdue, unqualified, or the register says nothing of it."""
    OPEN_BATCH = "open_batch"
    LATE_MINUTES = "late_minutes"
    """Minutes that are not sealed yet: more may come."""
    PENDING_TEST = "pending_test"
    """A test of equipment that is not done, or that no second person has confirmed."""
    DISAGREEMENT = "disagreement"
    """The figures that are kept are not those of the raw values."""


class Hiding(StrEnum):
    """How an alarm was hidden."""

    SHELVED = "shelved"
    SUPPRESSED = "suppressed"
    OUT_OF_SERVICE = "out_of_service"


# --- The batch and its plant ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StagePart:
    """One stage of the batch; `ended_at` None: it goes on."""

    stage: str
    label: Text
    zones: tuple[str, ...]
    began_at: datetime
    ended_at: datetime | None
    who: str
    is_set_up: bool = False


@dataclass(frozen=True, slots=True)
class BatchPart:
    """The batch: what was made where, from when to when, set-up included.

    Attributes:
        ended_at: None: it runs; what is told ends at `told_at` of the dossier.
        overrides: what was not ready and was passed over, each said as `kind:id`.
        passed_over: the same in words.
        reason: why it was.
        signature: id of the signature that this took ("" if nothing was passed over).
    """

    id: str
    line: str
    line_label: Text
    product: str
    product_label: Text
    started_at: datetime
    started_by: str
    ended_at: datetime | None
    ended_by: str
    is_aborted: bool
    comment: str
    overrides: tuple[str, ...]
    passed_over: tuple[Text, ...]
    reason: str
    signature: str
    stages: tuple[StagePart, ...]


@dataclass(frozen=True, slots=True)
class VersionPart:
    """A version of the plant, for as long as it was in force; `until` None: to this day."""

    sha256: str
    since: datetime
    until: datetime | None
    what: str
    who: str
    second: str


@dataclass(frozen=True, slots=True)
class ChangePart:
    """A change within the batch's time: of the plant, of what goes on in a zone, or of an instrument.

    A person's own words in it stand as they were said, in both languages.
    """

    at: datetime
    what: Text
    who: str


@dataclass(frozen=True, slots=True)
class PlantPart:
    """The plant, by the version that was in force when the batch began; `changes` are those within its time."""

    sha256: str
    label: Text
    time_zone: str
    versions: tuple[VersionPart, ...]
    changes: tuple[ChangePart, ...]


@dataclass(frozen=True, slots=True)
class OccupancyPart:
    """What went on in a zone for some time."""

    since: datetime
    until: datetime
    occupancy: Occupancy


@dataclass(frozen=True, slots=True)
class ZonePart:
    """A zone of the batch, from the first stage in it to the end of the last."""

    id: str
    label: Text
    grade: Grade
    since: datetime
    until: datetime
    occupancy: tuple[OccupancyPart, ...]


# --- What was measured --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LimitPart:
    """What a limit permitted, for as long as it stayed the same. None: not bounded on that side."""

    id: str
    level: Level
    low: float | None
    high: float | None
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class OutsidePart:
    """Seconds outside the limits of each level, each reading counting for one period."""

    alert: float
    action: float


@dataclass(frozen=True, slots=True)
class StatisticsPart:
    """The figures of a channel over its time in the batch, of its usable values; None: there is none.

    Attributes:
        n: values that are stored, usable or not.
        expected: values that were due; `expected` is `valid` and the rows of all gaps.
        valid: usable values: what every figure rests on.
        completeness: `valid` of `expected`, 0 to 1; None: nothing was due.
        sd: sample standard deviation.
        p5: percentiles by nearest rank: each is a value that was measured.
        mkt_c: mean kinetic temperature in °C (USP <1079.2>, 83.144 kJ/mol); only of a channel in °C.
        rolling_m3: the largest count in one cubic metre of air, in 1/m3, by the records' true volume; particles only.
    """

    n: int
    expected: int
    valid: int
    completeness: float | None
    min: float | None
    mean: float | None
    max: float | None
    sd: float | None
    p5: float | None
    p50: float | None
    p95: float | None
    p99: float | None
    mkt_c: float | None
    rolling_m3: float | None
    outside_s: OutsidePart


@dataclass(frozen=True, slots=True)
class GapPart:
    """Values that were due and are not there, or may not be used: so many `rows`, one after the other, and why."""

    from_: From
    until: datetime
    cause: Cause
    rows: int


@dataclass(frozen=True, slots=True)
class InstrumentPart:
    """What measured a channel, and the worst it stood in the batch's time; empty where the register says nothing."""

    id: str
    state: InstrumentState
    serial: str
    certificate: str
    due_on: date | None


@dataclass(frozen=True, slots=True)
class ChannelPart:
    """A channel in a zone of the batch.

    Attributes:
        inputs: of a channel that is reckoned from others: which; judged and not stored: its figures are reckoned again.
        since: from when on its zone belongs to the batch; `until`: up to when.
        statistics: None: it is reckoned, and not everything that it is made from is stored.
        reasons: why the verdict is not "within".
        instrument: None: nothing is measured there that could be calibrated.
        how: of a channel that is reckoned: how its value follows from `inputs`; None: it is measured.
        states: of a channel that stands in one of several states: what each value means.
    """

    id: str
    label: Text
    unit: str
    kind: Kind
    zone: str
    device: str
    grade: Grade
    inputs: tuple[str, ...]
    since: datetime
    until: datetime
    limits: tuple[LimitPart, ...]
    statistics: StatisticsPart | None
    gaps: tuple[GapPart, ...]
    verdict: Verdict
    reasons: tuple[Text, ...]
    instrument: InstrumentPart | None
    how: Text | None = None
    states: Mapping[int, Text] = field(default_factory=dict)


# --- What was judged ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AlarmPart:
    """One occurrence of an alarm that touches the batch's time.

    Attributes:
        channel: "" where it is about a device, a network or the service.
        ended_at: when its condition was over; None: it was not, up to the end of what is told.
        duration_s: for how long the condition held in all, to `ended_at` or the end of what is told.
        worst: the value furthest outside; of what had not ended, as far as a change of it says so.
        limit: the bound that it was outside of; None: there is none, as with communication.
        ack_latency_s: from `raised_at` to the acknowledgement.
        signature: id of the signature of the acknowledgement ("" if it took none).
        explained: it was hidden by design for as long as it held: a mode explains it, and it counts for no verdict.
        deviation: number of the deviation that is about it ("" for none).
        text: `detail` in both languages.
    """

    id: str
    channel: str
    zone: str
    level: Level
    priority: Priority
    raised_at: datetime
    ended_at: datetime | None
    duration_s: float
    worst: float | None
    limit: float | None
    detail: str
    acknowledged_at: datetime | None
    acknowledged_by: str
    comment: str
    signature: str
    ack_latency_s: float | None
    first_out: bool
    explained: bool
    deviation: str
    text: Text


@dataclass(frozen=True, slots=True)
class HiddenPart:
    """An alarm was hidden; `until` None: beyond what is told. `who` is empty where a mode hid it by design.

    `text` is the reason in both languages; a person's own words stand as they were said.
    """

    alarm: str
    how: Hiding
    since: datetime
    until: datetime | None
    who: str
    second: str
    reason: str
    text: Text


@dataclass(frozen=True, slots=True)
class ActionPart:
    """One protective action, from its trigger to its end; `text` is `detail` in both languages."""

    protection: str
    label: Text
    triggered_at: datetime
    because: tuple[str, ...]
    state: str
    verified_at: datetime | None
    ended_at: datetime | None
    who: str
    detail: str
    text: Text


@dataclass(frozen=True, slots=True)
class ClockPart:
    """A clock that was wrong for some time: `what` as the collector wrote it, `text` in both languages."""

    from_: From
    until: datetime | None
    what: str
    text: Text


# --- Is it all there --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CompletenessPart:
    """Over all channels: values that were due and that may be used, and how many are missing by each cause."""

    expected: int
    valid: int
    percent: float | None
    causes: Mapping[Cause, int]


@dataclass(frozen=True, slots=True)
class LackPart:
    """One thing for which the batch is not complete."""

    kind: LackKind
    id: str
    text: Text


@dataclass(frozen=True, slots=True)
class Figures:
    """What was reckoned of a channel in one of two ways: values stored, those usable, and these."""

    n: int
    valid: int
    min: float | None
    max: float | None
    sum: float | None


@dataclass(frozen=True, slots=True)
class CheckPart:
    """Each channel's figures from the raw values, and from those that are kept of minutes; `differs`: where not alike.

    Sums agree within the rounding of additions in another order.
    """

    raw: Mapping[str, Figures]
    rollup: Mapping[str, Figures]
    agree: bool
    differs: tuple[str, ...] = field(default=())
