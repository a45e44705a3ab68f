"""How requests reach a device's units: Modbus TCP, RTU frames over TCP, or RTU frames on a serial line."""

import asyncio
import os
import pty
import struct
import tty
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from pymodbus.constants import ExcCodes
from pymodbus.datastore import ModbusServerContext
from pymodbus.framer import FramerType
from pymodbus.pdu import ExceptionResponse, ModbusPDU
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import SimData, SimDevice
from pymodbus.simulator.simcore import SimCore

from simulators.registers import Rejected, Switched, Unit

READ = {1: "coil", 2: "discrete", 3: "holding", 4: "input", 8: "diagnostic"}
WRITTEN = {5: "coil", 6: "holding", 16: "holding"}
"""Modbus function -> table; the other functions are refused."""

DIAGNOSTICS = 8
RTU_OVER_TCP, SERIAL = "rtu+tcp://", "rtu:"
CHUNK_BYTES = 256
"""The longest RTU frame (Modbus over Serial Line V1.02, 2.5.1)."""


class Listener(Protocol):
    """Where a device listens."""

    async def open(self) -> None:
        """Listen.

        Raises:
            OSError: it cannot.
        """

    async def close(self) -> None:
        """Drop the listener and every connection."""


def listener(address: str, units: Mapping[int, Unit]) -> Listener:
    """Make the listener for one of the three forms of a Modbus device's address."""
    if address.startswith(RTU_OVER_TCP):
        return _TcpListener(address.removeprefix(RTU_OVER_TCP), FramerType.RTU, units)
    if address.startswith(SERIAL):
        return _SerialListener(Path(address.removeprefix(SERIAL).partition("?")[0]), units)
    return _TcpListener(address, FramerType.SOCKET, units)


class _Units(SimCore):
    """A device's units as pymodbus asks for them: it keeps no memory of its own, each request goes to its unit."""

    def __init__(self, units: Mapping[int, Unit]) -> None:
        super().__init__([])
        self._units = units
        self._echo: list[int] | list[bool] = []

    async def async_getValues(  # noqa: N802 - pymodbus's name
        self, device_id: int, func_code: int, address: int, count: int = 1
    ) -> list[int] | list[bool] | ExcCodes:
        """Read; after a write pymodbus asks what stands there, and a real echo is what was written."""
        if func_code in WRITTEN:
            return self._echo
        table = READ.get(func_code, "")
        unit = self._unit(device_id, table, address, count)
        return unit if isinstance(unit, ExcCodes) else unit.read(table, address, count)

    async def async_setValues(  # noqa: N802 - pymodbus's name
        self, device_id: int, func_code: int, address: int, values: list[int] | list[bool]
    ) -> ExcCodes | None:
        """Write."""
        table = WRITTEN.get(func_code, "")
        unit = self._unit(device_id, table, address, len(values))
        if isinstance(unit, ExcCodes):
            return unit
        try:
            if table == "holding":
                unit.write(address, [int(word) for word in values])
            elif isinstance(unit, Switched):
                unit.write_coil(address, bool(values[0]))
            else:
                return ExcCodes.ILLEGAL_FUNCTION
        except Rejected:
            return ExcCodes.ILLEGAL_VALUE
        self._echo = values
        return None

    def _unit(self, unit_id: int, table: str, address: int, count: int) -> Unit | ExcCodes:
        unit = self._units.get(unit_id)
        if unit is None:
            return ExcCodes.GATEWAY_NO_RESPONSE  # as a gateway says of a unit that is not there
        if table not in unit.addresses:
            return ExcCodes.ILLEGAL_FUNCTION
        exist = unit.addresses[table].issuperset(range(address, address + count))
        return unit if exist else ExcCodes.ILLEGAL_ADDRESS


class _Diagnostics(ModbusPDU):
    """Function 8, asked of the unit; pymodbus's own answers it without asking anybody."""

    function_code = DIAGNOSTICS
    rtu_frame_size = 8
    sub_function = 0
    data = 0

    def encode(self) -> bytes:
        """Put sub-function and data word on the wire."""
        return struct.pack(">HH", self.sub_function, self.data)

    def decode(self, data: bytes) -> None:
        """Take sub-function and data word from the wire."""
        self.sub_function, self.data = struct.unpack(">HH", data[:4])

    async def datastore_update(self, context: ModbusServerContext, device_id: int) -> ModbusPDU:
        """Answer with what the unit says to this sub-function."""
        words = await context.async_getValues(device_id, DIAGNOSTICS, self.sub_function, 1)
        if isinstance(words, ExcCodes):
            return ExceptionResponse(DIAGNOSTICS, words)
        answer = _Diagnostics(dev_id=device_id, transaction_id=self.transaction_id)
        answer.sub_function, answer.data = self.sub_function, int(words[0])
        return answer


def _server(framer: FramerType, units: Mapping[int, Unit], address: tuple[str, int]) -> ModbusTcpServer:
    nobody = SimDevice(0, SimData(0))  # pymodbus wants one; `_Units` takes the place of its memory
    server = ModbusTcpServer(nobody, framer=framer, address=address, custom_pdu=[_Diagnostics])
    server.context = _Units(units)
    return server


class _TcpListener:
    def __init__(self, address: str, framer: FramerType, units: Mapping[int, Unit]) -> None:
        host, _, port = address.rpartition(":")
        self._server = _server(framer, units, (host.strip("[]"), int(port)))

    async def open(self) -> None:
        try:
            await self._server.serve_forever(background=True)
        except RuntimeError as error:
            raise OSError(str(error)) from error

    async def close(self) -> None:
        await self._server.shutdown()  # type: ignore[no-untyped-call]  # pymodbus has no types here


class _SerialListener:
    """The far end of a serial line: a pair of pseudo terminals, one of which stands at the device's address."""

    def __init__(self, path: Path, units: Mapping[int, Unit]) -> None:
        self._path = path
        self._server = _server(FramerType.RTU, units, ("", 0))
        self._end = self._other_end = -1

    async def open(self) -> None:
        self._end, self._other_end = pty.openpty()
        try:
            tty.setraw(self._other_end)
            os.set_blocking(self._end, False)
            if self._path.is_symlink() and not self._path.exists():
                self._path.unlink()  # left by a simulator that was killed
            self._path.symlink_to(os.ttyname(self._other_end))
        except OSError:
            self._close_ends()
            raise
        self._handler = self._server.callback_new_connection()  # type: ignore[no-untyped-call]  # pymodbus
        self._handler.connection_made(_Ending(self._end))
        asyncio.get_running_loop().add_reader(self._end, self._receive)

    async def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._end)
        self._handler.close()
        self._path.unlink(missing_ok=True)
        self._close_ends()

    def _receive(self) -> None:
        self._handler.data_received(os.read(self._end, CHUNK_BYTES))

    def _close_ends(self) -> None:
        os.close(self._end)
        os.close(self._other_end)


class _Ending(asyncio.WriteTransport):
    """What an answer is written to: one end of a pair of pseudo terminals."""

    def __init__(self, end: int) -> None:
        super().__init__()
        self._end = end

    def write(self, data: bytes | bytearray | memoryview) -> None:
        with suppress(BlockingIOError):  # what nobody takes at the other end is lost, as on any wire
            os.write(self._end, data)

    def close(self) -> None:
        """Nothing: the listener closes both ends."""
