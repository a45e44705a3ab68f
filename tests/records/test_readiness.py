"""What a line lacks for a batch to begin: each kind by example, on the small plant."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from config.batches import EquipmentTest, Product, Readiness, ReadinessKind, Stage
from config.model import Text
from config.plant import Plant
from monitor.calibration import Category, Entry, Facts, Register, measuring
from monitor.records.clock import window_until
from monitor.records.readiness import Lack, Live, NotReadyKind, not_ready, passed_over, used
from monitor.store.equipment_tests import EquipmentFacts, EquipmentOutcome, NotedTest
from tests.loaded import loaded

AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
LINE, ISOLATOR, CHAMBER = "STM-L1", "ISO-STM-L1", "ISO-STM-L1/chamber_pressure"
VHP = Readiness(
    "vhp",
    (LINE,),
    ReadinessKind.STATE,
    Text("VHP done", "VHP完成"),
    "ISO-STM-L1/vhp_phase",
    frozenset({0.0, 6.0}),
)
GLOVE = Readiness(
    "glove",
    (LINE,),
    ReadinessKind.TEST,
    Text("Gloves whole", "手套完好"),
    equipment=ISOLATOR,
    test=EquipmentTest.GLOVE,
    within_s=24 * 3600,
)


@cache
def plant() -> Plant:
    made = loaded(Path(__file__).parents[1] / "plants" / "line")
    return replace(made, readiness={"vhp": VHP, "glove": GLOVE})


@cache
def register(due_on: date = date(2027, 1, 1), but: str = "") -> Register:
    day = date(2026, 1, 1)
    return Register(
        Entry(
            number,
            Facts(
                one,
                day,
                Category.A,
                "SN",
                "C",
                day,
                due_on if one == but else date(2027, 1, 1),
                day,
                day,
                day,
            ),
            "yearly",
            "li",
            AT,
            "wang",
            AT,
        )
        for number, one in enumerate(measuring(plant()))
    )


def live(*alarms: str, phase: float | None = 0.0, silent: str = "") -> Live:
    values = {} if phase is None else {VHP.channel: phase}
    return Live(values, frozenset(plant().devices) - {silent}, frozenset(alarms))


def glove_of(
    number: int,
    ago: timedelta,
    outcome: EquipmentOutcome = EquipmentOutcome.PASSED,
    confirmed_ago: timedelta | None = timedelta(),
) -> NotedTest:
    done = AT - ago
    confirmed = ("", None) if confirmed_ago is None else ("wang", AT - confirmed_ago)
    return NotedTest(
        number, EquipmentFacts(EquipmentTest.GLOVE, ISOLATOR, done, outcome), "li", done, *confirmed
    )


FRESH = (glove_of(1, HOUR),)


def lacks(
    seen: Live | None = None, tests: Sequence[NotedTest] = FRESH, known: Register | None = None
) -> list[Lack]:
    return not_ready(plant(), LINE, seen or live(), known or register(), tests, at=AT)


def test_a_line_of_which_all_is_known_and_well_is_ready() -> None:
    assert lacks() == []


@pytest.mark.parametrize(
    ("phase", "said"),
    [(4.0, "now: dwell. It must be: idle / complete"), (8.0, "now: fault"), (None, "no live value")],
)
def test_a_decontamination_that_is_not_done_or_not_known_is_told_by_its_phase(
    phase: float | None, said: str
) -> None:
    (one,) = lacks(live(phase=phase))
    assert (one.kind, one.key) == (NotReadyKind.STATE, "state:vhp")
    assert said in one.text.en
    assert one.text.zh.startswith("VHP完成：")


@pytest.mark.parametrize(
    ("tests", "said"),
    [
        ((), "No glove test of ISO-STM-L1"),
        ((glove_of(1, 25 * HOUR),), "was 25 h ago; it holds for 24 h"),
        ((glove_of(1, HOUR, confirmed_ago=None),), "another person"),
        ((glove_of(1, HOUR, confirmed_ago=-HOUR),), "another person"),
        ((glove_of(1, 2 * HOUR), glove_of(2, HOUR, EquipmentOutcome.FAILED, None)), "failed"),
        ((glove_of(1, 2 * HOUR), glove_of(2, HOUR, EquipmentOutcome.PENDING)), "not known yet"),
        (
            (
                glove_of(1, 3 * HOUR),
                glove_of(2, 2 * HOUR, EquipmentOutcome.FAILED),
                glove_of(3, HOUR, confirmed_ago=None),
            ),
            "another",
        ),
        ((replace(FRESH[0], noted_at=AT + HOUR),), "No glove test of ISO-STM-L1"),
    ],
)
def test_a_test_that_is_missing_old_failed_pending_or_unconfirmed_is_lacking(
    tests: Sequence[NotedTest], said: str
) -> None:
    (one,) = lacks(tests=tests)
    assert one.key == "test:glove"
    assert said in one.text.en
    assert used(plant(), LINE, tests, AT) == []


def test_an_older_test_still_holds_while_a_newer_one_waits_for_its_second_person() -> None:
    tests = (glove_of(1, 5 * HOUR), glove_of(2, HOUR, confirmed_ago=None))
    assert lacks(tests=tests) == []
    assert [one.number for one in used(plant(), LINE, tests, AT)] == [1]
    assert lacks(tests=(glove_of(1, 24 * HOUR),)) == []


def test_an_instrument_that_is_overdue_or_unknown_is_lacking_and_those_of_other_lines_are_not() -> None:
    (one,) = lacks(known=register(date(2026, 3, 1), "PC-A-STM-L1"))
    assert (one.key, "overdue" in one.text.en, "过期" in one.text.zh) == (
        "instrument:PC-A-STM-L1",
        True,
        True,
    )
    unknown = {one.id for one in lacks(known=Register(()))}
    assert unknown == set(measuring(plant()))
    other = replace(plant(), zones={id_: replace(zone, line="X") for id_, zone in plant().zones.items()})
    assert [one.key for one in not_ready(other, LINE, live(), Register(()), FRESH, at=AT)] == []


def test_a_channel_of_its_own_certificate_is_an_instrument_too() -> None:
    own = Facts(
        CHAMBER,
        date(2026, 1, 1),
        Category.A,
        "S",
        "C",
        date(2026, 1, 1),
        date(2026, 2, 1),
        *3 * (date(2026, 1, 1),),
    )
    entries = [each for one in register().instruments for each in register().history(one)]
    (one,) = lacks(known=Register([*entries, Entry(99, own, "yearly", "li", AT, "wang", AT)]))
    assert one.key == f"instrument:{CHAMBER}"


def test_a_zone_is_blind_where_a_device_is_silent_or_a_channel_gives_nothing() -> None:
    assert [one.key for one in lacks(live(silent="RM-STM-L1"))] == ["blind:RM-STM-L1"]
    assert [one.key for one in lacks(live("RM-STM-L1/communication"))] == ["blind:RM-STM-L1"]
    assert [one.key for one in lacks(live(f"{CHAMBER}/blind"))] == [f"blind:{CHAMBER}"]
    # A tower that is silent shows nothing, but it hides no zone.
    assert lacks(live(silent="ST-STM-L1")) == []


def test_the_clock_runs_from_the_first_beginning_of_its_stage() -> None:
    stages = tuple(Stage(one, Text(one, one)) for one in ("set-up", "open", "fill"))
    product = Product("MSC", Text("MSC", "MSC"), (LINE,), stages, 8 * 3600.0, "open")
    begun = [("set-up", AT), ("open", AT + HOUR), ("open", AT + 3 * HOUR), ("fill", AT + 4 * HOUR)]
    assert window_until(product, begun) == AT + 9 * HOUR
    assert window_until(product, begun[:1]) is None
    assert window_until(replace(product, window_s=None), begun) is None


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("test:glove", Text("Gloves whole", "手套完好")),
        ("state:vhp", VHP.label),
        (
            f"instrument:{ISOLATOR}",
            Text(f"instrument not in order: {{en}} ({ISOLATOR})", f"仪器状态不合格：{{zh}}（{ISOLATOR}）"),
        ),
        (
            f"blind:{ISOLATOR}/x",
            Text(
                f"not heard, or no value that can be used: {{en}} ({ISOLATOR}/x)",
                f"无响应或没有可用数值：{{zh}}（{ISOLATOR}/x）",
            ),
        ),
        ("records:equipment-tests", Text("not looked up: equipment-tests", "未能查询：equipment-tests")),
        ("test:gone", Text("gone", "gone")),
    ],
)
def test_what_was_passed_over_is_named_in_both_languages(key: str, told: Text) -> None:
    label = plant().devices[ISOLATOR].label
    wanted = Text(told.en.replace("{en}", label.en), told.zh.replace("{zh}", label.zh))
    assert passed_over(plant(), key) == wanted
