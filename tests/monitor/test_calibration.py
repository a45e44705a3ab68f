"""How an instrument stood on a day: worked examples, and laws that hold for any register."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.calibration import (
    Category,
    Entry,
    Facts,
    InstrumentState,
    Register,
    Subject,
    due,
    state_on,
)

DAY = timedelta(days=1)
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOTED = datetime(2026, 3, 1, tzinfo=UTC)
FACTS = Facts(
    instrument="PC",
    since=date(2026, 3, 1),
    category=Category.A,
    serial="SN 1",
    certificate="C-2026-17",
    calibrated_on=date(2026, 2, 27),
    due_on=date(2027, 2, 26),
    iq_on=date(2025, 1, 10),
    oq_on=date(2025, 1, 20),
    pq_on=date(2025, 2, 3),
)


def entry(number: int, facts: Facts, *, confirmed: bool = True) -> Entry:
    by = ("wang", NOTED) if confirmed else ("", None)
    return Entry(number, facts, "yearly", "li", NOTED, *by)


@pytest.mark.parametrize(
    ("day", "state"),
    [
        (date(2026, 11, 27), InstrumentState.IN_ORDER),
        (date(2026, 11, 28), InstrumentState.DUE_IN_3_MONTHS),
        (date(2027, 1, 26), InstrumentState.DUE_IN_3_MONTHS),
        (date(2027, 1, 27), InstrumentState.DUE_IN_1_MONTH),
        (date(2027, 2, 26), InstrumentState.DUE_IN_1_MONTH),
        (date(2027, 2, 27), InstrumentState.OVERDUE),
    ],
)
def test_it_is_due_ninety_and_thirty_days_before_its_last_day_and_overdue_behind_it(
    day: date, state: InstrumentState
) -> None:
    assert state_on(FACTS, day) is state


def test_what_is_calibrated_once_only_is_never_due() -> None:
    once = replace(FACTS, category=Category.C, due_on=None)
    assert state_on(once, date(2099, 1, 1)) is InstrumentState.IN_ORDER


@pytest.mark.parametrize("lacking", ["iq_on", "oq_on", "pq_on"])
def test_it_takes_all_three_qualifications_each_from_its_day_on(lacking: str) -> None:
    day = date(2026, 4, 1)
    expected: dict[Any, InstrumentState] = {
        None: InstrumentState.UNQUALIFIED,
        day + DAY: InstrumentState.UNQUALIFIED,
        day: InstrumentState.IN_ORDER,
    }
    for done, state in expected.items():
        assert state_on(replace(FACTS, **{lacking: done}), day) is state


def test_a_qualification_has_a_last_day_of_its_own_and_is_told_of_like_a_calibration() -> None:
    facts = replace(FACTS, qualified_until=date(2026, 7, 1))
    states = {
        date(2026, 4, 1): InstrumentState.IN_ORDER,
        date(2026, 4, 2): InstrumentState.DUE_IN_3_MONTHS,
        date(2026, 6, 1): InstrumentState.DUE_IN_1_MONTH,
        date(2026, 7, 1): InstrumentState.DUE_IN_1_MONTH,
        date(2026, 7, 2): InstrumentState.UNQUALIFIED,
    }
    assert {day: state_on(facts, day) for day in states} == states
    register = Register([entry(1, facts)])
    told = {
        day: {subject: state for (_, subject), (state, _) in due(register, day, {"PC": None}).items()}
        for day in (date(2026, 7, 1), date(2026, 7, 2), date(2026, 12, 1))
    }
    assert list(told.values()) == [
        {Subject.REQUALIFICATION: InstrumentState.DUE_IN_1_MONTH},
        {Subject.REQUALIFICATION: InstrumentState.OVERDUE},
        {
            Subject.CALIBRATION: InstrumentState.DUE_IN_3_MONTHS,
            Subject.REQUALIFICATION: InstrumentState.OVERDUE,
        },
    ]
    start, end = datetime(2026, 6, 30, 16, tzinfo=UTC), datetime(2026, 7, 3, 16, tzinfo=UTC)
    assert [(one.state, one.since) for one in register.spans("PC", start, end, SHANGHAI)] == [
        (InstrumentState.IN_ORDER, start),
        (InstrumentState.UNQUALIFIED, start + DAY),
    ], "its readings are marked from the day after"


def test_only_what_is_confirmed_counts_and_from_its_day_on() -> None:
    renewed = replace(FACTS, since=date(2026, 5, 1), certificate="C-2026-44")
    register = Register([entry(2, renewed, confirmed=False), entry(1, FACTS)])
    assert register.state("PC", date(2026, 2, 28)) is InstrumentState.UNKNOWN
    assert register.counting("PC", date(2026, 6, 1)) == entry(1, FACTS)
    assert register.waiting("PC") == entry(2, renewed, confirmed=False)
    register = Register([entry(1, FACTS), entry(2, renewed)])
    assert register.waiting("PC") is None
    assert register.counting("PC", date(2026, 6, 1)) == entry(2, renewed)
    assert register.counting("PC", date(2026, 4, 30)) == entry(1, FACTS), (
        "what was then is still said of then"
    )


def test_a_correction_of_former_days_leaves_later_ones_as_they_are() -> None:
    renewed = replace(FACTS, since=date(2026, 5, 1))
    corrected = replace(FACTS, certificate="C-2026-71")
    register = Register([entry(1, FACTS), entry(2, renewed), entry(3, corrected)])
    assert register.counting("PC", date(2026, 4, 1)) == entry(3, corrected)
    assert register.counting("PC", date(2026, 5, 1)) == entry(2, renewed)
    assert [one.number for one in register.history("PC")] == [3, 2, 1]


def test_a_newer_entry_takes_the_place_of_one_that_waits() -> None:
    waits = entry(1, FACTS, confirmed=False)
    assert Register([waits]).waiting("PC") == waits
    assert Register([waits, entry(2, FACTS)]).waiting("PC") is None


def test_a_channel_stands_as_its_device_unless_it_has_entries_of_its_own() -> None:
    own = replace(FACTS, instrument="PC/temperature", since=date(2026, 4, 1), pq_on=None)
    register = Register([entry(1, FACTS), entry(2, own)])
    assert register.state("PC/cnt_0_5", date(2026, 4, 2)) is InstrumentState.IN_ORDER
    assert register.state("PC/temperature", date(2026, 3, 31)) is InstrumentState.IN_ORDER
    assert register.state("PC/temperature", date(2026, 4, 2)) is InstrumentState.UNQUALIFIED
    assert register.state("PC", date(2026, 4, 2)) is InstrumentState.IN_ORDER


def test_an_old_batch_is_told_by_the_days_of_the_plant() -> None:
    start, end = datetime(2027, 2, 20, tzinfo=UTC), datetime(2027, 3, 10, tzinfo=UTC)
    renewed = replace(FACTS, since=date(2027, 3, 5), due_on=date(2028, 3, 4))
    spans = Register([entry(1, FACTS), entry(2, renewed)]).spans("PC/cnt_0_5", start, end, SHANGHAI)
    assert [(one.since, one.until, one.state) for one in spans] == [
        (start, datetime(2027, 2, 26, 16, tzinfo=UTC), InstrumentState.IN_ORDER),
        (
            datetime(2027, 2, 26, 16, tzinfo=UTC),
            datetime(2027, 3, 4, 16, tzinfo=UTC),
            InstrumentState.OVERDUE,
        ),
        (datetime(2027, 3, 4, 16, tzinfo=UTC), end, InstrumentState.IN_ORDER),
    ]
    assert Register([]).spans("PC", end, end, SHANGHAI) == []


def test_people_are_told_of_what_the_plant_still_has() -> None:
    own = replace(FACTS, instrument="PC/temperature")
    other = replace(FACTS, instrument="OLD")
    unqualified = replace(FACTS, instrument="ISO", pq_on=None)
    register = Register([entry(n, one) for n, one in enumerate((FACTS, own, other, unqualified))])
    known = dict.fromkeys(("PC", "PC/temperature", "PC/rh", "ISO"))
    assert due(register, date(2026, 6, 1), known) == {}
    told = due(register, date(2027, 2, 1), known)
    assert {key: state for key, (state, _) in told.items()} == {
        (instrument, Subject.CALIBRATION): InstrumentState.DUE_IN_1_MONTH
        for instrument in ("PC", "PC/temperature", "ISO")
    }


def _days(first: int, last: int) -> st.SearchStrategy[date]:
    return st.integers(first, last).map(lambda n: date(2026, 1, 1) + n * DAY)


@st.composite
def registers(draw: st.DrawFn) -> Register:
    entries = []
    for number in range(draw(st.integers(0, 5))):
        since = draw(_days(0, 40))
        done = st.one_of(st.none(), _days(-5, 45))
        facts = replace(
            FACTS,
            instrument=draw(st.sampled_from(["PC", "PC/temperature"])),
            since=since,
            calibrated_on=since,
            due_on=draw(st.one_of(st.none(), _days(1, 60))),
            iq_on=draw(done),
        )
        entries.append(entry(number, facts, confirmed=draw(st.booleans())))
    return Register(entries)


@given(registers(), st.sampled_from(["PC", "PC/temperature", "PC/rh"]), _days(-3, 60), st.integers(0, 30))
def test_spans_cover_the_time_and_say_of_each_day_what_the_register_says(
    register: Register, instrument: str, first: date, length: int
) -> None:
    start = datetime(first.year, first.month, first.day, 9, tzinfo=SHANGHAI)
    end = start + length * DAY
    spans = register.spans(instrument, start, end, SHANGHAI)
    if length:
        assert (spans[0].since, spans[-1].until) == (start, end)
    for one, following in pairwise(spans):
        assert one.until == following.since
        assert one.state is not following.state
    for n in range(length):
        at = start + n * DAY
        (span,) = [one for one in spans if one.since <= at < one.until]
        state = register.state(instrument, at.date())
        soon = state in {InstrumentState.DUE_IN_3_MONTHS, InstrumentState.DUE_IN_1_MONTH}
        assert span.state is (InstrumentState.IN_ORDER if soon else state)
