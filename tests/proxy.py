"""A wire that fails: a proxy on loopback between a driver and whoever answers it.

Questions pass as they are; every answer is one exchange, and may meet one Fault, as a script or a seed says. What is
damaged is only what the protocol lets a reader notice, for nobody can notice the rest:

- Modbus TCP: the head (transaction, protocol, length, unit, function) and the byte count; the data has no check of
  its own beyond TCP's.
- Modbus RTU: any byte, because the CRC covers all of them.
- OPC UA, unsigned: the head of a message (type, size, channel, token, sequence, request).
- OPC UA, signed: any byte.
"""

import asyncio
import os
import signal
import socket
import struct
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, repeat
from random import Random

from tests.drivers.wires import Listener

HOST = "127.0.0.1"
CHUNK = 1 << 16


class Fault(StrEnum):
    """What may happen to one answer."""

    NONE = "none"
    DELAY = "delay"
    """Comes within the timeout."""
    LATE = "late"
    """Comes after the timeout."""
    STRAY = "stray"
    """Comes after the timeout, on whatever connection is open then: a serial server knows of no connections."""
    SWAP = "swap"
    """Comes behind the next answer of this connection."""
    DUPLICATE = "duplicate"
    TRUNCATE = "truncate"
    """Only its beginning comes. Where a check covers the whole answer the next one follows; where none does nothing
    comes any more, for TCP loses no bytes between others, and nobody could notice it."""
    GARBLE = "garble"
    """One byte is another one."""
    BLACK_HOLE = "black hole"
    """From here on this connection swallows everything, both ways."""
    RESET = "reset"
    HALF_OPEN = "half open"
    """The server is gone, and its farewell never comes."""


FAULTS = tuple(fault for fault in Fault if fault is not Fault.NONE)


def scripted(*faults: Fault) -> Iterator[Fault]:
    """These faults, one per answer; then none for ever."""
    return chain(faults, repeat(Fault.NONE))


def seeded(rng: Random, share: float, kinds: Sequence[Fault] = FAULTS) -> Iterator[Fault]:
    """Faults by chance, so many of every answer."""
    while True:
        yield rng.choice(kinds) if rng.random() < share else Fault.NONE


@dataclass(frozen=True)
class Framing:
    """How the answers of one protocol are told apart.

    Attributes:
        length: how long the answer is with which these bytes begin; 0 while they do not say.
        checked: how many bytes of an answer, from its first on, a reader can check.
    """

    length: Callable[[bytes], int]
    checked: Callable[[bytes], int]


def _mbap_length(data: bytes) -> int:
    return 6 + int.from_bytes(data[4:6], "big") if len(data) >= 6 else 0


def _rtu_length(data: bytes) -> int:
    """Unit, function, and by the function a byte count and data, or an echo, or an exception's code; then the CRC."""
    if len(data) < 3:
        return 0
    match data[1]:
        case 1 | 2 | 3 | 4:
            return 5 + data[2]
        case 5 | 6 | 8 | 15 | 16:
            return 8
        case _:
            return 5


def _opcua_length(data: bytes) -> int:
    return int.from_bytes(data[4:8], "little") if len(data) >= 8 else 0


def _opcua_head(message: bytes) -> int:
    return 24 if message[:3] == b"MSG" else 8


MBAP = Framing(_mbap_length, lambda _: 9)
RTU = Framing(_rtu_length, len)
OPCUA = Framing(_opcua_length, _opcua_head)
OPCUA_SIGNED = Framing(_opcua_length, len)


