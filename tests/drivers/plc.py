"""OPC UA servers that speak encrypted, our own keys, and a server in a process of its own that can be stopped."""

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from subprocess import PIPE, Popen

from asyncua import ua
from asyncua.crypto.cert_gen import setup_self_signed_certificate
from asyncua.crypto.permission_rules import User, UserRole
from asyncua.server.internal_server import InternalServer
from asyncua.server.server import Server
from asyncua.server.user_managers import UserManager
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from config.model import Device, Node, Protocol, Security
from drivers.keys import Keys, keys_in, make_own
from tests.drivers.conftest import URI, OpcUaServer, Prepare
from tests.drivers.nouns import AT, channel_model, device

PRESSURE = '"DB_Env"."Chamber_Pressure"'
USER, PASSWORD = "gradewatch", "correct horse"
ALL_POLICIES = (
    ua.SecurityPolicyType.NoSecurity,
    ua.SecurityPolicyType.Basic256Sha256_Sign,
    ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt,
    ua.SecurityPolicyType.Aes128Sha256RsaOaep_SignAndEncrypt,
    ua.SecurityPolicyType.Aes256Sha256RsaPss_SignAndEncrypt,
)
PLAIN_ONLY = (ua.SecurityPolicyType.NoSecurity,)


class OneUser(UserManager):
    """Knows one user and one password; nobody's name is nobody's business."""

    def get_user(
        self,
        iserver: InternalServer,
        username: str | None = None,
        password: str | bytes | None = None,
        certificate: object = None,
    ) -> User | None:
        word = password.decode() if isinstance(password, bytes) else password
        return User(role=UserRole.User) if username is None or (username, word) == (USER, PASSWORD) else None


def encrypted(folder: Path, policies: Sequence[ua.SecurityPolicyType] = ALL_POLICIES) -> Prepare:
    """What lets a server offer these policies, with the certificate in this folder (made if it is not there)."""

    async def prepare(server: Server) -> None:
        uri, key, certificate = "urn:plc", folder / "plc.pem", folder / "plc.der"
        await setup_self_signed_certificate(
            key, certificate, uri, "localhost", [ExtendedKeyUsageOID.SERVER_AUTH], {}
        )
        await server.set_application_uri(uri)
        await server.load_certificate(certificate)
        await server.load_private_key(key)
        server.set_security_policy(list(policies))
        server.iserver.set_user_manager(OneUser())

    return prepare


def our_keys(folder: Path) -> Keys:
    """Keys with a fresh certificate, that trust nobody yet, and know the password."""
    keys = keys_in(folder, {"GRADEWATCH_OPCUA_PASSWORD_D": PASSWORD})
    make_own(keys, "localhost", AT)
    return keys


def trust(keys: Keys, server_folder: Path) -> None:
    """Do what a person does: copy the machine's certificate to the trust list."""
    (keys.trusted_dir / "plc.der").write_bytes((server_folder / "plc.der").read_bytes())


def now_of(keys: Keys, later: timedelta = timedelta(hours=1)) -> datetime:
    """A time at which the certificates of a test are valid: it does not hang on this machine's date."""
    return x509.load_der_x509_certificate(keys.own_certificate.read_bytes()).not_valid_before_utc + later


def isolator(
    port: int,
    *identifiers: str,
    policy: str = "",
    user: str = "",
    timeout_s: float = 5.0,
    namespace_uri: str = URI,
    heartbeat: str = "",
) -> Device:
    """A device of these nodes, channels n0, n1, …; with a policy it is spoken to encrypted."""
    models = [channel_model(f"n{n}", Node(name, "Float")) for n, name in enumerate(identifiers)]
    address = f"opc.tcp://127.0.0.1:{port}/"
    plain = device(Protocol.OPCUA, models, address, timeout_s=timeout_s, namespace_uri=namespace_uri)
    profile = replace(plain.profile, heartbeat=heartbeat)
    return replace(plain, profile=profile, security=Security(policy, user) if policy else None)


@contextmanager
def stoppable_server() -> Iterator[tuple["Popen[str]", int]]:
    """Run a server in a process of its own, which may be sent SIGSTOP; gives the process and the port."""
    root = Path(__file__).parents[2]
    process = Popen([sys.executable, "-m", "tests.drivers.plc"], cwd=root, stdout=PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process, int(process.stdout.readline())
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def pause(process: "Popen[str]") -> None:
    """Stop a process where it stands, and return once it does."""
    process.send_signal(signal.SIGSTOP)
    os.waitpid(process.pid, os.WUNTRACED)


def main() -> None:
    """Serve one node until killed; the first line out is the port."""
    with OpcUaServer() as server:
        server.add(PRESSURE, 45.5)
        sys.stdout.write(f"{server.port}\n")
        sys.stdout.flush()
        signal.pause()


if __name__ == "__main__":
    main()
