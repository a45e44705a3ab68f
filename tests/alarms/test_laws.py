"""Laws of judging, over any sequence of events."""

import math
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from alarms import engine
from alarms.alarm import state
from alarms.events import Acknowledge, AlarmState, Event, Reason, Tick, Transition
from alarms.state import State
from config.model import Quality, Sample
from config.rules import Level
from monitor.collector import codec
from tests.alarms.building import (
    ACTION,
    ALERT,
    RECORDS,
    T0,
    after,
    limit,
    plant,
    record,
    sample,
    with_records,
)

PLANT = with_records(
    plant(
        limit(Level.ACTION, 20, 90, on_s=2, off_s=3),
        limit(Level.ALERT, 30, 70, on_s=0.5, off_s=1.5),
        communication_delay_s=4,
    )
)
RULES = engine.rules(PLANT)

pressures = st.sampled_from(
    [5.0, 19.9, 20.0, 21.0, 22.0, 29.9, 30.0, 31.9, 32.0, 45.0, 70.0, 70.1, 95.0, math.nan]
)


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """A run of Samples (some Bad), records, ticks behind them, and acknowledgements of whatever stands."""
    events: list[Event] = []
    second = 0
    for _ in range(draw(st.integers(1, 40))):
        second += draw(st.integers(1, 3))
        value = draw(pressures)
        quality = (Quality.UNREACHABLE, Quality.UNREACHABLE) if math.isnan(value) else None
        events.append(
            Sample(
                "ISO", after(second), (value, 45.0), quality, after(second), reason="bad" if quality else ""
            )
        )
        if draw(st.integers(0, 3)) == 0:
            late, catching_up = draw(st.integers(0, second)), draw(st.booleans())
            events.append(record(second - late, backfilled=late > 2, catching_up=catching_up))
        if draw(st.booleans()):
            events.append(Tick(after(second)))
        if draw(st.integers(0, 4)) == 0:
            alarm = draw(st.sampled_from([ACTION, ALERT, "ISO/communication"]))
            events.append(Acknowledge(after(second), alarm, after(draw(st.integers(0, second))), "operator"))
    return events


def run(events: list[Event], start: State | None = None) -> tuple[State, list[Transition]]:
    stands = start or State()
    told: list[Transition] = []
    for event in events:
        stands, news = engine.handle(RULES, stands, event)
        told += (one for one in news if isinstance(one, Transition))
    return stands, told


@given(histories())
def test_the_same_events_give_the_same_transitions(events: list[Event]) -> None:
    assert run(events) == run(events)


@given(histories(), st.integers(0, 100))
def test_stop_and_restore_anywhere_changes_nothing(events: list[Event], cut: int) -> None:
    """The State goes through its journal form at the cut: what is written is all that judging needs."""
    cut = min(cut, len(events))
    halfway, first = run(events[:cut])
    restored = codec.state_of(codec.state_json(halfway))
    # As text: a value that is not there is NaN, which is equal to nothing.
    assert codec.state_json(restored) == codec.state_json(halfway)
    end, second = run(events[cut:], restored)
    whole, told = run(events)
    assert (codec.state_json(end), first + second) == (codec.state_json(whole), told)


@given(histories())
def test_records_are_complete_as_far_as_the_newest_that_was_not_catching_up(events: list[Event]) -> None:
    ends = [
        one.at for one in events if isinstance(one, Sample) and one.series == RECORDS and not one.catching_up
    ]
    assert run(events)[0].complete == ({RECORDS: max(ends)} if ends else {})


@given(histories())
def test_every_transition_changes_something_and_follows_from_the_one_before(events: list[Event]) -> None:
    _, told = run(events)
    stands: dict[str, object] = {}
    for one in told:
        assert one.before != one.after
        if one.before is not None and one.reason is not Reason.RAISED:
            assert one.alarm in stands
        stands[one.alarm] = one.after


@given(histories())
def test_no_way_to_norm_without_an_acknowledgement(events: list[Event]) -> None:
    _, told = run(events)
    seen: set[tuple[str, datetime]] = set()
    for one in told:
        if one.reason is Reason.ACKNOWLEDGED:
            seen.add((one.alarm, one.after.raised_at))
        if state(one.after) is AlarmState.NORM:
            assert (one.alarm, one.after.raised_at) in seen


@given(histories())
def test_acknowledging_never_clears(events: list[Event]) -> None:
    _, told = run(events)
    for one in told:
        if one.reason is Reason.ACKNOWLEDGED:
            assert one.before is not None
            assert one.before.active == one.after.active


@given(st.lists(pressures.filter(lambda p: not math.isnan(p)), min_size=1, max_size=40))
def test_ticks_between_samples_change_neither_what_is_raised_nor_when(values: list[float]) -> None:
    """Outside without a break for the on-delay means active, whatever the tick spacing."""
    samples: list[Event] = [sample(second, value) for second, value in enumerate(values)]
    ticked: list[Event] = []
    for one in samples:
        assert isinstance(one, Sample)
        ticked += [one, *(Tick(one.at + timedelta(milliseconds=part)) for part in (0, 250, 500, 999))]

    def raised(events: list[Event]) -> list[tuple[str, Reason, datetime]]:
        end = Tick(after(len(values) + 10))
        told = run([*events, end])[1]
        kept = [one for one in told if not one.alarm.endswith("communication")]
        return sorted((one.alarm, one.reason, one.after.raised_at) for one in kept)

    assert raised(samples) == raised(ticked)


@given(st.lists(pressures.filter(lambda p: not math.isnan(p)), min_size=1, max_size=60), st.integers(0, 5))
def test_against_an_oracle_that_looks_at_all_values_at_once(values: list[float], on_s: int) -> None:
    """With no deadband and no off-delay: active exactly where the last on_s + 1 values are all outside."""
    one = plant(limit(Level.ACTION, 20, 90, deadband=0, on_s=on_s), communication_delay_s=1000)
    rules, stands = engine.rules(one), State()
    for second, value in enumerate(values):
        stands, _ = engine.handle(rules, stands, sample(second, value))
        recent = values[max(0, second - on_s) : second + 1]
        expected = len(recent) == on_s + 1 and all(not 20 <= v <= 90 for v in recent)
        active = ACTION in stands.alarms and stands.alarms[ACTION].active
        assert active == expected


def test_a_calm_sample_of_a_calm_series_builds_no_alarm_and_no_delay() -> None:
    before = run([sample(0, 45)])[0]
    stands, told = engine.handle(RULES, before, sample(1, 45))
    assert told == ()
    assert stands.alarms is before.alarms
    assert stands.delays is before.delays
    assert stands.latest["ISO"] > T0
