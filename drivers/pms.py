"""PMS counters and samplers (Airnet II, IsoAir, MiniCapt): a queue that shows its oldest record, and zeros when empty.

Zeros look like clean air, so a record is taken only while the status says DATA AVAILABLE. Status, record and counts
are read in one request, so that they are of one moment. A record leaves the queue when coil 2 is written 0, and then
it is gone for good: so that is done only for the record at the head that this driver handed on and that is kept on
our disk. Nothing else is written: a holding register that changes stops a unit that is sampling. While the queue is
full and nobody empties it the counter drops its oldest records by itself; those are a gap.

A bit that is set in the packet status says GOOD, the opposite of other makers.

A profile without records is a sampler's (MiniCapt): its block is what it does now, and nothing is ever taken away.

Source: PMS Airnet II 301 manual pages 59-63, IsoAir 310P manual pages 68, 94 and 95, MiniCapt Remote manual pages
44-56: one map, version 1.00.
"""

import math
import struct
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from config.model import Channel, Device, Quality
from drivers.counter import CounterDriver, Found, Head, Polled
from drivers.driver import Kept, Nonsense, Now, Refused, nothing_kept
from drivers.record import Record, RecordPlan, block
from drivers.registers import Plan, Request, register_of
from drivers.row import Row
from drivers.wire import UnitSilent

BLOCK = 211
"""30212, where status and record begin."""

HEADER = struct.Struct(">IHHIIIIIHHH")
"""30212 status, 30214 state, 30215 samples in the queue, 30216 timestamp (Unix seconds), 30218 sample time,
30220 packet status, 30222 flow, 30224 volume, 30226 location, 30227 particle channels, 30228 analog channels;
high word first."""

HEADER_WORDS = HEADER.size // 2

DATA_AVAILABLE = 1 << 1
FLOAT_MODE = 1 << 7

SAMPLE_TIME, FLOW, VOLUME, PARTICLE_CHANNELS, COUNTS = 217, 221, 223, 226, 228
"""Where 30218, 30222, 30224, 30227 and the counts from 30229 on stand."""

PER_SECOND = 100
"""The sample time stands in hundredths of a second, unless it is a float."""

SAMPLE_TIME_MAX_S = 0xFFFF
"""All that 40003 can be set to."""

SCALES = 10
"""30011 and 30012: the powers of ten of flow and volume."""

POWER_MAX = 9
"""No higher power of ten fits into 32 bits."""

CALIBRATION = 200
"""30201..30203: month, day and year."""

CLOCK = 0
"""40001/02, Unix seconds, with the sample time set (40003) behind it."""

AVAILABLE_COIL = 1
"""Coil 2: 0 takes the oldest record out of the queue."""

GOODS = {0: "laser", 1: "flow", 2: "hardware"}
"""Bits of the packet status that say GOOD."""


def parse(words: Sequence[int]) -> Record | None:
    """Take the record at the head of the queue apart.

    Args:
        words: from 30212 on, at least HEADER_WORDS of them, 0 to 0xFFFF each.

    Returns:
        The record; None if none is available, whatever stands there.
    """
    header = struct.pack(f">{HEADER_WORDS}H", *words[:HEADER_WORDS])
    status, _, _, timestamp, _, packet, _, _, location, _, _ = HEADER.unpack(header)
    sample_time_s = number(words, SAMPLE_TIME, PER_SECOND)
    if not status & DATA_AVAILABLE or timestamp == 0 or not 0 <= sample_time_s <= SAMPLE_TIME_MAX_S:
        return None
    faults = tuple(f"{name} not good" for bit, name in GOODS.items() if not packet >> bit & 1)
    return Record(datetime.fromtimestamp(timestamp, UTC), sample_time_s, location, tuple(words), faults)


def number(words: Sequence[int], address: int, factor: int) -> float:
    """A number of the block: a float in float mode, else a whole number to be divided.

    Args:
        words: from 30212 on.
        address: of its first word.
        factor: what a whole number stands multiplied by.
    """
    first = address - BLOCK
    raw = struct.pack(">2H", *words[first : first + 2])
    if words[1] & FLOAT_MODE:
        return float(struct.unpack(">f", raw)[0])
    return int.from_bytes(raw) / factor


