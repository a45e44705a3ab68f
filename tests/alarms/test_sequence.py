"""Transcripts of one protective action from its first ask to its end: every event, every change, every Command."""

from dataclasses import replace

import pytest

from alarms.events import AskState, ConfirmProtection, Event, Inhibit, ProtectionState, Tick
from config.rules import Ask, Check, Level, Protection, ProtectionKind
from tests.alarms.building import ACTION, ALERT, PRESSURE, TOWER, after, bad, limit, sample
from tests.alarms.protecting import (
    BOOST,
    FAN,
    HUMIDITY,
    LOCK,
    P1,
    P2,
    RELEASE,
    TEXT,
    Run,
    elsewhere,
    interlock,
    protected,
    protection,
    reset,
    taken,
)

LAMP = Ask(TOWER, TEXT, outputs={"red": "on"}, checks=(Check("ST/tier_1", 1, 1, within_s=2),))
SECOND = protection(id=P2, code="P-02", triggers=(), after=P1, asks=(LOCK,), release=(), release_asks=())


def test_a_breach_from_its_trigger_to_the_reset() -> None:
    run = Run()
    boost, lock = run.breach()
    assert (boost.request, boost.param, boost.ask, boost.protection) == ("fan_speed", 100, 0, P1)
    assert (lock.request, lock.seq, lock.ask) == ("inhibit_transfer", boost.seq + 1, 1)
    assert run.says(taken(1.2, boost)) == (["P-01 ask_acked"], [])
    assert run.says(taken(1.4, lock)) == (["P-01 ask_acked", "P-01 acked"], [])
    assert run.says(sample(2, 10.0, 95.0)) == (["P-01 ask_verified", "P-01 latched"], [])
    run.silently(sample(3, 45.0, 95.0), Tick(after(3)))
    run.silently(reset(4, "operator", "qa"))
    assert run.stands() is ProtectionState.LATCHED, "the pressure has not been back for five seconds"
    run.silently(*(sample(at, 45.0, 95.0) for at in range(4, 9)))
    run.silently(reset(9, "operator"), reset(9, "operator", "operator"))
    (changes, (release,)) = run.says(reset(9, "qa", "operator"))
    assert changes == ["P-01 reset"]
    assert (release.request, release.ask, release.seq) == ("release_inhibit", 2, lock.seq + 1)
    run.silently(reset(9.1, "qa", "operator"), sample(10, 45.0))
    assert run.says(taken(10.2, release)) == (["P-01 ask_acked", "P-01 closed"], [])
    assert run.stands() is None
    run.silently(sample(11, 45.0), elsewhere(11), Tick(after(11)))


def test_an_ask_without_a_read_back_is_proved_by_its_answer() -> None:
    run = Run(protection(asks=(LOCK,)))
    (lock,) = run.breach()
    assert run.says(taken(1.2, lock)) == (["P-01 ask_acked", "P-01 acked", "P-01 latched"], [])


def test_what_the_machine_has_done_by_itself_is_recorded_and_not_asked_for() -> None:
    run = Run(protection(asks=(BOOST,)))
    run.silently(sample(0, 45.0, 95.0))
    assert run.says(sample(1, 10.0, 95.0)) == (["P-01 triggered", "P-01 acked", "P-01 latched"], [])
    assert [asked.state for asked in run.state.running[P1].asked] == [AskState.ALREADY]
    assert (run.unanswered(), dict(run.state.seqs)) == ((), {})


def test_of_two_asks_only_what_does_not_stand_already_is_asked_for() -> None:
    run = Run()
    run.silently(sample(0, 45.0, 95.0))
    changes, (lock,) = run.says(sample(1, 10.0, 95.0))
    assert (changes, lock.ask) == (["P-01 triggered"], 1)
    assert run.says(taken(1.2, lock))[0] == ["P-01 ask_acked", "P-01 acked", "P-01 latched"]


