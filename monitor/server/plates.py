"""What is said of plates: how one stands, what is due with it, and every step of its life."""

import re
from datetime import datetime
from typing import Annotated, Any, Self, TypeAlias

from pydantic import BaseModel, Field, JsonValue, StringConstraints, model_validator

from config.model import Grade
from config.sampling import UNITS, SampleKind
from monitor.records.plates.due import Todo, due
from monitor.records.plates.life import MOVES, WORDS, Plate, ViableResult
from monitor.records.verdicts import Verdict
from monitor.server.asked import BatchId, Day
from monitor.server.messages import shown
from monitor.server.written import AT, Label, Noun, Time
from monitor.store.viable import Sample, State

_CODE = re.compile(r"V(\d{6,18})-(\d\d)")

Line: TypeAlias = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$"),
]

STEP: dict[str, Any] = {
    "state": "exposed",
    "at": AT,
    "who": "cao",
    "facts": {"from": AT},
    "reason": "",
    "signature": "",
}
PLATE: dict[str, Any] = {
    "code": "V000001-95",
    "position": "STM-L1-SP-01",
    "place": 1,
    "turn": 1,
    "label": {"en": "Settle plate beside the fill needle", "zh": "灌装针旁沉降菌"},
    "zone": "STM-L1-A-ISO",
    "grade": "A",
    "kind": "settle",
    "unit": "CFU/4 h",
    "medium": "TSA 90 mm",
    "batch": "B-2026-0117",
    "stage": "fill",
    "planned_at": AT,
    "state": "exposed",
    "todo": "collect",
    "due_at": AT,
    "due_by": "2026-03-02T12:15:01.000000+00:00",
    "steps": 1,
    "exposed_from": AT,
    "exposed_until": None,
    "volume_l": None,
    "lot": "",
    "cfu": None,
    "is_too_many": False,
    "is_changed": False,
    "organism": "",
    "species": "",
    "read_by": "",
    "read_at": None,
    "verified_by": "",
    "approved_by": "",
}
WHOLE: dict[str, Any] = PLATE | {
    "occasion": "batch B-2026-0117 fill",
    "planned_by": "cao",
    "planned_volume_l": None,
    "exposure_max_s": 14400.0,
    "alert": None,
    "device": "",
    "incubation": [{"celsius_low": 30.0, "celsius_high": 35.0, "days_min": 2.0, "days_max": 3.0}],
    "may_become": ["collected", "incubating", "quarantined", "rejected"],
    "history": [STEP],
    "verdict": "incomplete",
    "verdicts": {"each": "incomplete", "average": "incomplete"},
    "needs_investigation": False,
    "is_late": False,
}


class OnePlate(BaseModel):
    """How a plate stands.

    `todo` is what is due with it, from `due_at` on and by `due_by`. `steps` counts what was done with it: whoever
    approves it says how many of them were seen. `is_changed`: another reading has taken the place of the first.
    """

    model_config = shown(PLATE)

    code: str
    position: str
    place: int
    turn: int
    label: Label
    zone: str
    grade: Grade
    kind: SampleKind
    unit: str
    medium: str
    batch: str | None
    stage: str | None
    planned_at: Time
    state: State
    todo: Todo
    due_at: Time | None
    due_by: Time | None
    steps: int
    exposed_from: Time | None
    exposed_until: Time | None
    volume_l: float | None
    lot: str
    cfu: int | None
    is_too_many: bool
    is_changed: bool
    organism: str
    species: str
    read_by: str
    read_at: Time | None
    verified_by: str
    approved_by: str


class PlateStep(Noun):
    """One step of a plate's life; what `facts` holds depends on the state that it led to."""

    state: State
    at: Time
    who: str
    facts: dict[str, JsonValue]
    reason: str
    signature: str


class PlateIncubation(Noun):
    """One step of the incubation that was planned."""

    celsius_low: float
    celsius_high: float
    days_min: float
    days_max: float


class WholePlate(OnePlate):
    """A plate with what was planned for it, and all that was done with it, the first step first."""

    model_config = shown(WHOLE)

    occasion: str
    planned_by: str
    planned_volume_l: float | None
    exposure_max_s: float | None
    alert: float | None
    device: str
    incubation: list[PlateIncubation]
    may_become: list[State] = Field(description="what may be done with it now")
    history: list[PlateStep]
    verdict: Verdict = Field(
        description="of the plate and of the average that it is part of; the worst of both"
    )
    verdicts: dict[str, Verdict] = Field(description="by rule: each plate, and the average of its occasion")
    needs_investigation: bool = Field(description="beyond an action limit; in grade A whatever grows is")
    is_late: bool = Field(description="read, or read otherwise, after its batch had ended")


