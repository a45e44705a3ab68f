"""niotronic aeromon counters: an archive that shows one set at a time, and the next one when it is told to.

Writing 99 to the command register loads the next set, and the one that stood there is not to be had again: so that is
done only when it has been handed on and is kept on our disk. 32-bit numbers stand low word first.

Source: the registers of the maker's map as an open-source reader of these counters uses them; no manual.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from config.model import Device
from drivers.counter import CounterDriver, Found, Head, Polled, records_of
from drivers.driver import Kept, Now, nothing_kept
from drivers.modbus import fill
from drivers.record import Record, RecordPlan, set_bits
from drivers.registers import Request, plan, register_of
from drivers.row import Row

ARCHIVE = 512
"""Second, minute, hour, day, month, year since 2000; then sample time and format."""

HEADER_WORDS = 8
CLOCK = 16
"""Holding: the counter's clock in the same six words, UTC."""

COMMAND = 99
NEXT_SET = 99

STATUS, COUNT, PER_CHANNEL = 520, 521, 3
"""Each channel: its status, and its count in two words."""

OFF = 0

ERRORS = 95
FAULTS = {2: "counter", 6: "detector loop", 7: "laser", 9: "flow"}
"""Error bits of a counter that cannot be trusted while they are set."""


def moment(words: Sequence[int]) -> datetime | None:
    """The time that six words say, UTC; None if there is no such time."""
    second, minute, hour, day, month, year = words[:6]
    try:
        return datetime(2000 + year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


class NiotronicDriver(CounterDriver):
    """A niotronic counter; see above."""

    def __init__(self, device: Device, now: Now, kept: Kept = nothing_kept) -> None:
        """Nothing is connected yet.

        Raises:
            ValueError: the profile cannot be driven; the message names the channel.
        """
        super().__init__(device, now, kept)
        records = records_of(device)
        self._plans = plan(self._state.channels)
        self._records = RecordPlan(records, ARCHIVE, HEADER_WORDS)
        self._unit_id = self._records.request.unit_id
        self._head = Head(records, kept)

    async def _poll(self, row: Row, at: datetime) -> Polled:
        await fill(self._wire, self._plans, row)
        clock = moment(await self._wire.ask(Request(self._unit_id, "holding", CLOCK, 6)))
        errors = (await self._wire.ask(Request(self._unit_id, "input", ERRORS, 1)))[0]
        record = await self._archived(errors)
        if record is not None and self._head.may_go(record):
            await self._wire.write(self._unit_id, COMMAND, NEXT_SET)
            record = await self._archived(errors)
        if record is None or not self._head.is_new(record):
            return Polled(clock, [])
        return Polled(clock, [Found(record, self._row(record), self._head.is_late(record, clock or at))])

    async def _archived(self, errors: int) -> Record | None:
        """The set that the archive shows; what the counter says of itself now is said of it too."""
        words = await self._wire.ask(self._records.request)
        at = moment(words)
        return None if at is None else Record(at, words[6], 0, tuple(words), set_bits(errors, FAULTS))

    def _row(self, record: Record) -> Row:
        off = set()
        for channel in self._records.counts:
            number = (register_of(channel).address - COUNT) // PER_CHANNEL
            if record.words[STATUS - ARCHIVE + PER_CHANNEL * number] == OFF:
                off.add(channel)
        return self._records.row(record, off)

    def _remember(self, found: Sequence[Found]) -> None:
        for one in found:
            self._head.take(one.record)
