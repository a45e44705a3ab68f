"""Seals a report: a signature after PAdES over the whole file, by the key of whoever runs this service.

The seal is no person's signature. It shows that the file is as the service made it; who reviewed and released is told
inside, and proved by the book.

    GRADEWATCH_PDF_PKCS12    a PKCS#12 file (.p12, .pfx) with the key, its certificate and those above it
    GRADEWATCH_PDF_PASSWORD  its password; not set: it has none
    <data>/report-seal.p12   without the first: made here, mode 600, with a certificate that signs itself
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import NoEncryption, pkcs12
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner

FILE_VARIABLE = "GRADEWATCH_PDF_PKCS12"
PASSWORD_VARIABLE = "GRADEWATCH_PDF_PASSWORD"  # noqa: S105 - the name of a variable
SEAL_FILE = "report-seal.p12"
FIELD = "Seal"
VALID = timedelta(days=20 * 365)
"""Of a certificate made here. A batch's record outlives the batch by years, and nobody renews it meanwhile."""


class SealError(Exception):
    """There is no key that a report could be sealed with; the message says why and what to do, and no secret."""


@dataclass(frozen=True, slots=True, repr=False)
class Seal:
    """A key with its certificate."""

    _signer: SimpleSigner

    def __repr__(self) -> str:
        return f"Seal({self.subject!r})"

    @property
    def subject(self) -> str:
        """Whom the certificate names."""
        return str(self._certificate.subject.human_friendly)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, hexadecimal: what a reader compares who has no chain to trust."""
        return bytes(self._certificate.sha256).hex()

    @property
    def _certificate(self) -> Any:  # noqa: ANN401 - of a library without types
        return self._signer.signing_cert

    def put_on(self, pdf: bytes, reason: str, at: datetime) -> bytes:
        """Seal a file: nothing in it may change any more.

        Not inside an event loop: pyHanko runs one of its own.

        Args:
            pdf: unsealed.
            reason: what the seal is for, as a PDF reader shows it.
            at: aware; when.

        Raises:
            SealError: the certificate is not valid at that time.
        """
        since, until = self._certificate.not_valid_before, self._certificate.not_valid_after
        if not since <= at <= until:
            raise SealError(
                f"the certificate of {self.subject} is valid from {since:%Y-%m-%d} to {until:%Y-%m-%d};"
                f" give another one by {FILE_VARIABLE}"
            )
        what = PdfSignatureMetadata(
            field_name=FIELD,
            md_algorithm="sha256",
            subfilter=SigSeedSubFilter.PADES,
            reason=reason,
            certify=True,
            docmdp_permissions=MDPPerm.NO_CHANGES,
        )
        written = _AtTime(at, what, self._signer).sign_pdf(IncrementalPdfFileWriter(BytesIO(pdf)))
        return bytes(written.getbuffer())


def seal_in(data: Path, environment: Mapping[str, str], name: str, at: datetime) -> Seal:
    """Take the key that the environment names, or the data folder's own, where a first one is made.

    Args:
        data: the service's folder.
        environment: its variables.
        name: whom a certificate made here names.
        at: aware; from when on such a certificate is valid.

    Raises:
        SealError: the key cannot be read or written.
    """
    if given := environment.get(FILE_VARIABLE):
        return _read(Path(given), environment.get(PASSWORD_VARIABLE), FILE_VARIABLE)
    path = data / SEAL_FILE
    if not path.exists():
        _write(path, _made(name, at))
    return _read(path, None, str(path))


class _AtTime(PdfSigner):
    """pyHanko's signer, told what time it is."""

    def __init__(self, at: datetime, what: PdfSignatureMetadata, signer: SimpleSigner) -> None:
        super().__init__(what, signer=signer)
        self._at = at

    def init_signing_session(self, *args: Any, **named: Any) -> Any:  # noqa: ANN401 - pyHanko's own
        session = super().init_signing_session(*args, **named)
        session.system_time = self._at
        return session


def _read(path: Path, password: str | None, where: str) -> Seal:
    try:
        if not password and path.stat().st_mode & 0o077:
            raise SealError(f"{where}: a key without a password must not be open to others: chmod 600")
        signer = SimpleSigner.load_pkcs12_data(
            path.read_bytes(), other_certs=[], passphrase=password.encode() if password else None
        )
    except OSError as error:
        raise SealError(f"{where}: cannot be read ({error.strerror})") from error
    except (AttributeError, ValueError):
        # pyHanko trips over a file without a key. What it says is not passed on: it has seen the password.
        raise SealError(
            f"{where}: not a PKCS#12 file with a key and its certificate, or {PASSWORD_VARIABLE} does not open it"
        ) from None
    return Seal(signer)


def _made(name: str, at: datetime) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(own)
        .issuer_name(own)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # A clock that is set back a little does not end it.
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + VALID)
        .add_extension(usage, critical=True)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return pkcs12.serialize_key_and_certificates(b"report", key, certificate, None, NoEncryption())


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise SealError(f"{path}: cannot be written ({error.strerror}); make the folder writable") from error
