"""What is made, what must be ready and who reviews it, from YAML to nouns; and every fault of it, at its line."""

from dataclasses import replace
from pathlib import Path

import pytest

from config.batches import EquipmentTest, Levels, Product, Readiness, ReadinessKind, Stage
from config.difference import difference
from config.model import Grade, Text
from tests.config.conftest import LINE, Copy
from tests.loaded import loaded

FILE = "batches.yaml"
PRODUCT, GLOVES = "  - id: MSC\n", "  - {id: gloves, "
FILL = "      - {id: fill, "
VHP = "channel: ISO-STM-L1/vhp_result, states: [1]"
GLOVE = "test: glove, equipment: ISO-STM-L1, within_s: 86400"
HARVEST = "harvest, label: {en: Harvest, zh: 收获}, zones: [STM-L1-A-ISO, STM-L1-CORE]"


def test_everything_that_is_written_is_in_the_nouns(copy: Copy) -> None:
    copy.append(FILE, "review: {levels: 1, key_levels: 4, key_grades: [A, B]}\n")
    plant = copy.load()
    assert plant.products == {
        "MSC": Product(
            "MSC",
            Text("Mesenchymal stem cells", "间充质干细胞"),
            ("STM-L1",),
            (
                Stage("set-up", Text("Set-up", "准备"), is_set_up=True),
                Stage("harvest", Text("Harvest", "收获"), zones=("STM-L1-A-ISO", "STM-L1-CORE")),
                Stage("fill", Text("Filling", "灌装"), zones=("STM-L1-A-ISO", "STM-L1-CORE")),
            ),
            28_800.0,
            "harvest",
        )
    }
    assert plant.readiness["vhp"] == Readiness(
        "vhp",
        ("STM-L1",),
        ReadinessKind.STATE,
        Text("The isolator's last decontamination passed", "隔离器上次灭菌合格"),
        channel="ISO-STM-L1/vhp_result",
        states=frozenset({1.0}),
    )
    gloves = plant.readiness["gloves"]
    assert (gloves.equipment, gloves.test, gloves.within_s) == ("ISO-STM-L1", EquipmentTest.GLOVE, 86_400.0)
    assert plant.review == Levels(1, 4, frozenset({Grade.A, Grade.B}))


def test_a_plant_may_make_nothing_in_batches(copy: Copy) -> None:
    (copy.plant / FILE).unlink()
    plant = copy.load()
    assert (plant.products, plant.readiness, plant.review) == ({}, {}, Levels())


FAULTS = [
    ("lines: [STM-L1]\n", "lines: [STM-L9]\n", 0, "line 'STM-L9' does not exist; did you mean 'STM-L1'?"),
    ("lines: [STM-L1]\n", "lines: [STM-L1, STM-L1]\n", 0, "line STM-L1 stands there twice"),
    ("lines: [STM-L1]\n", "lines: []\n", 0, "shorter than 1"),
    ("    window_from: harvest\n", "    window_from: thaw\n", 0, "window_from 'thaw' is not a stage of MSC"),
    (
        "    window_s: 28800\n    window_from: harvest\n",
        "    window_s: 28800\n",
        -3,
        "one of window_s and window_from",
    ),
    (FILL, "      - {id: harvest, ", 0, "stage 'harvest' stands twice"),
    (FILL, FILL + "is_set_up: true, ", 0, "fill is the set-up and not the first stage"),
    (HARVEST, HARVEST.replace("-CORE", "-COR"), 0, "zone 'STM-L1-COR' does not exist"),
    (VHP, VHP.replace("vhp_result", "vhp_resul"), 0, "no channel 'ISO-STM-L1/vhp_resul' in this plant"),
    (VHP, VHP.replace("[1]", "[9]"), 0, "has no state 9; write one of 0 (none yet)"),
    (VHP, "channel: ISO-STM-L1/vhp_result", 0, "is of kind state and has no states"),
    (VHP, VHP + ", test: leak", 0, "is of kind state, which has no test"),
    (GLOVE, GLOVE.replace("glove", "gloves"), 0, "test is 'gloves'"),
    (GLOVE, "test: glove", 0, "is of kind test and has no equipment"),
    (GLOVE, GLOVE + ", states: [1]", 0, "is of kind test, which has no states"),
    (GLOVES, "  - {id: vhp, ", 0, "id 'vhp' stands twice in readiness"),
    (GLOVES + "lines: [STM-L1]", GLOVES + "lines: [L1]", 0, "line 'L1' does not exist"),
]


@pytest.mark.parametrize(("old", "new", "at", "says"), FAULTS, ids=[says for *_, says in FAULTS])
def test_a_fault_is_said_at_its_line_with_a_remedy(
    copy: Copy, old: str, new: str, at: int, says: str
) -> None:
    line = copy.change(FILE, old, new)
    (fault,) = copy.faults()
    assert says in fault.message
    assert (Path(fault.file).name, fault.line) == (FILE, line + at)
    assert any(sign in fault.message for sign in ("; ", "?")), "no remedy"


def test_key_data_are_not_reviewed_by_fewer(copy: Copy) -> None:
    copy.append(FILE, "review: {levels: 3, key_levels: 2}\n")
    (fault,) = copy.faults()
    assert "key_levels 2 is less than levels 3" in fault.message


def test_a_stage_names_a_zone_of_each_line_or_none(copy: Copy) -> None:
    copy.append(
        "plant.yaml",
        "  - {id: STM-L2, workshop: STM, mode: c_isolator, product: MSC, label: {en: 2, zh: 二}}\n",
    )
    copy.change(FILE, "lines: [STM-L1]\n", "lines: [STM-L2]\n")
    said = [fault.message for fault in copy.faults()]
    assert any("zone STM-L1-A-ISO belongs to no line of MSC" in one for one in said)
    assert any("harvest names no zone of STM-L2" in one for one in said)


def test_another_way_of_making_is_a_difference_in_words() -> None:
    plant = loaded(LINE)
    product, gloves = plant.products["MSC"], plant.readiness["gloves"]
    longer = replace(
        plant,
        products={"MSC": replace(product, stages=product.stages[:2], window_s=36_000.0)},
        readiness={"gloves": replace(gloves, within_s=None)},
        review=Levels(1, 3, frozenset()),
    )
    found = {(one.kind, one.id, one.field): one for one in difference(plant, longer)}
    assert found["product", "MSC", "stages"].new == (
        "set-up (Set-up · 准备, set-up), harvest (Harvest · 收获) STM-L1-A-ISO STM-L1-CORE"
    )
    looser = {key for key, one in found.items() if one.is_looser}
    assert looser == {
        ("product", "MSC", "window_s"),
        ("readiness", "gloves", "within_s"),
        ("readiness", "vhp", ""),
        ("review", "demo", "levels"),
        ("review", "demo", "key_grades"),
    }
    assert {one.is_looser for one in difference(longer, plant)} == {False, None}
