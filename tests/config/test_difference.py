"""What two plants differ in: named by kind, id and field, limits first, and what watches less closely marked."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import config.duty
from config.difference import FIELDS, Difference, difference, field_words, is_alike, limits_that_differ
from config.duty import Canary, Contact, Step, Substitution, Target, Who
from config.model import Text
from config.plant import Plant
from config.rules import Bounds, Limit, Priority
from tests.config.conftest import LINE
from tests.loaded import loaded

_PLANT = loaded(LINE)
PRESSURE = "ISO-STM-L1/chamber_pressure/action"


@pytest.fixture(scope="module")
def plant() -> Plant:
    return _PLANT


def limit_of(plant: Plant, key: str = PRESSURE) -> Limit:
    return next(one for one in plant.limits if one.id == key)


def with_limit(plant: Plant, key: str = PRESSURE, **changes: Any) -> Plant:
    limits = tuple(replace(one, **changes) if one.id == key else one for one in plant.limits)
    return replace(plant, limits=limits)


def test_a_plant_does_not_differ_from_itself(plant: Plant) -> None:
    assert difference(plant, replace(plant, sha256="another")) == ()


@pytest.mark.parametrize(
    ("field", "old", "new", "is_looser"),
    [
        ("low", 20.0, 15.0, True),
        ("low", 20.0, 25.0, False),
        ("low", 20.0, None, True),
        ("high", 90.0, 95.0, True),
        ("high", 90.0, 80.0, False),
        ("high", None, 80.0, False),
        ("on_delay_s", 0.0, 5.0, True),
        ("off_delay_s", 5.0, 1.0, True),
        ("deadband", 2.0, 3.0, False),
        ("latching", True, False, True),
        ("realarm_s", 1800.0, None, True),
        ("realarm_s", None, 1800.0, False),
        ("priority", Priority.CRITICAL, Priority.LOW, True),
        ("priority", Priority.LOW, Priority.HIGH, False),
        ("rationale", "a", "b", None),
    ],
)
def test_each_field_of_a_limit_says_whether_it_became_looser(
    plant: Plant, field: str, old: object, new: object, is_looser: bool | None
) -> None:
    before, after = with_limit(plant, PRESSURE, **{field: old}), with_limit(plant, PRESSURE, **{field: new})
    (one,) = difference(before, after)
    assert (one.kind, one.id, one.field, one.is_looser) == ("limit", PRESSURE, field, is_looser)
    (back,) = difference(after, before)
    assert (back.old, back.new) == (one.new, one.old)
    assert back.is_looser == (None if is_looser is None else not is_looser)


def test_bounds_at_rest_are_compared_with_what_held_there_before(plant: Plant) -> None:
    one = limit_of(plant)
    at_rest = Bounds(one.low, 95.0)
    assert difference(plant, with_limit(plant, at_rest=at_rest)) == (
        Difference("limit", PRESSURE, "at_rest.high", "90 Pa", "95 Pa", is_looser=True),
    )
    assert difference(plant, with_limit(plant, at_rest=Bounds(one.low, one.high))) == ()


def test_a_limit_that_is_gone_is_looser_and_one_that_is_new_is_not(plant: Plant) -> None:
    without = replace(plant, limits=tuple(one for one in plant.limits if one.id != PRESSURE))
    assert difference(plant, without) == (
        Difference("limit", PRESSURE, "", "20 … 90 Pa", None, is_looser=True),
    )
    assert difference(without, plant) == (
        Difference("limit", PRESSURE, "", None, "20 … 90 Pa", is_looser=False),
    )
    assert limits_that_differ(plant, without) == {PRESSURE}


def test_what_follows_a_reckoned_channel_has_its_unit_and_a_delay_has_none(plant: Plant) -> None:
    one = next(limit for limit in plant.limits if limit.channel in plant.derived and limit.high is not None)
    unit = plant.derived[one.channel].unit
    (told,) = difference(plant, with_limit(plant, one.id, high=7.5))
    assert unit
    assert told.new == f"7.5 {unit}"
    (delay,) = difference(plant, with_limit(plant, one.id, on_delay_s=17.0))
    assert delay.new == "17"


def test_limits_come_first_and_the_looser_of_them_before_the_others(plant: Plant) -> None:
    device = replace(plant.devices["ISO-STM-L1"], address="opc.tcp://127.0.0.1:1/")
    changed = with_limit(with_limit(plant, low=25.0), "ISO-STM-L1/chamber_pressure/alert", low=1.0)
    changed = replace(changed, devices={**changed.devices, device.id: device})
    assert [(one.kind, one.field, one.is_looser) for one in difference(plant, changed)] == [
        ("limit", "low", True),
        ("limit", "low", False),
        ("device", "address", None),
    ]


def test_a_profile_that_several_devices_share_is_told_once_by_the_channel_that_differs(plant: Plant) -> None:
    device = plant.devices["RM-STM-L1"]
    first, *others = device.profile.channels
    profile = replace(device.profile, channels=(replace(first, label=Text("other", "其他")), *others))
    changed = replace(plant, devices={**plant.devices, device.id: replace(device, profile=profile)})
    found = difference(plant, changed)
    assert {(one.kind, one.id, one.field.rpartition(".")[0]) for one in found} == {
        ("profile", profile.name, f"channels.{first.key}.label")
    }


def test_other_words_alone_are_no_difference_to_judging(plant: Plant) -> None:
    changed = with_limit(plant, rationale="said otherwise")
    assert limits_that_differ(plant, changed) == frozenset()
    assert is_alike(limit_of(plant), limit_of(changed))
    assert not is_alike(limit_of(plant), None)


def test_a_limit_on_a_channel_that_is_reckoned_otherwise_differs_though_its_figures_do_not(
    plant: Plant,
) -> None:
    key = "PC-A-STM-L1/rolling_m3_5_0"
    derived = replace(plant.derived[key], parameters={"size_um": 5.0, "sample_time_s": 60})
    changed = replace(plant, derived={**plant.derived, key: derived})
    assert limits_that_differ(plant, changed) == {one.id for one in plant.limits if one.channel == key}
    assert [one.field for one in difference(plant, changed)] == ["parameters.sample_time_s"]


def with_duty(plant: Plant, **changes: Any) -> Plant:
    return replace(plant, duty=replace(plant.duty, **changes))


def with_critical(plant: Plant, **changes: Any) -> Plant:
    first, *others = plant.duty.escalations
    return with_duty(plant, escalations=(replace(first, **changes), *others))


@pytest.mark.parametrize(
    ("field", "old", "new", "is_looser"),
    [
        ("repeats", 12, 3, True),
        ("repeat_s", 300.0, None, True),
        ("repeat_s", 300.0, 60.0, False),
        ("stops_at_clear", False, True, True),
        ("tells_clear", True, False, None),
        ("priorities", frozenset({Priority.CRITICAL}), frozenset({Priority.LOW}), True),
        ("priorities", frozenset({Priority.HIGH}), frozenset({Priority.HIGH, Priority.LOW}), False),
        ("quiet", None, (time(22), time(7)), True),
        ("quiet", (time(22), time(7)), None, False),
        ("quiet", (time(22), time(7)), (time(21), time(7)), None),
        ("zones", (), ("STM-*",), None),
    ],
)
def test_each_field_of_an_escalation_says_whether_it_became_looser(
    plant: Plant, field: str, old: object, new: object, is_looser: bool | None
) -> None:
    before, after = with_critical(plant, **{field: old}), with_critical(plant, **{field: new})
    (one,) = difference(before, after)
    assert (one.kind, one.id, one.field, one.is_looser) == ("escalation", "critical", field, is_looser)


def test_whatever_is_written_of_being_on_call_is_compared_in_words(plant: Plant) -> None:
    duty = plant.duty
    day, cao = duty.rotations["day"], duty.people["cao"]
    steps = (
        Step(0.0, (Target(Who.PERSON, "qian"), Target(Who.TEAM, "day"))),
        Step(60.0, duty.escalations[0].steps[0].targets),
    )
    critical, *others = duty.escalations
    changed = with_duty(
        plant,
        escalations=(*others, replace(critical, steps=steps)),
        rotations={**duty.rotations, "day": replace(day, hours=None, holidays={date(2026, 10, 1): "qian"})},
        people={**duty.people, "cao": replace(cao, contacts=(Contact("robot"), Contact("spare", "1")))},
        undelivered_s=30.0,
    )
    before = "0 s: on_call day + on_call night, 120 s: next day + next night, "
    before += "300 s: team day + team night + person qian"
    assert [(one.kind, one.id, one.field, one.old, one.new) for one in difference(plant, changed)] == [
        ("escalation", "critical", "steps", before, "0 s: person qian + team day, 60 s: on_call day + on_call night"),
        ("rotation", "day", "hours", "08:00, 20:00", None),
        ("rotation", "day", "holidays.2026-10-01", None, "qian"),
        ("person", "cao", "contacts", "robot (cao), spare (cao)", "robot, spare (1)"),
        ("duty", "demo", "undelivered_s", "15", "30"),
        ("duty", "demo", "order", "critical, high, medium", "high, medium, critical"),
    ]  # fmt: skip


def test_an_escalation_that_is_gone_is_looser_and_is_told_in_words(plant: Plant) -> None:
    gone, order = difference(plant, with_duty(plant, escalations=plant.duty.escalations[:2]))
    assert (gone.kind, gone.old, gone.is_looser) == (
        "escalation",
        "medium: 60 s: on_call day + on_call night",
        True,
    )
    assert (order.field, order.is_looser) == ("order", None)
    back, _ = difference(with_duty(plant, escalations=plant.duty.escalations[:2]), plant)
    assert back.is_looser is False


def test_tests_and_substitutions_are_told_in_words(plant: Plant) -> None:
    begins, ends = datetime(2026, 12, 24, tzinfo=UTC), datetime(2026, 12, 25, tzinfo=UTC)
    swapped = replace(
        plant.duty.rotations["day"], substitutions=(Substitution("day", begins, ends, "cao", "ill"),)
    )
    changed = with_duty(
        plant,
        rotations={**plant.duty.rotations, "day": swapped},
        test_page=config.duty.TestPage(0, time(10), 3600.0),
        canary=Canary("spare", 3600.0, 30.0),
    )
    assert {one.field: one.new for one in difference(plant, changed)} == {
        "substitutions": "2026-12-24T00:00:00+00:00/2026-12-25T00:00:00+00:00: cao (ill)",
        "test_page": "weekday 1, 10:00, 3600 s",
        "canary": "spare, 3600 s, 30 s",
    }


def test_every_field_has_words_in_both_languages_or_its_own_path() -> None:
    assert field_words("asks.0.param") == Text("what it asks for 0 param", "请求内容 0 param")
    assert field_words("something.else") == Text("something.else", "something.else")
    assert field_words("low").zh == "下限"
    assert all(words.en and words.zh for words in FIELDS.values())


@given(low=st.none() | st.floats(-100, 100), high=st.none() | st.floats(-100, 100))
def test_looser_means_that_something_permitted_now_was_not_before(
    low: float | None, high: float | None
) -> None:
    before = with_limit(_PLANT, low=0.0, high=10.0)
    found = difference(before, with_limit(before, low=low, high=high))
    looser = {one.field for one in found if one.is_looser}
    assert ("low" in looser) == (low is None or low < 0)
    assert ("high" in looser) == (high is None or high > 10)
