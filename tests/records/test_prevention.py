"""Trends for prevention, by example: months of the plant's calendar, successions, how soon people acted."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.rules import Level
from config.sampling import SampleKind
from monitor.records.prevention import (
    Flora,
    Handled,
    Month,
    Times,
    Watched,
    ZoneTrend,
    flora,
    handled,
    months,
    times,
)
from monitor.store.prevention import AlarmSeen, DeviationLife, Grown, PlatesOfMonth

MARCH, APRIL = months(
    datetime(2026, 2, 28, 16, tzinfo=UTC), datetime(2026, 4, 30, tzinfo=UTC), "Asia/Shanghai"
)
AT = datetime(2026, 3, 10, 8, tzinfo=UTC)


def seen(hours: float, alarm: str = "D/a/alert", level: Level = Level.ALERT, **facts: Any) -> AlarmSeen:
    """An alarm so long after AT, over and seen five minutes later."""
    at = AT + timedelta(hours=hours)
    known: dict[str, Any] = {
        "over_at": at + timedelta(minutes=5),
        "is_measured": True,
        "acknowledged_at": at + timedelta(minutes=5),
        "is_explained": False,
    }
    return AlarmSeen("Z", alarm, level, at, **(known | facts))


def test_months_are_those_of_the_plant() -> None:
    assert (MARCH.id, APRIL.id) == ("2026-03", "2026-04"), "in Shanghai it is March already"
    assert APRIL.since == datetime(2026, 3, 31, 16, tzinfo=UTC)
    assert (MARCH.until, APRIL.until) == (APRIL.since, datetime(2026, 4, 30, tzinfo=UTC))


@given(
    st.integers(0, 10**6), st.integers(1, 600_000), st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "UTC"])
)
def test_months_cover_a_time_without_gap_or_overlap(after_min: int, length_min: int, zone: str) -> None:
    start = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=after_min)
    end = start + timedelta(minutes=length_min)
    found = months(start, end, zone)
    assert (found[0].since, found[-1].until) == (start, end)
    assert all(one.until == after.since for one, after in pairwise(found))
    assert len({one.id for one in found}) == len(found)


@pytest.mark.parametrize(
    ("durations", "told"),
    [
        ([], Times()),
        ([3.0], Times(1, 3.0, 3.0)),
        ([4.0, 1.0, 3.0, 2.0], Times(4, 2.0, 4.0)),
        (list(range(1, 101)), Times(100, 50, 95)),
    ],
)
def test_median_and_95th_percentile_are_by_nearest_rank(durations: list[float], told: Times) -> None:
    assert times(durations) == told


def test_a_month_counts_what_was_beyond_a_limit_and_how_soon_it_was_seen() -> None:
    unseen: dict[str, Any] = {"over_at": None, "acknowledged_at": None}
    told = ZoneTrend().month(
        MARCH,
        [
            seen(0),
            seen(1, "D/a/action", Level.ACTION, acknowledged_at=AT + timedelta(hours=1, minutes=1)),
            seen(2, "D/blind", Level.DIAGNOSTIC),
            seen(3, "D/communication", Level.ACTION, is_measured=False),
            seen(4, is_explained=True),
            seen(5, "D/b/alert", **unseen),
        ],
    )
    assert (told.alert, told.action, told.consecutive) == (2, 1, 1)
    assert (told.alarms, told.peak_10_min, told.floods, told.stale) == (5, 1, 0, 1)
    assert told.acknowledging == Times(4, 300.0, 300.0)
    assert told.unacknowledged == 1


def test_alert_excursions_follow_on_one_another_within_a_day_over_the_end_of_a_month_too() -> None:
    trend, last = ZoneTrend(), (APRIL.since - AT) / timedelta(hours=1)
    service = [seen(hour, "service/undelivered", is_measured=False) for hour in range(4)]
    first = trend.month(
        MARCH, [*service, seen(0), seen(24), seen(24.5, "D/b/alert"), seen(48.1), seen(last - 1)]
    )
    assert first.consecutive == 2, "the third came more than a day later, the fourth of another limit"
    assert trend.month(APRIL, [seen(last + 1), seen(last + 2)]).consecutive == 3


def test_what_stands_from_one_month_into_the_next_is_stale_there_and_raised_nothing() -> None:
    trend = ZoneTrend()
    trend.before([seen(-2000, over_at=None, acknowledged_at=None)])
    told = trend.month(MARCH, [])
    assert (told.alarms, told.stale, told.unacknowledged) == (0, 1, 0)
    assert trend.month(APRIL, []).stale == 1
    assert ZoneTrend().month(APRIL, []) == Watched()


def test_what_grows_in_a_zone_for_the_first_time_is_told() -> None:
    epidermidis, subtilis = ("Staphylococcus", "S. epidermidis"), ("Bacillus", "B. subtilis")
    capitals = ("STAPHYLOCOCCUS", "S. EPIDERMIDIS")
    a_march, a_april, b_april = (
        (zone, SampleKind.SETTLE, month.id) for zone, month in (("A", MARCH), ("A", APRIL), ("B", APRIL))
    )
    told = flora(
        [
            Grown("A", "2026-03", *epidermidis, 3),
            Grown("A", "2026-03", "", "", 1),
            Grown("A", "2026-04", *capitals, 1),
            Grown("A", "2026-04", *subtilis, 1),
            Grown("A", "2026-04", "", "", 2),
            Grown("B", "2026-04", *epidermidis, 1),
        ],
        [PlatesOfMonth(*one, 40, 1) for one in (a_march, a_april, b_april)],
        [MARCH, APRIL],
    )
    assert told["A", "2026-03"] == [Flora(*epidermidis, 3, 75.0, False), Flora("", "", 1, 25.0, False)]
    assert told["A", "2026-04"] == [
        Flora(*capitals, 1, 25.0, False),
        Flora(*subtilis, 1, 25.0, True),
        Flora("", "", 2, 50.0, False),
    ]
    assert told["B", "2026-04"] == [Flora(*epidermidis, 1, 100.0, False)], "nothing was read there before"


def test_deviations_count_in_each_zone_and_in_the_month_in_which_they_were_opened() -> None:
    day = timedelta(days=1)
    told = handled(
        [
            DeviationLife(AT, AT + day, AT + 30 * day, ("A", "B")),
            DeviationLife(AT, AT + 3 * day, None, ("A",)),
            DeviationLife(APRIL.since, None, None, ()),
        ],
        [MARCH, APRIL],
    )
    second = Times(1, 30 * 86400.0, 30 * 86400.0)
    assert told == {
        ("A", "2026-03"): Handled(2, 1, Times(2, 86400.0, 3 * 86400.0), second),
        ("B", "2026-03"): Handled(1, 0, Times(1, 86400.0, 86400.0), second),
        ("", "2026-04"): Handled(1, 1),
    }


@given(st.lists(st.floats(0, 700), max_size=20), st.integers(0, 20))
def test_no_alarm_is_lost_between_two_months(hours: list[float], cut: int) -> None:
    every = [seen(one) for one in sorted(hours)]
    of = [
        Month("1", MARCH.since, AT + timedelta(days=cut)),
        Month("2", AT + timedelta(days=cut), APRIL.until),
    ]
    trend = ZoneTrend()
    told = [
        trend.month(one, [each for each in every if one.since <= each.raised_at < one.until]) for one in of
    ]
    assert sum(one.alert for one in told) == len(every) == sum(one.alarms for one in told)
    assert (
        max(one.consecutive for one in told)
        == ZoneTrend().month(Month("", of[0].since, of[1].until), every).consecutive
    )
