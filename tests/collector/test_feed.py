"""The feed: what whoever comes later finds, and what a listener is told."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from alarms import engine
from alarms.calls import Notice, NoticeKind, NoticeResult, Outcome
from alarms.events import (
    Acknowledge,
    Event,
    Fault,
    Inhibit,
    ProtectionChange,
    Rearm,
    SetOccupancy,
    Tick,
    Transition,
)
from alarms.state import State
from config.model import Occupancy, Text
from config.rules import Derived, Formula, Guidance
from monitor.collector.feed import TOLD_MAX, Feed
from monitor.collector.shown import alarm_json, iso
from tests.alarms.building import ACTION, COMMUNICATION, ISOLATOR, after, bad, plant, sample
from tests.collector.building import JOURNAL, running
from tests.collector.protected import P01, protected
from tests.collector.telling import called
from tests.collector.test_restore import restored_from

PLANT = plant()


def fed(feed: Feed, *events: Event) -> State:
    """Feed what the pipeline would; return the State behind it."""
    state = State()
    for event in events:
        before = state
        state, told = engine.handle(engine.rules(PLANT), before, event)
        for one in told:
            assert isinstance(one, Transition)
            feed.transition(one)
        for key, alarm in state.alarms.items():
            if key in before.alarms and alarm is not before.alarms[key] and not told:
                feed.worsened(alarm, event.at)
    return state


def snapshot(feed: Feed) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(feed.snapshot(after(0), {}))
    return told


def test_whoever_comes_later_finds_the_alarms_as_they_stand() -> None:
    feed = Feed(PLANT, State())
    state = fed(feed, sample(0, 15.0), sample(1, 15.0), sample(2, 5.0))
    assert {one["id"]: one["worst"] for one in snapshot(feed)["alarms"]} == {
        key: alarm.worst for key, alarm in state.alarms.items()
    }
    assert next(one for one in snapshot(feed)["alarms"] if one["id"] == ACTION)["worst"] == 5.0


def test_an_alarm_that_is_norm_is_found_no_more() -> None:
    feed = Feed(PLANT, State())
    fed(feed, sample(0, 15.0), Acknowledge(after(0), ACTION, after(0), "operator"), sample(1, 45.0))
    assert snapshot(feed)["alarms"] == []


def test_what_is_backfilled_is_not_live() -> None:
    feed = Feed(PLANT, State())
    feed.sample(sample(0, 45.0))
    feed.sample(sample(1, 5.0, backfilled=True))
    assert feed.latest() == {ISOLATOR: sample(0, 45.0)}


def test_a_value_that_is_not_there_is_null_and_the_text_is_json() -> None:
    feed = Feed(PLANT, State())
    feed.sample(bad(0, only_pressure=True))
    assert "NaN" not in feed.snapshot(after(0), {})
    assert snapshot(feed)["samples"][0]["values"] == [None, 45.0]


def test_an_alarm_says_where_in_the_plant_it_is() -> None:
    state = fed(Feed(PLANT, State()), sample(0, 15.0), *(bad(second) for second in range(1, 13)))
    of_channel, of_device = (alarm_json(PLANT, state.alarms[key]) for key in (ACTION, COMMUNICATION))
    places = ("channel", "device", "zone", "line")
    assert [of_channel[key] for key in places] == ["ISO/pressure", ISOLATOR, "Z", "L1"]
    assert [of_device[key] for key in places] == [None, ISOLATOR, "Z", "L1"]


def test_an_alarm_of_what_lines_share_has_a_zone_and_no_line() -> None:
    state = fed(Feed(PLANT, State()), sample(0, 15.0))
    (zone,) = PLANT.zones.values()
    shared = replace(PLANT, zones={zone.id: replace(zone, line="")})
    told = alarm_json(shared, state.alarms[ACTION])
    assert (told["zone"], told["line"]) == (zone.id, None)


async def test_listeners_are_counted_and_one_that_leaves_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.collector.feed.LISTENERS_MAX", 1)
    feed = Feed(PLANT, State())
    async with feed.listen():
        assert feed.full()
    assert not feed.full()


def test_an_alarm_says_what_is_to_be_done_in_both_languages() -> None:
    guidance = Guidance(("*/action",), Text("open", "开放"), Text("stop", "停止"), 60.0, "SOP-EM-012 v3")
    state = fed(Feed(PLANT, State()), sample(0, 15.0))
    told = alarm_json(replace(PLANT, guidance=(guidance,)), state.alarms[ACTION])["guidance"]
    assert told == {
        "consequence": {"en": "open", "zh": "开放"},
        "response": {"en": "stop", "zh": "停止"},
        "respond_within_s": 60.0,
        "sop": "SOP-EM-012 v3",
    }
    assert alarm_json(PLANT, state.alarms[ACTION])["guidance"]["response"]["zh"]


async def test_a_protective_action_is_told_from_trigger_to_end_and_so_is_switching_it_off() -> None:
    plant = protected()
    rules, state, feed = engine.rules(plant), State(), Feed(plant, State())
    inhibit = Inhibit(after(9), P01, after(60), "li", "wang", "filter change")
    async with feed.listen() as listener:
        for event in (inhibit, Rearm(after(10), P01, "li"), sample(11, 10.0)):
            before = state
            state, told = engine.handle(rules, before, event)
            for one in told:
                if isinstance(one, ProtectionChange):
                    feed.change(one, state)
            if state.inhibited is not before.inhibited:
                feed.inhibits(event.at, state)
        heard = [json.loads(await listener.next()) for _ in range(3)]
    assert [(one["type"], one["reason"], one["protection"]["state"]) for one in heard] == [
        ("protection", "inhibited", "ARMED"),
        ("protection", "rearmed", "ARMED"),
        ("protection", "triggered", "REQUESTED"),
    ]
    assert [one["protection"]["inhibited"] is not None for one in heard] == [True, False, False]
    (stands,) = snapshot(feed)["protections"]
    assert [ask["state"] for ask in stands["asks"]] == ["requested", "requested"]


async def test_what_goes_on_in_each_zone_is_told_and_again_when_a_person_says_otherwise() -> None:
    rules, feed = engine.rules(PLANT), Feed(PLANT, State())
    assert snapshot(feed)["occupancy"] == {"Z": "in_operation"}
    rest = SetOccupancy(after(1), "Z", Occupancy.AT_REST, "li", "end of the shift")
    state, _ = engine.handle(rules, State(), rest)
    async with feed.listen() as listener:
        feed.occupied(rest.at, state)
        feed.occupied(rest.at, state)
        feed.sample(sample(2, 45.0))
        heard = [json.loads(await listener.next()) for _ in range(2)]
    assert [one["type"] for one in heard] == ["occupancy", "sample"]
    assert (heard[0]["zone"], heard[0]["occupancy"]) == ("Z", "at_rest")
    assert snapshot(feed)["occupancy"] == {"Z": "at_rest"}
    feed.turn(replace(PLANT, sha256="2" * 64), state, after(3))
    assert snapshot(feed)["occupancy"] == {"Z": "at_rest"}


def test_a_sample_brings_what_was_reckoned_from_it() -> None:
    derived = Derived(
        "ISO/rate", ISOLATOR, "Z", ISOLATOR, "Pa/s", Text("", ""), Formula.RATE, ("ISO/pressure",)
    )
    feed = Feed(replace(PLANT, derived={derived.id: derived}), State())
    feed.sample(sample(0, 45.0), (-8.5,))
    assert snapshot(feed)["samples"][0]["derived"] == {"ISO/rate": -8.5}
    feed.sample(sample(1, 45.0), (float("nan"),))
    assert snapshot(feed)["samples"][0]["derived"] == {"ISO/rate": None}


async def test_who_is_told_of_an_alarm_stands_with_it_until_it_is_over(tmp_path: Path) -> None:
    key = f"{ACTION}|2026-11-21T08:00:00.000000Z|1|ann|robot"
    told = {"person": "ann", "way": "robot", "step": 1, "at": iso(after(0))}
    async with running(tmp_path, called()) as line, line.feed.listen() as listener:
        await line.take(sample(0, 10.0), NoticeResult(after(1), key, Outcome.ACCEPTED))
        shown = [json.loads(await listener.next()) for _ in range(4)]
        alarms = [one["alarm"]["told"] for one in shown if one["type"] == "alarm"]
        accepted = {**told, "outcome": "accepted", "ended_at": iso(after(1))}
        assert alarms == [[], [{**told, "outcome": None, "ended_at": None}], [accepted]]
        snapshot = json.loads(line.feed.snapshot(after(2), {}))
        assert [one["told"] for one in snapshot["alarms"]] == [[accepted]]
        raised_at = line.pipeline.state.alarms[ACTION].raised_at
        await line.take(Acknowledge(after(3), ACTION, raised_at, "ann"), sample(4, 45.0))
        await line.take(sample(20, 10.0))
        snapshot = json.loads(line.feed.snapshot(after(5), {}))
        assert [[told["at"] for told in one["told"]] for one in snapshot["alarms"]] == [[iso(after(20))]]


@pytest.mark.parametrize("outcome", [Outcome.ACCEPTED, None])
async def test_who_was_told_before_a_restart_stands_with_the_alarm_behind_it(
    tmp_path: Path, outcome: Outcome | None
) -> None:
    key = f"{ACTION}|2026-11-21T08:00:00.000000Z|1|ann|robot"
    async with running(tmp_path, called()) as line:
        await line.take(sample(0, 10.0))
        if outcome is not None:
            await line.take(NoticeResult(after(1), key, outcome))
    restored = restored_from(tmp_path / JOURNAL, line.plant)
    again = Feed(line.plant, restored.state, restored.notices)
    (alarm,) = json.loads(again.snapshot(after(2), {}))["alarms"]
    assert [(told["person"], told["outcome"]) for told in alarm["told"]] == [("ann", outcome)]


async def test_of_a_storm_only_so_many_alarms_are_shown_again(tmp_path: Path) -> None:
    """Otherwise whoever listens would be cut in the very moment that matters."""
    async with running(tmp_path, called()) as line:
        for number in range(100):
            await line.take(Fault(after(number / 20), f"part-{number}", "it has failed"))
        async with line.feed.listen() as listener:
            await line.take(Tick(after(10)))
            shown = [json.loads(listener._queue.get_nowait()) for _ in range(listener._queue.qsize())]
        assert len(shown) == TOLD_MAX
        snapshot = json.loads(line.feed.snapshot(after(10), {}))
        assert all(one["told"] for one in snapshot["alarms"])


def test_what_was_told_of_an_earlier_occurrence_does_not_stand_with_a_later_one() -> None:
    feed = Feed(PLANT, State())
    fed(feed, sample(0, 10.0))
    notice = Notice("k", after(0), NoticeKind.CLEAR, "ann", "robot", "", ((ACTION, after(-60)),))
    feed.told(notice, None, after(0))
    assert [one["told"] for one in snapshot(feed)["alarms"]] == [[]]
    feed.told(replace(notice, alarms=((ACTION, after(0)),)), None, after(0))
    assert [len(one["told"]) for one in snapshot(feed)["alarms"]] == [1]
