"""A heartbeat that stands still, tick by tick."""

import math
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.model import Kind, Quality, Series
from drivers.heartbeat import Heartbeat, heartbeat_of
from drivers.row import Row
from tests.drivers.nouns import AT, channel_model, holding, registers, series

G, U, S, N = Quality.GOOD, Quality.UNCERTAIN, Quality.STALE, Quality.UNAVAILABLE


def rows(seen: Iterable[tuple[float, float]]) -> list[tuple[Quality, str]]:
    """Polls at so many seconds after AT, each with the heartbeat it saw; gives the quality of the value beside it."""
    heartbeat, both = Heartbeat(1), plain()
    told = []
    for second, beat in seen:
        row = Row(both)
        row.put(0, 45.0)
        row.put(1, beat, N if math.isnan(beat) else G)
        at = AT + timedelta(seconds=second)
        heartbeat.watch(row, at)
        sample = row.sample(at, at)
        assert sample.values[0] == 45.0, "the value is kept"
        told.append((row.quality[0], sample.reason))
    return told


def plain() -> Series:
    return series([channel_model("p", holding(0)), channel_model("beat", holding(1), kind=Kind.COUNT)])


def test_h6_a_counter_that_stands_still_for_three_seconds_makes_every_value_old() -> None:
    seen = [(0, 7), (1, 8), (2, 8), (3, 8), (4, 8), (5, 8), (6, 9), (7, 9)]
    assert [quality for quality, _ in rows(seen)] == [G, G, G, G, S, S, G, G]
    assert rows(seen)[4][1] == "the heartbeat has stood still for 3 s"


def test_h6_a_heartbeat_that_is_never_there_is_one_that_stands_still() -> None:
    assert [quality for quality, _ in rows((n, math.nan) for n in range(5))] == [G, G, G, S, S]


def test_h6_a_heartbeat_that_goes_away_and_comes_back_the_same_has_not_beaten() -> None:
    seen = [(0, 7), (1, math.nan), (2, math.nan), (3, 7), (4, math.nan), (5, 8)]
    assert [quality for quality, _ in rows(seen)] == [G, G, G, S, S, G]


def test_h6_the_same_number_after_an_outage_is_an_old_one() -> None:
    """The gateway came back, the program behind it did not."""
    assert [quality for quality, _ in rows([(0, 7), (60, 7), (61, 8)])] == [G, S, G]


def test_a_count_that_begins_anew_or_runs_over_has_changed() -> None:
    assert {quality for quality, _ in rows([(0, 65535), (1, 0), (4, 1), (5, 0)])} == {G}


def test_a_doubtful_value_is_old_too_and_one_that_is_worse_stays_so() -> None:
    many = series([channel_model(f"c{n}", holding(n)) for n in range(5)])
    heartbeat = Heartbeat(0)
    worse = [G, U, N, Quality.SENSOR_FAULT, Quality.SIMULATED]
    watched = []
    for second in (0, 3):
        row = Row(many)
        for place, quality in enumerate(worse):
            row.put(place, 1.0, quality)
        heartbeat.watch(row, AT + timedelta(seconds=second))
        watched.append(row.quality)
    assert watched == [worse, [S, S, *worse[2:]]]


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 2)), min_size=1, max_size=30))
def test_law_stale_is_exactly_three_seconds_without_a_change(steps: list[tuple[int, int]]) -> None:
    second, last, changed = 0, -1, 0
    seen, expected = [], []
    for step, beat in steps:
        second += step
        if beat != last:
            last, changed = beat, second
        seen.append((float(second), float(beat)))
        expected.append(S if second - changed >= 3 else G)
    assert [quality for quality, _ in rows(seen)] == expected


@pytest.mark.parametrize(("key", "place"), [("beat", 1), ("", None)])
def test_the_profile_names_the_heartbeat(key: str, place: int | None) -> None:
    device = registers({"p": holding(0), "beat": holding(1)}, "127.0.0.1:502")
    found = heartbeat_of(replace(device, profile=replace(device.profile, heartbeat=key)))
    assert (found._place if found else None) == place
