"""The life of an OPC UA session: servers that restart, stop, forget or vanish, and a program that has moved."""

import signal
import socket
from collections.abc import Iterator

import pytest
from asyncua.common.callback import CallbackType
from asyncua.common.utils import ServiceError
from asyncua.server.server import Server
from asyncua.ua.status_codes import StatusCodes

from config.model import Quality
from drivers.driver import Refused, Unreachable
from drivers.opcua import OpcUaDriver
from tests.drivers.conftest import OpcUaServer
from tests.drivers.nouns import AT, now, qualities
from tests.drivers.plc import PRESSURE, isolator, pause, stoppable_server
from tests.drivers.wires import Proxy

REMOVED = '"DB_Env"."Removed"'


@pytest.fixture(scope="module")
def plc() -> Iterator[OpcUaServer]:
    with OpcUaServer() as server:
        server.add(PRESSURE, 45.5)
        yield server


async def test_h1_a_program_that_was_downloaded_anew_is_read_where_it_stands_now() -> None:
    """A PLC download: all sessions gone, the namespace at another index, one node no longer there."""
    with OpcUaServer() as before:
        port = before.port
        before.add(PRESSURE, 45.5)
        before.add(REMOVED, 1.0)
        driver = OpcUaDriver(isolator(port, REMOVED, PRESSURE), now)
        await driver.connect()
        assert (await driver.read(AT))[0].values == (1.0, 45.5)
    with pytest.raises(Unreachable):
        await driver.read(AT)
    with pytest.raises(Unreachable):
        await driver.connect()
    with OpcUaServer(port, before=("urn:another:maker", "urn:of:a:new:version")) as after:
        after.add(PRESSURE, 46.5)
        await driver.connect()
        (sample,) = await driver.read(AT)
        assert sample.values[1] == 46.5
        assert qualities(sample) == (Quality.CONFIGURATION, Quality.GOOD)
        assert sample.reason == f"D/n0: {REMOVED}: BadNodeIdUnknown 0x80340000"
        await driver.close()


async def test_h1_a_namespace_that_is_not_there_yet_is_asked_for_again_at_the_next_connect() -> None:
    with OpcUaServer() as starting:
        driver = OpcUaDriver(isolator(starting.port, PRESSURE, namespace_uri="urn:later"), now)
        for _ in range(2):
            with pytest.raises(Refused, match="connect: no namespace 'urn:later'"):
                await driver.connect()
        port = starting.port
    with OpcUaServer(port, before=("urn:another:maker", "urn:later")):
        await driver.connect()
        (sample,) = await driver.read(AT)
        assert qualities(sample) == (Quality.CONFIGURATION,)
        await driver.close()


async def test_h2_a_server_that_was_stopped_is_noticed_and_comes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """SIGSTOP: the kernel goes on accepting connections and taking bytes; nobody answers."""
    with stoppable_server() as (process, port):
        driver = OpcUaDriver(isolator(port, PRESSURE, timeout_s=0.2), now)
        await driver.connect()
        pause(process)
        with pytest.raises(Unreachable, match=r"read: no answer within 0\.2 s"):
            await driver.read(AT)
        with monkeypatch.context() as hasty:
            hasty.setattr("drivers.opcua.CONNECT_TIMEOUT_S", 0.2)
            with pytest.raises(Unreachable, match=r"connect: no answer within 0\.2 s"):
                await driver.connect()
        process.send_signal(signal.SIGCONT)
        patient = OpcUaDriver(isolator(port, PRESSURE), now)
        await patient.connect()
        assert (await patient.read(AT))[0].values == (45.5,)
        await patient.close()


async def test_h2_a_half_open_connection_is_noticed_and_made_anew(plc: OpcUaServer) -> None:
    """The far end is gone without a word: what we send vanishes; then a new way there opens."""
    wire = Proxy(plc.port)
    async with wire.listener:
        driver = OpcUaDriver(isolator(wire.listener.port, PRESSURE, timeout_s=0.2), now)
        await driver.connect()
        wire.hole = True
        with pytest.raises(Unreachable, match=r"read: no answer within 0\.2 s"):
            await driver.read(AT)
        await wire.listener.idle()
        wire.hole = False
        back = OpcUaDriver(isolator(wire.listener.port, PRESSURE), now)
        await back.connect()
        assert (await back.read(AT))[0].values == (45.5,)
        await back.close()


async def test_h2_an_address_that_swallows_everything_does_not_hang_connect(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A black hole: not even the TCP handshake is answered (a listener whose queue is full drops it)."""
    monkeypatch.setattr("drivers.opcua.CONNECT_TIMEOUT_S", 0.1)
    with socket.socket() as hole, socket.socket() as first, socket.socket() as second:
        hole.bind(("127.0.0.1", 0))
        hole.listen(0)
        for waiting in (first, second):
            waiting.setblocking(False)
            waiting.connect_ex(hole.getsockname())
        driver = OpcUaDriver(isolator(hole.getsockname()[1], PRESSURE), now)
        for _ in range(3):
            with pytest.raises(Unreachable, match=r"connect: no answer within 0\.1 s"):
                await driver.connect()


@pytest.mark.parametrize("code", ["BadSessionIdInvalid", "BadSessionClosed", "BadSecureChannelIdInvalid"])
async def test_h4_a_session_that_the_server_forgets_is_noticed_at_once(code: str) -> None:
    """We read and have no subscription that could fall silent; what can is the session on which we read.

    Each value is asked for each second, and one that does not come is an error of that second: there is nothing
    that could go on showing old values.
    """
    forgotten = False

    async def prepare(server: Server) -> None:
        async def forget(*_: object) -> None:
            if forgotten:
                raise ServiceError(getattr(StatusCodes, code))

        server.subscribe_server_callback(CallbackType.PreRead, forget)

    with OpcUaServer(prepare=prepare) as server:
        server.add(PRESSURE, 45.5)
        driver = OpcUaDriver(isolator(server.port, PRESSURE), now)
        await driver.connect()
        assert (await driver.read(AT))[0].values == (45.5,)
        forgotten = True
        with pytest.raises(Unreachable, match=f"read: {code}"):
            await driver.read(AT)
        with pytest.raises(Unreachable, match="not connected"):
            await driver.read(AT)
        forgotten = False
        await driver.connect()
        assert (await driver.read(AT))[0].values == (45.5,)
        await driver.close()