def test_a_refusal_fails_is_alarmed_and_calls_what_it_escalates_to() -> None:
    run = Run(protection(escalates_to=P2), SECOND)
    boost, lock = run.breach()
    changes, (closing,) = run.says(taken(1.2, boost, "refused: local mode"))
    assert changes == ["P-01 ask_failed", "P-01 failed", "P-02 escalated"]
    assert (closing.protection, closing.seq) == (P2, lock.seq + 1)
    assert run.state.running[P1].detail == "fan_speed of ISO: refused: local mode"
    assert run.state.running[P2].because == (f"{P1}/failed",)
    assert run.state.alarms[f"{P1}/failed"].active
    assert run.says(taken(1.4, lock)) == (["P-01 ask_acked", "P-01 acked", "P-01 failed"], [])
    assert run.stands() is ProtectionState.FAILED
    assert run.says(taken(1.5, closing)) == (["P-02 ask_acked", "P-02 acked", "P-02 latched"], [])
    run.silently(*(sample(at, 45.0) for at in range(2, 9)))
    assert run.says(reset(9, "qa", "operator", key=P2))[0] == ["P-02 reset", "P-02 closed"]
    (_, (release,)) = run.says(reset(9, "operator", "qa"))
    assert run.says(taken(9.2, release))[0] == ["P-01 ask_acked", "P-01 closed"]
    assert not run.state.alarms[f"{P1}/failed"].active


def test_what_protects_by_the_same_machine_is_not_undone_by_the_end_of_another() -> None:
    """Transfers inhibited by two actions: the end of one would let them go for both."""
    run = Run(interlock(), protection(id=P2, asks=(LOCK,)))
    run.silently(sample(0, 45.0))
    _, (first, second) = run.says(sample(1, 10.0))
    run.says(taken(1.2, first))
    assert run.says(taken(1.3, second))[0][-1] == "P-02 latched"
    run.silently(*(sample(at, 45.0) for at in range(2, 7)))
    assert run.says(sample(7, 45.0)) == (["P-01 released"], [])
    (waits,) = run.state.running[P1].ending
    assert (waits.state, waits.detail, run.unanswered()) == (AskState.WAITING, f"waits for {P2}", ())
    run.silently(sample(8, 45.0), Tick(after(8)), sample(60, 45.0))
    run.silently(sample(61, 10.0))  # both hold as they did
    run.silently(*(sample(at, 45.0) for at in range(62, 68)))
    changes, (theirs,) = run.says(reset(68, "operator", "qa", key=P2))
    assert (changes, theirs.protection) == (["P-02 reset"], P2)
    changes, (ours,) = run.says(sample(69, 45.0))
    assert (changes, ours.protection, ours.seq) == (["P-01 ask_requested"], P1, theirs.seq + 1)
    assert run.says(taken(69.2, theirs))[0] == ["P-02 ask_acked", "P-02 closed"]
    assert run.says(taken(69.3, ours))[0] == ["P-01 ask_acked", "P-01 closed"]


def test_an_interlock_that_is_called_again_while_it_waits_does_not_let_go() -> None:
    other = protection(id=P2, triggers=((ALERT,),), asks=(LOCK,), release=(), release_asks=())
    run = Run(of=protected(interlock(), other, limits=[limit(Level.ALERT, 12, None)]))
    run.silently(sample(0, 45.0))
    for command in run.says(sample(1, 10.0))[1]:
        run.says(taken(1.2, command))
    run.silently(*(sample(at, 45.0) for at in range(2, 7)))
    assert run.says(sample(7, 45.0)) == (["P-01 released"], [])
    run.silently(sample(8, 15.0))
    assert run.says(reset(8.2, "operator", "qa", key=P2))[0] == ["P-02 reset", "P-02 closed"]
    run.silently(sample(9, 15.0), elsewhere(10))
    (_, (release,)) = run.says(sample(11, 45.0))
    assert (release.request, release.protection) == (RELEASE.request, P1)


@pytest.mark.parametrize(
    "other",
    [
        protection(id=P2, asks=(LOCK,), dry_run=True),
        protection(id=P2, asks=(LOCK,), needs_confirmation=True),
        protection(id=P2, asks=(LAMP,)),
        protection(id=P2, asks=(replace(LOCK, device=TOWER),)),
        protection(id=P2, asks=()),
    ],
    ids=["dry run", "not confirmed", "an output", "another machine", "asks nothing"],
)
def test_what_does_not_touch_it_is_not_waited_for(other: Protection) -> None:
    run = Run(interlock(), other)
    run.silently(sample(0, 45.0))
    _, (lock, *_) = run.says(sample(1, 10.0))
    run.says(taken(1.2, lock))
    seen = [run.says(sample(at, 45.0)) for at in range(2, 8)]
    assert [one.request for _, commands in seen for one in commands] == [RELEASE.request]


