"""The table of ISA-18.2 states, walked whole: every reachable combination of facts meets everything that may happen."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache
from itertools import product
from pathlib import Path

import pytest

from alarms import alarm as life
from alarms.alarm import Life, Look, Step, annunciated, state
from alarms.events import (
    Acknowledge,
    Alarm,
    AlarmState,
    InService,
    OutOfService,
    Reset,
    Shelve,
)
from alarms.judge import Condition, Standing
from alarms.state import Delay, State
from alarms.table import HIDDEN, TABLE, Happening, Move, Stay, diagram
from config.rules import Level
from monitor.collector import codec
from tests.alarms.building import after

NOW = after(0)
DOCS = Path(__file__).parents[2] / "docs"
LATCHING = {
    name: Condition("X/action", Level.ACTION, 0, 0, latching=name == "latching", realarm_s=0)
    for name in ("latching", "plain")
}


def happenings(condition: Condition, one: Life) -> Iterator[tuple[Happening, Step]]:
    """Let everything happen to an alarm, each thing by itself."""
    raised_at = one.alarm.raised_at if one.alarm else NOW
    hour = NOW + timedelta(hours=1)
    yield Happening.RAISE, life.observe(condition, one, Look(NOW, Standing.OUTSIDE, 1.0, "out"))
    yield Happening.CLEAR, life.observe(condition, one, Look(NOW, Standing.INSIDE))
    yield Happening.ACKNOWLEDGE, life.acknowledge(one, Acknowledge(NOW, "X/action", raised_at, "a"))
    yield Happening.RESET, life.reset(one, Reset(NOW, "X/action", raised_at, "a"))
    yield Happening.REALARM, life.realarm(condition, one, NOW)
    for until in (hour, hour - timedelta(minutes=1)):
        yield Happening.SHELVE, life.shelve(condition, one, Shelve(NOW, "X/action", until, "a", "r", "b"))
    yield Happening.UNSHELVE, life.unshelve(one, NOW, "a")
    yield Happening.SHELVE_ENDS, life.end_shelve(one, hour)
    for suppression in ("vhp", "door"):
        yield Happening.SUPPRESS, life.suppress(condition, one, NOW, suppression)
        yield Happening.UNSUPPRESS, life.unsuppress(one, NOW, suppression)
    yield Happening.REMOVE, life.remove(condition, one, OutOfService(NOW, "X/action", "a", "r", "WO", "b"))
    yield Happening.RETURN, life.return_(one, InService(NOW, "X/action", "a"))


def bare(one: Life) -> Life:
    """Leave out what only grows, so that the walk ends: how often and when."""
    if one.alarm is None:
        return one
    alarm = replace(
        one.alarm,
        times=min(one.alarm.times, 1),
        recent=(),
        chattering=False,
        raised_at=NOW,
        changed_at=NOW,
        acknowledged_by="",
        worst=None,
        detail="",
    )
    return Life(alarm, one.delay)


@cache
def walk(latching: str) -> tuple[tuple[Life, Happening, Step], ...]:
    """Return everything that can happen, from calm on, wherever it leads."""
    condition = LATCHING[latching]
    seen: set[Life] = {Life()}
    ahead, steps = [Life()], []
    while ahead:
        one = ahead.pop()
        for what, step in happenings(condition, one):
            steps.append((one, what, step))
            following = bare(step[0])
            if following not in seen:
                seen.add(following)
                ahead.append(following)
    return tuple(steps)


def state_of(one: Life | Alarm | None) -> AlarmState:
    alarm = one.alarm if isinstance(one, Life) else one
    return AlarmState.NORM if alarm is None else state(alarm)


every = pytest.mark.parametrize("latching", LATCHING)


@every
def test_the_walk_is_whole(latching: str) -> None:
    lives = {one for one, _, _ in walk(latching)}
    assert len(lives) > 90
    never = {AlarmState.RTNUN} if latching == "latching" else {AlarmState.LATUN, AlarmState.LATAK}
    expected = set(AlarmState) - never
    assert {state_of(one) for one in lives} == expected


@every
def test_what_happens_is_what_the_table_says(latching: str) -> None:
    for one, what, (following, transition) in walk(latching):
        row = TABLE[state_of(one), what]
        if transition is None:
            assert following.alarm == one.alarm or following.alarm is not None, (one, what)
            assert state_of(following) is state_of(one), (one, what)
        else:
            assert isinstance(row, Move), (one, what)
            assert transition.reason is row.reason
            assert state(transition.after) in row.to
            assert state_of(following) is state(transition.after)
            assert transition.before != transition.after


def test_the_table_holds_every_pair_and_no_row_is_dead() -> None:
    assert set(TABLE) == set(product(AlarmState, Happening))
    reached = {
        (state_of(one), what, state(transition.after))
        for latching in LATCHING
        for one, what, (_, transition) in walk(latching)
        if transition is not None
    }
    told = {(at, what, to) for (at, what), row in TABLE.items() if isinstance(row, Move) for to in row.to}
    assert reached == told
    assert all(row.because for row in TABLE.values() if isinstance(row, Stay))


@every
def test_no_alarm_is_lost(latching: str) -> None:
    """What is active and not hidden is annunciated; what is hidden goes on being judged."""
    for _, _, (following, _) in walk(latching):
        if following.alarm is not None and following.alarm.active:
            assert annunciated(following.alarm) or state(following.alarm) in HIDDEN


@every
def test_no_path_to_norm_without_the_acknowledgement_that_is_owed(latching: str) -> None:
    """The walk is made of single steps: none ends what is owed but acknowledging, hidden or not."""
    for one, what, (following, _) in walk(latching):
        if one.alarm is None:
            continue
        owed = not one.alarm.acknowledged and not one.alarm.unseen
        pays = what is Happening.ACKNOWLEDGE
        if owed and not pays:
            assert following.alarm is not None
            assert not following.alarm.acknowledged, (one, what)


@every
def test_no_path_from_latched_to_norm_without_a_reset(latching: str) -> None:
    for one, what, (following, _) in walk(latching):
        if (
            one.alarm is not None
            and one.alarm.latched
            and not one.alarm.unseen
            and what is not Happening.RESET
        ):
            assert following.alarm is not None
            assert following.alarm.latched, (one, what)


@every
def test_acknowledging_never_clears_and_clearing_never_acknowledges(latching: str) -> None:
    for one, what, (following, _) in walk(latching):
        if one.alarm is not None and one.alarm.active and what is not Happening.CLEAR:
            assert following.alarm is not None
            assert following.alarm.active, (one, what)
        if one.alarm is not None and not one.alarm.acknowledged and what is Happening.CLEAR:
            assert (
                one.alarm.unseen
                or not one.alarm.active
                or (following.alarm and not following.alarm.acknowledged)
            )


@every
def test_what_still_holds_when_nothing_hides_it_any_more_sounds_again(latching: str) -> None:
    for one, _, (following, _) in walk(latching):
        if (
            state_of(one) in HIDDEN
            and following.alarm
            and following.alarm.active
            and annunciated(following.alarm)
        ):
            assert state(following.alarm) is AlarmState.UNACK
            assert not following.alarm.unseen


@every
def test_shelving_always_ends(latching: str) -> None:
    for one, what, (following, _) in walk(latching):
        if what is Happening.SHELVE_ENDS and one.alarm is not None:
            assert following.alarm is None or following.alarm.shelved_until is None


@every
def test_nothing_seen_changes_nothing_and_a_restart_neither(latching: str) -> None:
    """Communication lost is no look at all; a restart is the State written down and read back."""
    for one in {one for one, _, _ in walk(latching)}:
        alarms = {"X/action": one.alarm} if one.alarm else {}
        delays: dict[str, Delay] = {"X/action": one.delay} if one.delay else {}
        kept = State(alarms=alarms, delays=delays)
        assert codec.state_of(codec.state_json(kept)) == kept


def test_an_acknowledgement_of_one_reaches_no_other_occurrence() -> None:
    for latching, moved in product(LATCHING, (timedelta(microseconds=1), timedelta(microseconds=-1))):
        for one in {one for one, _, _ in walk(latching)}:
            if one.alarm is not None:
                other = Acknowledge(NOW, "X/action", one.alarm.raised_at + moved, "a")
                assert life.acknowledge(one, other) == (one, None)


@pytest.mark.parametrize("name", ["alarm-states.md", "alarm-states.zh-CN.md"])
def test_the_diagram_in_the_docs_is_the_table(name: str) -> None:
    assert f"```mermaid\n{diagram()}```" in (DOCS / name).read_text(), (
        "regenerate it: python -c 'from alarms.table import diagram; print(diagram())'"
    )


def test_a_latched_alarm_that_comes_back_before_its_reset_is_the_same_occurrence() -> None:
    condition = LATCHING["latching"]
    one, _ = life.observe(condition, Life(), Look(NOW, Standing.OUTSIDE, 1.0))
    one, _ = life.acknowledge(one, Acknowledge(NOW, "X/action", NOW, "a"))
    one, _ = life.observe(condition, one, Look(after(1), Standing.INSIDE))
    assert state_of(one) is AlarmState.LATAK
    one, _ = life.observe(condition, one, Look(after(2), Standing.OUTSIDE, 2.0))
    assert one.alarm is not None
    assert (state_of(one), one.alarm.raised_at, one.alarm.times) == (AlarmState.UNACK, NOW, 2)
