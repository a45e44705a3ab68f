"""The plain Modbus device, against pymodbus's own server and against servers that lie."""

import asyncio
import math
import os
import socket
from collections.abc import Callable, Coroutine

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymodbus.constants import ExcCodes
from pymodbus.simulator import DataType, SimData, SimDevice

from config.model import Command, Device, Output, Protocol, Quality
from drivers.driver import DriverError, Nonsense, Refused, Unreachable
from drivers.modbus import ModbusDriver
from drivers.registers import Request
from drivers.wire import UnitSilent, open_wire
from tests.drivers.nouns import AT, RECEIVED_AT, channel_model, device, holding, now, qualities, registers
from tests.drivers.wires import Answer, Listener, by_turns, deaf, frame, modbus_server, talker

Action = Callable[
    [int, int, int, int, list[int], list[int] | list[bool] | None], Coroutine[None, None, ExcCodes | None]
]


def unit(unit_id: int, words: list[int], action: Action | None = None) -> SimDevice:
    return SimDevice(unit_id, simdata=[SimData(0, values=words, datatype=DataType.REGISTERS)], action=action)


async def silent(*_: object) -> ExcCodes | None:
    """What a gateway answers for a unit that is not there."""
    return ExcCodes.GATEWAY_NO_RESPONSE


async def busy(*_: object) -> ExcCodes | None:
    return ExcCodes.DEVICE_BUSY


async def read_once(dut: Device) -> tuple[list[float], list[Quality], str]:
    driver = ModbusDriver(dut, now)
    await driver.connect()
    try:
        (sample,) = await driver.read(AT)
    finally:
        await driver.close()
    assert (sample.series, sample.at, sample.received_at) == ("D", AT, RECEIVED_AT)
    return list(sample.values), list(qualities(sample)), sample.reason


# --- An honest server ---------------------------------------------------------------------------


async def test_values_come_into_their_places() -> None:
    async with modbus_server(unit(1, [100, 200, 300, 0x41C8, 0]), unit(2, [7] * 5)) as address:
        values, quality, reason = await read_once(
            registers(
                {
                    "last": holding(2),
                    "first": holding(0, scale=0.1),
                    "other": holding(4, unit_id=2),
                    "float": holding(3, "float32"),
                },
                address,
            )
        )
    assert values == [300, 10, 7, 25]
    assert quality == [Quality.GOOD] * 4
    assert reason == ""


async def test_bits_are_zero_or_one() -> None:
    bits = SimData(0, values=[True, False, True, True] + [False] * 12, datatype=DataType.BITS)
    words = SimData(0, values=[0], datatype=DataType.REGISTERS)
    served = SimDevice(1, simdata=([bits], [bits], [words], [words]))
    async with modbus_server(served) as address:
        asked = {f"b{n}": holding(n, "bool", table="discrete" if n % 2 else "coil") for n in range(4)}
        values, _, _ = await read_once(registers(asked, address))
        wire = open_wire(address, 5.0)
        await wire.connect()
        async with wire.deadline():
            assert await wire.ask(Request(1, "coil", 1, 3)) == [0, 1, 1], "no more than was asked for"
        wire.close()
    assert values == [1, 0, 1, 1]


async def test_a_value_that_the_device_has_not_is_unavailable() -> None:
    async with modbus_server(unit(1, [0, 0x7FC0, 5])) as address:
        values, quality, reason = await read_once(
            registers({"t": holding(0, "float32", word_order="little"), "n": holding(2)}, address)
        )
    assert math.isnan(values[0])
    assert quality == [Quality.UNAVAILABLE, Quality.GOOD]
    assert reason == "D/t: no value (nan)"


async def test_one_silent_unit_behind_a_gateway_leaves_the_others_good() -> None:
    asked = 0

    async def count(*_: object) -> ExcCodes | None:
        nonlocal asked
        asked += 1
        return ExcCodes.GATEWAY_NO_RESPONSE

    async with modbus_server(unit(1, [11]), unit(2, [0] * 9, count), unit(3, [33])) as address:
        dut = registers(
            {
                "a": holding(0),
                "b": holding(0, unit_id=2),
                "b2": holding(8, unit_id=2),
                "c": holding(0, unit_id=3),
            },
            address,
        )
        driver = ModbusDriver(dut, now)
        await driver.connect()
        for _ in range(2):  # the connection is kept
            (sample,) = await driver.read(AT)
            assert sample.quality == (
                Quality.GOOD,
                Quality.UNREACHABLE,
                Quality.UNREACHABLE,
                Quality.GOOD,
            )
            assert (sample.values[0], sample.values[3]) == (11, 33)
            assert math.isnan(sample.values[1])
            assert "unit 2 holding 0..0: exception 11" in sample.reason
        await driver.close()
    assert asked == 2, "a silent unit is asked once in a poll"


