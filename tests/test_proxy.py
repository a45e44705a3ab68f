"""The failing wire does what it says: otherwise the tests behind it prove nothing."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.drivers.wires import Listener
from tests.proxy import (
    FAULTS,
    HOST,
    MBAP,
    OPCUA,
    OPCUA_SIGNED,
    RTU,
    Fault,
    Framing,
    Proxy,
    scripted,
    seeded,
    stopped,
)

SILENCE_S = 0.05
"""So long nothing comes, where nothing may come."""


def answer(number: int) -> bytes:
    """A Modbus TCP answer with two registers, told apart by its transaction id."""
    return number.to_bytes(2, "big") + bytes.fromhex("0000 0007 01 03 04 0A0B0C0D")


@dataclass
class Answering:
    """A server that gives `answer(n)` for a byte n.

    Attributes:
        asked: every question that came through, in order.
        gone: a connection has ended.
    """

    asked: list[int] = field(default_factory=list)
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while question := await reader.read(1):
                self.asked.append(question[0])
                writer.write(answer(question[0]))
        self.gone.set()


@dataclass
class Driver:
    """The driver's end of one connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def leave(self) -> None:
        self.writer.transport.abort()

    async def ask(self, *numbers: int) -> None:
        self.writer.write(bytes(numbers))
        await self.writer.drain()

    async def hears(self, *expected: bytes) -> bool:
        """Whether exactly this comes, and then nothing for a while."""
        wanted = b"".join(expected)
        return await self.reader.readexactly(len(wanted)) == wanted and await self.hears_nothing()

    async def hears_nothing(self) -> bool:
        try:
            async with asyncio.timeout(SILENCE_S):
                await self.reader.read(1)
        except TimeoutError:
            return True
        return False


@dataclass
class Wire:
    """A server, a proxy before it, and whoever connects through it."""

    server: Answering
    listener: Listener
    proxy: Proxy
    drivers: list[Driver] = field(default_factory=list)

    async def connect(self) -> Driver:
        self.drivers.append(Driver(*await asyncio.open_connection(HOST, self.proxy.port)))
        return self.drivers[-1]


@asynccontextmanager
async def wire(*faults: Fault, framing: Framing = MBAP) -> AsyncIterator[Wire]:
    """A proxy with a script; every connection that was made through it is closed at the end."""
    server = Answering()
    async with Listener(server.serve) as listener:
        proxy = Proxy(listener.port, framing, scripted(*faults), late_s=0.03)
        async with proxy.listener:
            one = Wire(server, listener, proxy)
            yield one
            for driver in one.drivers:
                driver.leave()


# --- Framing ------------------------------------------------------------------------------------

