"""The feed: what whoever comes later finds, and what a listener is told."""

import json
from dataclasses import replace
from typing import Any

import pytest

from alarms import engine
from alarms.events import Acknowledge, Event, Transition
from alarms.state import State
from monitor.collector.feed import Feed
from monitor.collector.shown import alarm_json
from tests.alarms.building import ACTION, COMMUNICATION, ISOLATOR, after, bad, plant, sample

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
