"""Modbus registers: which requests cover the channels, and what the words that come back mean. Pure.

Neighbouring registers are read together, because a request costs far more than a register. Registers that no
channel names are never read in between: many devices answer an undefined register with an exception, and then
the whole request is lost. A 32-bit value is never split over two requests, since its halves would be of
different moments.
"""

import math
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from config.model import Channel, Quality, Register
from drivers.row import Row

MAX_REGISTERS = 125
"""Registers in one request (Modbus Application Protocol V1.1b3, 6.3 and 6.4)."""

MAX_BITS = 2000
"""Coils or discrete inputs in one request (Modbus Application Protocol V1.1b3, 6.1 and 6.2)."""

LIMITS = {
    "holding": MAX_REGISTERS,
    "input": MAX_REGISTERS,
    "coil": MAX_BITS,
    "discrete": MAX_BITS,
    "diagnostic": 1,
}
"""Table -> how much of it one request may ask for; each diagnostic sub-function is a question of its own."""

CODES = {
    "u16": "H",
    "s16": "h",
    "u32": "I",
    "s32": "i",
    "float32": "f",
    "bool": "H",
    "byte_high": "Bx",
    "byte_low": "xB",
}
"""Type -> its letters in the struct module; on the wire every one of them is big-endian within a word."""

S16_UNAVAILABLE = -0x8000
"""0x8000 is what a signed 16-bit register holds when there is no value (Vaisala HMT330 manual, Modbus)."""


@dataclass(frozen=True, slots=True)
class Request:
    """One read: `count` registers (or bits) of a table from `address` on, of one unit.

    For the table `diagnostic` the address is the sub-function, and the one word is the data it answers with.
    """

    unit_id: int
    table: str
    address: int
    count: int

    def __str__(self) -> str:
        return f"unit {self.unit_id} {self.table} {self.address}..{self.address + self.count - 1}"


def register_of(channel: Channel) -> Register:
    """The register of a channel.

    Raises:
        ValueError: the channel has none, or one that cannot be read; the message names the channel.
    """
    register = channel.model.address
    if not isinstance(register, Register):
        raise ValueError(f"{channel.id}: has a node, not a register")  # noqa: TRY004 - a fault of the profile
    if register.table not in LIMITS:
        raise ValueError(f"{channel.id}: table {register.table!r} is not one of {', '.join(LIMITS)}")
    if register.type not in CODES:
        raise ValueError(f"{channel.id}: type {register.type!r} is not one of {', '.join(CODES)}")
    if register.word_order not in ("big", "little"):
        raise ValueError(f"{channel.id}: word_order {register.word_order!r} is not big or little")
    if LIMITS[register.table] == MAX_BITS and register.type != "bool":
        raise ValueError(f"{channel.id}: a {register.table} holds a bool, not {register.type}")
    if register.table == "diagnostic" and register.type != "u16":
        raise ValueError(f"{channel.id}: a diagnostic answers with a u16, not {register.type}")
    return register


def width(register: Register) -> int:
    """How many words (or bits) a register's value takes: 1 or 2."""
    return struct.calcsize(CODES[register.type]) // 2


class Plan:
    """One request and the prepared way from its words to the places of the channels in it.

    The words are first put into the order in which the values' bytes follow one another, high word first; then
    one `struct` call takes them all apart.
    """

    __slots__ = ("_channels", "_order", "_pack", "_unpack", "request")

    def __init__(self, request: Request, channels: Sequence[Channel]) -> None:
        self.request = request
        self._channels = tuple((channel, register_of(channel)) for channel in channels)
        self._order = [index for _, register in self._channels for index in self._words(register)]
        self._pack = struct.Struct(f">{len(self._order)}H")
        self._unpack = struct.Struct(">" + "".join(CODES[register.type] for _, register in self._channels))

    def _words(self, register: Register) -> range:
        first = register.address - self.request.address
        indexes = range(first, first + width(register))
        if first < 0 or indexes.stop > self.request.count:
            raise ValueError(f"register {register.address} is not in {self.request}")
        return indexes if register.word_order == "big" else indexes[::-1]

    def decode(self, words: Sequence[int], row: Row) -> None:
        """Put the values of an answer into their places.

        Args:
            words: exactly `request.count` of them, 0 to 0xFFFF each (0 or 1 for bits).
            row: the series' row. NaN, infinity and a signed 16-bit 0x8000 become NaN and UNAVAILABLE.
        """
        raw_values = self._unpack.unpack(self._pack.pack(*[words[index] for index in self._order]))
        for (channel, register), raw in zip(self._channels, raw_values, strict=True):
            value = float(raw != 0) if register.type == "bool" else raw * register.scale
            if not math.isfinite(value):
                row.blank(channel, Quality.UNAVAILABLE, f"no value ({value})")
            elif register.type == "s16" and raw == S16_UNAVAILABLE:
                row.blank(channel, Quality.UNAVAILABLE, "no value (0x8000)")
            else:
                row.put(channel.place, value)

    def blank(self, row: Row, quality: Quality) -> None:
        """Say of all the channels that they have no value."""
        for channel, _ in self._channels:
            row.put(channel.place, math.nan, quality)


def plan(channels: Iterable[Channel]) -> tuple[Plan, ...]:
    """The requests that read all of these channels, as few as the rules above allow.

    Args:
        channels: of one series; every one has a Register.

    Raises:
        ValueError: a channel's register cannot be read; the message names the channel.
    """
    ordered = sorted(channels, key=_position)
    plans = []
    for (unit_id, table), same_table in groupby(ordered, key=lambda channel: _position(channel)[:2]):
        for run in _runs(same_table, LIMITS[table]):
            first, end = register_of(run[0]).address, max(_end(channel) for channel in run)
            plans.append(Plan(Request(unit_id, table, first, end - first), run))
    return tuple(plans)


def _position(channel: Channel) -> tuple[int, str, int]:
    register = register_of(channel)
    return register.unit_id, register.table, register.address


def _end(channel: Channel) -> int:
    register = register_of(channel)
    return register.address + width(register)


def _runs(channels: Iterable[Channel], limit: int) -> Iterator[list[Channel]]:
    """Split channels of one table, in order of address, where registers are missing or the limit is met."""
    run: list[Channel] = []
    first = end = 0
    for channel in channels:
        address = register_of(channel).address
        if run and (address > end or _end(channel) - first > limit):
            yield run
            run = []
        if not run:
            first = end = address
        run.append(channel)
        end = max(end, _end(channel))
    if run:
        yield run
