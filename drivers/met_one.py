"""MET ONE 6000 counters: one place for the last finished sample, and none for those before.

The live block (300) runs on while a sample is being counted, so records come from the buffered block (500), which
changes when a sample has ended: a record is new when its time is. A sample that ends while nobody reads is lost: it
stays a gap. Nothing is written but commands: any write starts the sample under way anew.

Numbers of registers are printed as they stand on the wire. The manual's table of the status bits (309 and 509) was
not to be had: bits 0 and 6 are taken from the letters of the same counter's ASCII format, and stand to be verified on
site. The clock is set in UTC.

Source: Hach/Beckman MET ONE 6000 manual, pages 56-60 and 69.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from config.model import Device
from drivers.counter import CounterDriver, Found, Head, Polled, records_of
from drivers.driver import Kept, Now, nothing_kept
from drivers.modbus import fill
from drivers.record import Record, RecordPlan, set_bits
from drivers.registers import plan, register_of
from drivers.row import Row

BLOCK = 500
"""Year, month and day, hour, minute and second; then the sample period: hours, minutes and seconds."""

PERIOD = BLOCK + 4
STATUS = slice(9, 11)
"""The two words of the status bits in the block, high word first (inferred)."""

HEADER_WORDS = STATUS.stop

FAULTS = {0: "sensor", 6: "air flow"}
"""Status bits of a record that cannot be trusted (inferred)."""


def parse(words: Sequence[int]) -> Record | None:
    """Take the buffered sample apart.

    Args:
        words: from 500 on, at least HEADER_WORDS of them, 0 to 0xFFFF each.

    Returns:
        The record; None if it has no time.
    """
    year, day, hour, minute, period_h, period = words[:6]
    try:
        at = datetime(year, day >> 8, day & 0xFF, hour, minute >> 8, minute & 0xFF, tzinfo=UTC)
    except ValueError:
        return None
    sample_time_s = period_h * 3600 + (period >> 8) * 60 + (period & 0xFF)
    high, low = words[STATUS]
    return Record(at, sample_time_s, 0, tuple(words), set_bits(high << 16 | low, FAULTS))


class MetOneDriver(CounterDriver):
    """A MET ONE counter; see above."""

    def __init__(self, device: Device, now: Now, kept: Kept = nothing_kept) -> None:
        """Nothing is connected yet.

        Raises:
            ValueError: the profile cannot be driven; the message names the channel.
        """
        super().__init__(device, now, kept)
        records = records_of(device)
        self._plans = plan(self._state.channels)
        self._records = RecordPlan(records, BLOCK, HEADER_WORDS)
        self._head = Head(records, kept)

    async def _poll(self, row: Row, at: datetime) -> Polled:
        await fill(self._wire, self._plans, row)
        record = parse(await self._wire.ask(self._records.request))
        if record is None or not self._head.is_new(record):
            return Polled(None, [])
        return Polled(None, [Found(record, self._row(record), self._head.is_late(record, at))])

    def _row(self, record: Record) -> Row:
        """A record's values; its sample time stands in three numbers, and is given in seconds."""
        row = self._records.row(record)
        for channel in self._records.channels:
            if register_of(channel).address == PERIOD:
                row.values[channel.place] = record.sample_time_s
        return row

    def _remember(self, found: Sequence[Found]) -> None:
        for one in found:
            self._head.take(one.record)