def test_two_outputs_of_one_device_do_not_touch_and_the_same_one_does() -> None:
    def released(other: str) -> int:
        dark = replace(LAMP, outputs={"red": "off"}, checks=())
        first = interlock(asks=(LAMP,), release=(), release_asks=(dark,))
        run = Run(first, protection(id=P2, asks=(replace(LAMP, outputs={other: "on"}),)))
        run.silently(sample(0, 45.0))
        _, (lamp, theirs) = run.says(sample(1, 10.0))
        run.says(taken(1.2, lamp))
        run.says(taken(1.2, theirs))
        run.says(replace(elsewhere(2), values=(1.0, 0.0, 0.0)))
        return len(run.says(sample(3, 45.0))[1])

    assert released("amber") == 1
    assert released("red") == 0


def test_what_has_no_effect_fails_and_escalates() -> None:
    """A valve that is stuck: the machine takes the request, and nothing comes of it."""
    run = Run(protection(asks=(BOOST,), escalates_to=P2), SECOND)
    (boost,) = run.breach()
    assert run.says(taken(1.2, boost)) == (["P-01 ask_acked", "P-01 acked"], [])
    run.silently(*(sample(at, 10.0) for at in range(2, 5)))
    changes, (lock,) = run.says(sample(5, 10.0))
    assert changes == ["P-01 ask_failed", "P-01 failed", "P-02 escalated", "P-01 failed"]
    assert (lock.protection, run.state.running[P1].asked[0].detail) == (P2, "it does not read back")
    run.silently(sample(6, 10.0, 95.0))


@pytest.mark.parametrize(
    ("second", "begins"),
    [
        (SECOND, True),
        (replace(SECOND, only_while=(Check(HUMIDITY, 60, None),)), False),
        (replace(SECOND, dry_run=True), False),
    ],
)
def test_what_it_escalates_to_keeps_its_own_conditions(second: Protection, *, begins: bool) -> None:
    run = Run(protection(asks=(LOCK,), escalates_to=P2), second)
    (lock,) = run.breach()
    _, commands = run.says(taken(1.2, lock, "refused: interlock"))
    assert [one.protection for one in commands] == ([P2] if begins else [])


def test_what_is_switched_off_is_not_escalated_to_and_what_runs_only_has_one_reason_more() -> None:
    run = Run(protection(asks=(LOCK,), escalates_to=P2), SECOND)
    run.silently(Inhibit(after(0), P2, after(60), "a", "b", "service"))
    (lock,) = run.breach()
    assert run.says(taken(1.2, lock, "refused")) == (
        ["P-01 ask_failed", "P-01 failed", "P-01 acked", "P-01 failed"],
        [],
    )
    assert run.stands(P2) is None

    run = Run(
        of=protected(
            protection(asks=(LOCK,), escalates_to=P2),
            replace(SECOND, triggers=((ACTION,),), after=""),
        )
    )
    run.silently(sample(0, 45.0))
    changes, (first, _) = run.says(sample(1, 10.0))
    assert changes == ["P-01 triggered", "P-02 triggered"]
    changes, commands = run.says(taken(1.2, first, "refused"))
    assert (changes, commands) == (
        ["P-01 ask_failed", "P-01 failed", "P-02 triggered_again", "P-01 acked", "P-01 failed"],
        [],
    )
    assert run.state.running[P2].because == (ACTION, f"{P1}/failed")


def test_a_second_failure_of_the_same_adds_nothing_to_what_still_runs_of_the_first() -> None:
    run = Run(protection(asks=(LOCK,), release_asks=(), escalates_to=P2), SECOND)
    (lock,) = run.breach()
    run.says(taken(1.2, lock, "refused"))
    run.silently(*(sample(at, 45.0) for at in range(2, 8)))
    assert run.says(reset(8, "operator", "qa"))[0] == ["P-01 reset", "P-01 closed"]
    _, (lock,) = run.says(sample(9, 10.0))
    changes, commands = run.says(taken(9.2, lock, "refused"))
    assert (changes, commands) == (["P-01 ask_failed", "P-01 failed", "P-01 acked", "P-01 failed"], [])


def test_what_failed_already_does_not_fail_again_when_its_outcome_is_missed() -> None:
    wanted = Check(PRESSURE, 20, None, within_s=2)
    run = Run(protection(asks=(LOCK,), outcome=(wanted,), escalates_to=P2), SECOND)
    (lock,) = run.breach()
    assert run.says(taken(1.2, lock, "refused"))[0] == [
        "P-01 ask_failed",
        "P-01 failed",
        "P-02 escalated",
        "P-01 acked",
    ]
    run.silently(sample(2, 10.0), sample(3, 10.0))
    assert run.says(sample(4, 10.0))[0] == ["P-01 failed"]
    assert run.state.running[P1].detail == "inhibit_transfer of ISO: refused"


