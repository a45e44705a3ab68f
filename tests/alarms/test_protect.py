"""Transcripts of what triggers a protective action and what does not: every event, every change, every Command."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alarms.events import Inhibit, InService, OutOfService, ProtectionState, Rearm, Shelve, Tick
from config.model import Quality, Sample
from config.plant import Plant
from config.rules import Check, Derived, Formula, Level, Limit, ProtectionKind, Suppression
from tests.alarms.building import (
    ACTION,
    ALERT,
    COMMUNICATION,
    ISOLATOR,
    PRESSURE,
    after,
    bad,
    limit,
    record,
    sample,
    with_records,
)
from tests.alarms.protecting import (
    BACK,
    FAN,
    HUMIDITY,
    LOCK,
    P1,
    P2,
    TEXT,
    Run,
    elsewhere,
    interlock,
    protected,
    protection,
    taken,
)

BREACHED = limit(Level.ALERT, 10, None, on_s=3)
"""In these tests the alert limit confirms the breach: below 10 Pa for three seconds."""


def test_a_confirmed_breach_follows_only_where_the_first_action_runs() -> None:
    confirmed = interlock(id=P2, triggers=((ALERT,),), after=P1, asks=(LOCK,))
    run = Run(of=protected(protection(asks=(LOCK,)), confirmed, limits=[BREACHED]))
    run.silently(sample(0, 45.0))
    changes, (lock,) = run.says(sample(1, 5.0))
    assert (changes, lock.protection, lock.reason) == (["P-01 triggered"], P1, f"{P1}: {ACTION}")
    assert run.says(taken(1.2, lock)) == (["P-01 ask_acked", "P-01 acked", "P-01 latched"], [])
    run.silently(sample(2, 5.0), sample(3, 5.0), elsewhere(3))
    changes, (closing,) = run.says(sample(4, 5.0))
    assert (changes, closing.protection, closing.seq) == (["P-02 triggered"], P2, lock.seq + 1)
    run.silently(sample(5, 5.0), Tick(after(5)), elsewhere(6))

    run = Run(of=protected(protection(), confirmed, limits=[BREACHED]))
    run.silently(sample(0, 45.0), Inhibit(after(0), P1, after(60), "a", "b", "service"))
    run.silently(*(sample(at, 5.0) for at in range(1, 9)))
    assert run.state.alarms[ALERT].active


@pytest.mark.parametrize(
    "event",
    [
        replace(sample(1, 10.0), quality=(Quality.UNCERTAIN, Quality.GOOD)),
        replace(sample(1, 10.0), quality=(Quality.SIMULATED, Quality.GOOD)),
        replace(sample(1, 10.0), received_at=after(4.001)),
        sample(1, 10.0, backfilled=True),
    ],
    ids=["uncertain", "simulated", "late", "backfilled"],
)
def test_only_good_live_fresh_values_trigger(event: Sample) -> None:
    run = Run()
    run.silently(sample(0, 45.0), event, elsewhere(2), Tick(after(1)), elsewhere(4), Tick(after(4)))
    # As soon as a Good value says so.
    assert run.says(sample(5, 10.0))[0] == ["P-01 triggered"]


def test_a_value_that_came_just_in_time_triggers() -> None:
    run = Run()
    run.silently(sample(0, 45.0))
    assert run.says(replace(sample(1, 10.0), received_at=after(4)))[0] == ["P-01 triggered"]


def test_an_alarm_whose_value_is_old_does_not_trigger_however_its_mode_changes() -> None:
    run = Run()
    run.silently(
        sample(0, 45.0),
        Inhibit(after(0), P1, after(3.5), "a", "b", "service"),
        sample(1, 10.0),
        elsewhere(4.1),
        Tick(after(4.2)),
    )
    assert not run.state.inhibited
    run = Run()
    run.silently(sample(0, 45.0), Inhibit(after(0), P1, after(3.5), "a", "b", "service"), sample(1, 10.0))
    assert run.says(elsewhere(4))[0] == ["P-01 triggered"], "three seconds are not too old"


def test_a_value_of_a_device_that_is_polled_rarely_is_fresh_for_two_polls() -> None:
    one = protected()
    rare = {**one.devices, ISOLATOR: replace(one.devices[ISOLATOR], period_s=5.0)}
    for at, triggers in ((11, True), (11.5, False)):
        run = Run(of=replace(one, devices=rare))
        run.silently(sample(0, 45.0), off(0, 10), sample(1, 10.0))
        assert (run.says(Tick(after(at)))[0] == ["P-01 triggered"]) == triggers


def test_a_delay_that_ends_by_a_tick_triggers_while_its_value_is_fresh() -> None:
    one = replace(protected(), limits=(limit(Level.ACTION, 20, 90, on_s=2),))
    run = Run(of=one)
    run.silently(sample(0, 45.0), sample(1, 10.0), Tick(after(2)))
    assert run.says(Tick(after(3)))[0] == ["P-01 triggered"]
    slow = replace(one, limits=(limit(Level.ACTION, 20, 90, on_s=4),))
    run = Run(of=slow)
    run.silently(sample(0, 45.0), sample(1, 10.0), Tick(after(5)))
    assert run.state.alarms[ACTION].active, "it is an alarm, on a value of four seconds ago"


def test_what_is_reckoned_triggers_only_if_all_that_it_is_reckoned_from_is_good() -> None:
    drop = Derived("ISO/drop", ISOLATOR, "Z", ISOLATOR, "", TEXT, Formula.DIFFERENCE, (PRESSURE, HUMIDITY))
    fallen = Limit("ISO/drop/action", drop.id, Level.ACTION, -50, None, 0, 0, 0, "worked example")
    one = replace(protected(protection(triggers=((fallen.id,),), asks=(LOCK,))), limits=(fallen,))
    run = Run(of=replace(one, derived={drop.id: drop}))
    doubtful = replace(sample(1, 30.0, 90.0), quality=(Quality.GOOD, Quality.UNCERTAIN))
    run.silently(sample(0, 45.0), doubtful)
    assert run.state.alarms[fallen.id].active
    assert run.says(sample(2, 30.0, 90.0))[0] == ["P-01 triggered"]


def test_a_group_triggers_when_all_of_it_is_active() -> None:
    one = protected(protection(triggers=((ACTION, ALERT),), asks=(LOCK,)), limits=[BREACHED])
    run = Run(of=one)
    run.silently(sample(0, 45.0), *(sample(at, 5.0) for at in range(1, 4)))
    changes, _ = run.says(sample(4, 5.0))
    assert changes == ["P-01 triggered"]
    assert run.state.running[P1].because == (ACTION, ALERT)


def test_a_loss_triggers_what_is_about_a_loss_and_the_last_mode_is_remembered() -> None:
    lost = interlock(
        triggers=((COMMUNICATION,),), on_loss=True, announces=True, only_while=(Check(HUMIDITY, 40, 50),)
    )
    run = Run(lost)
    run.silently(sample(0, 45.0), *(bad(at) for at in range(1, 11)))
    changes, (lock,) = run.says(bad(11))
    assert (changes, lock.request) == (["P-01 triggered"], "inhibit_transfer")
    assert run.state.alarms[P1].level is Level.ACTION, "it announces itself"
    assert run.says(taken(11.2, lock))[0][-1] == "P-01 verified"
    run.silently(*(sample(at, 45.0) for at in range(12, 17)))
    changes, (release,) = run.says(sample(17, 45.0))
    assert changes == ["P-01 released"]
    assert run.says(taken(17.2, release))[0][-1] == "P-01 closed"
    assert not run.state.alarms[P1].active
    other = Run(lost)
    other.silently(sample(0, 45.0, 60.0), *(bad(at) for at in range(1, 13)))


def test_a_loss_does_not_trigger_what_needs_values() -> None:
    run = Run(protection(triggers=((COMMUNICATION,),)))
    run.silently(sample(0, 45.0), *(bad(at) for at in range(1, 13)))
    assert run.state.alarms[COMMUNICATION].active


def test_a_mode_that_forbids_it_and_a_mode_that_explains_the_alarm() -> None:
    run = Run(protection(only_while=(Check(HUMIDITY, 40, 50),)))
    run.silently(sample(0, 45.0, 60.0), sample(1, 10.0, 60.0))
    # The mode allows it now, and it is still needed.
    assert run.says(sample(2, 10.0, 45.0))[0] == ["P-01 triggered"]
    vhp = Suppression("vhp", frozenset({ACTION}), TEXT, "", HUMIDITY, frozenset({99.0}))
    run = Run(of=replace(protected(), suppressions={"vhp": vhp}))
    run.silently(sample(0, 45.0, 99.0), sample(1, 10.0, 99.0))
    assert run.says(sample(2, 10.0, 45.0))[0] == ["P-01 triggered"]


def test_a_mode_that_nobody_knows_allows_nothing() -> None:
    run = Run(protection(only_while=(Check(HUMIDITY, 40, 50),)))
    blind = replace(sample(0, 10.0), quality=(Quality.GOOD, Quality.UNAVAILABLE))
    run.silently(blind)
    assert run.says(sample(1, 10.0))[0] == ["P-01 triggered"]


def test_a_shelved_alarm_triggers_and_one_out_of_service_does_not() -> None:
    run = Run()
    run.silently(sample(0, 45.0), Shelve(after(0), ACTION, after(600), "a", "service", "b"))
    assert run.says(sample(1, 10.0))[0] == ["P-01 triggered"]
    run = Run()
    run.silently(sample(0, 45.0), OutOfService(after(0), ACTION, "a", "broken", "WO-1", "b"))
    run.silently(sample(1, 10.0), InService(after(1), ACTION, "a"))
    assert run.says(sample(2, 10.0))[0] == ["P-01 triggered"]


def off(at: float, until: float, who: str = "a", second: str = "b") -> Inhibit:
    return Inhibit(after(at), P1, after(until), who, second, "service")


def test_two_persons_switch_it_off_until_somebody_switches_it_on() -> None:
    run = Run()
    run.silently(sample(0, 45.0), off(0.5, 3600), sample(1, 10.0), sample(2, 10.0))
    assert run.state.inhibited[P1].second == "b"
    run.silently(Rearm(after(3), P1, "a"))
    assert run.says(sample(4, 10.0))[0] == ["P-01 triggered"]


def test_what_is_switched_off_is_on_again_when_its_time_is_over() -> None:
    run = Run()
    run.silently(sample(0, 45.0), off(0.5, 4.5), sample(1, 10.0), Tick(after(4)), sample(4, 10.0))
    assert P1 in run.state.inhibited
    assert run.says(sample(5, 10.0))[0] == ["P-01 triggered"]
    assert not run.state.inhibited
    run = Run()
    run.silently(off(0.5, 4.5), Tick(after(4.5)))
    assert not run.state.inhibited


@pytest.mark.parametrize("refused", [off(1, 9, "a", ""), off(1, 9, "a", "a"), off(1, 30_000), off(1, 0.5)])
def test_nobody_switches_it_off_alone_or_too_long(refused: Inhibit) -> None:
    run = Run()
    run.silently(refused)
    assert not run.state.inhibited


def test_what_may_never_be_off_and_what_runs_is_not_switched_off() -> None:
    run = Run(protection(may_inhibit=False))
    run.silently(off(0.5, 60))
    assert not run.state.inhibited
    run = Run(interlock())
    run.breach()
    run.silently(off(2, 60))
    assert run.stands() is ProtectionState.REQUESTED
    assert not run.state.inhibited


def test_a_second_trigger_only_adds_to_the_record() -> None:
    alert = limit(Level.ALERT, 30, 70, on_s=1)
    run = Run(of=protected(protection(asks=(LOCK,), triggers=((ACTION,), (ALERT,))), limits=[alert]))
    (lock,) = run.breach()
    assert run.says(sample(2, 10.0)) == (["P-01 triggered_again"], [])
    assert run.state.running[P1].because == (ACTION, ALERT)
    run.silently(sample(3, 10.0))
    assert run.says(taken(3.5, lock))[0][0] == "P-01 ask_acked"


def test_a_counter_whose_clock_is_wrong_ends_no_deadline_and_proves_nothing() -> None:
    run = Run(of=with_records(protected(protection(asks=(replace(LOCK, checks=(FAN,)),)))))
    (lock,) = run.breach()
    run.says(taken(1.2, lock))
    for skew in (timedelta(minutes=-2), timedelta(minutes=2)):
        ahead = record(1.5)
        run.silently(replace(ahead, at=ahead.at + skew))
    assert run.says(sample(2, 45.0, 95.0))[0] == ["P-01 ask_verified", "P-01 latched"]


def test_a_record_from_a_clock_ahead_grows_old_all_the_same() -> None:
    def held(at: float) -> bool:
        run = Run(of=_with_records_judged())
        one = record(1)
        run.silently(Inhibit(after(0), P1, after(2), "a", "b", "service"))
        run.silently(replace(one, at=one.at + timedelta(minutes=2)))
        return run.says(elsewhere(at))[0] == ["P-01 triggered"]

    assert held(4)
    assert not held(4.5)


def _with_records_judged() -> Plant:
    one = protected(protection(triggers=(("ISO/count/action",),), asks=(LOCK,)))
    channels = one.series[ISOLATOR].channels
    count = replace(channels[0], id="ISO/count", series="ISO#records")
    counted = replace(one.series[ISOLATOR], id="ISO#records", records=True, channels=(count, channels[1]))
    above = Limit("ISO/count/action", count.id, Level.ACTION, None, 0, 0, 0, 0, "worked example")
    return replace(
        one,
        series={**one.series, counted.id: counted},
        channels={**one.channels, count.id: count},
        limits=(above,),
    )


def test_a_sample_that_comes_behind_a_later_one_moves_nothing() -> None:
    run = Run(protection(kind=ProtectionKind.PROTECT, release=(BACK,)))
    run.silently(sample(0, 45.0), off(0, 5), sample(3, 10.0))
    run.silently(replace(sample(2, 10.0), received_at=after(5)))
    assert P1 in run.state.inhibited
