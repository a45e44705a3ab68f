"""Lighthouse particle counters: every finished sample once, from a buffer that others share.

The counter keeps its records. Writing the record index (40025) chooses which one stands at 30001; reading any of
30001..30999 clears the NEW DATA bit of the device status (40003). So: read the status; if NEW DATA is set choose
the newest record (index -1), then read it in one request. NEW DATA alone is not trusted: the answer to the read
that cleared it may have been lost, and a record that ends between two requests leaves no trace of the one
before. So a hole in the records is walked (`walks.py`), and the missed ones are handed on, oldest first, as
backfilled. The buffer is never cleared.

A record whose time lies before the last one's was counted with the clock set back: it is kept, as backfilled.
A counter that is busy (exceptions 6 and 11) gives its state, and its records at the next poll.

Source: Lighthouse ApexR02/ApexR5 manual 248083447-1, pages 61, 65 and 71, and the sister manuals of the same map.
"""

import asyncio
import math
import struct
from collections.abc import Sequence
from datetime import UTC, datetime

from config.model import Channel, Device, Quality
from drivers.counter import CounterDriver, Found, Polled, channel_at, records_of, waited
from drivers.driver import Kept, Now, Refused, nothing_kept
from drivers.modbus import fill
from drivers.record import Record, RecordPlan, set_bits
from drivers.registers import Request, plan, register_of
from drivers.row import Row
from drivers.walks import Walks
from drivers.wire import UnitSilent

STATUS = 2
"""40003 device status."""

NEW_DATA = 1 << 2
DATA_VALIDATION = 1 << 9
FLOW_ALARM = 1 << 12

FLOW = 22
"""40023 flow rate, cfm by the channel's scale."""

RECORD_COUNT = 23
"""40024 records in the buffer."""

RECORD_INDEX = 24
"""40025 which record stands at 30001: 0 is the oldest, NEWEST the newest. The only register this driver writes
by itself: settings and commands (40002, which could clear the buffer) are not its business."""

NEWEST = 0xFFFF

CLOCK = 26
"""40027/28 the counter's clock, Unix seconds."""

HEADER = struct.Struct(">iIiI")
"""30001 timestamp (Unix seconds), 30003 sample time (s), 30005 location, 30007 status; high word first."""

HEADER_WORDS = HEADER.size // 2

ENABLE_OFFSET = 1000
"""31xxx stands beside 30xxx and says whether that channel is on; the counts of one that is off are garbage."""

FAULTS = {0: "laser", 1: "flow", 6: "sampler error"}
"""Status bits of a record whose volume or counting cannot be trusted."""

DOUBTS = {2: "particle overflow", 3: "service"}
"""Status bits of a record whose counts stand, but are doubted by the counter itself."""

WALK_SHARE = 0.5
"""Of the poll's timeout, for all up to its last missed record; the rest is for what must still be asked."""

LITRES_PER_CUBIC_FOOT = 28.316847


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
    at = datetime.fromtimestamp(timestamp, UTC)
    faults, doubts = set_bits(status, FAULTS), set_bits(status, DOUBTS)
    return Record(at, sample_time_s, location, tuple(words), faults, doubts)