def test_what_is_never_answered_has_failed() -> None:
    run = Run(protection(asks=(LOCK,)))
    run.breach()
    run.silently(elsewhere(31))
    assert run.says(elsewhere(31.5)) == (["P-01 ask_failed", "P-01 failed", "P-01 acked", "P-01 failed"], [])
    assert run.state.running[P1].detail == "inhibit_transfer of ISO: no answer"


def test_a_read_back_is_overdue_once_its_channel_was_heard_and_not_before() -> None:
    def waiting() -> Run:
        run = Run(protection(asks=(BOOST,)))
        (boost,) = run.breach()
        run.says(taken(1.2, boost))
        run.silently(sample(4, 10.0), elsewhere(5), Tick(after(6)), elsewhere(14))
        return run

    assert waiting().says(bad(5))[0][0] == "P-01 ask_failed"
    assert waiting().says(sample(5, 10.0, 95.0))[0] == ["P-01 ask_verified", "P-01 latched"]
    assert waiting().says(elsewhere(14.5))[0][0] == "P-01 ask_failed", "it is not heard at all any more"


def test_each_read_back_has_its_own_time() -> None:
    slow = Check(PRESSURE, 20, None, within_s=9)
    run = Run(protection(asks=(replace(BOOST, checks=(FAN, slow)),)))
    (boost,) = run.breach()
    run.says(taken(1.2, boost))
    run.silently(*(sample(at, 10.0, 95.0) for at in range(2, 8)))
    assert run.says(sample(8, 25.0, 95.0))[0] == ["P-01 ask_verified", "P-01 latched"]
    run = Run(protection(asks=(replace(BOOST, checks=(FAN, slow)),)))
    (boost,) = run.breach()
    run.says(taken(1.2, boost))
    run.silently(*(sample(at, 25.0) for at in range(2, 5)))
    assert run.says(sample(5, 25.0))[0][0] == "P-01 ask_failed"


@pytest.mark.parametrize(("pressure", "ends"), [(20.0, "latched"), (19.9, "failed")])
def test_the_outcome_is_waited_for_and_a_missed_one_fails(pressure: float, ends: str) -> None:
    wanted = Check(PRESSURE, 20, None, within_s=15)
    run = Run(protection(asks=(LOCK,), outcome=(wanted,)))
    (lock,) = run.breach()
    assert run.says(taken(1.2, lock))[0] == ["P-01 ask_acked", "P-01 acked"]
    run.silently(*(sample(at, 8.0) for at in range(2, 16)))
    if ends == "latched":
        assert run.says(sample(16, pressure))[0] == ["P-01 latched"]
        return
    run.silently(sample(16, pressure))
    assert run.says(sample(17, pressure))[0] == ["P-01 failed", "P-01 failed"]
    assert run.state.running[P1].detail == "it has not come to what it was meant for"


def test_outputs_are_asked_for_without_a_number() -> None:
    run = Run(protection(asks=(LAMP,)))
    (lamp,) = run.breach()
    assert (lamp.device, dict(lamp.outputs), lamp.seq, lamp.request) == (TOWER, {"red": "on"}, 0, "")
    assert run.unanswered() == (lamp,)
    assert run.says(taken(1.2, lamp))[0] == ["P-01 ask_acked", "P-01 acked"]
    shows = replace(elsewhere(2), values=(1.0, 0.0, 0.0))
    assert run.says(shows)[0] == ["P-01 ask_verified", "P-01 latched"]


def test_an_interlock_ends_by_itself_when_its_trigger_is_over_and_its_condition_has_held() -> None:
    run = Run(interlock())
    (lock,) = run.breach()
    assert run.says(taken(1.2, lock))[0][-1] == "P-01 verified"
    run.silently(*(sample(at, 25.0) for at in range(2, 10)))
    run.silently(*(sample(at, 45.0) for at in range(10, 13)), bad(13))
    run.silently(*(sample(at, 45.0) for at in range(14, 19)), reset(18, "operator", "qa"))
    changes, (release,) = run.says(sample(19, 45.0))
    assert changes == ["P-01 released"]
    assert run.says(taken(19.2, release)) == (["P-01 ask_acked", "P-01 closed"], [])


