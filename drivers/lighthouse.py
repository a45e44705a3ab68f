"""Lighthouse particle counters: every finished sample once, from a buffer that others share.

The counter keeps its records. Writing the record index (40025) chooses which one stands at 30001; reading any of
30001..30999 clears the NEW DATA bit of the device status (40003). So: read the status; if NEW DATA is set choose
the newest record (index -1), then read it in one request. NEW DATA alone is not trusted: the answer to the read
that cleared it may have been lost, and a record that ends between two requests leaves no trace of the one
before. A record is new when its time and location have not been seen; and when it does not follow the last one
without a hole, the index is walked backwards until a known record, and the missed ones are handed on, oldest
first, as backfilled. The buffer is never cleared.

A record whose time lies before the last one's was counted with the clock set back: it is kept, as backfilled.
A counter that is busy (exceptions 6 and 11) gives its state, and its records at the next poll.

Source: Lighthouse ApexR02/ApexR5 manual 248083447-1, pages 61, 65 and 71, and the sister manuals of the same map.
"""

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from config.model import Channel, Device, Quality
from drivers.counter import CounterDriver, Found, Polled, channel_at, records_of, waited
from drivers.driver import Kept, Now, Refused, nothing_kept
from drivers.modbus import fill
from drivers.record import Key, Record, RecordPlan, set_bits
from drivers.registers import Request, plan, register_of
from drivers.row import Row
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

LITRES_PER_CUBIC_FOOT = 28.316847

BUFFER_DEPTH = 3000
"""Records walked back at most, and known records remembered; about what the counter's buffer holds."""

WALK_PER_POLL = 8
"""Missed records read in one poll: each takes two requests, and the poll has a timeout to keep."""

WALKS = 8
"""Holes walked at the same time, the newest first; only a clock that is set again and again makes more than two."""


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


@dataclass(slots=True)
class Walk:
    """A walk back through the buffer from one hole in the records, over as many polls as it takes.

    Attributes:
        index: the record to read next; None before the first step.
        passed: the newest records, met since the walk began; meeting them is no reason to stop, because
            the records of a full buffer move down by one with every new one, under the walk's feet.
        found: the missed records, and the one that left the hole; for the same reason one may stand here twice.
        ended: a known record, or the end of the buffer, has been met.
    """

    index: int | None = None
    passed: set[Key] = field(default_factory=set)
    found: list[Record] = field(default_factory=list)
    ended: bool = False


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
        self._known: dict[Key, None] = {}
        self._last: datetime | None = None
        """Of the newest record that leaves no hole that is not walked."""
        self._returned: datetime | None = None
        """Of the newest record that was handed on."""
        self._before: datetime | None = None
        """Up to here the records were kept before this driver began; until the first walk has ended."""
        self._seen: Record | None = None
        """The newest record as it was last read, returned or not."""
        self._walks: list[Walk] = []
        self._looks_back = True

    async def connect(self) -> None:
        """Make the connection; the next read looks for records missed meanwhile."""
        await super().connect()
        self._looks_back = True
        if self._last is None:
            self._last = self._before = self._kept(self._records.id)

    async def _poll(self, row: Row, at: datetime) -> Polled:
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
        missed = await self._go_back(newest, _number(row, self._count))
        if newest is None and not missed:
            return []
        off = self._off(await self._wire.ask(self._enables))
        catching_up = not all(walk.ended for walk in self._walks)
        found = [Found(one, self._row(one, row, off), True, catching_up) for one in missed]
        if newest is not None:
            is_late = self._is_late(newest, at)
            found.append(Found(newest, self._row(newest, row, off), is_late, catching_up))
        return found

    async def _clock(self) -> datetime | None:
        """The counter's clock, asked last so that it is of the moment at which the answers are in."""
        try:
            high, low = await self._wire.ask(Request(self._enables.unit_id, "holding", CLOCK, 2))
        except (UnitSilent, Refused):
            return None
        return datetime.fromtimestamp(high << 16 | low, UTC)

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
        # With the clock set back the newest may be older than what is kept, and yet be new.
        return None if record.key in self._known or record.at == self._before else record

    async def _go_back(self, newest: Record | None, count: int) -> list[Record]:
        """Walk on for one poll.

        Returns:
            The missed records of every walk that has ended, oldest first.
        """
        if newest is not None:
            if self._leaves_a_hole(newest) and len(self._walks) < WALKS:
                # Should this poll fail, the walk has this record, too, and the next one need not begin anew.
                self._walks.append(Walk(found=[newest]))
                self._last = newest.at
            for walk in self._walks:
                walk.passed.add(newest.key)
        steps = WALK_PER_POLL
        for walk in reversed(self._walks):
            steps = await self._walk_on(walk, count, steps)
        found = [record for walk in self._walks if walk.ended for record in walk.found]
        taken = {newest.key} if newest is not None else set()
        missed = {one.key: one for one in found if one.key not in self._known and one.key not in taken}
        return sorted(missed.values(), key=lambda record: record.key)

    async def _walk_on(self, walk: Walk, count: int, steps: int) -> int:
        """Walk at most so many steps; gives how many are left."""
        # From the last index, not the one before: a record may have come since the count was read.
        walk.index = count - 1 if walk.index is None else min(walk.index, count - 1)
        while steps > 0 and not walk.ended and walk.index >= 0:
            steps -= 1
            record = await self._fetch(walk.index)
            walk.index -= 1
            if record is None or record.key in walk.passed:
                continue
            walk.ended = self._is_known(record) or len(walk.found) >= BUFFER_DEPTH
            if not walk.ended:
                walk.found.append(record)
        walk.ended = walk.ended or walk.index < 0
        return steps

    def _is_known(self, record: Record) -> bool:
        return record.key in self._known or (self._before is not None and record.at <= self._before)

    def _leaves_a_hole(self, newest: Record) -> bool:
        """Whether there is room for another record between the last one and this one (or the clock was set)."""
        if self._last is None:
            return False
        return not timedelta(0) <= newest.at - self._last <= timedelta(seconds=newest.sample_time_s)

    def _is_late(self, newest: Record, at: datetime) -> bool:
        """Whether the newest record tells of the past: it waited for us, or the counter's clock was set back."""
        is_back = self._returned is not None and newest.at < self._returned
        return is_back or (self._looks_back and waited(newest, at))

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
        for record in (*(one.record for one in found), *([self._seen] if self._seen else [])):
            self._known[record.key] = None
        while len(self._known) > BUFFER_DEPTH:
            del self._known[next(iter(self._known))]
        self._walks = [walk for walk in self._walks if not walk.ended]
        if self._seen is not None:
            self._returned = self._seen.at
            # A hole for which no walk was free is looked for again with the next record.
            self._last = self._last if self._leaves_a_hole(self._seen) else self._seen.at
            self._before = self._before if self._walks else None
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
