"""Restart: after any number of journalled writes, the rebuilt State is the one that stood there."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from alarms import engine
from alarms.alarm import state as alarm_state
from alarms.events import Acknowledge, Alarm, Event, Fault, Reason, Tick, Transition
from alarms.state import Delay, State
from config.model import Quality, Sample
from config.plant import Plant
from config.rules import Level
from monitor.collector import codec
from monitor.collector.journal import Entry, Journal, JournalReader, Stood
from monitor.collector.refit import fitted, retired
from monitor.collector.restore import (
    Restored,
    faults_over,
    gap_samples,
    gap_told,
    restore,
    resumed,
)
from tests.alarms.building import (
    ACTION,
    ALERT,
    ISOLATOR,
    RECORDS,
    T0,
    TOWER,
    after,
    bad,
    limit,
    plant,
    record,
    sample,
    with_records,
)
from tests.collector.building import running, written

STORY: list[Event] = [
    sample(0, 45.0),
    sample(1, 25.0),
    sample(2, 17.0),
    Acknowledge(after(3), ACTION, after(2), "operator"),
    bad(3),
    sample(4, 25.0),
    record(6),
    record(60, catching_up=True),
    record(12, backfilled=True),
    Fault(after(4), "forward", "gone"),
    sample(5, 45.0),
    Fault(after(6), "forward", ""),
    sample(6, 45.0),
]


def written_out(story: list[Event]) -> list[tuple[list[Entry], str | None, State]]:
    """Give what the pipeline writes for each event, and the State behind it."""
    rules, state = engine.rules(with_records(plant())), State()
    out = []
    for event in story:
        before = state
        state, transitions = engine.handle(rules, before, event)
        assert not isinstance(event, Tick)
        own = codec.sample_entry(event) if isinstance(event, Sample) else codec.entry_of(event, event.at)
        entries = [own]
        entries += [codec.entry_of(one, one.at) for one in transitions]
        changed = state.alarms is not before.alarms or state.delays is not before.delays
        out.append((entries, codec.state_json(state) if changed else None, state))
    return out


async def test_h12_killed_after_each_single_write_the_state_is_the_one_before(tmp_path: Path) -> None:
    """Crash-point enumeration over one alarm's life: raised, acknowledged, blind, cleared, a fault beside it."""
    steps = written_out(STORY)
    for killed_after in range(1, len(steps) + 1):
        path = tmp_path / f"{killed_after}.sqlite"
        journal = Journal(path)
        journal.start()
        for entries, state, _ in steps[:killed_after]:
            await journal.append(entries, None if state is None else Stood(state))
        await journal.close()
        reader = JournalReader(path)
        restored = restore(with_records(plant()), reader)
        reader.close()
        assert written(restored.state) == written(steps[killed_after - 1][2]), f"event {killed_after}"


async def test_h13_a_delay_that_ran_when_the_collector_was_killed_fires_at_its_own_deadline(
    tmp_path: Path,
) -> None:
    slow = plant(limit(Level.ALERT, 30, 70, on_s=5))
    async with running(tmp_path, slow) as line:
        await line.take(sample(0, 45.0), sample(1, 20.0), sample(2, 20.0))
    reader = JournalReader(line.path)
    restored = restore(slow, reader)
    reader.close()
    assert restored.state.delays[ALERT].since == after(1)
    state, told = engine.handle(engine.rules(slow), restored.state, Tick(after(30)))
    assert (ALERT, Reason.RAISED) in [(one.alarm, one.reason) for one in told if isinstance(one, Transition)]
    assert state.alarms[ALERT].raised_at == after(6)


async def left_behind(path: Path, *parts: tuple[Plant, list[Sample], State | None]) -> None:
    """Write what runs under several plants leave behind, one after the other."""
    for of, samples, state in parts:
        journal = Journal(path)
        journal.enter_plant(of.sha256, codec.plant_json(of))
        journal.start()
        entries = [codec.sample_entry(one) for one in samples]
        await journal.append(entries, None if state is None else Stood(codec.state_json(state)))
        await journal.close()


def restored_from(path: Path, of: Plant) -> Restored:
    reader = JournalReader(path)
    try:
        return restore(of, reader)
    finally:
        reader.close()


