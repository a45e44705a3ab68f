"""Every protocol has its driver."""

import pytest

from config.model import ChannelModel, Kind, Node, Protocol
from drivers.driver import Driver
from drivers.lighthouse import LighthouseDriver
from drivers.met_one import MetOneDriver
from drivers.modbus import ModbusDriver
from drivers.niotronic import NiotronicDriver
from drivers.opcua import OpcUaDriver
from drivers.open import open_driver
from drivers.pms import PmsDriver
from tests.drivers.counters import CHANNELS
from tests.drivers.nouns import channel_model, device, holding, now

RECORD = [
    channel_model("a", holding(0)),
    channel_model("b", holding(521, "u32", table="input"), record=True, kind=Kind.COUNT),
]
KINDS: dict[Protocol, tuple[list[ChannelModel], str, type]] = {
    Protocol.MODBUS: ([channel_model("a", holding(0))], "127.0.0.1:502", ModbusDriver),
    Protocol.LIGHTHOUSE: (CHANNELS, "127.0.0.1:502", LighthouseDriver),
    Protocol.PMS: ([channel_model("a", holding(211, "u32", table="input"))], "127.0.0.1:502", PmsDriver),
    Protocol.MET_ONE: (RECORD, "127.0.0.1:502", MetOneDriver),
    Protocol.NIOTRONIC: (RECORD, "127.0.0.1:502", NiotronicDriver),
    Protocol.OPCUA: ([channel_model("a", Node("x", "Float"))], "opc.tcp://127.0.0.1:4840/", OpcUaDriver),
}


@pytest.mark.parametrize("protocol", Protocol)
async def test_each_protocol_opens_its_driver_without_connecting(protocol: Protocol) -> None:
    models, address, kind = KINDS[protocol]
    driver: Driver = open_driver(device(protocol, models, address), now)
    assert type(driver) is kind
    await driver.close()
