"""Who is on call: nights that a person can check by hand, and laws held against clocks read minute by minute."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alarms.roster import Because, Turn, next_after, on_call, team, turns, within
from config.duty import Rotation, Substitution
from config.model import Text

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BERLIN = "Europe/Berlin"
DAILY = Rotation(
    "day", Text("Day", "日"), BERLIN, ("ann", "ben", "cai"), date(2026, 3, 27), time(2, 30), every_days=1
)

# --- Nights to check by hand ------------------------------------------------------------------------

# On 29 March 2026 the clocks of Berlin go from 02:00 to 03:00 at 01:00 UTC: there is no 02:30, and the turn that would
# begin then begins at 03:00. The day's turn is 23 h 30 min, the one after it 23 h 30 min.
SPRING = [
    ("2026-03-28T01:30", "2026-03-29T01:00", "ben"),
    ("2026-03-29T01:00", "2026-03-30T00:30", "cai"),
    ("2026-03-30T00:30", "2026-03-31T00:30", "ann"),
]
# On 25 October 2026 they go from 03:00 back to 02:00 at 01:00 UTC: 02:30 comes at 00:30 and at 01:30 UTC, and the first
# counts.
AUTUMN = [
    ("2026-10-24T00:30", "2026-10-25T00:30", "ben"),
    ("2026-10-25T00:30", "2026-10-26T01:30", "cai"),
    ("2026-10-26T01:30", "2026-10-27T01:30", "ann"),
]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def told(found: Sequence[Turn]) -> list[tuple[str, str, str]]:
    return [(f"{one.begins:%Y-%m-%dT%H:%M}", f"{one.ends:%Y-%m-%dT%H:%M}", one.person) for one in found]


@pytest.mark.parametrize(
    ("begins", "table"), [(date(2026, 3, 27), SPRING), (date(2026, 10, 23), AUTUMN)], ids=["spring", "autumn"]
)
def test_a_night_on_which_the_clocks_change(begins: date, table: list[tuple[str, str, str]]) -> None:
    rotation = replace(DAILY, begins=begins)
    first, last = utc(table[0][0]), utc(table[-1][1])
    assert told([*turns(rotation, (), first, last)]) == table
    for begin, end, person in table:
        assert on_call(rotation, (), utc(begin)) == person
        assert on_call(rotation, (), utc(end) - timedelta(microseconds=1)) == person


def test_a_day_that_an_island_skipped_belongs_to_the_instant_at_which_it_would_have_been() -> None:
    # Samoa went from the end of 29 December 2011 straight to 31 December, at 10:00 UTC.
    rotation = replace(DAILY, time_zone="Pacific/Apia", begins=date(2011, 12, 28), hand_over=time(8))
    assert told([*turns(rotation, (), utc("2011-12-29T19:00"), utc("2011-12-31T00:00"))]) == [
        ("2011-12-29T18:00", "2011-12-30T10:00", "ben"),
        ("2011-12-30T10:00", "2011-12-30T18:00", "cai"),
        ("2011-12-30T18:00", "2011-12-31T18:00", "ann"),
    ]
    at_midnight = replace(rotation, hand_over=time(0))
    assert told([*turns(at_midnight, (), utc("2011-12-29T10:00"), utc("2011-12-30T11:00"))]) == [
        ("2011-12-29T10:00", "2011-12-30T10:00", "ben"),
        ("2011-12-30T10:00", "2011-12-31T10:00", "ann"),
    ]


def test_a_half_hour_that_comes_twice_belongs_to_who_came_first() -> None:
    # On Lord Howe Island 02:00 became 01:30 on 5 April 2026, at 15:00 UTC of the 4th.
    rotation = replace(DAILY, time_zone="Australia/Lord_Howe", begins=date(2026, 4, 3), hand_over=time(1, 45))
    handed_over = utc("2026-04-04T14:45")
    assert on_call(rotation, (), handed_over - MINUTE) == "ben"
    assert [on_call(rotation, (), handed_over + n * 15 * MINUTE) for n in range(4)] == ["cai"] * 4


def test_what_has_begun_goes_on_where_the_clocks_go_back_to_the_day_before() -> None:
    # In Newfoundland 00:01 became 23:01 of the day before on 29 October 2006, at 02:31 UTC.
    rotation = replace(DAILY, time_zone="America/St_Johns", begins=date(2006, 10, 27), hand_over=time(0))
    assert [on_call(rotation, (), utc(f"2006-10-29T{at}")) for at in ("02:29", "02:30", "02:31", "03:31")] == [
        "ben", "cai", "cai", "cai",
    ]  # fmt: skip
    early = replace(rotation, hours=(time(0), time(6)))
    assert [on_call(early, (), utc(f"2006-10-29T{at}")) for at in ("02:29", "02:30", "02:31", "09:30")] == [
        None, "cai", "cai", None,
    ]  # fmt: skip


def test_a_holiday_goes_from_its_hand_over_to_the_next_days() -> None:
    rotation = replace(DAILY, time_zone="UTC", holidays={date(2026, 3, 28): "eve"})
    assert told([*turns(rotation, (), utc("2026-03-27T12:00"), utc("2026-03-29T12:00"))]) == [
        ("2026-03-27T02:30", "2026-03-28T02:30", "ann"),
        ("2026-03-28T02:30", "2026-03-29T02:30", "eve"),
        ("2026-03-29T02:30", "2026-03-30T02:30", "cai"),
    ]


def noted(person: str, begins: str, ends: str, rotation: str = "day") -> Substitution:
    return Substitution(rotation, utc(begins), utc(ends), person, "swapped")


def test_of_two_substitutions_at_once_the_last_noted_counts_and_both_count_more_than_a_holiday() -> None:
    rotation = replace(
        DAILY,
        time_zone="UTC",
        holidays={date(2026, 3, 28): "eve"},
        substitutions=(noted("fay", "2026-03-28T04:00", "2026-03-28T10:00"),),
    )
    swapped = [
        noted("gil", "2026-03-28T08:00", "2026-03-28T12:00"),
        noted("hal", "2026-03-28T09:00", "2026-03-28T11:00", "night"),
    ]
    found = [*turns(rotation, swapped, utc("2026-03-28T03:00"), utc("2026-03-28T20:00"))]
    assert [(one.begins.hour, one.person, one.because) for one in found] == [
        (2, "eve", Because.HOLIDAY),
        (4, "fay", Because.SUBSTITUTION),
        (8, "gil", Because.SUBSTITUTION),
        (12, "eve", Because.HOLIDAY),
    ]


def test_hours_cut_a_turn_and_nobody_is_on_call_outside_or_before_it_begins() -> None:
    rotation = replace(DAILY, time_zone="UTC", hand_over=time(8), every_days=7, hours=(time(20), time(8)))
    found = told([*turns(rotation, (), utc("2026-03-20T00:00"), utc("2026-03-29T08:00"))])
    assert found == [
        ("2026-03-27T20:00", "2026-03-28T08:00", "ann"),
        ("2026-03-28T20:00", "2026-03-29T08:00", "ann"),
    ]
    substitution = [noted("fay", "2026-03-01T00:00", "2026-04-01T00:00")]
    for at in ("2026-03-27T07:59", "2026-03-27T19:59", "2026-03-28T08:00"):
        assert on_call(rotation, substitution, utc(at)) is None
    assert on_call(rotation, substitution, utc("2026-03-28T07:59")) == "fay"
    assert within((time(20), time(8)), ZoneInfo("UTC"), utc("2026-03-28T07:59")) == utc("2026-03-28T08:00")


def test_a_hand_over_within_the_hours_cuts_them() -> None:
    rotation = replace(DAILY, time_zone="UTC", hand_over=time(7), hours=(time(20), time(8)))
    assert told([*turns(rotation, (), utc("2026-03-27T12:00"), utc("2026-03-29T00:00"))]) == [
        ("2026-03-27T20:00", "2026-03-28T07:00", "ann"),
        ("2026-03-28T07:00", "2026-03-28T08:00", "ben"),
        ("2026-03-28T20:00", "2026-03-29T07:00", "ben"),
    ]


def test_the_next_is_another_person_and_there_is_none_where_one_does_it_alone() -> None:
    rotation = replace(DAILY, time_zone="UTC", hours=(time(8), time(20)), every_days=7)
    assert next_after(rotation, (), utc("2026-03-28T09:00")) == "ben"
    assert next_after(rotation, (), utc("2026-03-28T22:00")) == "ann"
    assert next_after(replace(rotation, people=("ann", "ann")), (), utc("2026-03-28T09:00")) is None
    swapped = [noted("fay", "2026-03-29T10:00", "2026-03-29T11:00")]
    assert next_after(rotation, swapped, utc("2026-03-28T09:00")) == "fay"
    assert team(replace(rotation, people=("ben", "ann", "ben"))) == ("ben", "ann")


# --- Laws -------------------------------------------------------------------------------------------

NIGHTS = [
    (BERLIN, date(2026, 3, 29)),
    (BERLIN, date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("America/Havana", date(2026, 3, 8)),
    ("America/Havana", date(2026, 11, 1)),
    # At one minute past midnight, by which a day begins twice.
    ("America/St_Johns", date(2006, 10, 29)),
    ("Pacific/Apia", date(2011, 12, 30)),
    ("Asia/Shanghai", date(2026, 11, 21)),
]
AROUND_DAYS = 4


@cache
def furthest(zone: str, night: date) -> list[datetime]:
    """Read a wall clock every minute for some days about a night; give the latest time that it has shown so far."""
    begins = datetime.combine(night, time(), UTC) - AROUND_DAYS * DAY
    shown: list[datetime] = []
    for number in range(2 * AROUND_DAYS * 1440):
        wall = (begins + number * MINUTE).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        shown.append(max(wall, shown[-1]) if shown else wall)
    return shown


@st.composite
def rotations(draw: st.DrawFn) -> tuple[Rotation, date]:
    """Draw a rotation that runs over a night on which clocks change, most of its times near to that change."""
    zone, night = draw(st.sampled_from(NIGHTS))
    near = st.sampled_from([time(h, m) for h in (0, 1, 2, 3, 23) for m in (0, 15, 30, 45)])
    times = near | st.builds(time, st.integers(0, 23), st.integers(0, 59))
    hours = draw(st.none() | st.tuples(times, times).filter(lambda two: two[0] != two[1]))
    days = st.integers(-AROUND_DAYS, AROUND_DAYS).map(lambda n: night + n * DAY)
    rotation = Rotation(
        "day",
        Text("Day", "日"),
        zone,
        tuple(draw(st.lists(st.sampled_from("abc"), min_size=1, max_size=4))),
        draw(days.filter(lambda day: day < night) | st.just(night - 40 * DAY)),
        draw(times),
        draw(st.integers(1, 9)),
        hours,
        draw(st.dictionaries(days, st.just("h"), max_size=2)),
        tuple(draw(substitutions(night))),
    )
    return rotation, night


@st.composite
def substitutions(draw: st.DrawFn, night: date) -> list[Substitution]:
    """Draw substitutions about a night, some of another rotation."""
    minute = st.integers(-2 * 1440, 2 * 1440)
    rows = draw(st.lists(st.tuples(minute, minute, st.sampled_from(["day", "day", "other"])), max_size=3))
    midnight = datetime.combine(night, time(), UTC)
    return [
        Substitution(of, midnight + min(two) * MINUTE, midnight + max(two) * MINUTE, f"s{place}", "swapped")
        for place, (*two, of) in enumerate(rows)
    ]


def read_off(rotation: Rotation, noted: Sequence[Substitution], at: datetime, shown: datetime) -> str | None:
    """Say who is on call by clocks that are never put back, and by the rules as a person would read them."""
    day = (shown - timedelta(hours=rotation.hand_over.hour, minutes=rotation.hand_over.minute)).date()
    if day < rotation.begins:
        return None
    if rotation.hours:
        begins, ends = rotation.hours
        is_after, is_before = shown.time() >= begins, shown.time() < ends
        if not (is_after and is_before if begins < ends else is_after or is_before):
            return None
    instead = [one.person for one in (*rotation.substitutions, *noted)
               if one.rotation == rotation.id and one.begins <= at < one.ends]  # fmt: skip
    if instead:
        return instead[-1]
    turn = (day - rotation.begins).days // rotation.every_days
    return rotation.holidays.get(day, rotation.people[turn % len(rotation.people)])


@given(drawn=rotations(), data=st.data())
def test_it_is_who_a_person_reads_off_the_clocks_and_turns_agree_at_every_minute(
    drawn: tuple[Rotation, date], data: st.DataObject
) -> None:
    rotation, night = drawn
    swapped = data.draw(substitutions(night))
    midnight = datetime.combine(night, time(), UTC)
    first = data.draw(st.integers(-2 * 1440, 1440))
    since, until = midnight + first * MINUTE, midnight + first * MINUTE + DAY
    shown = furthest(rotation.time_zone, night)
    found = [*turns(rotation, swapped, since, until)]
    for number in range(0, 1440, data.draw(st.sampled_from([5, 7, 15]))):
        at = since + number * MINUTE
        read = read_off(rotation, swapped, at, shown[AROUND_DAYS * 1440 + first + number])
        assert [one.person for one in found if one.begins <= at < one.ends] == ([read] if read else [])
        if number % 15 == 0:
            assert on_call(rotation, swapped, at) == read


@given(drawn=rotations())
def test_turns_are_in_order_and_whole_whatever_part_is_asked_for(drawn: tuple[Rotation, date]) -> None:
    rotation, night = drawn
    midnight = datetime.combine(night, time(), UTC)
    wide = [*turns(rotation, (), midnight - 2 * DAY, midnight + 2 * DAY)]
    assert all(one.begins < one.ends for one in wide)
    assert all(one.ends <= other.begins for one, other in pairwise(wide))
    part = midnight - 5 * HOUR, midnight + 7 * HOUR
    overlapping = [one for one in wide if one.begins < part[1] and one.ends > part[0]]
    assert [*turns(rotation, (), *part)] == overlapping


@given(drawn=rotations(), number=st.integers(-2 * 1440, 2 * 1440), later=st.integers(0, 1440))
def test_nobody_else_is_on_call_before_the_next_who_never_is_who_it_is_now(
    drawn: tuple[Rotation, date], number: int, later: int
) -> None:
    rotation, night = drawn
    at = datetime.combine(night, time(), UTC) + number * MINUTE
    now, following = on_call(rotation, (), at), next_after(rotation, (), at)
    assert following is None or following != now
    others = (one for one in turns(rotation, (), at, at + 50 * DAY) if one.person == following)
    until = next(others).begins if following else at + (len(rotation.people) + 1) * rotation.every_days * DAY
    assert on_call(rotation, (), at + (until - at) * later / 1441) in {now, None}


@given(night=st.sampled_from(NIGHTS), two=st.lists(st.integers(0, 1439), min_size=2, max_size=2, unique=True))
def test_a_day_and_a_night_that_meet_leave_no_instant_to_nobody_nor_to_two(
    night: tuple[str, date], two: list[int]
) -> None:
    zone, day = night
    early, late = (time(*divmod(minutes, 60)) for minutes in sorted(two))
    by_day = replace(DAILY, time_zone=zone, begins=day - 10 * DAY, hand_over=early, hours=(early, late))
    by_night = replace(by_day, id="night", hours=(late, early))
    for number in range(-1500, 1500, 37):
        at = datetime.combine(day, time(), UTC) + number * MINUTE
        assert [on_call(one, (), at) is None for one in (by_day, by_night)].count(True) == 1