class Plates(BaseModel):
    """Plates, in the order in which they were planned. `is_whole` false: there are more than are told at once."""

    model_config = shown({"plates": [PLATE], "is_whole": True})

    plates: list[OnePlate]
    is_whole: bool = True


class PlatesPlanned(BaseModel):
    """Which plates are to be planned: those of a batch, as far as it has come, or those of a shift of a day."""

    model_config = shown({"batch": "B-2026-0117"}, {"day": "2026-03-02", "shift": 1})

    batch: BatchId | None = None
    day: Day | None = None
    shift: Annotated[int, Field(ge=1, le=6)] = 1

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.batch is None) == (self.day is None):
            raise ValueError("give either a batch or a day")
        return self


class SamplerRun(Noun):
    """One run of an air sampler by its own record; only a good one can be a plate's."""

    began: Time
    ended: Time
    volume_m3: float
    is_good: bool
    location: int | None


class SamplerRuns(BaseModel):
    """Runs, the last one first."""

    model_config = shown(
        {
            "runs": [
                {
                    "began": AT,
                    "ended": "2026-03-02T08:25:01.000000+00:00",
                    "volume_m3": 1.0,
                    "is_good": True,
                    "location": 3,
                }
            ]
        }
    )

    runs: list[SamplerRun]


def is_code(written: str) -> bool:
    """Say whether this can stand on a label: its check digits fit (ISO 7064, MOD 97-10)."""
    found = _CODE.fullmatch(written)
    return found is not None and int(found[2]) == 98 - int(found[1]) * 100 % 97


def one_plate(plate: Plate) -> OnePlate:
    """Say how a plate stands."""
    return OnePlate(**_facts(plate))


def whole_plate(plate: Plate, result: ViableResult) -> WholePlate:
    """Say all of a plate, and what came of it."""
    draft, plan = plate.sample.draft, plate.sample.draft.plan
    return WholePlate(
        **_facts(plate),
        occasion=draft.occasion,
        planned_by=plate.sample.planned_by,
        planned_volume_l=plan.volume_l,
        exposure_max_s=plan.exposure_max_s,
        alert=plan.alert,
        device=plan.device,
        incubation=[PlateIncubation.model_validate(one) for one in plan.incubation],
        may_become=sorted(MOVES[plate.state], key=list(WORDS).index),
        history=[PlateStep.model_validate(one) for one in plate.sample.steps],
        verdict=result.verdict,
        verdicts=dict(result.verdicts),
        needs_investigation=result.needs_investigation,
        is_late=result.is_late,
    )


def _facts(plate: Plate) -> dict[str, Any]:
    waits = due(plate)
    return {
        **_planned(plate.sample),
        "state": plate.state,
        "todo": waits.todo,
        "due_at": waits.at,
        "due_by": waits.by,
        "exposed_from": plate.exposed_from,
        "exposed_until": plate.exposed_until,
        "volume_l": plate.volume_l,
        "lot": plate.lot,
        "verified_by": plate.verified_by,
        "approved_by": plate.approved_by,
        **_read(plate),
    }


def _planned(sample: Sample) -> dict[str, Any]:
    draft = sample.draft
    names = ("position", "place", "turn", "zone", "grade", "kind", "planned_at")
    return {name: getattr(draft, name) for name in names} | {
        "code": sample.code,
        "label": Label.model_validate(draft.plan.label),
        "unit": UNITS[draft.kind],
        "medium": draft.plan.medium,
        "batch": draft.batch or None,
        "stage": draft.stage or None,
        "steps": len(sample.steps),
    }


def _read(plate: Plate) -> dict[str, Any]:
    reading = plate.reading
    read_at: datetime | None = reading.at if reading else None
    return {
        "cfu": reading.facts.cfu if reading else None,
        "is_too_many": bool(reading and reading.facts.too_many),
        "is_changed": bool(reading and reading.is_changed),
        "organism": (reading.facts.organism or "") if reading else "",
        "species": (reading.facts.species or "") if reading else "",
        "read_by": reading.who if reading else "",
        "read_at": read_at,
    }
