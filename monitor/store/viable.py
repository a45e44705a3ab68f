"""Plates in the database: each as it was planned, and every step of its life, only ever added to, with its line."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

import asyncpg
from pydantic import TypeAdapter

from config.model import Grade, Text
from config.rules import ViableCell
from config.sampling import Incubation, SampleKind
from monitor.store.catalog import Snapshot
from monitor.store.chain import canonical
from monitor.store.database import Connection, Pool
from monitor.store.people import By
from monitor.store.record import record

PLANNED, STEP = "viable_planned", "viable_step"
"""How the book calls the two lines."""

Reader: TypeAlias = "Pool | Connection | Snapshot"


class State(StrEnum):
    """What is done with a plate; `monitor/records/plates/life.py` holds the table of what may follow what."""

    PLANNED = "planned"
    EXPOSED = "exposed"
    COLLECTED = "collected"
    INCUBATING = "incubating"
    READ = "read"
    VERIFIED = "verified"
    """A second person has held the plate against what was read."""
    APPROVED = "approved"
    """A third person has: the result counts."""
    QUARANTINED = "quarantined"
    RETURNED = "returned"
    """A step only: out of quarantine, a plate stands again as it stood before."""
    REJECTED = "rejected"
    """Lost, broken, or not to be believed: there is no result, and there will be none."""


@dataclass(frozen=True, slots=True)
class Aim:
    """A limit that this plate is judged by: a ruleset's cell, or the site's own (then `ruleset` is "")."""

    ruleset: str
    cell: ViableCell


@dataclass(frozen=True, slots=True)
class Plan:
    """What was laid down for a plate on the day on which it was planned; see `config.sampling.Position`."""

    label: Text
    medium: str
    incubation: tuple[Incubation, ...]
    aims: tuple[Aim, ...]
    alert: float | None = None
    volume_l: float | None = None
    exposure_max_s: float | None = None
    device: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A plate that is to be taken.

    Attributes:
        place: which of the plates that the position takes on one occasion, from 1.
        occasion: a batch, a stage of it, a shift, a day or a week, in one word.
        turn: which of the plates that take turns at that place, from 1.
        batch: "" if it belongs to none.
        stage: "" if it belongs to none.
    """

    position: str
    place: int
    zone: str
    grade: Grade
    kind: SampleKind
    occasion: str
    planned_at: datetime
    plan: Plan
    batch: str = ""
    stage: str = ""
    turn: int = 1


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a plate's life. Its facts are checked before (`monitor/records/plates/facts.py`)."""

    state: State
    at: datetime
    who: str
    facts: Mapping[str, Any]
    reason: str = ""
    signature: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Sample:
    """A plate, with all that was done with it."""

    number: int
    code: str
    draft: Draft
    planned_by: str
    steps: tuple[Step, ...] = ()


class StaleSampleError(Exception):
    """Somebody else has done something with this plate meanwhile."""


class OwnPlateError(Exception):
    """Nobody verifies, approves or rejects what they have read, nor approves what they have verified."""


_OF_DRAFT = ("position", "place", "zone", "grade", "kind", "batch", "stage", "occasion", "turn", "planned_at")
_ADD = f"""
INSERT INTO viable_sample ({", ".join(_OF_DRAFT)}, planned_by, plan)
VALUES ({", ".join(f"${place}" for place in range(1, len(_OF_DRAFT) + 3))})
ON CONFLICT DO NOTHING RETURNING number, code"""  # noqa: S608 - our own words
_STEP = "INSERT INTO viable_step VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
_SAMPLES = f"SELECT number, code, {', '.join(_OF_DRAFT)}, planned_by, plan FROM viable_sample WHERE"  # noqa: S608
_STEPS = """
SELECT sample, state, at, who, facts, reason, signature, sha256 FROM viable_step
WHERE sample = ANY($1) ORDER BY sample, number"""
_WITHIN = """
zone = ANY($1) AND (
    planned_at >= $2 AND planned_at < $3
    OR EXISTS (
        SELECT FROM viable_step s WHERE s.sample = viable_sample.number AND s.state = 'exposed'
        AND (s.facts ->> 'from')::timestamptz < $3 AND s.at >= $2
    )
)"""
_REFUSED = " refused: "
"""In what the trigger says (0017)."""
_UNDER = """
SELECT code FROM viable_sample JOIN viable_step ON sample = viable_sample.number
WHERE plan ->> 'device' = $1 AND (facts ->> 'run')::timestamptz = $2 LIMIT 1"""
_PLAN = TypeAdapter(Plan)


async def plan_samples(connection: Connection, by: By, drafts: Iterable[Draft]) -> list[Sample]:
    """Add plates that are to be taken; those that were planned already are left as they are.

    Args:
        connection: to a migrated database.
        by: who plans them.
        drafts: one for each plate.

    Returns:
        The new ones.
    """
    new = []
    async with connection.transaction():
        for draft in drafts:
            told = told_draft(draft)
            values = [getattr(draft, name) or None for name in _OF_DRAFT]
            row = await connection.fetchrow(_ADD, *values, by.who, canonical(told["plan"]))
            if row is None:
                continue
            new.append(Sample(row["number"], row["code"], draft, by.who))
            body = {"number": row["number"], "code": row["code"], **told}
            await _say(connection, by, PLANNED, row["code"], new=body)
    return new


