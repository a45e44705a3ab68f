"""H1, H2: whatever a device's wire did, its driver is reading again within seconds, and nothing piles up."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from itertools import repeat
from typing import TypeAlias

import pytest

from tests.faulty.counting import LIGHTHOUSE, PMS, Make, serve_counter
from tests.faulty.polling import Polling, polling
from tests.faulty.trial import Drive
from tests.faulty.truth import read_nodes, read_registers, serve_nodes, serve_registers
from tests.patience import PATIENCE_S
from tests.proxy import MBAP, OPCUA, RTU, Fault, Framing, Proxy, scripted

TIMEOUT_S = 0.2
BACK_WITHIN_S = 5
"""Of the clock that the test holds; a second in which the machine had no time for an answer is none."""
NO_TIME = ("no answer", "connecting to")
"""Why there was no answer within the timeout, which is of real time."""
CYCLES = 2
READ_S = 0.5
"""About what a read takes of a device that takes its time: more than the slack that a poll has."""

Loss: TypeAlias = Callable[[Proxy], AbstractAsyncContextManager[None]]
"""While it lasts the device cannot be read; when it ends the device is back."""

Served: TypeAlias = tuple[int, Drive, Framing]
"""A server's port, what reads it, and its framing."""


@asynccontextmanager
async def modbus_tcp(timeout_s: float) -> AsyncIterator[Served]:
    async with serve_registers() as served:
        yield served.port, partial(read_registers, timeout_s=timeout_s), MBAP


@asynccontextmanager
async def modbus_rtu(timeout_s: float) -> AsyncIterator[Served]:
    async with serve_registers(rtu=True) as served:
        yield served.port, partial(read_registers, timeout_s=timeout_s, rtu=True), RTU


@asynccontextmanager
async def counter(make: Make, timeout_s: float) -> AsyncIterator[Served]:
    async with serve_counter(make, timeout_s) as (port, drive):
        yield port, drive, MBAP


@asynccontextmanager
async def opcua(timeout_s: float) -> AsyncIterator[Served]:
    async with serve_nodes() as served:
        yield served.port, partial(read_nodes, timeout_s=timeout_s), OPCUA


PROTOCOLS: dict[str, Callable[[float], AbstractAsyncContextManager[Served]]] = {
    "modbus_tcp": modbus_tcp,
    "modbus_rtu": modbus_rtu,
    "lighthouse": partial(counter, LIGHTHOUSE),
    "pms": partial(counter, PMS),
    "opcua": opcua,
}


@asynccontextmanager
async def refused(proxy: Proxy) -> AsyncIterator[None]:
    """The device is cut off, and nothing listens."""
    await proxy.listener.down()
    yield
    await proxy.listener.up()


@asynccontextmanager
async def black_holed(proxy: Proxy) -> AsyncIterator[None]:
    """Whatever is sent vanishes; the device can still be connected to."""
    proxy.hole = True
    yield
    proxy.hole = False


def failing(fault: Fault) -> Loss:
    """Every answer meets this fault."""

    @asynccontextmanager
    async def fails(proxy: Proxy) -> AsyncIterator[None]:
        proxy.faults = repeat(fault)
        yield
        proxy.faults = scripted()

    return fails


LOSSES: dict[str, Loss] = {
    "refused": refused,
    "black hole": black_holed,
    "half open": failing(Fault.HALF_OPEN),
    "reset": failing(Fault.RESET),
    "truncated": failing(Fault.TRUNCATE),
    "late": failing(Fault.LATE),
}


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_h1_every_driver_reads_again_after_every_kind_of_loss(
    protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.opcua.CONNECT_TIMEOUT_S", TIMEOUT_S)
    async with PROTOCOLS[protocol](TIMEOUT_S) as (port, drive, framing):
        proxy = Proxy(port, framing, late_s=2 * TIMEOUT_S)
        async with proxy.listener, polling({"it": drive(proxy.port)}) as polls:
            await rows_until(polls, good=True)
            sizes = []
            for _ in range(CYCLES):
                for lost in LOSSES.values():
                    async with lost(proxy):
                        await rows_until(polls, good=False)
                    await rows_until(polls, good=True)
                sizes.append((len(asyncio.all_tasks()), open_files()))
    assert max(sizes) == sizes[0], f"tasks and open files grow: {sizes}"


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_h1_a_device_that_takes_its_time_is_read_again_after_a_loss(protocol: str) -> None:
    """Connecting may take most of a poll, and the first read must have its own time all the same."""
    async with PROTOCOLS[protocol](2 * READ_S) as (port, drive, framing):
        proxy = Proxy(port, framing, repeat(Fault.DELAY), delay_s=READ_S / 10)
        async with proxy.listener, polling({"it": drive(proxy.port)}) as polls:
            await rows_until(polls, good=True)
            async with refused(proxy):
                await rows_until(polls, good=False)
            await rows_until(polls, good=True)


async def rows_until(polls: Polling, *, good: bool) -> None:
    """Let time pass until there is a row that is good, or one that is not; but not too long."""
    seconds = 0
    async with asyncio.timeout(PATIENCE_S):
        while seconds < BACK_WITHIN_S:
            await polls.tick("it")
            if polls.is_good("it") == good:
                return
            seconds += not any(words in polls.rows["it"][-1].reason for words in NO_TIME)
    raise AssertionError(f"not {good=} within {BACK_WITHIN_S} s: {polls.rows['it'][-1].reason}")


def open_files() -> int:
    """How many files and sockets this process has open."""
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - a count
