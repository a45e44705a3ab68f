"""What was counted before, in a folder, for as long as the digests of its minutes prove that no raw value has changed.

Decision 0028 tells why. Each piece of time of a series is one file; what is read from it is held against its checksum,
and what is not as it was written is counted anew. A package takes nothing from here.
"""

import hashlib
import json
import os
import zlib
from array import array
from asyncio import Lock
from collections import OrderedDict, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from alarms.state import Memory
from monitor.records.dossier.tally import Counted, Tally

MOST_FIGURES = 500
"""Series and times of which the figures stand ready: some tens of batches. Demo proposal."""
MOST_BYTES = 2_000_000_000
"""So much is remembered; what nobody has asked for longest goes first. Demo proposal."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What was counted in one piece of time.

    Attributes:
        tallies: by channel.
        memory: of reckoned channels: what they remember behind it.
    """

    tallies: Mapping[str, Tally]
    memory: Mapping[str, Memory] = field(default_factory=dict)


@dataclass(slots=True)
class Remembered:
    """Pieces by their keys.

    Attributes:
        folder: None: nothing is remembered.
        progress: of the batches that are being reckoned now: which share is done.
        turns: of each batch: who reckons it lets others wait, and find what was counted.
    """

    folder: Path | None = None
    progress: dict[str, float] = field(default_factory=dict)
    turns: "defaultdict[str, Lock]" = field(default_factory=lambda: defaultdict(Lock))
    _figures: "OrderedDict[str, dict[str, Counted]]" = field(default_factory=OrderedDict)

    def recall(self, key: str) -> dict[str, Counted] | None:
        """Give the figures that were noted; None: none were."""
        found = self._figures.get(key)
        if found is not None:
            self._figures.move_to_end(key)
        return found

    def note(self, key: str, figures: dict[str, Counted]) -> dict[str, Counted]:
        """Note figures for whoever looks next, unless they have no key, and give them back."""
        if key:
            self._figures[key] = figures
        while len(self._figures) > MOST_FIGURES:
            self._figures.popitem(last=False)
        return figures

    def get(self, key: str) -> Piece | None:
        """Give what is remembered; None: nothing is, or not as it was written, or there is no key."""
        if self.folder is None or not key:
            return None
        file = self.folder / key
        try:
            checksum, _, written = file.read_bytes().partition(b"\n")
        except OSError:
            return None
        if hashlib.sha256(written).hexdigest().encode() != checksum:
            return None
        os.utime(file)
        return _read(written)

    def put(self, key: str, piece: Piece) -> None:
        """Remember what has a key."""
        if self.folder is None or not key:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        written = _written(piece)
        # By a name of its own: two batches of one room count the same piece, each in a thread.
        with NamedTemporaryFile(dir=self.folder, delete=False) as fresh:
            fresh.write(hashlib.sha256(written).hexdigest().encode() + b"\n" + written)
        Path(fresh.name).replace(self.folder / key)

    def tidy(self) -> None:
        """Forget what was asked for longest ago, if it is too much."""
        if self.folder is None or not self.folder.is_dir():
            return
        facts = [(stat, one) for one in self.folder.iterdir() if (stat := _stat(one)) is not None]
        too_much = sum(stat.st_size for stat, _ in facts) - MOST_BYTES
        for stat, file in sorted(facts, key=lambda one: one[0].st_mtime):
            if too_much <= 0:
                break
            file.unlink(missing_ok=True)
            too_much -= stat.st_size


def _stat(file: Path) -> os.stat_result | None:
    """What is known of a file; None: another thread has just given it its name, or forgotten it."""
    try:
        return file.stat()
    except FileNotFoundError:
        return None


def _written(piece: Piece) -> bytes:
    """Write the facts as one line of JSON, and the numbers behind it as they stand in memory."""
    facts = {
        "tallies": {channel: [one.n, len(one.values)] for channel, one in piece.tallies.items()},
        "memory": piece.memory,
    }
    numbers = b"".join(one.values.tobytes() + one.times.tobytes() for one in piece.tallies.values())
    return json.dumps(facts).encode() + b"\n" + zlib.compress(numbers, 1)


def _read(written: bytes) -> Piece:
    line, _, packed = written.partition(b"\n")
    facts: dict[str, Any] = json.loads(line)
    numbers = memoryview(zlib.decompress(packed))
    tallies, at = {}, 0
    for channel, (n, size) in facts["tallies"].items():
        wide = size * 8
        values, times = array("d", bytes(numbers[at : at + wide])), array("q")
        times.frombytes(numbers[at + wide : at + 2 * wide])
        tallies[channel] = Tally(n, values, times)
        at += 2 * wide
    memory = {key: tuple(tuple(row) for row in rows) for key, rows in facts["memory"].items()}
    return Piece(tallies, memory)
