"""Plates against their limits: worked examples that can be checked by hand, and laws that hold for all of them."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.model import Grade
from config.sampling import Rule, SampleKind
from monitor.records.plates.judged import (
    NO_GROWTH,
    accumulated,
    aims_of,
    average,
    judge,
    value_of,
    verdicts,
    worst,
)
from monitor.records.plates.life import Plate, plate_of
from monitor.records.verdicts import Verdict
from monitor.store.viable import Aim, Sample, State
from tests.config.test_demo import DEMO
from tests.loaded import loaded
from tests.plates import (
    CN_B,
    EU_B,
    LESS_THAN_1,
    NONE,
    PLAN,
    SAYS_NOTHING,
    counted,
    hours,
    sample,
    step,
    when,
)

WITHIN, ALERT, ACTION, INCOMPLETE = Verdict.WITHIN, Verdict.ALERT, Verdict.ACTION, Verdict.INCOMPLETE
SETTLE = replace(PLAN, alert=None, volume_l=None, exposure_max_s=14400)


def judged(plate: Plate, occasion: Sequence[Plate]) -> tuple[Verdict, Verdict]:
    """Give the verdict by each plate, and by the average."""
    found = verdicts(plate, judge(plate, occasion))
    return found[Rule.EACH], found[Rule.AVERAGE]


def plates(*cfu: int | None, aims: tuple[Aim, ...] = (EU_B, CN_B), **changes: Any) -> list[Plate]:
    """Active-air plates of one occasion, 1 m3 each, without an alert level."""
    plan = replace(PLAN, aims=aims, alert=None)
    return [plate_of(counted(one, number=n, place=n, plan=plan, **changes)) for n, one in enumerate(cfu, 1)]


def opened(
    cfu: int, from_h: float, until_h: float, number: int, *, aims: tuple[Aim, ...] = (EU_B, CN_B)
) -> Plate:
    """A settle plate that took its turn at one place."""
    facts = {"from": when(hours(from_h)), "until": when(hours(until_h))}
    done = counted(cfu, number=number, turn=number, kind=SampleKind.SETTLE, plan=replace(SETTLE, aims=aims))
    exposed = replace(done.steps[0], facts=facts)
    return plate_of(replace(done, steps=(exposed, *done.steps[1:])))


# --- By hand -------------------------------------------------------------------------------------------------------


def test_of_three_plates_in_grade_b_one_is_beyond_though_the_average_is_not() -> None:
    three = plates(4, 12, 8)  # 10 CFU/m3; the average is (4 + 12 + 8) / 3 = 8
    assert average(three) == (8.0, True)
    assert [judged(one, three) for one in three] == [(WITHIN, WITHIN), (ACTION, WITHIN), (WITHIN, WITHIN)]


def test_the_limit_itself_is_within_and_one_more_is_not() -> None:
    assert [judged(one, [one]) for one in plates(10)] == [(WITHIN, WITHIN)]
    assert [judged(one, [one]) for one in plates(11)] == [(ACTION, ACTION)]


def test_in_grade_a_one_colony_is_too_much_although_the_chinese_average_is_below_one() -> None:
    three = plates(0, 1, 0, aims=(NONE, LESS_THAN_1), grade=Grade.A)  # 1 / 3 is less than 1
    assert [judged(one, three) for one in three] == [(WITHIN, WITHIN), (ACTION, WITHIN), (WITHIN, WITHIN)]
    alone = plates(1, aims=(NONE, LESS_THAN_1), grade=Grade.A)  # 1 is not less than 1
    assert judged(alone[0], alone) == (ACTION, ACTION)


def test_half_a_cubic_metre_counts_twice() -> None:
    (half,) = plates(6)
    half = replace(half, volume_l=500.0)
    assert value_of(half) == 12  # 6 CFU in 500 L
    assert judged(half, [half]) == (ACTION, ACTION)


def test_settle_plates_that_took_turns_are_added_up_over_four_hours() -> None:
    # 2 h each; 10 CFU/4 h. 1 + 3, 3 + 8, 8 + 0: the middle two are 11.
    four = [opened(cfu, 2 * n, 2 * n + 2, n + 1) for n, cfu in enumerate((1, 3, 8, 0))]
    assert accumulated(four) == 11
    assert average(four) == (11.0, True)
    assert {judged(one, four) for one in four} == {(WITHIN, ACTION)}


def test_settle_plates_of_four_hours_each_stand_by_themselves() -> None:
    three = [opened(6, 4 * n, 4 * n + 4, n + 1) for n in range(3)]
    assert average(three) == (6.0, True)


def test_plates_that_were_changed_a_minute_early_or_late_are_judged_alike() -> None:
    for slip_h in (-1 / 60, 0, 1 / 60):
        two = [opened(6, 0, 2 + slip_h, 1), opened(5, 2 + slip_h, 4 + 2 * slip_h, 2)]
        assert accumulated(two) == 11


def test_two_places_are_averaged_after_each_was_added_up() -> None:
    left = [opened(4, 0, 2, 1), opened(4, 2, 4, 2)]  # 8
    right = opened(2, 0, 4, 3)  # 2
    right = replace(right, sample=replace(right.sample, draft=replace(right.sample.draft, place=2, turn=1)))
    assert average([*left, right]) == (5.0, True)


def test_more_than_can_be_counted_is_too_much_by_either_rule() -> None:
    two = plates(None, 0)
    assert value_of(two[0]) == math.inf
    assert [judged(one, two) for one in two] == [(ACTION, ACTION), (WITHIN, ACTION)]


def test_an_alert_is_told_where_no_action_limit_is_passed() -> None:
    alerted = plate_of(counted(6))  # alert 5, action 10
    assert judged(alerted, [alerted]) == (ALERT, WITHIN)
    at_the_level = plate_of(counted(5))
    assert judged(at_the_level, [at_the_level]) == (WITHIN, WITHIN)
    beyond = plate_of(counted(11))
    assert judged(beyond, [beyond]) == (ACTION, ACTION)


def test_what_no_text_gives_a_figure_for_is_left_out() -> None:
    (one,) = plates(500, aims=(SAYS_NOTHING,))
    assert judge(one, [one]) == ()
    assert worst(verdicts(one, ()).values()) is INCOMPLETE


@pytest.mark.parametrize(
    ("left", "verdict"),
    [
        (sample(number=2, place=2), INCOMPLETE),
        (counted(0, number=2, place=2, approved=False), INCOMPLETE),
        (sample(step(State.REJECTED, "li", hours(1), "fell down"), number=2, place=2), INCOMPLETE),
    ],
    ids=["planned", "not approved", "rejected"],
)
def test_a_plate_without_a_result_is_no_zero(left: Sample, verdict: Verdict) -> None:
    plan = replace(PLAN, alert=None)
    lost = plate_of(replace(left, draft=replace(left.draft, plan=plan)))
    (good,) = plates(0)
    both = [good, lost]
    assert judged(lost, both)[0] is verdict
    if not lost.has_result:
        assert judged(good, both) == (WITHIN, INCOMPLETE)
    (much,) = plates(30)  # (30 + at least 0) / 2 = 15: whatever the other shows, it is more than 10
    assert judged(much, [much, lost]) == (ACTION, ACTION)


@pytest.mark.parametrize(("cfu", "each"), [(0, INCOMPLETE), (11, ACTION)])
def test_before_it_is_approved_nothing_is_within_but_too_much_is_told_at_once(
    cfu: int, each: Verdict
) -> None:
    plan = replace(PLAN, alert=None)
    waiting = plate_of(counted(cfu, approved=False, plan=plan))
    assert judged(waiting, [waiting]) == (each, each)


def test_what_is_in_quarantine_says_nothing() -> None:
    done = counted(11)
    aside = plate_of(replace(done, steps=(*done.steps, step(State.QUARANTINED, "cao", hours(63), "lid"))))
    assert value_of(aside) is None
    assert judged(aside, [aside]) == (INCOMPLETE, INCOMPLETE)


def test_a_plate_that_lay_open_too_long_is_never_within() -> None:
    long = opened(0, 0, 4.5, 1)
    assert judged(long, [long]) == (INCOMPLETE, INCOMPLETE)
    assert judged(opened(0, 0, 4.2, 1), [opened(0, 0, 4.2, 1)]) == (WITHIN, WITHIN)
    assert judged(opened(11, 0, 4.5, 1), [opened(11, 0, 4.5, 1)]) == (ACTION, ACTION)


def test_the_plan_of_the_demo_has_both_rules_and_no_growth_in_grade_a() -> None:
    plant = loaded(DEMO)
    iso = aims_of(plant, plant.positions["STM-L1-ISO-SETTLE"])
    assert [(one.ruleset, one.cell.value, one.cell.rule, one.cell.is_below) for one in iso] == [
        ("eu_annex1_2022_monitoring", 0, Rule.EACH, False),
        ("cn_gmp_2010_annex1", 1, Rule.AVERAGE, True),
    ]
    core = replace(plant.positions["IMM-L3-CORE-AIR"], action=4)
    assert [(one.ruleset, one.cell.value) for one in aims_of(plant, core)] == [
        ("eu_annex1_2022_monitoring", 10), ("cn_gmp_2010_annex1", 10), ("", 4),
    ]  # fmt: skip
    bare = replace(plant.zones["STM-L1-A-ISO"], rulesets=())
    without = replace(plant, zones={**plant.zones, bare.id: bare})
    assert aims_of(without, plant.positions["STM-L1-ISO-SETTLE"]) == (Aim("", NO_GROWTH),)


# --- Laws ----------------------------------------------------------------------------------------------------------

COUNTS = st.lists(st.integers(0, 200), min_size=1, max_size=6)
ORDER = (WITHIN, ALERT, INCOMPLETE, ACTION)


@given(COUNTS, st.randoms(use_true_random=False))
def test_the_average_lies_between_and_no_order_changes_it(counts: list[int], random: object) -> None:
    some = plates(*counts)
    mean, known = average(some)
    assert known
    assert min(counts) <= mean <= max(counts)
    random.shuffle(some)  # type: ignore[attr-defined] # hypothesis gives a random.Random
    assert average(some)[0] == pytest.approx(mean)


@given(COUNTS, st.integers(0, 5), st.integers(1, 100))
def test_more_growth_is_never_better(counts: list[int], which: int, more: int) -> None:
    which %= len(counts)
    grown = [cfu + more * (n == which) for n, cfu in enumerate(counts)]
    for before, after in zip(plates(*counts), plates(*grown), strict=True):
        pairs = zip(judged(before, plates(*counts)), judged(after, plates(*grown)), strict=True)
        assert all(ORDER.index(was) <= ORDER.index(now) for was, now in pairs)


@given(COUNTS, st.integers(0, 200), st.integers(0, 5))
def test_what_is_beyond_while_one_is_missing_stays_so_whatever_that_one_shows(
    counts: list[int], last: int, which: int
) -> None:
    whole = plates(*counts, last)
    waiting = plate_of(replace(whole[-1].sample, steps=whole[-1].sample.steps[:2]))
    pending = [*whole[:-1], waiting]
    plate = whole[which % len(counts)]
    was, now = judged(plate, pending)[1], judged(plate, whole)[1]
    assert was in {INCOMPLETE, ACTION}
    assert was is INCOMPLETE or now is ACTION


TURNS = st.lists(st.tuples(st.integers(0, 20), st.floats(0.25, 4)), min_size=1, max_size=6)


@given(TURNS)
def test_what_is_added_up_is_at_least_the_largest_and_at_most_all(turns: list[tuple[int, float]]) -> None:
    at, some = 0.0, []
    for number, (cfu, open_h) in enumerate(turns, 1):
        some.append(opened(cfu, at, at + open_h, number))
        at += open_h
    counts = [cfu for cfu, _ in turns]
    assert max(counts) <= accumulated(some) <= sum(counts)
    assert accumulated(some[::-1]) == accumulated(some)
    if at <= 4:
        assert accumulated(some) == sum(counts)
