"""Lighthouse particle counters: every finished sample once, from a buffer that others share.

The counter keeps its records. Writing the record index (40025) chooses which one stands at 30001; reading any of
30001..30999 clears the NEW DATA bit of the device status (40003). So: read the status; if NEW DATA is set choose
the newest record (index -1), then read it in one request. NEW DATA alone is not trusted: the answer to the read
that cleared it may have been lost, and a record that ends between two requests leaves no trace of the one
before. A record is new when its time and location have not been seen; and when it does not follow the last one
without a hole, the index is walked backwards until a known record, and the missed ones are handed on, oldest
first, as backfilled. The buffer is never cleared.

A record whose time lies before the last one's was counted with the clock set back: it is kept, as backfilled.

Source: Lighthouse ApexR02/ApexR5 manual 248083447-1, pages 61, 65 and 71.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from config.model import Channel, Command, Device, Quality, Sample, Series
from drivers.driver import Kept, Now, nothing_kept
from drivers.modbus import carry_out, fill
from drivers.record import Key, Record, RecordPlan, parse
from drivers.registers import plan, register_of
from drivers.row import Row
from drivers.wire import open_wire

STATUS = 2
"""40003 device status."""

NEW_DATA = 1 << 2
DATA_VALIDATION = 1 << 9

RECORD_COUNT = 23
"""40024 records in the buffer."""

RECORD_INDEX = 24
"""40025 which record stands at 30001: 0 is the oldest, NEWEST the newest. The only register this driver writes
by itself: settings and commands (40002, which could clear the buffer) are not its business."""

NEWEST = 0xFFFF

BUFFER_DEPTH = 3000
"""Records walked back at most, and known records remembered; about what the counter's buffer holds."""

WALK_PER_POLL = 8
"""Missed records read in one poll: each takes two requests, and the poll has a timeout to keep."""


WALKS = 8
"""Holes walked at the same time, the newest first; only a clock that is set again and again makes more than two."""

LATE_S = 2
"""A record found on connecting is late when it is older than two sample times and these seconds for clock skew."""


@dataclass(slots=True)
class Walk:
    """A walk back through the buffer from one hole in the records, over as many polls as it takes.

    Attributes:
        index: the record to read next; None before the first step.
        passed: the newest records, returned since the walk began; meeting them is no reason to stop, because
            the records of a full buffer move down by one with every new one, under the walk's feet.
        found: the missed records; for the same reason one may stand here twice.
        ended: a known record, or the end of the buffer, has been met.
    """

    index: int | None = None
    passed: set[Key] = field(default_factory=set)
    found: list[Record] = field(default_factory=list)
    ended: bool = False