def test_an_interlock_holds_while_its_trigger_is_active_though_nobody_sees_it() -> None:
    run = Run(interlock(release=()))
    (lock,) = run.breach()
    run.says(taken(1.2, lock))
    run.silently(*(bad(at, only_pressure=True) for at in range(2, 9)))
    assert run.says(sample(9, 45.0))[0] == ["P-01 released"]


def test_an_interlock_of_two_alarms_ends_when_one_of_them_is_over() -> None:
    """As with the loss of both sensors: one of them back is enough, though the other stays broken."""
    low = limit(Level.ALERT, 40, None)
    run = Run(of=protected(interlock(triggers=((ACTION, ALERT),)), limits=[low]))
    (lock,) = run.breach()
    run.says(taken(1.2, lock))
    run.silently(*(sample(at, 35.0) for at in range(2, 7)))
    assert run.says(sample(7, 35.0))[0] == ["P-01 released"]
    assert run.state.alarms[ALERT].active


def test_an_interlock_that_was_escalated_to_holds_as_long_as_what_failed() -> None:
    second = interlock(id=P2, triggers=(), release=(), release_asks=())
    run = Run(protection(asks=(LOCK,), escalates_to=P2), second)
    (lock,) = run.breach()
    _, (closing,) = run.says(taken(1.2, lock, "refused"))
    run.says(taken(1.4, closing))
    run.silently(*(sample(at, 45.0) for at in range(2, 9)))
    assert run.says(reset(9, "operator", "qa")) == (["P-01 reset"], [])
    # Neither waits for the other for ever.
    changes = [*run.says(sample(10, 45.0))[0], *run.says(sample(11, 45.0))[0]]
    assert changes == ["P-02 released", "P-02 closed", "P-01 ask_requested"]


def test_what_is_asked_at_the_end_ends_it_though_it_is_refused_or_never_answered() -> None:
    def ending() -> Run:
        run = Run(interlock(asks=(), release=()))
        run.silently(sample(0, 45.0))
        assert run.says(sample(1, 10.0)) == (["P-01 triggered", "P-01 acked", "P-01 verified"], [])
        assert run.says(sample(2, 45.0))[0] == ["P-01 released"]
        return run

    run = ending()
    (release,) = run.unanswered()
    assert (release.request, release.ask) == (RELEASE.request, 0)
    assert run.says(taken(2.2, release, "refused: interlock"))[0] == ["P-01 ask_failed", "P-01 closed"]
    run = ending()
    run.silently(elsewhere(32))
    assert run.says(elsewhere(32.5))[0] == ["P-01 ask_failed", "P-01 closed"]


def test_a_dry_run_tells_and_asks_nothing() -> None:
    run = Run(protection(dry_run=True))
    run.silently(sample(0, 45.0))
    assert run.says(sample(1, 10.0)) == (["P-01 triggered", "P-01 dry_run"], [])
    run.silently(*(sample(at, 45.0) for at in range(2, 9)), ConfirmProtection(after(8), P1, "a"))
    assert run.says(reset(9, "operator", "qa")) == (["P-01 reset", "P-01 closed"], [])
    run = Run(interlock(dry_run=True, release=()))
    run.silently(sample(0, 45.0))
    assert run.says(sample(1, 10.0)) == (["P-01 triggered", "P-01 dry_run"], [])
    assert run.says(sample(2, 45.0)) == (["P-01 released", "P-01 closed"], [])


def test_what_needs_a_person_waits_for_one() -> None:
    wanted = Check(PRESSURE, 20, None, within_s=5)
    run = Run(protection(asks=(LOCK,), outcome=(wanted,), needs_confirmation=True))
    assert run.breach() == []
    run.silently(*(sample(at, 10.0) for at in range(2, 60)), Tick(after(58)))
    changes, (lock,) = run.says(ConfirmProtection(after(60), P1, "operator"))
    assert (changes, lock.request) == (["P-01 confirmed"], "inhibit_transfer")
    run.silently(ConfirmProtection(after(60), P1, "operator"))
    # The outcome is due five seconds behind the word, not behind the trigger.
    assert run.says(taken(60.2, lock))[0] == ["P-01 ask_acked", "P-01 acked"]
    run.silently(sample(61, 10.0))
    assert run.says(sample(62, 25.0))[0] == ["P-01 latched"]


