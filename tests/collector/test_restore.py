"""Restart: after any number of journalled writes, the rebuilt State is the one that stood there."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from alarms import engine
from alarms.engine import State
from alarms.events import Acknowledge, Event, Fault, Reason, Tick
from config.model import Level, Quality, Sample
from monitor.collector import codec
from monitor.collector.journal import Entry, Journal, JournalReader
from monitor.collector.restore import gap_samples, restore, resumed
from tests.alarms.building import ACTION, ALERT, ISOLATOR, TOWER, after, bad, limit, plant, sample
from tests.collector.building import running

STORY: list[Event] = [
    sample(0, 45.0),
    sample(1, 25.0),
    sample(2, 17.0),
    Acknowledge(after(3), ACTION, after(2), "operator"),
    bad(3),
    sample(4, 25.0),
    Fault(after(4), "forward", "gone"),
    sample(5, 45.0),
    Fault(after(6), "forward", ""),
    sample(6, 45.0),
]


def written_out(story: list[Event]) -> list[tuple[list[Entry], str | None, State]]:
    """Give what the pipeline writes for each event, and the State behind it."""
    rules, state = engine.rules(plant()), State()
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
            await journal.append(entries, state)
        await journal.close()
        reader = JournalReader(path)
        restored = restore(plant(), reader)
        reader.close()
        assert restored.state == steps[killed_after - 1][2], f"killed after event {killed_after}"


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
    assert (ALERT, Reason.RAISED) in [(one.alarm, one.reason) for one in told]
    assert state.alarms[ALERT].raised_at == after(6)


async def test_the_first_start_has_nothing_to_go_on_from(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    await journal.close()
    reader = JournalReader(tmp_path / "journal.sqlite")
    restored = restore(plant(), reader)
    assert (restored.state, restored.ran_until) == (State(), None)
    reader.close()


async def test_alarms_and_series_that_the_plant_no_longer_has_are_let_go(tmp_path: Path) -> None:
    async with running(tmp_path) as line:
        await line.take(sample(0, 10.0), sample(1, 10.0), Fault(after(1), "forward", "gone"))
    reader = JournalReader(line.path)
    only_alert = plant(limit(Level.ALERT, 30, 70))
    restored = restore(only_alert, reader)
    reader.close()
    assert set(restored.state.alarms) == {ALERT, "service/forward"}


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
