"""Who we are to an OPC UA server, and which servers we believe: certificates, the trust list, passwords.

A certificate is believed because a person has put it into the trust list, byte for byte, and for no other reason: no
authority, no name in it, no earlier meeting. One that is unknown is laid into the folder of the rejected, so that a
person who has compared its thumbprint with the machine's own display only has to move a file.
"""

import hashlib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from config.faults import MendableError
from drivers.driver import Refused

PASSWORD_VARIABLE = "GRADEWATCH_OPCUA_PASSWORD"  # noqa: S105 - a variable's name
"""For all devices; `<it>_ISO_STM_L1` is for the device ISO-STM-L1 alone."""

VALID_DAYS = 5 * 365
"""Of our certificate. An end that nobody awaits blinds the plant, and each machine has to be told of a new one."""

REJECTED_MAX = 100
"""Certificates kept for a person to look at; a server that shows a new one each time must not fill the disk."""

HOST = re.compile(r"^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$")
COMMON_NAME_MAX = 64

CERTIFICATES = (".der", ".cer", ".crt", ".pem")
PEM = b"-----BEGIN"
OPEN_TO_OTHERS = 0o077


class KeysError(MendableError):
    """Our own certificate is missing or of no use; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Own:
    """We, as a server sees us.

    Attributes:
        certificate: DER.
        key: PEM.
        application_uri: as it stands in the certificate; a server compares the two.
        ends: when the certificate does.
    """

    certificate: bytes
    key: bytes = field(repr=False)
    application_uri: str
    ends: datetime


@dataclass(frozen=True, slots=True)
class Keys:
    """What a signed and encrypted connection needs.

    Attributes:
        own_certificate: DER file.
        own_key: PEM file, readable by us alone.
        trusted_dir: the servers that we believe, one certificate a file (DER or PEM).
        rejected_dir: where the certificates of the others are laid.
        password_of: device id -> its user's password; raises Refused, saying where one is looked for.
    """

    own_certificate: Path
    own_key: Path
    trusted_dir: Path
    rejected_dir: Path
    password_of: Callable[[str], str]

    def own(self) -> Own:
        """Read our certificate and key, each time anew, so that a renewed one needs no restart.

        Raises:
            KeysError: they are not there, or not what they should be.
        """
        remedy = "make one with: gradewatch opcua-cert --data DIR"
        try:
            key, content = self.own_key.read_bytes(), self.own_certificate.read_bytes()
            certificate = x509.load_der_x509_certificate(content)
            uri = application_uri(certificate)
        except FileNotFoundError as error:
            raise KeysError(f"{error.filename}: no certificate of our own; {remedy}") from None
        except (OSError, ValueError, x509.ExtensionNotFound) as error:
            raise KeysError(f"{self.own_certificate}: cannot be used ({error}); {remedy} --renew") from error
        return Own(content, key, uri, certificate.not_valid_after_utc)

    def check_server(self, certificate: bytes, device: str, at: datetime) -> None:
        """Accept a server's certificate (DER), or say what a person has to do.

        Raises:
            Refused: it is not in the trust list, or not valid at this time.
        """
        thumbprint = thumbprint_of(certificate)
        if thumbprint not in {thumbprint_of(one) for one in self._trusted()}:
            kept = self._reject(certificate, f"{device}-{thumbprint[:16]}.der")
            remedy = f"move {kept}" if kept else "copy the certificate"
            raise Refused(
                f"the server's certificate {thumbprint} is not trusted; compare the thumbprint with the machine's own"
                f" display, then {remedy} to {self.trusted_dir}"
            )
        try:
            known = x509.load_der_x509_certificate(certificate)
        except ValueError as error:
            raise Refused(f"the server's certificate {thumbprint} cannot be read: {error}") from error
        _check_time(known, f"the server's certificate {thumbprint}", at)

    def _trusted(self) -> Iterator[bytes]:
        with suppress(FileNotFoundError):
            for path in sorted(self.trusted_dir.iterdir()):
                if path.suffix.lower() in CERTIFICATES:
                    yield from _certificate_in(path)

    def _reject(self, certificate: bytes, name: str) -> Path | None:
        """Lay a certificate aside; None, if there is no room for it."""
        path = self.rejected_dir / name
        try:
            self.rejected_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not path.exists():
                if sum(1 for _ in self.rejected_dir.iterdir()) >= REJECTED_MAX:
                    return None
                path.write_bytes(certificate)
        except OSError:
            return None
        return path


def keys_in(data: Path, environment: Mapping[str, str]) -> Keys:
    """The keys of a data folder: `opcua/own`, `opcua/trusted`, `opcua/rejected`, `opcua/passwords`."""
    folder = data / "opcua"

    def password_of(device: str) -> str:
        own_variable = f"{PASSWORD_VARIABLE}_{device.replace('-', '_')}"
        for variable in (own_variable, PASSWORD_VARIABLE):
            if password := environment.get(variable):
                return password
        return _password_in(folder / "passwords" / device, own_variable)

    return Keys(
        own_certificate=folder / "own" / "certificate.der",
        own_key=folder / "own" / "key.pem",
        trusted_dir=folder / "trusted",
        rejected_dir=folder / "rejected",
        password_of=password_of,
    )


def make_own(keys: Keys, host: str, at: datetime, *, renew: bool = False) -> Own:
    """Make our key (RSA 2048) and certificate (SHA-256, self-signed), and the folders around them.

    Args:
        keys: where they go.
        host: this machine's name, as the servers may look it up.
        at: now; names what is moved aside.
        renew: move an old pair aside first.

    Raises:
        KeysError: there is one already, the name is none, or the folder cannot be written.
    """
    if not HOST.match(host):
        raise KeysError(f"{host!r} is no host name; give one with --host")
    try:
        for folder in (keys.own_key.parent, keys.trusted_dir, keys.rejected_dir):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in (keys.own_key, keys.own_certificate):
            _make_way(path, at, renew=renew)
        # Who has certificates already does without the library.
        from asyncua.crypto.cert_gen import (  # noqa: PLC0415
            dump_private_key_as_pem,
            generate_private_key,
            generate_self_signed_app_certificate,
        )

        uri = f"urn:{host}:gradewatch"
        key = generate_private_key()
        certificate = generate_self_signed_app_certificate(
            key,
            f"Gradewatch {host}"[:COMMON_NAME_MAX],
            {},
            [x509.UniformResourceIdentifier(uri), x509.DNSName(host)],
            extended=[ExtendedKeyUsageOID.CLIENT_AUTH],
            days=VALID_DAYS,
        )
        _write_secret(keys.own_key, dump_private_key_as_pem(key))
        keys.own_certificate.write_bytes(certificate.public_bytes(Encoding.DER))
    except OSError as error:
        raise KeysError(f"{error.filename}: {error.strerror}; give a folder that can be written") from error
    return keys.own()


def thumbprint_of(certificate: bytes) -> str:
    """SHA-256 of a certificate (DER), in hexadecimal."""
    return hashlib.sha256(certificate).hexdigest()


def application_uri(certificate: x509.Certificate) -> str:
    """The name of the application to which a certificate was given (OPC UA Part 6, 6.2.2).

    Raises:
        ExtensionNotFound: it names nobody.
        ValueError: it names no application.
    """
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    uris = names.get_values_for_type(x509.UniformResourceIdentifier)
    if not uris:
        raise ValueError("it names no application")
    return uris[0]


def _check_time(certificate: x509.Certificate, what: str, at: datetime) -> None:
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if at > ends:
        raise Refused(f"{what} ended on {ends:%Y-%m-%d}; have the machine given a new one, and trust that")
    if at < begins:
        raise Refused(
            f"{what} begins on {begins:%Y-%m-%d}; check the clocks of the machine and of this computer"
        )


def _certificate_in(path: Path) -> Iterator[bytes]:
    """The certificate of a file (DER); none, if there is no sound one: what cannot be read is not trusted."""
    with suppress(OSError, ValueError):
        content = path.read_bytes()
        pem = content.startswith(PEM)
        yield x509.load_pem_x509_certificate(content).public_bytes(Encoding.DER) if pem else content


def _password_in(path: Path, variable: str) -> str:
    try:
        if path.stat().st_mode & OPEN_TO_OTHERS:
            raise Refused(f"{path}: others may read this password; chmod 600 it")
        password = path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError):
        password = ""
    if not password:
        raise Refused(f"no password: set {variable}, or write it to {path} (mode 600)")
    return password


def _make_way(path: Path, at: datetime, *, renew: bool) -> None:
    if not path.exists():
        return
    if not renew:
        raise KeysError(f"{path}: is there already, and the servers trust it; give --renew to make another")
    path.rename(path.with_name(f"{path.stem}-until-{at:%Y%m%dT%H%M%SZ}{path.suffix}"))


def _write_secret(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
