"""One finished sample of a particle counter: its words, its time, and how far its counts may be trusted. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from config.model import Channel, Kind, Quality, Series
from drivers.registers import Plan, Request, register_of, width
from drivers.row import Row

Key: TypeAlias = tuple[datetime, int]
"""Time and location: what makes a record one physical sample."""

VOLUME = "volume"
"""Key of the channel that says how much air a record is of."""


@dataclass(frozen=True, slots=True)
class Record:
    """One finished sample as the counter tells it.

    Attributes:
        at: the counter's own time of it, UTC.
        sample_time_s: how long air was counted.
        location: number of the sampling point; 0 where the counter knows none.
        words: all of it, as it was read in one request.
        faults: why neither its counts nor its volume can be trusted.
        doubts: why the counter itself doubts them.
    """

    at: datetime
    sample_time_s: float
    location: int
    words: tuple[int, ...]
    faults: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()

    @property
    def key(self) -> Key:
        """What tells this physical sample from every other."""
        return self.at, self.location


class RecordPlan:
    """The way from the words of a record to the row of the records series.

    Attributes:
        request: the one request that reads a whole record, so that it is all of one moment.
        channels: all that a record has.
        counts: the channels of particles.
        volume: the channel of the air they were counted in, if the profile has one.
    """

    def __init__(self, series: Series, first: int, words: int) -> None:
        """Plan one request for all channels.

        Args:
            series: of records.
            first: address at which a record begins.
            words: how long it is at least.

        Raises:
            ValueError: the profile has no channel of kind count, or one that is not in the record.
        """
        self.channels = series.channels
        self.counts = [channel for channel in series.channels if channel.model.kind is Kind.COUNT]
        if not self.counts:
            raise ValueError(f"{series.id}: a counter's records need a channel of kind count")
        self.volume = next((one for one in series.channels if one.model.key == VOLUME), None)
        self.request = block(series.channels, first, words)
        self._series = series
        self._plan = Plan(self.request, series.channels)

    def row(self, record: Record, off: Collection[Channel] = (), *, simulated: str = "") -> Row:
        """Put a record into its places.

        Args:
            record: as it was read.
            off: the particle channels that are switched off: what stands there is no count.
            simulated: why the counts are made up; "" when they are counted.
        """
        row = Row(self._series)
        self._plan.decode(record.words, row)
        self._doubt(row, Quality.SIMULATED, [simulated] if simulated else [])
        self._doubt(row, Quality.SENSOR_FAULT, record.faults)
        self._doubt(row, Quality.UNCERTAIN, record.doubts)
        for channel in self.counts:
            if channel in off:
                row.blank(channel, Quality.UNAVAILABLE, "this particle channel is off")
        return row

    def _doubt(self, row: Row, quality: Quality, why: Sequence[str]) -> None:
        """Mark counts and volume, unless they are marked already or there is no reason to."""
        if not why:
            return
        row.note(f"{self._series.id}: {', '.join(why)}")
        for channel in (*self.counts, *([self.volume] if self.volume else [])):
            row.doubt(channel, quality)


def block(channels: Sequence[Channel], first: int, words: int) -> Request:
    """The one request from `first` on that covers all of these channels, and so many words at least."""
    registers = [register_of(channel) for channel in channels]
    end = max(register.address + width(register) for register in registers)
    return Request(registers[0].unit_id, registers[0].table, first, max(end - first, words))


def set_bits(status: int, names: Mapping[int, str]) -> tuple[str, ...]:
    """The names of the bits that are set."""
    return tuple(name for bit, name in names.items() if status >> bit & 1)
