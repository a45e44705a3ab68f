"""Whole scenarios in compressed time: calm plants, the drift of two days, every deadline in simulated seconds."""

from pathlib import Path

import pytest

from config.load import load
from config.model import Plant
from simulators.faults import FAULTS
from simulators.trial import Verdict
from tests.scenarios.compressed import Compressed

DEMO = Path(__file__).parents[2] / "config" / "plants" / "demo"
LINE = Path(__file__).parents[1] / "plants" / "line"
INCUBATOR = "HCI-STM-L1"
WIRES = {"opcua-restart"}
"""Scenarios that are about the wire itself."""


@pytest.fixture(scope="module")
def demo() -> Plant:
    return load(DEMO)


def workshop(plant: Plant, of: str) -> list[str]:
    """Return the devices of a device's workshop."""
    where = plant.zones[plant.devices[of].zone].workshop
    return [one.id for one in plant.devices.values() if plant.zones[one.zone].workshop == where]


async def test_thirty_minutes_of_a_calm_plant_raise_nothing(demo: Plant, tmp_path: Path) -> None:
    """All 76 devices, every second; the physics takes steps of a second."""
    async with Compressed(tmp_path, demo, demo.devices, step_s=1.0) as plant:
        await plant.run(1800)
        assert plant.raised == set()
        assert plant.line.pipeline.state.running == {}


async def test_thirty_minutes_of_a_calm_line_raise_nothing(tmp_path: Path) -> None:
    line = load(LINE)
    async with Compressed(tmp_path, line, line.devices, seed=2) as plant:
        await plant.run(1800)
        assert plant.raised == set()


@pytest.mark.parametrize("name", sorted(set(FAULTS) - WIRES))
async def test_what_is_expected_of_a_scenario_comes_in_time(demo: Plant, tmp_path: Path, name: str) -> None:
    async with Compressed(tmp_path, demo, workshop(demo, FAULTS[name].device)) as plant:
        await plant.run(90)
        trial = await plant.play(name, for_s=1200)
        late = {row.expectation.what.en: row.detail for row in trial.rows if row.verdict is Verdict.FAILED}
        assert late == {}
        assert trial.is_decided
