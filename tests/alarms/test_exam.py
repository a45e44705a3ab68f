"""Every limit of the demo plant behaves as the sheet says that QA signs: to the instant, a billionth off the bound."""

from dataclasses import replace
from pathlib import Path

import pytest

from bench.running import DEMO
from config.plant import Plant
from config.rules import Level, Limit
from tests.alarms.building import limit
from tests.alarms.exam import faults, figures_of, read_sheet, sheet_says
from tests.loaded import loaded

SHEET = Path(__file__).parents[1] / "plants" / "demo_limits.csv"


@pytest.fixture(scope="module")
def demo() -> Plant:
    return loaded(DEMO)


def test_every_limit_behaves_as_the_sheet_says(demo: Plant) -> None:
    sheet = read_sheet(SHEET)
    wrong: list[str] = []
    examined: set[tuple[object, ...]] = set()
    for one in demo.limits:
        says = sheet_says(sheet, demo, one)
        if says is None:
            wrong.append(f"{one.id}: the sheet does not know it")
            continue
        same = (one.level, figures_of(one), says)
        if same not in examined:
            examined.add(same)
            wrong += (f"{one.id}: {fault}" for fault in faults(one, says))
    assert wrong == []
    assert len(examined) > 40


def test_the_sheet_has_no_limit_that_the_plant_has_not(demo: Plant) -> None:
    sheet = read_sheet(SHEET)
    used = {id(sheet_says(sheet, demo, one)) for one in demo.limits}
    assert [row for row, figures in sheet.items() if id(figures) not in used] == []


ONE = limit(Level.ACTION, 20, 90, on_s=2, off_s=5)


@pytest.mark.parametrize(
    "mutant",
    [
        replace(ONE, low=21.0),
        replace(ONE, low=19.0),
        replace(ONE, high=91.0),
        replace(ONE, high=None),
        replace(ONE, deadband=1.0),
        replace(ONE, deadband=3.0),
        replace(ONE, on_delay_s=1.0),
        replace(ONE, on_delay_s=3.0),
        replace(ONE, off_delay_s=4.0),
        replace(ONE, off_delay_s=6.0),
        replace(ONE, latching=True),
    ],
    ids=str,
)
def test_the_exam_fails_whoever_differs(mutant: Limit) -> None:
    assert not list(faults(ONE, figures_of(ONE)))
    assert list(faults(mutant, figures_of(ONE)))
