"""The handshake over real sockets: each PLC answers in its own data block, and remembers its numbers over a restart."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from asyncua import ua
from asyncua.client.client import Client

from config.model import Command, Node, Request, Text
from config.plant import Plant
from drivers.driver import Refused
from drivers.handshake import Beating
from drivers.open import open_driver
from simulators.opcua import OpcUaWire
from simulators.plant import SimulatedPlant
from simulators.plc import Plc
from tests.loaded import loaded
from tests.simulators.conftest import START, moved

DEMO = Path(__file__).parents[2] / "config" / "plants" / "demo"
S7 = "http://www.siemens.com/simatic-s7-opcua"


@pytest.fixture(scope="module")
def demo() -> Plant:
    return loaded(DEMO)


class Asked:
    """A PLC's wire, its physics at our own pace, and what a monitoring system writes to it."""

    def __init__(self, plant: Plant, device: str) -> None:
        self.device = moved(plant, device).devices[device]
        self.device = replace(self.device, security=None)
        self.plant = SimulatedPlant(replace(plant, devices={device: self.device}), START, 1)
        machine = self.plant.machine(device)
        assert isinstance(machine, Plc)
        self.machine = machine
        self.wire = OpcUaWire(self.device, machine, lambda: self.plant.at)

    async def ask(self, code: int, param: int, seq: int) -> tuple[int, int]:
        """Write a request, its number last; return what is answered."""
        handshake = self.device.profile.handshake
        assert handshake is not None
        async with Client(self.device.address) as client:
            index = await client.get_namespace_index(S7)

            def node(one: Node) -> ua.NodeId:
                return ua.NodeId(ua.String(one.identifier), ua.Int16(index))

            request = (
                (handshake.param, param),
                (handshake.ticket, seq),
                (handshake.code, code),
                (handshake.seq, seq),
            )
            for one, value in request:
                written = ua.DataValue(ua.Variant(value, ua.VariantType[one.type]))
                await client.get_node(node(one)).write_value(written)
            self.plant.step(0.1)
            await self.wire.publish()
            answers = [client.get_node(node(one)) for one in (handshake.ack_seq, handshake.ack_code)]
            seen_seq, seen_code = [int(await one.read_value()) for one in answers]
            return seen_seq, seen_code


@pytest.mark.parametrize(
    ("device", "wanted", "name"),
    [
        ("HCI-STM-L1", (8, 3), "close_co2"),
        ("VHP-STM", (4, 0), "vhp_abort"),
        ("ISO-STM-L1", (1, 100), "fan_speed"),
    ],
)
async def test_every_plc_answers_a_number_once_even_after_its_program_was_loaded_again(
    demo: Plant, device: str, wanted: tuple[int, int], name: str
) -> None:
    plc = Asked(demo, device)
    await plc.wire.open()
    try:
        assert await plc.ask(*wanted, 7) == (7, 0)
        assert await plc.ask(77, 0, 8) == (8, 3)
        await plc.wire.restart(moved_namespace=True)
        plc.plant.step(0.1)
        await plc.wire.publish()
        assert await plc.ask(*wanted, 8) == (8, 3), "the number was answered before the restart"
        assert plc.machine.executed == {name: 1}
        assert await plc.ask(*wanted, 9) == (9, 0)
        assert plc.machine.executed == {name: 2}
    finally:
        await plc.wire.stop()


REQUESTS = {
    key: Request(key, code, Text(key, key), 0, 200)
    for key, code in {"fan_speed": 1, "inhibit_transfer": 3, "unheard_of": 77}.items()
}


def command(request: str, param: int, seq: int) -> Command:
    return Command("ISO-STM-L1", {}, "test", request=request, param=param, seq=seq)


@asynccontextmanager
async def living(plc: Asked) -> AsyncIterator[None]:
    """Let the PLC's time pass."""

    async def live() -> None:
        while True:
            plc.plant.step(0.1)
            await plc.wire.publish()
            await asyncio.sleep(0.01)

    task = asyncio.create_task(live())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def test_the_real_driver_asks_beats_and_is_refused(plant: Plant) -> None:
    plc = Asked(plant, "ISO-STM-L1")
    device = replace(plc.device, profile=replace(plc.device.profile, requests=REQUESTS))
    driver: Beating = open_driver(device, lambda: START)  # type: ignore[assignment] # it has a handshake
    await plc.wire.open()
    try:
        async with living(plc):
            await driver.connect()
            for _ in range(3):
                await driver.command(command("fan_speed", 100, 1))
            assert plc.machine.executed == {"fan_speed": 1}, "a retry has the same number"
            with pytest.raises(Refused, match="refused: interlock"):
                await driver.command(command("fan_speed", 101, 2))
            with pytest.raises(Refused, match="unknown request"):
                await driver.command(command("unheard_of", 0, 3))
            plc.machine.force("local", 1)
            plc.plant.step(0.1)
            with pytest.raises(Refused, match="refused: local mode"):
                await driver.command(command("inhibit_transfer", 0, 4))
            await driver.beat(65536 + 9)
        plc.plant.step(0.1)
        await plc.wire.publish()
        assert not plc.machine.is_deaf
        plc.plant.step(5.0)
        assert plc.machine.is_deaf, "it was heard once"
    finally:
        await driver.close()
        await plc.wire.stop()
