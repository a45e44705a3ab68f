"""One record of a Lighthouse counter: its words, its time, and how far its counts may be trusted. Pure.

Sources: Lighthouse ApexR02/ApexR5 manual 248083447-1, page 71, and the sister manuals of the same register map.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

from config.model import Channel, Kind, Quality, Sample, Series
from drivers.registers import Plan, Request, register_of, width
from drivers.row import Row

HEADER = struct.Struct(">iIiI")
"""30001 timestamp (Unix seconds), 30003 sample time (s), 30005 location, 30007 status; high word first."""

HEADER_WORDS = HEADER.size // 2

ENABLE_OFFSET = 1000
"""31xxx stands beside 30xxx and says whether that channel is on; the counts of one that is off are garbage."""

FAULTS = {0: "laser", 1: "flow", 6: "sampler error"}
"""Status bits of a record whose volume or counting cannot be trusted."""

DOUBTS = {2: "particle overflow", 3: "service"}
"""Status bits of a record whose counts stand, but are doubted by the counter itself."""


Key: TypeAlias = tuple[datetime, int]
"""Time and location: what makes a record one physical sample."""


@dataclass(frozen=True, slots=True)
class Record:
    """One finished sample as it stands in the counter's buffer.

    Attributes:
        at: the counter's own time of it, whole seconds UTC.
        sample_time_s: how long air was counted.
        location: number of the sampling point.
        status: bits, see FAULTS and DOUBTS.
        words: all of it, from 30001 on.
    """

    at: datetime
    sample_time_s: int
    location: int
    status: int
    words: tuple[int, ...]

    @property
    def key(self) -> Key:
        """What tells this physical sample from every other."""
        return self.at, self.location


def parse(words: Sequence[int]) -> Record | None:
    """Take a record apart.

    Args:
        words: from 30001 on, at least HEADER_WORDS of them, 0 to 0xFFFF each.

    Returns:
        The record; None if it has no time, as an empty buffer that reads as zeros.
    """
    header = struct.pack(f">{HEADER_WORDS}H", *words[:HEADER_WORDS])
    timestamp, sample_time_s, location, status = HEADER.unpack(header)
    if timestamp <= 0:
        return None
    return Record(datetime.fromtimestamp(timestamp, UTC), sample_time_s, location, status, tuple(words))


class RecordPlan:
    """Which registers make a record and its enables, and the way from them to a Sample of the records series.

    Attributes:
        record: the one request that reads a whole record, so that it is all of one moment.
        enables: the request that reads which particle channels are on.
    """

    def __init__(self, series: Series) -> None:
        registers = [register_of(channel) for channel in series.channels]
        counts = [channel for channel in series.channels if channel.model.kind is Kind.COUNT]
        if not counts:
            raise ValueError(f"{series.id}: a counter's records need a channel of kind count")
        unit_id = registers[0].unit_id
        end = max(register.address + width(register) for register in registers)
        starts = [register_of(channel).address for channel in counts]
        self.record = Request(unit_id, "input", 0, max(end, HEADER_WORDS))
        self.enables = Request(unit_id, "input", ENABLE_OFFSET + min(starts), max(starts) + 2 - min(starts))
        self._series = series
        self._counts = counts
        self._plan = Plan(self.record, series.channels)

    def channels_off(self, enables: Sequence[int]) -> frozenset[Channel]:
        """The particle channels that are switched off, by the words that answered `enables`."""
        first = self.enables.address - ENABLE_OFFSET
        offsets = {channel: register_of(channel).address - first for channel in self._counts}
        return frozenset(channel for channel, at in offsets.items() if not any(enables[at : at + 2]))

    def sample(
        self,
        record: Record,
        off: frozenset[Channel],
        received_at: datetime,
        validating: bool,
        *,
        backfilled: bool,
    ) -> Sample:
        """Make the Sample of a record.

        Args:
            record: as it was read.
            off: the channels that are switched off; they get NaN.
            received_at: when it was read.
            validating: the counter is in data validation, so the counts are made up.
            backfilled: it was missed when it was new.
        """
        row = Row(self._series)
        self._plan.decode(record.words, row)
        for channel in self._counts:
            if channel in off:
                row.blank(channel, Quality.UNAVAILABLE, "this particle channel is off")
        if validating:
            self._doubt(row, Quality.SIMULATED, ["data validation"])
        self._doubt(row, Quality.SENSOR_FAULT, _set_bits(record.status, FAULTS))
        self._doubt(row, Quality.UNCERTAIN, _set_bits(record.status, DOUBTS))
        return row.sample(record.at, received_at, source_at=record.at, backfilled=backfilled)

    def _doubt(self, row: Row, quality: Quality, why: Sequence[str]) -> None:
        if not why:
            return
        row.note(f"{self._series.id}: {', '.join(why)}")
        for channel in self._counts:
            row.doubt(channel, quality)


def _set_bits(status: int, names: dict[int, str]) -> list[str]:
    return [name for bit, name in names.items() if status >> bit & 1]
