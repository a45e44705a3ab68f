"""The shapes of the scripted faults against pure physics: the worked numbers of each; and what they do to the wires."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from asyncua.client.client import Client
from asyncua.ua.uaerrors import UaStatusCodeError

from config.plant import Plant
from simulators.particles import ParticleCounter
from simulators.plant import SimulatedPlant
from simulators.site import Site
from tests.loaded import loaded
from tests.simulators.conftest import START, moved

DEMO = Path(__file__).parents[2] / "config" / "plants" / "demo"
ISOLATOR, INCUBATOR, ROOMS, COUNTER = "ISO-STM-L1", "HCI-STM-L1", "RM-STM-L1", "PC-A-STM-L1"
S7 = "http://www.siemens.com/simatic-s7-opcua"
PRESSURE, LEAK_RATE = '"DB_Env"."Chamber_Pressure"', '"DB_Env"."Leak_Rate"'


@pytest.fixture(scope="module")
def whole() -> Plant:
    return loaded(DEMO)


@pytest.fixture
def demo(whole: Plant) -> SimulatedPlant:
    return SimulatedPlant(whole, START, seed=1)


def run(simulated: SimulatedPlant, seconds: float, step_s: float = 0.1) -> None:
    for _ in range(round(seconds / step_s)):
        simulated.step(step_s)


def true(simulated: SimulatedPlant, device: str, key: str) -> float:
    return simulated.machine(device).quantities[key].true


def shown(simulated: SimulatedPlant, device: str, key: str) -> float:
    return simulated.machine(device).values()[key]


@pytest.mark.parametrize(("seconds", "ppm"), [(9.3, 0.5), (20.2, 1.0), (60.0, 2.21)])
def test_leaking_hydrogen_peroxide_is_in_the_room_with_a_minute(
    simulated: SimulatedPlant, seconds: float, ppm: float
) -> None:
    simulated.start_fault("vhp-leak", ROOMS)
    run(simulated, seconds)
    assert true(simulated, ROOMS, "mali_h2o2") == pytest.approx(ppm, abs=0.01)


def test_what_was_forced_heals_at_its_own_pace(simulated: SimulatedPlant) -> None:
    simulated.start_fault("vhp-leak", ROOMS)
    run(simulated, 600, 1.0)
    simulated.clear_faults()
    run(simulated, 120, 1.0)
    assert true(simulated, ROOMS, "mali_h2o2") == pytest.approx(3.5 * 0.3679, abs=0.01), "120 s, not 60 s"


def test_release_ends_a_borrowed_time_constant_too(simulated: SimulatedPlant) -> None:
    rooms = simulated.machine(ROOMS)
    rooms.force("mali_h2o2", 3.5, tau_s=0.1)
    run(simulated, 2)
    rooms.release()
    run(simulated, 120, 1.0)
    assert true(simulated, ROOMS, "mali_h2o2") == pytest.approx(3.5 * 0.3679, abs=0.01)


@pytest.mark.parametrize(("seconds", "per_m3"), [(4.0, 5.0), (24.0, 5061.9), (49.0, 7162.7)])
def test_a_leaking_filter_lets_8000_particles_in_with_20_s(
    simulated: SimulatedPlant, seconds: float, per_m3: float
) -> None:
    """5 + 8000 (1 - exp(-t/20 s)), 4 s later: 8000 x 0.63212 at one time constant, x 0.89460 at 45 s."""
    simulated.start_fault("hepa-leak", ISOLATOR)
    run(simulated, seconds)
    assert true(simulated, COUNTER, "particles_0_5") == pytest.approx(per_m3, abs=1)
    assert true(simulated, ISOLATOR, "hepa_dp_1") < 118.5 - 13


def test_the_core_door_is_held_open_for_200_s_and_its_pair_for_3(demo: SimulatedPlant) -> None:
    demo.start_fault("door-open-room", "RM-STM-L2")
    run(demo, 17.1)
    assert true(demo, "RM-STM-L2", "core_dp") == pytest.approx(5.0, abs=0.1)
    open_at = {}
    for second in (17, 91, 95, 199, 201):
        run(demo, second + 0.5 - demo._elapsed_s)
        open_at[second] = [n for n in range(1, 18) if not shown(demo, "DI-STM", f"door_{n}_closed")]
    assert open_at == {17: [8], 91: [6, 8], 95: [8], 199: [8], 201: []}
    run(demo, 60)
    assert true(demo, "RM-STM-L2", "core_dp") == pytest.approx(27, abs=0.1)
    assert true(demo, ROOMS, "core_dp") == 27


def test_one_sensor_drifts_by_half_a_degree_in_25_h_and_the_limiters_stays_true(
    simulated: SimulatedPlant,
) -> None:
    simulated.start_fault("temp-drift", INCUBATOR)
    calm = true(simulated, INCUBATOR, "ch5_temp")
    run(simulated, 25 * 3600, 60.0)
    assert true(simulated, INCUBATOR, "ch5_temp") - calm == pytest.approx(0.5, abs=0.01)
    assert true(simulated, INCUBATOR, "ch5_temp_limiter") == calm
    simulated.clear_faults()
    run(simulated, 6000, 10.0)
    assert true(simulated, INCUBATOR, "ch5_temp") == pytest.approx(calm, abs=0.001)


def test_a_frozen_pressure_stays_to_the_last_digit_while_its_neighbour_moves(demo: SimulatedPlant) -> None:
    run(demo, 5)
    demo.start_fault("frozen-pressure", ROOMS)
    core, airlock = set(), set()
    for _ in range(60):
        run(demo, 1)
        core.add(shown(demo, ROOMS, "core_dp"))
        airlock.add(shown(demo, ROOMS, "pali_dp"))
    assert len(core) == 1
    assert max(airlock) - min(airlock) > 3
    demo.clear_faults()
    for _ in range(10):
        run(demo, 1)
        core.add(shown(demo, ROOMS, "core_dp"))
    assert len(core) > 1


def test_a_counters_clock_is_120_s_behind_until_the_fault_is_cleared(simulated: SimulatedPlant) -> None:
    machine = simulated.machine(COUNTER)
    assert isinstance(machine, ParticleCounter)
    before = machine.unix_s
    simulated.start_fault("clock-jump", COUNTER)
    run(simulated, 5)
    assert machine.unix_s == before + 5 - 120
    simulated.clear_faults()
    assert machine.unix_s == before + 5


def test_only_what_hangs_on_the_ups_says_so_and_for_8_s(demo: SimulatedPlant) -> None:
    demo.start_fault("power-dip", "ISO-IMM-L2")
    run(demo, 7.5)
    assert shown(demo, "ISO-IMM-L2", "ups_on") == shown(demo, "HCI-IMM-L2", "ups_on") == 1
    assert shown(demo, "ISO-IMM-L1", "ups_on") == 0
    run(demo, 1)
    assert shown(demo, "ISO-IMM-L2", "ups_on") == shown(demo, "HCI-IMM-L2", "ups_on") == 0


# --- What faults do to the wires ------------------------------------------------------------------------


class Clock:
    """A wall clock that a test moves."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at


