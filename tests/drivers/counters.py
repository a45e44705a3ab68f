"""A Lighthouse counter as its manual describes it, with the moments at which a wire can fail it."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from config.model import ChannelModel, Device, Kind, Protocol
from tests.drivers.nouns import AT, channel_model, device, holding
from tests.drivers.wires import Answer, frame

CHANNELS: list[ChannelModel] = [
    channel_model("flow", holding(22, scale=0.01)),
    channel_model("device_status", holding(2), kind=Kind.BITS),
    channel_model("rec_count", holding(23, "s16"), kind=Kind.COUNT),
    channel_model("cnt_0_5", holding(10, "u32", table="input"), record=True, kind=Kind.COUNT),
    channel_model("cnt_5_0", holding(14, "u32", table="input"), record=True, kind=Kind.COUNT),
    channel_model("sample_status", holding(6, "u32", table="input"), record=True, kind=Kind.BITS),
    channel_model("volume", holding(2, "u32", table="input"), record=True),
]


def counter_device(address: str, timeout_s: float = 5.0) -> Device:
    return device(Protocol.LIGHTHOUSE, CHANNELS, address, timeout_s=timeout_s)


NEWEST = 0xFFFF


@dataclass(frozen=True)
class Finished:
    """One record in the buffer."""

    at: datetime
    counts: tuple[int, int]
    status: int = 0
    sample_time_s: int = 6
    location: int = 1

    def words(self) -> list[int]:
        timestamp = int(self.at.timestamp())
        head = struct.pack(">iIiI", timestamp, self.sample_time_s, self.location, self.status)
        channels = struct.pack(">4I", 0, self.counts[0], 0, self.counts[1])
        return list(struct.unpack(">16H", head + channels)) + [0] * 60


@dataclass
class Counter:
    """The registers, with the buffer behind them.

    Attributes:
        answered: questions answered so far.
        cut_after: number of answered questions after which the wire is cut, unanswered.
        busy: numbers of answered questions after which one is answered with exception 6, busy.
        finishing: number of answered questions -> the record that ends at that moment.
        flow: in hundredths of a cubic foot per minute.
        clock: the counter's own.
        written: every write, address and word.
    """

    depth: int = 3000
    status: int = 3
    flow: int = 100
    clock: datetime = AT
    on: tuple[bool, bool] = (True, True)
    buffer: list[Finished] = field(default_factory=list)
    index: int = 0
    answered: int = 0
    cut_after: int = 10**9
    busy: set[int] = field(default_factory=set)
    finishing: dict[int, Finished] = field(default_factory=dict)
    written: list[tuple[int, int]] = field(default_factory=list)

    def finish(self, *records: Finished) -> None:
        """Samples have ended: into the buffer, the oldest out if it is full, and NEW DATA."""
        self.buffer = [*self.buffer, *records][-self.depth :]
        self.status |= 4

    def answer(self, question: bytes) -> Answer:
        """One Modbus answer."""
        function, address, count = question[7], *struct.unpack(">HH", question[8:12])
        if function == 6 and len(self.buffer) <= count < NEWEST:
            reply = frame(question, b"\x86\x03")
        elif function == 6:
            self.written.append((address, count))
            self.index = count
            reply = question
        else:
            table = self._holding() if function == 3 else self._input(address)
            words = [table.get(address + offset, 0) for offset in range(count)]
            reply = frame(question, bytes([function, 2 * count]) + struct.pack(f">{count}H", *words))
        if self.answered in self.busy:
            self.busy.discard(self.answered)
            return frame(question, bytes([function | 0x80, 6]))
        if self.answered >= self.cut_after:
            self.cut_after = 10**9
            return None
        self.answered += 1
        if record := self.finishing.pop(self.answered, None):
            self.finish(record)
        return reply

    def _holding(self) -> dict[int, int]:
        clock = struct.unpack(">2H", struct.pack(">I", int(self.clock.timestamp())))
        return {2: self.status, 22: self.flow, 23: len(self.buffer), 26: clock[0], 27: clock[1]}

    def _input(self, address: int) -> dict[int, int]:
        if address >= 1000:
            return {
                1010 + 4 * n + word: 0xFFFF for n, is_on in enumerate(self.on) if is_on for word in (0, 1)
            }
        self.status &= ~4
        position = len(self.buffer) - 1 if self.index == NEWEST else self.index
        if not 0 <= position < len(self.buffer):
            return {}
        return dict(enumerate(self.buffer[position].words()))


def records(seconds: Iterable[int], **more: int) -> list[Finished]:
    """Records that ended so many seconds after AT, each with counts of its own."""
    return [Finished(AT + timedelta(seconds=s), (1000 + s, s), **more) for s in seconds]
