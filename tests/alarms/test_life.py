"""Transcripts of one alarm's life: event, expected Transitions, and everything that stands afterwards."""

from collections.abc import Iterable
from dataclasses import replace

from alarms import engine
from alarms.alarm import state
from alarms.events import Acknowledge, ActionResult, Event, Fault, Reason, Tick, Transition
from alarms.state import State
from config.model import Command
from config.plant import Plant
from config.rules import Level
from tests.alarms.building import (
    ACTION,
    ALERT,
    COMMUNICATION,
    ISOLATOR,
    PRESSURE,
    after,
    bad,
    limit,
    plant,
    sample,
)

Told = list[tuple[str, Reason]]


class Transcript:
    """Feeds events one by one, and says after each what was told and what stands."""

    def __init__(self, of: Plant) -> None:
        self.rules = engine.rules(of)
        self.state = State()

    def says(self, event: Event) -> Told:
        """Take one event; return every Transition it made."""
        self.state, transitions = engine.handle(self.rules, self.state, event)
        assert all(one.before != one.after for one in transitions)
        return [(one.alarm, one.reason) for one in transitions if isinstance(one, Transition)]

    def stands(self) -> dict[str, str]:
        """Return each alarm that is not NORM with its ISA-18.2 state."""
        return {key: str(state(alarm)) for key, alarm in self.state.alarms.items()}

    def silently(self, events: Iterable[Event]) -> None:
        """Take events none of which may tell anything."""
        for event in events:
            assert self.says(event) == [], event


def acknowledge(seconds: float, alarm: str, raised: float) -> Acknowledge:
    return Acknowledge(after(seconds), alarm, after(raised), "operator")


def test_glove_breach_raises_clears_and_ends_only_with_the_acknowledgement() -> None:
    """45.0, 17.8, 7.8 Pa: the action alarm at once, the alert after its second, NORM only once seen."""
    run = Transcript(plant())
    assert run.says(sample(0, 45.0)) == []
    assert run.says(sample(1, 17.8)) == [(ACTION, Reason.RAISED)]
    assert run.says(sample(2, 7.8)) == [(ALERT, Reason.RAISED)]
    assert run.stands() == {ACTION: "UNACK", ALERT: "UNACK"}
    assert run.state.alarms[ACTION].worst == 7.8
    assert run.state.alarms[ACTION].detail == "7.8 < 20"
    assert run.says(acknowledge(3, ACTION, raised=1)) == [(ACTION, Reason.ACKNOWLEDGED)]
    assert run.stands() == {ACTION: "ACKED", ALERT: "UNACK"}
    assert run.says(sample(4, 45.0)) == [(ACTION, Reason.CLEARED)]
    assert run.stands() == {ALERT: "UNACK"}
    run.silently(sample(second, 45.0) for second in range(5, 9))
    assert run.says(sample(9, 45.0)) == [(ALERT, Reason.CLEARED)]
    assert run.stands() == {ALERT: "RTNUN"}
    assert run.says(acknowledge(10, ALERT, raised=2)) == [(ALERT, Reason.ACKNOWLEDGED)]
    assert run.stands() == {}


def test_a_value_on_the_bound_passes_and_one_beyond_exceeds() -> None:
    run = Transcript(plant(limit(Level.ACTION, None, 3520, deadband=0)))
    assert run.says(sample(0, 3520)) == []
    assert run.says(sample(1, 3521)) == [(ACTION, Reason.RAISED)]
    assert run.says(sample(2, 3520)) == [(ACTION, Reason.CLEARED)]


def test_inside_but_short_of_the_deadband_stays_active() -> None:
    run = Transcript(plant(limit(Level.ACTION, 20, 90, deadband=2)))
    assert run.says(sample(0, 19.9)) == [(ACTION, Reason.RAISED)]
    assert run.says(sample(1, 21.9)) == []
    assert run.stands() == {ACTION: "UNACK"}
    assert run.says(sample(2, 22.0)) == [(ACTION, Reason.CLEARED)]


def test_the_off_delay_begins_again_after_a_value_within_the_deadband() -> None:
    run = Transcript(plant(limit(Level.ACTION, 20, 90, deadband=2, off_s=2)))
    run.says(sample(0, 10))
    run.silently([sample(1, 45), sample(2, 21), sample(3, 45), sample(4, 45)])
    assert run.says(sample(5, 45)) == [(ACTION, Reason.CLEARED)]


def test_a_break_in_the_on_delay_begins_it_again() -> None:
    run = Transcript(plant(limit(Level.ALERT, 30, 70, on_s=3)))
    run.silently([sample(0, 20), sample(2, 20), sample(3, 45), sample(4, 20), sample(6, 20)])
    assert run.says(sample(7, 20)) == [(ALERT, Reason.RAISED)]
    assert run.state.alarms[ALERT].raised_at == after(7)


