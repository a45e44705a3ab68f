"""Whether settle plates of grade A lay open all through a stage: worked examples, and what must hold of any plates."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.model import Grade
from config.sampling import SampleKind
from monitor.records.plates.coverage import CHANGE_S, Span, Uncovered, between, uncovered
from monitor.records.plates.life import ViableResult
from monitor.records.plates.results import results
from monitor.store.batches import Batch, BatchStage
from monitor.store.viable import Draft, State
from tests.plates import AT, PLAN, draft, hours, sample, step, when

ISO, CORE = "ISO", "CORE"
LATER = AT + hours(99)
SETTLE: dict[str, Any] = {"position": "ISO-S1", "kind": SampleKind.SETTLE, "grade": Grade.A, "zone": ISO}
PLAN_4H = replace(PLAN, exposure_max_s=14400.0)


def planned(**changes: Any) -> Draft:
    return draft(**(SETTLE | {"plan": PLAN_4H} | changes))


def open_between(since_h: float, until_h: float | None, place: int = 1, *more: State) -> ViableResult:
    """A plate that lay open so long after AT; None: it still does."""
    facts: dict[str, Any] = {"from": when(hours(since_h))} | (
        {} if until_h is None else {"until": when(hours(until_h))}
    )
    steps = [
        step(State.EXPOSED, "li", hours(30), **facts),
        *(step(one, "wang", hours(31), "lid") for one in more),
    ]
    (found,) = results([sample(*steps, place=place, **SETTLE, plan=PLAN_4H)], None)
    return found


def batch(*stages: BatchStage) -> Batch:
    ended_at = stages[-1].ended_at
    return Batch("B-1", "L", "P", AT, "li", ended_at, "li", False, "", (), "", "", "", "", "c", stages)


SET_UP = BatchStage(1, "set-up", (), AT, AT + hours(1), "li")
FILL = BatchStage(2, "fill", (ISO, CORE), AT + hours(1), AT + hours(9), "li")
CULTURE = BatchStage(3, "culture", ("HCI",), AT + hours(9), AT + hours(99), "li")
WHOLE = batch(SET_UP, FILL, CULTURE)


def spans(
    plates: Sequence[ViableResult], of: Batch = WHOLE, until: datetime = LATER, **changes: Any
) -> list[tuple[str, float, float]]:
    """Tell the stage and the hours since AT."""
    drafts = [planned(stage=one.stage) for one in of.stages[:2]] if not changes else [planned(**changes)]
    return [
        (one.stage, (each.since - AT) / hours(1), (each.until - AT) / hours(1))
        for one in uncovered(drafts, of, plates, until)
        for each in one.spans
    ]


def test_plates_that_take_turns_cover_set_up_and_filling() -> None:
    """Nine hours: two of four hours, the third after two minutes."""
    turns = [open_between(0, 4), open_between(4, 8), open_between(8 + 2 / 60, 9)]
    assert spans(turns) == []
    assert spans([turns[0], turns[2]]) == [("fill", 4, 8 + 2 / 60)]
    assert spans(turns[1:]) == [("set-up", 0, 1), ("fill", 1, 4)]
    assert spans([]) == [("set-up", 0, 1), ("fill", 1, 9)]


def test_a_plate_covers_no_more_than_it_may_lie_open() -> None:
    """Six hours of one plate: what is beyond four, and the slip of 15 minutes, is covered by nothing."""
    assert spans([open_between(0, 6), open_between(6, 9)]) == [("fill", 4.25, 6)]
    assert spans([open_between(0, None)]) == [("fill", 4.25, 9)]
    two_hours = replace(PLAN, exposure_max_s=7200.0)
    assert spans([open_between(0, 4), open_between(4, 6)], stage="fill", plan=two_hours) == [
        ("fill", 2.25, 4),
        ("fill", 6, 9),
    ]


def test_what_runs_is_told_up_to_now() -> None:
    running = batch(SET_UP, replace(FILL, ended_at=None))
    assert spans([open_between(0, None)], running, AT + hours(3)) == []
    assert spans([open_between(0, 2)], running, AT + hours(3)) == [("fill", 2, 3)]


def test_each_place_is_covered_by_its_own_plates() -> None:
    second = planned(stage="fill", place=2)
    found = uncovered([planned(stage="fill"), second], WHOLE, [open_between(1, 5), open_between(5, 9)], AT)
    assert found == [Uncovered("ISO-S1", "fill", (Span(2, AT + hours(1), AT + hours(9)),))]


def test_a_plate_that_was_rejected_lay_open_all_the_same() -> None:
    """That there is no result is told of the plate itself."""
    rejected = open_between(0, 4, 1, State.QUARANTINED, State.REJECTED)
    assert spans([rejected, open_between(4, 8), open_between(8, 9)]) == []


def test_a_plate_of_the_whole_batch_is_asked_where_its_zone_is_worked_in() -> None:
    assert spans([open_between(0, 4)], stage="") == [("fill", 4, 9)]


@pytest.mark.parametrize("other", [{"grade": Grade.B}, {"kind": SampleKind.ACTIVE_AIR}])
def test_only_settle_plates_of_grade_a_are_held_to_it(other: dict[str, Any]) -> None:
    assert spans([], stage="fill", **other) == []


minutes = st.integers(0, 600)


@given(
    st.lists(st.lists(minutes, min_size=2, max_size=2, unique=True).map(sorted), max_size=8), minutes, minutes
)
def test_every_minute_is_covered_or_told_or_lies_in_a_change(
    exposures: list[list[int]], first: int, length: int
) -> None:
    def at(minute: float) -> datetime:
        return AT + timedelta(minutes=minute)

    covered = sorted((at(one), at(other)) for one, other in exposures)
    told = list(between(at(first), at(first + length), covered))
    for since, until in told:
        assert at(first) <= since < until <= at(first + length)
        assert (until - since).total_seconds() > CHANGE_S
        assert not any(began < until and ended > since for began, ended in covered)
    open_for = 0
    for minute in range(first, first + length):
        middle = at(minute + 0.5)
        is_covered = any(began <= middle <= ended for began, ended in covered)
        is_told = any(since <= middle <= until for since, until in told)
        open_for = 0 if is_covered or is_told else open_for + 1
        assert open_for * 60 <= CHANGE_S