class LighthouseDriver(CounterDriver):
    """A Lighthouse counter; see above."""

    def __init__(self, device: Device, now: Now, kept: Kept = nothing_kept) -> None:
        """Nothing is connected yet.

        Raises:
            ValueError: the profile lacks a channel that the way to the records needs.
        """
        super().__init__(device, now, kept)
        self._records = records_of(device)
        self._plans = plan(self._state.channels)
        self._record_plan = RecordPlan(self._records, 0, HEADER_WORDS)
        self._enables = _enables(self._record_plan)
        self._status = channel_at(self._state, "holding", STATUS, "40003")
        self._count = channel_at(self._state, "holding", RECORD_COUNT, "40024")
        self._flow = channel_at(self._state, "holding", FLOW, "40023")
        self._walks = Walks()
        self._seen: Record | None = None
        """The newest record as it was last read, new or not."""
        self._looks_back = True
        self._walk_until_s = 0.0

    async def connect(self) -> None:
        """Make the connection; the next read looks for records missed meanwhile."""
        await super().connect()
        self._looks_back = True
        self._walks.go_on_from(self._kept(self._records.id))

    async def _poll(self, row: Row, at: datetime) -> Polled:
        self._walk_until_s = asyncio.get_running_loop().time() + WALK_SHARE * self._device.timeout_s
        await fill(self._wire, self._plans, row)
        found = None
        try:
            if math.isfinite(row.values[self._count.place]):
                found = await self._find(row, at)
        except UnitSilent as fault:
            # NEW DATA may be gone with the answer that did not come.
            self._looks_back = True
            row.doubt(self._status, Quality.UNCERTAIN)
            row.note(str(fault))
        return Polled(await self._clock(), found)

    async def _find(self, row: Row, at: datetime) -> list[Found]:
        """Whatever records are new: the missed ones, oldest first, then the newest."""
        newest = await self._newest(row)
        missed = await self._walks.go_back(newest, _number(row, self._count), self._fetch, self._has_time)
        if newest is None and not missed:
            return []
        off = self._off(await self._wire.ask(self._enables))
        catching_up = self._walks.is_open
        found = [Found(one, self._row(one, row, off), True, catching_up) for one in missed]
        if newest is not None:
            # It waited for us, or the counter's clock was set back.
            is_late = self._walks.is_back(newest) or (self._looks_back and waited(newest, at))
            found.append(Found(newest, self._row(newest, row, off), is_late, catching_up))
        return found

    async def _clock(self) -> datetime | None:
        """The counter's clock, asked last so that it is of the moment at which the answers are in."""
        try:
            high, low = await self._wire.ask(Request(self._enables.unit_id, "holding", CLOCK, 2))
        except (UnitSilent, Refused):
            return None
        return datetime.fromtimestamp(high << 16 | low, UTC)

    def _has_time(self) -> bool:
        return asyncio.get_running_loop().time() < self._walk_until_s

    async def _fetch(self, index: int) -> Record | None:
        await self._wire.write(self._record_plan.request.unit_id, RECORD_INDEX, index)
        return parse(await self._wire.ask(self._record_plan.request))

    async def _newest(self, row: Row) -> Record | None:
        """The newest record, if there is one that has not been returned yet."""
        self._seen = None
        is_told = bool(_number(row, self._status) & NEW_DATA)
        if _number(row, self._count) <= 0 or not (is_told or self._looks_back):
            return None
        record = self._seen = await self._fetch(NEWEST)
        if record is None:
            row.doubt(self._status, Quality.UNCERTAIN)
            row.note(f"{self._status.id}: the newest record has no time; it was not taken")
            return None
        return record if self._walks.is_new(record) else None

    def _row(self, record: Record, state: Row, off: frozenset[Channel]) -> Row:
        """A record's values; its volume is its own sample time at the flow that the counter shows."""
        make = self._record_plan
        validating = _number(state, self._status) & DATA_VALIDATION
        row = make.row(record, off, simulated="data validation" if validating else "")
        if make.volume is None:
            return row
        flow_cfm = state.values[self._flow.place]
        if flow_cfm > 0 and not _number(state, self._status) & FLOW_ALARM:
            row.values[make.volume.place] *= flow_cfm * LITRES_PER_CUBIC_FOOT / 60
        else:
            row.values[make.volume.place] = math.nan
            row.doubt(make.volume, Quality.UNAVAILABLE)
            row.note(f"{make.volume.id}: the flow it was counted at is not known ({flow_cfm} now)")
        return row

    def _off(self, enables: Sequence[int]) -> frozenset[Channel]:
        """The particle channels that are switched off, by the words that answered `_enables`."""
        first = self._enables.address - ENABLE_OFFSET
        offsets = {channel: register_of(channel).address - first for channel in self._record_plan.counts}
        return frozenset(channel for channel, at in offsets.items() if not any(enables[at : at + 2]))

    def _remember(self, found: Sequence[Found]) -> None:
        self._walks.remember([one.record for one in found], self._seen)
        self._looks_back = False


def _enables(records: RecordPlan) -> Request:
    """The request that reads which particle channels are on."""
    starts = [register_of(channel).address for channel in records.counts]
    span = max(starts) + 2 - min(starts)
    return Request(records.request.unit_id, "input", ENABLE_OFFSET + min(starts), span)


def _number(row: Row, channel: Channel) -> int:
    """A word that stands in the row; 0 where there is none."""
    value = row.values[channel.place]
    return 0 if math.isnan(value) else int(value)