def test_what_stands_already_when_a_person_confirms_is_not_asked_for() -> None:
    run = Run(protection(asks=(BOOST,), needs_confirmation=True))
    assert run.breach() == []
    run.silently(sample(2, 10.0, 95.0))
    confirmed = run.says(ConfirmProtection(after(2.5), P1, "operator"))
    assert confirmed == (["P-01 confirmed", "P-01 acked", "P-01 latched"], [])


@pytest.mark.parametrize("kind", ProtectionKind)
def test_what_nobody_confirms_can_end_and_asks_nothing(kind: ProtectionKind) -> None:
    by = () if kind is ProtectionKind.INTERLOCK else ("operator", "qa")
    run = Run(protection(kind=kind, needs_confirmation=True, reset_by=by))
    assert run.breach() == []
    run.silently(*(sample(at, 45.0) for at in range(2, 7)))
    if kind is ProtectionKind.INTERLOCK:
        assert run.says(sample(7, 45.0)) == (["P-01 released", "P-01 closed"], [])
    else:
        run.silently(sample(7, 45.0))
        assert run.says(reset(7, "operator", "qa")) == (["P-01 reset", "P-01 closed"], [])


def test_an_answer_to_a_former_request_is_none_and_the_same_answer_twice_is_one() -> None:
    run = Run(protection(asks=(LOCK,)))
    (lock,) = run.breach()
    run.silently(taken(1.2, replace(lock, seq=lock.seq - 1)), taken(1.3, replace(lock, ask=7)))
    assert run.says(taken(1.4, lock))[0][0] == "P-01 ask_acked"
    run.silently(
        taken(1.5, lock), taken(1.5, lock, "refused"), taken(1.6, replace(lock, protection="ISO/P-99"))
    )


def numbers(acked: float, times: int = 1, more: int = 0) -> list[int]:
    """Trigger P-01 on a machine that shows `acked` as the last number it took, in the place of the humidity."""
    later = protection(id=P2, asks=(LOCK,) * more, triggers=((ALERT,),))
    one = protected(protection(asks=(LOCK,) * times), later, limits=[limit(Level.ALERT, 30, None, on_s=1)])
    shown = one.channels[HUMIDITY]
    shown = replace(shown, model=replace(shown.model, key="ack_seq"))
    run = Run(of=replace(one, channels={**one.channels, HUMIDITY: shown}))
    run.silently(sample(0, 45.0, acked))
    commands = [*run.says(sample(1, 10.0, acked))[1], *run.says(sample(2, 10.0, acked))[1]]
    return [one.seq for one in commands]


def test_numbers_go_on_behind_the_one_that_the_machine_took_last_and_wrap_to_one() -> None:
    assert numbers(65_533, 3) == [65_534, 65_535, 1]
    assert numbers(65_535) == [1]
    # The machine has not shown yet that it took them: what was given counts.
    assert numbers(65_533, 3, 2) == [65_534, 65_535, 1, 2, 3]
    assert numbers(60_000)[0] >= 60_001


def whole(run: Run) -> list[object]:
    """Let a breach fail, escalate, be answered, recover and be reset; return all that comes of it."""
    seen: list[object] = []

    def told(*events: Event) -> None:
        seen.extend((run.takes(event), run.unanswered()) for event in events)

    told(sample(0, 45.0), sample(1, 10.0))
    boost, lock = run.unanswered()
    told(taken(1.2, boost, "refused: local mode"))
    assert run.unanswered()[0] == lock
    (closing,) = run.unanswered()[1:]
    told(taken(1.3, lock), elsewhere(2), taken(2.2, closing), Tick(after(2)))
    told(*(sample(at, 45.0, 95.0) for at in range(3, 12)))
    told(reset(12, "operator", "qa"), sample(13, 45.0))
    assert run.unanswered() == (), "the end of the first waits for the second"
    told(reset(13.5, "operator", "qa", key=P2), sample(14, 45.0))
    (release,) = run.unanswered()
    told(taken(14.5, release), sample(15, 45.0))
    assert (run.stands(), run.stands(P2), run.unanswered()) == (None, None, ())
    return seen


def test_a_restart_anywhere_changes_nothing_and_sends_again_what_was_not_answered() -> None:
    plan = (protection(escalates_to=P2), SECOND)
    assert whole(Run(*plan, restarts=True)) == whole(Run(*plan))
