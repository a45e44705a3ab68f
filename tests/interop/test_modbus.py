"""The Modbus driver with a server of another maker (modbus-serial): tables and types, writes, refusals, restarts."""

import math
import struct
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bench.ports import free_ports
from config.model import Command, Device, Output, Protocol, Quality, Register
from drivers.driver import Unreachable
from drivers.modbus import ModbusDriver
from tests.drivers.nouns import AT, channel_model, device, holding, now, qualities
from tests.interop.conftest import Peer, Start

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHANNELS: dict[str, tuple[Register, float]] = {
    "u16": (holding(0), 65000),
    "s16": (holding(1, "s16"), -12345),
    "u32": (holding(2, "u32"), 4_000_000_000),
    "s32": (holding(4, "s32", word_order="little"), -2_000_000_000),
    "float": (holding(6, "float32"), -123.4375),
    "float_little": (holding(8, "float32", word_order="little"), 0.00390625),
    "scaled": (holding(100, scale=0.25), 17.5),
    "input": (holding(0, "s16", table="input"), -7),
    "coil": (holding(3, "bool", table="coil"), 1),
    "coil_off": (holding(4, "bool", table="coil"), 0),
    "discrete": (holding(17, "bool", table="discrete"), 1),
    "other_unit": (holding(0, unit_id=7), 777),
}
"""Each register with the value that stands in it; all of them can be written exactly."""


def words(register: Register, value: float) -> list[int]:
    """The words of a value as the Modbus standard orders them, made without any of our own code."""
    codes = {"u16": ">H", "s16": ">h", "u32": ">I", "s32": ">i", "float32": ">f"}
    raw = value / register.scale
    number = raw if register.type == "float32" else int(raw)
    if register.type == "bool":
        return [int(number)]
    packed = struct.pack(codes[register.type], number)
    made = list(struct.unpack(f">{len(packed) // 2}H", packed))
    return made[::-1] if register.word_order == "little" else made


def first() -> dict[str, dict[str, dict[str, int]]]:
    """The tables of a server that holds every channel's value, and nothing in between."""
    units: dict[str, dict[str, dict[str, int]]] = {}
    for register, value in CHANNELS.values():
        table = units.setdefault(str(register.unit_id), {}).setdefault(register.table, {})
        for offset, word in enumerate(words(register, value)):
            table[str(register.address + offset)] = word
    units["1"]["holding"]["200"] = 0
    return units


def registers(port: int, **more: Register) -> Device:
    """A device of these channels, and a red lamp."""
    known = {key: register for key, (register, _) in CHANNELS.items()} | more
    models = [channel_model(key, register) for key, register in known.items()]
    lamp = Output("red", holding(200), {"on": 1, "off": 0}, "u16", {"on": 1, "off": 0})
    return device(Protocol.MODBUS, models, f"127.0.0.1:{port}", outputs={"red": lamp})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def peer(start: Start) -> AsyncIterator[Peer]:
    async with start("modbus", first(), *free_ports(1)) as peer:
        yield peer


async def values(driver: ModbusDriver) -> list[float]:
    (sample,) = await driver.read(AT)
    assert (sample.quality, sample.reason) == (None, "")
    return list(sample.values)


async def test_every_table_and_type_is_read(peer: Peer) -> None:
    driver = ModbusDriver(registers(peer.port), now)
    await driver.connect()
    assert await values(driver) == [value for _, value in CHANNELS.values()]
    await peer.ask(put={"unit": 1, "table": "holding", "address": 0, "value": 1})
    assert (await values(driver))[0] == 1
    await peer.ask(put={"unit": 1, "table": "holding", "address": 0, "value": 65000})
    await driver.close()


async def test_an_output_is_written_where_it_stands(peer: Peer) -> None:
    driver = ModbusDriver(registers(peer.port), now)
    await driver.connect()
    for state, word in (("on", 1), ("off", 0)):
        await driver.command(Command("D", {"red": state}, "test"))
        assert await peer.ask(held={"unit": 1, "table": "holding", "address": 200}) == {"value": word}
    await driver.close()


async def test_a_register_that_is_not_there_takes_nothing_from_the_others(peer: Peer) -> None:
    driver = ModbusDriver(registers(peer.port, missing=holding(5000)), now)
    await driver.connect()
    (sample,) = await driver.read(AT)
    assert list(sample.values)[:-1] == [value for _, value in CHANNELS.values()]
    assert math.isnan(sample.values[-1])
    assert qualities(sample)[-1] is Quality.CONFIGURATION
    assert set(qualities(sample)[:-1]) == {Quality.GOOD}
    assert "illegal data address" in sample.reason
    await driver.close()


async def test_h1_a_server_that_comes_back_is_read_again(start: Start) -> None:
    async with start("modbus", first(), *free_ports(1)) as before:
        port = before.port
        driver = ModbusDriver(registers(port), now)
        await driver.connect()
        await values(driver)
    with pytest.raises(Unreachable):
        await driver.read(AT)
    with pytest.raises(Unreachable):
        await driver.connect()
    async with start("modbus", first(), port):
        await driver.connect()
        assert await values(driver) == [value for _, value in CHANNELS.values()]
        await driver.close()
