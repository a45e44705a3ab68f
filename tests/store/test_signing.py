"""Signing: a checkpoint holds for one line under one key, and a key takes over by the former's hand alone."""

import base64
import stat
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.store import signature, signing
from monitor.store.signature import Checkpoint, Key, is_introduced, is_signed
from monitor.store.signing import (
    KEY_FILE,
    KEY_VARIABLE,
    KEYS_FILE,
    NEXT_KEY_FILE,
    SigningError,
    rotate,
    signer_in,
)

# RFC 8032, section 7.1, test 1: the secret key and its public key.
SECRET = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
PUBLIC = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
# printf PUBLIC | xxd -r -p | sha256sum      (coreutils 9.1)
FINGERPRINT = "21fe31dfa154a261626bf854046fd2271b7bed4b6abe45aa58877ef47f9721b9"
# printf '%s' '{"chain":"STM","hash":"ab","seq":7}' | openssl pkeyutl -sign -rawin -inkey SECRET   (OpenSSL 3.0)
SIGNED_BY_OPENSSL = "46/OJFzpIm6xRiS6f9JXB23e9UtuzjD4tVaruhq+Q9g1micq1+zvOJgpbQ+5qltjhc3cxMFSUVtXKhOOfIOECQ=="


def private() -> Ed25519PrivateKey:
    return signature.private_of(base64.b64encode(bytes.fromhex(SECRET)).decode())


def environment(key: Ed25519PrivateKey) -> dict[str, str]:
    return {KEY_VARIABLE: signature.written(key)}


def test_a_key_is_named_by_the_hash_of_its_public_side() -> None:
    key = signature.introduce(private())
    assert key == Key(FINGERPRINT, base64.b64encode(bytes.fromhex(PUBLIC)).decode())
    assert is_introduced(key, None)
    assert not is_introduced(replace(key, fingerprint="0" * 64), None)
    assert not is_introduced(replace(key, public_key="none"), None)


def test_a_checkpoint_is_what_openssl_signs() -> None:
    signed = signature.checkpoint(private(), "STM", 7, "ab")
    assert signed == Checkpoint("STM", 7, "ab", FINGERPRINT, SIGNED_BY_OPENSSL)


@pytest.mark.parametrize(
    "change",
    [
        {"chain": "STN"},
        {"seq": 8},
        {"hash": "ac"},
        {"key": "0" * 64},
        {"signature": "AA=="},
        {"signature": ""},
    ],
)
def test_every_fact_of_a_checkpoint_counts(change: dict[str, Any]) -> None:
    key = signature.introduce(private())
    signed = signature.checkpoint(private(), "STM", 7, "ab")
    assert is_signed(signed, key)
    assert not is_signed(replace(signed, **change), key)


# Four bits of its last letter, Q, are no byte's: R says the same 64 bytes.
@example(place=85, other=chr(ord(SIGNED_BY_OPENSSL[85]) + 1))
@given(place=st.integers(0, 87), other=st.characters(codec="ascii"))
def test_a_signature_has_one_spelling(place: int, other: str) -> None:
    signed = signature.checkpoint(private(), "STM", 7, "ab")
    changed = signed.signature[:place] + other + signed.signature[place + 1 :]
    assert is_signed(replace(signed, signature=changed), signature.introduce(private())) == (
        changed == signed.signature
    )


def test_another_keys_signature_is_none_of_ours() -> None:
    other = Ed25519PrivateKey.generate()
    signed = signature.checkpoint(other, "STM", 7, "ab")
    key = signature.introduce(private())
    assert not is_signed(signed, key)
    assert not is_signed(replace(signed, key=key.fingerprint), key)


@pytest.mark.parametrize("name", ["fingerprint", "public_key", "former", "signature"])
def test_a_key_takes_over_by_the_formers_hand_alone(name: str) -> None:
    former = signature.introduce(private())
    new = signature.succeed(Ed25519PrivateKey.generate(), private())
    assert is_introduced(new, former)
    assert not is_introduced(new, None)
    assert not is_introduced(new, new)
    assert not is_introduced(replace(new, former="", signature=""), former)
    other = signature.introduce(Ed25519PrivateKey.generate())
    wrong = {"fingerprint": other.fingerprint, "public_key": other.public_key, "former": "", "signature": ""}
    assert not is_introduced(replace(new, **{name: wrong[name]}), former)


def test_a_first_key_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    data = tmp_path / "data"
    first = signer_in(data, {})
    assert stat.S_IMODE((data / KEY_FILE).stat().st_mode) == 0o600
    again = signer_in(data, {})
    assert again.keys == first.keys == (first.key,)
    signed = again.checkpoint("STM", 7, "ab")
    assert is_signed(signed, first.key)
    assert repr(first).count("private") == 0
    assert (data / KEY_FILE).read_text().strip() not in repr(first)


