"""OPC UA against asyncua's own server, through a wire that can be cut, swallowed and damaged."""

import asyncio
import math
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from asyncua.ua.status_codes import StatusCodes
from asyncua.ua.uatypes import DataValue, StatusCode, UInt32, Variant
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.model import USABLE, Command, Device, Node, Protocol, Quality
from drivers.driver import DriverError, Nonsense, Refused, Unreachable
from drivers.opcua import OpcUaDriver, put
from drivers.row import Row
from drivers.status import QUALITIES, quality_of
from tests.drivers.conftest import URI, OpcUaServer
from tests.drivers.nouns import AT, RECEIVED_AT, channel_model, device, holding, now, qualities, series
from tests.drivers.plc import PRESSURE, isolator
from tests.drivers.wires import Listener, Proxy, deaf

DOOR, CYCLE = '"DB_Door"."RTP"[1]', '"DB_VHP"."Cycle_No"'
MEASURED_AT = datetime(2026, 11, 21, 8, 29, 59, 500000, tzinfo=UTC)


@pytest.fixture(scope="session")
def plc(opcua_server: OpcUaServer) -> OpcUaServer:
    """The server with three nodes of different types."""
    opcua_server.add(PRESSURE, 45.5)
    opcua_server.add(DOOR, value=True)
    opcua_server.add(CYCLE, 17)
    return opcua_server


@asynccontextmanager
async def connected(dut: Device) -> AsyncIterator[OpcUaDriver]:
    driver = OpcUaDriver(dut, now)
    await driver.connect()
    yield driver
    await driver.close()


def held(value: object, code: int = StatusCodes.Good, at: datetime | None = MEASURED_AT) -> DataValue:
    return DataValue(Variant(value), StatusCode(UInt32(code)), at)  # type: ignore[arg-type]  # DateTime is one


@pytest.fixture
def calm(plc: OpcUaServer) -> Iterator[OpcUaServer]:
    """The server with every node good."""
    plc.put(PRESSURE, held(45.5))
    plc.put(DOOR, held(value=True, at=MEASURED_AT - timedelta(seconds=9)))
    plc.put(CYCLE, held(17, at=None))
    yield plc
    plc.put(PRESSURE, held(45.5))


# --- Values and their quality ---------------------------------------------------------------------


async def test_values_come_into_their_places_with_the_newest_source_time(calm: OpcUaServer) -> None:
    async with connected(isolator(calm.port, CYCLE, PRESSURE, DOOR)) as driver:
        (sample,) = await driver.read(AT)
    assert (sample.series, sample.at, sample.received_at) == ("D", AT, RECEIVED_AT)
    assert list(sample.values) == [17, 45.5, 1]
    assert (sample.quality, sample.reason, sample.source_at) == (None, "", MEASURED_AT)


async def test_h6_a_value_that_turns_bad_is_not_shown_as_the_last_good_one(calm: OpcUaServer) -> None:
    async with connected(isolator(calm.port, PRESSURE, CYCLE)) as driver:
        (before,) = await driver.read(AT)
        calm.put(PRESSURE, held(45.5, StatusCodes.BadSensorFailure))
        (bad,) = await driver.read(AT)
        calm.put(PRESSURE, held(45.4))
        (after,) = await driver.read(AT)
    assert (before.values[0], after.values[0]) == (45.5, 45.4)
    assert math.isnan(bad.values[0])
    assert qualities(bad) == (Quality.SENSOR_FAULT, Quality.GOOD)
    assert bad.reason == f"D/n0: {PRESSURE}: BadSensorFailure 0x808c0000"


async def test_a_node_that_is_gone_makes_its_own_channel_bad(calm: OpcUaServer) -> None:
    async with connected(isolator(calm.port, PRESSURE, '"DB_Env"."Removed"', '"DB_Old"')) as driver:
        (sample,) = await driver.read(AT)
    assert sample.values[0] == 45.5
    assert qualities(sample) == (Quality.GOOD, Quality.CONFIGURATION, Quality.CONFIGURATION)
    assert sample.reason == 'D/n1: "DB_Env"."Removed": BadNodeIdUnknown 0x80340000 (and 1 more)'


