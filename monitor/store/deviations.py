"""Deviations: what went otherwise than it should, under a number that is given once, and what became of each."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import asyncpg

from monitor.store.catalog import Snapshot
from monitor.store.database import Connection, Pool
from monitor.store.people import By
from monitor.store.record import record

DEVIATIONS_MAX = 500
LOCK = 0x64657673
"""Advisory lock of numbers and steps ("devs"): of two at the same moment the second sees the first."""


class DeviationState(StrEnum):
    """How far a deviation has come."""

    OPENED = "opened"
    ASSESSED = "assessed"
    CLOSED = "closed"
    REOPENED = "reopened"


FOLLOWS: Mapping[DeviationState, frozenset[DeviationState]] = {
    DeviationState.OPENED: frozenset({DeviationState.ASSESSED}),
    # Assessed anew: what was written first stays.
    DeviationState.ASSESSED: frozenset({DeviationState.ASSESSED, DeviationState.CLOSED}),
    DeviationState.CLOSED: frozenset({DeviationState.REOPENED}),
    DeviationState.REOPENED: frozenset({DeviationState.ASSESSED}),
}
"""What may come of a deviation next."""


class DeviationClass(StrEnum):
    """How grave a deviation is."""

    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


class AboutKind(StrEnum):
    """What a deviation can be about."""

    ALARM = "alarm"
    GAP = "gap"
    PLATE = "plate"
    TEST = "test"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class About:
    """One thing that a deviation covers, by the id that the batch's review gives it; `at` tells occurrences apart."""

    kind: AboutKind
    id: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Assessment:
    """How grave it is, what led to it, what it did to the product, and what is done about it."""

    grade: DeviationClass
    cause: str
    impact: str
    action: str


@dataclass(frozen=True, slots=True)
class DeviationStep:
    """One thing that became of a deviation; signed."""

    state: DeviationState
    at: datetime
    who: str
    comment: str = ""
    assessment: Assessment | None = None
    signature: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Deviation:
    """One deviation.

    Attributes:
        number: "DEV-2026-0001": the year it was opened in, in the plant's time, and which one of that year.
        batch: which one it concerns; "": none.
        about: what it covers.
        steps: what became of it, in order.
    """

    number: str
    batch: str
    title: str
    about: tuple[About, ...]
    opened_by: str
    opened_at: datetime
    signature: str = ""
    sha256: str = ""
    steps: Sequence[DeviationStep] = ()

    @property
    def state(self) -> DeviationState:
        """How far it has come."""
        return self.steps[-1].state if self.steps else DeviationState.OPENED

    @property
    def assessment(self) -> Assessment | None:
        """How it was assessed last."""
        return next((one.assessment for one in reversed(self.steps) if one.assessment), None)

    @property
    def hands(self) -> frozenset[str]:
        """Who opened or assessed it, in small letters: they do not close it."""
        assessed = {one.who for one in self.steps if one.state is DeviationState.ASSESSED}
        return frozenset(name.lower() for name in {self.opened_by, *assessed})


class NumberTakenError(Exception):
    """Another deviation was given that number meanwhile."""


class OwnDeviationError(Exception):
    """Nobody closes what was opened or assessed by the same person."""


_REFUSED = " refused: "
"""In what a trigger says (0018)."""
_STEPS = """
coalesce((SELECT jsonb_agg(to_jsonb(s) ORDER BY s.number) FROM deviation_step s WHERE s.deviation = d.number), '[]')
AS steps"""
_FACTS = (
    f"SELECT d.number, d.batch, d.title, d.about, d.opened_by, d.opened_at, d.signature, d.sha256, {_STEPS}"
)
_ONE = f"{_FACTS} FROM deviation d WHERE d.number = $1"
_OF_BATCH = f"{_FACTS} FROM deviation d WHERE d.batch = $1 ORDER BY d.number"
_LATEST = f"{_FACTS} FROM deviation d ORDER BY d.opened_at DESC, d.number DESC LIMIT $1"
_LAST = "SELECT max(substr(number, 10)::int) FROM deviation WHERE number LIKE $1"
_ADD = """
INSERT INTO deviation (number, batch, title, about, opened_by, opened_at, signature, sha256)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"""
_COUNT = """
SELECT count(*) AS steps, (SELECT state FROM deviation_step WHERE deviation = $1 ORDER BY number DESC LIMIT 1) AS state
FROM deviation_step WHERE deviation = $1"""
_STEP = """
INSERT INTO deviation_step (deviation, number, state, at, who, class, cause, impact, action, comment, signature, sha256)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"""


async def next_number(connection: "Connection | Pool", year: int) -> str:
    """Tell the next free number of a year."""
    last: int | None = await connection.fetchval(_LAST, f"DEV-{year:04}-%")
    return f"DEV-{year:04}-{(last or 0) + 1:04}"


