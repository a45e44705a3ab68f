"""The alarm-load figures, by an hour that can be counted by hand."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alarms.load import Occurrence, Top, load
from config.rules import Priority
from tests.alarms.building import after

HOUR = after(3600)


def sounded(minute: float, alarm: str = "A", **kept: object) -> Occurrence:
    at = after(60 * minute)
    return Occurrence(alarm, Priority.LOW, at, at + timedelta(minutes=1), **kept)  # type: ignore[arg-type]  # shorthand


def test_an_hour_with_one_flood() -> None:
    """12 in the second ten minutes, 6 in the third, 4 in the fourth: it is flood from 15:00, the eleventh, to 35:00."""
    flood = [sounded(10 + n * 0.5, "B") for n in range(12)]
    rest = [sounded(20 + n) for n in range(6)] + [sounded(30 + n) for n in range(4)]
    told = load([*flood, *rest, sounded(-1), sounded(60)], after(0), HOUR)
    assert (told.alarms, told.per_hour, told.peak_10_min, told.floods) == (22, 22.0, 12, 1)
    assert told.per_10_min == pytest.approx(22 / 6)
    assert told.share_above_10 == pytest.approx(1 / 6)
    assert told.share_in_flood == pytest.approx(2 / 6)
    assert told.top == (Top("B", 12), Top("A", 10))
    assert told.top_share == 1.0


def test_what_a_date_raises_is_load_but_no_flood() -> None:
    due = [sounded(10, f"service/calibration-overdue-of-PC-{n}") for n in range(20)]
    told = load(due, after(0), HOUR)
    assert (told.alarms, told.peak_10_min, told.floods, told.share_in_flood) == (20, 20, 0, 0.0)


def test_stale_chattering_and_priorities() -> None:
    day = after(86400 * 3)
    stands = Occurrence("S", Priority.HIGH, after(0), None)
    over = Occurrence("O", Priority.CRITICAL, after(0), after(86401))
    told = load([stands, over, sounded(1, chattering=True), sounded(2, chattering=True)], after(0), day)
    assert (told.stale, told.chattering) == (2, 1)
    assert told.priorities == {
        Priority.CRITICAL: 0.25,
        Priority.HIGH: 0.25,
        Priority.MEDIUM: 0.0,
        Priority.LOW: 0.5,
    }


def test_what_stood_before_the_time_began_is_stale_in_it_and_sounded_in_none_of_it() -> None:
    """The second day of three: one stands since the first, one was over half an hour into it, one ends on the third."""
    hour = 3600.0
    stands = Occurrence("stands", Priority.LOW, after(0), None)
    over = Occurrence("over in it", Priority.LOW, after(0), after(24.5 * hour))
    before = Occurrence("over before it", Priority.LOW, after(-9 * hour), after(24 * hour))
    later = Occurrence("stale behind it", Priority.LOW, after(30 * hour), after(60 * hour))
    young = Occurrence("not for long enough", Priority.LOW, after(20 * hour), after(44 * hour))
    told = load([stands, over, before, later, young], after(24 * hour), after(48 * hour))
    assert (told.stale, told.alarms) == (2, 1), (
        "two are stale; `later` alone has sounded, and stood 18 h so far"
    )
    assert told.top == (Top("stale behind it", 1),)
    behind = load([stands, over, before, later, young], after(48 * hour), after(72 * hour))
    assert (behind.stale, behind.alarms) == (2, 0), "`stands` and `later`"


def test_nothing_sounded() -> None:
    told = load([], after(0), HOUR)
    assert (told.alarms, told.peak_10_min, told.top_share, told.floods) == (0, 0, 0.0, 0)


@given(st.lists(st.floats(0, 59.99), max_size=60))
def test_shares_are_shares_and_the_peak_is_no_less_than_the_mean(minutes: list[float]) -> None:
    told = load([sounded(minute) for minute in minutes], after(0), HOUR)
    assert told.alarms == len(minutes)
    assert 0 <= told.share_above_10 <= 1
    assert 0 <= told.share_in_flood <= 1
    assert told.peak_10_min >= told.per_10_min


def test_a_flood_may_lie_across_two_periods_and_a_time_has_a_length() -> None:
    told = load([sounded(5 + n) for n in range(10)] + [sounded(14.5)], after(0), HOUR)
    assert (told.floods, told.peak_10_min) == (1, 6)
    with pytest.raises(ValueError, match="ends at"):
        load([], HOUR, HOUR)
