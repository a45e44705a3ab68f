"""Our certificate, the trust list and the passwords, as files in a data folder."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding

from drivers.driver import Refused
from drivers.keys import REJECTED_MAX, Keys, KeysError, keys_in, make_own, thumbprint_of
from tests.drivers.nouns import AT
from tests.drivers.plc import now_of


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    """Keys whose certificate also plays the server's: making one takes a while."""
    keys = keys_in(tmp_path_factory.mktemp("data"), {})
    make_own(keys, "ems-1.plant.example", AT)
    return keys


@pytest.fixture
def keys(made: Keys, tmp_path: Path) -> Keys:
    """The same certificate, in folders of this test's own."""
    elsewhere = keys_in(tmp_path, {})
    elsewhere.trusted_dir.mkdir(parents=True)
    return replace(made, trusted_dir=elsewhere.trusted_dir, rejected_dir=elsewhere.rejected_dir)


def shown(keys: Keys) -> bytes:
    return keys.own_certificate.read_bytes()


def check(keys: Keys) -> None:
    keys.check_server(shown(keys), "ISO-1", now_of(keys))


def test_our_certificate_says_who_we_are(made: Keys) -> None:
    own = made.own()
    certificate = x509.load_der_x509_certificate(own.certificate)
    public_key = certificate.public_key()
    assert isinstance(public_key, RSAPublicKey)
    assert public_key.key_size == 2048
    assert certificate.signature_hash_algorithm is not None
    assert certificate.signature_hash_algorithm.name == "sha256"
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == ["urn:ems-1.plant.example:gradewatch"]
    assert names.get_values_for_type(x509.DNSName) == ["ems-1.plant.example"]
    assert own.application_uri == "urn:ems-1.plant.example:gradewatch"
    assert own.ends == certificate.not_valid_after_utc
    assert "PRIVATE" not in repr(own)


def test_our_key_is_ours_alone(made: Keys) -> None:
    assert made.own_key.stat().st_mode & 0o777 == 0o600
    assert made.own_key.parent.stat().st_mode & 0o777 == 0o700


def test_a_certificate_is_made_once_and_renewed_only_when_told(tmp_path: Path) -> None:
    keys = keys_in(tmp_path, {})
    first = make_own(keys, "ems", AT)
    with pytest.raises(KeysError, match=r"is there already.*--renew"):
        make_own(keys, "ems", AT)
    assert keys.own() == first
    second = make_own(keys, "ems", AT, renew=True)
    assert keys.own() == second != first
    assert sorted(path.name for path in keys.own_key.parent.iterdir()) == [
        "certificate-until-20261121T083000Z.der",
        "certificate.der",
        "key-until-20261121T083000Z.pem",
        "key.pem",
    ]


@pytest.mark.parametrize("host", ["", "two words", "ems.", "x" * 300, "洁净", "a/b"])
def test_what_is_no_host_name_is_told(tmp_path: Path, host: str) -> None:
    with pytest.raises(KeysError, match="is no host name; give one with --host"):
        make_own(keys_in(tmp_path, {}), host, AT)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "opcua").write_text("a file where a folder should be")
    with pytest.raises(KeysError, match=r"opcua/own: Not a directory; give a folder that can be written"):
        make_own(keys_in(tmp_path, {}), "ems", AT)


def test_a_certificate_that_is_none_is_told(tmp_path: Path) -> None:
    keys = keys_in(tmp_path, {})
    keys.own_key.parent.mkdir(parents=True)
    keys.own_key.write_text("key")
    with pytest.raises(KeysError, match=r"certificate\.der: no certificate of our own; make one with"):
        keys.own()
    keys.own_certificate.write_text("certificate")
    with pytest.raises(
        KeysError, match=r"certificate\.der: cannot be used .*gradewatch opcua-cert .*--renew"
    ):
        keys.own()


# --- The trust list ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["plc.der", "plc.cer", "PLC.CRT", "plc.pem"])
@pytest.mark.parametrize("encoding", [Encoding.DER, Encoding.PEM])
def test_a_certificate_in_the_trust_list_is_believed(keys: Keys, name: str, encoding: Encoding) -> None:
    certificate = x509.load_der_x509_certificate(shown(keys))
    (keys.trusted_dir / name).write_bytes(certificate.public_bytes(encoding))
    check(keys)
    assert not keys.rejected_dir.exists()


