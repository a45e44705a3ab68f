"""A zip file that is signed as a whole: its comment holds an Ed25519 signature over every byte before it.

So there is no byte in it, of whatever file or of the zip's own tables, that can be changed unseen.
"""

import hashlib
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from config.faults import MendableError

BLOCK_BYTES = 1 << 20
LEVEL = 1
"""Of compression: higher levels take three times as long for a tenth less."""
COMMENT = b"gradewatch-package 1 "
SIGNATURE_CHARACTERS = 88

Sign = Callable[[bytes], str]


class PackageError(MendableError):
    """There can be no package; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file in it."""

    sha256: str
    bytes: int


class Archive:
    """A zip file that is written, file after file."""

    def __init__(self, path: Path) -> None:
        """Begin it."""
        self.members: dict[str, Member] = {}
        self._path = path
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def add(self, name: str, blocks: Iterable[bytes]) -> None:
        """Write one file, a block at a time."""
        digest, size = hashlib.sha256(), 0
        # By its name alone it has no time of its own: the same files give the same bytes.
        with self._zip.open(name, "w", force_zip64=True) as member:
            for block in blocks:
                digest.update(block)
                size += len(block)
                member.write(block)
        self.members[name] = Member(digest.hexdigest(), size)

    def add_file(self, name: str, path: Path) -> None:
        """Write one file from the disk."""
        with path.open("rb") as file:
            self.add(name, iter(lambda: file.read(BLOCK_BYTES), b""))

    def end(self, sign: Sign) -> Member:
        """Close it, sign the whole of it, and say what it is."""
        self._zip.comment = COMMENT + b"-" * SIGNATURE_CHARACTERS
        self._zip.close()
        digest, size = _hashed(self._path, self._path.stat().st_size - SIGNATURE_CHARACTERS)
        written = sign(digest.digest()).encode("ascii")
        with self._path.open("r+b") as file:
            file.seek(size)
            file.write(written)
        digest.update(written)
        return Member(digest.hexdigest(), size + len(written))


def _hashed(path: Path, size: int) -> "tuple[hashlib._Hash, int]":
    digest, left = hashlib.sha256(), size
    with path.open("rb") as file:
        while block := file.read(min(BLOCK_BYTES, left)):
            digest.update(block)
            left -= len(block)
    return digest, size
