"""What is said of deviations: what they cover, how they were assessed, and what became of them."""

from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from monitor.server.asked import WRITABLE, BatchId, Id, Moment, Prose
from monitor.server.messages import shown
from monitor.server.signatures import Signing
from monitor.server.written import AT, Time
from monitor.store.deviations import AboutKind, Assessment, Deviation, DeviationClass, DeviationState

ABOUT_MAX = 5000
"""A network that is cut for a minute leaves a gap in each of its channels."""
BYTES_MAX = 2**20

Title: TypeAlias = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=3, max_length=200, pattern=WRITABLE)
]
Said: TypeAlias = Annotated[Prose, Field(min_length=3)]

_ABOUT = {"kind": "alarm", "id": "ISO-STM-L1/chamber_pressure/action", "at": AT}
_ASSESSED = {
    "class": "major",
    "cause": "Glove 3 was older than its time.",
    "impact": "None: nothing was open.",
    "action": "It was changed and tested; the interval is shortened.",
}
_SIGNING = {"password": "correct horse battery staple"}
_STEP = {
    "state": "assessed",
    "at": AT,
    "who": "li",
    "comment": "",
    "assessment": _ASSESSED,
    "signature": "5f0c2a7be1d94c36",
    "sha256": "9f2c0a1b5e7d4c36" * 4,
}
DEVIATION: dict[str, Any] = {
    "number": "DEV-2026-0001",
    "batch": "MSC-2026-014",
    "title": "Glove 3 torn",
    "about": [_ABOUT],
    "state": "assessed",
    "opened_by": "cao",
    "opened_at": AT,
    "signature": "0c9ab3771d2e40f6",
    "sha256": "9f2c0a1b5e7d4c36" * 4,
    "steps": [_STEP],
}


class DeviationAbout(BaseModel):
    """One thing that it covers, by the id in the batch's dossier; `at` tells the occurrences of an alarm apart."""

    model_config = ConfigDict(from_attributes=True) | shown(_ABOUT)

    kind: AboutKind
    id: Id
    at: Time | None


class NewAbout(BaseModel):
    """One thing that is to be covered."""

    model_config = shown(_ABOUT)

    kind: AboutKind
    id: Id
    at: Moment | None = None


class NewDeviation(BaseModel):
    """What went otherwise than it should, in which batch (null: in none), what it covers; signed as its author."""

    model_config = shown(
        {
            "batch": None,
            "title": "Glove 3 torn",
            "about": [_ABOUT],
            "signature": _SIGNING | {"meaning": "authorship"},
        }
    )

    batch: BatchId | None = None
    title: Title
    about: Annotated[list[NewAbout], Field(max_length=ABOUT_MAX)] = []
    signature: Signing


class DeviationAssessment(BaseModel):
    """How grave it is, what led to it, what it did to the product, and what is done about it."""

    model_config = shown(_ASSESSED)

    grade: DeviationClass = Field(alias="class")
    cause: Said
    impact: Said
    action: Said


class DeviationAssessed(DeviationAssessment):
    """An assessment; signed as its author."""

    model_config = shown(_ASSESSED | {"comment": "", "signature": _SIGNING | {"meaning": "authorship"}})

    comment: Prose = ""
    signature: Signing


class DeviationClosed(BaseModel):
    """What there is to say at the end; signed as an approval."""

    model_config = shown({"comment": "agreed", "signature": _SIGNING | {"meaning": "approval"}})

    comment: Prose = ""
    signature: Signing


class DeviationReopened(BaseModel):
    """Why it is opened again; signed."""

    model_config = shown({"comment": "it came again", "signature": _SIGNING | {"meaning": "responsibility"}})

    comment: Said
    signature: Signing


class OneStep(BaseModel):
    """One thing that became of a deviation."""

    model_config = shown(_STEP)

    state: DeviationState
    at: Time
    who: str
    comment: str
    assessment: DeviationAssessment | None
    signature: str
    sha256: str


class OneDeviation(BaseModel):
    """A deviation, with all that became of it."""

    model_config = shown(DEVIATION)

    number: str
    batch: str | None
    title: str
    about: list[DeviationAbout]
    state: DeviationState
    opened_by: str
    opened_at: Time
    signature: str
    sha256: str
    steps: list[OneStep]


class Deviations(BaseModel):
    """Deviations, the last one first."""

    model_config = shown({"deviations": [DEVIATION]})

    deviations: list[OneDeviation]


def deviation_told(one: Deviation) -> OneDeviation:
    """Write a deviation."""
    return OneDeviation(
        number=one.number,
        batch=one.batch or None,
        title=one.title,
        about=[DeviationAbout.model_validate(each) for each in one.about],
        state=one.state,
        opened_by=one.opened_by,
        opened_at=one.opened_at,
        signature=one.signature,
        sha256=one.sha256,
        steps=[
            OneStep(
                state=step.state,
                at=step.at,
                who=step.who,
                comment=step.comment,
                assessment=_assessment(step.assessment),
                signature=step.signature,
                sha256=step.sha256,
            )
            for step in one.steps
        ],
    )


def _assessment(said: Assessment | None) -> DeviationAssessment | None:
    if said is None:
        return None
    told = {"class": said.grade, "cause": said.cause, "impact": said.impact, "action": said.action}
    return DeviationAssessment.model_validate(told)
