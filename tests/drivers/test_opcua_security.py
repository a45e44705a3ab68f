"""OPC UA signed and encrypted: the plant's policy or nothing, and nobody is believed who is not in the trust list."""

import os
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from shutil import copytree

import pytest
from asyncua.common.utils import ServiceError
from asyncua.crypto.security_policies import Cryptography
from asyncua.server.server import Server
from asyncua.ua.status_codes import StatusCodes
from asyncua.ua.uaprotocol_auto import EndpointDescription, MessageSecurityMode

from config.model import Device, Security
from drivers.driver import Nonsense, Refused, Unreachable
from drivers.keys import Keys, KeysError, keys_in, thumbprint_of
from drivers.opcua import OpcUaDriver
from drivers.secure import POLICIES, shown_certificate
from tests.drivers.conftest import URI, OpcUaServer
from tests.drivers.nouns import AT
from tests.drivers.plc import (
    PASSWORD,
    PLAIN_ONLY,
    PRESSURE,
    USER,
    encrypted,
    isolator,
    now_of,
    our_keys,
    trust,
)
from tests.drivers.wires import Proxy

POLICY = "Basic256Sha256"


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificates of the server (`plc`) and our own data (`data`): making a key takes a while."""
    folder = tmp_path_factory.mktemp("security")
    (folder / "plc").mkdir()
    our_keys(folder / "data")
    return folder


@pytest.fixture(scope="session")
def plc(folders: Path) -> Iterator[OpcUaServer]:
    with OpcUaServer(prepare=encrypted(folders / "plc")) as server:
        server.add(PRESSURE, 45.5)
        yield server


@pytest.fixture
def strangers(folders: Path, tmp_path: Path) -> Keys:
    """Our keys, which trust no server."""
    copytree(folders / "data", tmp_path / "data")
    return keys_in(tmp_path / "data", {"GRADEWATCH_OPCUA_PASSWORD_D": PASSWORD})


@pytest.fixture
def keys(strangers: Keys, folders: Path, plc: OpcUaServer) -> Keys:
    """Our keys, which trust the server."""
    trust(strangers, folders / "plc")
    return strangers


def driver_of(dut: Device, keys: Keys, later: timedelta = timedelta(hours=1)) -> OpcUaDriver:
    return OpcUaDriver(dut, lambda: now_of(keys, later), keys)


async def refusal(dut: Device, keys: Keys, later: timedelta = timedelta(hours=1)) -> str:
    with pytest.raises(Refused) as refused:
        await driver_of(dut, keys, later).connect()
    assert PASSWORD not in str(refused.value)
    assert "\n" not in str(refused.value)
    return str(refused.value)


# --- What goes over the wire ------------------------------------------------------------------------


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("user", ["", USER])
async def test_every_policy_is_spoken_with_a_user_and_without(
    plc: OpcUaServer, keys: Keys, policy: str, user: str
) -> None:
    driver = driver_of(isolator(plc.port, PRESSURE, policy=policy, user=user), keys)
    await driver.connect()
    assert (await driver.read(AT))[0].values == (45.5,)
    await driver.close()


@pytest.mark.parametrize(("policy", "is_readable"), [("", True), (POLICY, False)])
async def test_who_listens_on_the_wire_reads_nothing(
    plc: OpcUaServer, keys: Keys, policy: str, *, is_readable: bool
) -> None:
    wire = Proxy(plc.port)
    heard = bytearray()

    def listen(data: bytes) -> bytes:
        heard.extend(data)
        return data

    wire.damage = listen
    async with wire.listener:
        driver = driver_of(isolator(wire.listener.port, PRESSURE, policy=policy), keys)
        await driver.connect()
        await driver.read(AT)
        await driver.close()
    assert (URI.encode() in heard) is is_readable


async def test_h3_each_new_connection_is_as_safe_as_the_first(plc: OpcUaServer, keys: Keys) -> None:
    wire = Proxy(plc.port)
    await wire.listener.up()
    driver = driver_of(isolator(wire.listener.port, PRESSURE, policy=POLICY, user=USER), keys)
    files = []
    for _ in range(5):
        await driver.connect()
        assert (await driver.read(AT))[0].values == (45.5,)
        client = driver._client
        assert client is not None
        policy = client.security_policy
        assert (policy.URI, policy.Mode.name) == (POLICIES[POLICY].URI, "SignAndEncrypt")
        assert policy.host_certificate == keys.own_certificate.read_bytes()
        assert policy.peer_certificate == (keys.trusted_dir / "plc.der").read_bytes()
        await wire.listener.down()
        with pytest.raises(Unreachable):
            await driver.read(AT)
        files.append(len(os.listdir("/proc/self/fd")))  # noqa: PTH208 - a count of open files
        await wire.listener.up()
    await wire.listener.down()
    assert max(files) <= files[0] + 1, "open files grow with every reconnection"


async def test_h3_a_server_that_comes_back_without_encryption_is_refused(
    plc: OpcUaServer, keys: Keys, folders: Path
) -> None:
    with OpcUaServer(prepare=encrypted(folders / "plc")) as before:
        port = before.port
        before.add(PRESSURE, 45.5)
        driver = driver_of(isolator(port, PRESSURE, policy=POLICY), keys)
        await driver.connect()
    with pytest.raises(Unreachable):
        await driver.read(AT)
    with OpcUaServer(port, prepare=encrypted(folders / "plc", PLAIN_ONLY)) as after:
        after.add(PRESSURE, 45.5)
        with pytest.raises(Refused, match="offers no Basic256Sha256 SignAndEncrypt, only None None"):
            await driver.connect()
        with pytest.raises(Unreachable, match="not connected"):
            await driver.read(AT)


async def test_h3_a_server_that_comes_back_as_somebody_else_is_refused_until_a_person_trusts_it(
    plc: OpcUaServer, keys: Keys, folders: Path, tmp_path: Path
) -> None:
    with OpcUaServer(prepare=encrypted(folders / "plc")) as before:
        port = before.port
        driver = driver_of(isolator(port, PRESSURE, policy=POLICY), keys)
        await driver.connect()
    with pytest.raises(Unreachable):
        await driver.read(AT)
    # The index of the namespace is another one, too.
    spaces = ("urn:another:maker", "urn:yet:another")
    with OpcUaServer(port, spaces, prepare=encrypted(tmp_path)) as after:
        after.add(PRESSURE, 46.5)
        thumbprint = thumbprint_of((tmp_path / "plc.der").read_bytes())
        for _ in range(2):
            with pytest.raises(Refused, match=f"certificate {thumbprint} is not trusted"):
                await driver.connect()
        (laid_aside,) = keys.rejected_dir.iterdir()
        assert laid_aside.name == f"D-{thumbprint[:16]}.der"
        laid_aside.rename(keys.trusted_dir / laid_aside.name)
        await driver.connect()
        assert (await driver.read(AT))[0].values == (46.5,)
        await driver.close()


# --- Who is believed, and who we are ----------------------------------------------------------------


async def test_an_unknown_server_is_refused_and_what_to_do_is_said(
    plc: OpcUaServer, strangers: Keys, folders: Path
) -> None:
    shown = (folders / "plc" / "plc.der").read_bytes()
    told = await refusal(isolator(plc.port, PRESSURE, policy=POLICY), strangers)
    (laid_aside,) = strangers.rejected_dir.iterdir()
    assert laid_aside.read_bytes() == shown
    assert told == (
        f"opc.tcp://127.0.0.1:{plc.port}/: connect: the server's certificate {thumbprint_of(shown)} is not trusted;"
        f" compare the thumbprint with the machine's own display, then move {laid_aside} to {strangers.trusted_dir}"
    )


@pytest.mark.parametrize(
    ("later", "told"),
    [
        (
            timedelta(days=366),
            r"the server's certificate \w{64} ended on \d{4}-\d\d-\d\d; have the machine given",
        ),
        (timedelta(days=-1), r"the server's certificate \w{64} begins on .*; check the clocks"),
        (timedelta(days=6 * 365), "our certificate ended on .*; gradewatch opcua-cert --renew"),
    ],
)
async def test_a_certificate_out_of_its_time_is_refused_theirs_and_ours(
    plc: OpcUaServer, keys: Keys, later: timedelta, told: str
) -> None:
    assert re.search(told, await refusal(isolator(plc.port, PRESSURE, policy=POLICY), keys, later))


@pytest.mark.parametrize("password", ["wrong", ""])
async def test_a_wrong_password_is_refused_and_never_told(
    plc: OpcUaServer, keys: Keys, password: str
) -> None:
    wrong = Keys(keys.own_certificate, keys.own_key, keys.trusted_dir, keys.rejected_dir, lambda _: password)
    told = await refusal(isolator(plc.port, PRESSURE, policy=POLICY, user=USER), wrong)
    assert told.endswith("check the user and its password")


async def test_a_user_without_a_password_is_told_where_one_is_looked_for(
    plc: OpcUaServer, keys: Keys
) -> None:
    none = keys_in(keys.own_key.parents[2], {})
    told = await refusal(isolator(plc.port, PRESSURE, policy=POLICY, user=USER), none)
    assert "set GRADEWATCH_OPCUA_PASSWORD_D, or write it to" in told


async def test_a_server_that_cannot_prove_its_certificate_is_not_believed(
    plc: OpcUaServer, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = Cryptography.signature
    ours = keys.own_certificate.read_bytes()

    def lie(self: Cryptography, data: bytes) -> bytes:
        # What a server signs to prove itself begins with our certificate (OPC UA Part 4, 5.6.2).
        signature: bytes = honest(self, data)  # type: ignore[no-untyped-call]  # asyncua's is untyped
        return bytes(len(signature)) if data.startswith(ours) else signature

    monkeypatch.setattr(Cryptography, "signature", lie)
    with pytest.raises(Nonsense, match="connect: InvalidSignature"):
        await driver_of(isolator(plc.port, PRESSURE, policy=POLICY), keys).connect()


async def test_a_server_that_does_not_trust_us_is_told_with_the_remedy(keys: Keys, folders: Path) -> None:
    async def prepare(server: Server) -> None:
        async def nobody(*_: object) -> None:
            raise ServiceError(StatusCodes.BadCertificateUntrusted)

        await encrypted(folders / "plc")(server)
        server.set_certificate_validator(nobody)

    with OpcUaServer(prepare=prepare) as server:
        told = await refusal(isolator(server.port, PRESSURE, policy=POLICY), keys)
    assert told.endswith("let it trust our certificate; 'gradewatch opcua-cert' tells how")


def endpoint(policy: str, mode: str, certificate: bytes | None) -> EndpointDescription:
    made = EndpointDescription()
    made.SecurityPolicyUri = f"http://opcfoundation.org/UA/SecurityPolicy#{policy}"
    made.SecurityMode = MessageSecurityMode[mode]
    made.ServerCertificate = certificate
    return made


@pytest.mark.parametrize(
    ("offered", "told"),
    [
        ([endpoint("Basic256Sha256", "Sign", b"0")], "only Basic256Sha256 Sign"),
        ([endpoint("None", "None_", None)], "only None None"),
        ([endpoint("Basic256Sha256", "SignAndEncrypt", None)], "only Basic256Sha256 SignAndEncrypt"),
        ([endpoint("Basic256", "SignAndEncrypt", b"0")] * 2, "only Basic256 SignAndEncrypt"),
        ([], "only nothing"),
    ],
)
def test_what_is_offered_instead_is_told(offered: list[EndpointDescription], told: str) -> None:
    with pytest.raises(Refused, match=f"offers no Basic256Sha256 SignAndEncrypt, {told}$"):
        shown_certificate(offered, Security(POLICY))


def test_of_a_chain_of_certificates_the_first_is_the_servers(keys: Keys, folders: Path) -> None:
    own, authority = (folders / "plc" / "plc.der").read_bytes(), keys.own_certificate.read_bytes()
    weaker = endpoint("Basic256Sha256", "Sign", authority)
    offered = [weaker, endpoint("Basic256Sha256", "SignAndEncrypt", own + authority)]
    assert shown_certificate(offered, Security(POLICY)) == own
    assert shown_certificate([endpoint("Basic256Sha256", "SignAndEncrypt", b"0")], Security(POLICY)) == b"0"


def test_without_our_certificate_nothing_starts_and_the_command_is_named(tmp_path: Path) -> None:
    dut = isolator(1, PRESSURE, policy=POLICY)
    with pytest.raises(KeysError, match=r"D: .*no certificate of our own.*gradewatch opcua-cert --data"):
        OpcUaDriver(dut, lambda: AT, keys_in(tmp_path, {}))
    with pytest.raises(KeysError, match="there are no keys"):
        OpcUaDriver(dut, lambda: AT)


def test_a_policy_that_nobody_speaks_is_named(keys: Keys) -> None:
    with pytest.raises(ValueError, match="no policy 'None', only Basic256Sha256"):
        driver_of(isolator(1, PRESSURE, policy="None"), keys)
