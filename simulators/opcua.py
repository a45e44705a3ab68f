"""One OPC UA server per device, in the manner of an S7-1500: string node ids in the maker's namespace."""

import math
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import cast

from asyncua import ua
from asyncua.common.node import Node as ServerNode
from asyncua.server.server import Server

from config.model import ChannelModel, Device, Handshake, Node
from simulators.errors import AddressInUse, NoPhysics
from simulators.machine import Machine
from simulators.plc import Plc
from simulators.protection import Protection, protect
from simulators.shelf import standard_nodes

BEFORE = "http://opcfoundation.org/UA/DI/"
"""Takes index 2, so that the machine's namespace has index 3 as in an S7-1500's default."""

WRITTEN = ("param", "ticket", "code", "seq", "beat")
ANSWERED = ("ack_seq", "ack_code")
"""The nodes of a handshake: what a monitoring system writes, seq after the others, and what the machine answers."""

ALSO_BEFORE = "http://opcfoundation.org/UA/Machinery/"
"""What a new version of the PLC's own software may put before it."""


def _variant(value: float, type_: ua.VariantType) -> ua.Variant:
    if type_ is ua.VariantType.Float:
        return ua.Variant(float(value), type_)
    return ua.Variant(bool(value) if type_ is ua.VariantType.Boolean else round(value), type_)


def _node_of(model: ChannelModel) -> Node:
    if not isinstance(model.address, Node):
        raise NoPhysics(f"{model.key} has no OPC UA node")
    return model.address


class OpcUaWire:
    """A device's server. Built once and then only opened and closed, until a restart builds it anew.

    A value is written when it has changed, and then only.
    """

    def __init__(
        self,
        device: Device,
        machine: Machine,
        now: Callable[[], datetime],
        protection: Protection | None = None,
    ) -> None:
        self._device = device
        self._machine = machine
        self._now = now
        self._protection = protection
        self._server = Server()
        self._built = False
        self._listening = False
        self._namespaces = [BEFORE]
        self._nodes: dict[str, tuple[ua.NodeId, ua.VariantType]] = {}
        self._requests: dict[str, ua.NodeId] = {}
        self._written: dict[str, float] = {}
        self._missing: frozenset[str] = frozenset()
        self._started_s = 0.0

    async def open(self) -> None:
        """Listen at the device's address; nothing happens if it listens already.

        Raises:
            AddressInUse: somebody else does, or the address is not of this machine.
            NoCertificates: the device speaks encrypted, and there is no folder for certificates.
        """
        if self._listening:
            return
        try:
            if not self._built:
                await self._build()
                await self._server.start()
                self._built = True
            elif self._server.bserver is not None:
                await self._server.bserver.start()
        except OSError as error:
            raise AddressInUse(
                f"{self._device.id} cannot listen on {self._device.address}: free it"
            ) from error
        self._listening = True

    async def close(self) -> None:
        """Drop the listener and every connection. May be called twice."""
        if self._listening and self._server.bserver is not None:
            self._listening = False
            await self._server.bserver.stop()

    async def stop(self) -> None:
        """Close, and end the server for good."""
        await self.close()
        if self._built:
            self._built = False
            await self._server.stop()

    async def restart(self, *, moved_namespace: bool = False, without: frozenset[str] = frozenset()) -> None:
        """Come back as a PLC does after a download of its program: all sessions lost, the heartbeat from 0.

        Args:
            moved_namespace: the machine's namespace has another index than before (4 instead of 3).
            without: channel keys whose nodes the new program no longer has.

        Raises:
            AddressInUse: the address was taken meanwhile.
        """
        await self.stop()
        self._server = Server()
        self._namespaces = [BEFORE, *([ALSO_BEFORE] if moved_namespace else [])]
        self._missing = without
        self._started_s = self._machine.elapsed_s
        await self.open()

    async def publish(self) -> None:
        """Write what the machine shows now, and carry out what it was asked for."""
        if not self._built:
            return
        if isinstance(self._machine, Plc) and self._requests:
            self._machine.hear(self._asked("beat"))
            self._machine.request(self._asked("code"), self._asked("param"), self._asked("seq"))
        now = cast("ua.DateTime", self._now())  # asyncua takes any datetime; its own subclass adds nothing
        values = self._values()
        for key, (node, type_) in self._nodes.items():
            value = values[key]
            if value != self._written.get(key):
                data = ua.DataValue(_variant(value, type_), SourceTimestamp=now, ServerTimestamp=now)
                await self._server.write_attribute_value(node, data)
                self._written[key] = value

    def _values(self) -> dict[str, float]:
        values = self._machine.values()
        if (key := self._device.profile.heartbeat) and self._started_s:
            values[key] = math.floor(self._machine.elapsed_s - self._started_s) & 0xFFFF
        return values

    def _asked(self, name: str) -> int:
        value = self._server.read_attribute_value(self._requests[name]).Value
        return 0 if value is None else int(value.Value)

    async def _build(self) -> None:
        server = self._server
        await server.init(await standard_nodes())
        server.set_endpoint(self._device.address)
        server.set_server_name(self._device.id)
        await protect(server, self._device, self._protection)
        for uri in self._namespaces:
            await server.register_namespace(uri)
        index = await server.register_namespace(self._device.profile.namespace_uri)
        folder = await server.nodes.objects.add_folder(index, "PLC")
        await self._add_channels(folder, index)
        if self._device.profile.handshake is not None:
            await self._add_handshake(folder, index, self._device.profile.handshake)

    async def _add_channels(self, folder: ServerNode, index: int) -> None:
        values = self._values()
        self._written, self._nodes = {}, {}
        for model in self._device.profile.channels:
            if model.key not in self._missing:
                await self._add_shown(folder, index, model.key, _node_of(model), values)

    async def _add_handshake(self, folder: ServerNode, index: int, handshake: Handshake) -> None:
        """Add what a monitoring system writes, and, where they are no channels, what the machine answers."""
        self._requests = {}
        for name in WRITTEN:
            address: Node = getattr(handshake, name)
            node = await _add(folder, index, address.identifier, _variant(0, ua.VariantType[address.type]))
            await node.set_writable()
            self._requests[name] = node.nodeid
        for name in ANSWERED:
            if name not in self._nodes:
                await self._add_shown(folder, index, name, getattr(handshake, name), self._values())
        # Written last: who sees the number sees its code.
        self._nodes["ack_seq"] = self._nodes.pop("ack_seq")

    async def _add_shown(
        self, folder: ServerNode, index: int, key: str, address: Node, values: Mapping[str, float]
    ) -> None:
        type_ = ua.VariantType[address.type]
        node = await _add(folder, index, address.identifier, _variant(values[key], type_))
        self._nodes[key] = (node.nodeid, type_)


async def _add(folder: ServerNode, index: int, identifier: str, value: ua.Variant) -> ServerNode:
    node_id = ua.NodeId(ua.String(identifier), ua.Int16(index))
    return await folder.add_variable(node_id, ua.QualifiedName(identifier, ua.Int16(index)), value)