def test_what_is_damaged_or_of_another_kind_trusts_nobody(keys: Keys) -> None:
    (keys.trusted_dir / "plc.der").write_bytes(shown(keys)[:-1] + bytes([shown(keys)[-1] ^ 1]))
    (keys.trusted_dir / "plc.pem").write_text("-----BEGIN CERTIFICATE-----\nno\n")
    (keys.trusted_dir / "plc.txt").write_bytes(shown(keys))
    (keys.trusted_dir / "folder.der").mkdir()
    with pytest.raises(Refused, match="is not trusted"):
        check(keys)
    (keys.trusted_dir / "plc-2.der").write_bytes(shown(keys))
    check(keys)


def test_no_trust_list_trusts_nobody(keys: Keys) -> None:
    keys.trusted_dir.rmdir()
    with pytest.raises(Refused, match=f"certificate {thumbprint_of(shown(keys))} is not trusted"):
        check(keys)


def test_the_rejected_have_a_limit_and_need_no_disk(keys: Keys) -> None:
    keys.rejected_dir.mkdir()
    for number in range(REJECTED_MAX):
        (keys.rejected_dir / f"{number}.der").touch()
    with pytest.raises(Refused, match="then copy the certificate to "):
        check(keys)
    assert len(list(keys.rejected_dir.iterdir())) == REJECTED_MAX
    in_the_way = replace(keys, rejected_dir=keys.rejected_dir / "0.der")
    with pytest.raises(Refused, match="then copy the certificate to "):
        check(in_the_way)


def test_who_was_laid_aside_before_the_limit_stays_there(keys: Keys) -> None:
    with pytest.raises(Refused, match="then move "):
        check(keys)
    for number in range(REJECTED_MAX):
        (keys.rejected_dir / f"{number}.der").touch()
    with pytest.raises(Refused, match="then move "):
        check(keys)


def test_a_trusted_file_that_is_no_certificate_is_refused(keys: Keys) -> None:
    (keys.trusted_dir / "plc.der").write_bytes(b"no certificate")
    with pytest.raises(Refused, match="cannot be read"):
        keys.check_server(b"no certificate", "ISO-1", now_of(keys))


def test_the_bounds_of_a_certificates_time_belong_to_it(keys: Keys) -> None:
    (keys.trusted_dir / "plc.der").write_bytes(shown(keys))
    certificate = x509.load_der_x509_certificate(shown(keys))
    moment = timedelta(seconds=1)
    for at in (certificate.not_valid_before_utc, certificate.not_valid_after_utc):
        keys.check_server(shown(keys), "ISO-1", at)
    with pytest.raises(Refused, match="begins on"):
        keys.check_server(shown(keys), "ISO-1", certificate.not_valid_before_utc - moment)
    with pytest.raises(Refused, match="ended on"):
        keys.check_server(shown(keys), "ISO-1", certificate.not_valid_after_utc + moment)


# --- Passwords --------------------------------------------------------------------------------------


def password_file(data: Path, content: str, mode: int = 0o600) -> Path:
    path = data / "opcua" / "passwords" / "ISO-1"
    path.parent.mkdir(parents=True)
    path.write_text(content)
    path.chmod(mode)
    return path


def test_a_devices_own_variable_comes_first_then_the_one_for_all_then_its_file(tmp_path: Path) -> None:
    password_file(tmp_path, "from a file\n")
    all_ = {"GRADEWATCH_OPCUA_PASSWORD": "for all"}
    own = {"GRADEWATCH_OPCUA_PASSWORD_ISO_1": "its own"}
    assert keys_in(tmp_path, {**all_, **own}).password_of("ISO-1") == "its own"
    assert keys_in(tmp_path, {**all_, **own}).password_of("ISO-2") == "for all"
    assert (
        keys_in(tmp_path, {**own, "GRADEWATCH_OPCUA_PASSWORD_ISO_1": ""}).password_of("ISO-1")
        == "from a file"
    )


@pytest.mark.parametrize("content", ["", "\n"])
def test_no_password_is_told_with_both_places(tmp_path: Path, content: str) -> None:
    keys = keys_in(tmp_path, {})
    path = tmp_path / "opcua" / "passwords" / "ISO-1"
    told = f"no password: set GRADEWATCH_OPCUA_PASSWORD_ISO_1, or write it to {path}"
    with pytest.raises(Refused, match=told):
        keys.password_of("ISO-1")
    password_file(tmp_path, content)
    with pytest.raises(Refused, match=told):
        keys.password_of("ISO-1")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_password_that_others_may_read_is_not_taken(tmp_path: Path, mode: int) -> None:
    password_file(tmp_path, "secret", mode)
    with pytest.raises(Refused, match=r"others may read this password; chmod 600 it") as refused:
        keys_in(tmp_path, {}).password_of("ISO-1")
    assert "secret" not in str(refused.value)
