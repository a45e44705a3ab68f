"""A niotronic aeromon on the wire: an archive that shows its oldest set, until it is told to load the next.

Typed from the map as an open-source reader of these counters uses it; 32-bit numbers stand low word first.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import ClassVar

from simulators.particles import SIZES, ParticleCounter
from simulators.registers import Rejected

CLOCK, COMMAND, NEXT_SET = 16, 99, 99
STATUS, ERRORS, ARCHIVE = 88, 95, 512
CHANNELS = 8
OFF, OK = 0, 1
FLOW_ERROR = 1 << 9


class NiotronicCounter(ParticleCounter):
    """The same air seen by a niotronic aeromon; four of its eight channels are on."""

    @property
    def errors(self) -> int:
        """The error bits."""
        return FLOW_ERROR * self.flow_wrong

    def values(self) -> dict[str, float]:
        """Return what the counter shows now, by channel key; of the records the oldest, NaN while there is none."""
        oldest = self.records[0] if self.records else None
        counts = [*oldest.counts, *[math.nan] * (CHANNELS - len(SIZES))] if oldest else [math.nan] * CHANNELS
        status = [OK] * len(SIZES) + [OFF] * (CHANNELS - len(SIZES))
        return {
            "status": self.running | self.running << 1 | bool(self.records) << 3,
            "errors": self.errors,
            "rec_sample_time": oldest.sample_time_s if oldest else math.nan,
            **{f"cnt_{place}": count for place, count in enumerate(counts, 1)},
            **{f"ch_status_{place}": one for place, one in enumerate(status, 1)},
        }


class NiotronicUnit:
    """The registers of one counter; what stands in a channel that is off is garbage."""

    addresses: ClassVar[Mapping[str, frozenset[int]]] = {
        "holding": frozenset(range(100)),
        "input": frozenset([*range(112), *range(ARCHIVE, ARCHIVE + 8 + 3 * CHANNELS)]),
    }

    def __init__(self, machine: NiotronicCounter) -> None:
        self._machine = machine

    def read(self, table: str, address: int, count: int) -> list[int]:
        """Return what stands there now."""
        words = self._holding() if table == "holding" else self._input()
        return [words.get(place, 0) for place in range(address, address + count)]

    def write(self, address: int, words: Sequence[int]) -> None:
        """Take the command that loads the next set of the archive.

        Raises:
            Rejected: another register, or another command.
        """
        if (address, list(words)) != (COMMAND, [NEXT_SET]):
            raise Rejected(f"{address}: {list(words)} is not simulated")
        if self._machine.records:
            self._machine.records.popleft()

    def _holding(self) -> dict[int, int]:
        return dict(enumerate(_time(self._machine.unix_s), CLOCK))

    def _input(self) -> dict[int, int]:
        machine = self._machine
        words = {STATUS: int(machine.values()["status"]), ERRORS: machine.errors}
        if machine.records:
            record = machine.records[0]
            words |= enumerate([*_time(record.at_unix_s), record.sample_time_s, 0], ARCHIVE)
            for place in range(CHANNELS):
                is_on = place < len(SIZES)
                high, low = divmod(record.counts[place] if is_on else 0xDEAD, 1 << 16)
                words |= enumerate([OK if is_on else OFF, low, high], ARCHIVE + 8 + 3 * place)
        return words


def _time(unix_s: int) -> list[int]:
    at = datetime.fromtimestamp(unix_s, UTC)
    return [at.second, at.minute, at.hour, at.day, at.month, at.year - 2000]
