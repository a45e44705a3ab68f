"""Servers for the drivers to talk to: honest ones, lying ones, and a wire that can be cut."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress

from pymodbus.framer import FramerType
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import SimDevice

Answer = bytes | None
"""What a talker sends; None drops the connection without a word."""


@asynccontextmanager
async def modbus_server(*units: SimDevice, framer: FramerType = FramerType.SOCKET) -> AsyncIterator[str]:
    """Run the library's own server; gives its address."""
    server = ModbusTcpServer(list(units), framer=framer, address=("127.0.0.1", 0))
    await server.serve_forever(background=True)
    try:
        yield f"127.0.0.1:{port_of(server.transport)}"
    finally:
        await server.shutdown()  # type: ignore[no-untyped-call]  # pymodbus leaves it untyped


def port_of(server: object) -> int:
    """The port that a listening server was given."""
    port = server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]  # pymodbus's is typed as a transport
    assert isinstance(port, int)
    return port


class Listener:
    """A TCP server that can be closed, with all its connections, and opened again at the same port."""

    def __init__(
        self, serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
    ) -> None:
        self._serve = serve
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0
        self.connections = 0

    async def up(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = port_of(self._server)

    async def down(self) -> None:
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await server.wait_closed()

    async def idle(self) -> None:
        """Wait until every connection has ended."""
        await asyncio.gather(*self._tasks)

    async def __aenter__(self) -> "Listener":
        await self.up()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.down()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.create_task(self._run(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, EOFError, ExceptionGroup, asyncio.CancelledError):
            await self._serve(reader, writer)
        # Reset, not closed politely: unread data must not keep anything waiting.
        writer.transport.abort()


def talker(answer: Callable[[bytes], Answer], size: int = 12) -> Listener:
    """A server that gives each Modbus request (12 bytes, 8 in RTU) to `answer` and sends what comes back."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (said := answer(await reader.readexactly(size))) is not None:
            writer.write(said)
            await writer.drain()

    return Listener(serve)


def by_turns(
    behaviour: Iterable[str], honest: Callable[[bytes], Answer], lies: Mapping[str, Callable[[bytes], Answer]]
) -> Callable[[bytes], Answer]:
    """Make an answer that is a lie where its name comes next, `late` (with the next one), and honest otherwise."""
    coming, held = iter(behaviour), b""

    def answer(question: bytes) -> Answer:
        nonlocal held
        lie = next(coming, "")
        if lie == "late":
            held = honest(question) or b""
            return b""
        before, held = held, b""
        return before + (lies.get(lie, honest)(question) or b"")

    return answer


def deaf() -> Listener:
    """A server that accepts, listens, and never answers: a process that has been stopped."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(4096):
            pass

    return Listener(serve)


class Proxy:
    """Carries bytes to a real server and back.

    Attributes:
        hole: swallow everything without a word, as a cut network does.
        damage: what becomes of the server's bytes on their way.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self.hole = False
        self.damage: Callable[[bytes], bytes] = bytes
        self.listener = Listener(self._serve)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._carry(reader, far_writer, bytes))
                group.create_task(self._carry(far_reader, writer, self._damaged))
        finally:
            far_writer.transport.abort()

    def _damaged(self, data: bytes) -> bytes:
        return self.damage(data)

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, change: Callable[[bytes], bytes]
    ) -> None:
        while data := await reader.read(65536):
            if not self.hole:
                writer.write(change(data))
        raise ConnectionResetError


def frame(question: bytes, pdu: bytes) -> bytes:
    """An answer with the question's transaction and unit."""
    return question[:4] + (len(pdu) + 1).to_bytes(2, "big") + question[6:7] + pdu
