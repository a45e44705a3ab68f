"""Who is called for an alarm, when, and when no more: worked examples to follow by hand, and laws."""

from dataclasses import replace
from datetime import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alarms import response
from alarms.calls import Notice, NoticeKind, Outcome, Substitute
from alarms.escalate import taken_up
from alarms.events import Shelve, Tick
from config.duty import Step, Substitution, Target, Who
from config.rules import Level, Priority
from tests.alarms.building import ACTION, after, limit, sample
from tests.alarms.calling import QA, TEAM, Follower, duty, escalation, on_duty, told

BREACH, WELL = 15.0, 45.0


ONLY = limit(Level.ACTION, 20, 90)


def alone(undelivered_s: float = 86_400.0, **other: object) -> Follower:
    """Make a follower of the plant with its action limit alone, and no windows."""
    return Follower(on_duty(duty(escalation(**other), group_s=0.0, undelivered_s=undelivered_s), ONLY))


def test_the_first_step_goes_out_with_the_alarm_itself_and_the_others_in_their_time() -> None:
    one = alone()
    assert told(one.take(sample(0, WELL))) == []
    assert told(one.take(sample(1, BREACH))) == [("ann", "robot", 1)]
    assert told(one.wait(2, 120)) == []
    assert told(one.wait(121, 121)) == [("bo", "robot", 2)]
    assert told(one.wait(122, 300)) == []
    assert told(one.wait(301, 301)) == [("ann", "robot", 3), ("bo", "robot", 3), ("qa", "mail", 3)]
    assert told(one.wait(302, 4000)) == []
    assert len({notice.key for notice in one.sent}) == 5


def test_the_last_step_is_repeated_as_often_as_the_plant_says() -> None:
    one = alone(repeat_s=60.0, repeats=2)
    one.take(sample(0, BREACH))
    one.wait(1, 300)
    assert told(one.wait(301, 359)) == []
    assert [notice.step for notice in one.wait(360, 360)] == [4, 4, 4]
    assert [notice.step for notice in one.wait(361, 2000)] == [5, 5, 5]


def test_an_acknowledged_alarm_calls_nobody_any_more_and_what_waits_is_not_sent() -> None:
    one = alone()
    (first,) = one.take(sample(0, BREACH))
    assert one.would_send(first)
    one.acknowledge(1)
    assert not one.would_send(first)
    assert one.wait(2, 1000) == []


def test_an_alarm_that_sounds_again_is_called_for_anew_under_other_keys() -> None:
    one = alone()
    one.take(sample(0, BREACH))
    one.acknowledge(1)
    one.take(sample(2, WELL))
    assert one.state.calls.open == {}
    again = one.take(sample(3, BREACH))
    assert told(again) == [("ann", "robot", 1)]
    assert again[0].key != one.sent[0].key


def test_what_is_hidden_calls_nobody_until_it_is_shown_again() -> None:
    one = alone()
    one.take(sample(0, BREACH), Shelve(after(1), ACTION, after(600), "li", "a filter is changed", "wang"))
    assert one.wait(2, 599) == []
    assert told(one.wait(600, 600)) == [("ann", "robot", 1)]


def test_over_is_no_reason_to_stop_unless_the_plant_says_so() -> None:
    goes_on, stops = alone(), alone(stops_at_clear=True)
    for one in (goes_on, stops):
        one.take(sample(0, BREACH), sample(1, WELL))
    assert told(goes_on.wait(2, 130)) == [("bo", "robot", 2)]
    assert told(stops.wait(2, 1000)) == []


def test_who_was_called_is_told_when_it_is_over() -> None:
    one = alone(tells_clear=True)
    one.take(sample(0, BREACH))
    one.wait(1, 125)
    one.acknowledge(126)
    over = one.take(sample(127, WELL))
    assert [(notice.kind, notice.person) for notice in over] == [
        (NoticeKind.CLEAR, "ann"),
        (NoticeKind.CLEAR, "bo"),
    ]


def test_a_way_that_fails_is_followed_by_the_next_way_and_the_next_step() -> None:
    one = alone()
    (robot,) = one.take(sample(0, BREACH))
    (mail,) = one.answer(robot, Outcome.REFUSED, 1, "errcode 310000")
    assert told([mail]) == [("ann", "mail", 1)]
    assert mail.because == "robot: errcode 310000"
    assert told(one.answer(mail, Outcome.FAILED, 2)) == [("bo", "robot", 2)]
    (robot,) = one.waiting()
    one.answer(robot, Outcome.ACCEPTED, 3)
    # The third step has its whole time behind the second one.
    assert told(one.wait(4, 181)) == []
    assert told(one.wait(182, 182)) == [("ann", "robot", 3), ("bo", "robot", 3), ("qa", "mail", 3)]


def test_what_no_way_accepts_in_its_time_goes_on_by_itself() -> None:
    one = alone(undelivered_s=15.0)
    one.take(sample(0, BREACH))
    assert one.wait(1, 14) == []
    (mail,) = one.wait(15, 15)
    assert (mail.way, mail.because) == ("mail", "robot: no answer in time")
    # Nobody has taken anything: every way of every person is tried, and then every tower sounds.
    one.wait(16, 200)
    assert "service/undelivered" in one.state.alarms
    one.acknowledge(201)
    assert not one.state.alarms["service/undelivered"].active


