"""What stood around a batch: its zones and what went on in them, and what was changed meanwhile."""

from dataclasses import replace
from datetime import date, timedelta

from alarms.events import SetOccupancy
from config.model import Occupancy, Text
from monitor.calibration import Category, Entry, Facts, Register
from monitor.records.dossier.parts import OccupancyPart, VersionPart
from monitor.records.dossier.scope import Span, scope_of
from monitor.records.dossier.setting import batch_part, plant_part, zone_parts
from monitor.store.batches import Batch, BatchStage
from monitor.store.plant_changes import InForce
from tests.records.played import played_plant
from tests.store.small import second, with_shared

PLANT = with_shared(played_plant())
REST, WORK = Occupancy.AT_REST, Occupancy.IN_OPERATION
STAGES = (
    BatchStage(1, "set_up", ("Z",), second(100), second(200), "wang"),
    BatchStage(2, "fill", ("Z", "CORR"), second(200), second(300), "wang"),
    BatchStage(3, "clean", ("CORR",), second(300), None, "wang"),
)
BATCH = Batch(
    "B", "L", "MSC", second(100), "wang", None, "", False, "", (), "", "", "", PLANT.sha256, "c", STAGES
)
SCOPE = scope_of(PLANT, BATCH, second(400))


def said(at_s: float, what: Occupancy, zone: str = "Z") -> SetOccupancy:
    return SetOccupancy(second(at_s), zone, what, "li", "a pause")


def test_a_zone_belongs_to_a_batch_from_its_first_stage_to_its_last() -> None:
    assert SCOPE.zones == {"Z": Span(second(100), second(300)), "CORR": Span(second(200), second(400))}
    assert SCOPE.devices == {"D", "AHU"}
    # A stage that names no zones is done in every zone of its line; what the lines share is not one of them.
    anywhere = replace(BATCH, stages=(replace(STAGES[0], zones=()),))
    assert scope_of(PLANT, anywhere, second(400)).zones == {"Z": Span(second(100), second(200))}


def test_what_goes_on_in_a_zone_is_told_for_its_time_in_the_batch() -> None:
    heard = [said(50, REST), said(150, WORK), said(160, WORK), said(170, REST, "CORR"), said(300, REST)]
    zones = {one.id: one.occupancy for one in zone_parts(SCOPE, heard)}
    assert zones == {
        "Z": (OccupancyPart(second(100), second(150), REST), OccupancyPart(second(150), second(300), WORK)),
        "CORR": (OccupancyPart(second(200), second(400), REST),),
    }
    (untold, _) = zone_parts(SCOPE, [])
    assert untold.occupancy == (OccupancyPart(second(100), second(300), PLANT.zones["Z"].occupancy),)


def test_what_the_plant_does_not_know_is_called_by_its_id() -> None:
    one = batch_part(PLANT, replace(BATCH, line="X", product="Y"))
    assert (one.line_label, one.product_label) == (Text("X", "X"), Text("Y", "Y"))
    assert [stage.label.zh for stage in batch_part(PLANT, BATCH).stages] == ["准备", "灌装", "clean"]
    assert [stage.is_set_up for stage in batch_part(PLANT, BATCH).stages] == [True, False, False]


def test_only_what_was_changed_within_the_batch_is_told() -> None:
    old = InForce("1" * 64, second(0), second(250), "first", "wang", "qian", 1)
    new = InForce("2" * 64, second(250), None, "looser", "li", "qian", 2)
    gone = InForce("0" * 64, second(-500), second(0), "", "", "", 0)
    facts = Facts("D", date(2026, 1, 1), Category.A, "SN", "C-7", date(2026, 1, 1), None, None, None, None)
    entries = [
        Entry(number, facts, "new", "sun", second(0), "qian", at)
        for number, at in ((1, second(90)), (2, second(350)))
    ]
    heard = [said(50, REST), said(150, WORK), said(160, WORK, "elsewhere")]
    one = plant_part(SCOPE, [new, old, gone], heard, Register(entries))
    assert [version.sha256[:1] for version in one.versions] == ["1", "2"]
    assert [(change.at, change.what, change.who) for change in one.changes] == [
        (second(150), Text("Z: in operation (a pause)", "Z：动态（a pause）"), "li"),
        (second(250), Text(f"plant {'2' * 12}: looser", f"工厂配置 {'2' * 12}：looser"), "li"),
        (second(350), Text("D: certificate C-7", "D：证书 C-7"), "sun, qian"),
    ]


def test_without_a_start_of_the_collector_the_batch_tells_its_plant() -> None:
    one = plant_part(SCOPE, [], [], Register([]))
    assert one.versions == (VersionPart(PLANT.sha256, BATCH.started_at, None, "", "", ""),)
    assert one.changes == ()
    assert SCOPE.until - BATCH.started_at == timedelta(seconds=300)
