"""The Modbus servers, read with a real client over real sockets."""

import struct
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from pymodbus.client import AsyncModbusTcpClient

from config.plant import Plant
from simulators.errors import AddressInUse
from simulators.machine import Machine
from simulators.modbus import ModbusWire
from simulators.plant import SimulatedPlant
from tests.simulators.conftest import START, moved

ROOMS, COUNTER, TOWER = "RM-STM-L1", "PC-A-STM-L1", "ST-STM-L1"
GATEWAY_TARGET_FAILED, ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE = 11, 1, 2, 3


class Served:
    """One device on its wire, and a client."""

    def __init__(self, plant: Plant, device: str) -> None:
        self.plant = moved(plant, device)
        self.machine: Machine = SimulatedPlant(self.plant, START, seed=1).machine(device)
        self.wire = ModbusWire(self.plant.devices[device], self.machine)
        host, _, port = self.plant.devices[device].address.partition(":")
        self.client = AsyncModbusTcpClient(host, port=int(port), retries=0, timeout=2, reconnect_delay=0)

    async def holding(self, address: int, count: int, unit_id: int = 1) -> list[int]:
        answer = await self.client.read_holding_registers(address, count=count, device_id=unit_id)
        assert not answer.isError(), answer
        return list(answer.registers)


@pytest_asyncio.fixture
async def served(plant: Plant, request: pytest.FixtureRequest) -> AsyncIterator[Served]:
    served = Served(plant, request.param)
    await served.wire.open()
    assert await served.client.connect()
    yield served
    served.client.close()
    await served.wire.close()


def _little(words: list[int]) -> float:
    return float(struct.unpack(">f", struct.pack(">HH", *words[::-1]))[0])


def _big(words: list[int]) -> float:
    return float(struct.unpack(">f", struct.pack(">HH", *words))[0])


@pytest.mark.parametrize("served", [ROOMS], indirect=True)
async def test_the_gateway_serves_every_unit_in_its_own_word_order(served: Served) -> None:
    served.machine.step(5.0)
    shown = served.machine.values()
    humidity_temp = await served.holding(0, 4, unit_id=3)
    assert _little(humidity_temp[:2]) == pytest.approx(shown["core_rh"], abs=1e-4)
    assert _little(humidity_temp[2:]) == pytest.approx(shown["core_temp"], abs=1e-4)
    assert _big(await served.holding(4, 2, unit_id=13)) == pytest.approx(shown["core_dp"], abs=1e-4)
    assert _little(await served.holding(0, 2, unit_id=22)) == pytest.approx(shown["core_h2o2"], abs=1e-4)
    assert await served.holding(512, 1, unit_id=5) == [1]


@pytest.mark.parametrize("served", [ROOMS], indirect=True)
async def test_a_vaisala_transmitter_tells_its_word_order(served: Served) -> None:
    assert _little(await served.holding(7937, 2, unit_id=1)) == pytest.approx(-123.45, abs=1e-4)
    assert await served.holding(7936, 1, unit_id=5) == [65536 - 12345]


@pytest.mark.parametrize("served", [ROOMS], indirect=True)
async def test_what_is_not_there_is_refused(served: Served) -> None:
    read, write = served.client.read_holding_registers, served.client.write_register
    assert (await read(0, count=2, device_id=9)).exception_code == GATEWAY_TARGET_FAILED
    assert (await read(1, count=4, device_id=1)).exception_code == ILLEGAL_ADDRESS
    assert (await served.client.read_input_registers(0, count=2)).exception_code == ILLEGAL_FUNCTION
    assert (await write(0, 1, device_id=1)).exception_code == ILLEGAL_VALUE


@pytest.mark.parametrize("served", [TOWER], indirect=True)
async def test_the_tower_echoes_the_write_and_reads_back_the_state(served: Served) -> None:
    answer = await served.client.write_register(0, 0x0102)
    assert answer.registers == [0x0102]
    assert await served.holding(0, 1) == [2]
    assert served.machine.values()["tier_1"] == 2
    assert not (await served.client.write_registers(1, [0x0101, 0x0101])).isError()
    assert await served.holding(0, 6) == [2, 1, 1, 0, 0, 0]
    assert (await served.client.write_register(0, 0x0001)).exception_code == ILLEGAL_VALUE


@pytest.mark.parametrize("served", [TOWER], indirect=True)
async def test_the_towers_button_is_a_discrete_input(served: Served) -> None:
    assert (await served.client.read_discrete_inputs(0, count=8)).bits == [False] * 8
    served.machine.force("ack_button", 1)
    served.machine.step(0.1)
    assert (await served.client.read_discrete_inputs(0, count=8)).bits == [True] + [False] * 7


@pytest.mark.parametrize("served", [COUNTER], indirect=True)
async def test_the_counter_keeps_its_two_tables_apart(served: Served) -> None:
    served.machine.step(6.0)
    assert (await served.holding(0, 5))[:4] == [150, 0, 0b111, 210]
    answer = await served.client.read_input_registers(0, count=24)
    assert answer.registers[2:4] == [0, 6]
    assert (await served.holding(2, 1)) == [0b011], "reading the record cleared NEW DATA"
    assert not (await served.client.write_register(24, 0)).isError()
    assert (await served.holding(24, 1)) == [0]
    assert (await served.client.write_register(24, 5)).exception_code == ILLEGAL_VALUE
    assert not (await served.client.read_holding_registers(3008, count=2)).isError()
    assert (await served.client.read_input_registers(3008, count=2)).exception_code == ILLEGAL_ADDRESS


@pytest.mark.parametrize("served", [TOWER], indirect=True)
async def test_down_cuts_the_connection_and_up_answers_again_time_after_time(served: Served) -> None:
    for _ in range(3):
        await served.wire.close()
        await served.wire.close()
        served.client.close()
        assert not await served.client.connect()
        await served.wire.open()
        await served.wire.open()
        assert await served.client.connect()
        assert await served.holding(0, 1) == [0]


@pytest.mark.parametrize("served", [TOWER], indirect=True)
async def test_an_address_that_is_taken_is_named(served: Served) -> None:
    device = served.plant.devices[TOWER]
    with pytest.raises(AddressInUse, match=f"ST-STM-L1 cannot listen on {device.address}"):
        await ModbusWire(device, served.machine).open()