async def listens(address: str) -> bool:
    host, _, port = address.removeprefix("opc.tcp://").rstrip("/").partition(":")
    try:
        _, writer = await asyncio.open_connection(host, int(port))
    except ConnectionRefusedError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


class Served:
    """A site at free addresses, whose time a test lets pass."""

    def __init__(self, plant: Plant) -> None:
        self.clock = Clock()
        self.site = Site(moved(plant, ISOLATOR, COUNTER, ROOMS), self.clock, seed=1)
        self.plant = self.site.plant

    async def wait(self, seconds: float) -> None:
        self.clock.at += timedelta(seconds=seconds)
        await self.site.advance()

    async def answers(self) -> set[str]:
        return {name for name, device in self.plant.devices.items() if await listens(device.address)}


@pytest_asyncio.fixture
async def served(plant: Plant) -> AsyncIterator[Served]:
    one = Served(plant)
    await one.site.open()
    yield one
    await one.site.close()


async def test_a_power_dip_takes_what_has_no_ups_for_33_s(served: Served) -> None:
    served.plant.start_fault("power-dip", ISOLATOR)
    await served.wait(0.1)
    assert await served.answers() == {ISOLATOR}
    await served.wait(32)
    assert await served.answers() == {ISOLATOR}
    await served.wait(2)
    assert await served.answers() == {ISOLATOR, COUNTER, ROOMS}
    assert shown(served.plant, COUNTER, "sample_time") == 60
    served.plant.clear_faults()
    assert shown(served.plant, COUNTER, "sample_time") == 6


async def test_a_lost_network_is_back_after_its_length(served: Served) -> None:
    served.plant.start_fault("network-loss", ROOMS, 180)
    await served.wait(0.1)
    assert await served.answers() == set()
    await served.wait(179)
    assert await served.answers() == set()
    records = shown(served.plant, COUNTER, "rec_count")
    assert records >= 29, "it went on counting"
    await served.wait(2)
    assert await served.answers() == {ISOLATOR, COUNTER, ROOMS}


async def test_clearing_gives_the_network_back(served: Served) -> None:
    served.plant.start_fault("network-loss", ROOMS)
    await served.wait(1)
    served.plant.clear_faults()
    await served.wait(0.1)
    assert await served.answers() == {ISOLATOR, COUNTER, ROOMS}


async def test_a_restarted_server_has_another_namespace_and_a_node_less(served: Served) -> None:
    served.plant.start_fault("opcua-restart", ISOLATOR)
    await served.wait(29)
    assert ISOLATOR in await served.answers()
    await served.wait(2)
    assert ISOLATOR not in await served.answers()
    await served.wait(40)
    assert await index_and_missing(served) == (4, True)
    served.plant.clear_faults()
    await served.wait(1)
    assert await index_and_missing(served) == (3, False)


async def index_and_missing(served: Served) -> tuple[int, bool]:
    """Say which index the machine's namespace has, and whether the leak rate is missing."""
    async with Client(served.plant.devices[ISOLATOR].address, timeout=5) as client:
        index = await client.get_namespace_index(S7)
        assert await client.get_node(f"ns={index};s={PRESSURE}").read_value() > 30
        try:
            await client.get_node(f"ns={index};s={LEAK_RATE}").read_value()
        except UaStatusCodeError:
            return index, True
    return index, False
