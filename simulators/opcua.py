"""One OPC UA server per device, in the manner of an S7-1500: string node ids in the maker's namespace."""

from collections.abc import Callable
from datetime import datetime
from typing import cast

from asyncua import ua
from asyncua.common.node import Node as ServerNode
from asyncua.server.server import Server

from config.model import ChannelModel, Device, Node
from simulators.errors import AddressInUse, NoPhysics
from simulators.isolator import Isolator
from simulators.machine import Machine

BEFORE = "http://opcfoundation.org/UA/DI/"
"""Takes index 2, so that the machine's namespace has index 3 as in an S7-1500's default."""

REQUEST = {
    "EMS_Heartbeat": ua.VariantType.UInt16,
    "Code": ua.VariantType.Int16,
    "Param": ua.VariantType.Int16,
    "Ticket": ua.VariantType.UInt32,
    "Seq": ua.VariantType.UInt16,
}
"""What a monitoring system writes, Seq last; the machine answers in Ack_Seq and Ack_Code (demo proposal)."""


def _variant(value: float, type_: ua.VariantType) -> ua.Variant:
    if type_ is ua.VariantType.Float:
        return ua.Variant(float(value), type_)
    return ua.Variant(bool(value) if type_ is ua.VariantType.Boolean else round(value), type_)


def _node_of(model: ChannelModel) -> Node:
    if not isinstance(model.address, Node):
        raise NoPhysics(f"{model.key} has no OPC UA node")
    return model.address


class OpcUaWire:
    """A device's server. Building it takes a second or two, so that it is built once and then only opened and closed.

    A value is written when it has changed, and then only.
    """

    def __init__(self, device: Device, machine: Machine, now: Callable[[], datetime]) -> None:
        self._device = device
        self._machine = machine
        self._now = now
        self._server = Server()
        self._built = False
        self._namespace = 0
        self._listening = False
        self._written: dict[str, float] = {}
        self._nodes = {
            model.key: (_node_of(model).identifier, ua.VariantType[_node_of(model).type])
            for model in device.profile.channels
        }

    async def open(self) -> None:
        """Listen at the device's address; nothing happens if it listens already.

        Raises:
            AddressInUse: somebody else does, or the address is not of this machine.
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

    async def publish(self) -> None:
        """Write what the machine shows now, and carry out what it was asked for."""
        if not self._built:
            return
        if isinstance(self._machine, Isolator):
            self._machine.request(await self._asked("Code"), await self._asked("Seq"))
        values = self._machine.values()
        for key, (identifier, type_) in self._nodes.items():
            if values[key] != self._written.get(key):
                await self._server.write_attribute_value(self._id(identifier), self._data(values[key], type_))
                self._written[key] = values[key]

    async def _asked(self, name: str) -> int:
        return int(await self._server.get_node(self._id(_request_node(name))).read_value())

    async def _build(self) -> None:
        server = self._server
        await server.init()
        server.set_endpoint(self._device.address)
        server.set_server_name(self._device.id)
        server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        await server.register_namespace(BEFORE)
        self._namespace = await server.register_namespace(self._device.profile.namespace_uri)
        folder = await server.nodes.objects.add_folder(self._namespace, "PLC")
        values = self._machine.values()
        for key, (identifier, type_) in self._nodes.items():
            await self._add(folder, identifier, _variant(values[key], type_))
        if isinstance(self._machine, Isolator):
            for name, type_ in REQUEST.items():
                node = await self._add(folder, _request_node(name), _variant(0, type_))
                await node.set_writable()

    async def _add(self, folder: ServerNode, identifier: str, value: ua.Variant) -> ServerNode:
        name = ua.QualifiedName(identifier, ua.Int16(self._namespace))
        return await folder.add_variable(self._id(identifier), name, value)

    def _id(self, identifier: str) -> ua.NodeId:
        return ua.NodeId(ua.String(identifier), ua.Int16(self._namespace))

    def _data(self, value: float, type_: ua.VariantType) -> ua.DataValue:
        now = cast("ua.DateTime", self._now())  # asyncua takes any datetime; its own subclass adds nothing
        return ua.DataValue(_variant(value, type_), SourceTimestamp=now, ServerTimestamp=now)


def _request_node(name: str) -> str:
    return f'"DB_Cmd"."{name}"'
