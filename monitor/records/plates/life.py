"""A plate's life: which step may follow which, by whom, and how a plate stands after all of them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from config.model import Grade, Text
from config.sampling import SampleKind
from monitor.records.plates.facts import Collected, Exposed, Incubating, Nothing, Read, facts_of
from monitor.records.verdicts import Verdict
from monitor.store.viable import Sample, State, Step

MOVES: Mapping[State, frozenset[State]] = {
    State.PLANNED: frozenset({State.EXPOSED, State.QUARANTINED, State.REJECTED}),
    State.EXPOSED: frozenset({State.COLLECTED, State.INCUBATING, State.QUARANTINED, State.REJECTED}),
    State.COLLECTED: frozenset({State.INCUBATING, State.QUARANTINED, State.REJECTED}),
    # Another step of incubation at another temperature.
    State.INCUBATING: frozenset({State.INCUBATING, State.READ, State.QUARANTINED, State.REJECTED}),
    # A correction is another reading. What was read is put in quarantine first, and rejected by another person there.
    State.READ: frozenset({State.READ, State.VERIFIED, State.QUARANTINED}),
    State.VERIFIED: frozenset({State.READ, State.APPROVED, State.QUARANTINED}),
    State.APPROVED: frozenset({State.READ, State.QUARANTINED}),
    State.QUARANTINED: frozenset({State.RETURNED, State.REJECTED}),
    State.RETURNED: frozenset(),
    State.REJECTED: frozenset(),
}
"""How a plate stands -> what may be done with it. Nothing stands as returned."""

WHY = frozenset({State.QUARANTINED, State.RETURNED, State.REJECTED})
"""Steps that are never taken without a reason; nor is a correction."""
TO_SPECIES = frozenset({Grade.A, Grade.B})
"""Where whatever grows is named to its species (EU GMP Annex 1 9.31)."""
CLOSED = frozenset({SampleKind.ACTIVE_AIR, SampleKind.SETTLE})
"""Kinds that lie open for a time; of the others the time is a moment."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read last.

    Attributes:
        who: has read it; where a system told of it, whom that named.
        is_changed: it took the place of another reading.
    """

    facts: Read
    who: str
    at: datetime
    is_changed: bool


@dataclass(frozen=True, slots=True)
class Plate:
    """How a plate stands after all that was done with it.

    Attributes:
        state: never RETURNED.
        before: how it stood before it came into quarantine.
        incubated: when each step of its incubation was begun, in their order.
        verified_by: "" if that reading was not.
    """

    sample: Sample
    state: State = State.PLANNED
    before: State = State.PLANNED
    exposed_from: datetime | None = None
    exposed_until: datetime | None = None
    volume_l: float | None = None
    run: datetime | None = None
    lot: str = ""
    incubated: tuple[datetime, ...] = ()
    reading: Reading | None = None
    verified_by: str = ""
    approved_by: str = ""

    @property
    def has_growth(self) -> bool:
        """Something grew on it."""
        return self.reading is not None and self.reading.facts.has_growth

    @property
    def has_result(self) -> bool:
        """It was read, and is neither in quarantine nor rejected."""
        return self.reading is not None and self.state in {State.READ, State.VERIFIED, State.APPROVED}


@dataclass(frozen=True, slots=True)
class ViableResult:
    """What came of one plate.

    Attributes:
        cfu: colonies as counted; None: it was not read, or they were too many.
        value: in `unit`; None as for cfu.
        verdicts: by rule, `each` and `average`; what is not approved yet is never within.
        verdict: the worst of them.
        needs_investigation: it is beyond an action limit; in Grade A any growth is.
        is_late: it was read, or read otherwise, after its batch had ended.
        is_changed: the reading was corrected.
    """

    number: int
    code: str
    position: str
    place: int
    turn: int
    zone: str
    grade: Grade
    kind: SampleKind
    label: Text
    batch: str
    stage: str
    occasion: str
    planned_at: datetime
    state: State
    exposed_from: datetime | None
    exposed_until: datetime | None
    volume_l: float | None
    cfu: int | None
    is_too_many: bool
    value: float | None
    unit: str
    organism: str
    species: str
    read_by: str
    read_at: datetime | None
    verified_by: str
    approved_by: str
    verdicts: Mapping[str, Verdict]
    verdict: Verdict
    needs_investigation: bool
    is_late: bool
    is_changed: bool


def plate_of(sample: Sample) -> Plate:
    """Say how a plate stands.

    Raises:
        pydantic.ValidationError: what was noted with a step does not belong to it.
    """
    plate = Plate(sample)
    for step in sample.steps:
        plate = _after(plate, step)
    return plate


def _after(plate: Plate, step: Step) -> Plate:
    plate = _noted(plate, step)
    match step.state:
        case State.VERIFIED:
            plate = replace(plate, verified_by=step.who)
        case State.APPROVED:
            plate = replace(plate, approved_by=step.who)
        case State.QUARANTINED:
            plate = replace(plate, before=plate.state)
        case State.RETURNED:
            return replace(plate, state=plate.before)
        case _:
            pass
    return replace(plate, state=step.state)


def _noted(plate: Plate, step: Step) -> Plate:
    """Take what was noted with a step."""
    match facts_of(step.state, step.facts):
        case Exposed() as facts:
            moment = None if plate.sample.draft.kind in CLOSED else facts.from_
            until = facts.until or moment
            plate = replace(plate, exposed_from=facts.from_, exposed_until=until)
            return replace(plate, volume_l=facts.volume_l, run=facts.run)
        case Collected() as facts:
            plate = replace(plate, exposed_until=facts.until)
            return replace(plate, volume_l=facts.volume_l or plate.volume_l, run=facts.run or plate.run)
        case Incubating() as facts:
            return replace(plate, lot=facts.lot, incubated=(*plate.incubated, step.at))
        case Read() as facts:
            reading = Reading(facts, facts.by or step.who, step.at, is_changed=plate.reading is not None)
            return replace(plate, reading=reading, verified_by="", approved_by="")
        case Nothing():
            return plate


def refusal(plate: Plate, step: Step) -> Text | None:
    """Say why a step may not be taken now; None: it may.

    Args:
        plate: how it stands.
        step: what a person wants to do, its facts sound in themselves (`facts_of`).
    """
    if step.state not in MOVES[plate.state]:
        return Text(
            f"a plate that is {plate.state} cannot be {step.state}",
            f"“{WORDS[plate.state].zh}”的平皿不能变为“{WORDS[step.state].zh}”",
        )
    if (step.state in WHY or (step.state is State.READ and plate.reading)) and not step.reason.strip():
        return Text("say why", "请说明原因")
    last = plate.sample.steps[-1].at if plate.sample.steps else None
    if last is not None and step.at < last:
        return Text("this is before the step that came last", "时间早于上一步")
    return _own(plate, step) or _too_little(plate, step)


def _own(plate: Plate, step: Step) -> Text | None:
    """Refuse whoever would check their own work."""
    reader = plate.reading.who.lower() if plate.reading else ""
    who = step.who.lower()
    if step.state in {State.VERIFIED, State.APPROVED, State.REJECTED} and who == reader:
        return Text(
            "who has read a plate does not check it; ask another person", "读数人不得自行复核，请由他人操作"
        )
    if step.state is State.APPROVED and who == plate.verified_by.lower():
        return Text(
            "who has verified a plate does not approve it; ask a third person",
            "复核人不得自行批准，请由第三人操作",
        )
    return None


def _too_little(plate: Plate, step: Step) -> Text | None:
    """Refuse what the facts do not bear yet."""
    match facts_of(step.state, step.facts):
        case Exposed() as facts:
            return _of_air(plate, facts) or _of_times(facts.from_, facts.until, step.at)
        case Collected() as facts:
            since = plate.exposed_from or facts.until
            return _of_air(plate, facts) or _of_times(since, facts.until, step.at)
        case Incubating() as facts:
            return _before_incubation(plate, facts)
        case Read() as facts:
            return _too_early(plate, facts, step.at)
        case Nothing():
            pass
    if step.state is State.APPROVED and not is_named(plate):
        return Text(
            "what grew in grade A or B is named to its species before it is approved",
            "A级、B级区长菌须鉴定到种后方可批准",
        )
    return None


def _of_air(plate: Plate, facts: Exposed | Collected) -> Text | None:
    drawn = facts.volume_l is not None or facts.run is not None
    if drawn and plate.sample.draft.kind is not SampleKind.ACTIVE_AIR:
        return Text("no air is drawn over this plate", "该平皿不采集空气")
    return None


def _of_times(since: datetime, until: datetime | None, at: datetime) -> Text | None:
    if until is not None and until < since:
        return Text("it ends before it begins", "结束时间早于开始时间")
    if (until or since) > at:
        return Text("this time has not come yet", "该时间尚未到来")
    return None


def _before_incubation(plate: Plate, facts: Incubating) -> Text | None:
    kind = plate.sample.draft.kind
    if kind in CLOSED and plate.exposed_until is None:
        return Text("say first until when it lay open", "请先注明暴露结束时间")
    if kind is SampleKind.ACTIVE_AIR and plate.volume_l is None:
        return Text("say first how much air was drawn", "请先注明采样体积")
    steps = len(plate.sample.draft.plan.incubation)
    if facts.step > steps or facts.step != len(plate.incubated) + 1:
        return Text(f"its incubation has {steps} steps, one after the other", f"培养共{steps}步，须依次进行")
    return None


def _too_early(plate: Plate, facts: Read, at: datetime) -> Text | None:
    """Refuse that nothing grew before it had the time to; growth may be told at any time."""
    if facts.has_growth:
        return None
    plan = plate.sample.draft.plan.incubation
    for step, (since, until) in enumerate(pairwise((*plate.incubated, at))):
        if until - since < timedelta(days=plan[step].days_min):
            return Text(
                f"step {step + 1} of its incubation takes {plan[step].days_min:g} days; before, nothing can be said not"
                " to have grown",
                f"第{step + 1}步培养须满{plan[step].days_min:g}天，此前不能判定为未生长",
            )
    if len(plate.incubated) < len(plan):
        return Text(
            f"its incubation has {len(plan)} steps; before the last, nothing can be said not to have grown",
            f"培养共{len(plan)}步，未完成前不能判定为未生长",
        )
    return None


def is_named(plate: Plate) -> bool:
    """Say whether all is named that has to be before the result is approved."""
    if plate.sample.draft.grade not in TO_SPECIES or not plate.has_growth or plate.reading is None:
        return True
    return bool(plate.reading.facts.organism and plate.reading.facts.species)


WORDS: Mapping[State, Text] = {
    State.PLANNED: Text("planned", "已计划"),
    State.EXPOSED: Text("exposed", "已暴露"),
    State.COLLECTED: Text("collected", "已回收"),
    State.INCUBATING: Text("incubating", "培养中"),
    State.READ: Text("read", "已读数"),
    State.VERIFIED: Text("verified", "已复核"),
    State.APPROVED: Text("approved", "已批准"),
    State.QUARANTINED: Text("quarantined", "已隔离"),
    State.RETURNED: Text("returned", "已解除隔离"),
    State.REJECTED: Text("rejected", "已作废"),
}
"""How a person calls it."""


def late(plate: Plate, ended_at: datetime | None) -> bool:
    """Say whether a result came, or changed, after its batch had ended; of one that runs none has."""
    return ended_at is not None and plate.reading is not None and plate.reading.at > ended_at