async def test_a_gateway_whose_every_unit_is_silent_is_unreachable() -> None:
    async with modbus_server(unit(1, [0], silent), unit(2, [0], silent)) as address:
        with pytest.raises(UnitSilent, match="exception 11"):
            await read_once(registers({"a": holding(0), "b": holding(0, unit_id=2)}, address))


async def test_an_exception_is_a_refusal_in_words() -> None:
    async with modbus_server(unit(1, [0])) as address:
        with pytest.raises(Refused, match=r"read unit 1 holding 50\.\.50: exception 2 .illegal data address"):
            await read_once(registers({"a": holding(50)}, address))


async def test_a_device_that_is_busy_is_unreachable_for_this_poll() -> None:
    async with modbus_server(unit(1, [0], busy)) as address:
        with pytest.raises(UnitSilent, match=r"exception 6 .server device busy"):
            await read_once(registers({"a": holding(0)}, address))


async def test_nothing_listens() -> None:
    async with deaf() as listener:
        address = f"127.0.0.1:{listener.port}"
    with pytest.raises(Unreachable, match="nothing listens"):
        await ModbusDriver(registers({"a": holding(0)}, address), now).connect()


async def test_no_question_waits_to_be_sent_together_with_the_next() -> None:
    async with deaf() as listener:
        wire = open_wire(f"127.0.0.1:{listener.port}", 5.0)
        await wire.connect()
        assert wire._talk is not None
        assert wire._talk._link is not None
        used = wire._talk._link.get_extra_info("socket")
        assert used.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        wire.close()


async def test_a_new_connection_ends_the_one_before() -> None:
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        ended.set()

    async with Listener(serve) as server:
        wire = open_wire(f"127.0.0.1:{server.port}", 5.0)
        await wire.connect()
        await wire.connect()
        await ended.wait()
        wire.close()


async def test_reading_without_a_connection_is_unreachable() -> None:
    driver = ModbusDriver(registers({"a": holding(0)}, "127.0.0.1:1"), now)
    with pytest.raises(Unreachable, match="not connected"):
        await driver.read(AT)
    await driver.close()
    await driver.close()


@pytest.mark.parametrize("address", ["127.0.0.1", ":502", "host:", "host:port"])
def test_an_address_must_be_host_and_port(address: str) -> None:
    with pytest.raises(ValueError, match="is not host:port"):
        ModbusDriver(registers({"a": holding(0)}, address), now)


# --- Commands -----------------------------------------------------------------------------------


def tower(address: str) -> Device:
    outputs = {
        "red": Output("red", holding(0), {"off": 0x0100, "on": 0x0101}, "tier", {"off": 0, "on": 1}),
        "buzzer": Output("buzzer", holding(5), {"off": 0x0100, "pattern": 0x0101}, "b", {}),
        "lock": Output("lock", holding(101, "bool", table="coil"), {"off": 0, "on": 1}, "tier", {}),
        "input": Output("input", holding(0, table="input"), {"on": 1}, "tier", {}),
    }
    return device(Protocol.MODBUS, [channel_model("tier", holding(0))], address, outputs=outputs)


async def test_a_command_writes_its_outputs_and_nothing_else() -> None:
    written: list[tuple[int, object]] = []

    async def note(function: int, _s: int, address: int, _c: int, _r: list[int], values: object) -> None:
        if values is not None:
            assert function == 6
            written.append((address, values))

    async with modbus_server(unit(1, [0] * 10, note)) as address:
        driver = ModbusDriver(tower(address), now)
        await driver.connect()
        await driver.command(Command("D", {"red": "on", "buzzer": "off"}, "test"))
        (sample,) = await driver.read(AT)
        for refused in (
            Command("D", {"red": "on", "white": "on"}, "no such output"),
            Command("D", {"red": "blink"}, "no such state"),
            Command("D", {"red": "off", "input": "on"}, "can only be read"),
            Command("E", {"red": "on"}, "another device"),
            Command("D", {}, "nothing"),
            Command("D", {"red": "on"}, "a request as well", request="fan_speed"),
        ):
            with pytest.raises(Refused):
                await driver.command(refused)
        await driver.close()
    assert written == [(0, [0x0101]), (5, [0x0100])]
    assert sample.values == (0x0101,)


async def test_a_coil_is_written_by_function_5() -> None:
    """Modbus Application Protocol V1.1b3, 6.5: FF00 is on, 0000 is off."""
    asked: list[str] = []

    def echo(question: bytes) -> Answer:
        asked.append(question[6:].hex())
        return question

    async with talker(echo) as door:
        driver = ModbusDriver(tower(f"127.0.0.1:{door.port}"), now)
        await driver.connect()
        await driver.command(Command("D", {"lock": "on"}, "test"))
        await driver.command(Command("D", {"lock": "off", "red": "on"}, "test"))
        await driver.close()
    assert asked == ["01050065ff00", "010500650000", "010600000101"]


