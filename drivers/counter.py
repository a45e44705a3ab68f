"""What all particle counters share: two series on one wire, and records that are handed on once.

A counter's state is read every second; its records come with their own time. Where they wait differs by family (a
buffer behind an index, a queue, a single place), and so does the way to them; what does not differ is this:

- a record is handed on when all of a poll has succeeded, and only then is it known: a failed poll loses nothing;
- what waited for us is backfilled: it is kept, and judged as the past;
- what a counter lets go for good is let go only once it is kept on our disk;
- after a restart, what is kept says where to go on.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from config.model import Channel, Command, Device, Sample, Series
from drivers.driver import Kept, Now
from drivers.modbus import carry_out
from drivers.record import Key, Record
from drivers.registers import register_of
from drivers.row import Row
from drivers.wire import open_wire

LATE_S = 2
"""A record is late when it is older than two sample times and these seconds for clock skew."""


@dataclass(frozen=True, slots=True)
class Found:
    """A record to hand on.

    Attributes:
        row: its values.
        backfilled: it waited for us.
        catching_up: older ones are still being fetched.
    """

    record: Record
    row: Row
    backfilled: bool
    catching_up: bool = False

    def sample(self, received_at: datetime) -> Sample:
        """Make its Sample."""
        at = self.record.at
        sample = self.row.sample(at, received_at, at, backfilled=self.backfilled)
        return replace(sample, catching_up=self.catching_up)


@dataclass(slots=True)
class Polled:
    """What one poll of a counter has given.

    Attributes:
        clock: the counter's own, UTC; None where it has none, or did not say.
        found: records to hand on, oldest first; None if they could not be asked for.
    """

    clock: datetime | None
    found: Sequence[Found] | None


class CounterDriver(ABC):
    """A counter with two series: its state every second, and its records with their own time."""

    def __init__(self, device: Device, now: Now, kept: Kept) -> None:
        """Nothing is connected yet.

        Args:
            device: with one series of state, and at most one of records.
            now: the service's clock.
            kept: says of the records up to which time all are on our disk.
        """
        (self._state,) = (series for series in device.series if not series.records)
        self._device = device
        self._now = now
        self._kept = kept
        self._wire = open_wire(device.address, device.timeout_s)

    async def connect(self) -> None:
        """Make the connection; the next read looks for records missed meanwhile."""
        await self._wire.connect()

    async def read(self, at: datetime) -> list[Sample]:
        """Read the state, and whatever records are new.

        Returns:
            The state's Sample, with the counter's own clock; then its new records, oldest first.

        Raises:
            DriverError: no record is lost by it: what was read but not returned is read again.
        """
        row = Row(self._state)
        async with self._wire.deadline():
            polled = await self._poll(row, at)
        received_at = self._now()
        if polled.found is not None:
            self._remember(polled.found)
        return [
            row.sample(at, received_at, polled.clock),
            *(found.sample(received_at) for found in polled.found or ()),
        ]

    async def command(self, command: Command) -> None:
        """Write the outputs of a command."""
        await carry_out(self._wire, self._device, command)

    async def close(self) -> None:
        """Drop the connection. What is known about records stays, for the next one."""
        self._wire.close()

    @abstractmethod
    async def _poll(self, row: Row, at: datetime) -> Polled:
        """Fill the state's row and find the records that are new."""

    @abstractmethod
    def _remember(self, found: Sequence[Found]) -> None:
        """Everything was read: from here on these records are known."""


class Head:
    """What is known of records of which only one can be seen, the oldest, until it is let go.

    So of all that stand there only the first can have been handed on before, by us or by the driver before us. That
    is why it is enough to know the last; and a clock that is set back makes no record look like one of the past.
    """

    def __init__(self, series: Series, kept: Kept) -> None:
        self._series = series
        self._kept = kept
        self._taken: Key | None = None

    def is_new(self, record: Record) -> bool:
        """Whether it has not been handed on yet."""
        if self._taken is None:
            return record.at != self._kept(self._series.id)
        return record.key != self._taken

    def may_go(self, record: Record) -> bool:
        """Whether it has been handed on, and is safe on our disk."""
        kept = self._kept(self._series.id)
        return not self.is_new(record) and kept is not None and record.at <= kept

    def is_late(self, record: Record, clock: datetime) -> bool:
        """Whether it tells of the past: it waited for us, or the counter's clock was set back."""
        return waited(record, clock) or (self._taken is not None and record.at < self._taken[0])

    def take(self, record: Record) -> None:
        """It is handed on."""
        self._taken = record.key


def waited(record: Record, clock: datetime) -> bool:
    """Whether a record ended long before this moment."""
    return clock - record.at > timedelta(seconds=2 * record.sample_time_s + LATE_S)


def records_of(device: Device) -> Series:
    """The series of a counter's records.

    Raises:
        ValueError: its profile has none.
    """
    for series in device.series:
        if series.records:
            return series
    raise ValueError(f"{device.id}: profile {device.profile.name} has no channel with `record: true`")


def channel_at(series: Series, table: str, address: int, what: str) -> Channel:
    """The channel of a register.

    Raises:
        ValueError: there is none; the message says what it is.
    """
    for channel in series.channels:
        register = register_of(channel)
        if (register.table, register.address) == (table, address):
            return channel
    raise ValueError(f"{series.id}: needs a channel at {what}")
