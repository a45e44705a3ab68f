"""A rotation's turns as a calendar, read back line by line."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alarms.roster import turns
from config.duty import Rotation, Substitution
from config.model import Text
from monitor.notify.icalendar import LINE_MAX_OCTETS, calendar
from tests.config.conftest import LINE
from tests.loaded import loaded

PLANT = loaded(LINE)
ROTATION = Rotation(
    "day",
    Text("Engineer; by day, weekdays", "工程师；白班"),
    "Asia/Shanghai",
    ("li", "李明"),
    date(2026, 11, 16),
    time(8),
    hours=(time(8), time(20)),
)
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)

OURS = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Gradewatch//On call//EN
CALSCALE:GREGORIAN
NAME:Demo plant: Engineer\\; by day\\, weekdays
X-WR-CALNAME:Demo plant: Engineer\\; by day\\, weekdays
REFRESH-INTERVAL;VALUE=DURATION:PT1H
BEGIN:VEVENT
UID:{uid}
DTSTAMP:20261121T093000Z
DTSTART:20261123T000000Z
DTEND:20261123T120000Z
SUMMARY:李明: Engineer\\; by day\\, weekdays (on call)
CATEGORIES:turn
TRANSP:TRANSPARENT
END:VEVENT
END:VCALENDAR
"""


def lines_of(text: str) -> list[str]:
    """Read a calendar as RFC 5545 3.1 says: lines end with CR LF, and one that begins with a space goes on."""
    assert text.endswith("\r\n")
    lines: list[str] = []
    for part in text.removesuffix("\r\n").split("\r\n"):
        assert len(part.encode()) <= LINE_MAX_OCTETS
        assert "\n" not in part
        if part.startswith(" "):
            lines[-1] += part[1:]
        else:
            lines.append(part)
    return lines


def events_of(text: str) -> list[dict[str, str]]:
    """Give every event, its values unescaped."""
    events: list[dict[str, str]] = []
    for line in lines_of(text):
        name, _, value = line.partition(":")
        if line == "BEGIN:VEVENT":
            events.append({})
        elif events:
            events[-1][name] = unescaped(value)
    return events


def unescaped(value: str) -> str:
    letters, text = iter(value), ""
    for letter in letters:
        text += {"n": "\n"}.get(escaped := next(letters), escaped) if letter == "\\" else letter
    return text


def written(
    rotation: Rotation, since: datetime, days: int, *swapped: Substitution, language: str = "en"
) -> str:
    found = turns(rotation, swapped, since, since + timedelta(days=days))
    return calendar(PLANT, rotation, found, NOW, language)


def test_a_turn_reads_like_this() -> None:
    text = written(ROTATION, MONDAY, 1)
    (event,) = events_of(text)
    assert lines_of(text) == OURS.format(uid=event["UID"]).splitlines()


def test_it_is_written_in_the_language_asked_for() -> None:
    (event,) = events_of(written(ROTATION, MONDAY, 1, language="zh"))
    assert (event["SUMMARY"], event["CATEGORIES"]) == ("李明: 工程师；白班 (值班)", "轮值")


def test_an_event_keeps_its_name_whatever_is_fetched_and_whoever_has_the_turn() -> None:
    of_week = {one["DTSTART"]: one["UID"] for one in events_of(written(ROTATION, MONDAY, 7))}
    assert len(of_week) == len(set(of_week.values())) == 7
    first, last = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)
    swapped = Substitution("day", first, last, "qian", "ill")
    (event,) = events_of(written(ROTATION, first, 1, swapped))
    assert event["UID"] == of_week[event["DTSTART"]]
    assert (event["SUMMARY"].split(":")[0], event["CATEGORIES"]) == ("qian", "substitution")


def test_another_rotation_has_other_events() -> None:
    (one,) = events_of(written(ROTATION, MONDAY, 1))
    (other,) = events_of(written(replace(ROTATION, id="other"), MONDAY, 1))
    assert one["UID"] != other["UID"]


def test_across_a_night_on_which_the_clocks_change_events_meet() -> None:
    rotation = replace(ROTATION, time_zone="Europe/Berlin", hours=None, every_days=1)
    events = events_of(written(rotation, datetime(2027, 3, 27, tzinfo=UTC), 4))
    assert [one["DTSTART"][8:] for one in events[1:]] == ["T070000Z", "T060000Z", "T060000Z", "T060000Z"]
    assert all(one["DTEND"] == other["DTSTART"] for one, other in pairwise(events))


@pytest.mark.parametrize("letters", ["a", "é", "班", "😀", "a班"])
@pytest.mark.parametrize("length", range(20, 80, 7))
def test_a_long_line_is_folded_between_characters(letters: str, length: int) -> None:
    name = letters * length
    (event,) = events_of(written(replace(ROTATION, label=Text(name, name)), MONDAY, 1))
    assert event["SUMMARY"] == f"李明: {name} (on call)"


@given(name=st.text(st.characters(exclude_categories=["C"], include_characters="\n"), max_size=120))
def test_whatever_a_name_holds_comes_back_as_it_was(name: str) -> None:
    (event,) = events_of(written(replace(ROTATION, label=Text(name, name)), MONDAY, 1))
    assert event["SUMMARY"] == f"李明: {name} (on call)"
