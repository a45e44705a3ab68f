"""Which plates are to be taken: for the stages that a batch has come to, and on each shift, day and week."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.load import load
from config.model import Text
from config.plant import Plant
from config.sampling import Per, Rule, Shift
from monitor.records.plates.judged import plan_of
from monitor.records.plates.plan import ShiftOfDay, next_turn, planned
from monitor.store.batches import Batch, BatchStage
from tests.config.conftest import LINE
from tests.plates import sample

BEGAN = datetime(2026, 3, 2, 1, tzinfo=UTC)
ISO, CORE = "STM-L1-A-ISO", "STM-L1-CORE"


@pytest.fixture(scope="module")
def plant() -> Plant:
    return load(Path(LINE))


def batch(*stages: tuple[str, tuple[str, ...]], id_: str = "B-1") -> Batch:
    """A batch of line STM-L1 that has come to these stages, an hour each."""
    rows = tuple(
        BatchStage(n, name, zones, BEGAN + timedelta(hours=n - 1), None, "li")
        for n, (name, zones) in enumerate(stages, 1)
    )
    nothing: dict[str, Any] = {
        "overrides": (),
        "reason": "",
        "signature": "",
        "sha256": "",
        "plant": "",
        "chain": "c",
    }
    return Batch(id_, "STM-L1", "MSC", BEGAN, "li", None, "", False, "", **nothing, stages=rows)


def told(plant: Plant, about: Batch | ShiftOfDay) -> list[tuple[str, int, str]]:
    return [(one.position, one.place, one.occasion) for one in planned(plant, about)]


def test_a_batch_has_its_plates_once_and_those_of_every_stage_it_has_come_to(plant: Plant) -> None:
    gloves = [("ISO-GLOVE", 1, "B-1"), ("ISO-GLOVE", 2, "B-1")]
    set_up = ("set-up", ())
    assert told(plant, batch()) == gloves
    assert told(plant, batch(set_up)) == [*gloves, ("ISO-SETTLE", 1, "B-1/set-up")]
    filling = batch(set_up, ("fill", (ISO, CORE)))
    assert told(plant, filling) == [*gloves, ("ISO-SETTLE", 1, "B-1/set-up"), ("ISO-SETTLE", 1, "B-1/fill")]
    last = planned(plant, filling)[-1]
    assert (last.batch, last.stage, last.zone, last.planned_at) == (
        "B-1",
        "fill",
        ISO,
        BEGAN + timedelta(hours=1),
    )
    assert last.plan == plan_of(plant, plant.positions["ISO-SETTLE"])


def test_a_stage_elsewhere_has_no_plates_here(plant: Plant) -> None:
    assert [one.stage for one in planned(plant, batch(("fill", (CORE,))))] == ["", ""]


def test_a_day_begins_by_the_clock_of_the_plant(plant: Plant) -> None:
    (air,) = planned(plant, ShiftOfDay(date(2026, 3, 2)))
    assert (air.position, air.occasion, air.batch, air.stage) == ("CORE-AIR", "2026-03-02", "", "")
    assert air.planned_at == datetime(2026, 3, 1, 16, tzinfo=UTC)  # midnight in Shanghai
    assert {aim.cell.rule for aim in air.plan.aims} == {Rule.EACH, Rule.AVERAGE}


def test_a_shift_starts_when_the_plant_says(plant: Plant) -> None:
    named = (Shift("day", Text("Day", "白班"), time(8)), Shift("night", Text("Night", "夜班"), time(20, 30)))
    each_shift = replace(plant.positions["CORE-AIR"], per=Per.SHIFT)
    own = replace(plant, shifts=named, positions={"CORE-AIR": each_shift})
    day = date(2026, 3, 2)
    starts = [planned(own, ShiftOfDay(day, n))[0].planned_at for n in (1, 2)]
    assert starts == [datetime(2026, 3, 2, 0, tzinfo=UTC), datetime(2026, 3, 2, 12, 30, tzinfo=UTC)]
    (numbered,) = planned(replace(own, shifts=()), ShiftOfDay(day, 2))
    assert (numbered.occasion, numbered.planned_at) == ("2026-03-02/2", datetime(2026, 3, 1, 16, tzinfo=UTC))


@given(st.dates(date(2026, 1, 1), date(2030, 12, 31)), st.integers(1, 3))
def test_the_same_occasion_is_the_same_word_and_another_is_another(day: date, shift: int) -> None:
    plant = load_once()
    again, other = (
        planned(plant, ShiftOfDay(day, shift)),
        planned(plant, ShiftOfDay(day + timedelta(days=7), shift)),
    )
    keys = [(one.position, one.place, one.occasion, one.turn) for one in again]
    assert keys == [
        (one.position, one.place, one.occasion, one.turn) for one in planned(plant, ShiftOfDay(day, shift))
    ]
    assert max(Counter(keys).values()) == 1
    assert not {key[2] for key in keys} & {one.occasion for one in other}


def test_a_changed_plate_is_the_next_turn_of_the_same_place() -> None:
    after = next_turn(sample(), BEGAN)
    assert (after.turn, after.planned_at) == (2, BEGAN)
    assert (after.position, after.place, after.occasion) == ("CORE-AIR-1", 1, "B-1/fill")


_LOADED: list[Plant] = []


def load_once() -> Plant:
    """Load the plant of all examples once."""
    if not _LOADED:
        _LOADED.append(load(LINE))
    return _LOADED[0]
