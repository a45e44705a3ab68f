"""One OPC UA server for all of these tests: starting one takes seconds."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from typing import Any, TypeVar

import pytest
from asyncua.server.server import Server
from asyncua.ua.uatypes import DataValue, Int16, NodeId, String, Variant

from simulators.shelf import standard_nodes
from tests.patience import PATIENCE_S

URI = "http://www.siemens.com/simatic-s7-opcua"

T = TypeVar("T")


Prepare = Callable[[Server], Awaitable[None]]


class OpcUaServer:
    """An asyncua server in a thread of its own, so that every test may have its own event loop.

    Attributes:
        port: where it listens; also through a proxy, since no name in its endpoint is used to connect.
    """

    def __init__(
        self, port: int = 0, before: Sequence[str] = ("urn:another:maker",), prepare: Prepare | None = None
    ) -> None:
        """Nothing runs yet.

        Args:
            port: 0 for any.
            before: the namespaces that come before the machine's own.
            prepare: what else to set up, before it listens.
        """
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server = Server()
        self._before = before
        self._prepare = prepare
        self._index = 0
        self.port = port

    def start(self) -> None:
        self._thread.start()
        self._run(self._start())

    def stop(self) -> None:
        self._run(self._server.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __enter__(self) -> "OpcUaServer":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def add(self, identifier: str, value: float | bool) -> None:
        """A new node of the S7 namespace."""
        self._run(self._add(identifier, value))

    def put(self, identifier: str, value: DataValue) -> None:
        """Let a node hold exactly this value, status and time."""
        self._run(self._server.write_attribute_value(self._node(identifier), value))

    def _node(self, identifier: str) -> NodeId:
        return NodeId(String(identifier), Int16(self._index))

    def _run(self, doing: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(doing, self._loop).result(timeout=PATIENCE_S)

    async def _start(self) -> None:
        await self._server.init(await standard_nodes())
        self._server.set_endpoint(f"opc.tcp://127.0.0.1:{self.port}/")
        for uri in self._before:
            await self._server.register_namespace(uri)
        self._index = await self._server.register_namespace(URI)
        self._server.disable_clock()  # it would hold up the stop for a second
        if self._prepare is not None:
            await self._prepare(self._server)
        await self._server.start()
        self.port = self._server.bserver.port  # type: ignore[union-attr]  # it has been started

    async def _add(self, identifier: str, value: float | bool) -> None:
        objects = self._server.nodes.objects
        await objects.add_variable(self._node(identifier), identifier, Variant(value))


@pytest.fixture(scope="session")
def opcua_server() -> Iterator[OpcUaServer]:
    server = OpcUaServer()
    server.start()
    yield server
    server.stop()
