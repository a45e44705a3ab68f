"""Another plant comes into force: alarms keep their limits until they clear, and what did not change is untouched."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import time

from hypothesis import given
from hypothesis import strategies as st

import config.duty
from alarms import engine
from alarms.calls import CanaryDue, NoticeResult, Outcome
from alarms.events import Acknowledge, Tick, Told, Transition
from alarms.state import State
from config.duty import Canary, Duty, Step, Target, Who
from config.model import Text
from config.plant import Plant
from config.rules import Bounds, Derived, Formula, Level, Suppression
from monitor.collector import codec
from monitor.collector.refit import fitted, refitted
from tests.alarms.building import ACTION, ALERT, HUMIDITY, ISOLATOR, PRESSURE, after, limit, plant, sample
from tests.alarms.calling import duty, escalation, on_duty

CANARY = Canary("robot", 3600.0, 30.0)
OLD = plant(limit(Level.ACTION, 20, 90), limit(Level.ALERT, 30, 70, on_s=3))
LOOSER = replace(plant(limit(Level.ACTION, 10, 90), limit(Level.ALERT, 30, 70, on_s=3)), sha256="1" * 64)
LABEL = Text("mean", "平均")
MODE = Suppression("MODE", frozenset({ALERT}), Text("VHP", "VHP"), "by design", HUMIDITY, frozenset({7.0}))


class Run:
    """Judges under one plant, then under another."""

    def __init__(self, of: Plant) -> None:
        self.plant, self.rules, self.state = of, engine.rules(of), State()

    def says(self, *events: object) -> list[str]:
        told: list[Told] = []
        for event in events:
            self.state, some = engine.handle(self.rules, self.state, event)  # type: ignore[arg-type]  # any event
            told += some
        return words(told)

    def turns(self, to: Plant, at: float) -> list[str]:
        rules = engine.rules(to)
        self.state, told = refitted(self.plant, rules, self.state, after(at))
        self.plant, self.rules = to, rules
        # What is remembered is what is written down.
        self.state = codec.state_of(codec.state_json(self.state))
        return words(told)


def words(told: Sequence[Told]) -> list[str]:
    return [f"{one.alarm} {one.reason}" for one in told if isinstance(one, Transition)]


def test_an_active_alarm_is_judged_by_its_own_limit_until_it_clears_and_then_by_the_new_one() -> None:
    run = Run(replace(OLD, limits=OLD.limits[:1]))
    assert run.says(sample(0, 15.0)) == [f"{ACTION} raised"]
    assert run.turns(replace(LOOSER, limits=LOOSER.limits[:1]), 0.5) == []
    assert run.says(sample(1, 15.0), sample(2, 19.0)) == [], "within the new bound, not the old"
    assert run.state.alarms[ACTION].active
    assert run.says(sample(3, 21.0)) == [], "short of the old limit's deadband"
    assert run.says(sample(4, 22.0)) == [f"{ACTION} cleared"]
    assert run.state.raised_under == {}
    assert run.says(sample(5, 15.0)) == [], "now it is the new limit that holds"
    assert run.says(sample(6, 9.0)) == [f"{ACTION} raised_again"]


def test_a_stricter_limit_holds_at_once_for_what_is_calm_and_after_the_clearing_for_what_is_not() -> None:
    stricter = replace(LOOSER, limits=(limit(Level.ACTION, 40, 90), OLD.limits[1]), sha256="2" * 64)
    run = Run(OLD)
    run.says(sample(0, 35.0))
    run.turns(stricter, 0.5)
    assert run.says(sample(1, 35.0)) == [f"{ACTION} raised"]
    run = Run(OLD)
    run.says(sample(0, 15.0))
    run.turns(stricter, 0.5)
    assert run.says(sample(1, 35.0)) == [f"{ACTION} cleared"]
    assert run.says(sample(2, 35.0)) == [f"{ACTION} raised_again"]


def test_the_limit_it_was_raised_under_goes_through_several_changes() -> None:
    run = Run(OLD)
    run.says(sample(0, 15.0))
    run.turns(LOOSER, 0.5)
    run.turns(replace(LOOSER, limits=(limit(Level.ACTION, 5, 90), OLD.limits[1]), sha256="3" * 64), 0.6)
    assert run.state.raised_under[ACTION].low == 20
    run.turns(OLD, 0.7)
    assert run.state.raised_under == {}, "it is the plant's own again"


def test_bounds_at_rest_go_with_the_limit_it_was_raised_under() -> None:
    resting = replace(OLD, limits=(replace(OLD.limits[0], at_rest=Bounds(18, 90)), OLD.limits[1]))
    run = Run(OLD)
    run.says(sample(0, 15.0))
    run.turns(replace(resting, sha256="4" * 64), 0.5)
    (series,) = (
        one
        for one in engine._as_raised(run.rules, run.state.raised_under, sample(1, 15.0)).series.values()
        if one.limits
    )
    assert series.resting == ()


def test_a_delay_of_an_unchanged_limit_runs_on_and_that_of_a_changed_one_begins_anew() -> None:
    run = Run(OLD)
    run.says(sample(0, 25.0))
    run.turns(LOOSER, 1.5)
    assert run.says(sample(2, 25.0)) == []
    assert run.says(sample(3, 25.0)) == [f"{ALERT} raised"], "three seconds, as if nothing had happened"
    run = Run(OLD)
    run.says(sample(0, 25.0))
    slower = replace(LOOSER, limits=(OLD.limits[0], limit(Level.ALERT, 29, 70, on_s=3)), sha256="5" * 64)
    run.turns(slower, 1.5)
    assert run.says(*(sample(at, 25.0) for at in (2, 3, 4))) == []
    assert run.says(sample(5, 25.0)) == [f"{ALERT} raised"]


def test_an_alarm_whose_limit_is_gone_ends_by_a_transition_and_waits_to_be_seen() -> None:
    run = Run(OLD)
    run.says(sample(0, 15.0))
    without = replace(LOOSER, limits=(OLD.limits[1],), sha256="6" * 64)
    assert run.turns(without, 0.5) == [f"{ACTION} cleared"]
    assert not run.state.alarms[ACTION].acknowledged
    one = run.state.alarms[ACTION]
    assert run.says(Acknowledge(after(1), ACTION, one.raised_at, "li")) == [f"{ACTION} acknowledged"]


def test_what_a_suppression_no_longer_explains_is_shown_and_what_it_newly_explains_is_hidden() -> None:
    hiding = replace(OLD, suppressions={MODE.id: MODE})
    run = Run(hiding)
    assert run.says(sample(0, 45.0, 7.0)) == [f"{ALERT} suppressed"]
    other = replace(MODE, alarms=frozenset({ACTION}))
    changed = replace(hiding, suppressions={MODE.id: other}, sha256="7" * 64)
    assert run.turns(changed, 0.5) == [f"{ACTION} suppressed", f"{ALERT} unsuppressed"]
    assert run.turns(replace(OLD, sha256="8" * 64), 0.6) == [f"{ACTION} unsuppressed"]
    assert run.state.alarms == {}


def test_a_window_whose_reckoning_is_the_same_remembers_though_another_is_put_before_it() -> None:
    mean = Derived(
        f"{ISOLATOR}/mean",
        ISOLATOR,
        "Z",
        ISOLATOR,
        "Pa",
        Text("", ""),
        Formula.MEAN,
        (PRESSURE,),
        {"over_s": 60},
    )
    rate = replace(mean, id=f"{ISOLATOR}/rate", formula=Formula.RATE, parameters={})
    run = Run(replace(OLD, derived={mean.id: mean}))
    run.says(sample(0, 45.0), sample(1, 47.0))
    remembered, value = run.state.memory[ISOLATOR][0], run.state.derived[ISOLATOR][0]
    run.turns(replace(OLD, derived={rate.id: rate, mean.id: mean}, sha256="9" * 64), 1.5)
    assert run.state.memory[ISOLATOR] == ((), remembered)
    assert run.state.derived[ISOLATOR][1] == value
    run.turns(replace(OLD, derived={mean.id: replace(mean, parameters={"over_s": 30})}, sha256="a" * 64), 1.6)
    assert run.state.memory[ISOLATOR] == ((),)


@given(st.lists(st.floats(0, 100), min_size=1, max_size=40), st.data())
def test_no_change_of_a_limit_ends_an_alarm_nor_lets_one_clear_sooner(
    values: list[float], data: st.DataObject
) -> None:
    """Beside a run under the first plant: what was active at the change is as long as the first has it so."""
    turn = data.draw(st.integers(0, len(values) - 1))
    bounds = data.draw(st.tuples(st.floats(0, 50), st.floats(50, 100)))
    other = replace(OLD, limits=(limit(Level.ACTION, *bounds), OLD.limits[1]), sha256="b" * 64)
    run, beside = Run(OLD), Run(OLD)
    was_active = False
    for at, value in enumerate(values):
        run.says(sample(at, value))
        beside.says(sample(at, value))
        if at == turn:
            assert run.turns(other, at + 0.5) == []
            was_active = ACTION in run.state.alarms and run.state.alarms[ACTION].active
        was_active = was_active and beside.state.alarms[ACTION].active
        if was_active:
            assert run.state.alarms[ACTION] == beside.state.alarms[ACTION]


@given(st.lists(st.floats(0, 100), min_size=1, max_size=30), st.data())
def test_another_plant_with_the_same_limits_changes_nothing(values: list[float], data: st.DataObject) -> None:
    turn = data.draw(st.integers(0, len(values) - 1))
    run, beside = Run(OLD), Run(OLD)
    for at, value in enumerate(values):
        assert run.says(sample(at, value)) == beside.says(sample(at, value))
        if at == turn:
            assert run.turns(replace(OLD, sha256="c" * 64), at + 0.5) == []
    assert run.state == beside.state
    assert fitted(OLD, OLD, run.state) is run.state


def undelivered() -> Run:
    """A plant whose one way refuses the notice of an alarm: the alarm that nobody can be told stands too."""
    team = Step(0, (Target(Who.PERSON, "qa"),))
    run = Run(on_duty(duty(escalation(team), canary=CANARY), OLD.limits[0]))
    assert run.says(sample(0, 15.0)) == [f"{ACTION} raised"]
    (key,) = run.state.calls.pending
    assert run.says(NoticeResult(after(1), key, Outcome.REFUSED)) == ["service/undelivered raised"]
    return run


def test_that_nobody_could_be_told_is_over_with_the_call_that_another_plant_takes_away() -> None:
    for gone in (
        on_duty(duty(escalation(zones=("nowhere",))), OLD.limits[0]),
        on_duty(duty(replace(escalation(), id="other")), OLD.limits[0]),
        on_duty(Duty(), OLD.limits[0]),
    ):
        run = undelivered()
        told = run.turns(replace(gone, sha256="2" * 64), 2)
        assert (told, run.state.calls.wrong) == (["service/undelivered cleared"], {})
        assert not run.state.alarms["service/undelivered"].active
        assert set(run.state.calls.open) <= {ACTION, "service/undelivered"}


def test_that_nobody_could_be_told_goes_on_under_a_plant_that_calls_for_it_still() -> None:
    run = undelivered()
    stood = run.state.alarms["service/undelivered"]
    assert run.turns(replace(run.plant, sha256="2" * 64), 2) == []
    assert run.state.alarms["service/undelivered"] == stood
    assert run.state.calls.wrong == {"undelivered": ACTION}


def test_a_canary_and_a_test_that_are_not_in_the_plant_any_more_are_no_alarm() -> None:
    page = config.duty.TestPage(5, time(16, 30), 60.0)  # T0 is a Saturday, 16:00 by the plant's clock
    run = Run(on_duty(duty(canary=CANARY, test_page=page), OLD.limits[0]))
    run.says(Tick(after(0)), CanaryDue(after(1)))
    (key,) = run.state.calls.pending
    assert run.says(NoticeResult(after(2), key, Outcome.FAILED)) == ["service/canary raised"]
    assert run.says(Tick(after(1800)), Tick(after(1860))) == ["service/test-page raised"]
    fewer = duty(canary=CANARY, test_page=page)
    people = {key: one for key, one in fewer.people.items() if key == "qa"}
    run.turns(replace(run.plant, duty=replace(fewer, people=people), sha256="2" * 64), 1900)
    assert run.state.calls.wrong["test-page"] == "qa"
    told = run.turns(replace(run.plant, duty=duty(), sha256="3" * 64), 2000)
    assert sorted(told) == ["service/canary cleared", "service/test-page cleared"]
    assert (run.state.calls.wrong, run.state.calls.unconfirmed) == ({}, ())
