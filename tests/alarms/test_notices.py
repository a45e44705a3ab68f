"""What one person is told at once, and what in one message; the week's test page and the hour's canary."""

from dataclasses import replace
from datetime import time

from alarms.calls import CanaryDue, NoticeKind, Outcome, Receipt
from alarms.events import Fault
from alarms.state import State
from config.duty import Canary, Step, Target, Who
from config.duty import TestPage as WeeklyPage
from config.rules import Level, Limit, Priority
from tests.alarms.building import PRESSURE, after, limit, sample
from tests.alarms.calling import Follower, duty, escalation, on_duty, told

ANN = Step(0, (Target(Who.PERSON, "ann"),))


def limits(many: int, priority: Priority = Priority.MEDIUM) -> list[Limit]:
    """Make limits that fall one after the other: the pressure must be above 1, 2, 3 … Pa."""
    return [
        replace(limit(Level.ALERT, number, None), id=f"{PRESSURE}/{number}", priority=priority)
        for number in range(1, many + 1)
    ]


def test_a_storm_of_500_is_one_message_that_names_the_first_and_all_of_them() -> None:
    """H21, H14: nobody is called 500 times, and nothing is missing."""
    one = Follower(on_duty(duty(escalation(ANN))))
    for number in range(500):
        one.take(Fault(after(number / 50), f"part-{number}", "it has failed"))
        if number % 50 == 49:
            one.wait(number // 50, number // 50)
    first, group = [*one.sent, *one.wait(10, 300)]
    assert (first.kind, first.alarms) == (NoticeKind.ALARM, (("service/part-0", after(0)),))
    assert (group.kind, group.at, group.alarms[0]) == (NoticeKind.GROUP, after(10), first.alarms[0])
    all_of_them = {(f"service/part-{number}", after(number / 50)) for number in range(500)}
    # The flood of alarms is one itself.
    assert set(group.alarms) == all_of_them | {("service/flood", after(10 / 50))}


def test_what_is_more_urgent_does_not_wait_for_the_message() -> None:
    low, high = limits(2), replace(limits(3)[2], priority=Priority.CRITICAL)
    one = Follower(on_duty(duty(escalation(ANN)), *low, high))
    assert told(one.take(sample(0, 2.5))) == [("ann", "robot", 1)]
    calm = Follower(on_duty(duty(escalation(ANN)), low[1], replace(low[0], priority=Priority.CRITICAL)))
    assert told(calm.take(sample(0, 1.5))) == [("ann", "robot", 1)]
    assert told(calm.take(sample(1, 0.5))) == [("ann", "robot", 1)]


def test_what_was_seen_before_the_window_is_over_is_not_told() -> None:
    one = Follower(on_duty(duty(escalation(ANN)), *limits(3)))
    one.take(sample(0, 2.5))
    one.take(sample(1, 0.5))
    one.acknowledge(2, f"{PRESSURE}/1")
    one.acknowledge(3, f"{PRESSURE}/2")
    assert one.wait(4, 600) == []


def test_what_was_seen_and_came_again_is_told_once() -> None:
    one = Follower(on_duty(duty(escalation(ANN)), *limits(2)))
    one.take(sample(0, 1.5), sample(1, 0.5))
    one.acknowledge(2, f"{PRESSURE}/1")
    one.take(sample(3, 5.0), sample(4, 0.5))
    (group,) = one.wait(5, 10)
    assert group.alarms == ((f"{PRESSURE}/2", after(0)), (f"{PRESSURE}/1", after(4)))


def test_windows_double_while_the_storm_lasts_and_begin_small_again_behind_it() -> None:
    one = Follower(on_duty(duty(escalation(ANN)), *limits(200)))
    times, lengths = [], []
    for second in range(200):
        some = [*one.take(sample(second, 199.5 - second)), *one.wait(second, second)]
        for notice in some:
            if notice.kind is NoticeKind.GROUP:
                times.append(second)
                lengths.append(len(notice.alarms))
    assert times == [10, 30, 70, 150]
    # Each tells of what is new since the one before it, and of the first: of 150 alarms and their flood in all.
    assert sum(lengths) - (len(lengths) - 1) == 150 + 1
    for second in range(200, 340):
        one.wait(second, second)
    assert one.state.calls.windows["ann"].held == ()


def test_what_is_over_waits_in_a_window_of_its_own() -> None:
    one = Follower(on_duty(duty(escalation(ANN, tells_clear=True)), *limits(3)))
    one.take(sample(0, 0.5))
    one.wait(1, 60)
    for number in (1, 2, 3):
        one.acknowledge(60, f"{PRESSURE}/{number}")
    at_once = one.take(sample(61, 45.0))
    later = one.wait(62, 71)
    assert [(n.kind, len(n.alarms)) for n in (*at_once, *later)] == [
        (NoticeKind.CLEAR, 1),
        (NoticeKind.CLEAR, 3),
    ]


# T0 is Saturday, 16:00 in Shanghai.
TEST = WeeklyPage(weekday=5, at=time(16, 1), receipt_within_s=600.0)


def test_the_weeks_test_page_goes_to_everybody_and_is_an_alarm_until_all_have_confirmed_it() -> None:
    one = Follower(on_duty(duty(test_page=TEST)))
    assert one.wait(0, 59) == []
    pages = one.wait(60, 60)
    assert [(page.kind, page.person, page.way) for page in pages] == [
        (NoticeKind.TEST, "ann", "robot"),
        (NoticeKind.TEST, "bo", "robot"),
        (NoticeKind.TEST, "qa", "mail"),
    ]
    for page in pages[:2]:
        one.answer(page, Outcome.ACCEPTED, 61)
        one.take(Receipt(after(62), page.key, page.person))
    one.take(Receipt(after(62), "test|2020-01-01T00:00:00Z|qa|mail", "qa"))
    one.answer(pages[2], Outcome.ACCEPTED, 63)
    one.wait(64, 659)
    assert "service/test-page" not in one.state.alarms
    one.wait(660, 660)
    assert one.state.alarms["service/test-page"].detail == "qa"
    # Like every alarm, it calls whoever is on call.
    assert told([one.sent[-1]]) == [("ann", "robot", 1)]
    assert one.sent[-1].alarms[0][0] == "service/test-page"
    one.take(Receipt(after(700), pages[2].key, "qa"))
    assert not one.state.alarms["service/test-page"].active


def test_a_first_start_sends_no_test_page_for_the_week_before() -> None:
    one = Follower(on_duty(duty(test_page=replace(TEST, at=time(15, 59)))))
    assert one.wait(0, 600) == []


CANARY = Canary(way="robot", every_s=3600.0, within_s=5.0)


def test_a_canary_that_does_not_come_through_in_time_is_an_alarm_until_one_does() -> None:
    one = Follower(on_duty(duty(canary=CANARY)))
    for at_s, outcome, answered_s, wrong in (
        (0, Outcome.ACCEPTED, 1.0, None),
        (10, Outcome.ACCEPTED, 16.0, "robot: 6.0 s"),
        (20, Outcome.ACCEPTED, 21.0, None),
        (30, Outcome.FAILED, 31.0, "robot: connection refused"),
        (40, Outcome.ACCEPTED, 41.0, None),
    ):
        (canary,) = [n for n in one.take(CanaryDue(after(at_s))) if n.kind is NoticeKind.CANARY]
        assert (canary.person, canary.way) == ("", "robot")
        detail = "" if outcome is Outcome.ACCEPTED else "connection refused"
        one.answer(canary, outcome, answered_s, detail)
        alarm = one.state.alarms.get("service/canary")
        assert (alarm.detail if alarm is not None and alarm.active else None) == wrong


def test_a_plant_that_lays_nothing_down_calls_nobody() -> None:
    one = Follower(on_duty(replace(duty(), escalations=(), test_page=TEST), *limits(3)))
    assert [*one.take(sample(0, 0.5)), *one.wait(0, 3)] == []
    assert one.state.calls == State().calls
