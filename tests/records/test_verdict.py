"""How a verdict is found: worked examples, and what must hold whatever happened."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import permutations
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.rules import Level
from monitor.calibration import InstrumentState
from monitor.records.dossier import verdict
from monitor.records.dossier.parts import AlarmPart, CheckPart, GapPart, LackKind, LackPart
from monitor.records.dossier.verdict import worst
from monitor.records.plates.coverage import Span, Uncovered
from monitor.records.verdicts import BY_WEIGHT, Verdict
from monitor.store.gaps import Cause
from tests.records.example import EXAMPLE, VIABLE
from tests.records.example_measured import ALARMS, CHANNELS, DOWN, FAULT

WITHIN, ALERT, INCOMPLETE, ACTION = BY_WEIGHT
ALARM = ALARMS[0]
CALM = replace(CHANNELS[1], gaps=())
PLATE = VIABLE[0]

alarms = st.lists(
    st.builds(
        lambda level, explained: replace(ALARM, level=level, explained=explained),
        st.sampled_from(Level),
        st.booleans(),
    ),
    max_size=5,
)
gaps = st.lists(st.sampled_from([DOWN, FAULT]), max_size=3)


@pytest.mark.parametrize("order", list(permutations(BY_WEIGHT)))
def test_the_worst_does_not_depend_on_the_order(order: tuple[Verdict, ...]) -> None:
    assert worst(order) is ACTION
    assert worst(one for one in order if one is not ACTION) is INCOMPLETE
    assert worst(()) is WITHIN


@given(alarms, gaps)
def test_a_channel_is_within_only_if_nothing_happened_and_nothing_is_missing(
    found: list[AlarmPart], lost: list[GapPart]
) -> None:
    (said, reasons) = verdict.of_channel(found, lost)
    counting = [one for one in found if not one.explained and one.level is not Level.DIAGNOSTIC]
    assert (said is WITHIN) == (not counting and not lost)
    assert (said is ACTION) == any(one.level is Level.ACTION for one in counting)
    assert bool(reasons) == (said is not WITHIN)


@given(alarms, gaps, alarms, gaps)
def test_more_never_makes_it_better(
    first: list[AlarmPart], lost: list[GapPart], more: list[AlarmPart], also: list[GapPart]
) -> None:
    before, _ = verdict.of_channel(first, lost)
    after, _ = verdict.of_channel(first + more, lost + also)
    assert worst((before, after)) is after


def test_what_is_missing_is_said_by_cause_the_greatest_first() -> None:
    said = verdict.missing([FAULT, DOWN, FAULT])
    assert said.en == "150 values are missing: network 120, particle counter 30."
    assert said.zh == "缺少150个数值：网络120，粒子计数器30。"
    assert verdict.missing([replace(FAULT, rows=1)]).en == "1 value is missing: particle counter 1."
    assert set(verdict.CAUSES) == set(Cause)


def test_what_is_reckoned_from_something_incomplete_is_incomplete() -> None:
    said, reasons = verdict.of_reckoned([ALARM], [CALM, CHANNELS[2]])
    assert said is INCOMPLETE
    assert [one.en for one in reasons] == [
        "An alert limit was exceeded.",
        "What it is reckoned from is incomplete.",
    ]
    assert verdict.of_reckoned([ALARM], [CALM])[0] is ALERT
    # Its own alarms do not make what is reckoned from it worse.
    assert verdict.of_reckoned([], [replace(CALM, verdict=ACTION)])[0] is WITHIN


def test_a_batch_is_as_its_worst_part() -> None:
    def of(**other: Any) -> Verdict:  # whatever of_batch takes
        known: dict[str, Any] = {
            "channels": [CALM],
            "alarms": [],
            "plates": [PLATE],
            "tests": EXAMPLE.tests,
            "lacks": [],
        }
        return verdict.of_batch(**(known | other))

    assert of() is WITHIN
    assert of(channels=(CALM, replace(CALM, verdict=ALERT))) is ALERT
    assert of(plates=(PLATE, replace(PLATE, verdict=ACTION))) is ACTION
    assert of(tests=(replace(EXAMPLE.tests[0], outcome="failed"),)) is ACTION
    announced = replace(ALARM, channel="", level=Level.ACTION)
    assert of(alarms=(announced,)) is ACTION
    assert of(alarms=(replace(announced, explained=True),)) is WITHIN
    assert of(alarms=(replace(announced, id="NET-STM/communication"),)) is WITHIN
    assert of(channels=(replace(CALM, verdict=ALERT),), lacks=EXAMPLE.lacks) is INCOMPLETE
    # What an alarm of a channel says is in that channel's verdict.
    assert of(alarms=(replace(ALARM, level=Level.ACTION),)) is WITHIN


def kinds(lacks: Iterable[LackPart]) -> list[tuple[LackKind, str]]:
    return [(one.kind, one.id) for one in lacks]


def test_an_instrument_that_was_not_fit_is_lacking_once() -> None:
    assert CALM.instrument is not None
    bad = [
        replace(CALM, instrument=replace(CALM.instrument, state=state))
        for state in (InstrumentState.OVERDUE, InstrumentState.OVERDUE)
    ]
    found = list(verdict.lacks_of_channels(bad))
    assert kinds(found) == [(LackKind.OVERDUE_INSTRUMENT, "ISO-STM-L1")]
    assert found[0].text.zh == "仪器ISO-STM-L1：校准已过期。"
    for state in InstrumentState:
        one = replace(CALM, instrument=replace(CALM.instrument, state=state))
        unfit = state in {InstrumentState.OVERDUE, InstrumentState.UNQUALIFIED, InstrumentState.UNKNOWN}
        assert bool(list(verdict.lacks_of_channels([one]))) == unfit


def test_of_what_no_settle_plate_covers_so_much_is_told() -> None:
    at = PLATE.exposed_from
    assert at is not None
    (lack,) = verdict.lacks_of_settle([Uncovered("S1", "fill", (Span(2, at, at),) * 12)], "Asia/Shanghai")
    told = f"#2 {at.astimezone(ZoneInfo('Asia/Shanghai')):%Y-%m-%d %H:%M:%S}"
    assert (lack.id, lack.text.en.count(told), lack.text.zh.count(told)) == ("S1/fill", 10, 10)
    assert lack.text.en.startswith("At S1/fill no settle plate lay open: ")
    assert lack.text.en.endswith("; 2 more (Asia/Shanghai).")
    assert lack.text.zh.endswith("；另有2段（Asia/Shanghai）。")


def test_plates_tests_and_the_end_are_lacking() -> None:
    plates = [replace(PLATE, state=state) for state in ("approved", "read", "quarantined", "rejected")]
    assert [kind for kind, _ in kinds(verdict.lacks_of_plates(plates))] == [
        LackKind.PENDING_PLATE,
        LackKind.PENDING_PLATE,
        LackKind.REJECTED_PLATE,
    ]
    done = EXAMPLE.tests[0]
    waiting = [done, replace(done, confirmed_at=None), replace(done, outcome="pending")]
    assert kinds(verdict.lacks_of_tests(waiting)) == [(LackKind.PENDING_TEST, "7")] * 2
    assert kinds(verdict.lacks_of_time("B", None, ["D"])) == [
        (LackKind.OPEN_BATCH, "B"),
        (LackKind.LATE_MINUTES, "D"),
    ]
    assert kinds(verdict.lacks_of_time("B", PLATE.read_at, [])) == []
    assert kinds(verdict.lacks_of_check(CheckPart({}, {}, agree=False, differs=("D/a",)))) == [
        (LackKind.DISAGREEMENT, "D/a")
    ]
