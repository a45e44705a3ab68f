"""The Modbus TCP connection: it gives the answer to the question, or nothing.

A Modbus answer does not say which register it is of: only its transaction id ties it to the question. An answer
that comes after its question was given up would be taken for the next one's, and one channel would show
another's value. So every frame is checked byte by byte before pymodbus sees it, and after any doubt (timeout,
wrong id, unit, function or length, even one byte too many) the connection is closed: whatever was still on its
way dies with it.
"""

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ModbusPDU

from drivers.driver import DriverError, Nonsense, Refused, Unreachable
from drivers.registers import LIMITS, MAX_BITS, Request

EXCEPTIONS = {
    1: "illegal function",
    2: "illegal data address",
    3: "illegal data value",
    4: "server device failure",
    5: "acknowledge, still working",
    6: "server device busy",
    8: "memory parity error",
    10: "gateway path unavailable",
    11: "gateway target device failed to respond",
}
"""Exception codes (Modbus Application Protocol V1.1b3, 7)."""

UNIT_SILENT = frozenset({10, 11})
"""The gateway itself answered; the unit behind it did not."""

WRITES = frozenset({5, 6})
EXCEPTION_FLAG = 0x80
HEAD = struct.Struct(">HHHBB")
"""MBAP header and function code: transaction id, protocol id, length of what follows it, unit id, function."""
LENGTH_COUNTS_FROM = 6


class UnitSilent(Unreachable):
    """A gateway answers, but one unit behind it does not. The connection itself is sound."""


def is_answer(question: bytes, answer: bytes) -> bool:
    """Whether `answer` is whole and, byte for byte, a possible answer to `question`; False while more must come.

    Args:
        question: the request frame as sent (a read of registers or bits, or a write of one register); empty
            when nothing is asked, and then nothing is an answer.
        answer: everything that has come since.

    Raises:
        Nonsense: it cannot become the answer any more.
    """
    if not question:
        raise Nonsense(f"{len(answer)} bytes that nobody asked for")
    if len(answer) < HEAD.size:
        return False
    sent_id, _, _, sent_unit, sent_function = HEAD.unpack_from(question)
    transaction_id, protocol_id, length, unit, function = HEAD.unpack_from(answer)
    is_exception = function == sent_function | EXCEPTION_FLAG
    _expect("transaction id", transaction_id, sent_id)
    _expect("protocol id", protocol_id, 0)
    _expect("unit id", unit, sent_unit)
    _expect("function code", function & ~EXCEPTION_FLAG, sent_function)
    _expect("length", length, 3 if is_exception else _answer_length(question))
    if len(answer) < LENGTH_COUNTS_FROM + length:
        return False
    _expect("bytes in all", len(answer), LENGTH_COUNTS_FROM + length)
    if is_exception:
        return True
    if sent_function in WRITES:
        _expect("echo", answer[HEAD.size :].hex(), question[HEAD.size :].hex())
    else:
        _expect("byte count", answer[HEAD.size], length - 3)
    return True


def _answer_length(question: bytes) -> int:
    """Unit id, function code and, for a read, a byte count and the data (an echo for a write)."""
    count = int.from_bytes(question[HEAD.size + 2 : HEAD.size + 4], "big")
    match question[HEAD.size - 1]:
        case 1 | 2:
            return 3 + (count + 7) // 8
        case 3 | 4:
            return 3 + 2 * count
        case _:
            return 6


def _expect(what: str, got: int | str, expected: int | str) -> None:
    if got != expected:
        raise Nonsense(f"answer with {what} {got}, expected {expected}")


