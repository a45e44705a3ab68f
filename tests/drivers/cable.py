"""A serial line on a pseudo terminal: the driver opens one end with pyserial, the other leads to a TCP server."""

import asyncio
import os
import tty
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Cable(asyncio.Protocol):
    """Carries bytes between the line and the server, as they are.

    Attributes:
        path: the driver's end.
    """

    def __init__(self) -> None:
        # The driver's end is kept open too: it is no hang-up when the driver closes it.
        self._near, self._far = os.openpty()
        tty.setraw(self._far)
        os.set_blocking(self._near, False)
        self.path = os.ttyname(self._far)
        self._server: asyncio.WriteTransport | None = None

    @property
    def address(self) -> str:
        """The driver's end, as a device's address."""
        return f"rtu:{self.path}?baudrate=115200&parity=N&stopbits=1"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The server is there: begin to carry."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._server = transport
        asyncio.get_running_loop().add_reader(self._near, self._carry)

    def data_received(self, data: bytes) -> None:
        """From the server onto the line."""
        if self._near >= 0:
            os.write(self._near, data)

    def hold(self) -> None:
        """Carry nothing of what the driver sends any more."""
        asyncio.get_running_loop().remove_reader(self._near)

    def unplug(self) -> None:
        """Pull the cable out at the driver's end; may be called twice."""
        if self._near >= 0:
            asyncio.get_running_loop().remove_reader(self._near)
            os.close(self._near)
            os.close(self._far)
            self._near = -1
        if self._server is not None:
            self._server.abort()

    def _carry(self) -> None:
        data = os.read(self._near, 4096)
        assert self._server is not None
        self._server.write(data)


@asynccontextmanager
async def cable_to(port: int) -> AsyncIterator[Cable]:
    """A line to the server at a port."""
    cable = Cable()
    try:
        await asyncio.get_running_loop().create_connection(lambda: cable, "127.0.0.1", port)
        yield cable
    finally:
        cable.unplug()
