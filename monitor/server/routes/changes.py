"""Changes of the plant: one person proposes, another approves and signs, and only then the collector takes it."""

from typing import Annotated, Any, NoReturn, TypeAlias

import structlog
from fastapi import APIRouter, Depends, Path, Request

from config.faults import PlantFaults
from config.model import Text
from monitor.server.identify import address_of
from monitor.server.may import may, not_now, refused
from monitor.server.messages import refusals
from monitor.server.proposed import (
    PlantApproved,
    PlantDropped,
    PlantProposal,
    PlantProposals,
    PlantProposalWhole,
    PlantProposed,
    PlantVersion,
    PlantVersions,
    difference_of,
)
from monitor.server.refusal import Refusal
from monitor.server.rights import Deed
from monitor.server.service import Here, Service
from monitor.server.sessions import Session
from monitor.server.signatures import Subject, sign
from monitor.server.written import Label
from monitor.store.plant_changes import (
    FOLLOWS,
    Proposal,
    ProposalState,
    Step,
    add_proposal,
    add_step,
    proposal_of,
    proposals,
    signed_content,
    versions,
)
from monitor.versions import BYTES_MAX, VersionsError

router = APIRouter(
    prefix="/plant",
    tags=["plant changes"],
    responses=refusals(401, 403, 404, 409, 413, 422, 429, 503),
)
_log = structlog.get_logger()

Proposing: TypeAlias = Annotated[Session, Depends(may(Deed.PROPOSE_PLANT))]
Approving: TypeAlias = Annotated[Session, Depends(may(Deed.APPROVE_PLANT))]
Reading = Depends(may(Deed.PROPOSE_PLANT, Deed.APPROVE_PLANT, Deed.READ_BOOK))
Number: TypeAlias = Annotated[int, Path(examples=[1])]
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
_IN_LINE = Text("An approved change waits to come into force.", "另有已批准的变更等待生效。")


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
async def read_proposal(number: Number, here: Here) -> PlantProposalWhole:
    """One proposal, with what it changes: limits first, and what is looser marked."""
    return await _whole(here, await find(here, number))


@router.post("/proposals", status_code=201, max_body_size=2 * BYTES_MAX)
async def propose(proposed: PlantProposed, session: Proposing, here: Here) -> PlantProposalWhole:
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
    number: Number, approved: PlantApproved, request: Request, session: Approving, here: Here
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
    subject = Subject("plant", str(number), proposal.sha256, signed_content(proposal))
    signed = await sign(here, who, approved.signature, subject, address_of(request))
    step = Step(ProposalState.APPROVED, here.settings.now(), who.name, approved.comment, signed.id)
    return await _take_step(here, session, proposal, step)


@router.post("/proposals/{number}/reject")
async def reject(number: Number, ended: PlantDropped, session: Approving, here: Here) -> PlantProposalWhole:
    """Reject a proposal; also one that is approved, as long as the collector has not taken it."""
    async with here.changes.still:
        proposal = await find(here, number)
        await _check_follows(here, session, proposal, ProposalState.REJECTED)
        if proposal.sha256 == here.settings.plant.sha256:
            await out_of_order(here, session, proposal, _SAME)
        step = Step(ProposalState.REJECTED, here.settings.now(), session.person.name, ended.reason)
        return await _take_step(here, session, proposal, step)


@router.post("/proposals/{number}/withdraw")
async def withdraw(number: Number, ended: PlantDropped, session: Proposing, here: Here) -> PlantProposalWhole:
    """Take one's own proposal back."""
    proposal = await find(here, number)
    if proposal.who != session.person.name:
        await refused(here, session.person, Deed.PROPOSE_PLANT, _NOT_YOURS)
    await _check_follows(here, session, proposal, ProposalState.WITHDRAWN)
    step = Step(ProposalState.WITHDRAWN, here.settings.now(), session.person.name, ended.reason)
    return await _take_step(here, session, proposal, step)


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
    await not_now(here, session.person, f"plant proposal {proposal.number}", text, old=proposal.state)


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


async def _read(here: Service, proposed: PlantProposed) -> Any:  # noqa: ANN401 - a plant and its files
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
        differences=None if found is None else [difference_of(one) for one in found],
        files=sorted(proposal.files),
    )