@pytest.mark.parametrize("output", ["red", "lock"])
async def test_an_echo_that_is_not_the_write_is_nonsense(output: str) -> None:
    async with talker(lambda question: question[:-2] + b"\0\x07") as liar:
        driver = ModbusDriver(tower(f"127.0.0.1:{liar.port}"), now)
        await driver.connect()
        with pytest.raises(Nonsense, match="echo"):
            await driver.command(Command("D", {output: "on"}, "test"))
        with pytest.raises(Unreachable):
            await driver.read(AT)


# --- Lies ---------------------------------------------------------------------------------------


def honest(question: bytes, offset: int = 0) -> bytes:
    """Every register holds its own address, plus an offset."""
    first, count = int.from_bytes(question[8:10], "big"), int.from_bytes(question[10:12], "big")
    words = b"".join((n + offset).to_bytes(2, "big") for n in range(first, first + count))
    return frame(question, question[7:8] + bytes([2 * count]) + words)


def put(answer: bytes, at: int, what: bytes) -> bytes:
    return answer[:at] + what + answer[at + len(what) :]


def zeros(question: bytes, surplus: int) -> bytes:
    """So many registers more than asked for, all of them 0."""
    size = 2 * (question[11] + surplus)
    return frame(question, bytes([3, size]) + bytes(size))


LIES: dict[str, tuple[type[DriverError], Callable[[bytes], Answer]]] = {
    "another unit": (Nonsense, lambda q: put(honest(q), 6, b"\x09")),
    "another function": (Nonsense, lambda q: put(honest(q), 7, b"\x04")),
    "exception of another function": (Nonsense, lambda q: frame(q, b"\x84\x02")),
    "transaction id 0": (Nonsense, lambda q: put(honest(q), 0, b"\0\0")),
    "an old transaction id": (Nonsense, lambda q: put(honest(q), 0, b"\xff\xfe")),
    "another protocol": (Nonsense, lambda q: put(honest(q), 2, b"\0\x01")),
    "one register too few": (Nonsense, lambda q: zeros(q, -1)),
    "one register too many": (Nonsense, lambda q: zeros(q, +1)),
    "byte count beside the length": (Nonsense, lambda q: put(honest(q), 8, b"\x02")),
    "odd byte count": (Nonsense, lambda q: frame(q, b"\x03\x03" + bytes(3))),
    "a second answer behind the first": (Nonsense, lambda q: honest(q) + honest(q)),
    "one byte too many": (Nonsense, lambda q: honest(q) + b"\0"),
    "garbage": (Nonsense, lambda q: b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    "half an answer and then nothing": (Unreachable, lambda q: honest(q)[:9]),
    "nothing": (Unreachable, lambda q: b""),
    "a reset": (Unreachable, lambda q: None),
}
SAID = {name: said for name, (_, said) in LIES.items()}


@pytest.mark.parametrize("lie", LIES)
async def test_a_lie_is_never_a_value_and_ends_the_connection(lie: str) -> None:
    error, answer = LIES[lie]
    lying = True
    async with talker(lambda question: answer(question) if lying else honest(question)) as server:
        timeout_s = 0.3 if error is Unreachable else 5.0
        dut = registers({"a": holding(20), "b": holding(21)}, f"127.0.0.1:{server.port}", timeout_s=timeout_s)
        driver = ModbusDriver(dut, now)
        await driver.connect()
        with pytest.raises(error):
            await driver.read(AT)
        with pytest.raises(Unreachable):
            await driver.read(AT)
        lying = False
        honest_driver = ModbusDriver(registers({"a": holding(20)}, f"127.0.0.1:{server.port}"), now)
        await honest_driver.connect()
        assert (await honest_driver.read(AT))[0].values == (20,)
        await honest_driver.close()
    assert server.connections == 2


async def test_what_comes_unasked_between_two_polls_is_nonsense() -> None:
    answered, said = asyncio.Event(), asyncio.Event()
    questions = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal questions
        question = await reader.readexactly(12)
        writer.write(honest(question))
        await answered.wait()
        writer.write(honest(question))
        said.set()
        while await reader.read(12):
            questions += 1

    async with Listener(serve) as server:
        driver = ModbusDriver(registers({"a": holding(3)}, f"127.0.0.1:{server.port}"), now)
        await driver.connect()
        assert (await driver.read(AT))[0].values == (3,)
        answered.set()
        await said.wait()
        await server.idle()  # the connection is ended without another question
        with pytest.raises(Nonsense, match="nobody asked"):
            await driver.read(AT)
    assert questions == 0, "a connection in doubt is not asked again"


async def test_an_answer_in_the_very_moment_of_the_timeout_is_too_late() -> None:
    """The loop stands still until both are due; then asyncio.wait_for forgets that it was cancelled."""

    def answer(question: bytes) -> Answer:
        loop = asyncio.get_running_loop()
        end = loop.time() + 0.5
        while loop.time() < end:
            pass
        return honest(question)

    async with talker(answer) as server:
        asked = {"a": holding(3), "b": holding(9)}
        driver = ModbusDriver(registers(asked, f"127.0.0.1:{server.port}", timeout_s=0.3), now)
        await driver.connect()
        with pytest.raises(Unreachable, match=r"to read unit 1 holding 3\.\.3"):
            await driver.read(AT)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["", "", "late", *LIES]), max_size=6))