async def open_deviation(connection: Connection, one: Deviation, role: str, chain: str) -> None:
    """Add a deviation and its line in the book, both or neither.

    Args:
        connection: to a migrated database.
        one: without steps, signed.
        role: of who opens it.
        chain: of the book.

    Raises:
        NumberTakenError: another has that number.
    """
    about = [_told_about(each) for each in one.about]
    facts = (one.number, one.batch or None, one.title, json.dumps(about, ensure_ascii=False))
    try:
        async with connection.transaction():
            await connection.execute(_ADD, *facts, one.opened_by, one.opened_at, one.signature, one.sha256)
            new = {"batch": one.batch, "title": one.title, "about": about}
            by = By(one.opened_at, one.opened_by, role, one.title, chain)
            await _say(connection, by, one, (None, new), one)
    except asyncpg.UniqueViolationError:
        raise NumberTakenError(one.number) from None


async def add_deviation_step(
    connection: Connection, one: Deviation, step: DeviationStep, role: str, chain: str
) -> bool:
    """Add what becomes of a deviation and its line in the book, both or neither.

    Returns:
        Whether it was added; False: the deviation does not stand any more as it was given.

    Raises:
        OwnDeviationError: who closes it has opened or assessed it.
    """
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1, hashtext($2))", LOCK, one.number)
        row = await connection.fetchrow(_COUNT, one.number)
        if row is None or (row["steps"], row["state"] or "opened") != (len(one.steps), one.state):
            return False
        told = _told_step(step)
        said = (told["class"], told["cause"], told["impact"], told["action"], step.comment)
        facts = (row["steps"] + 1, step.state, step.at, step.who, *said, step.signature, step.sha256)
        try:
            async with connection.transaction():
                await connection.execute(_STEP, one.number, *facts)
        except asyncpg.InsufficientPrivilegeError as error:
            if _REFUSED not in str(error):
                raise  # the service's role may not write here at all
            raise OwnDeviationError(str(error)) from None
        by = By(step.at, step.who, role, step.comment, chain)
        new = {"number": row["steps"] + 1, **told}
        await _say(connection, by, one, ({"state": one.state}, new), step)
    return True


async def deviation_of(pool: "Pool | Connection", number: str) -> Deviation | None:
    """Give one deviation; None: there is none of that number."""
    row = await pool.fetchrow(_ONE, number)
    return None if row is None else _deviation(row)


async def deviations(pool: "Pool | Connection", most: int = DEVIATIONS_MAX) -> list[Deviation]:
    """Give the latest deviations, the last one first."""
    return [_deviation(row) for row in await pool.fetch(_LATEST, most)]


async def deviations_of(database: "Pool | Connection | Snapshot", batch: str) -> list[Deviation]:
    """Give every deviation of a batch, in the order of their numbers."""
    return [_deviation(row) for row in await database.fetch(_OF_BATCH, batch)]


def opened_content(one: Deviation) -> dict[str, Any]:
    """Give what the signature of who opens a deviation is bound to."""
    about = [_told_about(each) for each in one.about]
    return {"number": one.number, "batch": one.batch, "title": one.title, "about": about}


def step_content(one: Deviation, step: DeviationStep) -> dict[str, Any]:
    """Give what the signature on a step is bound to: the step, and all that stood before it."""
    before = [{"who": each.who, "at": each.at.isoformat(), **_told_step(each)} for each in one.steps]
    return {**opened_content(one), "steps": before, "step": _told_step(step)}


def _told_about(about: About) -> dict[str, str | None]:
    return {"kind": about.kind, "id": about.id, "at": about.at.isoformat() if about.at else None}


def _told_step(step: DeviationStep) -> dict[str, str | None]:
    said = step.assessment
    return {
        "state": step.state,
        "class": said.grade if said else None,
        "cause": said.cause if said else "",
        "impact": said.impact if said else "",
        "action": said.action if said else "",
        "comment": step.comment,
    }


async def _say(
    connection: Connection,
    by: By,
    one: Deviation,
    change: tuple[Mapping[str, Any] | None, Mapping[str, Any]],
    signed: Deviation | DeviationStep,
) -> None:
    old, new = change
    body = {"role": by.role, "what": one.number, "old": old, "new": new, "reason": by.reason}
    body |= {"signature": signed.signature, "sha256": signed.sha256}
    await record(connection, by.at, f"deviation_{signed.state}", by.who, body, chain=by.chain)


def _deviation(row: asyncpg.Record) -> Deviation:
    return Deviation(
        number=row["number"],
        batch=row["batch"] or "",
        title=row["title"],
        about=tuple(_about(one) for one in json.loads(row["about"])),
        opened_by=row["opened_by"],
        opened_at=row["opened_at"],
        signature=row["signature"],
        sha256=row["sha256"],
        steps=tuple(_step(one) for one in json.loads(row["steps"])),
    )


def _about(told: Mapping[str, Any]) -> About:
    at = told["at"]
    return About(AboutKind(told["kind"]), told["id"], datetime.fromisoformat(at) if at else None)


def _step(told: Mapping[str, Any]) -> DeviationStep:
    grade = told["class"]
    said = Assessment(DeviationClass(grade), told["cause"], told["impact"], told["action"]) if grade else None
    return DeviationStep(
        state=DeviationState(told["state"]),
        at=datetime.fromisoformat(told["at"]),
        who=told["who"],
        comment=told["comment"],
        assessment=said,
        signature=told["signature"],
        sha256=told["sha256"],
    )
