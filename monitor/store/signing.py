"""Keeps the key that signs the book, and, outside the database, what it has signed.

    <data>/signing.key          the private key, base64 of 32 bytes, mode 600; not there if the environment gives it
    <data>/signing-keys.jsonl   every key that this folder has used, in order: the bodies of their lines in the book
    <data>/checkpoints.jsonl    every checkpoint, in order

Whoever rewrites the book, its hashes included, needs the first; the last shows it even then.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import TypeAdapter

from config.faults import MendableError
from monitor.store import signature
from monitor.store.chain import canonical
from monitor.store.signature import Checkpoint, Key

KEY_VARIABLE = "GRADEWATCH_SIGNING_KEY"
KEY_FILE = "signing.key"
NEXT_KEY_FILE = "signing.key.next"
KEYS_FILE = "signing-keys.jsonl"
CHECKPOINTS_FILE = "checkpoints.jsonl"

_T = TypeVar("_T", Key, Checkpoint)


class SigningError(MendableError):
    """The key or the files beside it are of no use; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs checkpoints.

    Attributes:
        keys: every key of the folder in order, this one last; each needs its line in a chain before this one
            signs there.
    """

    keys: tuple[Key, ...]
    _private: Ed25519PrivateKey = field(repr=False)

    @property
    def key(self) -> Key:
        """The key it signs with."""
        return self.keys[-1]

    def checkpoint(self, chain: str, seq: int, hash_: str) -> Checkpoint:
        """Sign that the line `seq` of a chain has this hash."""
        return signature.checkpoint(self._private, chain, seq, hash_)

    def sign(self, said: bytes) -> str:
        """Sign what is no checkpoint and cannot be read as one; in base64."""
        return signature.signed(self._private, said)

    def succeeded_by(self, private: Ed25519PrivateKey) -> Key:
        """Introduce the key that takes over."""
        return signature.succeed(private, self._private)


def signer_in(data: Path, environment: Mapping[str, str]) -> Signer:
    """Take the key from the environment (GRADEWATCH_SIGNING_KEY) or the data folder, where a first one is made.

    Raises:
        SigningError: the key cannot be read or written, or is not the one that this folder used last.
    """
    keys = keys_of(data)
    private = _private_key(data, environment, keys)
    present = signature.introduce(private)
    if not keys:
        keys = (present,)
        _append(data / KEYS_FILE, present.body())
    if keys[-1].fingerprint != present.fingerprint:
        raise SigningError(
            f"the signing key {present.fingerprint} is not the one that signed last in {data}"
            f" ({keys[-1].fingerprint}); put that one back, and change it with: gradewatch signing-key rotate"
        )
    return Signer(keys, private)


def keys_of(data: Path) -> tuple[Key, ...]:
    """Give every key that a folder has used, in order; none if it never signed.

    Raises:
        SigningError: the list cannot be read.
    """
    return tuple(_read(data / KEYS_FILE, Key))


def rotate(data: Path, environment: Mapping[str, str]) -> tuple[Key, str]:
    """Make a new key, introduced by the present one. It signs from the collector's next start on.

    Returns:
        The new key; and the private one in base64 if the environment must be told of it, "" if the folder keeps it.

    Raises:
        SigningError: the present key is of no use, or the folder cannot be written.
    """
    signer = signer_in(data, environment)
    private = Ed25519PrivateKey.generate()
    key = signer.succeeded_by(private)
    if environment.get(KEY_VARIABLE):
        _append(data / KEYS_FILE, key.body())
        return key, signature.written(private)
    # In this order a cut anywhere leaves the key that the last line of the list introduces.
    _write_private(data / NEXT_KEY_FILE, private)
    _append(data / KEYS_FILE, key.body())
    _put_in_place(data)
    return key, ""


def remember(data: Path, checkpoint: Checkpoint) -> None:
    """Keep a checkpoint outside the database, once the database has it.

    Raises:
        SigningError: the folder cannot be written.
    """
    _append(data / CHECKPOINTS_FILE, asdict(checkpoint))


def remembered(data: Path) -> list[Checkpoint]:
    """Give the checkpoints kept outside the database, in order.

    Raises:
        SigningError: the file cannot be read.
    """
    return _read(data / CHECKPOINTS_FILE, Checkpoint)


def _private_key(data: Path, environment: Mapping[str, str], keys: tuple[Key, ...]) -> Ed25519PrivateKey:
    if given := environment.get(KEY_VARIABLE):
        return _private_of(given, KEY_VARIABLE)
    _finish_rotation(data, keys)
    path = data / KEY_FILE
    try:
        return _private_of(path.read_text("ascii"), str(path))
    except FileNotFoundError:
        if keys:
            raise SigningError(
                f"{path} is gone, and {keys[-1].fingerprint} signed last; put it back from its copy"
            ) from None
    except (OSError, ValueError) as error:
        raise SigningError(f"{path}: cannot be read ({error}); put it back from its copy") from error
    private = Ed25519PrivateKey.generate()
    _write_private(path, private)
    return private


def _finish_rotation(data: Path, keys: tuple[Key, ...]) -> None:
    """Take the next key into use if it was introduced already and the program was cut off there."""
    path = data / NEXT_KEY_FILE
    with suppress(OSError, ValueError):
        private = signature.private_of(path.read_text("ascii").strip())
        if keys and signature.introduce(private).fingerprint == keys[-1].fingerprint:
            _put_in_place(data)


def _private_of(written: str, where: str) -> Ed25519PrivateKey:
    try:
        return signature.private_of(written.strip())
    except ValueError:
        raise SigningError(f"{where}: not a signing key; it must be base64 of 32 bytes") from None


def _write_private(path: Path, private: Ed25519PrivateKey) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(signature.written(private) + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise SigningError(f"{path}: cannot be written ({error}); make the folder writable") from error


def _put_in_place(data: Path) -> None:
    try:
        (data / NEXT_KEY_FILE).replace(data / KEY_FILE)
    except OSError as error:
        raise SigningError(f"{data / KEY_FILE}: cannot be written ({error})") from error


def _append(path: Path, line: Mapping[str, Any]) -> None:
    """Write one line and wait for the disk; half a line that a crash has left is taken away first."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab+") as file:
            file.seek(0)
            file.truncate(file.read().rfind(b"\n") + 1)
            file.write(canonical(line).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise SigningError(f"{path}: cannot be written ({error}); make the folder writable") from error


def _read(path: Path, kind: type[_T]) -> list[_T]:
    """Read whole lines; half a line at the end was never told to anybody."""
    try:
        whole = path.read_bytes().rpartition(b"\n")[0]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise SigningError(f"{path}: cannot be read ({error})") from error
    adapter, things = TypeAdapter(kind), []
    for number, line in enumerate(whole.splitlines(), 1):
        try:
            things.append(adapter.validate_json(line))
        except ValueError as error:
            raise SigningError(f"{path}:{number}: not a line of ours; put it back from its copy") from error
    return things
