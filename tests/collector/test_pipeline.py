"""The one consumer: what each event leads to in the journal, the tower and the feed."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from alarms.events import Acknowledge, Event, Fault, Reason, Shelve, Tick, Transition
from alarms.state import State
from config.model import Sample
from config.rules import Level
from monitor.collector import codec
from monitor.collector.commands import RefusedError
from monitor.collector.journal import JournalReader
from monitor.collector.restore import restore
from tests.alarms.building import ACTION, ALERT, ISOLATOR, TOWER, after, limit, plant, sample
from tests.collector.building import Line, running
from tests.collector.clock import settle
from tests.patience import PATIENCE_S


async def test_glove_breach_goes_to_journal_tower_and_feed(tmp_path: Path) -> None:
    async with running(tmp_path) as line, line.feed.listen() as listener:
        calm, breach = await line.take(sample(0, 45.0), sample(1, 10.0))
        assert calm == ()
        assert [(one.alarm, one.reason) for one in breach if isinstance(one, Transition)] == [
            (ACTION, Reason.RAISED)
        ]
        (command,), (written,) = line.commands.given, line.commands.written
        assert written is not None
        assert (command.device, command.outputs["red"], command.outputs["buzzer"]) == (
            TOWER,
            "on",
            "pattern_1",
        )
        shown = [json.loads(await listener.next()) for _ in range(3)]
        assert [one["type"] for one in shown] == ["sample", "sample", "alarm"]
        assert shown[2]["alarm"]["state"] == "UNACK"
        assert shown[2]["alarm"]["zone"] == "Z"
        assert listener._queue.empty()
    assert line.kinds() == ["sample", "sample", "transition", "command"]


async def test_a_worse_value_is_shown_though_nothing_has_changed_state(tmp_path: Path) -> None:
    async with running(tmp_path, plant(limit(Level.ACTION, 20, 90))) as line:
        await line.take(sample(0, 18.0))
        async with line.feed.listen() as listener:
            assert await line.take(sample(1, 19.0), sample(2, 5.0)) == [(), ()]
            shown = [json.loads(await listener.next()) for _ in range(3)]
        assert [one["type"] for one in shown] == ["sample", "sample", "alarm"]
        assert (shown[2]["reason"], shown[2]["alarm"]["worst"], shown[2]["alarm"]["state"]) == (
            None,
            5.0,
            "UNACK",
        )


async def test_acknowledge_and_clear_turns_the_tower_off(tmp_path: Path) -> None:
    async with running(tmp_path) as line:
        await line.take(
            sample(0, 10.0), Acknowledge(after(1), ACTION, after(0), "operator", "seen"), sample(1, 45.0)
        )
        assert [one.outputs["red"] for one in line.commands.given] == ["on", "on", "off"]
        assert [one.outputs["buzzer"] for one in line.commands.given] == ["pattern_1", "off", "off"]
        assert line.pipeline.state.alarms == {}
    assert line.kinds().count("acknowledge") == 1


async def test_what_a_person_may_not_do_is_said_and_never_written(tmp_path: Path) -> None:
    async with running(tmp_path) as line:
        await line.take(sample(0, 10.0))
        before = line.pipeline.state
        with pytest.raises(RefusedError, match="it needs a reason"):
            await line.pipeline.ask(Shelve(after(1), ACTION, after(60), "operator", " "))
        assert line.pipeline.state is before
    assert "shelve" not in line.kinds()


async def test_only_a_tick_that_changed_something_is_journalled(tmp_path: Path) -> None:
    """Otherwise judging the journal again would not come to what was judged then."""
    async with running(tmp_path, plant(limit(Level.ALERT, 30, 70, on_s=2))) as line:
        await line.take(Tick(after(0)), sample(1, 20.0), Tick(after(2)), Tick(after(3)), Tick(after(4)))
    assert line.kinds() == ["sample", "tick", "transition", "command"]


async def test_a_repeated_time_is_dropped_and_an_older_one_kept_as_backfilled(tmp_path: Path) -> None:
    async with running(tmp_path) as line:
        await line.take(sample(5, 45.0), sample(5, 10.0), sample(4, 10.0))
        assert line.commands.given == []
    reader = JournalReader(line.path)
    assert [(entry.at_us, entry.backfilled) for entry in reader.after(0, 10)] == [
        (int(after(5).timestamp() * 1e6), 0),
        (int(after(4).timestamp() * 1e6), 1),
    ]
    reader.close()


async def test_h24_a_series_whose_time_went_back_is_told_until_it_is_judged_again(tmp_path: Path) -> None:
    """A counter's clock is set back by an hour: an hour of its records is not judged, which nobody may miss."""
    told = "service/time-of-ISO"
    async with running(tmp_path) as line:
        await line.take(sample(5, 45.0), sample(5, 45.0), sample(1, 10.0, backfilled=True), Tick(after(5)))
        assert line.pipeline.state.alarms == {}
        await line.take(sample(3, 10.0), sample(4, 10.0), Tick(after(5)))
        assert list(line.pipeline.state.alarms) == [told]
        alarm = line.pipeline.state.alarms[told]
        assert (alarm.active, alarm.detail) == (
            True,
            "its time went back; not judged until 2026-11-21 08:00:05 UTC",
        )
        await line.take(sample(6, 45.0), Tick(after(6)))
        assert not line.pipeline.state.alarms[told].active
    assert line.kinds().count("fault") == 2


