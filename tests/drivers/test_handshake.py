"""Requests by handshake, against asyncua's own server with a small PLC program behind it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from asyncua.common.callback import Callback, CallbackService, CallbackType, ServerItemCallback
from asyncua.server.server import Server
from asyncua.ua.status_codes import StatusCodes
from asyncua.ua.ua_binary import struct_to_binary
from asyncua.ua.uatypes import DataValue, Int16, NodeId, StatusCode, String, UInt32, Variant, VariantType

from config.model import Command, Device, Handshake, Node, Request
from drivers.asking import data_of
from drivers.driver import DriverError, Nonsense, Refused, Unreachable
from drivers.handshake import Busy, beats
from drivers.opcua import OpcUaDriver
from tests.drivers.conftest import URI, OpcUaServer
from tests.drivers.nouns import AT, NAME, now
from tests.drivers.plc import PRESSURE, isolator
from tests.drivers.wires import Proxy

TYPES = {
    "param": "Int16",
    "ticket": "UInt32",
    "code": "Int16",
    "seq": "UInt16",
    "beat": "UInt16",
    "ack_seq": "UInt16",
    "ack_code": "Int16",
}
HANDSHAKE = Handshake(**{name: Node(f'"DB_Cmd"."{name}"', type_) for name, type_ in TYPES.items()})
REQUESTS = {
    "fan_speed": Request("fan_speed", 1, NAME, 0, 100),
    "safe_state": Request("safe_state", 2, NAME),
}


class Program:
    """What the PLC does with what is written to it: it takes each number once, and answers with a code.

    Attributes:
        writes: each Write as it came, in order: names and values.
        done: the requests that were carried out, code and parameter.
        answer: the code that it gives; None: it is busy with something else and shows nothing.
        torn: the number of an answer and its code show one after the other, each behind a Read.
        told: is called once a number was written.
    """

    def __init__(self) -> None:
        self.writes: list[dict[str, int]] = []
        self.done: list[tuple[int, int]] = []
        self.answer: int | None = 0
        self.torn = False
        self.told: Callable[[], object] = int
        self._late: list[tuple[str, int]] = []
        self._server: Server | None = None

    async def prepare(self, server: Server) -> None:
        """Put the nodes there, and the program behind them."""
        self._server = server
        for name, type_ in TYPES.items():
            node_id = await self._id(name)
            node = await server.nodes.objects.add_variable(node_id, name, Variant(0, VariantType[type_]))
            await node.set_writable()
        server.subscribe_server_callback(CallbackType.PostWrite, self._written)
        server.subscribe_server_callback(CallbackType.PostRead, self._read)

    async def _id(self, name: str) -> NodeId:
        assert self._server is not None
        index = await self._server.get_namespace_index(URI)
        return NodeId(String(f'"DB_Cmd"."{name}"'), Int16(index))

    async def _written(self, event: Callback, _: CallbackService) -> None:
        if not isinstance(event, ServerItemCallback) or not event.is_external:
            return
        written = event.request_params.NodesToWrite
        self.writes.append({_name(one.NodeId): one.Value.Value.Value for one in written})
        if "seq" in self.writes[-1]:
            await self._take(self.writes[-1]["seq"])
            self.told()

    async def _take(self, seq: int) -> None:
        if self.answer is None:
            return
        if seq != await self._shown("ack_seq"):
            self.done.append((await self._shown("code"), await self._shown("param")))
        self._late = [("ack_seq", seq), ("ack_code", self.answer)]
        while self._late and not self.torn:
            await self._show(*self._late.pop(0))

    async def _read(self, event: Callback, _: CallbackService) -> None:
        if isinstance(event, ServerItemCallback) and event.is_external and self._late:
            await self._show(*self._late.pop(0))

    async def _shown(self, name: str) -> int:
        assert self._server is not None
        held = self._server.read_attribute_value(await self._id(name)).Value
        assert held is not None
        assert isinstance(held.Value, int)
        return held.Value

    async def _show(self, name: str, value: int) -> None:
        assert self._server is not None
        data = DataValue(Variant(value, VariantType[TYPES[name]]))
        await self._server.write_attribute_value(await self._id(name), data)


def _name(node_id: NodeId) -> str:
    return str(node_id.Identifier).split('"')[3]


@pytest.fixture(scope="module")
def machine() -> Iterator[tuple[OpcUaServer, Program]]:
    program = Program()
    with OpcUaServer(prepare=program.prepare) as server:
        server.add(PRESSURE, 45.5)
        yield server, program


@pytest.fixture
def program(machine: tuple[OpcUaServer, Program]) -> Program:
    """The program as it starts; the number that it has answered last stays, so each test has its own."""
    one = machine[1]
    one.writes, one.done, one.answer, one.torn, one.told = [], [], 0, False, int
    return one


def dut(port: int, timeout_s: float = 5.0) -> Device:
    plain = isolator(port, PRESSURE, timeout_s=timeout_s)
    return replace(plain, profile=replace(plain.profile, requests=REQUESTS, handshake=HANDSHAKE))


def command(request: str, param: int, seq: int) -> Command:
    return Command("D", {}, "test", request, param, seq)


@asynccontextmanager
async def connected(server: OpcUaServer) -> AsyncIterator[OpcUaDriver]:
    driver = OpcUaDriver(dut(server.port), now)
    await driver.connect()
    try:
        yield driver
    finally:
        await driver.close()


async def test_a_request_is_written_first_and_its_number_after_it(
    machine: tuple[OpcUaServer, Program], program: Program
) -> None:
    async with connected(machine[0]) as driver:
        await driver.command(command("fan_speed", 80, 11))
    assert program.writes == [{"param": 80, "ticket": 11, "code": 1}, {"seq": 11}]
    assert program.done == [(1, 80)]


async def test_the_same_number_again_is_answered_and_not_carried_out_again(
    machine: tuple[OpcUaServer, Program], program: Program
) -> None:
    async with connected(machine[0]) as driver:
        for _ in range(3):
            await driver.command(command("safe_state", 0, 21))
        await driver.command(command("safe_state", 0, 22))
    assert program.done == [(2, 0), (2, 0)]


@pytest.mark.parametrize(
    ("answer", "error", "told"),
    [
        (1, Refused, "number 31: refused: local mode"),
        (2, Refused, "number 31: refused: interlock"),
        (3, Refused, "number 31: unknown request"),
        (4, Busy, "number 31: busy"),
        (9, Refused, "number 31: answer 9, which means nothing here"),
    ],
)
async def test_a_no_is_told_in_words_and_leaves_the_session_alone(
    machine: tuple[OpcUaServer, Program], program: Program, answer: int, error: type[DriverError], told: str
) -> None:
    program.answer = answer
    async with connected(machine[0]) as driver:
        with pytest.raises(error, match=f"request fan_speed 50, {told}"):
            await driver.command(command("fan_speed", 50, 31))
        assert (await driver.read(AT))[0].values == (45.5,)


async def test_a_read_between_the_number_of_an_answer_and_its_code_does_not_count(
    machine: tuple[OpcUaServer, Program], program: Program
) -> None:
    async with connected(machine[0]) as driver:
        await driver.command(command("safe_state", 0, 41))
        program.answer, program.torn = 2, True
        with pytest.raises(Refused, match="interlock"):
            await driver.command(command("safe_state", 0, 42))


async def test_no_answer_in_time_ends_the_session(
    machine: tuple[OpcUaServer, Program], program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.asking.ANSWER_TIMEOUT_S", 0.2)
    program.answer = None
    async with connected(machine[0]) as driver:
        with pytest.raises(Unreachable, match=r"number 51 has no answer within 0\.2 s"):
            await driver.command(command("safe_state", 0, 51))
        with pytest.raises(Unreachable, match="not connected"):
            await driver.command(command("safe_state", 0, 51))
    assert program.done == []


@pytest.mark.parametrize(
    ("unlisted", "told"),
    [
        (command("open_window", 0, 61), "request 'open_window' is not on"),
        (command("fan_speed", 101, 61), "takes 0 to 100, not 101"),
        (command("fan_speed", -1, 61), "takes 0 to 100, not -1"),
        (command("safe_state", 1, 61), "takes 0 to 0, not 1"),
        (command("safe_state", 0, 0), "number 0"),
        (command("safe_state", 0, 65536), "number 65536"),
        (replace(command("safe_state", 0, 61), device="E"), "is not on"),
        (replace(command("safe_state", 0, 61), outputs={"red": "on"}), "cannot set outputs"),
        (Command("D", {"red": "on"}, "test"), "request '' is not on"),
    ],
)
async def test_what_is_not_on_the_allow_list_is_refused_before_the_wire(
    machine: tuple[OpcUaServer, Program], program: Program, unlisted: Command, told: str
) -> None:
    async with connected(machine[0]) as driver:
        with pytest.raises(Refused, match=told):
            await driver.command(unlisted)
        assert (await driver.read(AT))[0].values == (45.5,)
    assert program.writes == []


async def test_a_node_that_takes_no_value_is_named(
    machine: tuple[OpcUaServer, Program], program: Program
) -> None:
    """Without all of a request its number is not written."""
    gone = replace(HANDSHAKE, code=Node('"DB_Cmd"."gone"', "Int16"))
    one = dut(machine[0].port)
    driver = OpcUaDriver(replace(one, profile=replace(one.profile, handshake=gone)), now)
    await driver.connect()
    with pytest.raises(Refused, match=r'number 71: "DB_Cmd"."gone": BadUserAccessDenied'):
        await driver.command(command("safe_state", 0, 71))
    assert program.done == []


async def test_an_answer_that_is_not_good_is_none(
    machine: tuple[OpcUaServer, Program], program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.asking.ANSWER_TIMEOUT_S", 0.2)
    program.answer = None
    doubted = StatusCode(UInt32(StatusCodes.UncertainLastUsableValue))
    machine[0].put('"DB_Cmd"."ack_seq"', DataValue(Variant(81, VariantType.UInt16), doubted))
    async with connected(machine[0]) as driver:
        with pytest.raises(Unreachable, match="number 81 has no answer"):
            await driver.command(command("safe_state", 0, 81))


async def test_a_request_that_is_cut_off_drops_the_connection(
    machine: tuple[OpcUaServer, Program], program: Program
) -> None:
    """The network is gone while a request is on its way: it ends at its own time, and nothing of it is left."""
    wire = Proxy(machine[0].port)
    async with wire.listener:
        driver = OpcUaDriver(dut(wire.listener.port, timeout_s=0.2), now)
        await driver.connect()
        wire.hole = True
        doing = asyncio.create_task(driver.command(command("safe_state", 0, 91)))
        with pytest.raises(Unreachable, match="number 91: no answer within"):
            await doing
        with pytest.raises(Unreachable, match="not connected"):
            await driver.command(command("safe_state", 0, 91))
        await wire.listener.idle()
    assert program.done == []


async def test_a_request_that_is_given_up_drops_the_connection(
    machine: tuple[OpcUaServer, Program], program: Program
) -> None:
    program.answer = None
    loop, written = asyncio.get_running_loop(), asyncio.Event()
    program.told = lambda: loop.call_soon_threadsafe(written.set)
    async with connected(machine[0]) as driver:
        doing = asyncio.create_task(driver.command(command("safe_state", 0, 101)))
        await written.wait()
        doing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await doing
        with pytest.raises(Unreachable, match="not connected"):
            await driver.read(AT)


@pytest.mark.parametrize(
    ("type_", "value", "octets"),
    [("Int16", -2, "0104feff"), ("UInt16", 65535, "0105ffff"), ("UInt32", 7, "010707000000")],
)
def test_a_value_travels_without_a_status_or_a_time(type_: str, value: int, octets: str) -> None:
    """OPC UA Part 6, 5.2.2.17: the first octet says which parts there are, the second the type."""
    assert struct_to_binary(data_of(Node("n", type_), value)).hex() == octets


async def test_our_heartbeat_counts_and_goes_round(
    machine: tuple[OpcUaServer, Program], program: Program
) -> None:
    async with connected(machine[0]) as driver:
        for count in (1, 65535, 65536):
            await driver.beat(count)
    assert program.writes == [{"beat": 1}, {"beat": 65535}, {"beat": 0}]


async def test_a_device_without_a_handshake_takes_no_heartbeat(machine: tuple[OpcUaServer, Program]) -> None:
    plain = isolator(machine[0].port, PRESSURE)
    assert (beats(plain), beats(dut(1))) == (False, True)
    with pytest.raises(Refused, match="no handshake"):
        await OpcUaDriver(plain, now).beat(1)
    with pytest.raises(Unreachable, match="not connected"):
        await OpcUaDriver(dut(1), now).beat(1)


async def test_damage_on_the_way_is_nonsense(machine: tuple[OpcUaServer, Program], program: Program) -> None:
    wire = Proxy(machine[0].port)
    async with wire.listener:
        driver = OpcUaDriver(dut(wire.listener.port), now)
        await driver.connect()
        wire.damage = lambda data: data[:-4] + b"\xff\xff\xff\x7f"
        with pytest.raises((Nonsense, Refused)):
            await driver.command(command("safe_state", 0, 111))
        await driver.close()