class LighthouseDriver:
    """A counter with two series: its state every second, and its records with their own time."""

    def __init__(self, device: Device, now: Now, kept: Kept = nothing_kept) -> None:
        (self._state,) = (series for series in device.series if not series.records)
        (records,) = (series for series in device.series if series.records)
        self._device = device
        self._now = now
        self._kept = kept
        self._wire = open_wire(device.address, device.timeout_s)
        self._plans = plan(self._state.channels)
        self._record_plan = RecordPlan(records)
        self._status = _channel_at(self._state, STATUS)
        self._count = _channel_at(self._state, RECORD_COUNT)
        self._known: dict[Key, None] = {}
        self._last: datetime | None = None
        self._walks: list[Walk] = []
        self._just_connected = True

    async def connect(self) -> None:
        """Make the connection; the next read looks for records missed meanwhile."""
        await self._wire.connect()
        self._just_connected = True

    async def read(self, at: datetime) -> list[Sample]:
        """Read the state, and whatever records are new.

        Returns:
            The state's Sample; then missed records, oldest first and marked backfilled; then the newest record.

        Raises:
            DriverError: no record is lost by it: what was read but not returned is read again.
        """
        row = Row(self._state)
        off: frozenset[Channel] = frozenset()
        async with self._wire.deadline():
            await fill(self._wire, self._plans, row)
            newest = await self._newest(row)
            missed = await self._go_back(newest, _number(row, self._count))
            if newest is not None or missed:
                off = self._record_plan.channels_off(await self._wire.ask(self._record_plan.enables))
        received_at, validating = self._now(), bool(_number(row, self._status) & DATA_VALIDATION)
        records = [(record, True) for record in missed]
        if newest is not None:
            records.append((newest, self._is_late(newest, at)))
        self._remember(missed, newest)
        sample = self._record_plan.sample
        return [
            row.sample(at, received_at),
            *(sample(record, off, received_at, validating, backfilled=late) for record, late in records),
        ]

    async def command(self, command: Command) -> None:
        """Write the outputs of a command."""
        await carry_out(self._wire, self._device, command)

    async def close(self) -> None:
        """Drop the connection. What is known about records stays, for the next one."""
        self._wire.close()

    async def _fetch(self, index: int) -> Record | None:
        await self._wire.write(self._record_plan.record.unit_id, RECORD_INDEX, index)
        return parse(await self._wire.ask(self._record_plan.record))

    async def _newest(self, row: Row) -> Record | None:
        """The newest record, if there is one that has not been returned yet."""
        is_told = bool(_number(row, self._status) & NEW_DATA)
        if _number(row, self._count) <= 0 or not (is_told or self._just_connected):
            return None
        record = await self._fetch(NEWEST)
        if record is None:
            row.doubt(self._status, Quality.UNCERTAIN)
            row.note(f"{self._status.id}: the newest record has no time; it was not taken")
            return None
        return None if record.key in self._known else record

    async def _go_back(self, newest: Record | None, count: int) -> list[Record]:
        """Walk on for one poll.

        Returns:
            The missed records of every walk that has ended, oldest first.
        """
        if newest is not None:
            if self._leaves_a_hole(newest) and len(self._walks) < WALKS:
                self._walks.append(Walk())
            for walk in self._walks:
                walk.passed.add(newest.key)
        steps = WALK_PER_POLL
        for walk in reversed(self._walks):
            steps = await self._walk_on(walk, count, steps)
        found = [record for walk in self._walks if walk.ended for record in walk.found]
        missed = {record.key: record for record in found if record.key not in self._known}
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
            walk.ended = record.key in self._known or len(walk.found) >= BUFFER_DEPTH
            if not walk.ended:
                walk.found.append(record)
        walk.ended = walk.ended or walk.index < 0
        return steps

    def _leaves_a_hole(self, newest: Record) -> bool:
        """Whether there is room for another record between the last one and this one (or the clock was set)."""
        if self._last is None:
            return False
        return not timedelta(0) < newest.at - self._last <= timedelta(seconds=newest.sample_time_s)

    def _is_late(self, newest: Record, at: datetime) -> bool:
        """Whether the newest record tells of the past: it waited for us, or the counter's clock was set back."""
        waited = at - newest.at > timedelta(seconds=2 * newest.sample_time_s + LATE_S)
        return (self._just_connected and waited) or (self._last is not None and newest.at < self._last)

    def _remember(self, missed: Sequence[Record], newest: Record | None) -> None:
        """Everything was read: from here on these records are known."""
        for record in (*missed, *([newest] if newest else [])):
            self._known[record.key] = None
        while len(self._known) > BUFFER_DEPTH:
            del self._known[next(iter(self._known))]
        self._walks = [walk for walk in self._walks if not walk.ended]
        self._last = newest.at if newest else self._last
        self._just_connected = False


def _channel_at(series: Series, address: int) -> Channel:
    for channel in series.channels:
        register = register_of(channel)
        if (register.table, register.address) == ("holding", address):
            return channel
    raise ValueError(f"{series.id}: a Lighthouse counter needs a channel at {40001 + address}")


def _number(row: Row, channel: Channel) -> int:
    """A word that stands in the row; 0 where there is none."""
    value = row.values[channel.place]
    return 0 if math.isnan(value) else int(value)
