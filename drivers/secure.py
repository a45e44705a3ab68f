"""A signed and encrypted OPC UA connection: which endpoint, whose certificate, who signs in.

What the plant names is what is used, at every connect: there is no weaker way to fall back to.
"""

from collections.abc import Sequence
from datetime import datetime

from asyncua.client.client import Client
from asyncua.crypto import security_policies
from asyncua.crypto.uacrypto import CertProperties
from asyncua.ua.status_codes import StatusCodes
from asyncua.ua.uaprotocol_auto import EndpointDescription, MessageSecurityMode

from config.model import Device, Security
from drivers.driver import Refused
from drivers.keys import Keys, KeysError, Own

POLICIES: dict[str, type[security_policies.SecurityPolicy]] = {
    "Basic256Sha256": security_policies.SecurityPolicyBasic256Sha256,
    "Aes128Sha256RsaOaep": security_policies.SecurityPolicyAes128Sha256RsaOaep,
    "Aes256Sha256RsaPss": security_policies.SecurityPolicyAes256Sha256RsaPss,
}
"""What OPC UA Part 7 still recommends; None, Basic128Rsa15 and Basic256 are not spoken."""

MODE = MessageSecurityMode.SignAndEncrypt

HINTS = {
    StatusCodes.BadSecurityChecksFailed: "does it trust our certificate? 'gradewatch opcua-cert' tells how",
    StatusCodes.BadCertificateUntrusted: "let it trust our certificate; 'gradewatch opcua-cert' tells how",
    StatusCodes.BadCertificateTimeInvalid: "compare its clock with this computer's",
    StatusCodes.BadSecurityPolicyRejected: "it wants encryption: give the device its 'security' in the plant",
    StatusCodes.BadSecurityModeRejected: "it wants encryption: give the device its 'security' in the plant",
    StatusCodes.BadUserAccessDenied: "check the user and its password",
    StatusCodes.BadIdentityTokenRejected: "check the user and its password",
    StatusCodes.BadIdentityTokenInvalid: "check the user and its password",
}
"""What a person can do about a server's refusal of a connection."""


def check_security(device: Device, keys: Keys | None) -> None:
    """See before anything is connected that a device can be spoken to as the plant says.

    Raises:
        ValueError: a policy that nobody speaks.
        KeysError: there are no keys, or no certificate of ours.
    """
    if device.security is None:
        return
    if device.security.policy not in POLICIES:
        raise ValueError(f"{device.id}: no policy {device.security.policy!r}, only {', '.join(POLICIES)}")
    if keys is None:
        raise KeysError(f"{device.id}: is spoken to encrypted, and there are no keys")
    try:
        keys.own()
    except KeysError as error:
        raise KeysError(f"{device.id}: {error}") from error


def shown_certificate(endpoints: Sequence[EndpointDescription], security: Security) -> bytes:
    """The certificate (DER) of the server, as its endpoint of the plant's policy shows it.

    Raises:
        Refused: it has no such endpoint.
    """
    uri = POLICIES[security.policy].URI
    for endpoint in endpoints:
        if endpoint.SecurityPolicyUri == uri and endpoint.SecurityMode == MODE and endpoint.ServerCertificate:
            return _first_of_chain(endpoint.ServerCertificate)
    offered = sorted({_named(one) for one in endpoints})
    raise Refused(f"offers no {security.policy} SignAndEncrypt, only {', '.join(offered) or 'nothing'}")


async def secure(client: Client, device: Device, keys: Keys, certificate: bytes, at: datetime) -> None:
    """Let a client speak as the plant says with a server that is believed, and with no other.

    Args:
        client: not connected yet.
        device: with security.
        keys: ours.
        certificate: what the server has shown (DER).
        at: now.

    Raises:
        Refused: the server's certificate is not trusted, or ours has ended, or there is no password.
    """
    security = device.security
    if security is None:
        return
    own = _own(keys, at)
    keys.check_server(certificate, device.id, at)
    client.application_uri = own.application_uri
    if security.user:
        client.set_user(security.user)
        client.set_password(keys.password_of(device.id))
    await client.set_security(
        POLICIES[security.policy],
        CertProperties(own.certificate, "der"),
        CertProperties(own.key, "pem"),
        server_certificate=CertProperties(certificate, "der"),
        mode=MODE,
    )


def hint_of(code: int) -> str:
    """What a person can do about this refusal of a connection, as the end of a sentence; "" if nothing is known."""
    return f"; {HINTS[code]}" if code in HINTS else ""


def _own(keys: Keys, at: datetime) -> Own:
    try:
        own = keys.own()
    except KeysError as error:
        raise Refused(str(error)) from error
    if at > own.ends:
        raise Refused(f"our certificate ended on {own.ends:%Y-%m-%d}; gradewatch opcua-cert --renew")
    return own


def _first_of_chain(certificates: bytes) -> bytes:
    """A server may send the certificates of its authorities behind its own (OPC UA Part 6, 6.2.6)."""
    long_form = certificates[:2] == b"\x30\x82"
    return certificates[: 4 + int.from_bytes(certificates[2:4], "big")] if long_form else certificates


def _named(endpoint: EndpointDescription) -> str:
    policy = str(endpoint.SecurityPolicyUri).rpartition("#")[2]
    return f"{policy} {MessageSecurityMode(endpoint.SecurityMode).name.rstrip('_')}"
