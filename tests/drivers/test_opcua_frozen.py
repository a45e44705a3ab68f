"""H6, OPC UA: a server that goes on answering while what is behind it stands still, and every class of status."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from asyncua.ua.status_codes import StatusCodes
from asyncua.ua.uatypes import DataValue, StatusCode, UInt32, Variant

from config.model import USABLE, Quality
from drivers.opcua import OpcUaDriver
from tests.drivers.conftest import OpcUaServer
from tests.drivers.nouns import AT, now, qualities
from tests.drivers.plc import PRESSURE, isolator

HEARTBEAT = '"DB_Sys"."Heartbeat"'
BEGUN_AT = datetime(2026, 11, 21, 8, 29, 59, tzinfo=UTC)
STATUS = {
    "Good": Quality.GOOD,
    "GoodLocalOverride": Quality.UNCERTAIN,
    "UncertainSensorNotAccurate": Quality.UNCERTAIN,
    "UncertainLastUsableValue": Quality.STALE,
    "UncertainSimulatedValue": Quality.SIMULATED,
    "UncertainInitialValue": Quality.UNAVAILABLE,
    "BadWaitingForInitialData": Quality.UNAVAILABLE,
    "BadSensorFailure": Quality.SENSOR_FAULT,
    "BadNodeIdUnknown": Quality.CONFIGURATION,
    "BadNoCommunication": Quality.UNREACHABLE,
}
"""One of each class, with what it means while everything moves."""


@pytest.fixture(scope="module")
def plc() -> Iterator[OpcUaServer]:
    with OpcUaServer() as server:
        server.add(PRESSURE, 45.5)
        server.add(HEARTBEAT, 0)
        yield server


def put(plc: OpcUaServer, second: int, status: str, *, beats: bool, clock_moves: bool) -> None:
    """Let the server hold what a PLC's second would leave in it."""
    source_at = BEGUN_AT + timedelta(seconds=second if clock_moves else 0)
    for name, value, code in (
        (PRESSURE, 45.5, getattr(StatusCodes, status)),
        (HEARTBEAT, 1000 + second if beats else 1000, StatusCodes.Good),
    ):
        held = DataValue(Variant(value), StatusCode(UInt32(code)), source_at)  # type: ignore[arg-type]  # DateTime is one
        plc.put(name, held)


@pytest.mark.parametrize(
    ("status", "beats", "clock_moves"), list(product(STATUS, (True, False), (True, False)))
)
async def test_h6_status_heartbeat_and_clock_each_tell_what_they_know(
    plc: OpcUaServer, status: str, *, beats: bool, clock_moves: bool
) -> None:
    driver = OpcUaDriver(isolator(plc.port, PRESSURE, HEARTBEAT, heartbeat="n1"), now)
    await driver.connect()
    samples = []
    for second in range(5):
        put(plc, second, status, beats=beats, clock_moves=clock_moves)
        samples += await driver.read(AT + timedelta(seconds=second))
    await driver.close()
    moving = STATUS[status]
    for second, sample in enumerate(samples):
        is_old = not beats and second >= 3
        expected = Quality.STALE if is_old and moving in USABLE else moving
        assert qualities(sample)[0] is expected, second
        assert (sample.quality is None) is (not is_old and moving is Quality.GOOD)
        if moving is Quality.GOOD:
            assert ("heartbeat has stood still" in sample.reason) is is_old
        # The collector compares it with its own clock: a PLC whose clock stands must not look as if it moved.
        assert sample.source_at == BEGUN_AT + timedelta(seconds=second if clock_moves else 0)
        if expected in {Quality.GOOD, Quality.UNCERTAIN, Quality.STALE}:
            assert sample.values[0] == 45.5


async def test_h6_a_heartbeat_that_beats_again_makes_the_values_good_at_once(plc: OpcUaServer) -> None:
    driver = OpcUaDriver(isolator(plc.port, PRESSURE, HEARTBEAT, heartbeat="n1"), now)
    await driver.connect()
    told = []
    for second, count in enumerate([7, 7, 7, 7, 7, 8, 9]):
        put(plc, count, "Good", beats=True, clock_moves=True)
        (sample,) = await driver.read(AT + timedelta(seconds=second))
        told.append(qualities(sample)[0].name)
    assert told == ["GOOD"] * 3 + ["STALE"] * 2 + ["GOOD"] * 2
    await driver.close()


async def test_h6_a_heartbeat_that_stands_still_over_a_new_connection_is_still_the_old_one(
    plc: OpcUaServer,
) -> None:
    driver = OpcUaDriver(isolator(plc.port, PRESSURE, HEARTBEAT, heartbeat="n1"), now)
    put(plc, 3, "Good", beats=True, clock_moves=True)
    await driver.connect()
    await driver.read(AT)
    await driver.connect()
    (sample,) = await driver.read(AT + timedelta(seconds=5))
    assert qualities(sample) == (Quality.STALE, Quality.STALE)
    await driver.close()


async def test_a_device_without_a_heartbeat_is_not_watched(plc: OpcUaServer) -> None:
    driver = OpcUaDriver(isolator(plc.port, PRESSURE, HEARTBEAT), now)
    put(plc, 3, "Good", beats=True, clock_moves=True)
    await driver.connect()
    for second in range(0, 40, 10):
        (sample,) = await driver.read(AT + timedelta(seconds=second))
        assert sample.quality is None
    await driver.close()