def answer_quality(answer: DataValue) -> tuple[float, Quality, str]:
    only = series([channel_model("n", Node(PRESSURE, "Float"))])
    row = Row(only)
    put(row, only.channels[0], answer)
    return row.values[0], row.quality[0], row.sample(AT, AT).reason


@pytest.mark.parametrize(
    ("status", "quality", "is_kept"),
    [
        ("Good", Quality.GOOD, True),
        ("GoodClamped", Quality.GOOD, True),
        ("GoodLocalOverride", Quality.UNCERTAIN, True),
        ("UncertainSensorNotAccurate", Quality.UNCERTAIN, True),
        ("UncertainEngineeringUnitsExceeded", Quality.UNCERTAIN, True),
        ("UncertainSubNormal", Quality.UNCERTAIN, True),
        ("UncertainSubstituteValue", Quality.UNCERTAIN, True),
        ("UncertainTransducerInManual", Quality.UNCERTAIN, True),
        ("UncertainSensorCalibration", Quality.UNCERTAIN, True),
        ("UncertainLastUsableValue", Quality.STALE, True),
        ("UncertainNoCommunicationLastUsableValue", Quality.STALE, True),
        ("UncertainSimulatedValue", Quality.SIMULATED, True),
        ("UncertainInitialValue", Quality.UNAVAILABLE, False),
        ("Uncertain", Quality.UNAVAILABLE, False),
        ("Bad", Quality.UNAVAILABLE, False),
        ("BadWaitingForInitialData", Quality.UNAVAILABLE, False),
        ("BadOutOfService", Quality.UNAVAILABLE, False),
        ("BadSensorFailure", Quality.SENSOR_FAULT, False),
        ("BadDeviceFailure", Quality.SENSOR_FAULT, False),
        ("BadNotConnected", Quality.SENSOR_FAULT, False),
        ("BadOutOfRange", Quality.SENSOR_FAULT, False),
        ("BadNodeIdUnknown", Quality.CONFIGURATION, False),
        ("BadConfigurationError", Quality.SENSOR_FAULT, False),
        ("BadNoCommunication", Quality.UNREACHABLE, False),
        ("BadShutdown", Quality.UNREACHABLE, False),
    ],
)
def test_h6_every_status_has_its_quality(status: str, quality: Quality, *, is_kept: bool) -> None:
    value, got, reason = answer_quality(held(45.5, getattr(StatusCodes, status)))
    assert got is quality
    assert value == 45.5 if is_kept else math.isnan(value)
    assert (reason == "") == (quality is Quality.GOOD)
    assert quality is Quality.GOOD or status in reason


@pytest.mark.parametrize("value", [None, math.nan, math.inf, "45.5", [45.5], MEASURED_AT, b"\x01"])
def test_what_is_no_number_is_unavailable(value: object) -> None:
    got, quality, reason = answer_quality(held(value))
    assert math.isnan(got)
    assert quality is Quality.UNAVAILABLE
    assert "no number" in reason


def test_a_missing_status_is_good_as_the_standard_says() -> None:
    assert answer_quality(DataValue(Variant(1.5), None))[:2] == (1.5, Quality.GOOD)


@given(st.integers(0, 0xFFFFFFFF), st.none() | st.floats() | st.integers(-(2**63), 2**64 - 1))
def test_h6_law_only_a_weighed_status_with_a_number_is_usable(code: int, value: float | None) -> None:
    got, quality, reason = answer_quality(held(value, code))
    if quality in USABLE:
        assert code < 0x40000000 or code & 0xFFFF0000 in QUALITIES
        assert value is not None
        assert got == float(value)
    else:
        assert reason != ""
    assert quality_of(code) not in USABLE or code < 0x80000000