def test_h5_no_good_value_is_ever_another_registers_value(behaviour: list[str]) -> None:
    """Whatever a server does wrong, and in whatever order: a GOOD value is the register's own."""

    async def scenario() -> None:
        async with talker(by_turns(behaviour, honest, SAID)) as server:
            asked = {"a": holding(10), "b": holding(11), "far": holding(700), "c": holding(30, unit_id=4)}
            dut = registers(asked, f"127.0.0.1:{server.port}", timeout_s=0.05)
            driver = ModbusDriver(dut, now)
            for _ in range(4):
                try:
                    await driver.connect()
                    for _ in range(2):
                        (sample,) = await driver.read(AT)
                        assert qualities(sample) == (Quality.GOOD,) * 4
                        assert sample.values == (10, 11, 700, 30)
                except DriverError:
                    continue
            await driver.close()

    asyncio.run(scenario())


async def test_h5_an_answer_after_its_timeout_is_not_the_next_answer() -> None:
    """The late answer has the next question's shape, and would show what the register held before."""
    late: list[bytes] = []

    def answer(question: bytes) -> Answer:
        if not late:
            late.append(honest(question, offset=1000))
            return b""
        return late[0] + honest(question)

    async with talker(answer) as server:
        driver = ModbusDriver(registers({"a": holding(7)}, f"127.0.0.1:{server.port}", timeout_s=0.3), now)
        await driver.connect()
        with pytest.raises(Unreachable, match="no answer within"):
            await driver.read(AT)
        # The transaction ids go on over connections, so that even a gateway that mixes them up is found out.
        await driver.connect()
        with pytest.raises(Nonsense, match="transaction id 0001, expected 0002"):
            await driver.read(AT)
    assert server.connections == 2


async def test_h1_a_device_that_comes_back_is_read_again() -> None:
    server = talker(honest)
    await server.up()
    driver = ModbusDriver(registers({"a": holding(5)}, f"127.0.0.1:{server.port}"), now)
    files = []
    for _ in range(30):
        await driver.connect()
        assert (await driver.read(AT))[0].values == (5,)
        await server.down()
        with pytest.raises(Unreachable, match=r"lost|not connected|closed|reset"):
            await driver.read(AT)
        with pytest.raises(Unreachable, match="nothing listens"):
            await driver.connect()
        files.append(len(os.listdir("/proc/self/fd")))  # noqa: PTH208 - a count of open files
        await server.up()
    await server.down()
    assert max(files) == files[0], "open files grow with every reconnection"


async def test_h2_a_device_that_hangs_is_unreachable() -> None:
    async with deaf() as server:
        dut = registers({"a": holding(5)}, f"127.0.0.1:{server.port}", timeout_s=0.3)
        driver = ModbusDriver(dut, now)
        for _ in range(3):
            await driver.connect()
            with pytest.raises(Unreachable, match=r"no answer within 0\.3 s to read unit 1 holding 5\.\.5"):
                await driver.read(AT)


async def test_h2_the_timeout_is_for_the_whole_poll() -> None:
    """A device that answers every question just in time for itself must not stretch the poll."""
    asked = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        while True:
            question = await reader.readexactly(12)
            asked += 1
            await asyncio.sleep(0.1)
            writer.write(honest(question))

    async with Listener(serve) as server:
        many = {f"c{n}": holding(2 * n) for n in range(50)}
        driver = ModbusDriver(registers(many, f"127.0.0.1:{server.port}", timeout_s=0.25), now)
        await driver.connect()
        with pytest.raises(Unreachable, match=r"no answer within 0\.25 s"):
            await driver.read(AT)
    assert asked < 50


async def test_a_cancelled_poll_drops_its_connection() -> None:
    asked = asyncio.Event()

    def answer(question: bytes) -> Answer:
        asked.set()
        return b""

    async with talker(answer) as server:
        driver = ModbusDriver(registers({"a": holding(5)}, f"127.0.0.1:{server.port}"), now)
        await driver.connect()
        poll = asyncio.create_task(driver.read(AT))
        await asked.wait()
        poll.cancel()
        with pytest.raises(asyncio.CancelledError):
            await poll
        with pytest.raises(Unreachable, match="not connected"):
            await driver.read(AT)