def test_the_environments_key_is_written_nowhere(tmp_path: Path) -> None:
    assert signer_in(tmp_path, environment(private())).key.fingerprint == FINGERPRINT
    assert [path.name for path in tmp_path.iterdir()] == [KEYS_FILE]
    assert SECRET not in (tmp_path / KEYS_FILE).read_text()


def test_a_new_key_follows_the_old_one_and_then_signs(tmp_path: Path) -> None:
    first = signer_in(tmp_path, {}).key
    second, told = rotate(tmp_path, {})
    third, _ = rotate(tmp_path, {})
    assert told == ""
    signer = signer_in(tmp_path, {})
    assert signer.keys == (first, second, third)
    assert is_introduced(second, first)
    assert is_introduced(third, second)
    assert is_signed(signer.checkpoint("STM", 7, "ab"), third)
    assert not (tmp_path / NEXT_KEY_FILE).exists()


def test_a_new_key_of_the_environment_is_told_to_who_sets_it(tmp_path: Path) -> None:
    old = environment(private())
    new, told = rotate(tmp_path, old)
    with pytest.raises(SigningError, match="not the one that signed last"):
        signer_in(tmp_path, old)
    assert signer_in(tmp_path, {KEY_VARIABLE: told}).key == new


@pytest.mark.parametrize("where", ["before the list", "before the replacing"])
def test_a_rotation_that_is_cut_off_is_finished_or_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    first = signer_in(tmp_path, {}).key

    def cut(*_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(signing, "_append" if where == "before the list" else "_put_in_place", cut)
        with pytest.raises(SystemExit):
            rotate(tmp_path, {})
    keys = signer_in(tmp_path, {}).keys
    assert keys[0] == first
    assert len(keys) == (1 if where == "before the list" else 2)
    assert is_signed(signer_in(tmp_path, {}).checkpoint("STM", 7, "ab"), keys[-1])
    rotate(tmp_path, {})
    assert len(signer_in(tmp_path, {}).keys) == len(keys) + 1


def test_a_key_that_nobody_introduced_does_not_sign(tmp_path: Path) -> None:
    signer_in(tmp_path, {})
    with pytest.raises(SigningError, match="signing-key rotate"):
        signer_in(tmp_path, environment(private()))


def test_a_lost_key_is_told_and_no_other_made_in_silence(tmp_path: Path) -> None:
    signer_in(tmp_path, {})
    (tmp_path / KEY_FILE).unlink()
    with pytest.raises(SigningError, match="put it back"):
        signer_in(tmp_path, {})


@pytest.mark.parametrize("text", ["", "no key", "AAAA", SECRET])
def test_what_is_no_key_is_told_without_its_text(tmp_path: Path, text: str) -> None:
    (tmp_path / KEY_FILE).write_text(text)
    with pytest.raises(SigningError, match="base64 of 32 bytes") as told:
        signer_in(tmp_path, {})
    assert not text or text not in str(told.value)


def test_checkpoints_are_remembered_in_order_and_half_a_line_is_none(tmp_path: Path) -> None:
    assert signing.remembered(tmp_path) == []
    signed = [signature.checkpoint(private(), "工厂", seq, "ab") for seq in (1, 2, 3)]
    for one in signed[:2]:
        signing.remember(tmp_path, one)
    file = tmp_path / signing.CHECKPOINTS_FILE
    whole = file.read_bytes()
    file.write_bytes(whole + whole[:40])
    assert signing.remembered(tmp_path) == signed[:2]
    signing.remember(tmp_path, signed[2])
    assert signing.remembered(tmp_path) == signed


def test_a_line_that_is_not_ours_is_named(tmp_path: Path) -> None:
    signing.remember(tmp_path, signature.checkpoint(private(), "STM", 1, "ab"))
    with (tmp_path / signing.CHECKPOINTS_FILE).open("a") as file:
        file.write("{}\n")
    with pytest.raises(SigningError, match=r"checkpoints.jsonl:2"):
        signing.remembered(tmp_path)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SigningError, match="Not a directory"):
        signer_in(tmp_path / "file", {})
    with pytest.raises(SigningError, match="make the folder writable"):
        signing.remember(tmp_path / "file", signature.checkpoint(private(), "STM", 1, "ab"))


def test_what_stands_in_the_book_is_read_back() -> None:
    new = signature.succeed(Ed25519PrivateKey.generate(), private())
    assert Key(**new.body()) == new
    signed = signature.checkpoint(private(), "STM", 7, "ab")
    assert Checkpoint("STM", **signed.body()) == signed == Checkpoint(**asdict(signed))
