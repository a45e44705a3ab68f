"""What is due with a plate at each step of its life, and what one signature approves."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from config.model import Grade
from config.sampling import Incubation, SampleKind
from monitor.records.plates.approval import approved_content
from monitor.records.plates.due import Due, Todo, due
from monitor.records.plates.life import plate_of
from monitor.store.viable import Plan, Sample, State, Step
from tests.plates import (
    APPROVED,
    AT,
    EXPOSED,
    INCUBATING,
    PLAN,
    VERIFIED,
    counted,
    hours,
    read,
    sample,
    step,
    when,
)

LAID = step(State.EXPOSED, "li", hours(1), **{"from": when(hours(1))})
CLOSED = step(State.COLLECTED, "li", hours(3), until=when(hours(3)))
ASIDE = step(State.QUARANTINED, "li", hours(70), "the lid was open")
NAMED: dict[str, Any] = {"organism": "coccus", "species": "S. epidermidis"}


def at(after: timedelta) -> datetime:
    return AT + after


def settled(*steps: Step) -> Sample:
    """A settle plate that may lie open for four hours."""
    return sample(*steps, kind=SampleKind.SETTLE, plan=settle_plan())


def settle_plan() -> Plan:
    return Plan(PLAN.label, "TSA", PLAN.incubation, (), exposure_max_s=14400.0)


@pytest.mark.parametrize(
    ("of", "wanted"),
    [
        (sample(), Due(Todo.EXPOSE, AT)),
        (settled(LAID), Due(Todo.COLLECT, at(hours(1)), at(hours(5)))),
        (settled(LAID, CLOSED), Due(Todo.INCUBATE, at(hours(3)))),
        (sample(EXPOSED), Due(Todo.INCUBATE, at(hours(1)))),
        (sample(LAID, kind=SampleKind.CONTACT), Due(Todo.INCUBATE, at(hours(1)))),
        (sample(EXPOSED, INCUBATING), Due(Todo.READ, at(hours(50)), at(hours(122)))),
        (sample(EXPOSED, INCUBATING, read(0)), Due(Todo.VERIFY, at(hours(60)))),
        (sample(EXPOSED, INCUBATING, read(0), VERIFIED), Due(Todo.APPROVE, at(hours(61)))),
        (sample(EXPOSED, INCUBATING, read(3), VERIFIED), Due(Todo.NAME, at(hours(61)))),
        (sample(EXPOSED, INCUBATING, read(3), VERIFIED, grade=Grade.C), Due(Todo.APPROVE, at(hours(61)))),
        (sample(EXPOSED, INCUBATING, read(3, **NAMED), VERIFIED), Due(Todo.APPROVE, at(hours(61)))),
        (sample(EXPOSED, ASIDE), Due(Todo.DECIDE, at(hours(70)))),
        (counted(0), Due(Todo.NOTHING)),
    ],
)
def test_what_is_due(of: Sample, wanted: Due) -> None:
    assert due(plate_of(of)) == wanted


def test_between_two_steps_of_incubation_the_next_one_is_due() -> None:
    plan = Plan(PLAN.label, "TSA", (Incubation(20, 25, 3, 5), Incubation(30, 35, 2, 3)), ())
    first = sample(EXPOSED, INCUBATING, plan=plan)
    assert due(plate_of(first)) == Due(Todo.INCUBATE, at(hours(74)), at(hours(122)))
    second = step(State.INCUBATING, "li", hours(75), step=2, lot="TSA-26-07")
    both = sample(EXPOSED, INCUBATING, second, plan=plan)
    assert due(plate_of(both)) == Due(Todo.READ, at(hours(123)), at(hours(147)))


def test_what_was_approved_is_told_the_same_before_and_after() -> None:
    done = (EXPOSED, INCUBATING, read(0), VERIFIED)
    before = [sample(*done, number=2), sample(*done, number=1)]
    after = [sample(*done, APPROVED, number=number) for number in (1, 2)]
    assert approved_content(before) == approved_content(after)
    corrected = sample(*done, APPROVED, read(1, reason="one more"), number=1)
    assert approved_content([corrected, before[0]]) == approved_content(before), "that signature's content"
    again = sample(*corrected.steps, VERIFIED, APPROVED, number=1)
    assert approved_content([again, before[0]]) != approved_content(before)