@pytest.mark.parametrize("jump_s", [120, 3600])
async def test_h24_a_device_whose_clock_jumps_is_an_alarm_until_it_is_back(
    jump_s: float, tmp_path: Path
) -> None:
    of = plant()
    profile = replace(of.devices[ISOLATOR].profile, clock_tolerance_s=2.0)
    isolator = replace(of.devices[ISOLATOR], profile=profile)
    told = "service/clock-of-ISO"
    async with running(tmp_path, replace(of, devices={**of.devices, ISOLATOR: isolator})) as line:
        await line.take(sample(1, 45.0, source_at=after(1)), Tick(after(1)))
        assert line.pipeline.state.alarms == {}
        await line.take(sample(2, 45.0, source_at=after(2 + jump_s)), sample(3, 45.0), Tick(after(3)))
        alarm = line.pipeline.state.alarms[told]
        assert (alarm.active, alarm.detail) == (True, f"the device's clock is +{jump_s}.0 s from ours")
        await line.take(sample(4, 45.0, source_at=after(4)), Tick(after(4)))
        assert not line.pipeline.state.alarms[told].active
    assert line.kinds().count("fault") == 2


async def test_a_tower_that_was_switched_off_and_on_is_told_again_but_not_while_it_is_being_told(
    tmp_path: Path,
) -> None:
    dark = (0.0, 0.0, 0.0)
    async with running(tmp_path) as line:
        await line.take(sample(0, 10.0))
        line.commands.is_busy = True
        await line.take(Sample(TOWER, after(1), dark, None, after(1)))
        assert len(line.commands.given) == 1
        line.commands.is_busy = False
        await line.take(Sample(TOWER, after(2), dark, None, after(2)))
        assert line.commands.given[1].outputs == line.commands.given[0].outputs
        await line.take(Sample(TOWER, after(3), (1.0, 0.0, 1.0), None, after(3)))
        assert len(line.commands.given) == 2


async def test_h7_a_full_inbox_is_counted_and_alarmed_never_silent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.collector.pipeline.INBOX_LIMIT", 5)
    async with running(tmp_path) as line:
        for second in range(8):
            line.pipeline.offer(sample(second, 45.0))
        assert line.pipeline.lost == 3
        await line.take(Tick(after(0)), Tick(after(0)))
        (alarm,) = line.pipeline.state.alarms.values()
        assert (alarm.id, alarm.active) == ("service/inbox", False)
        assert alarm.detail == "3 events lost: the inbox or the journal was full"


