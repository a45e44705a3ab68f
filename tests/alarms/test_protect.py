"""Transcripts of protective actions: every event, every change, every Command, the silent ones too."""

from collections.abc import Iterable
from dataclasses import replace

from alarms import engine, response
from alarms.events import (
    ActionResult,
    ConfirmProtection,
    Event,
    Inhibit,
    ProtectionChange,
    ProtectionState,
    Rearm,
    ResetProtection,
    Tick,
)
from alarms.state import State
from config.model import (
    Ask,
    Check,
    Command,
    Level,
    Plant,
    Protection,
    ProtectionKind,
    Quality,
    Suppression,
    Text,
)
from monitor.collector import codec
from tests.alarms.building import ACTION, ISOLATOR, PRESSURE, after, bad, limit, plant, sample

_TEXT = Text("stop open handling", "停止开放操作")
P1, P2 = "ISO/P-01", "ISO/P-02"
HUMIDITY = "ISO/humidity"
"""In these tests the humidity stands for whatever reads an ask back: at 90 the fan runs, at 45 it does not."""
FAN = Check(HUMIDITY, 90, None, within_s=3)
BOOST = Ask(ISOLATOR, Text("fan at 100 %", "风机100 %"), request="fan_speed", param=100, checks=(FAN,))
LOCK = Ask(ISOLATOR, Text("no transfer", "禁止传递"), request="inhibit_transfer")
BACK = Check(PRESSURE, 30, None, for_s=5)


def protection(**changed: object) -> Protection:
    """P-01 of the isolator: boost and lock when the pressure's action alarm is active; reset by two roles."""
    one = Protection(
        id=P1,
        code="P-01",
        device=ISOLATOR,
        label=_TEXT,
        kind=ProtectionKind.PROTECT,
        triggers=((ACTION,),),
        asks=(BOOST, LOCK),
        instruction=_TEXT,
        fail_safe=_TEXT,
        release=(BACK,),
        release_asks=(replace(LOCK, request="release_inhibit"),),
        reset_by=("operator", "qa"),
    )
    return replace(one, **changed)  # type: ignore[arg-type]  # test shorthand


def protected(*protections: Protection) -> Plant:
    one = plant(limit(Level.ACTION, 20, 90))
    return replace(one, protections={each.id: each for each in protections or (protection(),)})


class Sequence:
    """Feeds events, and says of each what changed of protective actions and what was asked for."""

    def __init__(self, of: Plant) -> None:
        self.rules = engine.rules(of)
        self.plant = of
        self.state = State()
        self.restarts = False

    def says(self, event: Event) -> tuple[list[str], list[Command]]:
        if self.restarts:
            self.state = codec.state_of(codec.state_json(self.state))
        before = self.state
        self.state, told = engine.handle(self.rules, before, event)
        changes = [one for one in told if isinstance(one, ProtectionChange)]
        assert all(one.before != one.after for one in changes)
        commands = response.respond((), self.plant.protections, before, self.state)
        return [f"{one.protection.rpartition('/')[2]} {one.reason}" for one in changes], list(commands)

    def silently(self, events: Iterable[Event]) -> None:
        for event in events:
            assert self.says(event) == ([], []), event

    def stands(self, key: str = P1) -> ProtectionState | None:
        running = self.state.running.get(key)
        return None if running is None else running.state

    def breach(self, at: float = 1) -> list[Command]:
        """Let the chamber's pressure fall, and give what is asked."""
        self.silently([sample(at - 1, 45.0)])
        changes, commands = self.says(sample(at, 10.0))
        assert changes == ["P-01 triggered"]
        return commands


def taken(at: float, command: Command, detail: str = "") -> ActionResult:
    return ActionResult(after(at), command, verified=not detail, detail=detail)


def reset(at: float, *roles: str) -> ResetProtection:
    return ResetProtection(
        after(at), P1, tuple(f"person {n}" for n, _ in enumerate(roles)), roles, "glove changed"
    )


