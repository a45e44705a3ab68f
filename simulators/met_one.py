"""A MET ONE 6000 on the wire: one finished sample stands in its block, until the next one ends.

Typed from the maker's manual (Hach MET ONE 6000, pages 54-60), whose numbers of registers are those on the wire.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import ClassVar

from simulators.particles import LITRE_PER_CUBIC_FOOT, SIZES, ParticleCounter, Record

LIVE, BUFFERED, BLOCK_WORDS = 300, 500, 54
FLOW, TEMP, RH, LASER = 343, 344, 345, 716
FLOW_FULL_MV, TEMP_C, RH_PERCENT, LASER_MA = 2500, 21.0, 45.0, 62
AIR_FLOW = 1 << 6
"""Status bit, as the letters of the ASCII format have it."""


_LIVE, _BUFFERED = range(LIVE, LIVE + BLOCK_WORDS), range(BUFFERED, BUFFERED + BLOCK_WORDS)


class MetOneCounter(ParticleCounter):
    """The same air seen by a MET ONE 6000."""

    def status(self, record: Record | None) -> int:
        """The status bits of a sample."""
        return AIR_FLOW if record and record.status else 0

    def volume_l(self, record: Record) -> int:
        """The air of a sample, in whole litres."""
        return round(record.sample_time_s * LITRE_PER_CUBIC_FOOT / 60)

    def values(self) -> dict[str, float]:
        """Return what the counter shows now, by channel key; of the records the newest, NaN while there is none."""
        newest = self.records[-1] if self.records else None
        counts = newest.counts if newest else (math.nan,) * len(SIZES)
        return {
            "flow_mv": round(self.quantities["flow"].shown * FLOW_FULL_MV),
            "temp": TEMP_C,
            "rh": RH_PERCENT,
            "status": AIR_FLOW * self.flow_wrong,
            "laser_current": LASER_MA,
            **{f"cnt_{place}": count for place, count in enumerate(counts, 1)},
            "rec_status": self.status(newest) if newest else math.nan,
            "volume": self.volume_l(newest) if newest else math.nan,
            "rec_period": newest.sample_time_s if newest else math.nan,
        }


class MetOneUnit:
    """The registers of one counter; whatever is written starts the sample under way anew."""

    addresses: ClassVar[Mapping[str, frozenset[int]]] = {
        "holding": frozenset([*range(100, 160), *_LIVE, *_BUFFERED, *range(700, 725)])
    }

    def __init__(self, machine: MetOneCounter) -> None:
        self._machine = machine

    def read(self, table: str, address: int, count: int) -> list[int]:  # noqa: ARG002 - it has but one table
        """Return what stands there now."""
        words = self._words()
        return [words.get(place, 0) for place in range(address, address + count)]

    def write(self, address: int, words: Sequence[int]) -> None:  # noqa: ARG002 - whatever it is
        """Take anything, and forget what was counted so far."""
        self._machine.run(self._machine.running)

    def _words(self) -> dict[int, int]:
        values = self._machine.values()
        words = {FLOW: int(values["flow_mv"]), TEMP: round(TEMP_C * 10), RH: round(RH_PERCENT * 10)}
        words |= {LASER: LASER_MA, LIVE + 10: int(values["status"])}
        if self._machine.records:
            words |= enumerate(self._block(self._machine.records[-1]), BUFFERED)
        return words

    def _block(self, record: Record) -> list[int]:
        at = datetime.fromtimestamp(record.at_unix_s, UTC)
        minutes, seconds = divmod(record.sample_time_s, 60)
        hours, minutes = divmod(minutes, 60)
        head = [at.year, at.month << 8 | at.day, at.hour, at.minute << 8 | at.second]
        volume, status = self._machine.volume_l(record), self._machine.status(record)
        pairs = [word for count in record.counts for word in divmod(count, 1 << 16)]
        return [*head, hours, minutes << 8 | seconds, 0, *divmod(volume, 1 << 16), 0, status, *pairs]
