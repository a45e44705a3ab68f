"""The OPC UA server of the isolator, read with a real client. Building a server takes seconds: there is one for all."""

import socket
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from asyncua import ua
from asyncua.client.client import Client

from config.model import Node
from config.plant import Plant
from simulators.errors import AddressInUse
from simulators.isolator import Isolator
from simulators.site import Site
from tests.simulators.conftest import START, moved

pytestmark = pytest.mark.asyncio(loop_scope="session")
ISOLATOR = "ISO-STM-L1"
S7 = "http://www.siemens.com/simatic-s7-opcua"


class Served:
    """The isolator on its wire, and a clock that a test moves."""

    def __init__(self, plant: Plant) -> None:
        self.at = START
        self.device = plant.devices[ISOLATOR]
        self.site = Site(plant, lambda: self.at, seed=1)
        machine = self.site.plant.machine(ISOLATOR)
        assert isinstance(machine, Isolator)
        self.machine = machine

    async def pass_time(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        await self.site.advance()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def served(plant: Plant) -> AsyncIterator[Served]:
    served = Served(moved(plant, ISOLATOR))
    await served.site.open()
    yield served
    await served.site.close()


@pytest_asyncio.fixture(loop_scope="session")
async def client(served: Served) -> AsyncIterator[Client]:
    async with Client(served.device.address) as client:
        yield client


async def _data(client: Client, identifier: str) -> ua.DataValue:
    index = await client.get_namespace_index(S7)
    return await client.get_node(ua.NodeId(ua.String(identifier), ua.Int16(index))).read_data_value()


async def test_every_channel_of_the_profile_has_its_node_type_and_value(
    served: Served, client: Client
) -> None:
    await served.pass_time(5.0)
    index = await client.get_namespace_index(S7)
    assert index == 3
    models = served.device.profile.channels
    identifiers = [model.address.identifier for model in models if isinstance(model.address, Node)]
    nodes = [client.get_node(ua.NodeId(ua.String(one), ua.Int16(index))) for one in identifiers]
    shown = served.machine.values()
    for model, data in zip(models, await client.read_attributes(nodes), strict=True):
        assert isinstance(model.address, Node)
        assert data.StatusCode is not None
        assert data.StatusCode.is_good()
        assert data.Value is not None
        assert data.Value.VariantType.name == model.address.type
        assert float(data.Value.Value) == pytest.approx(shown[model.key], rel=1e-6), model.key


async def test_a_value_keeps_its_time_until_it_changes(served: Served, client: Client) -> None:
    await served.pass_time(1.0)
    written_at = served.at
    heartbeat = await _data(client, '"DB_Sys"."Heartbeat"')
    assert heartbeat.SourceTimestamp == written_at
    await served.pass_time(0.2)
    assert await _data(client, '"DB_Sys"."Heartbeat"') == heartbeat


async def test_a_request_is_answered_once_seq_has_been_written(served: Served, client: Client) -> None:
    index = await client.get_namespace_index(S7)

    async def write(name: str, value: int, type_: ua.VariantType) -> None:
        node = client.get_node(ua.NodeId(ua.String(f'"DB_Cmd"."{name}"'), ua.Int16(index)))
        await node.write_value(ua.DataValue(ua.Variant(value, type_)))

    async def request(code: int, seq: int, param: int = 0) -> tuple[int, int]:
        await write("Param", param, ua.VariantType.Int16)
        await write("Ticket", 4711, ua.VariantType.UInt32)
        await write("Code", code, ua.VariantType.Int16)
        await write("Seq", seq, ua.VariantType.UInt16)
        await served.pass_time(0.1)
        values = [(await _data(client, f'"DB_Cmd"."{name}"')).Value for name in ("Ack_Seq", "Ack_Code")]
        return tuple(int(value.Value) for value in values if value is not None)  # type: ignore[return-value] # two

    assert await request(code=1, seq=41, param=100) == (41, 0)
    assert served.machine.quantities["supply_fan_speed"].normal == 100.0
    assert await request(code=100, seq=41) == (41, 0)
    assert served.machine.quantities["supply_fan_speed"].normal == 100.0, "the number was taken before"
    assert await request(code=77, seq=42) == (42, 3)
    assert await request(code=100, seq=43) == (43, 0)
    assert served.machine.executed == {"fan_speed": 1, "reset": 1}
    await write("EMS_Heartbeat", 1, ua.VariantType.UInt16)
    await served.pass_time(0.1)
    assert not served.machine.is_deaf
    await served.pass_time(5.0)
    assert served.machine.is_deaf, "a heartbeat that stands still is no heartbeat"


async def test_measured_values_cannot_be_written(client: Client) -> None:
    index = await client.get_namespace_index(S7)
    node = client.get_node(ua.NodeId(ua.String('"DB_Env"."Chamber_Pressure"'), ua.Int16(index)))
    with pytest.raises(ua.uaerrors.BadUserAccessDenied):
        await node.write_value(ua.DataValue(ua.Variant(45.0, ua.VariantType.Float)))


async def test_down_cuts_every_session_and_up_answers_again_time_after_time(served: Served) -> None:
    for _ in range(2):
        before = Client(served.device.address, timeout=1)
        await before.connect()
        await served.site.switch(ISOLATOR, up=False)
        await served.site.switch(ISOLATOR, up=False)
        with pytest.raises((ConnectionError, TimeoutError)):
            await _data(before, '"DB_Sys"."Heartbeat"')
        await before.disconnect()
        with pytest.raises(OSError, match="onnect"):
            await Client(served.device.address, timeout=1).connect()
        await served.site.switch(ISOLATOR, up=True)
        await served.site.switch(ISOLATOR, up=True)
        async with Client(served.device.address) as again:
            assert (await _data(again, '"DB_Sys"."Heartbeat"')).StatusCode == ua.StatusCode(ua.UInt32(0))


async def test_while_down_the_machine_goes_on(served: Served) -> None:
    await served.site.switch(ISOLATOR, up=False)
    await served.pass_time(10.0)
    await served.site.switch(ISOLATOR, up=True)
    async with Client(served.device.address) as again:
        value = (await _data(again, '"DB_Sys"."Heartbeat"')).Value
    assert value is not None
    assert value.Value == served.machine.heartbeat


async def test_an_address_that_is_taken_is_named(served: Served) -> None:
    await served.site.switch(ISOLATOR, up=False)
    host, _, port = served.device.address.removeprefix("opc.tcp://").rstrip("/").partition(":")
    with (
        socket.create_server((host, int(port))),
        pytest.raises(AddressInUse, match=f"ISO-STM-L1 cannot listen on {served.device.address}"),
    ):
        await served.site.switch(ISOLATOR, up=True)
    await served.site.switch(ISOLATOR, up=True)
