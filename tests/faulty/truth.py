"""Servers that know what they have said: a value tells of which place it is, and which answer it came in.

So every value that a driver calls good can be held against the truth: it is of the very channel it stands in, and was
said between this question and its answer. A late, a swapped, a repeated and a torn answer all show.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from asyncua.server.server import Server
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.uatypes import DataValue, Int16, NodeId, String, UInt32, Variant, VariantType
from cryptography import x509
from pymodbus.framer import FramerType
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from config.model import Channel, Device, Node, Protocol, Register, Security
from drivers.driver import Driver
from drivers.keys import Keys, keys_in, make_own
from drivers.opcua import OpcUaDriver
from drivers.open import open_driver
from simulators.protection import Protection, protect
from tests.drivers.nouns import AT, channel_model, device, holding, now
from tests.drivers.wires import port_of

VERSIONS = 1 << 16
URI = "urn:truth"
NODES = 40

REGISTERS: dict[str, Register] = {
    **{f"a{n}": holding(2 * n, "u32") for n in range(3)},
    **{f"b{n}": holding(100 + 2 * n, "u32") for n in range(3)},
    **{f"c{n}": holding(2 * n, "u32", unit_id=2) for n in range(3)},
    **{f"d{n}": holding(2 * n, "u32", table="input") for n in range(3)},
}
"""Four requests of one shape: the hard case, because nothing but its frame tells the answers apart."""


def place_of(channel: Channel) -> int:
    """The number of a channel's place, below 2**15, by its register or node."""
    match channel.model.address:
        case Register(unit_id=unit_id, table=table, address=address):
            return _place(unit_id, table == "input", address)
        case Node(identifier=identifier):
            return int(identifier)


def _place(unit_id: int, is_input: bool, address: int) -> int:
    return is_input << 14 | unit_id << 12 | address


@dataclass
class Truth:
    """What has been said by a server.

    Attributes:
        port: where it listens.
        version: the number of its last answer.
    """

    port: int = 0
    version: int = 0

    def value(self, place: int) -> int:
        """What stands at a place in this version."""
        return place << 16 | self.version % VERSIONS

    def is_right(self, channel: Channel, value: float, before: int) -> bool:
        """Whether a value is this channel's own, of a version later than `before`."""
        place, version = divmod(int(value), VERSIONS)
        return place == place_of(channel) and 0 < (version - before) % VERSIONS <= self.version - before


@asynccontextmanager
async def serve_registers(*, rtu: bool = False) -> AsyncIterator[Truth]:
    """Serve REGISTERS, in TCP or RTU frames; each request is a version."""
    truth = Truth()
    framer = FramerType.RTU if rtu else FramerType.SOCKET
    units = [_unit(truth, unit_id) for unit_id in (1, 2)]
    server = ModbusTcpServer(units, framer=framer, address=("127.0.0.1", 0))
    await server.serve_forever(background=True)
    truth.port = port_of(server.transport)
    try:
        yield truth
    finally:
        await server.shutdown()  # type: ignore[no-untyped-call]  # pymodbus leaves it untyped


def _unit(truth: Truth, unit_id: int) -> SimDevice:
    async def action(
        function: int, start: int, address: int, count: int, memory: list[int], _: object
    ) -> None:
        truth.version += 1
        for at in range(address, address + count):
            value = truth.value(_place(unit_id, function == 4, at & ~1))
            memory[at - start] = value & 0xFFFF if at & 1 else value >> 16

    return SimDevice(unit_id, simdata=[SimData(0, count=200, datatype=DataType.REGISTERS)], action=action)


def read_registers(port: int, *, timeout_s: float, rtu: bool = False) -> tuple[Device, Driver]:
    """A device of REGISTERS at a port, and its driver."""
    models = [channel_model(key, register) for key, register in REGISTERS.items()]
    address = f"rtu+tcp://127.0.0.1:{port}" if rtu else f"127.0.0.1:{port}"
    registers = device(Protocol.MODBUS, models, address, timeout_s=timeout_s)
    return registers, open_driver(registers, now)


@dataclass(frozen=True)
class Encryption:
    """What a driver and a server need to speak encrypted.

    Attributes:
        keys: the driver's own; they trust the server.
        protection: the server's.
        at: a time at which the certificates are valid: it does not hang on this machine's date.
    """

    keys: Keys
    protection: Protection
    at: datetime


@asynccontextmanager
async def serve_nodes(encryption: Encryption | None = None) -> AsyncIterator[Truth]:
    """Serve NODES nodes over OPC UA; each value that is read is a version."""
    truth = Truth()
    server = Server()
    await server.init()
    server.set_endpoint("opc.tcp://127.0.0.1:0/")
    if encryption is not None:
        await protect(server, _nodes(0, 1.0, encrypted=True), encryption.protection)
    index = await server.register_namespace(URI)
    for number in range(NODES):
        node_id = NodeId(String(str(number)), Int16(index))
        node = await server.nodes.objects.add_variable(node_id, str(number), Variant(0, VariantType.UInt32))
        server.iserver.aspace.set_attribute_value_callback(
            node.nodeid, AttributeIds.Value, _saying(truth, number)
        )
    await server.start()
    try:
        truth.port = server.bserver.port  # type: ignore[union-attr]  # it has been started
        yield truth
    finally:
        await server.stop()


def _saying(truth: Truth, number: int) -> Any:
    def say(_node: NodeId, _attribute: AttributeIds) -> DataValue:
        truth.version += 1
        return DataValue(Variant(UInt32(truth.value(number)), VariantType.UInt32))

    return say


def read_nodes(port: int, *, timeout_s: float, encryption: Encryption | None = None) -> tuple[Device, Driver]:
    """A device of NODES nodes at a port, and its driver."""
    nodes = _nodes(port, timeout_s, encrypted=encryption is not None)
    if encryption is None:
        return nodes, open_driver(nodes, now)
    return nodes, OpcUaDriver(nodes, lambda: encryption.at, encryption.keys)


def _nodes(port: int, timeout_s: float, *, encrypted: bool) -> Device:
    models = [channel_model(f"n{n}", Node(str(n), "UInt32")) for n in range(NODES)]
    address = f"opc.tcp://127.0.0.1:{port}/"
    plain = device(Protocol.OPCUA, models, address, timeout_s=timeout_s, namespace_uri=URI)
    return replace(plain, security=Security("Basic256Sha256")) if encrypted else plain


async def encryption_in(folder: Path) -> Encryption:
    """Make both certificates, and let each side trust the other's."""
    keys = keys_in(folder / "ours", {})
    make_own(keys, "localhost", AT)
    protection = Protection(folder / "theirs", {})
    server = Server()
    await server.init()
    await protect(server, _nodes(0, 1.0, encrypted=True), protection)
    (shown,) = protection.certificates.glob("*.der")
    (keys.trusted_dir / shown.name).write_bytes(shown.read_bytes())
    begins = x509.load_der_x509_certificate(shown.read_bytes()).not_valid_before_utc
    return Encryption(keys, protection, begins + timedelta(hours=1))