def test_a_breach_from_its_trigger_to_the_reset() -> None:
    run = Sequence(protected())
    boost, lock = run.breach()
    assert (boost.request, boost.param, boost.ask) == ("fan_speed", 100, 0)
    assert (lock.request, lock.seq, lock.ask) == ("inhibit_transfer", boost.seq + 1, 1)
    assert run.says(taken(1.2, boost)) == (["P-01 ask_acked"], [])
    assert run.says(taken(1.4, lock)) == (["P-01 ask_acked", "P-01 acked"], [])
    assert run.says(sample(2, 10.0, 95.0)) == (["P-01 ask_verified", "P-01 latched"], [])
    run.silently([sample(3, 45.0, 95.0), Tick(after(3))])
    run.silently([reset(4, "operator", "qa")])
    assert run.stands() is ProtectionState.LATCHED, "the pressure has not been back for five seconds"
    run.silently([sample(at, 45.0, 95.0) for at in range(4, 9)])
    run.silently([reset(9, "operator"), reset(9, "operator", "operator")])
    (changes, (release,)) = run.says(reset(9, "qa", "operator"))
    assert changes == ["P-01 reset"]
    assert (release.request, release.ask, release.seq) == ("release_inhibit", 2, lock.seq + 1)
    assert run.says(taken(9.2, release)) == (["P-01 ask_acked", "P-01 closed"], [])
    assert run.stands() is None


def test_an_ask_without_a_read_back_is_proved_by_its_answer() -> None:
    run = Sequence(protected(protection(asks=(LOCK,))))
    (lock,) = run.breach()
    assert run.says(taken(1.2, lock)) == (["P-01 ask_acked", "P-01 acked", "P-01 latched"], [])


def test_what_the_machine_has_done_by_itself_is_recorded_and_not_asked_for() -> None:
    run = Sequence(protected(protection(asks=(BOOST,))))
    run.silently([sample(0, 45.0, 95.0)])
    assert run.says(sample(1, 10.0, 95.0)) == (["P-01 triggered", "P-01 acked", "P-01 latched"], [])
    assert [asked.state for asked in run.state.running[P1].asked] == ["already"]


def test_a_refusal_fails_is_alarmed_and_calls_what_it_escalates_to() -> None:
    second = protection(id=P2, code="P-02", triggers=(), after=P1, asks=(LOCK,), release=(), release_asks=())
    run = Sequence(protected(protection(escalates_to=P2), second))
    boost, lock = run.breach()
    changes, (closing,) = run.says(taken(1.2, boost, "refused: local mode"))
    assert changes == ["P-01 ask_failed", "P-01 failed", "P-02 escalated"]
    assert (closing.protection, closing.seq) == (P2, lock.seq + 1)
    assert run.state.running[P1].detail == "fan_speed of ISO: refused: local mode"
    assert run.state.alarms[f"{P1}/failed"].active
    assert run.says(taken(1.4, lock)) == (["P-01 ask_acked", "P-01 acked", "P-01 failed"], [])
    assert run.stands() is ProtectionState.FAILED
    assert run.says(taken(1.5, closing)) == (["P-02 ask_acked", "P-02 acked", "P-02 latched"], [])


def test_what_does_not_read_back_in_time_has_failed() -> None:
    run = Sequence(protected(protection(asks=(BOOST,))))
    (boost,) = run.breach()
    assert run.says(taken(1.2, boost)) == (["P-01 ask_acked", "P-01 acked"], [])
    run.silently([sample(at, 10.0) for at in range(2, 5)])
    assert run.says(sample(5, 10.0)) == (["P-01 ask_failed", "P-01 failed", "P-01 failed"], [])
    assert run.state.running[P1].asked[0].detail == "it does not read back"


