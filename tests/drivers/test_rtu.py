"""RTU, behind a serial server and on a serial line: an answer has no id, and must not be another's all the same."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymodbus.framer import FramerType
from pymodbus.simulator import DataType, SimData, SimDevice

from config.model import Command, Device, Output, Protocol, Quality
from drivers.driver import DriverError, Nonsense, Unreachable
from drivers.frames import crc16
from drivers.line import line_settings
from drivers.modbus import ModbusDriver
from drivers.wire import open_wire
from tests.drivers.cable import cable_to
from tests.drivers.nouns import AT, channel_model, device, holding, now, qualities, registers
from tests.drivers.wires import Answer, Listener, by_turns, deaf, modbus_server, talker

Way = Callable[[int], AbstractAsyncContextManager[str]]
"""Gives the address under which the server at a port is reached."""


@asynccontextmanager
async def serial_server(port: int) -> AsyncIterator[str]:
    yield f"rtu+tcp://127.0.0.1:{port}"


@asynccontextmanager
async def line(port: int) -> AsyncIterator[str]:
    async with cable_to(port) as cable:
        yield cable.address


WAYS = pytest.mark.parametrize("way", [serial_server, line])


def sealed(body: bytes) -> bytes:
    return body + crc16(body)


def honest(question: bytes, offset: int = 0) -> bytes:
    """Every register holds its own address, plus an offset."""
    first, count = int.from_bytes(question[2:4], "big"), int.from_bytes(question[4:6], "big")
    words = b"".join((n + offset).to_bytes(2, "big") for n in range(first, first + count))
    return sealed(question[:2] + bytes([2 * count]) + words)


def rtu_talker(answer: Callable[[bytes], Answer]) -> Listener:
    return talker(answer, size=8)


# --- An honest device ---------------------------------------------------------------------------


@WAYS
async def test_an_independent_server_is_read_and_written(way: Way) -> None:
    served = SimDevice(7, simdata=[SimData(0, values=[100, 200, 0x41C8, 0], datatype=DataType.REGISTERS)])
    models = [
        channel_model("b", holding(1, unit_id=7)),
        channel_model("t", holding(2, "float32", unit_id=7)),
        channel_model("alive", holding(0, unit_id=7, table="diagnostic")),
        channel_model("none", holding(80, unit_id=7)),
    ]
    outputs = {"b": Output("b", holding(1, unit_id=7), {"on": 0x0101}, "b", {"on": 0x0101})}
    async with (
        modbus_server(served, framer=FramerType.RTU) as server,
        way(int(server.rpartition(":")[2])) as address,
    ):
        driver = ModbusDriver(device(Protocol.MODBUS, models, address, timeout_s=5.0, outputs=outputs), now)
        await driver.connect()
        (before,) = await driver.read(AT)
        await driver.command(Command("D", {"b": "on"}, "test"))
        (after,) = await driver.read(AT)
        await driver.close()
    assert list(before.values[:3]) == [200, 25, 0]
    assert qualities(before) == (Quality.GOOD, Quality.GOOD, Quality.GOOD, Quality.CONFIGURATION)
    assert list(after.values[:3]) == [0x0101, 25, 0]


@WAYS
async def test_a_coil_is_written_and_read_back(way: Way) -> None:
    bits = SimData(0, values=[False] * 16, datatype=DataType.BITS)
    words = SimData(0, values=[0], datatype=DataType.REGISTERS)
    served = SimDevice(1, simdata=([bits], [bits], [words], [words]))
    async with (
        modbus_server(served, framer=FramerType.RTU) as server,
        way(int(server.rpartition(":")[2])) as address,
    ):
        driver = ModbusDriver(registers({"c": holding(3, "bool", table="coil")}, address, timeout_s=0.5), now)
        wire = open_wire(address, 0.5)
        seen = []
        for on in (True, False):
            await wire.connect()
            async with wire.deadline():
                await wire.write_coil(1, 3, on)
            wire.close()
            await driver.connect()
            seen.append((await driver.read(AT))[0].values[0])
            await driver.close()
    assert seen == [1, 0]


# --- Lies ---------------------------------------------------------------------------------------


def flipped(answer: bytes, at: int) -> bytes:
    return answer[:at] + bytes([answer[at] ^ 1]) + answer[at + 1 :]


def sevens(question: bytes, surplus: int) -> bytes:
    """So many registers more than asked for, all of them 7."""
    count = question[5] + surplus
    return sealed(question[:1] + bytes([3, 2 * count]) + count * b"\x00\x07")


LIES: dict[str, tuple[type[DriverError], Callable[[bytes], Answer]]] = {
    "another unit": (Nonsense, lambda q: sealed(b"\x09" + honest(q)[1:-2])),
    "another function": (Nonsense, lambda q: sealed(q[:1] + b"\x04" + honest(q)[2:-2])),
    "exception of another function": (Nonsense, lambda q: sealed(q[:1] + b"\x84\x02")),
    "one register too few": (Nonsense, lambda q: sevens(q, -1)),
    "one register too many": (Nonsense, lambda q: sevens(q, +1)),
    "a flipped bit in the data": (Nonsense, lambda q: flipped(honest(q), 4)),
    "a flipped bit in the CRC": (Nonsense, lambda q: flipped(honest(q), -2)),
    "a second answer behind the first": (Nonsense, lambda q: honest(q) + honest(q)),
    "one byte too many": (Nonsense, lambda q: honest(q) + b"\0"),
    "the question again": (Nonsense, lambda q: q),
    "garbage": (Nonsense, lambda q: b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    "half an answer and then nothing": (Unreachable, lambda q: honest(q)[:4]),
    "nothing": (Unreachable, lambda q: b""),
}
SAID = {name: said for name, (_, said) in LIES.items()}


def pair(address: str, timeout_s: float = 0.15) -> Device:
    return registers({"a": holding(20), "b": holding(21)}, address, timeout_s=timeout_s)


async def values_of(driver: ModbusDriver) -> list[float]:
    """Connect, read and close; again if this machine was too slow for so short a timeout."""
    for _ in range(10):
        with suppress(Unreachable):
            await driver.connect()
            return list((await driver.read(AT))[0].values)
    raise AssertionError("never read")


@WAYS
@pytest.mark.parametrize("lie", LIES)
async def test_a_lie_is_never_a_value_and_ends_the_connection(lie: str, way: Way) -> None:
    error, answer = LIES[lie]
    lying = True
    async with (
        rtu_talker(lambda question: answer(question) if lying else honest(question)) as server,
        way(server.port) as address,
    ):
        driver = ModbusDriver(pair(address), now)
        await driver.connect()
        with pytest.raises(error):
            await driver.read(AT)
        with pytest.raises(Unreachable, match="not connected"):
            await driver.read(AT)
        lying = False
        assert await values_of(driver) == [20, 21]


async def test_an_answer_in_pieces_is_one_answer() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while question := await reader.readexactly(8):
            for byte in honest(question):
                writer.write(bytes([byte]))
                await asyncio.sleep(0)

    async with Listener(serve) as server, line(server.port) as address:
        driver = ModbusDriver(pair(address, 0.5), now)
        await driver.connect()
        assert list((await driver.read(AT))[0].values) == [20, 21]
        await driver.close()


# --- H5: late and repeated answers ----------------------------------------------------------------


@WAYS
async def test_h5_a_late_answer_is_not_the_answer_after_a_reconnect(way: Way) -> None:
    """It has the next question's shape in every byte: nothing but the silence before the question tells."""
    late: list[bytes] = []
    released = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not late:
            late.append(honest(await reader.readexactly(8), offset=1000))
            if way is serial_server:
                await reader.read()  # until the driver has gone; its next connection gets what is late
                return
        await released.wait()
        writer.write(late[0])
        while question := await reader.readexactly(8):
            writer.write(honest(question))

    async with Listener(serve) as server, way(server.port) as address:
        driver = ModbusDriver(pair(address), now)
        await driver.connect()
        with pytest.raises(Unreachable, match="no answer within"):
            await driver.read(AT)
        connecting = asyncio.create_task(driver.connect())
        released.set()
        await connecting
        assert list((await driver.read(AT))[0].values) == [20, 21]
        await driver.close()