async def test_losses_are_told_once_a_minute_so_that_the_alarm_can_be_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.collector.pipeline.INBOX_LIMIT", 1)
    line = Line(tmp_path)
    line.journal.start()

    def lose_one_and_take_one(second: int) -> str:
        line.pipeline.offer(sample(second, 45.0))
        line.pipeline.offer(sample(second, 45.0))
        line.pipeline.take_rest()
        return line.pipeline.state.alarms["service/inbox"].detail

    for second in range(5):
        assert lose_one_and_take_one(second).startswith("1 events lost")
    await line.clock.advance(60)
    assert lose_one_and_take_one(5).startswith("5 events lost")
    assert line.pipeline.lost == 6
    await line.journal.close()


async def test_what_is_lost_in_telling_of_a_loss_is_counted_and_not_told_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The journal is full for good: telling that it is must not make more to tell, on and on."""
    monkeypatch.setattr("monitor.collector.journal.QUEUE_LIMIT", 0)
    monkeypatch.setattr("monitor.collector.pipeline.LOSS_TOLD_EVERY", timedelta(0))
    line = Line(tmp_path)
    line.pipeline.offer(sample(0, 45.0))
    line.pipeline.take_rest()
    lost = line.pipeline.lost
    line.pipeline.offer(Tick(after(0)))
    line.pipeline.take_rest()
    assert line.pipeline.lost == lost > 1
    assert not line.pipeline.state.alarms["service/inbox"].active
    assert "0 writes wait for the disk" in line.pipeline.state.alarms["service/journal"].detail
    await line.journal.close()


async def test_the_state_is_written_at_the_start_once_a_minute_and_at_the_end_and_kept_once_an_hour(
    tmp_path: Path,
) -> None:
    line = Line(tmp_path)
    line.journal.start()
    reader = JournalReader(line.path)

    async def state_after(*events: Event) -> tuple[int, list[str], int]:
        for event in events:
            line.pipeline.offer(event)
        line.pipeline.take_rest()
        await line.journal.append([], None)
        last, kept = reader.state(), reader.snapshot(codec.to_us(line.clock.now()))
        assert last is not None
        assert kept is not None
        return last[0], list(codec.state_of(last[1]).alarms), kept[0]

    line.pipeline.begin(State(), (), after(0))
    assert await state_after(sample(0, 45.0)) == (1, [], 1)
    assert await state_after(sample(2, 10.0)) == (1, [], 1)
    await line.clock.advance(59)
    assert await state_after(sample(3, 10.0)) == (1, [], 1)
    await line.clock.advance(1)
    assert await state_after(sample(4, 10.0)) == (9, [ACTION, ALERT], 1)
    line.pipeline.offer(sample(5, 10.0))
    line.pipeline.take_rest()
    line.pipeline.end()
    assert await state_after() == (10, [ACTION, ALERT], 1)
    await line.clock.advance(3540)
    assert await state_after(sample(6, 10.0)) == (11, [ACTION, ALERT], 11)
    reader.close()
    await line.journal.close()


async def test_h7_what_was_lost_is_in_the_state_that_the_next_entry_brings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A restart cannot judge again what is not there: the State behind it must not wait for its minute."""
    line = Line(tmp_path)
    line.journal.start()
    line.pipeline.begin(State(), (), after(0))
    with monkeypatch.context() as full:
        full.setattr("monitor.collector.journal.QUEUE_LIMIT", 0)
        line.pipeline.offer(sample(0, 10.0))
        line.pipeline.take_rest()
    line.pipeline.offer(sample(1, 10.0))
    line.pipeline.take_rest()
    await line.journal.close()
    reader = JournalReader(line.path)
    assert restore(line.plant, reader).state == line.pipeline.state
    reader.close()


