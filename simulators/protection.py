"""What a simulated OPC UA server needs to speak encrypted: a certificate of its own, and its users' passwords."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from asyncua import ua
from asyncua.crypto.cert_gen import setup_self_signed_certificate
from asyncua.crypto.permission_rules import User, UserRole
from asyncua.server.internal_server import InternalServer
from asyncua.server.server import Server
from asyncua.server.user_managers import UserManager
from cryptography.x509.oid import ExtendedKeyUsageOID

from config.model import Device, Security
from simulators.errors import NoCertificates

PASSWORD_VARIABLE = "GRADEWATCH_OPCUA_PASSWORD"  # noqa: S105 - a variable's name
HOST = "localhost"

POLICIES = {
    "Basic256Sha256": ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt,
    "Aes128Sha256RsaOaep": ua.SecurityPolicyType.Aes128Sha256RsaOaep_SignAndEncrypt,
    "Aes256Sha256RsaPss": ua.SecurityPolicyType.Aes256Sha256RsaPss_SignAndEncrypt,
}


@dataclass(frozen=True, slots=True)
class Protection:
    """Where the servers' certificates stand, and where their users' passwords are looked up.

    Attributes:
        certificates: folder of `<device>.der` and `<device>.pem`, made where they are missing.
        environment: the process's variables: `GRADEWATCH_OPCUA_PASSWORD_<DEVICE>`, else the one for all.
    """

    certificates: Path
    environment: Mapping[str, str]

    def password_of(self, device: str) -> str:
        """The password of a device's user; "" lets nobody in."""
        own = f"{PASSWORD_VARIABLE}_{device.replace('-', '_')}"
        return self.environment.get(own) or self.environment.get(PASSWORD_VARIABLE, "")


class OneUser(UserManager):
    """Lets one user in, or, where the plant names none, everybody."""

    def __init__(self, user: str, password: str) -> None:
        self._known = (user, password)

    def get_user(
        self,
        iserver: InternalServer,  # noqa: ARG002 - the library's signature
        username: str | None = None,
        password: str | bytes | None = None,
        certificate: object = None,  # noqa: ARG002 - the library's signature
    ) -> User | None:
        """Return the user who may come in; None for everybody else, and for a user without a password."""
        word = password.decode() if isinstance(password, bytes) else password
        is_known = self._known[0] == "" or (self._known[1] != "" and (username, word) == self._known)
        return User(role=UserRole.User, name=username) if is_known else None


async def protect(server: Server, device: Device, protection: Protection | None) -> None:
    """Let a server offer what the plant says of its device, and nothing else.

    Raises:
        NoCertificates: the device is to be spoken to encrypted, and no folder for certificates was given.
    """
    if device.security is None:
        server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        return
    if protection is None:
        raise NoCertificates(
            f"{device.id} speaks encrypted only: give --certificates DIR for its certificate"
        )
    await _certify(server, device.id, protection.certificates)
    server.set_security_policy([POLICIES[device.security.policy]])
    _admit(server, device.security, protection.password_of(device.id))


async def _certify(server: Server, device: str, folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    uri = f"urn:{HOST}:gradewatch-sim:{device}"
    key, certificate = folder / f"{device}.pem", folder / f"{device}.der"
    await setup_self_signed_certificate(key, certificate, uri, HOST, [ExtendedKeyUsageOID.SERVER_AUTH], {})
    await server.set_application_uri(uri)
    await server.load_certificate(certificate)
    await server.load_private_key(key)


def _admit(server: Server, security: Security, password: str) -> None:
    server.iserver.set_user_manager(OneUser(security.user, password))
    server.set_identity_tokens([ua.UserNameIdentityToken if security.user else ua.AnonymousIdentityToken])
