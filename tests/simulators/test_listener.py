"""The three ways in which requests reach units, each with a real peer: TCP, RTU frames over TCP, a serial line."""

import asyncio
import os
import tty
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import pytest
from pymodbus.client import AsyncModbusTcpClient
from pymodbus.framer import FramerType

from bench.ports import free_ports
from simulators.listener import listener
from simulators.registers import Rejected
from tests.patience import PATIENCE_S

ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE, GATEWAY_TARGET_FAILED = 1, 2, 3, 11


class Shelf:
    """A unit with a place in every table; its coil 3 is stuck."""

    addresses: ClassVar[dict[str, frozenset[int]]] = {
        "coil": frozenset(range(20)),
        "holding": frozenset(range(4)),
        "input": frozenset({100}),
        "diagnostic": frozenset({0}),
    }

    def __init__(self) -> None:
        self.coils = [0] * 20
        self.coils[1] = self.coils[17] = 1
        self.words = [0x0102, 0x0304, 5, 6]

    def read(self, table: str, address: int, count: int) -> list[int]:
        rows = {"coil": self.coils, "holding": self.words, "input": [0] * 100 + [7], "diagnostic": [1]}
        return rows[table][address : address + count]

    def write(self, address: int, words: Sequence[int]) -> None:
        self.words[address : address + len(words)] = words

    def write_coil(self, address: int, on: bool) -> None:
        if address == 3:
            raise Rejected("stuck")
        self.coils[address] = int(on)


class Unlit(Shelf):
    """A unit of plain words, none of which can be written."""

    addresses: ClassVar[dict[str, frozenset[int]]] = {"holding": frozenset(range(4))}

    def write(self, address: int, words: Sequence[int]) -> None:
        raise Rejected("read only")


class Contacts:
    """A unit of coils that are only read."""

    addresses: ClassVar[dict[str, frozenset[int]]] = {"coil": frozenset(range(2))}

    def read(self, table: str, address: int, count: int) -> list[int]:
        return [1] * count

    def write(self, address: int, words: Sequence[int]) -> None:
        raise Rejected("read only")


@pytest.mark.parametrize(("scheme", "framer"), [("", FramerType.SOCKET), ("rtu+tcp://", FramerType.RTU)])
async def test_every_function_reaches_the_unit_over_tcp(scheme: str, framer: FramerType) -> None:
    (port,) = free_ports(1)
    shelf = Shelf()
    here = listener(f"{scheme}127.0.0.1:{port}", {1: shelf, 2: Unlit(), 4: Contacts()})
    await here.open()
    client = AsyncModbusTcpClient("127.0.0.1", port=port, framer=framer, retries=0, timeout=2)
    assert await client.connect()
    assert (await client.read_coils(1, count=17)).bits[:17] == [True] + [False] * 15 + [True]
    assert (await client.read_holding_registers(0, count=4)).registers == [0x0102, 0x0304, 5, 6]
    assert (await client.read_input_registers(100, count=1)).registers == [7]
    assert (await client.write_coil(2, True)).bits[0] is True
    assert (await client.write_coil(1, False)).bits[0] is False
    assert shelf.coils[1:3] == [0, 1]
    assert (await client.write_coil(3, True)).exception_code == ILLEGAL_VALUE
    assert (await client.write_register(2, 99)).registers == [99]
    assert not (await client.write_registers(0, [8, 9])).isError()
    assert shelf.words == [8, 9, 99, 6]
    answer = await client.read_holding_registers(0, count=1, device_id=3)
    assert answer.exception_code == GATEWAY_TARGET_FAILED
    answer = await client.read_holding_registers(3, count=2, device_id=2)
    assert answer.exception_code == ILLEGAL_ADDRESS
    assert (await client.write_register(0, 1, device_id=2)).exception_code == ILLEGAL_VALUE
    assert (await client.write_coil(0, True, device_id=2)).exception_code == ILLEGAL_FUNCTION
    assert (await client.write_coil(0, True, device_id=4)).exception_code == ILLEGAL_FUNCTION
    assert (
        await client.mask_write_register(address=0, and_mask=1, or_mask=1)
    ).exception_code == ILLEGAL_FUNCTION
    client.close()
    await here.close()


async def test_diagnostics_are_answered_by_the_unit_and_not_echoed() -> None:
    (port,) = free_ports(1)
    here = listener(f"127.0.0.1:{port}", {1: Shelf(), 2: Unlit()})
    await here.open()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for question, answer in (
        ("000700000006010800000000", "000700000006010800000001"),
        ("000800000006020800000000", "000800000003028801"),  # no such function there
        ("000900000006010800010000", "000900000003018802"),  # no such sub-function
    ):
        writer.write(bytes.fromhex(question))
        assert (await reader.readexactly(len(answer) // 2)).hex() == answer
    writer.close()
    await writer.wait_closed()
    await here.close()


class Line:
    """The near end of a serial line."""

    def __init__(self, path: Path) -> None:
        self._end = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(self._end)
        self._came = bytearray()
        self._more = asyncio.Event()
        asyncio.get_running_loop().add_reader(self._end, self._take)

    def _take(self) -> None:
        self._came += os.read(self._end, 256)
        self._more.set()

    async def ask(self, question: str, answer_bytes: int) -> str:
        os.write(self._end, bytes.fromhex(question))
        async with asyncio.timeout(PATIENCE_S):
            while len(self._came) < answer_bytes:
                self._more.clear()
                await self._more.wait()
        answer, self._came = self._came.hex(), bytearray()
        return answer

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._end)
        os.close(self._end)


async def test_a_serial_line_is_a_pseudo_terminal_at_the_devices_path(tmp_path: Path) -> None:
    path = tmp_path / "ttyCOUNTER"
    here = listener(f"rtu:{path}?baudrate=19200&parity=N&stopbits=1", {1: Shelf()})
    for _ in range(2):
        await here.open()
        line = Line(path)
        # read holding 0 x 2 of unit 1 (CRC by hand); the answer is 0102 0304
        assert await line.ask("010300000002c40b", 9) == "01030401020304" + _crc("01030401020304")
        line.close()
        await here.close()
        assert not path.exists()


def _crc(frame: str) -> str:
    """CRC-16/MODBUS, low byte first (Modbus over Serial Line V1.02, 6.2.2)."""
    crc = 0xFFFF
    for byte in bytes.fromhex(frame):
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc.to_bytes(2, "little").hex()


async def test_a_path_that_is_taken_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ttyUSB0"
    path.write_text("somebody's")
    open_files = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(OSError, match="exists"):
        await listener(f"rtu:{path}?baudrate=19200&parity=N&stopbits=1", {1: Shelf()}).open()
    assert path.read_text() == "somebody's"
    assert len(list(Path("/proc/self/fd").iterdir())) == open_files


async def test_what_a_killed_simulator_left_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "ttyUSB0"
    path.symlink_to(tmp_path / "gone")
    here = listener(f"rtu:{path}?baudrate=19200&parity=N&stopbits=1", {1: Shelf()})
    await here.open()
    assert path.is_char_device()
    await here.close()