async def add_step(connection: Connection, by: By, sample: Sample, step: Step) -> Sample:
    """Add a step to a plate's life, whose last step is the one that `sample` ends with.

    Args:
        connection: to a migrated database.
        by: the role of who does it, and the chain of the book; all else stands in the step.
        sample: the plate as the person saw it.
        step: what is done.

    Returns:
        The plate with that step.

    Raises:
        StaleSampleError: another step came first.
        OwnPlateError: the database refuses, because it is that person's own work.
    """
    number = len(sample.steps) + 1
    told = {"number": number, "sample": sample.number, **told_step(step)}
    old = sample.steps[-1].state if sample.steps else State.PLANNED
    try:
        async with connection.transaction():
            await connection.execute(
                _STEP,
                *(sample.number, number, step.state, step.at, step.who, canonical(step.facts)),
                *(step.reason, step.signature, step.sha256),
            )
            said = replace(by, at=step.at, who=step.who, reason=step.reason)
            await _say(connection, said, STEP, sample.code, old=old, new=told)
    except asyncpg.UniqueViolationError:
        raise StaleSampleError(f"{sample.code}: another step came first; look again") from None
    except asyncpg.InsufficientPrivilegeError as error:
        if _REFUSED not in str(error):
            raise  # the service's role may not write here at all
        raise OwnPlateError(str(error)) from None
    return Sample(sample.number, sample.code, sample.draft, sample.planned_by, (*sample.steps, step))


async def read_sample(database: Reader, code: str) -> Sample | None:
    """Find a plate by what stands on its label; None: there is none."""
    return next(iter(await _read(database, "code = $1 ORDER BY number", code)), None)


async def read_samples(database: Reader, numbers: Sequence[int]) -> list[Sample]:
    """Give plates by their numbers, in their order."""
    return await _read(database, "number = ANY($1) ORDER BY number", list(numbers))


async def plate_under(database: Reader, device: str, run: datetime) -> str | None:
    """Give the code of the plate that lay under a run of an air sampler; None: none did yet."""
    code: str | None = await database.fetchval(_UNDER, device, run)
    return code


async def samples_of_batch(database: Reader, batch: str) -> list[Sample]:
    """Give the plates of a batch, in the order of their numbers."""
    return await _read(database, "batch = $1 ORDER BY number", batch)


async def samples_within(
    database: Reader, zones: Sequence[str], start: datetime, end: datetime
) -> list[Sample]:
    """Give plates of zones that were planned, or laid open, from `start` up to `end`: of batches and others."""
    return await _read(database, f"{_WITHIN} ORDER BY number", list(zones), start, end)


async def samples_planned(
    database: Reader, start: datetime, end: datetime, limit: int = 2000
) -> list[Sample]:
    """Give every plate that was planned from `start` up to `end`, the last ones first."""
    question = "planned_at >= $1 AND planned_at < $2 ORDER BY number DESC LIMIT $3"
    return await _read(database, question, start, end, limit)


async def samples_open(database: Reader, limit: int = 2000) -> list[Sample]:
    """Give every plate that is neither approved nor rejected, in the order of their numbers."""
    last = "SELECT state FROM viable_step WHERE sample = viable_sample.number ORDER BY viable_step.number DESC LIMIT 1"
    question = f"coalesce(({last}), 'planned') NOT IN ('approved', 'rejected') ORDER BY number LIMIT $1"
    return await _read(database, question, limit)


def told_draft(draft: Draft) -> dict[str, Any]:
    """Write what was planned as JSON, as the book has it."""
    told = {name: getattr(draft, name) or None for name in _OF_DRAFT}
    return told | {
        "planned_at": draft.planned_at.isoformat(),
        "plan": _PLAN.dump_python(draft.plan, mode="json"),
    }


def told_step(step: Step) -> dict[str, Any]:
    """Write a step as JSON, as the book has it; when and by whom stands in the line itself."""
    facts = dict(step.facts)
    return {"state": step.state, "facts": facts, "signature": step.signature, "sha256": step.sha256}


async def _read(database: Reader, which: str, *values: object) -> list[Sample]:
    rows = await database.fetch(f"{_SAMPLES} {which}", *values)
    steps: dict[int, list[Step]] = defaultdict(list)
    for row in await database.fetch(_STEPS, [row["number"] for row in rows]):
        facts = dict(row) | {"state": State(row["state"]), "facts": json.loads(row["facts"])}
        steps[facts.pop("sample")].append(Step(**facts))
    return [_sample(row, tuple(steps[row["number"]])) for row in rows]


def _sample(row: asyncpg.Record, steps: tuple[Step, ...]) -> Sample:
    facts = {name: row[name] for name in _OF_DRAFT} | {
        "grade": Grade(row["grade"]),
        "kind": SampleKind(row["kind"]),
        "batch": row["batch"] or "",
        "stage": row["stage"] or "",
        "plan": _PLAN.validate_json(row["plan"]),
    }
    return Sample(row["number"], row["code"], Draft(**facts), row["planned_by"], steps)


async def _say(
    connection: Connection, by: By, kind: str, what: str, *, old: object = None, new: object
) -> None:
    body = {"role": by.role, "what": what, "old": old, "new": new, "reason": by.reason}
    await record(connection, by.at, kind, by.who, body, chain=by.chain)