def test_raised_again_before_it_was_seen_is_the_same_occurrence() -> None:
    """One acknowledgement reaches it, however often it comes back meanwhile (H18, H21); another name does not."""
    run = Transcript(plant(limit(Level.ACTION, 20, 90)))
    run.says(sample(0, 10))
    run.says(sample(1, 45))
    assert run.says(sample(2, 10)) == [(ACTION, Reason.RAISED_AGAIN)]
    assert run.state.alarms[ACTION].times == 2
    for other in (-0.000001, 0.000001, 2):
        assert run.says(acknowledge(3, ACTION, raised=other)) == []
    assert run.stands() == {ACTION: "UNACK"}
    assert run.says(acknowledge(3, ACTION, raised=0)) == [(ACTION, Reason.ACKNOWLEDGED)]
    assert run.says(acknowledge(4, ACTION, raised=0)) == []
    assert run.state.alarms[ACTION].changed_at == after(3)


def test_h17_the_acknowledgement_of_one_occurrence_does_nothing_to_the_next() -> None:
    run = Transcript(plant(limit(Level.ACTION, 20, 90)))
    run.says(sample(0, 10))
    run.says(acknowledge(1, ACTION, raised=0))
    run.says(sample(2, 45))
    assert run.says(sample(3, 10)) == [(ACTION, Reason.RAISED)]
    assert run.says(acknowledge(4, ACTION, raised=0)) == []
    assert run.stands() == {ACTION: "UNACK"}


def test_h17_acknowledging_one_alarm_never_touches_another() -> None:
    run = Transcript(plant())
    run.silently([sample(0, 45)])
    run.says(sample(1, 10))
    run.says(sample(2, 10))
    assert run.says(acknowledge(3, ALERT, raised=2)) == [(ALERT, Reason.ACKNOWLEDGED)]
    assert run.stands() == {ACTION: "UNACK", ALERT: "ACKED"}


def test_h13_a_delay_fires_at_its_own_deadline_although_no_more_samples_come() -> None:
    run = Transcript(plant(limit(Level.ALERT, 30, 70, on_s=3)))
    run.silently([sample(0, 20), Tick(after(2))])
    assert run.says(Tick(after(8))) == [(ALERT, Reason.RAISED)]
    assert run.state.alarms[ALERT].raised_at == after(3)


def test_a_tick_at_the_very_deadline_raises_and_one_before_it_does_not() -> None:
    run = Transcript(plant(limit(Level.ALERT, 30, 70, on_s=3)))
    run.silently([sample(0, 20), Tick(after(2.999999))])
    assert run.says(Tick(after(3))) == [(ALERT, Reason.RAISED)]
    assert run.says(sample(3, 20)) == []


def test_what_ended_between_two_samples_is_told_in_the_order_of_the_limits() -> None:
    limits = [replace(limit(Level.ALERT, 30, 70, on_s=3), id=f"{PRESSURE}/{n}") for n in (3, 1, 6, 2, 5, 4)]
    run = Transcript(plant(*limits))
    run.silently([sample(0, 20)])
    raised = [key for key, reason in run.says(sample(9, 20)) if reason is Reason.RAISED]
    assert raised == [one.id for one in limits]


def test_a_sample_inside_at_the_very_deadline_comes_before_the_alarm() -> None:
    run = Transcript(plant(limit(Level.ALERT, 30, 70, on_s=3)))
    run.silently([sample(0, 20), sample(3, 45), Tick(after(10))])


def test_acknowledging_the_occurrence_before_does_not_touch_the_delay_of_the_next() -> None:
    run = Transcript(plant(limit(Level.ALERT, 30, 70, on_s=3)))
    run.silently([sample(0, 20)])
    run.says(sample(3, 20))
    assert run.says(sample(4, 45)) == [(ALERT, Reason.CLEARED)]
    run.silently([sample(5, 20)])
    assert run.says(acknowledge(6, ALERT, raised=3)) == [(ALERT, Reason.ACKNOWLEDGED)]
    assert run.stands() == {}
    assert run.says(sample(8, 20)) == [(ALERT, Reason.RAISED)]


def test_a_new_occurrence_has_a_worst_value_of_its_own() -> None:
    run = Transcript(plant(limit(Level.ACTION, 20, 90)))
    run.says(sample(0, 5))
    run.says(sample(1, 45))
    run.says(sample(2, 15))
    assert run.state.alarms[ACTION].worst == 15


def test_the_worst_value_is_the_one_furthest_beyond_the_bound_that_it_exceeds() -> None:
    run = Transcript(plant(limit(Level.ACTION, None, 3520, deadband=0)))
    for second, value in enumerate([3600, 3700, 3650]):
        run.says(sample(second, value))
    assert (run.state.alarms[ACTION].worst, run.state.alarms[ACTION].detail) == (3700, "3700 > 3520")