@dataclass
class _Link:
    """One connection, from the driver's end to the server's."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    far_reader: asyncio.StreamReader
    far_writer: asyncio.StreamWriter
    dead: bool = False
    held: bytes = b""


class Proxy:
    """Carries questions to a server and its answers back, with faults.

    Attributes:
        target: the server's port; may change, for the next connection.
        listener: up and down as a network socket is; its port is the driver's.
        faults: the fault of each next answer, of all connections.
        counts: how often each fault has happened; proxies may count together.
        hole: nothing passes, on any connection; one that has lost something stays dead when the hole is gone.
        half_open: when the server drops a connection, the driver is not told.
    """

    def __init__(
        self,
        target: int,
        framing: Framing,
        faults: Iterator[Fault] | None = None,
        *,
        rng: Random | None = None,
        delay_s: float = 0.01,
        late_s: float = 0.15,
        counts: Counter[Fault] | None = None,
    ) -> None:
        self.target = target
        self.listener = Listener(self._serve)
        self.faults = faults if faults is not None else scripted()
        self.counts: Counter[Fault] = counts if counts is not None else Counter()
        self.hole = False
        self.half_open = False
        self._newest: _Link | None = None
        self._framing = framing
        self._rng = rng or Random(0)
        self._delay_s, self._late_s = delay_s, late_s

    @property
    def port(self) -> int:
        """Where the driver connects."""
        return self.listener.port

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection(HOST, self.target)
        except OSError:
            reset(writer)
            return
        link = self._newest = _Link(reader, writer, far_reader, far_writer)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._questions(link))
                both.create_task(self._answers(link))
        finally:
            far_writer.transport.abort()

    async def _questions(self, link: _Link) -> None:
        while data := await link.reader.read(CHUNK):
            link.dead = link.dead or self.hole
            if not link.dead:
                link.far_writer.write(data)
        raise ConnectionResetError  # the driver has gone: end the other way too

    async def _answers(self, link: _Link) -> None:
        waiting = b""
        with suppress(OSError):
            while data := await link.far_reader.read(CHUNK):
                link.dead = link.dead or self.hole
                waiting = b"" if link.dead else await self._pass_whole(link, waiting + data)
        if link.dead or self.half_open:
            link.dead = True
            return  # the driver is told nothing
        raise ConnectionResetError

    async def _pass_whole(self, link: _Link, data: bytes) -> bytes:
        """Pass on every whole answer; gives what is left."""
        while 0 < (length := self._framing.length(data)) <= len(data):
            message, data = data[:length], data[length:]
            await self._pass(link, message)
        return data

    async def _pass(self, link: _Link, whole: bytes) -> None:
        if link.dead:
            return
        fault = next(self.faults)
        self.counts[fault] += 1
        message = self._damaged(whole, fault)
        match fault:
            case Fault.DELAY:
                await asyncio.sleep(self._delay_s)
            case Fault.LATE:
                await asyncio.sleep(self._late_s)
            case Fault.STRAY:
                asyncio.get_running_loop().call_later(self._late_s, self._stray, message)
                return
            case Fault.SWAP:
                link.held += message
                return
            case Fault.RESET:
                reset(link.writer)
                raise ConnectionResetError
            case Fault.BLACK_HOLE | Fault.HALF_OPEN:
                link.dead = True
                if fault is Fault.HALF_OPEN:
                    link.far_writer.transport.abort()
                return
            case Fault.TRUNCATE:
                link.dead = self._framing.checked(whole) < len(whole)
            case _:
                pass
        held, link.held = link.held, b""
        link.writer.write(message + held)

    def _stray(self, message: bytes) -> None:
        link = self._newest
        if link is not None and not link.dead and not link.writer.is_closing():
            link.writer.write(message)

    def _damaged(self, message: bytes, fault: Fault) -> bytes:
        match fault:
            case Fault.DUPLICATE:
                return 2 * message
            case Fault.TRUNCATE:
                return message[: self._rng.randrange(1, len(message))]
            case Fault.GARBLE:
                at = self._rng.randrange(min(len(message), self._framing.checked(message)))
                changed = message[at] ^ self._rng.randrange(1, 256)
                return message[:at] + bytes([changed]) + message[at + 1 :]
            case _:
                return message


def reset(writer: asyncio.StreamWriter) -> None:
    """End a connection with a RST: to linger for no time means to throw away and tell so."""
    there = writer.get_extra_info("socket")
    there.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """Let a process stand still: its sockets stay open and take bytes, and nothing answers."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
