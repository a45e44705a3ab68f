"""A plate's life: every step from every state is allowed or refused as the table says; nobody checks own work."""

from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from config.model import Grade
from config.sampling import Incubation, SampleKind
from monitor.records.plates.facts import facts_of
from monitor.records.plates.life import MOVES, WORDS, Plate, is_named, late, plate_of, refusal
from monitor.store.viable import Sample, State, Step
from tests.plates import (
    APPROVED,
    AT,
    EXPOSED,
    INCUBATING,
    OPEN,
    VERIFIED,
    counted,
    draft,
    hours,
    read,
    sample,
    step,
    when,
)

LATER = hours(100)
QUARANTINE = step(State.QUARANTINED, "cao", hours(70), "lid was cracked")
STANDS: dict[State, Sample] = {
    State.PLANNED: sample(),
    State.EXPOSED: sample(EXPOSED),
    State.COLLECTED: sample(EXPOSED, step(State.COLLECTED, "li", hours(1), until=when(hours(1)))),
    State.INCUBATING: sample(EXPOSED, INCUBATING),
    State.READ: sample(EXPOSED, INCUBATING, read(0)),
    State.VERIFIED: sample(EXPOSED, INCUBATING, read(0), VERIFIED),
    State.APPROVED: sample(EXPOSED, INCUBATING, read(0), VERIFIED, APPROVED),
    State.QUARANTINED: sample(EXPOSED, INCUBATING, read(0), QUARANTINE),
    State.REJECTED: sample(step(State.REJECTED, "li", hours(1), "fell down")),
}
"""A plate in every state in which one can stand."""
DONE: dict[State, Step] = {
    State.PLANNED: step(State.PLANNED, "zhao", LATER, "why"),
    State.EXPOSED: step(State.EXPOSED, "zhao", LATER, "why", **OPEN),
    State.COLLECTED: step(State.COLLECTED, "zhao", LATER, "why", until=when(LATER)),
    State.INCUBATING: step(State.INCUBATING, "zhao", LATER, "why", step=1, lot="L"),
    State.READ: read(0, "zhao", LATER, "why"),
    **{
        state: step(state, "zhao", LATER, "why")
        for state in (State.VERIFIED, State.APPROVED, State.QUARANTINED, State.RETURNED, State.REJECTED)
    },
}
"""Each step by somebody who has done nothing before, with a reason."""

MAY = """
planned      exposed quarantined rejected
exposed      collected incubating quarantined rejected
collected    incubating quarantined rejected
incubating   incubating read quarantined rejected
read         read verified quarantined
verified     read approved quarantined
approved     read quarantined
quarantined  returned rejected
rejected
"""
"""The table once more, as QA has signed it."""


def test_the_table_is_the_one_that_was_signed() -> None:
    signed = {(words := line.split())[0]: set(words[1:]) for line in MAY.strip().splitlines()}
    assert {state: set(MOVES[state]) for state in MOVES if state is not State.RETURNED} == signed
    assert set(MOVES) == set(WORDS) == set(State)
    assert MOVES[State.RETURNED] == frozenset()


@pytest.mark.parametrize(("state", "to"), list(product(STANDS, State)), ids=str)
def test_from_every_state_every_step_is_allowed_or_refused_as_the_table_says(state: State, to: State) -> None:
    stands = STANDS[state]
    plate = plate_of(stands)
    assert plate.state is state
    refused = refusal(plate, DONE[to])
    second_incubation = state is State.INCUBATING and to is State.INCUBATING  # this plate's has one step only
    assert (refused is None) == (to in MOVES[state] and not second_incubation)
    if refused is None and to is not State.RETURNED:
        assert plate_of(Sample(1, "V", stands.draft, "li", (*stands.steps, DONE[to]))).state is to
    assert refused is None or (refused.en and refused.zh)


@pytest.mark.parametrize("state", [state for state in STANDS if State.QUARANTINED in MOVES[state]])
def test_out_of_quarantine_it_stands_as_it_stood_before(state: State) -> None:
    quarantine, back = step(State.QUARANTINED, "cao", LATER, "why"), step(State.RETURNED, "li", LATER, "why")
    before = STANDS[state]
    after = plate_of(Sample(1, before.code, before.draft, "li", (*before.steps, quarantine, back)))
    stood = plate_of(before)
    assert (after.state, after.reading, after.verified_by, after.approved_by) == (
        *(state, stood.reading),
        *(stood.verified_by, stood.approved_by),
    )


