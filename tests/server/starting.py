"""A plant on which a batch can begin: a product of three stages, and what must be ready before it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from config.batches import EquipmentTest, Product, Readiness, ReadinessKind, Stage
from config.model import Text
from config.plant import Plant
from monitor.calibration import Category, Facts, measuring
from monitor.store.equipment_tests import EquipmentFacts, EquipmentOutcome, confirm_test, note_test
from monitor.store.instruments import confirm_entry, note_entry
from monitor.store.people import By
from tests.server.collector import Collector, sample_but_for
from tests.server.conftest import PASSWORD, Running
from tests.server.hands import Hands

LINE, ISOLATOR = "STM-L1", "ISO-STM-L1"
PHASE = f"{ISOLATOR}/vhp_phase"
BATCH: dict[str, Any] = {"id": "MSC-2026-014", "line": LINE, "product": "MSC"}
QIAN = {"name": "qian", "password": PASSWORD}


def making(plant: Plant) -> Plant:
    """Give the plant a product, with a clock of eight hours from its second stage, and two things to be ready."""
    stages = tuple(
        Stage(one, Text(one, one), is_set_up=one == "set-up") for one in ("set-up", "open", "fill")
    )
    product = Product("MSC", Text("Stem cells", "干细胞"), (LINE,), stages, 8 * 3600.0, "open")
    vhp = Readiness("vhp", (LINE,), ReadinessKind.STATE, Text("VHP done", "VHP完成"), PHASE, frozenset({0.0}))
    gloves = Readiness(
        "gloves",
        (LINE,),
        ReadinessKind.TEST,
        Text("Gloves whole", "手套完好"),
        equipment=ISOLATOR,
        test=EquipmentTest.GLOVE,
        within_s=24 * 3600.0,
    )
    return replace(plant, products={"MSC": product}, readiness={"vhp": vhp, "gloves": gloves})


async def make_ready(server: Running, collector: Collector, hands: Hands) -> None:
    """Let every device be heard, the register be full, and the gloves be tested and confirmed."""
    hear(server, collector, hands)
    at, day = hands.at, hands.at.date()
    noted, confirmed = (
        By(at, "li", "engineer", "made", "people-x"),
        By(at, "wang", "engineer", "", "people-x"),
    )
    made = day - timedelta(days=30)
    async with server.service.database.connection() as connection:
        for one in measuring(server.service.settings.plant):
            facts = Facts(
                one, made, Category.A, "SN", "C-1", made, day + timedelta(days=300), made, made, made
            )
            await confirm_entry(connection, confirmed, await note_entry(connection, noted, facts), day)
        test = EquipmentFacts(EquipmentTest.GLOVE, ISOLATOR, at, EquipmentOutcome.PASSED, 0.4, "Pa/min")
        await confirm_test(connection, confirmed, await note_test(connection, noted, test))


def hear(server: Running, collector: Collector, hands: Hands, phase: float = 0.0) -> None:
    """Let one second of every device pass."""
    hands.pass_s(1)
    for series in server.service.settings.plant.series.values():
        collector.judge(sample_but_for(server.service.settings.plant, series.id, hands.at, {PHASE: phase}))
