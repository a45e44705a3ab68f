"""A seal holds for the file it was put on, and for no other."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typst
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from monitor.records.report.pades import FILE_VARIABLE, PASSWORD_VARIABLE, SEAL_FILE, SealError, seal_in
from tests.records.reading import seal_of

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PASSWORD = "a word that no log may hold"


@pytest.fixture(scope="module")
def pdf() -> bytes:
    made = typst.compile(b"B-2026-0001", format="pdf", pdf_standards=["a-2a"], timestamp=NOW)
    assert isinstance(made, bytes)
    return made


def test_a_sealed_file_is_whole_until_one_byte_of_it_changes(tmp_path: Path, pdf: bytes) -> None:
    seal = seal_in(tmp_path, {}, "Gradewatch, 示范工厂", NOW)
    sealed = seal.put_on(pdf, "batch B-2026-0001", NOW)
    said = seal_of(sealed, NOW)
    assert said.bottom_line
    assert said.signer_reported_dt == NOW
    assert said.coverage.name == "ENTIRE_FILE"
    assert (tmp_path / SEAL_FILE).stat().st_mode & 0o777 == 0o600
    where = sealed.index(b"stream") + 20
    changed = sealed[:where] + bytes([sealed[where] ^ 1]) + sealed[where + 1 :]
    assert not seal_of(changed, NOW).bottom_line


def test_the_folder_keeps_its_key(tmp_path: Path) -> None:
    first = seal_in(tmp_path, {}, "Gradewatch", NOW)
    again = seal_in(tmp_path, {}, "another name", NOW + timedelta(days=1))
    assert again.fingerprint == first.fingerprint
    assert again.subject == first.subject


def test_a_site_gives_its_own_key_and_its_password_is_never_told(tmp_path: Path, pdf: bytes) -> None:
    made = seal_in(tmp_path, {}, "Site", NOW)
    own = tmp_path / "site.p12"
    key, certificate, _ = pkcs12.load_key_and_certificates((tmp_path / SEAL_FILE).read_bytes(), None)
    assert isinstance(key, EllipticCurvePrivateKey)
    locked = BestAvailableEncryption(PASSWORD.encode())
    own.write_bytes(pkcs12.serialize_key_and_certificates(b"site", key, certificate, None, locked))
    given = {FILE_VARIABLE: str(own), PASSWORD_VARIABLE: PASSWORD}
    seal = seal_in(tmp_path / "elsewhere", given, "Gradewatch", NOW)
    assert seal.fingerprint == made.fingerprint
    assert seal_of(seal.put_on(pdf, "batch", NOW), NOW).bottom_line
    assert not (tmp_path / "elsewhere").exists()
    with pytest.raises(SealError, match=PASSWORD_VARIABLE) as refused:
        seal_in(tmp_path, {**given, PASSWORD_VARIABLE: f"{PASSWORD}!"}, "Gradewatch", NOW)
    assert PASSWORD not in f"{refused.value!r} {refused.value.__cause__!r} {seal!r}"


@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [(b"no key", 0o600, "not a PKCS#12"), (b"", 0o600, "not a PKCS#12"), (b"no key", 0o644, "chmod 600")],
)
def test_a_file_that_is_no_key_is_named(tmp_path: Path, content: bytes, mode: int, said: str) -> None:
    (tmp_path / SEAL_FILE).write_bytes(content)
    (tmp_path / SEAL_FILE).chmod(mode)
    with pytest.raises(SealError, match=f"{SEAL_FILE}: .*{said}"):
        seal_in(tmp_path, {}, "Gradewatch", NOW)


def test_nothing_is_sealed_by_a_certificate_that_is_over(tmp_path: Path, pdf: bytes) -> None:
    seal = seal_in(tmp_path, {}, "Gradewatch", NOW)
    with pytest.raises(SealError, match="valid from 2026-11-20 to 2046-11-16"):
        seal.put_on(pdf, "batch", NOW + timedelta(days=21 * 365))