def test_where_nobody_can_be_told_every_tower_sounds_until_that_is_acknowledged() -> None:
    step = Step(0, (QA,))
    one = Follower(on_duty(duty(escalation(step)), limit(Level.ALERT, 20, 90)))
    (mail,) = one.take(sample(0, BREACH))
    (tower,) = response.towers(one.plant)
    assert response.wants(tower, one.state)["buzzer"] == "off"
    one.answer(mail, Outcome.REFUSED, 1, "535 authentication failed")
    assert one.state.alarms["service/undelivered"].detail == "ISO/pressure/alert"
    assert response.wants(tower, one.state)["buzzer"] == "pattern_1"
    one.acknowledge(2, "service/undelivered")
    assert response.wants(tower, one.state)["buzzer"] == "off"


def a_team() -> tuple[Follower, Notice, Notice]:
    """Call a team, of which one has only her second way left."""
    one = Follower(on_duty(duty(escalation(Step(0, (TEAM,)), Step(300, (QA,)))), ONLY))
    ann, bo = one.take(sample(0, BREACH))
    (mail,) = one.answer(ann, Outcome.FAILED, 1)
    return one, mail, bo


@pytest.mark.parametrize("is_first", [True, False])
def test_one_of_a_team_who_cannot_be_reached_hastens_nothing_while_another_can(*, is_first: bool) -> None:
    one, mail, bo = a_team()
    # It fails while the other is still on its way, or once the other has come.
    lost, come = (Outcome.FAILED, 2.0), (Outcome.ACCEPTED, 3.0 if is_first else 1.5)
    for notice, (outcome, at_s) in sorted([(mail, lost), (bo, come)], key=lambda answer: answer[1][1]):
        assert one.answer(notice, outcome, at_s) == []
    assert one.wait(4, 299) == []
    assert told(one.wait(300, 300)) == [("qa", "mail", 2)]


def test_a_team_of_which_nobody_can_be_reached_gives_way_to_the_next_step_at_once() -> None:
    one, mail, bo = a_team()
    assert one.answer(mail, Outcome.FAILED, 2) == []
    assert told(one.answer(bo, Outcome.FAILED, 3)) == [("qa", "mail", 2)]


def test_whoever_was_reached_once_is_enough_for_no_alarm_of_its_own() -> None:
    one = alone()
    (ann,) = one.take(sample(0, BREACH))
    one.answer(ann, Outcome.ACCEPTED, 1)
    one.wait(2, 300)
    for second in range(301, 310):
        for notice in one.waiting():
            one.answer(notice, Outcome.FAILED, second)
    assert one.waiting() == []
    assert "service/undelivered" not in one.state.alarms


def test_a_step_that_calls_nobody_gives_way_to_the_next_one_at_once() -> None:
    night = Target(Who.ON_CALL, "night")
    one = duty(escalation(Step(0, (night,)), Step(600, (QA,))))
    rotation = replace(one.rotations["week"], id="night", hours=(time(20), time(8)))
    follower = Follower(on_duty(replace(one, rotations={**one.rotations, "night": rotation})))
    assert told(follower.take(sample(0, BREACH)))[:1] == [("qa", "mail", 2)]


def test_a_substitution_counts_from_its_instant() -> None:
    one = alone()
    swapped = Substitution("week", after(60), after(3600), "qa", "a night swapped", "ann")
    one.take(Substitute(after(0), swapped), sample(59, BREACH))
    assert told(one.sent) == [("ann", "robot", 1)]
    one.acknowledge(60)
    one.take(sample(61, WELL))
    assert told(one.take(sample(80, BREACH))) == [("qa", "mail", 1)]
    one.acknowledge(81)
    one.take(Substitute(after(82), swapped, is_over=True), sample(83, WELL))
    assert told(one.take(sample(100, BREACH))) == [("ann", "robot", 1)]


def test_quiet_hours_hold_what_can_wait_and_never_what_is_critical_or_grade_a_at_action_level() -> None:
    # T0 is 16:00 in Shanghai.
    quiet = (time(15, 30), time(16, 30))
    limits = (limit(Level.ALERT, 30, 70), replace(limit(Level.ACTION, 20, 90), priority=Priority.LOW))
    one = Follower(on_duty(duty(escalation(quiet=quiet)), *limits))
    assert told(one.take(sample(0, 25))) == []
    assert told(one.wait(1, 1799)) == []
    assert told(one.wait(1800, 1800)) == [("ann", "robot", 1)]
    again = Follower(one.plant)
    assert [notice.alarms[0][0] for notice in again.take(sample(0, BREACH))] == [ACTION]
    critical = Follower(
        on_duty(duty(escalation(quiet=quiet)), replace(limits[0], priority=Priority.CRITICAL))
    )
    assert told(critical.take(sample(0, 25))) == [("ann", "robot", 1)]


