"""Proposals to change the plant, what became of each, and which plant was in force when."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import asyncpg

from monitor.store.catalog import Snapshot
from monitor.store.chain import canonical
from monitor.store.database import Connection, Pool
from monitor.store.record import record

PROPOSALS_MAX = 200
VERSIONS_MAX = 1000
LOCK = 0x70726F70
"""Advisory lock of one proposal ("prop"): of two decisions at the same moment the second sees the first."""


class ProposalState(StrEnum):
    """How far a proposal has come."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    """A second person has signed it; the collector does not run it yet."""
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    IN_FORCE = "in_force"


FOLLOWS: Mapping[ProposalState, frozenset[ProposalState]] = {
    ProposalState.PROPOSED: frozenset(
        {ProposalState.APPROVED, ProposalState.REJECTED, ProposalState.WITHDRAWN}
    ),
    ProposalState.APPROVED: frozenset({ProposalState.IN_FORCE, ProposalState.REJECTED}),
    ProposalState.REJECTED: frozenset(),
    ProposalState.WITHDRAWN: frozenset(),
    ProposalState.IN_FORCE: frozenset(),
}
"""What may come of a proposal next."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that became of a proposal; `who` is "gradewatch" where the collector took it in force."""

    state: ProposalState
    at: datetime
    who: str
    reason: str = ""
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """One proposal.

    Attributes:
        number: 0 while it has none.
        sha256: of the plant that is proposed.
        base: of the one that was in force then.
        files: name -> text; empty where only its facts were asked for.
        steps: what became of it, in order.
    """

    number: int
    at: datetime
    who: str
    reason: str
    sha256: str
    base: str
    steps: Sequence[Step] = ()
    files: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def state(self) -> ProposalState:
        """How far it has come."""
        return self.steps[-1].state if self.steps else ProposalState.PROPOSED


@dataclass(frozen=True, slots=True)
class InForce:
    """A plant version and one time in which it was in force; `until` None: it is."""

    sha256: str
    since: datetime
    until: datetime | None
    what: str
    who: str
    second: str
    proposal: int


_STEPS = """
coalesce((SELECT jsonb_agg(jsonb_build_object('state', s.state, 'at', s.at, 'who', s.who, 'reason', s.reason,
                                              'signature', s.signature) ORDER BY s.at, s.state)
          FROM plant_step s WHERE s.proposal = p.number), '[]') AS steps"""
_FACTS = f"SELECT p.number, p.at, p.who, p.reason, p.sha256, p.base, {_STEPS}"
_LATEST = f"{_FACTS} FROM plant_proposal p ORDER BY p.number DESC LIMIT $1"
_ONE = f"{_FACTS}, p.files FROM plant_proposal p WHERE p.number = $1"
_ADD = """
INSERT INTO plant_proposal (at, who, reason, sha256, base, files) VALUES ($1, $2, $3, $4, $5, $6) RETURNING number"""
_STATE = """
SELECT coalesce((SELECT state FROM plant_step WHERE proposal = $1 ORDER BY at DESC, state DESC LIMIT 1), 'proposed')"""
_STEP = "INSERT INTO plant_step (proposal, state, at, who, reason, signature) VALUES ($1, $2, $3, $4, $5, $6)"
# Two questions, each with an index of its own.
_IN_FORCE = """
SELECT at, body ->> 'plant' AS sha256, coalesce(body ->> 'what', '') AS what, coalesce(body ->> 'who', '') AS who,
       coalesce(body ->> 'second', '') AS second, coalesce((body ->> 'proposal')::int, 0) AS proposal
FROM (SELECT at, chain, seq, body FROM book WHERE kind = 'start'
      UNION ALL SELECT at, chain, seq, body FROM book WHERE kind = 'plant') AS begun
ORDER BY at, chain, seq"""