class PmsDriver(CounterDriver):
    """A PMS counter, or a sampler without records; see above."""

    def __init__(self, device: Device, now: Now, kept: Kept = nothing_kept) -> None:
        """Nothing is connected yet.

        Raises:
            ValueError: the profile cannot be driven; the message names the channel.
        """
        super().__init__(device, now, kept)
        records = next((series for series in device.series if series.records), None)
        self._records = RecordPlan(records, BLOCK, HEADER_WORDS) if records else None
        self._head = Head(records, kept) if records else None
        places = {channel: _place_of(channel) for channel in self._state.channels}
        self._now_there = [channel for channel, place in places.items() if place >= ("input", BLOCK)]
        self._set_there = [channel for channel, place in places.items() if place[0] == "holding"]
        self._request = (
            self._records.request if self._records else block(self._now_there, BLOCK, HEADER_WORDS)
        )
        self._block = Plan(self._request, self._now_there)
        self._settings = Plan(_settings(self._request.unit_id, self._set_there), self._set_there)
        for channel, place in places.items():
            if channel not in (*self._now_there, *self._set_there) and place != ("input", CALIBRATION):
                raise ValueError(f"{channel.id}: a PMS counter tells nothing at {place[0]} {place[1]}")
        self._calibrated = next((one for one, at in places.items() if at == ("input", CALIBRATION)), None)
        self._calibrated_on = math.nan
        self._scales = {SAMPLE_TIME: PER_SECOND, FLOW: 1, VOLUME: 1}

    async def connect(self) -> None:
        """Make the connection, and ask what numbers stand multiplied by, and when the counter was calibrated.

        Raises:
            Nonsense: a power of ten that cannot be one.
        """
        await super().connect()
        async with self._wire.deadline():
            powers = await self._wire.ask(self._input(SCALES, 2))
            if max(powers) > POWER_MAX:
                raise Nonsense(f"{self._device.id}: powers of ten {list(powers)} at 30011")
            self._scales |= {FLOW: 10 ** powers[0], VOLUME: 10 ** powers[1]}
            if self._calibrated is not None:
                self._calibrated_on = _day(await self._wire.ask(self._input(CALIBRATION, 3)))

    async def _poll(self, row: Row, at: datetime) -> Polled:
        clock = await self._set(row)
        words = await self._look()
        self._show(words, row)
        if self._records is None or self._head is None:
            return Polled(clock, [])
        record = parse(words)
        if record is None and words[1] & DATA_AVAILABLE:
            row.note(f"{self._state.id}: the record at the head of the queue has no time; it was not taken")
            for channel in self._now_there:
                row.doubt(channel, Quality.UNCERTAIN)
        if record is None or not self._head.is_new(record):
            return Polled(clock, [])
        late = self._head.is_late(record, clock or at)
        return Polled(clock, [Found(record, self._row(record, self._records), late)])

    async def _look(self) -> Sequence[int]:
        """The block, once a record that is kept has been taken out of the queue."""
        words = await self._wire.ask(self._request)
        record = parse(words) if self._head else None
        if self._head is None or record is None or not self._head.may_go(record):
            return words
        await self._wire.write_coil(self._request.unit_id, AVAILABLE_COIL, on=False)
        return await self._wire.ask(self._request)

    def _input(self, address: int, count: int) -> Request:
        return Request(self._request.unit_id, "input", address, count)

    async def _set(self, row: Row) -> datetime | None:
        """Read how the counter is set; gives its clock."""
        try:
            words = await self._wire.ask(self._settings.request)
        except (UnitSilent, Refused) as fault:
            for channel in self._set_there:
                row.blank(channel, Quality.UNAVAILABLE, str(fault))
            return None
        self._settings.decode(words, row)
        return datetime.fromtimestamp(words[0] << 16 | words[1], UTC)

    def _show(self, words: Sequence[int], row: Row) -> None:
        self._block.decode(words, row)
        self._divide(words, self._state.channels, row)
        if self._calibrated is not None:
            quality = Quality.GOOD if math.isfinite(self._calibrated_on) else Quality.UNAVAILABLE
            row.put(self._calibrated.place, self._calibrated_on, quality)

    def _divide(self, words: Sequence[int], channels: Iterable[Channel], row: Row) -> None:
        """Put the numbers of the block right that a plain register cannot say."""
        for channel in channels:
            table, address = _place_of(channel)
            if table == "input" and address in self._scales:
                # The profile's scale is what turns the maker's unit into ours; hundredths are seconds already.
                unit = 1.0 if address == SAMPLE_TIME else register_of(channel).scale
                _put(row, channel, number(words, address, self._scales[address]) * unit)

    def _row(self, record: Record, records: RecordPlan) -> Row:
        particle_channels = record.words[PARTICLE_CHANNELS - BLOCK]
        off = {one for one in records.counts if (register_of(one).address - COUNTS) // 2 >= particle_channels}
        row = records.row(record, off)
        self._divide(record.words, records.channels, row)
        return row

    def _remember(self, found: Sequence[Found]) -> None:
        for one in found:
            if self._head is not None:
                self._head.take(one.record)


def _place_of(channel: Channel) -> tuple[str, int]:
    register = register_of(channel)
    return register.table, register.address


def _settings(unit_id: int, channels: Sequence[Channel]) -> Request:
    """The request of the clock, and of what is set behind it."""
    end = max((register_of(channel).address + 1 for channel in channels), default=0)
    return Request(unit_id, "holding", CLOCK, max(CLOCK + 2, end))


def _put(row: Row, channel: Channel, value: float) -> None:
    """Put another value where one stands; whatever was said of it stays said."""
    if math.isfinite(value):
        row.values[channel.place] = value
    else:
        row.blank(channel, Quality.UNAVAILABLE, f"no value ({value})")


def _day(words: Sequence[int]) -> float:
    """Unix seconds of a day that is given as month, day and year; NaN if there is no such day."""
    month, day, year = words
    try:
        return datetime(year, month, day, tzinfo=UTC).timestamp()
    except ValueError:
        return math.nan
