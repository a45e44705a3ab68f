"""What the building and the doors are asked for, over real sockets, and what the rooms make of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pymodbus.client import AsyncModbusTcpClient

from config.plant import Plant
from simulators.plant import SimulatedPlant
from simulators.site import Site
from tests.loaded import loaded
from tests.simulators.conftest import START, moved

DEMO = Path(__file__).parents[2] / "config" / "plants" / "demo"
AIR, DOORS, ROOMS, GENERATOR = "AHU-STM", "DI-STM", "RM-STM-L1", "VHP-STM"
RELEASE, BOOST, SETBACK, EXHAUST = range(4)
REQUEST, FIRST_LOCK = 100, 100


@pytest.fixture(scope="module")
def demo() -> Plant:
    return loaded(DEMO)


class Served:
    """One device on its wire, a client, and a clock that a test moves."""

    def __init__(self, plant: Plant, device: str) -> None:
        self.at = START
        self.site = Site(moved(plant, device), self._now, seed=1)
        self.machine = self.site.plant.machine(device)
        host, _, port = self.site.plant.devices[device].address.rpartition(":")
        self.client = AsyncModbusTcpClient(host, port=int(port))

    def _now(self) -> datetime:
        return self.at

    async def wait(self, seconds: float) -> None:
        for _ in range(round(seconds / 0.1)):
            self.at += timedelta(seconds=0.1)
            await self.site.advance()


@asynccontextmanager
async def serving(plant: Plant, device: str) -> AsyncIterator[Served]:
    served = Served(plant, device)
    await served.site.open()
    try:
        assert await served.client.connect()
        yield served
    finally:
        served.client.close()
        await served.site.close()


@pytest.mark.parametrize(("word", "mode"), [(BOOST, 3), (SETBACK, 2), (EXHAUST, 3)])
async def test_the_building_follows_a_request_within_2_s_and_goes_back_when_it_is_released(
    demo: Plant, word: int, mode: int
) -> None:
    async with serving(demo, AIR) as served:
        assert not (await served.client.write_register(REQUEST, word)).isError()
        await served.wait(1)
        assert (await served.client.read_holding_registers(REQUEST, count=1)).registers == [word]
        assert served.machine.values()["mode"] == 1
        await served.wait(1)
        assert served.machine.values()["mode"] == mode
        await served.client.write_register(REQUEST, RELEASE)
        await served.wait(2)
        assert served.machine.values()["mode"] == 1


async def test_the_building_takes_no_other_word_and_no_other_register(demo: Plant) -> None:
    async with serving(demo, AIR) as served:
        assert (await served.client.write_register(REQUEST, 4)).isError()
        assert (await served.client.write_register(0, 1)).isError()
        assert served.machine.executed == {}


async def test_a_door_locks_when_it_is_told_although_its_interlock_has_let_go(demo: Plant) -> None:
    async with serving(demo, DOORS) as served:
        served.machine.force("door_3_locked", 0)
        await served.wait(0.2)
        assert served.machine.values()["door_3_locked"] == 0
        assert not (await served.client.write_coil(FIRST_LOCK + 3, True)).isError()
        await served.wait(1)
        assert (await served.client.read_coils(FIRST_LOCK + 3, count=1)).bits[0] is True
        assert served.machine.values()["door_3_locked"] == 1
        assert served.machine.executed == {"lock_3": 1}
        await served.client.write_coil(FIRST_LOCK + 3, False)
        await served.wait(1)
        assert served.machine.values()["door_3_locked"] == 0


async def test_contacts_cannot_be_written(demo: Plant) -> None:
    async with serving(demo, DOORS) as served:
        assert (await served.client.write_coil(0, False)).isError()
        assert (await served.client.write_coil(FIRST_LOCK + 18, True)).isError()
        assert served.machine.executed == {}


async def test_an_open_door_does_not_lock_and_a_fire_opens_every_way_out(demo: Plant) -> None:
    async with serving(demo, DOORS) as served:
        served.machine.force("door_1_closed", 0)
        for door in (1, 2, 3):
            await served.client.write_coil(FIRST_LOCK + door, True)
        await served.wait(1)
        assert [served.machine.values()[f"door_{n}_locked"] for n in (1, 2, 3)] == [0, 1, 1]
        served.machine.force("fire_alarm", 1)
        await served.wait(1)
        locked = {n for n in range(1, 18) if served.machine.values()[f"door_{n}_locked"]}
        assert locked == {2, 5, 7, 10, 12, 15}, "the material airlocks"
        served.site.plant.clear_faults()
        await served.wait(1)
        assert all(served.machine.values()[f"door_{n}_locked"] for n in range(1, 18))


def run(simulated: SimulatedPlant, seconds: float, step_s: float = 0.5) -> None:
    for _ in range(round(seconds / step_s)):
        simulated.step(step_s)


@pytest.mark.parametrize(("request_", "core_pa"), [("boost", 27 * 1.2), ("setback", 27 * 0.7)])
def test_the_rooms_pressures_follow_the_supply(demo: Plant, request_: str, core_pa: float) -> None:
    simulated = SimulatedPlant(demo, START, seed=1)
    simulated.machine(AIR).ask(request_)  # type: ignore[attr-defined] # the air handling
    run(simulated, 120)
    assert simulated.machine(ROOMS).quantities["core_dp"].true == pytest.approx(core_pa, abs=0.05)
    assert simulated.machine("RM-VIR-L1").quantities["core_dp"].true == pytest.approx(15, abs=0.05)
    simulated.clear_faults()
    run(simulated, 120)
    assert simulated.machine(ROOMS).quantities["core_dp"].true == pytest.approx(27, abs=0.05)


def test_an_aborted_cycle_ends_the_leak_and_more_exhaust_clears_the_room_twice_as_fast(demo: Plant) -> None:
    """3.5 ppm fall to 3.5 / e in 120 s, or in 60 s with the exhaust at most."""
    simulated = SimulatedPlant(demo, START, seed=1)
    simulated.start_fault("vhp-leak", ROOMS)
    run(simulated, 600)
    generator = simulated.machine(GENERATOR)
    generator.request(4, 0, 1)  # type: ignore[attr-defined] # a PLC
    simulated.machine(AIR).ask("exhaust_max")  # type: ignore[attr-defined] # the air handling
    run(simulated, 5)
    before = simulated.machine(ROOMS).quantities["mali_h2o2"].true
    run(simulated, 60)
    after = simulated.machine(ROOMS).quantities["mali_h2o2"].true
    assert before < 3.5
    assert after == pytest.approx(before * 0.3679, rel=0.02)
