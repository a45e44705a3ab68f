"""One open question on one connection, byte by byte, in the very order in which the loop may tell of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from drivers.driver import Nonsense, Unreachable
from drivers.frames import Mbap, Question, read
from drivers.line import Line, line_settings
from drivers.registers import Request
from drivers.talk import Talk
from tests.drivers.cable import cable_to
from tests.drivers.wires import deaf

ANSWER = bytes.fromhex("0001 0000 0005 01 03 02 0007")


def question() -> Question:
    return Mbap().question(read(Request(1, "holding", 0, 1)))


@asynccontextmanager
async def asked() -> AsyncIterator[tuple[Talk, "asyncio.Task[bytes]"]]:
    """A connection on which a question is open; the bytes that come are put in by hand."""
    async with deaf() as server:
        talk = Talk()
        await asyncio.get_running_loop().create_connection(lambda: talk, "127.0.0.1", server.port)
        asking = asyncio.create_task(talk.ask(question()))
        await asyncio.sleep(0)  # until it waits
        yield talk, asking
        talk.drop()


async def test_an_answer_in_pieces_is_one() -> None:
    async with asked() as (talk, asking):
        for byte in ANSWER:
            talk.data_received(bytes([byte]))
        assert await asking == ANSWER[7:]


async def test_h5_a_byte_behind_the_answer_comes_before_it_is_taken() -> None:
    async with asked() as (talk, asking):
        talk.data_received(ANSWER)
        talk.data_received(b"\0")
        with pytest.raises(Nonsense, match="1 bytes that nobody asked for"):
            await asking


async def test_a_connection_lost_behind_the_answer_is_not_believed() -> None:
    async with asked() as (talk, asking):
        talk.data_received(ANSWER)
        talk.connection_lost(ConnectionResetError("reset"))
        with pytest.raises(Unreachable, match=r"connection lost .reset."):
            await asking


async def test_what_was_wrong_first_is_told() -> None:
    async with asked() as (talk, asking):
        talk.data_received(b"\xff")
        talk.data_received(ANSWER)
        talk.connection_lost(None)
        with pytest.raises(Nonsense, match="transaction id ff, expected 0001"):
            await asking
        with pytest.raises(Nonsense, match="transaction id"):
            await talk.ask(question())


async def test_a_question_without_a_connection_is_unreachable() -> None:
    with pytest.raises(Unreachable, match="not connected"):
        await Talk().ask(question())


async def test_an_answer_to_a_poll_that_was_given_up_wakes_nobody() -> None:
    async with asked() as (talk, asking):
        asking.cancel()
        await asyncio.wait({asking})
        talk.data_received(ANSWER)


class Lost(asyncio.Protocol):
    """Hears that its connection is lost."""

    def __init__(self) -> None:
        self.heard: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()

    def connection_lost(self, exc: Exception | None) -> None:
        self.heard.set_result(exc)


async def test_a_line_that_is_pulled_out_closes_its_port() -> None:
    async with deaf() as server, cable_to(server.port) as cable:
        lost = Lost()
        line = Line(line_settings(cable.address.removeprefix("rtu:")), lost)
        cable.unplug()
        assert isinstance(await lost.heard, OSError)
        assert not line._port.is_open
        line.abort()


async def test_a_line_that_takes_nothing_is_lost() -> None:
    """Whoever would read at the other end does not."""
    async with deaf() as server, cable_to(server.port) as cable:
        cable.hold()
        lost = Lost()
        line = Line(line_settings(cable.address.removeprefix("rtu:")), lost)
        line.write(bytes(1 << 20))
        assert str(await lost.heard) == "the port does not take what is sent"