async def add_proposal(connection: Connection, proposal: Proposal, role: str, chain: str) -> int:
    """Add a proposal and its line in the book, both or neither; give its number.

    Args:
        connection: to a migrated database.
        proposal: without a number.
        role: of who proposes.
        chain: of the book.
    """
    async with connection.transaction():
        number: int = await connection.fetchval(
            _ADD,
            *(proposal.at, proposal.who, proposal.reason, proposal.sha256, proposal.base),
            json.dumps(dict(proposal.files), ensure_ascii=False),
        )
        told = _body(role, number, proposal.base, proposal.sha256, proposal.reason)
        await record(connection, proposal.at, "plant_proposed", proposal.who, told, chain=chain)
    return number


async def add_step(connection: Connection, proposal: Proposal, step: Step, role: str, chain: str) -> bool:
    """Add what becomes of a proposal and its line in the book, both or neither.

    Returns:
        Whether it was added; False: the proposal does not stand any more as it was given.
    """
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1, $2)", LOCK, proposal.number)
        if await connection.fetchval(_STATE, proposal.number) != proposal.state:
            return False
        facts = (step.state, step.at, step.who, step.reason, step.signature)
        await connection.execute(_STEP, proposal.number, *facts)
        told = _body(role, proposal.number, proposal.state, step.state, step.reason)
        told |= {"plant": proposal.sha256, "signature": step.signature}
        await record(connection, step.at, f"plant_{step.state}", step.who, told, chain=chain)
    return True


def signed_content(proposal: Proposal) -> dict[str, Any]:
    """Give what the signature of an approval is bound to: the plant by its sha256, and what it was compared with."""
    return {
        "proposal": proposal.number,
        "plant": proposal.sha256,
        "base": proposal.base,
        "who": proposal.who,
        "reason": proposal.reason,
    }


async def signature_holds(pool: Pool, proposal: Proposal) -> bool | None:
    """Say whether an approved proposal is what was signed; None: the signature has not come into the book yet."""
    signed: str | None = await pool.fetchval(
        "SELECT sha256 FROM signature WHERE what = 'plant' AND of = $1 AND id = $2",
        *(str(proposal.number), proposal.steps[0].signature),
    )
    if signed is None:
        return None
    return signed == hashlib.sha256(canonical(signed_content(proposal)).encode()).hexdigest()


async def proposals(pool: Pool) -> list[Proposal]:
    """Give the latest proposals, the last one first, without their files."""
    return [_proposal(row) for row in await pool.fetch(_LATEST, PROPOSALS_MAX)]


async def proposal_of(pool: Pool, number: int) -> Proposal | None:
    """Give one proposal with its files; None: there is none of that number."""
    row = await pool.fetchrow(_ONE, number)
    return None if row is None else _proposal(row)


async def versions(pool: "Pool | Snapshot") -> list[InForce]:
    """Tell which plant was in force when, as the book says, the last one first."""
    spans: list[InForce] = []
    for row in await pool.fetch(_IN_FORCE):
        if spans and spans[-1].sha256 == row["sha256"]:
            continue
        if spans:
            spans[-1] = _ended(spans[-1], row["at"])
        facts = {key: row[key] for key in ("sha256", "what", "who", "second", "proposal")}
        spans.append(InForce(since=row["at"], until=None, **facts))
    return spans[: -VERSIONS_MAX - 1 : -1]


def _ended(one: InForce, at: datetime) -> InForce:
    return InForce(one.sha256, one.since, at, one.what, one.who, one.second, one.proposal)


def _body(role: str, number: int, old: str, new: str, reason: str) -> dict[str, Any]:
    return {"role": role, "what": number, "old": old, "new": new, "reason": reason}


def _proposal(row: asyncpg.Record) -> Proposal:
    steps = tuple(
        Step(
            ProposalState(one["state"]),
            datetime.fromisoformat(one["at"]),
            one["who"],
            one["reason"],
            one["signature"],
        )
        for one in json.loads(row["steps"])
    )
    facts = {key: row[key] for key in ("number", "at", "who", "reason", "sha256", "base")}
    files = json.loads(row["files"]) if "files" in row.keys() else {}  # noqa: SIM118 - a record is no mapping
    return Proposal(**facts, steps=steps, files=files)
