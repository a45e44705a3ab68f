"""A way to a database that can be cut: TCP on this machine in front of the embedded PostgreSQL's socket."""

import asyncio
import threading
from contextlib import suppress

PIECE_BYTES = 65_536


class Way:
    """Passes connections on, or, while `hole` is true, swallows all that comes; runs in a thread of its own."""

    def __init__(self, port: int, upstream: str) -> None:
        """Listen.

        Args:
            port: where, on 127.0.0.1.
            upstream: path of the server's Unix socket.
        """
        self.hole = False
        self.url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        self._port, self._upstream = port, upstream
        threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True).start()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._connected, "127.0.0.1", self._port)
        await server.serve_forever()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            await self._open()
            there, back = await asyncio.open_unix_connection(self._upstream)
            await asyncio.gather(self._pass(reader, back), self._pass(there, writer))
        writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while piece := await reader.read(PIECE_BYTES):
                await self._open()
                writer.write(piece)
                await writer.drain()
        writer.close()

    async def _open(self) -> None:
        """Wait while it is cut: what is sent meanwhile comes late, as over a network that was away."""
        while self.hole:  # noqa: ASYNC110 - a switch of another thread
            await asyncio.sleep(0.05)