@pytest.mark.parametrize("to", [State.QUARANTINED, State.REJECTED])
def test_what_is_put_aside_has_a_reason(to: State) -> None:
    plate = plate_of(STANDS[State.EXPOSED])
    assert refusal(plate, step(to, "zhao", LATER, " ")) is not None
    assert refusal(plate, step(to, "zhao", LATER, "fell down")) is None


def test_a_correction_has_a_reason_and_voids_what_was_said_of_the_reading_before() -> None:
    plate = plate_of(STANDS[State.APPROVED])
    assert refusal(plate, read(2, "li", LATER)) is not None
    corrected = plate_of(sample(*STANDS[State.APPROVED].steps, read(2, "cao", LATER, "one at the rim")))
    assert (corrected.state, corrected.verified_by, corrected.approved_by) == (State.READ, "", "")
    assert corrected.reading is not None
    assert (corrected.reading.facts.cfu, corrected.reading.is_changed) == (2, True)


@pytest.mark.parametrize("who", ["li", "LI"])
@pytest.mark.parametrize("to", [State.VERIFIED, State.APPROVED, State.REJECTED])
def test_nobody_checks_what_they_have_read(to: State, who: str) -> None:
    stands = {State.VERIFIED: State.READ, State.APPROVED: State.VERIFIED, State.REJECTED: State.QUARANTINED}
    assert refusal(plate_of(STANDS[stands[to]]), step(to, who, LATER, "why")) is not None


@given(st.lists(st.sampled_from(["li", "LI", "wang", "Wang", "qian", "cao"]), min_size=3, max_size=3))
def test_a_result_counts_only_after_three_different_persons(who: list[str]) -> None:
    steps = [
        read(0, who[0], hours(60)), step(State.VERIFIED, who[1], hours(61)), step(State.APPROVED, who[2], hours(62))
    ]  # fmt: skip
    plate: Plate | None = plate_of(sample(EXPOSED, INCUBATING))
    for one in steps:
        if plate is None or refusal(plate, one) is not None:
            plate = None
            break
        plate = plate_of(sample(*plate.sample.steps, one))
    assert (plate is not None) == (len({name.lower() for name in who}) == 3)


@pytest.mark.parametrize(
    ("grade", "named", "may"),
    [
        (Grade.A, {}, False),
        (Grade.B, {"organism": "mould"}, False),
        (Grade.B, {"organism": "mould", "species": "Penicillium chrysogenum"}, True),
        (Grade.C, {}, True),
    ],
)
def test_what_grew_in_a_and_b_is_named_before_it_is_approved(
    grade: Grade, named: dict[str, Any], may: bool
) -> None:
    plate = plate_of(sample(EXPOSED, INCUBATING, read(1, **named), VERIFIED, grade=grade))
    assert is_named(plate) == may
    assert (refusal(plate, APPROVED) is None) == may
    nothing = plate_of(sample(EXPOSED, INCUBATING, read(0), VERIFIED, grade=grade))
    assert refusal(nothing, APPROVED) is None


TWO_STEPS = Incubation(20, 25, 3, 5), Incubation(30, 35, 2, 3)


@pytest.mark.parametrize(
    ("begun_h", "read_h", "may"),
    [
        ((2,), 200, False),  # the second step is missing
        ((2, 2 + 71), 200, False),  # three days are 72 h
        ((2, 2 + 72), 2 + 72 + 47, False),
        ((2, 2 + 72), 2 + 72 + 48, True),
    ],
)
def test_nothing_has_not_grown_before_every_step_had_its_days(
    begun_h: tuple[int, ...], read_h: int, may: bool
) -> None:
    begun = [step(State.INCUBATING, "li", hours(at), step=n, lot="L") for n, at in enumerate(begun_h, 1)]
    own = draft().plan
    plan = type(own)(own.label, own.medium, TWO_STEPS, own.aims)
    plate = plate_of(sample(EXPOSED, *begun, plan=plan))
    assert (refusal(plate, read(0, "li", hours(read_h))) is None) == may
    for growth in (1, None):
        assert refusal(plate, read(growth, "li", hours(read_h))) is None


