"""Tests of equipment: what batches need, what was found, noted by one person and confirmed by another."""

from datetime import datetime, timedelta
from typing import Annotated, TypeAlias

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field, FiniteFloat, StringConstraints

from config.batches import EquipmentTest, Readiness, ReadinessKind
from config.model import Text
from config.plant import Plant
from monitor.records.readiness import counting
from monitor.server.asked import WRITABLE, BatchId, Moment, Words
from monitor.server.may import ReadingPast, may
from monitor.server.messages import refusals, shown
from monitor.server.period import Period
from monitor.server.refusal import Refusal
from monitor.server.rights import Deed
from monitor.server.service import Here, by
from monitor.server.sessions import Session
from monitor.server.written import AT, Label, Noun, Time
from monitor.store.equipment_tests import (
    OF_A_LOAD,
    EquipmentFacts,
    EquipmentOutcome,
    NotedTest,
    OwnTestError,
    UnconfirmableTestError,
    UnknownLoadError,
    confirm_test,
    note_test,
    read_tests,
    read_tests_of,
    read_unconfirmed,
)

ANSWERS = refusals(401, 403, 404, 409, 422, 503)
router = APIRouter(prefix="/equipment-tests", tags=["equipment tests"], responses=ANSWERS)

Name: TypeAlias = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=WRITABLE)
]
Number: TypeAlias = Annotated[int, Field(ge=1, le=2**62)]
Noting: TypeAlias = Annotated[Session, Depends(may(Deed.NOTE_TEST))]
Confirming: TypeAlias = Annotated[Session, Depends(may(Deed.CONFIRM_TEST))]

AHEAD = timedelta(seconds=60)
"""A clock in a hand may be so far ahead of the server's."""

_FACTS = {
    "kind": "glove",
    "equipment": "ISO-STM-L1",
    "at": AT,
    "outcome": "passed",
    "value": 0.4,
    "unit": "Pa/min",
    "load": "",
    "of": None,
    "batch": "MSC-2026-014",
    "cycle_no": None,
    "note": "all eight gloves",
}
_TEST = _FACTS | {
    "number": 1,
    "noted_by": "li",
    "noted_at": AT,
    "confirmed_by": "wang",
    "confirmed_at": AT,
}
_ASKED = {
    "id": "gloves",
    "label": {"en": "Gloves are whole", "zh": "手套完好"},
    "lines": ["STM-L1"],
    "kind": "glove",
    "equipment": "ISO-STM-L1",
    "within_s": 86400.0,
    "test": 1,
    "until": "2026-03-03T08:15:01.000000+00:00",
    "lacking": None,
}


class Found(Noun):
    """What was found of a device, or of whatever a person calls so.

    `at`: when it was done; of an indicator, when it was read. `load`: what lay in a VHP cycle; `of`: number of the load
    that an indicator belongs to; `batch`: for which it was done, be it still to begin.
    """

    kind: EquipmentTest
    equipment: Name
    at: Moment
    outcome: EquipmentOutcome
    value: FiniteFloat | None = None
    unit: Annotated[str, StringConstraints(strip_whitespace=True, max_length=20, pattern=WRITABLE)] = ""
    load: Words = ""
    of: Number | None = None
    batch: BatchId | None = None
    cycle_no: Annotated[int, Field(ge=0, le=2**62)] | None = None
    note: Words = ""


class NewTest(Found):
    """A test to be noted."""

    model_config = shown(_FACTS)


class ConfirmedTest(BaseModel):
    """Which test was held against the papers, and is right."""

    model_config = shown({"number": 1, "comment": "seen on the strip"})

    number: Number
    comment: Words = ""


class OneTest(Found):
    """A test as it was noted; a passed one counts once somebody else has confirmed it."""

    model_config = shown(_TEST)

    at: Time
    batch: str | None
    number: int
    noted_by: str
    noted_at: Time
    confirmed_by: str
    confirmed_at: Time | None


class AskedTest(BaseModel):
    """A test that a batch needs before it begins; `test` is there and holds `until`, or `lacking` says why not."""

    model_config = shown(_ASKED)

    id: str
    label: Label
    lines: list[str]
    kind: EquipmentTest
    equipment: str
    within_s: float | None
    test: int | None
    until: Time | None
    lacking: Label | None


class EquipmentTests(BaseModel):
    """What batches need, what waits for another person, and the tests of a time, the latest first."""

    model_config = shown({"asked": [_ASKED], "waiting": [_TEST], "tests": [_TEST]})

    asked: list[AskedTest]
    waiting: list[OneTest]
    tests: list[OneTest]


