"""What one Modbus TCP request costs the client: our frames beside pymodbus's client, against one server elsewhere.

CPU of this process alone, the loop included; the server is a process of its own. The two take turns, so that whatever
else the machine does falls on both.
"""

import argparse
import asyncio
import multiprocessing
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from multiprocessing.queues import Queue

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from bench.running import say
from config.model import Channel, ChannelModel, Device, Kind, Profile, Protocol, Register, Series, Text
from drivers.modbus import ModbusDriver
from drivers.registers import Request
from drivers.wire import open_wire

REGISTERS = 100
PER_POLL = 8
"""Requests in one poll: a room gateway asks about as many units, within one deadline."""
TIMEOUT_S = 10.0
NOW = datetime(2026, 11, 21, tzinfo=UTC)

Once = Callable[[], Awaitable[object]]


def serve(port: "Queue[int]") -> None:
    """Serve the registers from a process of its own."""

    async def forever() -> None:
        memory = [SimData(0, values=list(range(REGISTERS)), datatype=DataType.REGISTERS)]
        server = ModbusTcpServer(SimDevice(1, simdata=memory), address=("127.0.0.1", 0))
        await server.serve_forever(background=True)
        sockets = server.transport.sockets  # type: ignore[attr-defined]  # it is an asyncio.Server
        port.put(sockets[0].getsockname()[1])
        await asyncio.Event().wait()

    asyncio.run(forever())


def device(address: str) -> Device:
    """Fifty floats: the registers of one request."""
    name = Text("bench", "bench")
    models = tuple(
        ChannelModel(f"c{n}", "", Kind.ANALOG, name, Register(1, "holding", 2 * n, "float32"))
        for n in range(REGISTERS // 2)
    )
    channels = tuple(
        Channel(f"B/{model.key}", "B", "Z", model, "B", place) for place, model in enumerate(models)
    )
    profile = Profile("bench", Protocol.MODBUS, name, "bench", models)
    return Device("B", profile, "Z", "", name, address, (Series("B", "B", channels),), timeout_s=TIMEOUT_S)


async def pymodbus_client(port: int) -> Once:
    """Ask through pymodbus's client; the words as they are."""
    client = AsyncModbusTcpClient("127.0.0.1", port=port, retries=0, timeout=TIMEOUT_S)
    await client.connect()

    async def once() -> None:
        for _ in range(PER_POLL):
            answer = await client.read_holding_registers(0, count=REGISTERS, device_id=1)
            assert len(answer.registers) == REGISTERS

    return once


async def our_wire(port: int) -> Once:
    """Ask through our own frames; the words as they are."""
    wire = open_wire(f"127.0.0.1:{port}", TIMEOUT_S)
    await wire.connect()
    request = Request(1, "holding", 0, REGISTERS)

    async def once() -> None:
        async with wire.deadline():
            for _ in range(PER_POLL):
                assert len(await wire.ask(request)) == REGISTERS

    return once


async def our_poll(port: int) -> Once:
    """Poll a device of fifty floats, which is one request: from the question to the Sample."""
    driver = ModbusDriver(device(f"127.0.0.1:{port}"), lambda: NOW)
    await driver.connect()

    async def once() -> None:
        for _ in range(PER_POLL):
            await driver.read(NOW)

    return once


async def cpu_us(ways: Sequence[Once], polls: int) -> float:
    """CPU per request, each of these asking one after the other, all of them at the same time."""

    async def ask(once: Once) -> None:
        for _ in range(polls):
            await once()

    began = time.process_time()
    await asyncio.gather(*map(ask, ways))
    return 1e6 * (time.process_time() - began) / (polls * PER_POLL * len(ways))


async def measure(port: int, connections: int, polls: int, rounds: int) -> None:
    """Let them take turns; the median of the rounds is said."""
    made = {}
    for make in (pymodbus_client, our_wire, our_poll):
        made[make.__name__] = [await make(port) for _ in range(connections)]
    found: dict[str, list[float]] = {name: [] for name in made}
    for _ in range(rounds):
        for name, ways in made.items():
            found[name].append(await cpu_us(ways, polls))
    median = {name: statistics.median(values) for name, values in found.items()}
    say(
        "modbus_cpu_us_per_request",
        connections=connections,
        registers=REGISTERS,
        requests_per_poll=PER_POLL,
        **{name: round(value, 1) for name, value in median.items()},
        wire_to_pymodbus=round(median["our_wire"] / median["pymodbus_client"], 3),
    )


def main() -> None:
    """Measure, and say it."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--connections", type=int, default=50)
    arguments.add_argument("--polls", type=int, default=10)
    arguments.add_argument("--rounds", type=int, default=5)
    given = arguments.parse_args()
    context = multiprocessing.get_context("spawn")
    port: Queue[int] = context.Queue()
    server = context.Process(target=serve, args=(port,), daemon=True)
    server.start()
    try:
        asyncio.run(measure(port.get(timeout=60), given.connections, given.polls, given.rounds))
    finally:
        server.terminate()


if __name__ == "__main__":
    main()