class Wire:
    """One Modbus TCP connection. Every use of it stands inside `deadline()`, and any failure there closes it."""

    def __init__(self, address: str, timeout_s: float) -> None:
        host, _, port = address.rpartition(":")
        if not host or not port.isdigit():
            raise ValueError(f"address {address!r} is not host:port")
        self._address = address
        self._host, self._port = host.strip("[]"), int(port)
        self._timeout_s = timeout_s
        self._client: AsyncModbusTcpClient | None = None
        self._deadline: asyncio.Timeout | None = None
        self._fault: DriverError | None = None
        self._question = b""
        self._doing = "connect"

    async def connect(self) -> None:
        """Make a new connection; one that is still open is closed first.

        Raises:
            Unreachable: nothing listens there, or nothing answers in time.
        """
        self.close()
        async with self.deadline():
            # Built anew every time: nothing of an old connection can come back. Retries and reconnection are
            # ours: a library that does either behind our back would mix up questions and answers.
            client = self._client = AsyncModbusTcpClient(
                self._host,
                port=self._port,
                retries=0,
                reconnect_delay=0,
                timeout=self._timeout_s,
                trace_packet=self._trace_packet,
                trace_connect=self._trace_connect,
            )
            self._fault, self._question, self._doing = None, b"", "connect"
            if not await client.connect():
                raise Unreachable(f"{self._address}: nothing listens there")

    @asynccontextmanager
    async def deadline(self) -> AsyncIterator[None]:
        """Bound everything inside by the timeout, and close the connection if it does not end well.

        Raises:
            Unreachable: no answer in time, or the connection was lost.
            Nonsense: what came was not the answer.
            DriverError: as raised inside.
        """
        try:
            async with asyncio.timeout(self._timeout_s) as self._deadline:
                yield
            self._deadline = None
        except TimeoutError:
            self.close()
            silence = Unreachable(f"{self._address}: no answer within {self._timeout_s} s to {self._doing}")
            raise self._fault or silence from None
        except (ModbusException, OSError) as error:
            self.close()
            raise Unreachable(f"{self._address}: {self._doing}: {error}") from error
        except BaseException:
            self.close()
            raise

    async def ask(self, request: Request) -> Sequence[int]:
        """Read registers or bits.

        Returns:
            Exactly `request.count` words, or bits as 0 and 1.

        Raises:
            UnitSilent: a gateway says that this unit does not answer.
            Refused: the device answered with another exception.
            Unreachable: not connected any more.
            Nonsense: something came between two questions.
        """
        client = self._sound_client(f"read {request}")
        match request.table:
            case "coil":
                read = client.read_coils
            case "discrete":
                read = client.read_discrete_inputs
            case "holding":
                read = client.read_holding_registers
            case _:
                read = client.read_input_registers
        answer = await self._answer(read(request.address, count=request.count, device_id=request.unit_id))
        if LIMITS[request.table] == MAX_BITS:
            return [int(bit) for bit in answer.bits[: request.count]]
        return answer.registers

    async def write(self, unit_id: int, address: int, word: int) -> None:
        """Write one holding register (FC06); the echo must be the write.

        Raises:
            DriverError: as `ask`.
        """
        client = self._sound_client(f"write unit {unit_id} holding {address} = {word:#06x}")
        await self._answer(client.write_register(address, word, device_id=unit_id))

    async def write_coil(self, unit_id: int, address: int, on: bool) -> None:
        """Write one coil (FC05); the echo must be the write.

        Raises:
            DriverError: as `ask`.
        """
        client = self._sound_client(f"write unit {unit_id} coil {address} = {on:d}")
        await self._answer(client.write_coil(address, on, device_id=unit_id))

    def close(self) -> None:
        """Drop the connection."""
        client, self._client, self._deadline = self._client, None, None
        if client is not None:
            client.close()

    def _sound_client(self, doing: str) -> AsyncModbusTcpClient:
        if self._client is None:
            raise Unreachable(f"{self._address}: not connected")
        if self._fault is not None:
            raise self._fault
        self._doing = doing
        return self._client

    async def _answer(self, asked: Awaitable[ModbusPDU]) -> ModbusPDU:
        answer = await asked
        # An answer in the very moment of the timeout makes asyncio.wait_for forget that it was cancelled.
        if self._deadline is None or self._deadline.expired():
            raise TimeoutError
        if not answer.isError():
            return answer
        code = answer.exception_code
        said = f"{self._address}: {self._doing}: exception {code} ({EXCEPTIONS.get(code, 'not in the standard')})"
        raise UnitSilent(said) if code in UNIT_SILENT else Refused(said)

    def _trace_packet(self, sending: bool, data: bytes) -> bytes:
        """Show pymodbus a frame only when it is the whole and only answer to the question."""
        if sending:
            self._question = data
            return data
        try:
            if self._fault is None and is_answer(self._question, data):
                self._question = b""
                return data
        except Nonsense as error:
            self._give_up(Nonsense(f"{self._address}: {self._doing}: {error}"))
        return b""

    def _trace_connect(self, connected: bool) -> None:
        # pymodbus would wait out the whole timeout for an answer that cannot come any more.
        if not connected:
            self._give_up(Unreachable(f"{self._address}: connection lost at: {self._doing}"))

    def _give_up(self, fault: DriverError) -> None:
        self._fault = self._fault or fault
        if self._deadline is not None and not self._deadline.expired():
            self._deadline.reschedule(asyncio.get_running_loop().time())


def open_wire(address: str, timeout_s: float) -> Wire:
    """The wire to an address, not connected yet.

    Raises:
        ValueError: the address is of no form that a wire can have.
    """
    return Wire(address, timeout_s)