# --- The session's life ---------------------------------------------------------------------------


async def test_a_server_without_the_namespace_is_refused_by_name(calm: OpcUaServer) -> None:
    driver = OpcUaDriver(isolator(calm.port, PRESSURE, namespace_uri="urn:gone"), now)
    with pytest.raises(Refused, match=f"no namespace 'urn:gone', only .*urn:another:maker, {URI}"):
        await driver.connect()


async def test_nothing_listens() -> None:
    async with deaf() as listener:
        port = listener.port
    with pytest.raises(Unreachable, match="connect: "):
        await OpcUaDriver(isolator(port, PRESSURE), now).connect()


async def test_reading_without_a_connection_is_unreachable() -> None:
    driver = OpcUaDriver(isolator(1, PRESSURE), now)
    with pytest.raises(Unreachable, match="not connected"):
        await driver.read(AT)
    await driver.close()
    await driver.close()


async def test_a_command_is_refused_because_the_profile_has_no_requests(calm: OpcUaServer) -> None:
    async with connected(isolator(calm.port, PRESSURE)) as driver:
        with pytest.raises(Refused, match="D: request '' is not on the profile's allow-list"):
            await driver.command(Command("D", {"red": "on"}, "test"))


def test_a_register_is_no_node() -> None:
    with pytest.raises(ValueError, match="D/x: has a register"):
        OpcUaDriver(device(Protocol.OPCUA, [channel_model("x", holding(0))], "opc.tcp://h:1/"), now)


async def test_h1_a_server_that_comes_back_is_read_again(calm: OpcUaServer) -> None:
    wire = Proxy(calm.port)
    await wire.listener.up()
    driver = OpcUaDriver(isolator(wire.listener.port, PRESSURE), now)
    files = []
    for _ in range(8):
        await driver.connect()
        assert (await driver.read(AT))[0].values == (45.5,)
        await wire.listener.down()
        with pytest.raises(Unreachable):
            await driver.read(AT)
        with pytest.raises(Unreachable):
            await driver.connect()
        files.append(len(os.listdir("/proc/self/fd")))  # noqa: PTH208 - a count of open files
        await wire.listener.up()
    await wire.listener.down()
    assert max(files) <= files[0] + 2, "open files grow with every reconnection"


async def test_h1_an_idle_connection_that_was_cut_is_noticed_by_the_next_read(calm: OpcUaServer) -> None:
    wire = Proxy(calm.port)
    async with wire.listener:
        driver = OpcUaDriver(isolator(wire.listener.port, PRESSURE), now)
        await driver.connect()
        await wire.listener.down()
        await wire.listener.up()
        with pytest.raises(Unreachable):
            await driver.read(AT)
        with pytest.raises(Unreachable, match="not connected"):
            await driver.read(AT)
        await driver.connect()
        assert (await driver.read(AT))[0].values == (45.5,)
        await driver.close()