def test_the_outcome_is_waited_for_and_a_missed_one_fails() -> None:
    wanted = Check(PRESSURE, 20, None, within_s=15)
    for pressure, ends in ((25.0, ProtectionState.LATCHED), (8.0, ProtectionState.FAILED)):
        run = Sequence(protected(protection(asks=(LOCK,), outcome=(wanted,))))
        (lock,) = run.breach()
        run.says(taken(1.2, lock))
        for at in range(2, 18):
            run.says(sample(at, pressure))
        assert run.stands() is ends


def test_an_interlock_ends_by_itself_when_its_trigger_is_over_and_its_condition_has_held() -> None:
    run = Sequence(protected(protection(kind=ProtectionKind.INTERLOCK, asks=(LOCK,), reset_by=())))
    (lock,) = run.breach()
    run.says(taken(1.2, lock))
    assert run.stands() is ProtectionState.VERIFIED
    run.silently([sample(at, 25.0) for at in range(2, 10)])
    run.silently([sample(at, 45.0) for at in range(10, 15)])
    changes, (release,) = run.says(sample(15, 45.0))
    assert changes == ["P-01 released"]
    assert run.says(taken(15.2, release)) == (["P-01 ask_acked", "P-01 closed"], [])


def test_only_good_live_fresh_values_trigger() -> None:
    doubtful = replace(sample(1, 10.0), quality=(Quality.UNCERTAIN, Quality.GOOD))
    late = replace(sample(1, 10.0), received_at=after(4.5))
    for event in (doubtful, late, sample(1, 10.0, backfilled=True)):
        run = Sequence(protected())
        run.silently([sample(0, 45.0), event])
    run = Sequence(protected())
    run.silently([sample(0, 45.0), doubtful, Tick(after(1))])
    assert run.state.alarms[ACTION].active, "it is an alarm all the same"
    assert run.says(sample(2, 10.0))[0] == ["P-01 triggered"], "as soon as a Good value says so"


def test_a_loss_triggers_what_is_about_a_loss_and_the_last_mode_is_remembered() -> None:
    lost = protection(
        triggers=(("ISO/communication",),), on_loss=True, asks=(LOCK,), only_while=(Check(HUMIDITY, 40, 50),)
    )
    run = Sequence(protected(replace(lost, announces=True)))
    run.silently([sample(0, 45.0), *(bad(at) for at in range(1, 11))])
    changes, (lock,) = run.says(bad(11))
    assert (changes, lock.request) == (["P-01 triggered"], "inhibit_transfer")
    assert run.state.alarms[P1].level is Level.ACTION, "it announces itself"


def test_a_mode_that_forbids_it_and_a_mode_that_explains_the_alarm() -> None:
    run = Sequence(protected(protection(only_while=(Check(HUMIDITY, 40, 50),))))
    run.silently([sample(0, 45.0, 60.0), sample(1, 10.0, 60.0)])
    assert run.says(sample(2, 10.0, 45.0))[0] == ["P-01 triggered"], (
        "the mode allows it now, and it is still needed"
    )
    vhp = Suppression("vhp", frozenset({ACTION}), _TEXT, "", HUMIDITY, frozenset({99.0}))
    run = Sequence(replace(protected(), suppressions={"vhp": vhp}))
    run.silently([sample(0, 45.0, 99.0), sample(1, 10.0, 99.0)])
    assert run.says(sample(2, 10.0, 45.0))[0] == ["P-01 triggered"]