async def test_h5_a_second_copy_of_the_last_answer_is_not_the_next_one() -> None:
    """It has arrived already when the next question is to be sent, and would fit it in every byte."""
    told, said = asyncio.Event(), asyncio.Event()
    asked = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        while question := await reader.readexactly(8):
            asked += 1
            writer.write(honest(question))
            await told.wait()
            writer.write(honest(question, offset=1000))
            said.set()

    async with Listener(serve) as server, serial_server(server.port) as address:
        driver = ModbusDriver(pair(address, 0.5), now)
        await driver.connect()
        assert list((await driver.read(AT))[0].values) == [20, 21]
        told.set()
        await said.wait()
        with pytest.raises(Nonsense, match="9 bytes that nobody asked for"):
            await driver.read(AT)
        await driver.close()
    assert asked == 1, "a connection in doubt is not asked again"


@WAYS
async def test_a_line_that_is_never_silent_is_nonsense(way: Way) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"\x55")
            await asyncio.sleep(0.002)

    async with Listener(serve) as server, way(server.port) as address:
        driver = ModbusDriver(pair(address, 0.05), now)
        with pytest.raises(Nonsense, match="connect: bytes that nobody asked for, without an end"):
            await driver.connect()
        with pytest.raises(Unreachable, match="not connected"):
            await driver.read(AT)


