"""Changes of the plant: one person proposes, another approves and signs, and only then the collector takes it."""

import asyncio
from datetime import timedelta
from typing import Annotated, Any, Literal, NoReturn, TypeAlias

import structlog
from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from config.difference import KINDS, Difference, field_words
from config.faults import PlantFaults
from config.model import Text
from monitor.server.identify import address_of
from monitor.server.may import may, refused
from monitor.server.messages import Detail, shown
from monitor.server.refusal import Refusal
from monitor.server.rights import Deed
from monitor.server.routes.deeds import Words
from monitor.server.service import Here, Service
from monitor.server.sessions import Session
from monitor.server.signatures import Signing, Subject, sign
from monitor.server.trials import Running, TrialState
from monitor.server.written import NOUN, Label, Noun, Time
from monitor.store.plant_changes import (
    FOLLOWS,
    Proposal,
    ProposalState,
    Step,
    add_proposal,
    add_step,
    proposal_of,
    proposals,
    versions,
)
from monitor.versions import BYTES_MAX, Versions, VersionsError

router = APIRouter(
    prefix="/plant",
    tags=["plant changes"],
    responses={code: {"model": Detail} for code in (401, 403, 404, 409, 413, 422, 429, 503)},
)
_log = structlog.get_logger()

Proposing: TypeAlias = Annotated[Session, Depends(may(Deed.PROPOSE_PLANT))]
Approving: TypeAlias = Annotated[Session, Depends(may(Deed.APPROVE_PLANT))]
Reading = Depends(may(Deed.PROPOSE_PLANT, Deed.APPROVE_PLANT, Deed.READ_BOOK))
Replaying = Depends(may(Deed.PROPOSE_PLANT, Deed.APPROVE_PLANT))
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
    "old": "30",
    "new": "25",
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

_NONE = Text("There is no such proposal.", "没有该提案。")
_SAME = Text("This plant is in force already.", "该工厂配置已生效。")
_NOT_OFFERED = Text(
    "The server's plant folder is the one in force; give files.",
    "服务器的工厂配置目录与生效版本相同，请提供文件。",
)
_OTHER_PLANT = Text("It is another plant's.", "该配置属于另一工厂。")
_ALONE = Text(
    "Who proposes a change cannot approve it: a second person has to.",
    "提案人不能批准自己的提案，须由第二人批准。",
)
_NOT_YOURS = Text("Only who proposed it can withdraw it.", "只有提案人可以撤回。")
_OVERTAKEN = Text(
    "Another plant has come into force since; propose the change anew.",
    "其间已有其他配置生效，请重新提出变更。",
)
_BUSY = Text("Another replay runs; stop it, or wait for it.", "另一重放正在进行，请停止或等待其结束。")
_NO_REPLAY = Text("The past was not judged under this proposal.", "尚未按该提案重放。")
_IN_LINE = Text("An approved change waits to come into force.", "另有已批准的变更等待生效。")


class Proposed(BaseModel):
    """What is proposed, and why: files by name (`plant/<name>.yaml`), or the folder that the server was started with.

    Profiles and rulesets of the package are added, unless the files bring their own.
    """

    model_config = shown(
        {"reason": "the new fan holds 40 Pa", "files": {"plant/plant.yaml": "plant: demo\n…"}}
    )

    reason: Reason
    files: Annotated[dict[str, str], Field(max_length=500)] = {}
    offered: bool = False


class Approved(BaseModel):
    """The signature of who approves, and what there is to say."""

    model_config = shown({"signature": {"password": "correct horse battery staple", "meaning": "approval"}})

    signature: Signing
    comment: Words = ""


class Ended(BaseModel):
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


class Asked(BaseModel):
    """How many days back the past is judged."""

    model_config = shown({"days": 7})

    days: Annotated[int, Field(ge=1, le=31)] = 7


class TrialCounts(BaseModel):
    """How often one alarm was active: under the plant in force alone, under the proposed one alone, under both."""

    alarm: str
    only_old: int
    only_new: int
    both: int


class TrialOccurrence(BaseModel):
    """One time in which an alarm was active; no `until`: it still was at the end."""

    alarm: str
    which: Literal["only_old", "only_new", "both"]
    since: Time
    until: Time | None


class TrialResult(BaseModel):
    """What the past would have alarmed, of all limits that differ; of the occurrences the first thousand."""

    begin: Time
    end: Time
    samples: int
    alarms: list[TrialCounts]
    occurrences: list[TrialOccurrence]