@pytest.mark.parametrize("chunk", [1, 2, 5_000])
async def test_the_tail_is_replayed_whatever_its_length(
    chunk: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.collector.restore.REPLAY_CHUNK", chunk)
    path = tmp_path / "journal.sqlite"
    await left_behind(path, (plant(), [sample(0, 45.0)], State(latest={ISOLATOR: after(0)})))
    await left_behind(
        path, (plant(), [sample(second, 45.0) for second in range(1, 5)] + [sample(5, 10.0)], None)
    )
    restored = restored_from(path, plant())
    assert (list(restored.state.alarms), restored.ran_until) == ([ACTION], after(5))


async def test_the_tail_is_judged_under_the_plant_it_was_written_under(tmp_path: Path) -> None:
    """The second plant had a limit that the first had not and the third has not; it alone wrote the tail."""
    path = tmp_path / "journal.sqlite"
    lenient = plant(limit(Level.ALERT, 1, 99))
    strict = replace(plant(limit(Level.ACTION, 20, 90)), sha256="1" * 64)
    await left_behind(
        path,
        (lenient, [sample(0, 45.0)], State(latest={ISOLATOR: after(0)})),
        (strict, [sample(1, 10.0)], None),
    )
    assert list(restored_from(path, lenient).state.alarms) == [ACTION]


async def test_a_row_that_does_not_fit_its_plant_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    narrow = replace(sample(1, 10.0), values=(10.0,))
    unknown = replace(sample(2, 10.0), series="OLD")
    await left_behind(path, (plant(), [narrow, unknown, sample(3, 45.0)], None))
    restored = restored_from(path, plant())
    assert (restored.state.alarms, restored.state.latest) == ({}, {ISOLATOR: after(3)})


async def test_a_counter_s_own_time_says_nothing_of_how_long_the_collector_ran(tmp_path: Path) -> None:
    """Its records may lie ahead of us: neither the gap nor the silence after it is reckoned by them."""
    path = tmp_path / "journal.sqlite"
    records = replace(plant().series[ISOLATOR], id="ISO/records", records=True)
    one = plant()
    one = replace(one, series={**one.series, "ISO/records": records})
    ahead = replace(sample(3600, 45.0), series="ISO/records")
    await left_behind(path, (one, [sample(1, 45.0), ahead], None))
    restored = restored_from(path, one)
    assert restored.ran_until == after(1)
    assert resumed(one, restored.state, after(9)).latest == {ISOLATOR: after(9), "ISO/records": after(3600)}


async def test_the_first_start_has_nothing_to_go_on_from(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    await journal.close()
    reader = JournalReader(tmp_path / "journal.sqlite")
    restored = restore(plant(), reader)
    assert (restored.state, restored.ran_until) == (State(), None)
    reader.close()


async def test_an_alarm_whose_limit_is_gone_ends_with_a_transition_and_stays_until_it_was_seen(
    tmp_path: Path,
) -> None:
    """Dropped without a word it would be active for ever in the database, and no person would have seen its end."""
    async with running(tmp_path) as line:
        await line.take(sample(0, 10.0), sample(1, 10.0), Fault(after(1), "forward", "gone"))
    reader = JournalReader(line.path)
    only_alert = plant(limit(Level.ALERT, 30, 70))
    restored = restore(only_alert, reader)
    reader.close()
    state, told = retired(only_alert, restored.state, after(10))
    assert {key: str(alarm_state(alarm)) for key, alarm in state.alarms.items()} == {
        ACTION: "RTNUN",
        ALERT: "UNACK",
        "service/forward": "UNACK",
    }
    assert [(one.alarm, one.reason, one.after.changed_at) for one in told] == [
        (ACTION, Reason.CLEARED, after(10))
    ]
    assert retired(only_alert, state, after(20)) == (state, ())
    seen = Acknowledge(after(11), ACTION, after(0), "operator")
    state, _ = engine.handle(engine.rules(only_alert), state, seen)
    assert ACTION not in state.alarms


def test_an_alarm_whose_limit_is_gone_and_which_was_seen_is_over() -> None:
    alarm = Alarm("OLD/x/action", Level.ACTION, active=True, acknowledged=True, raised_at=T0, changed_at=T0)
    state, told = retired(plant(), State({alarm.id: alarm}), after(10))
    assert (state.alarms, told[0].after.active) == ({}, False)


@pytest.mark.parametrize("key", ["service/forward", "ST/command", ACTION, "ISO/communication"])
def test_alarms_that_something_can_still_clear_go_on(key: str) -> None:
    alarm = Alarm(key, Level.ALERT, active=True, acknowledged=False, raised_at=T0, changed_at=T0)
    assert retired(plant(), State({key: alarm}), after(10)) == (State({key: alarm}), ())


def test_delays_and_series_that_the_plant_no_longer_has_are_let_go() -> None:
    series = {"OLD": T0, ISOLATOR: T0, RECORDS: T0}
    state = State(
        delays={"OLD/x/action": Delay(T0)}, latest=series, complete={"OLD#records": T0, RECORDS: T0}
    )
    former = replace(plant(), sha256="1" * 64)
    assert fitted(former, plant(), state) == State(latest={ISOLATOR: T0})
    assert fitted(former, with_records(plant()), state) == State(
        latest={ISOLATOR: T0, RECORDS: T0}, complete={RECORDS: T0}
    )


def test_a_fault_of_the_former_run_is_over_and_one_of_this_run_is_told_anew() -> None:
    """Nobody would ever tell its end: the part that would is another one now."""
    stands = [("service/clock", True), ("service/inbox", False), (ACTION, True)]
    alarms = {
        key: Alarm(key, Level.ALERT, active, acknowledged=False, raised_at=T0, changed_at=T0)
        for key, active in stands
    }
    assert list(faults_over(State(alarms), after(10))) == [Fault(after(10), "clock", "")]


def test_each_second_without_a_collector_gets_a_row_that_says_so() -> None:
    state = State(latest={ISOLATOR: after(10), TOWER: after(9)})
    rows = list(gap_samples(plant(), state, after(13), after(14)))
    assert [(row.series, (row.at - after(0)).total_seconds()) for row in rows] == [
        (ISOLATOR, 11.0),
        (ISOLATOR, 12.0),
        (ISOLATOR, 13.0),
        (TOWER, 10.0),
        (TOWER, 11.0),
        (TOWER, 12.0),
        (TOWER, 13.0),
    ]
    assert {row.quality and row.quality[0] for row in rows} == {Quality.COLLECTOR_DOWN}
    assert all(row.backfilled for row in rows)


def test_rows_for_a_long_gap_are_bounded() -> None:
    state = State(latest={ISOLATOR: after(0)})
    rows = list(gap_samples(plant(), state, after(0) + timedelta(days=30), after(0)))
    assert len(rows) == 3_601


def test_after_a_gap_a_device_is_not_silent_for_the_time_nobody_listened() -> None:
    rules = engine.rules(plant(communication_delay_s=10))
    state = resumed(plant(), State(latest={ISOLATOR: after(0)}), after(100))
    assert engine.handle(rules, state, Tick(after(105)))[1] == ()
    assert engine.handle(rules, replace(state, latest={ISOLATOR: after(0)}), Tick(after(105)))[1] != ()


def test_h24_after_the_clock_was_set_back_judging_goes_on_and_a_person_is_told() -> None:
    """Otherwise every Sample would be late, and judge nothing, until the clock has caught up."""
    rules = engine.rules(plant(limit(Level.ALERT, 30, 70, on_s=5)))
    ran = State(latest={ISOLATOR: after(3600)}, delays={ALERT: Delay(after(3599))})
    state = resumed(plant(), ran, after(0))
    for second in range(1, 7):
        state, _ = engine.handle(rules, state, sample(second, 20.0))
    assert state.alarms[ALERT].raised_at == after(6)
    assert list(gap_samples(plant(), ran, after(0), after(0))) == []
    assert gap_told(after(3600), after(0)) == (
        "the clock was set back: it had been 2026-11-21 09:00:00 and is 2026-11-21 08:00:00 UTC;"
        " of seconds that come twice the database keeps the first"
    )


def test_a_gap_is_told_with_its_two_ends_and_none_is_not_told() -> None:
    assert (
        gap_told(after(0), after(61)) == "was not running from 2026-11-21 08:00:00 to 2026-11-21 08:01:01 UTC"
    )
    assert gap_told(after(0), after(0)) == ""


@pytest.mark.parametrize("until_s", [0, 3600])
def test_how_far_records_are_complete_is_of_the_counter_s_clock_and_stays(until_s: float) -> None:
    ran = State(latest={ISOLATOR: after(1800)}, complete={RECORDS: after(1799)})
    assert resumed(with_records(plant()), ran, after(until_s)).complete == ran.complete


@pytest.mark.parametrize("gap_s", [0, 60])
def test_a_delay_that_ran_before_the_gap_goes_on(gap_s: int) -> None:
    ran = State(latest={ISOLATOR: after(0)}, delays={ALERT: Delay(after(0))})
    assert resumed(plant(), ran, after(gap_s)).delays == ran.delays
