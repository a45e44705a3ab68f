"""Every protocol has its driver."""

import pytest

from config.model import ChannelModel, Node, Protocol
from drivers.counter import LighthouseDriver
from drivers.driver import Driver
from drivers.modbus import ModbusDriver
from drivers.opcua import OpcUaDriver
from drivers.open import open_driver
from tests.drivers.counters import CHANNELS
from tests.drivers.nouns import channel_model, device, holding, now

KINDS: dict[Protocol, tuple[list[ChannelModel], str, type]] = {
    Protocol.MODBUS: ([channel_model("a", holding(0))], "127.0.0.1:502", ModbusDriver),
    Protocol.LIGHTHOUSE: (CHANNELS, "127.0.0.1:502", LighthouseDriver),
    Protocol.OPCUA: ([channel_model("a", Node("x", "Float"))], "opc.tcp://127.0.0.1:4840/", OpcUaDriver),
}


@pytest.mark.parametrize("protocol", Protocol)
async def test_each_protocol_opens_its_driver_without_connecting(protocol: Protocol) -> None:
    models, address, kind = KINDS[protocol]
    driver: Driver = open_driver(device(protocol, models, address), now)
    assert type(driver) is kind
    await driver.close()