class PlantTrial(BaseModel):
    """How far a replay of the past under a proposed plant has come: `done` is a share."""

    model_config = shown({"state": "running", "done": 0.4, "error": "", "result": None})

    state: TrialState
    done: float
    error: str
    result: TrialResult | None


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


@router.get("/versions", dependencies=[Reading])
async def read_plant_versions(here: Here) -> PlantVersions:
    """Every plant that was in force, since when and until when, and who answers for it."""
    async with here.reads.pool() as pool:
        return PlantVersions(versions=[PlantVersion.model_validate(one) for one in await versions(pool)])


@router.get("/proposals", dependencies=[Reading])
async def read_proposals(here: Here) -> PlantProposals:
    """The latest proposals, the last one first."""
    async with here.database.pool() as pool:
        found = await proposals(pool)
    offered = await here.changes.offered()
    known = {one.sha256 for one in found}
    return PlantProposals(
        in_force=here.settings.plant.sha256,
        offered=offered[0].sha256 if offered and offered[0].sha256 not in known else None,
        waits=None if here.changes.waits is None else Label.model_validate(here.changes.waits),
        proposals=[PlantProposal.model_validate(one) for one in found],
    )


@router.get("/proposals/{number}", dependencies=[Reading])
async def read_proposal(number: int, here: Here) -> PlantProposalWhole:
    """One proposal, with what it changes: limits first, and what is looser marked."""
    return await _whole(here, await find(here, number))


@router.post("/proposals", status_code=201, max_body_size=2 * BYTES_MAX)
async def propose(proposed: Proposed, session: Proposing, here: Here) -> PlantProposalWhole:
    """Propose another plant. Nothing changes by it."""
    before = here.settings.plant
    plant, files = await _read(here, proposed)
    if plant.sha256 == before.sha256:
        raise Refusal(409, _SAME)
    if plant.id != before.id:
        raise Refusal(422, _OTHER_PLANT)
    at, who = here.settings.now(), session.person
    made = Proposal(0, at, who.name, proposed.reason, plant.sha256, before.sha256, files=files)
    async with here.database.connection() as connection:
        number = await add_proposal(connection, made, who.role, here.ledger.chain)
    _log.info("plant_proposed", proposal=number, name=who.name, plant=plant.sha256)
    return await _whole(here, await find(here, number))


@router.post("/proposals/{number}/approve")
async def approve(
    number: int, approved: Approved, request: Request, session: Approving, here: Here
) -> PlantProposalWhole:
    """Approve a proposal as a second person, with a signature. The collector takes it then."""
    proposal = await find(here, number)
    who = session.person
    if proposal.who == who.name:
        await refused(here, who, Deed.APPROVE_PLANT, _ALONE)
    await _check_follows(here, session, proposal, ProposalState.APPROVED)
    if proposal.base != here.settings.plant.sha256:
        await out_of_order(here, session, proposal, _OVERTAKEN)
    async with here.database.pool() as pool:
        if any(one.state is ProposalState.APPROVED for one in await proposals(pool)):
            await out_of_order(here, session, proposal, _IN_LINE)
    content = {"proposal": number, "plant": proposal.sha256, "base": proposal.base, "reason": proposal.reason}
    subject = Subject("plant", str(number), proposal.sha256, content)
    signed = await sign(here, who, approved.signature, subject, address_of(request))
    step = Step(ProposalState.APPROVED, here.settings.now(), who.name, approved.comment, signed.id)
    return await _take_step(here, session, proposal, step)


@router.post("/proposals/{number}/reject")
async def reject(number: int, ended: Ended, session: Approving, here: Here) -> PlantProposalWhole:
    """Reject a proposal."""
    proposal = await find(here, number)
    await _check_follows(here, session, proposal, ProposalState.REJECTED)
    step = Step(ProposalState.REJECTED, here.settings.now(), session.person.name, ended.reason)
    return await _take_step(here, session, proposal, step)


@router.post("/proposals/{number}/withdraw")
async def withdraw(number: int, ended: Ended, session: Proposing, here: Here) -> PlantProposalWhole:
    """Take one's own proposal back."""
    proposal = await find(here, number)
    if proposal.who != session.person.name:
        await refused(here, session.person, Deed.PROPOSE_PLANT, _NOT_YOURS)
    await _check_follows(here, session, proposal, ProposalState.WITHDRAWN)
    step = Step(ProposalState.WITHDRAWN, here.settings.now(), session.person.name, ended.reason)
    return await _take_step(here, session, proposal, step)