async def test_an_event_that_breaks_the_pipeline_leaves_nobody_waiting(tmp_path: Path) -> None:
    line = Line(tmp_path)
    asking = asyncio.create_task(line.pipeline.ask(replace(sample(0, 45.0), series="no such series")))
    await settle()
    with pytest.raises(KeyError, match="no such series"):
        line.pipeline.take_rest()
    await asyncio.wait({asking}, timeout=PATIENCE_S)
    assert asking.cancelled()
    await line.journal.close()


async def test_whoever_asked_and_went_away_breaks_nothing(tmp_path: Path) -> None:
    async with running(tmp_path) as line:
        await line.take(sample(0, 10.0))
        asking = asyncio.create_task(line.pipeline.ask(Acknowledge(after(1), ACTION, after(0), "operator")))
        await asyncio.sleep(0)
        asking.cancel()
        await line.take(sample(1, 10.0))
        assert line.pipeline.state.alarms[ACTION].acknowledged


async def test_a_journal_that_is_full_is_one_alarm_that_ends_when_it_can_write_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Line(tmp_path)
    line.journal.start()
    with monkeypatch.context() as full:
        full.setattr("monitor.collector.journal.QUEUE_LIMIT", 0)
        for second in range(3):
            line.pipeline.offer(sample(second, 10.0))
        line.pipeline.take_rest()
        (told,) = [key for key in line.pipeline.state.alarms if key == "service/journal"]
        assert line.pipeline.state.alarms[told].active
        # Three Samples, two Transitions and two Commands; and what told of it: three Faults, three Transitions.
        assert line.pipeline.lost == 13
        assert line.commands.written == [None, None]  # acted on all the same
    line.pipeline.offer(sample(3, 10.0))
    line.pipeline.take_rest()
    assert not line.pipeline.state.alarms[told].active
    await line.journal.close()
    told_of = [kind for kind in line.kinds() if kind == "fault"]
    assert told_of == ["fault"]  # its end; there was no room for its beginning, which the State has kept


async def test_once_a_second_a_tick_says_how_far_everything_was_heard(tmp_path: Path) -> None:
    async with running(tmp_path, plant(communication_delay_s=3)) as line:
        ticking = asyncio.create_task(line.pipeline.tick())
        await line.take(sample(0, 45.0))
        await line.clock.advance(5)
        assert ISOLATOR + "/communication" not in line.pipeline.state.alarms
        await line.clock.advance(1)
        assert ISOLATOR + "/communication" in line.pipeline.state.alarms
        ticking.cancel()
        await asyncio.wait({ticking})


async def test_only_a_sample_of_which_nothing_follows_may_wait_for_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.collector.journal.GROUP_S", 3600)
    async with running(tmp_path) as line:
        await line.take(sample(0, 45.0), sample(1, 45.0))
        assert len(line.journal._group) == 2
        await line.take(sample(2, 10.0))
        assert line.commands.written[0] is not None
        await asyncio.wait_for(line.commands.written[0], PATIENCE_S)
        assert line.kinds() == ["sample", "sample", "sample", "transition", "command"]
        await line.take(Fault(after(3), "forward", ""))
        assert len(line.journal._group) == 0


async def test_what_waits_at_the_end_is_judged_and_written(tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.journal.start()
    for one in (sample(0, 45.0), sample(1, 10.0), Tick(after(1))):
        line.pipeline.offer(one)
    line.pipeline.take_rest()
    await line.journal.close()
    assert line.kinds() == ["sample", "sample", "transition", "command"]
    assert line.pipeline.size() == 0


async def test_after_a_stop_of_the_host_one_tick_comes_and_not_one_for_each_second(tmp_path: Path) -> None:
    line = Line(tmp_path)
    ticking = asyncio.create_task(line.pipeline.tick())
    await line.clock.advance(1)
    line.clock._now += timedelta(seconds=60)
    await line.clock.advance(1)
    assert line.pipeline.size() <= 4
    ticking.cancel()
    await asyncio.wait({ticking})
    await line.journal.close()
