"""The pressure cascade: each edge a measured difference between two zones, and every fault at its place."""

from pathlib import Path

import pytest

from config.load import PlantFaults, load
from config.plant import Edge
from tests.config.conftest import LINE
from tests.loaded import loaded

DEMO = Path(__file__).parents[2] / "config" / "plants" / "demo"
CORE = "RM-STM-L1/core_dp"


def written(folder: Path, row: str) -> Path:
    """Copy the small plant, with rows of a cascade beside it."""
    for file in LINE.glob("*.yaml"):
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / "cascade.yaml").write_text(f"cascade:\n{row}\n")
    return folder


def test_the_edges_of_the_demo_plant_are_those_of_its_rooms() -> None:
    edges = {edge.channel: (edge.higher, edge.lower) for edge in loaded(DEMO).cascade}
    assert len(edges) == 5 * 5 + 5 + 5 + 5 * 4 + 2 + 3 + 3
    assert edges["RM-STM-L1/core_dp"] == ("STM-L1-CORE", "STM-CORR")
    assert edges["ISO-STM-L1/chamber_pressure"] == ("STM-L1-A-ISO", "STM-L1-CORE")
    assert edges["RM-IMM-L3/core_dp"] == ("IMM-L3-CORE", "IMM-L3-PALI")
    assert edges["RM-VIR-L2/core_dp"] == ("VIR-L2-PALI", "VIR-L2-CORE")
    assert edges["RM-QC/pos_dp"] == ("QC-CNC", "QC-POS")


def test_every_pressure_of_a_room_under_a_limit_is_an_edge() -> None:
    plant = loaded(DEMO)
    limited = {limit.channel for limit in plant.limits if limit.channel in plant.channels}
    rooms = {name for name in limited if name.startswith("RM-") and name.endswith("_dp")}
    assert rooms <= {edge.channel for edge in plant.cascade}


def test_a_row_stands_for_its_devices(tmp_path: Path) -> None:
    row = '  - {device: RM-*, channel: "{device}/core_dp", higher: "{line}-CORE", lower: "{line}-PALI"}'
    assert load(written(tmp_path, row)).cascade == (Edge(CORE, "STM-L1-CORE", "STM-L1-PALI"),)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (f"  - {{channel: {CORE}, higher: STM-L1-COER, lower: STM-L1-PALI}}", "did you mean"),
        (f"  - {{channel: {CORE}, higher: STM-L1-CORE, lower: STM-L1-CORE}}", "write another zone"),
        (
            "  - {channel: RM-STM-L1/core_pd, higher: STM-L1-CORE, lower: STM-L1-PALI}",
            "no channel 'RM-STM-L1/core_pd'",
        ),
        (
            "  - {channel: RM-STM-L1/core_temp, higher: STM-L1-CORE, lower: STM-L1-PALI}",
            "is in °C, not in Pa",
        ),
        (2 * f"  - {{channel: {CORE}, higher: STM-L1-CORE, lower: STM-L1-PALI}}\n", "stands already in"),
        (f"  - {{channel: {CORE}, higher: STM-L1-CORE}}", "lower"),
    ],
)
def test_what_is_wrong_with_an_edge_is_said_with_its_line(tmp_path: Path, row: str, says: str) -> None:
    with pytest.raises(PlantFaults) as caught:
        load(written(tmp_path, row))
    (fault,) = caught.value.faults
    assert says in str(fault)
    assert Path(fault.file).name == "cascade.yaml"
    assert fault.line in {2, 3}
