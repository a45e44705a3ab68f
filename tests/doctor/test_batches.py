"""What the doctor finds of batches: written correctly, and yet reaching nothing."""

from dataclasses import replace
from pathlib import Path

import pytest

from config.batches import ReadinessKind
from config.load import load
from config.model import Grade
from config.plant import Plant
from monitor.doctor.batches import FONT, PRODUCTS, READINESS, SAMPLING, batches, font
from monitor.doctor.finding import Finding, Weight
from monitor.records.report import font as fonts_of

LINE = Path(__file__).parents[1] / "plants" / "line"


@pytest.fixture(scope="module")
def plant() -> Plant:
    """Give the small plant, in which every zone of grade A and B is sampled."""
    loaded = load(LINE)
    one = next(iter(loaded.positions.values()))
    graded = [key for key, zone in loaded.zones.items() if zone.grade in {Grade.A, Grade.B}]
    added = {f"more-{key}": replace(one, id=f"more-{key}", zone=key) for key in graded}
    return replace(loaded, positions={**loaded.positions, **added})


def weights(found: list[Finding]) -> list[tuple[str, Weight]]:
    return [(one.what.en, one.weight) for one in found]


def test_where_all_is_well_each_part_says_so_once(plant: Plant) -> None:
    found = list(batches(plant))
    assert weights(found) == [(part.en, Weight.WELL) for part in (PRODUCTS, READINESS, SAMPLING)]


def test_a_plant_without_products_is_told_that_no_batch_can_begin(plant: Plant) -> None:
    (found,) = batches(replace(plant, products={}))
    assert (found.what, found.weight) == (PRODUCTS, Weight.NOTE)


def test_what_is_asked_where_nothing_is_made_is_to_be_mended(plant: Plant) -> None:
    key, one = next(iter(plant.readiness.items()))
    elsewhere = {**plant.readiness, key: replace(one, lines=("STM-L9",))}
    found = [one for one in batches(replace(plant, readiness=elsewhere)) if one.weight is Weight.MEND]
    assert [(one.what, one.said.en) for one in found] == [
        (READINESS, f"{key}: nothing is made on STM-L9, so it is never asked")
    ]


def test_lines_that_ask_nothing_and_equipment_that_is_no_device_are_told(plant: Plant) -> None:
    (found,) = (one for one in batches(replace(plant, readiness={})) if one.what == READINESS)
    assert (found.weight, "without any test" in found.said.en) == (Weight.NOTE, True)
    tests = {key: one for key, one in plant.readiness.items() if one.kind is ReadinessKind.TEST}
    lost = {key: replace(one, equipment="ISO-GONE") for key, one in tests.items()}
    told = list(batches(replace(plant, readiness={**plant.readiness, **lost})))
    assert lost
    assert [one.weight for one in told if "ISO-GONE" in one.said.zh] == [Weight.NOTE] * len(lost)


def test_zones_that_nothing_measures_or_samples_are_named(plant: Plant) -> None:
    blind = {zone for product in plant.products.values() for stage in product.stages for zone in stage.zones}
    seen = {key: one for key, one in plant.channels.items() if one.zone not in blind}
    found = list(batches(replace(plant, channels=seen, positions={})))
    assert blind
    assert all(any(zone in one.said.en for one in found if one.what == PRODUCTS) for zone in blind)
    assert [one.weight for one in found if one.what == SAMPLING] == [Weight.NOTE]


def test_a_font_that_is_not_there_is_to_be_mended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert (font().what, font().weight) == (FONT, Weight.WELL)
    monkeypatch.setattr("monitor.doctor.batches.fonts", lambda: fonts_of.fonts(tmp_path))
    found = font()
    assert (found.weight, "make setup" in found.said.en) == (Weight.MEND, True)
