"""What is signed about the book, and how anyone checks it: pure arithmetic.

A key is an Ed25519 key (RFC 8032). It introduces itself with one line of the book, kind "key", before it signs; one
that takes over from another is introduced by the other's signature. A checkpoint, kind "checkpoint", signs the line
before it, and with that every line up to there. What is signed is the canonical JSON (`chain.canonical`) of
{"chain", "hash", "seq"}, or of {"fingerprint", "former", "public_key"} for a key that takes over.
"""

import base64
import hashlib
from dataclasses import asdict, dataclass, replace
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from monitor.store.chain import canonical

KEY_BYTES = 32
SIGNATURE_BYTES = 64


@dataclass(frozen=True, slots=True)
class Key:
    """The public side of one key, as it stands in the book.

    Attributes:
        fingerprint: SHA-256 of the public key's 32 bytes, hexadecimal.
        public_key: base64 of 32 bytes.
        former: fingerprint of the key it takes over from; "" of the first.
        signature: the former's, base64; "" of the first.
    """

    fingerprint: str
    public_key: str
    former: str = ""
    signature: str = ""

    def body(self) -> dict[str, Any]:
        """Give the body of its line in the book, kind "key"."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed statement: this line of this chain has this hash.

    Attributes:
        seq: the line's number in the book.
        key: fingerprint of the key that signed.
        signature: base64.
    """

    chain: str
    seq: int
    hash: str
    key: str
    signature: str

    def body(self) -> dict[str, Any]:
        """Give the body of its line in the book, kind "checkpoint", which follows the line it signs."""
        return {"seq": self.seq, "hash": self.hash, "key": self.key, "signature": self.signature}


def introduce(private: Ed25519PrivateKey) -> Key:
    """Introduce a first key."""
    public_key = _text(private.public_key().public_bytes_raw())
    return Key(fingerprint_of(public_key), public_key)


def succeed(private: Ed25519PrivateKey, former: Ed25519PrivateKey) -> Key:
    """Introduce a key that takes over, by the signature of the one before it."""
    key = replace(introduce(private), former=introduce(former).fingerprint)
    return replace(key, signature=_text(former.sign(_introduction(key))))


def checkpoint(private: Ed25519PrivateKey, chain: str, seq: int, hash_: str) -> Checkpoint:
    """Sign that the line `seq` of a chain has this hash."""
    signature = _text(private.sign(_statement(chain, seq, hash_)))
    return Checkpoint(chain, seq, hash_, introduce(private).fingerprint, signature)


def signed(private: Ed25519PrivateKey, said: bytes) -> str:
    """Sign what is no checkpoint and cannot be read as one; in base64."""
    return _text(private.sign(said))


def is_introduced(key: Key, by: Key | None) -> bool:
    """Whether a key is what it says, and was introduced by the one before it; without one, whether it is a first."""
    try:
        if fingerprint_of(key.public_key) != key.fingerprint:
            return False
    except ValueError:
        return False
    if by is None:
        return key.former == key.signature == ""
    return key.former == by.fingerprint and _holds(by, key.signature, _introduction(key))


def is_signed(signed: Checkpoint, by: Key) -> bool:
    """Whether a checkpoint carries this key's signature."""
    said = _statement(signed.chain, signed.seq, signed.hash)
    return signed.key == by.fingerprint and _holds(by, signed.signature, said)


def fingerprint_of(public_key: str) -> str:
    """Give the fingerprint of a public key in base64.

    Raises:
        ValueError: it is not base64 of 32 bytes.
    """
    return hashlib.sha256(_bytes(public_key, KEY_BYTES)).hexdigest()


def private_of(written: str) -> Ed25519PrivateKey:
    """Read a private key.

    Raises:
        ValueError: it is not base64 of 32 bytes. The message holds nothing of it.
    """
    return Ed25519PrivateKey.from_private_bytes(_bytes(written, KEY_BYTES))


def written(private: Ed25519PrivateKey) -> str:
    """Write a private key in base64."""
    return _text(private.private_bytes_raw())


def _introduction(key: Key) -> bytes:
    said = {"fingerprint": key.fingerprint, "former": key.former, "public_key": key.public_key}
    return canonical(said).encode()


def _statement(chain: str, seq: int, hash_: str) -> bytes:
    return canonical({"chain": chain, "seq": seq, "hash": hash_}).encode()


def _holds(by: Key, signature: str, said: bytes) -> bool:
    try:
        public = Ed25519PublicKey.from_public_bytes(_bytes(by.public_key, KEY_BYTES))
        public.verify(_bytes(signature, SIGNATURE_BYTES), said)
    except (InvalidSignature, ValueError):
        return False
    return True


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _bytes(text: str, size: int) -> bytes:
    raw = base64.b64decode(text, validate=True)
    # The last character may hold bits that no byte has: of several spellings only the usual one is read.
    if len(raw) != size or _text(raw) != text:
        raise ValueError(f"not the base64 of {size} bytes")
    return raw