def test_a_value_that_is_no_number_clears_nothing_whatever_its_quality_says() -> None:
    run = Transcript(plant(limit(Level.ACTION, 20, 90), communication_delay_s=3))
    run.says(sample(0, 5))
    run.silently(sample(second, float("nan")) for second in (1, 2, 3))
    assert run.says(sample(4, float("nan"))) == [("ISO/pressure/blind", Reason.RAISED)]
    assert run.stands()[ACTION] == "UNACK"


def test_a_series_of_records_has_no_communication_alarm_of_its_own() -> None:
    """A counter's records are rare by nature; that it answers at all is told of its every-second series."""
    one = plant(communication_delay_s=0)
    series = replace(one.series[ISOLATOR], records=True)
    run = Transcript(replace(one, series={**one.series, ISOLATOR: series}))
    run.silently([sample(0, 45), bad(1), Tick(after(60))])


def test_bad_neither_raises_nor_clears_nor_resets_a_running_delay() -> None:
    run = Transcript(plant(limit(Level.ALERT, 30, 70, on_s=3, off_s=3), communication_delay_s=60))
    run.silently([sample(0, 20), bad(1), bad(2)])
    assert run.says(sample(3, 20)) == [(ALERT, Reason.RAISED)]
    run.silently([bad(second) for second in range(4, 20)])
    run.silently([sample(20, 45), bad(21), bad(22)])
    assert run.says(sample(23, 45)) == [(ALERT, Reason.CLEARED)]


def test_a_silent_device_is_one_alarm_of_its_own_after_its_delay() -> None:
    run = Transcript(plant(communication_delay_s=3))
    run.silently([sample(0, 45), bad(1), bad(2), bad(3)])
    assert run.says(bad(4, "no answer from 127.0.0.1:1")) == [(COMMUNICATION, Reason.RAISED)]
    assert run.state.alarms[COMMUNICATION].detail == "no answer from 127.0.0.1:1"
    assert run.state.alarms[COMMUNICATION].level is Level.DIAGNOSTIC
    assert run.says(sample(5, 45)) == [(COMMUNICATION, Reason.CLEARED)]
    assert run.stands() == {COMMUNICATION: "RTNUN"}


def test_a_blind_channel_of_a_device_that_answers_is_an_alarm_of_its_own() -> None:
    run = Transcript(plant(communication_delay_s=3))
    run.silently([bad(second, only_pressure=True) for second in range(3)])
    assert run.says(bad(3, only_pressure=True)) == [("ISO/pressure/blind", Reason.RAISED)]
    assert run.says(sample(4, 45)) == [("ISO/pressure/blind", Reason.CLEARED)]


def test_a_device_of_which_not_even_a_bad_sample_comes_is_told_by_the_ticks() -> None:
    run = Transcript(plant(communication_delay_s=10))
    run.silently([sample(0, 45), Tick(after(10))])
    assert run.says(Tick(after(11))) == [(COMMUNICATION, Reason.RAISED)]
    assert run.says(sample(12, 45)) == [(COMMUNICATION, Reason.CLEARED)]


def test_a_device_polled_once_a_minute_is_not_silent_between_two_polls() -> None:
    one = plant(communication_delay_s=10)
    slow = replace(one.devices[ISOLATOR], period_s=60.0)
    run = Transcript(replace(one, devices={**one.devices, ISOLATOR: slow}))
    run.silently([sample(0, 45), Tick(after(59)), Tick(after(120))])
    assert run.says(Tick(after(121))) == [(COMMUNICATION, Reason.RAISED)]


def test_backfilled_and_late_samples_never_move_anything() -> None:
    run = Transcript(plant())
    run.silently([sample(5, 45), sample(6, 5, backfilled=True), sample(5, 5), sample(4, 5)])
    assert run.state.latest == {"ISO": after(5)}


def test_a_failed_part_of_the_service_is_an_alarm_until_it_is_well_and_seen() -> None:
    run = Transcript(plant())
    assert run.says(Fault(after(0), "forward", "OSError: gone")) == [("service/forward", Reason.RAISED)]
    assert run.says(Fault(after(1), "forward", "OSError: gone")) == []
    assert run.says(Fault(after(2), "forward", "")) == [("service/forward", Reason.CLEARED)]
    assert run.says(acknowledge(3, "service/forward", raised=0)) == [("service/forward", Reason.ACKNOWLEDGED)]
    assert run.stands() == {}


def test_a_command_that_failed_is_an_alarm_until_one_is_verified() -> None:
    run = Transcript(plant())
    command = Command("ST", {"red": "on"}, "")
    assert run.says(ActionResult(after(0), command, verified=False, detail="no answer")) == [
        ("ST/command", Reason.RAISED)
    ]
    assert run.says(ActionResult(after(1), command, verified=True)) == [("ST/command", Reason.CLEARED)]