@pytest.mark.parametrize(
    ("kind", "facts", "may"),
    [
        (SampleKind.ACTIVE_AIR, {}, False),
        (SampleKind.ACTIVE_AIR, {"until": when(hours(1))}, False),
        (SampleKind.ACTIVE_AIR, {"until": when(hours(1)), "volume_l": 1000.0}, True),
        (SampleKind.SETTLE, {}, False),
        (SampleKind.SETTLE, {"until": when(hours(1))}, True),
        (SampleKind.CONTACT, {}, True),
        (SampleKind.GLOVE, {}, True),
    ],
)
def test_a_plate_is_incubated_once_it_is_known_how_it_was_exposed(
    kind: SampleKind, facts: dict[str, Any], may: bool
) -> None:
    exposed = step(State.EXPOSED, "li", hours(1), **{"from": when(hours(0.5))}, **facts)
    assert (refusal(plate_of(sample(exposed, kind=kind)), INCUBATING) is None) == may


@pytest.mark.parametrize(
    "facts",
    [
        {"from": when(hours(2))},
        {"from": when(hours(0.5)), "until": when(hours(0.4))},
        {"from": when(hours(0.5)), "until": when(hours(1.1))},
        {"from": when(hours(0.5)), "volume_l": 1000.0},
    ],
    ids=["before it was", "ends before it begins", "ends later than now", "air over a settle plate"],
)
def test_an_exposure_that_cannot_be_is_refused(facts: dict[str, Any]) -> None:
    exposed = step(State.EXPOSED, "li", hours(1), **facts)
    assert refusal(plate_of(sample(kind=SampleKind.SETTLE)), exposed) is not None


def test_steps_of_incubation_follow_one_another() -> None:
    first, second = INCUBATING, step(State.INCUBATING, "li", hours(3), step=2, lot="L")
    own = draft().plan
    plan = type(own)(own.label, own.medium, TWO_STEPS, own.aims)
    assert refusal(plate_of(sample(EXPOSED, plan=plan)), second) is not None
    assert refusal(plate_of(sample(EXPOSED, first, plan=plan)), second) is None
    assert refusal(plate_of(sample(EXPOSED, first)), second) is not None, "its plan has one step"


def test_time_never_goes_back() -> None:
    assert (
        refusal(plate_of(STANDS[State.EXPOSED]), step(State.QUARANTINED, "li", hours(0.9), "why")) is not None
    )


@pytest.mark.parametrize(
    ("state", "facts"),
    [
        (State.READ, {}),
        (State.READ, {"cfu": 1, "too_many": True}),
        (State.READ, {"cfu": -1}),
        (State.READ, {"cfu": 10_000}),
        (State.READ, {"cfu": 1.5}),
        (State.READ, {"cfu": 0, "organism": "mould"}),
        (State.READ, {"cfu": 1, "species": "Bacillus cereus"}),
        (State.EXPOSED, {}),
        (State.EXPOSED, {"from": "2026-03-01T08:00:00"}),
        (State.EXPOSED, {"from": when(hours(0)), "volume_l": 0}),
        (State.COLLECTED, {}),
        (State.INCUBATING, {"step": 1}),
        (State.INCUBATING, {"step": 0, "lot": "L"}),
        (State.VERIFIED, {"cfu": 0}),
    ],
)
def test_what_does_not_belong_to_a_step_is_no_fact_of_it(state: State, facts: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        facts_of(state, facts)


def test_what_was_noted_is_kept_as_it_was_said() -> None:
    for one in counted(3).steps:
        assert facts_of(one.state, one.facts).told() == {**one.facts, **_times(one.facts)}


def _times(facts: Any) -> dict[str, Any]:
    """JSON of pydantic writes UTC as Z."""
    return {key: value.replace("+00:00", "Z") for key, value in facts.items() if key in {"from", "until"}}


def test_a_result_is_late_once_its_batch_has_ended() -> None:
    plate = plate_of(counted(0))
    assert late(plate, AT + hours(59))
    assert not late(plate, AT + hours(60))
    assert not late(plate, None)
    assert not late(plate_of(STANDS[State.INCUBATING]), AT - timedelta(days=1))
