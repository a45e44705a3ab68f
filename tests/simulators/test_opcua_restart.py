"""A simulated PLC after a download of its program, and one that speaks encrypted: each needs a server of its own."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from asyncua import ua
from asyncua.client.client import Client
from asyncua.crypto import security_policies
from asyncua.crypto.cert_gen import setup_self_signed_certificate
from asyncua.server.internal_server import InternalServer
from asyncua.ua.uaerrors import UaStatusCodeError
from cryptography.x509.oid import ExtendedKeyUsageOID

from config.model import Security
from config.plant import Plant
from simulators.errors import NoCertificates
from simulators.isolator import Isolator
from simulators.opcua import OpcUaWire
from simulators.plant import SimulatedPlant
from simulators.protection import OneUser, Protection
from simulators.site import Site
from tests.simulators.conftest import START, moved

ISOLATOR = "ISO-STM-L1"
S7 = "http://www.siemens.com/simatic-s7-opcua"
PRESSURE, HEARTBEAT = '"DB_Env"."Chamber_Pressure"', '"DB_Sys"."Heartbeat"'


class Served:
    """The isolator's wire alone, with its physics at our own pace."""

    def __init__(self, plant: Plant) -> None:
        device = moved(plant, ISOLATOR).devices[ISOLATOR]
        self.device = replace(device, profile=replace(device.profile, heartbeat="heartbeat"))
        self.plant = SimulatedPlant(plant, START, 1)
        self.machine = self.plant.machine(ISOLATOR)
        self.wire = OpcUaWire(self.device, self.machine, lambda: self.plant.at)

    async def pass_time(self, seconds: float) -> None:
        self.plant.step(seconds)
        await self.wire.publish()


@pytest_asyncio.fixture
async def served(plant: Plant) -> AsyncIterator[Served]:
    served = Served(plant)
    await served.wire.open()
    yield served
    await served.wire.stop()


async def _shown(client: Client, identifier: str) -> float:
    index = await client.get_namespace_index(S7)
    node = client.get_node(ua.NodeId(ua.String(identifier), ua.Int16(index)))
    return float(await node.read_value())


async def test_a_restart_moves_the_namespace_leaves_a_node_out_and_counts_the_heartbeat_anew(
    served: Served,
) -> None:
    await served.pass_time(100.0)
    async with Client(served.device.address) as client:
        assert await client.get_namespace_index(S7) == 3
        assert await _shown(client, HEARTBEAT) == served.machine.heartbeat == 100
    await served.wire.close()
    await served.pass_time(40.0)
    await served.wire.restart(moved_namespace=True, without=frozenset({"chamber_pressure"}))
    await served.pass_time(3.0)
    async with Client(served.device.address) as client:
        assert await client.get_namespace_index(S7) == 4
        assert await _shown(client, HEARTBEAT) == 3
        assert await _shown(client, '"DB_Env"."Chamber_Pressure_B"') == pytest.approx(45, abs=5)
        with pytest.raises(ua.uaerrors.BadNodeIdUnknown):
            await _shown(client, PRESSURE)


async def test_a_restart_without_changes_ends_every_session(served: Served) -> None:
    before = Client(served.device.address, timeout=1)
    await before.connect()
    await served.wire.restart()
    await served.pass_time(1.0)
    with pytest.raises((ConnectionError, TimeoutError)):
        await _shown(before, PRESSURE)
    await before.disconnect()
    async with Client(served.device.address) as after:
        assert await after.get_namespace_index(S7) == 3
        assert await _shown(after, PRESSURE) == pytest.approx(45, abs=5)
    assert isinstance(served.machine, Isolator)


# --- Encrypted --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the certificates of both sides stand: making one takes a while."""
    return tmp_path_factory.mktemp("certificates")


def protected(plant: Plant, user: str) -> Plant:
    """The isolator alone, spoken to encrypted."""
    alone = moved(plant, ISOLATOR)
    device = replace(alone.devices[ISOLATOR], security=Security("Aes256Sha256RsaPss", user))
    return replace(alone, devices={ISOLATOR: device})


async def _client(address: str, folder: Path, user: str, password: str) -> Client:
    client = Client(address, timeout=2)
    certificate, key = folder / "client.der", folder / "client.pem"
    await setup_self_signed_certificate(
        key, certificate, client.application_uri, "localhost", [ExtendedKeyUsageOID.CLIENT_AUTH], {}
    )
    await client.set_security(
        security_policies.SecurityPolicyAes256Sha256RsaPss,
        certificate,
        key,
        server_certificate=str(folder / "sim" / f"{ISOLATOR}.der"),
    )
    if user:
        client.set_user(user)
        client.set_password(password)
    return client


@pytest.mark.parametrize(
    ("user", "environment"),
    [
        ("", {}),
        ("ems", {"GRADEWATCH_OPCUA_PASSWORD": "secret"}),
        ("ems", {"GRADEWATCH_OPCUA_PASSWORD_ISO_STM_L1": "secret", "GRADEWATCH_OPCUA_PASSWORD": "other"}),
    ],
)
async def test_a_protected_device_offers_its_policy_alone_and_lets_its_user_in_alone(
    plant: Plant, folder: Path, user: str, environment: dict[str, str]
) -> None:
    at = START
    wanted = protected(plant, user)
    site = Site(wanted, lambda: at, protection=Protection(folder / "sim", environment))
    address = wanted.devices[ISOLATOR].address
    await site.open()
    try:
        at += timedelta(seconds=1)
        await site.advance()
        offered = await Client(address).connect_and_get_server_endpoints()
        assert [(one.SecurityPolicyUri, one.SecurityMode.name) for one in offered] == [
            (security_policies.SecurityPolicyAes256Sha256RsaPss.URI, "SignAndEncrypt")
        ]
        (tokens,) = (one.UserIdentityTokens for one in offered)
        assert [token.TokenType.name for token in tokens] == ["UserName" if user else "Anonymous"]
        async with await _client(address, folder, user, "secret") as client:
            assert await _shown(client, PRESSURE) == pytest.approx(45, abs=5)
        wrong = [("", ""), ("ems", "other"), ("ems", ""), ("admin", "secret")] if user else []
        for name, password in wrong:
            with pytest.raises(UaStatusCodeError):
                await (await _client(address, folder, name, password)).connect()
    finally:
        await site.close()
    assert (folder / "sim" / f"{ISOLATOR}.pem").exists()


async def test_where_no_password_is_set_nobody_comes_in(plant: Plant, folder: Path) -> None:
    wanted = protected(plant, "ems")
    site = Site(wanted, lambda: START, protection=Protection(folder / "sim", {}))
    await site.open()
    try:
        with pytest.raises(UaStatusCodeError):
            await (await _client(wanted.devices[ISOLATOR].address, folder, "ems", "")).connect()
    finally:
        await site.close()
    nobody = OneUser("ems", "")
    for password in (None, "", b""):
        assert nobody.get_user(InternalServer(), "ems", password) is None


async def test_without_a_folder_for_certificates_the_option_is_named(plant: Plant) -> None:
    site = Site(protected(plant, ""), lambda: START)
    with pytest.raises(NoCertificates, match="ISO-STM-L1 speaks encrypted only: give --certificates DIR"):
        await site.open()
    await site.close()
