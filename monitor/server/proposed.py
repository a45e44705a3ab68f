"""What is said of changes of the plant: proposals, what they change, and which plant was in force when."""

from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, Field

from config.difference import KINDS, Difference, field_words
from monitor.server.messages import shown
from monitor.server.signatures import Signing
from monitor.server.written import NOUN, Label, Noun, Time
from monitor.store.plant_changes import ProposalState

# No NUL: PostgreSQL cannot keep one.
Words: TypeAlias = Annotated[str, Field(max_length=1000, pattern=r"^[^\x00]*$")]
Reason: TypeAlias = Annotated[Words, Field(min_length=3)]
AT = "2026-03-02T08:15:01.000000+00:00"
STEP = {"state": "approved", "at": AT, "who": "qian", "reason": "", "signature": "5f0c"}
PROPOSAL: dict[str, Any] = {
    "number": 3,
    "at": AT,
    "who": "li",
    "reason": "the new fan holds 40 Pa",
    "sha256": "9f2c…",
    "base": "17ab…",
    "state": "approved",
    "steps": [STEP],
}

DIFFERENCE: dict[str, Any] = {
    "kind": "limit",
    "kind_label": {"en": "limit", "zh": "限度"},
    "id": "ISO-STM-L1/chamber_pressure/alert",
    "field": "low",
    "field_label": {"en": "lower bound", "zh": "下限"},
    "old": "30 Pa",
    "new": "25 Pa",
    "is_looser": True,
}
VERSION = {
    "sha256": "9f2c…",
    "since": AT,
    "until": None,
    "what": "approved",
    "who": "li",
    "second": "qian",
    "proposal": 3,
}


class PlantProposed(BaseModel):
    """What is proposed, and why: files by name (`plant/<name>.yaml`), or the folder that the server was started with.

    Profiles and rulesets of the package are added, unless the files bring their own.
    """

    model_config = shown(
        {"reason": "the new fan holds 40 Pa", "files": {"plant/plant.yaml": "plant: demo\n…"}}
    )

    reason: Reason
    files: Annotated[dict[str, str], Field(max_length=500)] = {}
    offered: bool = False


class PlantApproved(BaseModel):
    """The signature of who approves, and what there is to say."""

    model_config = shown({"signature": {"password": "correct horse battery staple", "meaning": "approval"}})

    signature: Signing
    comment: Words = ""


class PlantDropped(BaseModel):
    """Why a proposal is rejected or withdrawn."""

    model_config = shown({"reason": "the alert has to be adapted too"})

    reason: Reason


class PlantStep(Noun):
    """One thing that became of a proposal."""

    model_config = NOUN | shown(STEP)

    state: ProposalState
    at: Time
    who: str
    reason: str
    signature: str


class PlantProposal(Noun):
    """One proposal: `base` is the plant with which it was compared."""

    model_config = NOUN | shown(PROPOSAL)

    number: int
    at: Time
    who: str
    reason: str
    sha256: str
    base: str
    state: ProposalState
    steps: list[PlantStep]


class PlantDifference(BaseModel):
    """One field that differs; `is_looser`: less is seen, or later. An empty `field`: the whole thing."""

    kind: str
    kind_label: Label
    id: str
    field: str
    field_label: Label
    old: str | None
    new: str | None
    is_looser: bool | None


class PlantProposals(BaseModel):
    """The latest proposals. `offered`: sha256 of the plant in the server's folder, if it could be proposed.

    `waits` says why the collector has not taken yet what is approved.
    """

    model_config = shown({"in_force": "17ab…", "offered": None, "waits": None, "proposals": [PROPOSAL]})

    in_force: str
    offered: str | None
    waits: Label | None
    proposals: list[PlantProposal]


class PlantProposalWhole(PlantProposal):
    """One proposal with what it changes; no `differences`: the plant before is not kept here any more."""

    model_config = NOUN | shown(
        {**PROPOSAL, "differences": [DIFFERENCE], "files": ["plant/limits.yaml", "plant/plant.yaml"]}
    )

    differences: list[PlantDifference] | None
    files: list[str]


class PlantVersion(Noun):
    """A plant and a time in which it was in force; `second` approved what `who` proposed."""

    sha256: str
    since: Time
    until: Time | None
    what: str
    who: str
    second: str
    proposal: int


class PlantVersions(BaseModel):
    """Which plant was in force when, the last one first."""

    model_config = shown({"versions": [VERSION]})

    versions: list[PlantVersion]


def difference_of(one: Difference) -> PlantDifference:
    """Write a difference, with words for its kind and its field."""
    return PlantDifference(
        kind=one.kind,
        kind_label=Label.model_validate(KINDS[one.kind]),
        id=one.id,
        field=one.field,
        field_label=Label.model_validate(field_words(one.field)),
        old=one.old,
        new=one.new,
        is_looser=one.is_looser,
    )