@router.get("", dependencies=[ReadingPast])
async def read_equipment_tests(period: Period, here: Here) -> EquipmentTests:
    """The tests done from `start` to `end`; what batches need and what waits, as it is now."""
    plant, at = here.settings.plant, here.settings.now()
    asked = [one for one in plant.readiness.values() if one.kind is ReadinessKind.TEST]
    async with here.database.pool() as pool:
        known = await read_tests_of(pool, sorted({one.equipment for one in asked}), at)
        waiting, tests = await read_unconfirmed(pool), await read_tests(pool, *period)
    return EquipmentTests(
        asked=[_asked(one, known, at) for one in asked],
        waiting=[told(one) for one in waiting],
        tests=[told(one) for one in tests],
    )


@router.post("", status_code=201)
async def note_equipment_test(new: NewTest, session: Noting, here: Here) -> OneTest:
    """Note a test. A passed one counts once somebody else has confirmed it, a failed one at once."""
    who = by(here, session, new.note)
    _check(here.settings.plant, new, who.at)
    facts = EquipmentFacts(**new.model_dump() | {"at": min(new.at, who.at)})
    try:
        async with here.database.connection() as connection:
            number = await note_test(connection, who, facts)
    except UnknownLoadError:
        text = Text(
            f"There is no VHP load {new.of} of {new.equipment}.",
            f"{new.equipment} 没有第 {new.of} 号VHP装载。",
        )
        raise Refusal(422, text) from None
    return told(NotedTest(number, facts, who.who, who.at))


@router.post("/confirm")
async def confirm_equipment_test(confirmed: ConfirmedTest, session: Confirming, here: Here) -> OneTest:
    """Confirm somebody else's test, which counts from then on."""
    who = by(here, session, confirmed.comment)
    try:
        async with here.database.connection() as connection:
            return told(await confirm_test(connection, who, confirmed.number))
    except OwnTestError:
        text = Text("Another person confirms it than the one who noted it.", "须由登记人以外的人员复核确认。")
        raise Refusal(409, text) from None
    except UnconfirmableTestError:
        text = Text(
            f"No test {confirmed.number} waits to be confirmed.",
            f"没有待复核的第 {confirmed.number} 号测试。",
        )
        raise Refusal(409, text) from None


def told(test: NotedTest) -> OneTest:
    """Write a test down for screens."""
    facts = Found.model_validate(test.facts).model_dump()
    return OneTest(
        **facts,
        number=test.number,
        noted_by=test.noted_by,
        noted_at=test.noted_at,
        confirmed_by=test.confirmed_by,
        confirmed_at=test.confirmed_at,
    )


def _asked(asked: Readiness, tests: list[NotedTest], at: datetime) -> AskedTest:
    assert asked.test is not None  # noqa: S101 - it is asked by a test
    found = counting(asked, tests, at)
    there = found if isinstance(found, NotedTest) else None
    holds = timedelta(seconds=asked.within_s) if asked.within_s is not None else None
    return AskedTest(
        id=asked.id,
        label=Label.model_validate(asked.label),
        lines=list(asked.lines),
        kind=asked.test,
        equipment=asked.equipment,
        within_s=asked.within_s,
        test=there.number if there else None,
        until=there.facts.at + holds if there and holds else None,
        lacking=None if there else Label.model_validate(found),
    )


def _check(plant: Plant, new: NewTest, now: datetime) -> None:
    """Say what of a test cannot be.

    Raises:
        Refusal: 404 nothing of that name is tested here; 422 it cannot be so.
    """
    if new.equipment not in plant.devices and new.equipment not in {
        one.equipment for one in plant.readiness.values() if one.equipment
    }:
        text = Text(f"Nothing called {new.equipment} is tested here.", f"没有名为 {new.equipment} 的设备。")
        raise Refusal(404, text)
    if new.at > now + AHEAD:
        text = Text("What is still to come is noted when it has come.", "尚未发生的事项请在发生后登记。")
        raise Refusal(422, text)
    if (new.kind in OF_A_LOAD) != (new.of is not None):
        text = Text(
            "Indicators belong to a VHP load: say to which; nothing else does.",
            "指示剂须指明所属VHP装载编号，其他测试不填。",
        )
        raise Refusal(422, text)
    if new.kind is EquipmentTest.VHP_LOAD and not new.load:
        raise Refusal(422, Text("Say what lay in the load.", "请填写装载物料。"))