MESSAGES = {
    "mbap": (MBAP, answer(7)),
    "rtu read": (RTU, bytes.fromhex("01 03 04 0A0B0C0D DEAD")),
    "rtu bits": (RTU, bytes.fromhex("01 01 01 05 DEAD")),
    "rtu write": (RTU, bytes.fromhex("01 06 0018 FFFF DEAD")),
    "rtu diagnostic": (RTU, bytes.fromhex("01 08 0000 0000 DEAD")),
    "rtu exception": (RTU, bytes.fromhex("01 83 02 DEAD")),
    "opcua": (OPCUA, b"MSGF" + (40).to_bytes(4, "little") + bytes(32)),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_the_length_of_an_answer_stands_in_its_beginning(name: str) -> None:
    framing, message = MESSAGES[name]
    assert framing.length(message) == len(message)
    assert framing.length(message + b"next") == len(message)
    assert framing.length(message[:2]) == 0


def test_only_what_a_reader_can_check_is_garbled() -> None:
    rtu, opcua = MESSAGES["rtu read"][1], MESSAGES["opcua"][1]
    assert MBAP.checked(answer(1)) == 9
    assert RTU.checked(rtu) == len(rtu)
    assert OPCUA.checked(opcua) == 24
    assert OPCUA.checked(b"ACKF" + bytes(24)) == 8
    assert OPCUA_SIGNED.checked(opcua) == len(opcua)


# --- One fault each -----------------------------------------------------------------------------


async def test_without_a_fault_everything_passes_and_is_counted() -> None:
    async with wire() as one:
        driver = await one.connect()
        await driver.ask(1, 2, 3)
        assert await driver.hears(answer(1), answer(2), answer(3))
        assert one.server.asked == [1, 2, 3]
        assert one.proxy.counts == {Fault.NONE: 3}


async def test_late_answers_come_in_their_order() -> None:
    async with wire(Fault.DELAY, Fault.LATE) as one:
        driver = await one.connect()
        await driver.ask(1, 2, 3)
        assert await driver.hears(answer(1), answer(2), answer(3))


async def test_a_late_answer_does_not_outlive_its_connection_and_a_stray_one_does() -> None:
    async with wire(Fault.NONE, Fault.LATE, Fault.STRAY) as one:
        first = await one.connect()
        await first.ask(1, 2)
        assert await first.reader.readexactly(len(answer(1))) == answer(1)
        first.leave()
        second = await one.connect()
        assert await second.hears_nothing()
        await second.ask(3, 4)
        assert await second.reader.readexactly(len(answer(4))) == answer(4)
        second.leave()
        third = await one.connect()
        assert await third.hears(answer(3))


async def test_swapped_answers() -> None:
    async with wire(Fault.SWAP) as one:
        driver = await one.connect()
        await driver.ask(1)
        assert await driver.hears_nothing()
        await driver.ask(2)
        assert await driver.hears(answer(2), answer(1))


async def test_an_answer_twice() -> None:
    async with wire(Fault.DUPLICATE) as one:
        driver = await one.connect()
        await driver.ask(1)
        assert await driver.hears(answer(1), answer(1))


async def test_the_beginning_of_an_answer_and_then_nothing() -> None:
    async with wire(Fault.TRUNCATE) as one:
        driver = await one.connect()
        await driver.ask(1)
        came = await driver.reader.read(100)
        assert 0 < len(came) < len(answer(1))
        assert answer(1).startswith(came)
        await driver.ask(2)
        assert await driver.hears_nothing()


async def test_the_beginning_of_an_answer_and_then_the_next_where_a_check_covers_both() -> None:
    async with wire(Fault.TRUNCATE, framing=Framing(MBAP.length, len)) as one:
        driver = await one.connect()
        await driver.ask(1, 2)
        came = await driver.reader.readuntil(answer(2))
        beginning = came[: -len(answer(2))]
        assert 0 < len(beginning) < len(answer(1))
        assert answer(1).startswith(beginning)


@given(st.sampled_from(sorted(MESSAGES)), st.integers())
def test_law_a_garbled_answer_differs_in_one_byte_that_can_be_checked(name: str, seed: int) -> None:
    framing, message = MESSAGES[name]
    damaged = Proxy(0, framing, rng=Random(seed))._damaged(message, Fault.GARBLE)
    (at,) = (at for at in range(len(message)) if damaged[at] != message[at])
    assert at < framing.checked(message)
    assert len(damaged) == len(message)


async def test_a_black_hole_swallows_both_ways_and_only_one_connection() -> None:
    async with wire(Fault.BLACK_HOLE) as one:
        lost, other = await one.connect(), await one.connect()
        await lost.ask(1)
        assert await lost.hears_nothing()
        await lost.ask(2)
        await other.ask(3)
        assert await other.hears(answer(3))
        assert await lost.hears_nothing()
        assert one.server.asked == [1, 3]


async def test_a_reset_is_one() -> None:
    async with wire(Fault.RESET) as one:
        driver = await one.connect()
        await driver.ask(1)
        with pytest.raises(ConnectionResetError):
            await driver.reader.read(1)
        await one.server.gone.wait()


async def test_half_open_the_server_has_gone_and_nobody_tells() -> None:
    async with wire(Fault.HALF_OPEN) as one:
        driver = await one.connect()
        await driver.ask(1)
        await one.server.gone.wait()
        assert await driver.hears_nothing()


# --- Wholly cut -----------------------------------------------------------------------------------


async def test_while_there_is_a_hole_nothing_passes_and_what_lost_something_stays_dead() -> None:
    async with wire() as one:
        before = await one.connect()
        one.proxy.hole = True
        during = await one.connect()
        for driver in (before, during):
            await driver.ask(1)
            assert await driver.hears_nothing()
        one.proxy.hole = False
        for driver in (before, during):
            await driver.ask(2)
            assert await driver.hears_nothing()
        after = await one.connect()
        await after.ask(3)
        assert await after.hears(answer(3))
        assert one.server.asked == [3]


async def test_a_server_that_goes_is_told_and_one_that_is_not_there_is_a_reset() -> None:
    async with wire() as one:
        driver = await one.connect()
        await driver.ask(1)
        assert await driver.hears(answer(1))
        await one.listener.down()
        assert await driver.reader.read(1) == b""
        nobody = await one.connect()
        with pytest.raises(ConnectionResetError):
            await nobody.reader.read(1)


async def test_half_open_a_server_that_goes_is_not_told() -> None:
    async with wire() as one:
        one.proxy.half_open = True
        driver = await one.connect()
        await driver.ask(1)
        assert await driver.hears(answer(1))
        await one.listener.down()
        assert await driver.hears_nothing()


# --- Scripts, seeds, processes -----------------------------------------------------------------------


def test_the_same_seed_gives_the_same_faults_and_every_kind_of_them() -> None:
    def first(seed: int, share: float) -> list[Fault]:
        faults = seeded(Random(seed), share)
        return [next(faults) for _ in range(500)]

    assert first(1, 0.5) == first(1, 0.5) != first(2, 0.5)
    assert set(first(1, 1.0)) == set(FAULTS)
    assert set(first(1, 0.0)) == {Fault.NONE}
    assert 200 < sum(fault is not Fault.NONE for fault in first(3, 0.5)) < 300


async def test_a_stopped_process_stands_still_and_goes_on() -> None:
    process = await asyncio.create_subprocess_exec(
        "cat", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with stopped(process.pid):
        process.stdin.write(b"1")
        while _state(process.pid) != "T":
            pass
    assert await process.stdout.readexactly(1) == b"1"
    process.send_signal(signal.SIGKILL)
    await process.wait()


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
