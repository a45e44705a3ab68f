"""The OPC UA driver with a server of another maker (node-opcua): values, status, trust in both directions, restarts."""

import math
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from config.model import Device, Node, Quality, Sample, Security
from drivers.driver import Refused, Unreachable
from drivers.keys import Keys, keys_in, make_own
from drivers.opcua import OpcUaDriver
from tests.drivers.nouns import AT, qualities
from tests.drivers.plc import PASSWORD, USER, now_of
from tests.interop.conftest import Peer, Start
from tests.loaded import loaded

pytestmark = pytest.mark.asyncio(loop_scope="module")
LINE = Path(__file__).parents[1] / "plants" / "line"
S7 = "http://www.siemens.com/simatic-s7-opcua"
PRESSURE, VELOCITY, TEMP = "chamber_pressure", "air_velocity_1", "temp"


def isolator(port: int = 0, policy: str = "Basic256Sha256") -> Device:
    """The isolator of the tests' plant, as its profile describes it, at another address and encrypted."""
    device = loaded(LINE).devices["ISO-STM-L1"]
    address = f"opc.tcp://127.0.0.1:{port}/"
    return replace(device, address=address, timeout_s=10.0, security=Security(policy, USER))


def told(place: int, kind: str) -> float | bool:
    """A value by which a node is known, of its own type."""
    return place % 2 == 1 if kind == "Boolean" else place + (0.5 if kind == "Float" else 0)


def nodes(device: Device, without: frozenset[str] = frozenset()) -> list[dict[str, object]]:
    """Every node of the profile, each with a value of its own."""
    made: list[dict[str, object]] = []
    for channel in device.series[0].channels:
        node = channel.model.address
        assert isinstance(node, Node)
        if channel.model.key not in without:
            value = told(channel.place, node.type)
            made.append({"id": node.identifier, "type": node.type, "value": value, "status": "Good"})
    return made


def first(device: Device, *before: str, without: frozenset[str] = frozenset()) -> dict[str, object]:
    return {"namespaces": ["http://opcfoundation.org/UA/DI/", *before, S7], "nodes": nodes(device, without)}


def identifier(device: Device, key: str) -> str:
    (node,) = (one.address for one in device.profile.channels if one.key == key)
    assert isinstance(node, Node)
    return node.identifier


def place(device: Device, key: str) -> int:
    (found,) = (one.place for one in device.series[0].channels if one.model.key == key)
    return found


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both sides' folders, which trust one another; the test of trust has a client of its own."""
    folder = tmp_path_factory.mktemp("interop")
    make_own(keys_in(folder, {}), "localhost", AT)
    return folder


@pytest.fixture(scope="module")
def keys(certificates: Path) -> Keys:
    return keys_in(certificates, {"GRADEWATCH_OPCUA_PASSWORD": PASSWORD})


def trust_each_other(folder: Path, keys: Keys) -> None:
    """What two people do: each puts the other's certificate into the trust list."""
    theirs = folder / "server" / "pki"
    (keys.trusted_dir / "plc.pem").write_bytes((theirs / "own" / "certs" / "certificate.pem").read_bytes())
    (theirs / "trusted" / "certs" / "gradewatch.der").write_bytes(keys.own_certificate.read_bytes())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def peer(start: Start, certificates: Path, keys: Keys) -> AsyncIterator[Peer]:
    async with start("opcua", first(isolator()), certificates / "server", 0) as peer:
        trust_each_other(certificates, keys)
        yield peer


def driver_of(device: Device, keys: Keys) -> OpcUaDriver:
    return OpcUaDriver(device, lambda: now_of(keys, timedelta(hours=1)), keys)


async def read(driver: OpcUaDriver) -> Sample:
    (sample,) = await driver.read(AT)
    return sample


@pytest.mark.parametrize("policy", ["Basic256Sha256", "Aes256Sha256RsaPss"])
async def test_every_node_of_the_isolator_is_read_in_its_place(peer: Peer, keys: Keys, policy: str) -> None:
    device = isolator(peer.port, policy)
    driver = driver_of(device, keys)
    await driver.connect()
    sample = await read(driver)
    await driver.close()
    types = [one.model.address.type for one in device.series[0].channels]
    assert list(sample.values) == [float(told(n, kind)) for n, kind in enumerate(types)]
    assert (sample.quality, sample.reason) == (None, "")
    assert sample.source_at is not None


