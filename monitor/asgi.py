"""uvicorn as one task among others: it ends when it is cancelled, and leaves signals to whoever started it."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn

GRACE_S = 3
"""Open connections get so long to end by themselves."""


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve_app(config: uvicorn.Config, listener: socket.socket | None = None) -> None:
    """Serve until cancelled, then close the connections and end.

    Args:
        config: what to serve, and where.
        listener: a socket that listens already, in place of the configured address.
    """
    config.timeout_graceful_shutdown = GRACE_S
    server = _Server(config)
    serving = asyncio.create_task(
        server.serve(sockets=None if listener is None else [listener]), name="uvicorn"
    )
    try:
        await asyncio.shield(serving)
    finally:
        server.should_exit = True
        await asyncio.wait({serving})