async def test_h2_a_server_that_never_answers_does_not_hang_connect(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.opcua.CONNECT_TIMEOUT_S", 0.05)
    async with deaf() as server:
        driver = OpcUaDriver(isolator(server.port, PRESSURE), now)
        for _ in range(3):
            with pytest.raises(Unreachable, match=r"connect: no answer within 0\.05 s"):
                await driver.connect()


async def test_h2_packets_that_vanish_hang_neither_read_nor_close(
    calm: OpcUaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # asyncua takes this for every single request, so only our own deadlines are left to end one.
    monkeypatch.setattr("drivers.opcua.CONNECT_TIMEOUT_S", 1000.0)
    wire = Proxy(calm.port)
    async with wire.listener:
        driver = OpcUaDriver(isolator(wire.listener.port, PRESSURE), now)
        await driver.connect()
        wire.hole = True
        await driver.close()
        await wire.listener.idle()
        wire.hole = False
        # And where nobody answers, no goodbye waits for an answer.
        monkeypatch.setattr("drivers.opcua.CLOSE_TIMEOUT_S", 1000.0)
        driver = OpcUaDriver(isolator(wire.listener.port, PRESSURE, timeout_s=0.1), now)
        await driver.connect()
        wire.hole = True
        with pytest.raises(Unreachable, match=r"read: no answer within 0\.1 s"):
            await driver.read(AT)
        await wire.listener.idle()


async def test_h2_a_handshake_that_stops_half_way_leaves_nothing_behind(
    calm: OpcUaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire = Proxy(calm.port)
    answers_left = 0

    def while_they_last(data: bytes) -> bytes:
        nonlocal answers_left
        answers_left -= 1
        return data if answers_left >= 0 else b""

    wire.damage = while_they_last
    monkeypatch.setattr("drivers.opcua.CONNECT_TIMEOUT_S", 0.2)
    async with wire.listener:
        for steps in range(5):
            answers_left = steps
            with pytest.raises(Unreachable):
                await OpcUaDriver(isolator(wire.listener.port, PRESSURE), now).connect()


async def test_a_cancelled_poll_drops_its_session(calm: OpcUaServer) -> None:
    wire = Proxy(calm.port)
    async with wire.listener:
        driver = OpcUaDriver(isolator(wire.listener.port, PRESSURE), now)
        await driver.connect()
        wire.hole = True
        poll = asyncio.create_task(driver.read(AT))
        await asyncio.sleep(0)  # let it begin
        poll.cancel()
        with pytest.raises(asyncio.CancelledError):
            await poll
        with pytest.raises(Unreachable, match="not connected"):
            await driver.read(AT)


async def test_a_server_that_speaks_something_else_is_an_error_of_ours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("drivers.opcua.CONNECT_TIMEOUT_S", 0.2)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n" * 3)
        await reader.read()

    async with Listener(serve) as server:
        with pytest.raises((Unreachable, Nonsense)):
            await OpcUaDriver(isolator(server.port, PRESSURE), now).connect()


def without_the_last_value(data: bytes) -> bytes:
    """A Read's answer of two equal values, made into a sound answer of one."""
    for at in range(len(data) - 8):
        values = data[at + 4 : -4]
        half = len(values) // 2
        if data[at : at + 4] == b"\2\0\0\0" and values[:half] == values[half:]:
            short = data[:at] + b"\1\0\0\0" + values[:half] + data[-4:]
            return short[:4] + len(short).to_bytes(4, "little") + short[8:]
    raise AssertionError("no such answer")


async def test_h5_fewer_values_than_nodes_are_nobodys_values(calm: OpcUaServer) -> None:
    wire = Proxy(calm.port)
    async with wire.listener:
        driver = OpcUaDriver(isolator(wire.listener.port, PRESSURE, PRESSURE), now)
        await driver.connect()
        wire.damage = without_the_last_value
        with pytest.raises(Nonsense, match="1 values for 2 nodes"):
            await driver.read(AT)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 140), st.integers(1, 255)), min_size=1, max_size=3))
def test_law_damaged_answers_are_errors_of_ours_or_samples(
    calm: OpcUaServer, hits: list[tuple[int, int]]
) -> None:
    """The library decodes without checking first; whatever that raises, the caller sees a DriverError."""

    def damage(data: bytes) -> bytes:
        broken = bytearray(data)
        for at, change in hits:
            broken[at % len(broken)] ^= change
        return bytes(broken)

    async def scenario() -> None:
        wire = Proxy(calm.port)
        async with wire.listener:
            dut = isolator(wire.listener.port, PRESSURE, DOOR, timeout_s=0.1)
            driver = OpcUaDriver(dut, now)
            await driver.connect()
            wire.damage = damage
            try:
                (sample,) = await driver.read(AT)
                assert len(sample.values) == 2
            except DriverError:
                wire.damage = bytes
                await driver.connect()
            wire.damage = bytes
            await driver.close()
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        assert left == []

    asyncio.run(scenario())