async def test_h6_each_nodes_status_is_its_own(peer: Peer, keys: Keys) -> None:
    device = isolator(peer.port)
    statuses = {
        PRESSURE: ("BadSensorFailure", Quality.SENSOR_FAULT),
        VELOCITY: ("UncertainSensorNotAccurate", Quality.UNCERTAIN),
        TEMP: ("UncertainLastUsableValue", Quality.STALE),
        "rh": ("BadWaitingForInitialData", Quality.UNAVAILABLE),
        "comp_air": ("GoodLocalOverride", Quality.UNCERTAIN),
        "air_flow": ("UncertainSimulatedValue", Quality.SIMULATED),
    }
    driver = driver_of(device, keys)
    await driver.connect()
    before = await read(driver)
    for key, (status, _) in statuses.items():
        await peer.ask(put={"id": identifier(device, key), "value": 7.5, "status": status})
    sample = await read(driver)
    for key, (_, quality) in statuses.items():
        at = place(device, key)
        assert qualities(sample)[at] is quality, key
        is_kept = quality in {Quality.UNCERTAIN, Quality.STALE, Quality.SIMULATED}
        assert sample.values[at] == 7.5 if is_kept else math.isnan(sample.values[at]), key
    others = set(range(len(sample.values))) - {place(device, key) for key in statuses}
    assert {qualities(sample)[at] for at in others} == {Quality.GOOD}
    assert "BadSensorFailure" in sample.reason
    assert before.source_at is not None
    assert sample.source_at is not None
    assert sample.source_at > before.source_at
    for node in nodes(device):
        await peer.ask(put=node)
    assert (await read(driver)).values == before.values
    await driver.close()


async def test_each_side_is_refused_until_a_person_trusts_it(
    peer: Peer, certificates: Path, tmp_path: Path
) -> None:
    """Another client of the same server: neither has ever seen the other's certificate."""
    keys = keys_in(tmp_path, {"GRADEWATCH_OPCUA_PASSWORD": PASSWORD})
    make_own(keys, "localhost", AT)
    driver = driver_of(isolator(peer.port), keys)
    with pytest.raises(Refused, match="is not trusted; compare the thumbprint"):
        await driver.connect()
    (theirs,) = keys.rejected_dir.iterdir()
    theirs.rename(keys.trusted_dir / theirs.name)
    with pytest.raises(Refused, match="does it trust our certificate"):
        await driver.connect()
    pki = certificates / "server" / "pki"
    (ours,) = (pki / "rejected").iterdir()
    ours.rename(pki / "trusted" / "certs" / ours.name)
    await peer.ask(reload=True)
    await driver.connect()
    assert (await read(driver)).quality is None
    await driver.close()


@pytest.mark.parametrize("password", ["wrong", ""])
async def test_a_wrong_password_is_refused(peer: Peer, keys: Keys, password: str) -> None:
    driver = driver_of(isolator(peer.port), replace(keys, password_of=lambda _: password))
    with pytest.raises(Refused, match="check the user and its password"):
        await driver.connect()


async def test_a_policy_that_is_not_offered_is_refused_not_replaced(peer: Peer, keys: Keys) -> None:
    driver = driver_of(isolator(peer.port, "Aes128Sha256RsaOaep"), keys)
    with pytest.raises(
        Refused, match="offers no Aes128Sha256RsaOaep SignAndEncrypt, only Aes256_Sha256_RsaPss"
    ):
        await driver.connect()
    plain = OpcUaDriver(replace(isolator(peer.port), security=None), lambda: AT)
    with pytest.raises(Refused, match="it wants encryption"):
        await plain.connect()


async def test_h4_a_session_that_the_server_closes_is_noticed_and_made_anew(peer: Peer, keys: Keys) -> None:
    driver = driver_of(isolator(peer.port), keys)
    await driver.connect()
    await read(driver)
    await peer.ask(forget=True)
    with pytest.raises(Unreachable):
        await read(driver)
    await driver.connect()
    assert (await read(driver)).quality is None
    await driver.close()


async def test_h3_the_keys_of_a_channel_are_renewed_while_it_is_read(peer: Peer, keys: Keys) -> None:
    """Once an hour or so: a channel's keys end, and new ones are agreed upon within the same connection."""
    driver = driver_of(isolator(peer.port), keys)
    await driver.connect()
    client = driver._client
    assert client is not None
    for _ in range(3):
        before = await read(driver)
        await client.open_secure_channel(renew=True)
        assert (await read(driver)).values == before.values
        client.uaclient.revolve_security_token()
        assert (await read(driver)).values == before.values
    await driver.close()


async def test_h1_h3_a_restart_with_a_moved_namespace_and_a_node_less_is_read_as_safely_as_before(
    start: Start, certificates: Path, keys: Keys
) -> None:
    folder = certificates / "server"
    async with start("opcua", first(isolator()), folder, 0) as before:
        trust_each_other(certificates, keys)
        device = isolator(before.port)
        driver = driver_of(device, keys)
        await driver.connect()
        await read(driver)
    with pytest.raises(Unreachable):
        await read(driver)
    with pytest.raises(Unreachable):
        await driver.connect()
    again = first(device, "http://opcfoundation.org/UA/Machinery/", without=frozenset({PRESSURE}))
    async with start("opcua", again, folder, device.address.rpartition(":")[2].strip("/")):
        await driver.connect()
        sample = await read(driver)
        await driver.close()
    gone = place(device, PRESSURE)
    assert qualities(sample)[gone] is Quality.CONFIGURATION
    assert {quality for at, quality in enumerate(qualities(sample)) if at != gone} == {Quality.GOOD}