async def test_a_connection_lost_while_it_listens_is_told_at_once() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x55")

    async with Listener(serve) as server:
        driver = ModbusDriver(pair(f"rtu+tcp://127.0.0.1:{server.port}", 20.0), now)
        with pytest.raises(Unreachable, match="connect: connection lost"):
            await driver.connect()


async def test_a_cancelled_connect_leaves_nothing_open() -> None:
    accepted = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.set()
        await reader.read()

    async with Listener(serve) as server:
        wire = open_wire(f"rtu+tcp://127.0.0.1:{server.port}", 20.0)
        connecting = asyncio.create_task(wire.connect())
        await accepted.wait()
        connecting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await connecting
        await server.idle()


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from(["", "late", *LIES]), max_size=5))
def test_h5_no_good_value_is_ever_another_registers_value(behaviour: list[str]) -> None:
    async def scenario() -> None:
        async with rtu_talker(by_turns(behaviour, honest, SAID)) as server:
            asked = {"a": holding(10), "b": holding(11), "far": holding(700), "farther": holding(900)}
            driver = ModbusDriver(registers(asked, f"rtu+tcp://127.0.0.1:{server.port}", timeout_s=0.12), now)
            for _ in range(4):
                try:
                    await driver.connect()
                    for _ in range(2):
                        (sample,) = await driver.read(AT)
                        assert qualities(sample) == (Quality.GOOD,) * 4
                        assert sample.values == (10, 11, 700, 900)
                except DriverError:
                    continue
            await driver.close()

    asyncio.run(scenario())


# --- The serial line ----------------------------------------------------------------------------


async def test_h2_a_line_that_is_pulled_out_ends_the_question() -> None:
    asked = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(8)
        asked.set()
        await reader.read()

    async with Listener(serve) as server, cable_to(server.port) as cable:
        driver = ModbusDriver(pair(cable.address, 1.0), now)
        await driver.connect()
        reading = asyncio.create_task(driver.read(AT))
        await asked.wait()
        cable.unplug()
        with pytest.raises(Unreachable, match=r"read unit 1 holding 20\.\.21: connection lost"):
            await reading
        with pytest.raises(Unreachable, match=r"connect: .*could not open port"):
            await driver.connect()


async def test_a_line_has_one_master() -> None:
    async with deaf() as server, cable_to(server.port) as cable:
        first, second = open_wire(cable.address, 0.05), open_wire(cable.address, 0.05)
        await first.connect()
        with pytest.raises(Unreachable, match="exclusively lock"):
            await second.connect()
        first.close()
        await second.connect()
        second.close()


@pytest.mark.parametrize(
    ("address", "gap_s"),
    [
        ("/dev/ttyS0?baudrate=9600&parity=E&stopbits=1", 3.5 * 11 / 9600),
        ("/dev/ttyS0?baudrate=19200&parity=N&stopbits=2", 3.5 * 11 / 19200),
        ("/dev/ttyS0?baudrate=1200&parity=N&stopbits=1", 3.5 * 10 / 1200),
        ("/dev/ttyS0?baudrate=115200&parity=O&stopbits=1", 0.00175),
    ],
)
def test_the_gap_between_two_frames_follows_from_the_settings(address: str, gap_s: float) -> None:
    assert line_settings(address).frame_gap_s == pytest.approx(gap_s)
    assert open_wire(f"rtu:{address}", 0.8)._gap_s == pytest.approx(gap_s)


@pytest.mark.parametrize(
    "address",
    [
        "/dev/ttyS0",
        "ttyS0?baudrate=9600&parity=E&stopbits=1",
        "/dev/ttyS0?baudrate=9600&parity=E",
        "/dev/ttyS0?baudrate=9600&parity=E&stopbits=1&timeout=5",
        "/dev/ttyS0?baudrate=fast&parity=E&stopbits=1",
        "/dev/ttyS0?baudrate=9600&parity=M&stopbits=1",
        "/dev/ttyS0?baudrate=9600&parity=E&stopbits=1.5",
    ],
)
def test_an_address_of_a_line_says_how_it_is_set(address: str) -> None:
    with pytest.raises(ValueError, match="is not PATH"):
        open_wire(f"rtu:{address}", 0.8)
