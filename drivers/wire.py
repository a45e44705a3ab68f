"""One Modbus connection, over TCP or a serial line: it gives the answer to the question, or nothing.

A Modbus answer does not say which register it is of. An answer that comes after its question was given up would be
taken for the next one's, and one channel would show another's value. So every byte is held against the one question
that is open (`frames.py`), and after any doubt (timeout, wrong id, unit, function, length or check sum, even one byte
too many) the connection is closed: whatever was still on its way dies with it.

RTU frames have no transaction id. Two questions to one unit, of one function and one count, have answers that nothing
tells apart but the moment they come in; and behind a serial server, or on a line, a late answer outlives our
connection. So on RTU a new connection first listens, until nothing has come for a full timeout, before it asks
anything: whatever answers a question within a timeout, be it the last one of a poll, is either in time or falls into
that silence. And before each question the line must be silent for the gap between two frames: what comes then, a
second copy of the last answer too, ends the connection. What is left is a device that answers later than that, or
twice with a pause; a longer timeout helps against the one, and nothing against the other.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TypeAlias

from drivers.driver import DriverError, Refused, Unreachable
from drivers.frames import (
    Ask,
    Framing,
    Mbap,
    Rtu,
    exception_of,
    read,
    values,
    write_coil,
    write_register,
)
from drivers.line import FRAME_GAP_FAST_S, Line, line_settings
from drivers.registers import Request
from drivers.talk import Talk

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

UNIT_SILENT = frozenset({5, 6, 10, 11})
"""The unit has no time for us, or its gateway answered and the unit behind it did not: asking later helps."""

DRAIN_WINDOWS_MAX = 3
"""So many timeouts are listened for one without a byte, before a line counts as one that never is silent."""

Dial: TypeAlias = Callable[[asyncio.Protocol], Awaitable[None]]
"""Opens the way that the bytes travel, and ties it to the protocol."""


class UnitSilent(Unreachable):
    """One unit does not give its answer now. The connection itself is sound, and other units may well answer."""


class Wire:
    """One connection at a time. Every use of it stands inside `deadline()`, and any failure there closes it."""

    def __init__(
        self, address: str, timeout_s: float, framing: Framing, dial: Dial, gap_s: float = 0.0
    ) -> None:
        """Nothing is opened yet; `open_wire` makes one of an address.

        Args:
            address: for messages.
            timeout_s: for all that stands in one `deadline()`.
            framing: of the frames, TCP's or a serial line's.
            dial: opens the connection.
            gap_s: silence before each question.
        """
        self._address = address
        self._timeout_s = timeout_s
        self._framing = framing
        self._dial = dial
        self._gap_s = gap_s
        self._talk: Talk | None = None
        self._doing: tuple[object, ...] = ("connect",)

    async def connect(self) -> None:
        """Make a new connection; one that is still open is closed first.

        Where frames have no ids this takes a timeout longer: see above.

        Raises:
            Unreachable: nothing listens there, or nothing answers in time.
            Nonsense: the line is never silent.
        """
        self.close()
        self._doing = ("connect",)
        talk = self._talk = Talk()
        async with self.deadline():
            try:
                await self._dial(talk)
            except OSError as error:
                refused = isinstance(error, ConnectionRefusedError)
                why = "nothing listens there" if refused else f"connect: {error}"
                raise Unreachable(f"{self._address}: {why}") from error
        if not self._framing.has_ids:
            await self._drain(talk)

    @asynccontextmanager
    async def deadline(self) -> AsyncIterator[None]:
        """Bound everything inside by the timeout, and close the connection if it does not end well.

        Raises:
            Unreachable: no answer in time, or the connection was lost.
            Nonsense: what came was not the answer.
            DriverError: as raised inside.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                yield
        except TimeoutError:
            self.close()
            silence = f"no answer within {self._timeout_s} s to {self._told()}"
            raise Unreachable(f"{self._address}: {silence}") from None
        except BaseException:
            self.close()
            raise

    async def ask(self, request: Request) -> Sequence[int]:
        """Read registers or bits, or the word of a diagnostic.

        Returns:
            Exactly `request.count` words, or bits as 0 and 1.

        Raises:
            UnitSilent: this unit does not answer now.
            Refused: the device answered with another exception.
            Unreachable: not connected any more.
            Nonsense: what came is not the answer, or came unasked.
        """
        self._doing = ("read", request)
        return values(request, await self._answer(read(request)))

    async def write(self, unit_id: int, address: int, word: int) -> None:
        """Write one holding register (FC06); the echo must be the write.

        Raises:
            DriverError: as `ask`.
        """
        self._doing = ("write unit", unit_id, "holding", address, f"= {word:#06x}")
        await self._answer(write_register(unit_id, address, word))

    async def write_coil(self, unit_id: int, address: int, on: bool) -> None:
        """Write one coil (FC05); the echo must be the write.

        Raises:
            DriverError: as `ask`.
        """
        self._doing = ("write unit", unit_id, "coil", address, f"= {on:d}")
        await self._answer(write_coil(unit_id, address, on))

    def close(self) -> None:
        """Drop the connection."""
        talk, self._talk = self._talk, None
        if talk is not None:
            talk.drop()

    async def _answer(self, ask: Ask) -> bytes:
        if self._talk is None:
            raise Unreachable(f"{self._address}: not connected")
        if self._gap_s:
            await asyncio.sleep(self._gap_s)
        try:
            pdu = await self._talk.ask(self._framing.question(ask))
        except DriverError as error:
            raise self._said(error) from error
        code = exception_of(pdu)
        if code is None:
            return pdu
        said = f"exception {code} ({EXCEPTIONS.get(code, 'not in the standard')})"
        raise self._said(UnitSilent(said) if code in UNIT_SILENT else Refused(said))

    async def _drain(self, talk: Talk) -> None:
        try:
            await talk.drain(self._timeout_s, DRAIN_WINDOWS_MAX)
        except DriverError as error:
            self.close()
            raise self._said(error) from error
        except BaseException:
            self.close()
            raise

    def _said(self, error: DriverError) -> DriverError:
        """The same, with where and at what."""
        return type(error)(f"{self._address}: {self._told()}: {error}")

    def _told(self) -> str:
        return " ".join(map(str, self._doing))


def open_wire(address: str, timeout_s: float) -> Wire:
    """The wire to an address, not connected yet.

    Args:
        address: `host:port` (TCP), `rtu+tcp://host:port` (RTU frames behind a serial server) or
            `rtu:/dev/ttyUSB0?baudrate=19200&parity=N&stopbits=1` (a serial line).
        timeout_s: for one poll.

    Raises:
        ValueError: the address is of none of these forms.
    """
    if address.startswith("rtu:"):
        settings = line_settings(address.removeprefix("rtu:"))

        async def dial_line(talk: asyncio.Protocol) -> None:
            Line(settings, talk)

        return Wire(address, timeout_s, Rtu(), dial_line, settings.frame_gap_s)
    is_rtu = address.startswith("rtu+tcp://")
    host, port = _host_and_port(address.removeprefix("rtu+tcp://"))

    async def dial_host(talk: asyncio.Protocol) -> None:
        # No small frame waits for a larger one: asyncio sets TCP_NODELAY by itself.
        await asyncio.get_running_loop().create_connection(lambda: talk, host, port)

    if is_rtu:
        return Wire(address, timeout_s, Rtu(), dial_host, FRAME_GAP_FAST_S)
    return Wire(address, timeout_s, Mbap(), dial_host)


def _host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise ValueError(f"address {address!r} is not host:port")
    return host.strip("[]"), int(port)