def test_two_persons_switch_it_off_for_a_while_and_not_what_may_never_be_off() -> None:
    def off(who: str, second: str, hours: float) -> Inhibit:
        return Inhibit(after(0.5), P1, after(0.5 + 3600 * hours), who, second, "service")

    run = Sequence(protected())
    run.silently([sample(0, 45.0), off("a", "b", 1), sample(1, 10.0), sample(2, 10.0)])
    assert P1 in run.state.inhibited
    changes, _ = run.says(Rearm(after(3), P1, "a"))
    assert changes == []
    assert run.says(sample(4, 10.0))[0] == ["P-01 triggered"]
    for refused in (off("a", "", 1), off("a", "a", 1), off("a", "b", 9), off("a", "b", -1)):
        run = Sequence(protected())
        run.silently([sample(0, 45.0), refused])
        assert not run.state.inhibited
    run = Sequence(protected(protection(may_inhibit=False)))
    run.silently([off("a", "b", 1)])
    assert not run.state.inhibited
    run = Sequence(protected())
    run.silently([sample(0, 45.0), off("a", "b", 0.001), sample(1, 10.0)])
    run.silently([sample(4, 10.0)])
    assert run.says(sample(5, 10.0))[0] == ["P-01 triggered"], "3.6 s are over"


def test_a_dry_run_tells_and_asks_nothing() -> None:
    run = Sequence(protected(protection(dry_run=True)))
    run.silently([sample(0, 45.0)])
    assert run.says(sample(1, 10.0)) == (["P-01 triggered", "P-01 dry_run"], [])
    run.silently([sample(at, 45.0) for at in range(2, 9)])
    assert run.says(reset(9, "operator", "qa")) == (["P-01 reset", "P-01 closed"], [])


def test_what_needs_a_person_waits_for_one() -> None:
    run = Sequence(protected(protection(asks=(LOCK,), needs_confirmation=True)))
    assert run.breach() == []
    run.silently([sample(2, 10.0), Tick(after(2))])
    changes, (lock,) = run.says(ConfirmProtection(after(3), P1, "operator"))
    assert (changes, lock.request) == (["P-01 confirmed"], "inhibit_transfer")
    run.silently([ConfirmProtection(after(3), P1, "operator")])


def test_a_second_trigger_only_adds_to_the_record() -> None:
    alert = f"{PRESSURE}/alert"
    one = plant(limit(Level.ACTION, 20, 90), limit(Level.ALERT, 30, 70, on_s=1))
    both = replace(one, protections={P1: protection(asks=(LOCK,), triggers=((ACTION,), (alert,)))})
    run = Sequence(both)
    (lock,) = run.breach()
    assert run.says(sample(2, 10.0)) == (["P-01 triggered_again"], [])
    assert run.state.running[P1].because == (ACTION, alert)
    assert run.says(taken(2.5, lock))[0][0] == "P-01 ask_acked"


def test_an_answer_to_a_former_request_is_none() -> None:
    run = Sequence(protected(protection(asks=(LOCK,))))
    (lock,) = run.breach()
    run.silently([taken(1.2, replace(lock, seq=lock.seq - 1)), taken(1.3, replace(lock, ask=7))])
    assert run.says(taken(1.4, lock))[0][0] == "P-01 ask_acked"
    run.silently([taken(1.5, lock), taken(1.6, replace(lock, protection="ISO/P-99"))])


def test_a_restart_anywhere_changes_nothing_and_sends_again_what_was_not_answered() -> None:
    def transcript(*, restarts: bool) -> list[object]:
        run = Sequence(protected())
        run.restarts = restarts
        boost, lock = run.breach()
        seen: list[object] = [boost, lock]
        assert response.unanswered(run.plant.protections, run.state) == (boost, lock)
        events: list[Event] = [taken(1.2, boost), taken(1.4, lock)]
        events += (sample(at, 45.0, 95.0) for at in range(2, 9))
        for event in events:
            seen.append(run.says(event))
            if event.at == after(1.2):
                assert response.unanswered(run.plant.protections, run.state) == (lock,)
        seen.append(run.says(reset(9, "operator", "qa")))
        (release,) = response.unanswered(run.plant.protections, run.state)
        seen.append(run.says(taken(9.5, release)))
        assert response.unanswered(run.plant.protections, run.state) == ()
        return [*seen, codec.state_json(run.state)]

    assert transcript(restarts=True) == transcript(restarts=False)
