"""From changes of alarms to what happened: worked examples."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from alarms.events import ProtectionState, Reason, SetOccupancy
from config.model import Occupancy, Text
from config.rules import Level, Priority, Protection, ProtectionKind
from monitor.records.dossier.excursions import actions, hidden, occurrences
from monitor.records.dossier.judged import Heard, judged
from monitor.records.dossier.parts import Hiding
from monitor.records.dossier.rolling import Break
from monitor.records.dossier.scope import Scope, scope_of
from monitor.store.batches import Batch, BatchStage
from monitor.store.deviations import About, AboutKind, Deviation
from monitor.store.occurrences import Acknowledged, ActionChange, Change
from monitor.store.readings import Permitted
from tests.records.played import played_plant
from tests.store.small import LABEL, second

PLANT = played_plant()
ALARM = "D/a/action"
START, END = second(100), second(1000)


def change(at: float, reason: Reason, raised: float, **facts: object) -> Change:
    known: dict[str, object] = {
        "who": "",
        "second": "",
        "comment": "",
        "level": Level.ACTION,
        "priority": Priority.HIGH,
        "active": reason in {Reason.RAISED, Reason.RAISED_AGAIN},
        "worst": 45.0,
        "detail": "45 > 40",
        "first_out": True,
        "is_shelved": False,
        "suppressed_by": (),
        "out_of_service": "",
    }
    return Change(ALARM, second(at), reason, raised_at=second(raised), **(known | facts))  # type: ignore[arg-type]  # of the call


def scope() -> Scope:
    stage = BatchStage(1, "set_up", ("Z",), START, END, "wang")
    batch = Batch(
        "B", "L", "MSC", START, "wang", END, "wang", False, "", (), "", "", "", "1" * 64, "c", (stage,)
    )
    return scope_of(PLANT, batch, END)


def test_an_occurrence_lasts_as_long_as_its_condition_and_is_acknowledged_once() -> None:
    changes = [
        # Raised before the batch; the Sample that brought the news came two seconds after the delay had ended.
        change(92, Reason.RAISED, 90),
        change(110, Reason.CLEARED, 90, worst=47.0),
        change(120, Reason.RAISED_AGAIN, 90, worst=41.0),
        change(125, Reason.ACKNOWLEDGED, 90, active=True, who="li", comment="seen", worst=43.0),
        change(140, Reason.CLEARED, 90, worst=44.0),
        change(150, Reason.ACKNOWLEDGED, 90, who="qian"),
    ]
    (one,) = occurrences(changes, START, END, END)
    assert (one.ended_at, one.duration_s(END)) == (second(140), 20 + 20)
    assert one.worst(None, 40.0) == (47.0, 40.0)
    assert one.acknowledged == changes[3]
    assert occurrences(changes, second(140), END, END) == []
    assert occurrences(changes, second(0), second(90), END) == []


@st.composite
def lives(draw: st.DrawFn) -> list[Change]:
    """Draw an occurrence as the log has it: raised after its delay, then over and back, and seen between."""
    raised = draw(st.integers(0, 60))
    found = [change(raised + draw(st.integers(0, 5)), Reason.RAISED, raised)]
    for _ in range(draw(st.integers(0, 8))):
        at, active = (found[-1].at - second(0)).total_seconds() + draw(st.integers(1, 60)), found[-1].active
        turn = Reason.CLEARED if active else Reason.RAISED_AGAIN
        reason = draw(st.sampled_from([turn, Reason.ACKNOWLEDGED]))
        found.append(change(at, reason, raised, active=active if reason is not turn else not active))
    return found


@given(lives(), st.integers(700, 900))
def test_h27_an_alarm_lasts_the_seconds_for_which_the_log_has_it_hold(life: list[Change], upto: int) -> None:
    (one,) = occurrences(life, second(0), second(upto), second(upto))
    held = {0: False} | {int((each.at - second(0)).total_seconds()): each.active for each in life}
    states = [held[max(at for at in held if at <= now)] for now in range(upto)]
    waited = int((life[0].at - life[0].raised_at).total_seconds())
    assert one.duration_s(second(upto)) == states.count(True) + waited > 0
    assert one.ended_at == (None if life[-1].active else second(len(states) - states[::-1].index(True)))


def test_what_holds_still_has_no_end() -> None:
    (one,) = occurrences([change(900, Reason.RAISED, 900)], START, END, END)
    assert (one.ended_at, one.duration_s(END), one.acknowledged) == (None, 100.0, None)


def test_what_goes_on_behind_the_end_changes_nothing_but_who_has_seen_it() -> None:
    shelved = change(950, Reason.SHELVED, 900, active=True, is_shelved=True, who="li")
    known = [change(902, Reason.RAISED, 900, worst=44.0), shelved]
    later = [
        change(1010, Reason.SHELVE_ENDED, 900, active=True, worst=90.0),
        change(1020, Reason.CLEARED, 900, worst=90.0),
        change(1030, Reason.RAISED_AGAIN, 900, worst=95.0),
        change(1040, Reason.CLEARED, 900, worst=99.0),
    ]
    for count in range(len(later) + 1):
        changes = [*known, *later[:count], change(2000, Reason.RAISED, 2000)]
        (one,) = judged(scope(), Heard(changes, {})).alarms
        assert (one.raised_at, one.ended_at, one.duration_s, one.worst) == (second(900), None, 100.0, 45.0)
        (way,) = judged(scope(), Heard(changes, {})).hidden
        assert (way.since, way.until) == (second(950), None)
        seen = change(3000, Reason.ACKNOWLEDGED, 900, who="li", active=count % 2 == 0, worst=99.0)
        (told,) = judged(scope(), Heard([*known, *later[:count], seen], {})).alarms
        assert told == replace(one, acknowledged_at=second(3000), acknowledged_by="li", ack_latency_s=2100.0)


def test_a_value_below_is_worst_where_it_is_lowest() -> None:
    changes = [change(200, Reason.RAISED, 200, worst=9.0), change(210, Reason.CLEARED, 200, worst=3.0)]
    (one,) = occurrences(changes, START, END, END)
    assert one.worst(10.0, 90.0) == (3.0, 10.0)
    assert one.worst(None, None) == (3.0, None)


def test_only_what_a_mode_hid_all_the_time_is_explained() -> None:
    by = {"suppressed_by": ("D/vhp",)}
    whole = [
        change(200, Reason.SUPPRESSED, 200, **by),
        change(210, Reason.RAISED, 210, **by),
        change(220, Reason.CLEARED, 210, **by),
        change(230, Reason.UNSUPPRESSED, 210),
    ]
    assert [one.is_explained for one in occurrences(whole, START, END, END)] == [True]
    part = [*whole[:2], change(215, Reason.UNSUPPRESSED, 210, active=True), change(220, Reason.CLEARED, 210)]
    assert [one.is_explained for one in occurrences(part, START, END, END)] == [False]
    shelved = [replace(one, suppressed_by=(), is_shelved=True) for one in whole]
    assert [one.is_explained for one in occurrences(shelved, START, END, END)] == [False]


def test_each_way_of_hiding_is_told_by_itself() -> None:
    changes = [
        change(200, Reason.SHELVED, 200, is_shelved=True, who="li", comment="the door is repaired"),
        change(210, Reason.SUPPRESSED, 200, is_shelved=True, suppressed_by=("D/vhp",)),
        change(220, Reason.SHELVE_ENDED, 200, suppressed_by=("D/vhp",)),
        change(230, Reason.UNSUPPRESSED, 200),
        change(240, Reason.OUT_OF_SERVICE, 240, out_of_service="WO-1: new sensor", who="sun", second="qian"),
    ]
    found = list(hidden(PLANT, changes, START, END, END))
    assert [(one.how, one.since, one.until, one.who, one.second, one.reason) for one in found] == [
        (Hiding.OUT_OF_SERVICE, second(240), None, "sun", "qian", "WO-1: new sensor"),
        (Hiding.SHELVED, second(200), second(220), "li", "", "the door is repaired"),
        (Hiding.SUPPRESSED, second(210), second(230), "", "", "VHP / 灭菌"),
    ]
    assert list(hidden(PLANT, changes[:4], second(230), END, END)) == []


def test_an_alarm_carries_its_bound_its_signature_and_its_deviation() -> None:
    raised = change(300, Reason.RAISED, 300)
    seen = change(310, Reason.ACKNOWLEDGED, 300, active=True, who="li")
    first = Permitted(ALARM, Level.ACTION, None, 44.0, START, second(250))
    about = About(AboutKind.ALARM, ALARM, second(300))
    other = Deviation("DEV-2026-0001", "B", "x", (replace(about, at=second(200)),), "li", second(400))
    heard = Heard(
        [raised, seen],
        {"D/a": [first, replace(first, high=40.0, since=second(250), until=END)]},
        {(ALARM, second(300)): Acknowledged("s-9", "f" * 64)},
        deviations=[other, replace(other, number="DEV-2026-0002", about=(about,))],
    )
    (one,) = judged(scope(), heard).alarms
    assert (one.channel, one.zone, one.worst, one.limit) == ("D/a", "Z", 45.0, 40.0)
    assert (one.signature, one.ack_latency_s, one.deviation) == ("s-9", 10.0, "DEV-2026-0002")


def test_clocks_are_told_apart_and_windows_begin_anew() -> None:
    behind = "the device's clock is -1.4 s from ours"
    wrong = replace(change(300, Reason.RAISED, 300), alarm="service/clock-of-D", detail=behind)
    vhp = replace(change(400, Reason.SUPPRESSED, 400, suppressed_by=("D/vhp",)), alarm="D/conc/alert")
    over = replace(vhp, at=second(450), suppressed_by=())
    said = [SetOccupancy(second(500), "Z", Occupancy.AT_REST, "li", "pause")]
    limiting = {"D/vhp": replace(PLANT.suppressions["D/vhp"], restarts_windows=True)}
    plain = scope()
    one = replace(plain, plant=replace(PLANT, suppressions=limiting))
    found = judged(one, Heard([vhp, over, wrong], {}, said=said))
    (clock,) = found.clock
    assert (clock.from_, clock.until, clock.what) == (second(300), None, f"service/clock-of-D: {behind}")
    assert clock.text.zh == "时钟未同步：D（设备时钟与系统时钟相差 −1.4 s）"
    assert found.alarms == ()
    assert found.breaks["D/conc"] == [Break(second(400), second(450)), Break(second(500), second(500))]
    assert judged(plain, Heard([vhp, over], {})).breaks["D/conc"] == []


def test_only_what_is_about_the_batch_is_asked_for() -> None:
    one = scope()
    asked = (ALARM, "D/conc/alert", "D/a/blind", "D/communication", "N/communication", "D/P-01/failed")
    assert all(one.is_asked(alarm) for alarm in asked)
    assert all(one.is_asked(f"service/{part}") for part in ("clock", "clock-of-D", "time-of-D#records"))
    assert not any(
        one.is_asked(alarm) for alarm in ("E/a/action", "service/book", "service/clock-of-E", "M/x")
    )


def test_a_protective_action_is_told_from_its_trigger_to_its_end() -> None:
    protection = Protection(
        "D/P-01", "P-01", "D", LABEL, ProtectionKind.PROTECT, ((ALARM,),), (), LABEL, LABEL
    )
    plant = replace(PLANT, protections={"D/P-01": protection})
    first = ActionChange("D/P-01", second(300), (), ProtectionState.REQUESTED, second(300), (ALARM,), "")
    life = [
        first,
        replace(first, at=second(304), state=ProtectionState.LATCHED),
        replace(first, at=second(900), state=ProtectionState.CLOSED, who=("wang", "qian"), detail="reset"),
    ]
    (one,) = actions(plant, life, START, END)
    assert (one.label, one.verified_at, one.ended_at) == (LABEL, second(304), second(900))
    assert (one.state, one.who, one.detail, one.because) == ("CLOSED", "wang, qian", "reset", (ALARM,))
    (runs,) = actions(PLANT, life[:1], START, END)
    assert (runs.label, runs.verified_at, runs.ended_at) == (Text("D/P-01", "D/P-01"), None, None)
    assert actions(plant, life, second(901), END) == []
    assert actions(plant, life, START, second(300)) == []
