"""A wire between a browser and the server that can swallow everything, or be cut."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

from tests.proxy import HOST, reset

CHUNK = 1 << 16
# Notes when the page last heard anything by its own clock, but for whether the collector is there.
HEARD = """
const {set, ...rest} = Object.getOwnPropertyDescriptor(WebSocket.prototype, "onmessage");
Object.defineProperty(WebSocket.prototype, "onmessage", {
    ...rest,
    set(hear) {
        const note = (event) => {
            if (JSON.parse(event.data).type !== "link") window.heard_ms = performance.now();
            hear(event);
        };
        set.call(this, hear && note);
    },
});
"""


class Wire:
    """Carries bytes between a browser and the server.

    Attributes:
        port: where the browser finds it.
    """

    def __init__(self, target: int) -> None:
        self.port = 0
        self._target = target
        self._swallows = False
        self._links: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Listen on a free port; at the end what is open is cut."""
        server = await asyncio.start_server(self._carry, HOST)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()
            self.cut()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    @contextmanager
    def swallowing(self) -> Iterator[None]:
        """Swallow everything meanwhile, both ways, and tell nobody; at the end what was opened meanwhile is cut."""
        self._swallows = True
        try:
            yield
        finally:
            self._swallows = False
            self.cut()

    def cut(self) -> None:
        """End every connection as a crash does."""
        for writer in self._links:
            reset(writer)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(HOST, self._target)
        self._links |= {writer, far_writer}
        for one, other in ((reader, far_writer), (far_reader, writer)):
            task = asyncio.create_task(self._pump(one, other))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                if not self._swallows:
                    writer.write(data)
        self._links.discard(writer)
        writer.transport.abort()
