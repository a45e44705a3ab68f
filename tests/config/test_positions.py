"""Where microbes are sampled, from YAML to nouns; and every fault of it, at its line."""

from datetime import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.difference import difference
from config.model import Grade, Text
from config.sampling import Incubation, Per, Position, SampleKind, Shift
from tests.config.conftest import LINE, Copy
from tests.config.test_demo import DEMO
from tests.loaded import loaded

CASES = yaml.safe_load((Path(__file__).parent / "position_faults.yaml").read_text(encoding="utf-8"))
FILE = "sampling.yaml"
HARVEST, FILLING = (
    f"label: {{en: {en}, zh: {zh}}}, zones: [STM-L1-A-ISO]"
    for en, zh in (("Harvest", "收获"), ("Filling", "灌装"))
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["case"]))
def test_a_fault_is_said_at_its_line_with_a_remedy(copy: Copy, case: dict[str, Any]) -> None:
    line = copy.change(FILE, case["old"], case["new"])
    faults = copy.faults()
    assert len(faults) == case.get("faults", 1), faults
    assert case["says"] in faults[0].message
    assert (Path(faults[0].file).name, faults[0].line) == (FILE, line + case.get("at", 0))
    assert any(sign in faults[0].message for sign in ("; ", "?")), "no remedy"


def test_everything_that_is_written_is_in_the_nouns(copy: Copy) -> None:
    copy.change(FILE, "per: stage", "per: stage\n    stages: [harvest, fill]")
    positions = copy.load().positions
    settle, air = positions["ISO-SETTLE"], positions["CORE-AIR"]
    assert (settle.stages, settle.exposure_max_s, settle.places) == (("harvest", "fill"), 14400, 1)
    assert positions["ISO-GLOVE"].places == 2
    assert air == Position(
        id="CORE-AIR",
        zone="STM-L1-CORE",
        kind=SampleKind.ACTIVE_AIR,
        label=Text("Middle of the room", "房间中央"),
        medium="TSA",
        per=Per.DAY,
        incubation=(Incubation(20, 25, 3, 5), Incubation(30, 35, 2, 3)),
        rationale="demo proposal",
        volume_l=500,
        alert=50,
        action=80,
    )


def test_shifts_are_written_in_the_order_of_the_day(copy: Copy) -> None:
    day = '  - {id: day, label: {en: Day, zh: 白班}, starts: "08:00"}'
    night = '  - {id: night, label: {en: Night, zh: 夜班}, starts: "20:30"}'
    line = copy.change(FILE, "positions:", f"shifts:\n{day}\n{night}\npositions:")
    numbered, named = loaded(LINE), copy.load()
    assert named.shifts == (
        Shift("day", Text("Day", "白班"), time(8)),
        Shift("night", Text("Night", "夜班"), time(20, 30)),
    )
    assert [(one.kind, one.id) for one in difference(numbered, named)] == [
        ("shift", "day"),
        ("shift", "night"),
    ]
    copy.change(FILE, "20:30", "07:00")
    (fault,) = copy.faults()
    assert fault.message.startswith("starts at 07:00, not after day at 08:00; write")
    assert fault.line == line + 2


def test_a_batch_is_sampled_only_where_one_is_made(copy: Copy) -> None:
    copy.change("zones.yaml", "id: STM-L1-CORE, line: STM-L1", "id: STM-L1-CORE, workshop: STM")
    line = copy.change(FILE, "per: day", "per: batch")
    messages = {fault.line: fault.message for fault in copy.faults() if Path(fault.file).name == FILE}
    assert messages == {line: "no batch is made in zone STM-L1-CORE; write per: shift, day or week"}
    copy.change(FILE, "per: batch\n    volume_l", "per: stage\n    volume_l")
    copy.change("batches.yaml", "label: {en: Harvest, zh: 收获}, zones: [STM-L1-A-ISO, STM-L1-CORE]", HARVEST)
    copy.change("batches.yaml", "label: {en: Filling, zh: 灌装}, zones: [STM-L1-A-ISO, STM-L1-CORE]", FILLING)
    messages = {fault.line: fault.message for fault in copy.faults() if Path(fault.file).name == FILE}
    assert messages == {line: "no batch is made in zone STM-L1-CORE; write per: shift, day or week"}


def test_a_site_without_rulesets_says_what_is_too_much(copy: Copy) -> None:
    copy.change("zones.yaml", "id: STM-L1-CORE, line: STM-L1", "id: STM-L1-CORE, rulesets: [], line: STM-L1")
    copy.change(
        "zones.yaml", "id: STM-L1-A-ISO, line: STM-L1", "id: STM-L1-A-ISO, rulesets: [], line: STM-L1"
    )
    assert not [fault for fault in copy.faults() if Path(fault.file).name == FILE]
    copy.change(FILE, "    action: 80\n", "")
    (fault,) = (fault for fault in copy.faults() if Path(fault.file).name == FILE)
    assert "gives a figure for active_air in grade C; write action:" in fault.message


@pytest.mark.parametrize(
    ("old", "new", "field", "is_looser"),
    [
        ("alert: 50", "alert: 60", "alert", True),
        ("action: 80", "action: 70", "action", False),
        ("places: 2", "places: 1", "places", True),
        ("volume_l: 500", "volume_l: 250", "volume_l", True),
        ("exposure_max_s: 14400", "exposure_max_s: 7200", "exposure_max_s", False),
        ("per: day", "per: week", "per", None),
    ],
)
def test_what_is_looser_is_marked(copy: Copy, old: str, new: str, field: str, is_looser: bool | None) -> None:
    before = copy.load()
    copy.change(FILE, old, new)
    (one,) = difference(before, copy.load())
    assert (one.kind, one.field, one.is_looser) == ("position", field, is_looser)


def test_a_position_less_is_looser(copy: Copy) -> None:
    (copy.plant / FILE).unlink()
    found = difference(loaded(LINE), copy.load())
    assert [(one.id, one.is_looser) for one in found if one.kind == "position"] == [
        ("CORE-AIR", True), ("ISO-GLOVE", True), ("ISO-SETTLE", True),
    ]  # fmt: skip


def test_the_demo_samples_every_line_in_all_four_ways() -> None:
    plant = loaded(DEMO)
    for line in plant.lines:
        own = [one for one in plant.positions.values() if plant.zones[one.zone].line == line]
        critical = {one.kind for one in own if plant.zones[one.zone].grade is Grade.A}
        assert critical == set(SampleKind), line
        assert {one.kind for one in own if one.zone == f"{line}-CORE"} >= {
            SampleKind.ACTIVE_AIR,
            SampleKind.SETTLE,
        }
    samplers = {one.device for one in plant.positions.values() if one.device}
    assert samplers == {name for name in plant.devices if name.startswith("VAS-")}
    assert all("demo proposal" in one.rationale for one in plant.positions.values())
