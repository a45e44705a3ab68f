"""How often something grows: one in forty is 2.5 %, and what that is compared with follows from grade and line."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.model import Grade
from config.plant import LineMode, Plant
from config.sampling import SampleKind
from monitor.records.plates.life import ViableResult
from monitor.records.plates.recovery import ISO_5, ISO_7, ISO_8, ISOLATOR, room_of
from monitor.records.plates.results import results
from monitor.store.viable import State
from tests.config.conftest import LINE
from tests.loaded import loaded
from tests.plates import AT, counted, hours, recovery_rates, sample, step


@pytest.fixture(scope="module")
def plant() -> Plant:
    return loaded(LINE)


def grown(*cfu: int | None, zone: str = "STM-L1-CORE") -> list[ViableResult]:
    """Plates that were read, as results."""
    return results([counted(one, number=n, place=n, zone=zone) for n, one in enumerate(cfu, 1)], None)


def test_one_in_forty_is_two_and_a_half_per_cent(plant: Plant) -> None:
    (rate,) = recovery_rates(plant, grown(*[0] * 39, 3))
    assert (rate.zone, rate.kind) == ("STM-L1-CORE", SampleKind.ACTIVE_AIR)
    assert (rate.taken, rate.grown, rate.percent) == (40, 1, 2.5)
    assert (rate.room, rate.is_above) == (ISO_8, False)  # below 10 %


def test_as_many_as_are_suggested_are_above(plant: Plant) -> None:
    (rate,) = recovery_rates(plant, grown(*[0] * 9, None))
    assert (rate.percent, rate.is_above) == (10, True)


def test_what_was_not_read_or_is_not_believed_was_not_taken(plant: Plant) -> None:
    aside = counted(3)
    aside = replace(aside, steps=(*aside.steps, step(State.QUARANTINED, "cao", hours(63), "lid")))
    assert recovery_rates(plant, results([sample(), aside], AT + timedelta(days=9))) == []


@pytest.mark.parametrize(
    ("grade", "mode", "room"),
    [
        (Grade.A, LineMode.C_ISOLATOR, ISOLATOR),
        (Grade.A, LineMode.B_CABINET, ISO_5),
        (Grade.B, LineMode.B_CABINET, ISO_7),
        (Grade.C, LineMode.C_ISOLATOR, ISO_8),
        (Grade.D, LineMode.C_ISOLATOR, None),
        (Grade.CNC, LineMode.B_CABINET, None),
    ],
)
def test_what_a_zone_is_compared_with(plant: Plant, grade: Grade, mode: LineMode, room: object) -> None:
    zone = replace(plant.zones["STM-L1-CORE"], grade=grade)
    line = replace(plant.lines["STM-L1"], mode=mode)
    assert room_of(replace(plant, zones={zone.id: zone}, lines={line.id: line}), zone.id) == room
    assert room_of(plant, "gone") is None


def test_the_figures_are_those_of_the_chapter() -> None:
    assert [room.below_percent for room in (ISOLATOR, ISO_5, ISO_7, ISO_8)] == [0.1, 1, 5, 10]


PLANT = loaded(LINE)


@given(st.lists(st.sampled_from([0, 0, 1, 9, None]), min_size=1, max_size=8))
def test_a_rate_is_a_share_and_one_more_plate_without_growth_never_raises_it(cfu: list[int | None]) -> None:
    (before,) = recovery_rates(PLANT, grown(*cfu))
    (after,) = recovery_rates(PLANT, grown(*cfu, 0))
    assert 0 <= after.percent <= before.percent <= 100
    assert before.grown == sum(one != 0 for one in cfu)
