"""What machines do to one another: doors to pressures, a lost fan to a workshop, a leak to rooms, air to counters."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from config.model import Device
from config.plant import Plant
from simulators.faults import FAULTS
from simulators.plant import SimulatedPlant
from tests.simulators.conftest import START

LINES = ("STM-L1", "STM-L2")


def _device(plant: Plant, id_: str, profile: str, zone: str, line: str = "") -> Device:
    """A device that measures what its profile's machine measures; which channels it shows does not matter here."""
    one = plant.devices["RM-STM-L1"]
    return replace(one, id=id_, profile=replace(one.profile, name=profile, channels=()), zone=zone, line=line)


@pytest.fixture
def workshop(plant: Plant) -> SimulatedPlant:
    """Two lines, their doors, their air handling, a generator; and a line of another workshop."""
    zones = dict(plant.zones)
    lines = dict(plant.lines)
    devices: dict[str, Device] = {}
    for line in (*LINES, "VIR-L1"):
        shop = line[:3]
        zones[f"{line}-CORE"] = replace(
            plant.zones["STM-L1-CORE"], id=f"{line}-CORE", workshop=shop, line=line
        )
        zones[f"{line}-A"] = replace(plant.zones["STM-L1-A-ISO"], id=f"{line}-A", workshop=shop, line=line)
        lines[line] = replace(plant.lines["STM-L1"], id=line, workshop=shop)
        devices[f"RM-{line}"] = _device(plant, f"RM-{line}", "room_gateway_c", f"{line}-CORE", line)
        devices[f"PC-{line}"] = _device(plant, f"PC-{line}", "lighthouse_apexr", f"{line}-A", line)
        devices[f"PMS-{line}"] = _device(plant, f"PMS-{line}", "pms_airnet", f"{line}-A", line)
        devices[f"BSC-{line}"] = _device(plant, f"BSC-{line}", "bsc_gateway", f"{line}-A", line)
    zones["STM-CORR"] = replace(plant.zones["STM-L1-CORE"], id="STM-CORR", workshop="STM", line="")
    for id_, profile in (("DI", "adam_doors_17"), ("AHU", "ahu_gateway"), ("VHP", "vhp_generator_s7")):
        devices[id_] = _device(plant, id_, profile, "STM-CORR")
    whole = replace(plant, zones=zones, lines=lines, devices=devices)
    return SimulatedPlant(whole, START, seed=1)


def run(simulated: SimulatedPlant, seconds: float) -> None:
    for _ in range(round(seconds / 0.5)):
        simulated.step(0.5)


def true(simulated: SimulatedPlant, device: str, key: str) -> float:
    return simulated.machine(device).quantities[key].true


def moved(simulated: SimulatedPlant) -> Mapping[str, set[str]]:
    """Which quantities of each device are no longer what they are in a calm plant."""
    return {
        name: {key for key, one in machine.quantities.items() if abs(one.true - one.normal) > 1e-6}
        for name, machine in simulated.machines.items()
    }


def test_a_calm_plant_draws_nothing(workshop: SimulatedPlant) -> None:
    run(workshop, 60)
    assert not any(moved(workshop).values())


@pytest.mark.parametrize(
    ("door", "room_device", "key"),
    [(3, "RM-STM-L1", "core_dp"), (1, "RM-STM-L1", "pali_dp"), (10, "RM-STM-L2", "malo_dp")],
)
def test_a_door_takes_the_pressure_of_its_own_room(
    workshop: SimulatedPlant, door: int, room_device: str, key: str
) -> None:
    calm = true(workshop, room_device, key)
    workshop.machine("DI").force(f"door_{door}_closed", 0)
    run(workshop, 8.5)
    assert true(workshop, room_device, key) == pytest.approx(2 + (calm - 2) * 0.3679, rel=0.08)
    shut_out = {name: keys for name, keys in moved(workshop).items() if keys and name != "DI"}
    assert shut_out == {room_device: {key}}
    workshop.clear_faults()
    run(workshop, 80)
    assert true(workshop, room_device, key) == pytest.approx(calm, abs=0.1)


def test_a_tripped_fan_takes_every_pressure_of_its_workshop_and_of_no_other(workshop: SimulatedPlant) -> None:
    workshop.machine("AHU").force("supply_fan_state", 2)
    run(workshop, 60)
    for line in LINES:
        assert true(workshop, f"RM-{line}", "core_dp") < 2
        assert true(workshop, f"RM-{line}", "pali_dp") < 2
    assert true(workshop, "RM-VIR-L1", "core_dp") == 27.0


def test_an_open_door_goes_before_a_weak_supply(workshop: SimulatedPlant) -> None:
    workshop.machine("AHU").force("supply_fan_speed", 22.5)
    workshop.machine("DI").force("door_3_closed", 0)
    run(workshop, 120)
    assert true(workshop, "RM-STM-L1", "core_dp") == pytest.approx(2.0, abs=0.01)
    assert true(workshop, "RM-STM-L2", "core_dp") == pytest.approx(13.5, abs=0.01)


def test_a_leak_of_the_generator_is_in_the_rooms_of_the_first_line(workshop: SimulatedPlant) -> None:
    workshop.machine("VHP").force("leak", 3.5)
    run(workshop, 120)
    assert true(workshop, "RM-STM-L1", "mali_h2o2") == pytest.approx(3.5 * 0.6321, abs=0.05)
    assert true(workshop, "RM-STM-L1", "core_h2o2") == pytest.approx(1.75 * 0.6321, abs=0.05)
    assert true(workshop, "RM-STM-L2", "mali_h2o2") == 0
    assert int(workshop.machine("VHP").values()["alarm_word"]) == 0b100


def test_every_counter_in_the_cabinet_sees_that_its_fan_has_stopped(workshop: SimulatedPlant) -> None:
    workshop.machine("BSC-STM-L1").force("fan_speed", 0)
    run(workshop, 60)
    for counter in ("PC-STM-L1", "PMS-STM-L1"):
        assert true(workshop, counter, "particles_0_5") > 3000
    assert true(workshop, "PC-STM-L2", "particles_0_5") == 5.0


def test_an_isolator_without_pressure_lets_particles_in_after_20_s_whatever_took_it(plant: Plant) -> None:
    simulated = SimulatedPlant(plant, START, seed=1)
    for key in ("chamber_pressure", "chamber_pressure_b"):
        simulated.machine("ISO-STM-L1").force(key, 2.0)
    run(simulated, 1.5 + 20 + 4)
    assert true(simulated, "PC-A-STM-L1", "particles_0_5") == 5.0
    run(simulated, 22)
    assert true(simulated, "PC-A-STM-L1", "particles_0_5") > 200
    simulated.clear_faults()
    run(simulated, 200)
    assert true(simulated, "PC-A-STM-L1", "particles_0_5") == pytest.approx(5.0, abs=0.5)


def test_a_pressure_that_comes_back_in_time_lets_nothing_in(simulated: SimulatedPlant) -> None:
    isolator = simulated.machine("ISO-STM-L1")
    for _ in range(3):
        isolator.force("chamber_pressure", 2.0)
        run(simulated, 12)
        isolator.release()
        run(simulated, 12)
    assert true(simulated, "PC-A-STM-L1", "particles_0_5") == 5.0


def test_a_fault_and_what_follows_from_it_do_not_add_up(simulated: SimulatedPlant) -> None:
    simulated.start_fault(FAULTS["glove-breach"].name, "ISO-STM-L1")
    run(simulated, 300)
    assert true(simulated, "PC-A-STM-L1", "particles_0_5") == pytest.approx(400, abs=1)
