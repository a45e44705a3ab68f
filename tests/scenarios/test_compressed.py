"""Whole scenarios in compressed time: calm plants, the drift of two days, every deadline in simulated seconds."""

from pathlib import Path

import pytest

from config.plant import Plant
from simulators.faults import FAULTS
from simulators.particles import ParticleCounter
from simulators.trial import Verdict
from tests.loaded import loaded
from tests.scenarios.compressed import Compressed

DEMO = Path(__file__).parents[2] / "config" / "plants" / "demo"
LINE = Path(__file__).parents[1] / "plants" / "line"
INCUBATOR, COUNTER = "HCI-STM-L1", "PC-A-STM-L1"
HOUR_S = 3600.0
WIRES = {"opcua-restart"}
"""Scenarios that are about the wire itself."""


@pytest.fixture(scope="module")
def demo() -> Plant:
    return loaded(DEMO)


def workshop(plant: Plant, of: str) -> list[str]:
    """Return the devices of a device's workshop."""
    where = plant.zones[plant.devices[of].zone].workshop
    return [one.id for one in plant.devices.values() if plant.zones[one.zone].workshop == where]


async def test_ten_minutes_of_a_calm_plant_raise_nothing(demo: Plant, tmp_path: Path) -> None:
    """All 76 devices, every second; the physics takes steps of a second."""
    async with Compressed(tmp_path, demo, demo.devices, step_s=1.0) as plant:
        await plant.run(600)
        assert plant.raised == set()
        assert plant.line.pipeline.state.running == {}


async def test_thirty_minutes_of_a_calm_line_raise_nothing(tmp_path: Path) -> None:
    line = loaded(LINE)
    async with Compressed(tmp_path, line, line.devices, seed=2) as plant:
        await plant.run(1800)
        assert plant.raised == set()


async def test_a_sensor_that_drifts_is_found_within_8_h_and_half_a_degree_apart_after_25(
    demo: Plant, tmp_path: Path
) -> None:
    """Two days, read three times a minute: 0.02 degrees an hour are 0.5 after 25 h."""
    async with Compressed(tmp_path, demo, [INCUBATOR, "ST-STM-L1"], every_s=20, step_s=20) as plant:
        await plant.run(7 * HOUR_S)
        assert plant.raised == set(), "true sensors do not drift"
        plant.simulated.start_fault("temp-drift", INCUBATOR)
        found: dict[str, float] = {}
        for half_hour in range(96):
            await plant.run(HOUR_S / 2)
            for alarm in plant.line.pipeline.state.alarms:
                found.setdefault(alarm, (half_hour + 1) / 2)
        assert plant.line.pipeline.state.running == {}
    drift, apart = (found.pop(f"{INCUBATOR}/ch5_temp_{rule}/alert") for rule in ("drift", "deviation"))
    assert drift <= 8
    assert 23 <= apart <= 26
    assert set(found) <= {f"{INCUBATOR}/ch5_temp/{level}" for level in ("alert", "action")}


async def test_a_step_of_the_hosts_clock_ends_no_delay_early_or_late(demo: Plant, tmp_path: Path) -> None:
    """The core room's pressure is below its limit for its delay when the host's clock is set by an hour."""
    told = []
    for step_s in (0.0, 3600.0):
        folder = tmp_path / f"{step_s:.0f}"
        folder.mkdir()
        async with Compressed(folder, demo, ["RM-STM-L1", "ST-STM-L1", "DI-STM"]) as plant:
            await plant.run(5)
            plant.simulated.start_fault("door-open-room", "RM-STM-L1")
            await plant.run(20)
            plant.line.clock.ahead_s = step_s
            await plant.run(80)
        told.append([(entry.at_us, entry.body) for entry in plant.entries("transition")])
    assert told[0] == told[1]
    assert any("RM-STM-L1/core_dp/action" in body for _, body in told[0])


async def test_a_counter_whose_clock_goes_back_keeps_its_records_in_order_and_none_twice(
    demo: Plant, tmp_path: Path
) -> None:
    """A record is known by its time: one that bears the time of the last live one again is taken for it."""
    async with Compressed(tmp_path, demo, [COUNTER]) as plant:
        await plant.run(60)
        plant.simulated.start_fault("clock-jump", COUNTER)
        await plant.run(240)
        machine = plant.simulated.machine(COUNTER)
        assert isinstance(machine, ParticleCounter)
        counted = [record.at_unix_s for record in machine.records]
    kept = [entry for entry in plant.entries("sample") if entry.series == f"{COUNTER}#records"]
    # Ten records in the first minute, then twenty in the 120 s that come again: the last bears the tenth's time.
    assert [entry.at_us // 1_000_000 for entry in kept] == counted[:29] + counted[30:]
    assert counted[29] == counted[9]
    assert [entry.backfilled for entry in kept] == [0] * 10 + [1] * 19 + [0] * (len(kept) - 29)
    assert f"service/clock-of-{COUNTER}" in plant.raised


@pytest.mark.parametrize("name", sorted(set(FAULTS) - WIRES))
async def test_what_is_expected_of_a_scenario_comes_in_time(demo: Plant, tmp_path: Path, name: str) -> None:
    async with Compressed(tmp_path, demo, workshop(demo, FAULTS[name].device)) as plant:
        await plant.run(90)
        trial = await plant.play(name, for_s=1200)
        late = {row.expectation.what.en: row.detail for row in trial.rows if row.verdict is Verdict.FAILED}
        assert late == {}
        assert trial.is_decided