@router.post("/proposals/{number}/replay", status_code=202, dependencies=[Replaying])
async def start_replay(number: int, asked: Asked, here: Here) -> PlantTrial:
    """Judge the past days under a proposal, beside everything else; one at a time."""
    proposal = await find(here, number)
    if here.trials.busy():
        raise Refusal(409, _BUSY)
    try:
        base = await asyncio.to_thread(Versions(here.settings.data).folder_of, proposal.base)
    except VersionsError as error:
        text = Text(f"The plant before is not kept here: {error}", f"此处未保存变更前的配置：{error}")
        raise Refusal(409, text) from error
    end = here.settings.now()
    return _trial(here.trials.start(proposal, base, end - timedelta(days=asked.days), end))


@router.get("/proposals/{number}/replay", dependencies=[Replaying])
async def read_replay(number: int, here: Here) -> PlantTrial:
    """How far the replay of a proposal has come, and what came of it."""
    return _trial(_known(here, number))


@router.delete("/proposals/{number}/replay", dependencies=[Replaying])
async def stop_replay(number: int, here: Here) -> PlantTrial:
    """Stop the replay of a proposal."""
    running = _known(here, number)
    here.trials.cancel(number)
    return _trial(running)


async def find(here: Service, number: int) -> Proposal:
    """Find a proposal with its files.

    Raises:
        Refusal: 404, there is none of that number.
    """
    if not 0 < number < 2**31:
        raise Refusal(404, _NONE)
    async with here.database.pool() as pool:
        found = await proposal_of(pool, number)
    if found is None:
        raise Refusal(404, _NONE)
    return found


async def out_of_order(here: Service, session: Session, proposal: Proposal, text: Text) -> NoReturn:
    """Refuse what cannot be done to a proposal as it stands, and record it.

    Raises:
        Refusal: 409, always.
    """
    who = session.person
    body = {"role": who.role, "what": f"plant proposal {proposal.number}", "old": proposal.state, "new": None}
    await here.ledger.say(here.settings.now(), "refused", who.name, body | {"reason": text.en})
    raise Refusal(409, text)


async def _check_follows(here: Service, session: Session, proposal: Proposal, to: ProposalState) -> None:
    if to not in FOLLOWS[proposal.state]:
        words = Text(f"The proposal is {proposal.state} already.", f"该提案已处于“{proposal.state}”状态。")
        await out_of_order(here, session, proposal, words)


async def _take_step(here: Service, session: Session, proposal: Proposal, step: Step) -> PlantProposalWhole:
    async with here.database.connection() as connection:
        added = await add_step(connection, proposal, step, session.person.role, here.ledger.chain)
    found = await find(here, proposal.number)
    if not added:
        await _check_follows(here, session, found, step.state)
    here.changes.hurry()
    _log.info("plant_step", proposal=proposal.number, state=step.state, name=step.who)
    return await _whole(here, found)


async def _read(here: Service, proposed: Proposed) -> Any:  # noqa: ANN401 - a plant and its files
    try:
        if proposed.files:
            return await here.changes.read(proposed.files)
    except (PlantFaults, VersionsError) as error:
        text = Text(f"There are faults in this plant: {error}", f"该工厂配置有错误：{error}")
        raise Refusal(422, text) from error
    offered = await here.changes.offered() if proposed.offered else None
    if offered is None:
        raise Refusal(422, _NOT_OFFERED)
    return offered


async def _whole(here: Service, proposal: Proposal) -> PlantProposalWhole:
    found = await here.changes.compare(proposal)
    facts = PlantProposal.model_validate(proposal).model_dump()
    return PlantProposalWhole(
        **facts,
        differences=None if found is None else [_difference(one) for one in found],
        files=sorted(proposal.files),
    )


def _known(here: Service, number: int) -> Running:
    running = here.trials.of(number)
    if running is None:
        raise Refusal(404, _NO_REPLAY)
    return running


def _trial(one: Running) -> PlantTrial:
    result = None if one.result is None else TrialResult.model_validate(one.result)
    return PlantTrial(state=one.state, done=one.done, error=one.error, result=result)


def _difference(one: Difference) -> PlantDifference:
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