def test_only_the_first_escalation_that_fits_is_taken() -> None:
    other = replace(escalation(Step(0, (Target(Who.PERSON, "bo"),)), zones=("Y*",)), id="other")
    mine = replace(escalation(Step(0, (QA,)), zones=("Z*",)), id="mine")
    one = Follower(on_duty(duty(other, mine, escalation())))
    assert {notice.person for notice in one.take(sample(0, BREACH))} == {"qa"}


def test_a_start_gives_what_is_on_its_way_its_time_again() -> None:
    one = alone(undelivered_s=15.0)
    one.take(sample(0, BREACH))
    calls = taken_up(one.rules.ladders, one.state, after(100))
    one.state = replace(one.state, calls=calls)
    assert one.wait(101, 114) == []
    assert told(one.wait(115, 115)) == [("ann", "mail", 1)]


def test_a_start_calls_for_what_stands_and_for_nothing_twice() -> None:
    one = alone()
    (first,) = one.take(sample(0, BREACH))
    # An hour without a collector.
    calls = taken_up(one.rules.ladders, one.state, after(3600))
    assert list(calls.pending) == [first.key]
    one.state = replace(one.state, calls=calls)
    assert told(one.wait(3601, 3601)) == [("bo", "robot", 2)]
    assert told(one.wait(3602, 3614)) == []
    nothing = replace(one.state, calls=type(calls)())
    anew = taken_up(one.rules.ladders, nothing, after(4000))
    assert told(response.notices(nothing.calls, anew)) == [("ann", "robot", 1)]


FIVE = (
    Step(0, (Target(Who.PERSON, "ann"),)),
    Step(3, (Target(Who.PERSON, "bo"),)),
    Step(7, (Target(Who.PERSON, "qa"),)),
    Step(11, (Target(Who.TEAM, "week"),)),
    Step(13, (Target(Who.TEAM, "week"), QA)),
)


@given(
    at_ms=st.integers(0, 40_000),
    ticks=st.lists(st.integers(1, 9_000), max_size=20),
    outcomes=st.lists(st.sampled_from(Outcome), max_size=20),
)
@settings(max_examples=150)
def test_law_nothing_is_sent_once_it_is_acknowledged(
    at_ms: int, ticks: list[int], outcomes: list[Outcome]
) -> None:
    """H16: acknowledged at every instant of a chain of five steps, whatever the ways answer."""
    steps = Follower(on_duty(duty(escalation(*FIVE, repeat_s=2.0, repeats=3), undelivered_s=15.0), ONLY))
    steps.take(sample(0, BREACH))
    answers, now_ms, is_seen, sent = iter(outcomes), 0, False, 0
    for tick in [*ticks, 9_000, 9_000, 9_000, 9_000, 9_000]:
        now_ms += tick
        if now_ms > at_ms and not is_seen:
            steps.acknowledge(at_ms / 1000)
            is_seen, sent = True, len(steps.sent)
        steps.wait_ms(now_ms)
        for notice in steps.waiting():
            assert not (is_seen and steps.would_send(notice))
            outcome = next(answers, None)
            if outcome is not None:
                steps.answer(notice, outcome, now_ms / 1000)
    assert is_seen
    assert [one for one in steps.sent[sent:] if one.kind is not NoticeKind.CLEAR] == []


events_of = st.lists(
    st.one_of(
        st.sampled_from([BREACH, WELL, 25.0]).map(lambda value: ("sample", value)),
        st.integers(1, 400).map(lambda seconds: ("tick", float(seconds))),
        st.sampled_from(Outcome).map(lambda outcome: ("answer", outcome)),
        st.just(("acknowledge", None)),
    ),
    max_size=40,
)


@given(happens=events_of, cut=st.integers(0, 40))
@settings(max_examples=150)
def test_law_restored_anywhere_it_tells_the_same_people_the_same(
    happens: list[tuple[str, object]], cut: int
) -> None:
    """H15: the same events give the same Notices, each under a key of its own, wherever the State is read back."""
    whole, halves = _lived(happens, None), _lived(happens, cut)
    assert whole.sent == halves.sent
    assert whole.state == halves.state
    assert len({one.key for one in whole.sent}) == len(whole.sent)
    standing = {key for key in whole.state.calls.open if key not in whole.state.alarms}
    assert standing == set()


def _lived(happens: list[tuple[str, object]], cut: int | None) -> Follower:
    one = Follower(on_duty(duty(escalation(repeat_s=60.0, repeats=2, tells_clear=True), undelivered_s=15.0)))
    now_s = 0.0
    for place, (what, detail) in enumerate(happens):
        now_s += 1
        if place == cut:
            one.restore()
        if what == "tick":
            assert isinstance(detail, float)
            now_s += detail
            one.take(Tick(after(now_s)))
        elif what == "sample":
            assert isinstance(detail, float)
            one.take(sample(now_s, detail))
        elif what == "answer":
            for notice in one.waiting()[:1]:
                assert isinstance(detail, Outcome)
                one.answer(notice, detail, now_s)
        else:
            for alarm in tuple(one.state.alarms):
                if not one.state.alarms[alarm].acknowledged:
                    one.acknowledge(now_s, alarm)
    return one
