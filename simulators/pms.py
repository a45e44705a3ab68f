"""A PMS Airnet II as Modbus sees it: map v1.00 of the family, and its quirks.

Typed from the maker's manuals and not from the profile, so that a mistake in the profile shows. Addresses are the
manual's register minus 40001 (holding) or 30001 (input), or its coil minus 1; 32-bit numbers stand high word first.
"""

import struct
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import ClassVar

from simulators.particles import SIZES, AirnetCounter, Record
from simulators.registers import Rejected

MAP_VERSION, FIRMWARE, FLOW_SCALE, VOLUME_SCALE = 100, 210, 2, 4
SCALES, CHANNELS, SIZES_NM = 10, 14, 16
CALIBRATION, BLOCK, HEAD_WORDS = 200, 211, 17
CLOCK_HIGH, CLOCK_LOW, SAMPLE_TIME, HOLD_TIME, REPEATS = range(5)
NANOMETRES = (300, 500, 1000, 5000)


class Coil(IntEnum):
    """What can be switched; the other coils of the family are not simulated."""

    COLLECTION = 0
    AVAILABLE = 1
    CLEAR = 2
    FLOAT_MODE = 7


class PmsUnit:
    """The registers of one counter.

    The data block shows the oldest record of the queue, and zeros when there is none; the record stays until coil 2 is
    written 0. Whatever is written to a holding register stops a unit that is sampling.

    Attributes:
        float_mode: sample time, flow and volume stand as IEEE floats.
    """

    addresses: ClassVar[Mapping[str, frozenset[int]]] = {
        "coil": frozenset(range(8)),
        "holding": frozenset(range(5)),
        "input": frozenset(
            [*range(SIZES_NM + 2 * len(SIZES)), *range(CALIBRATION, BLOCK + HEAD_WORDS + 2 * len(SIZES))]
        ),
    }

    def __init__(self, machine: AirnetCounter) -> None:
        self._machine = machine
        self.float_mode = False
        self._set = {HOLD_TIME: 0, REPEATS: 0}

    @property
    def status(self) -> int:
        """The device status mask: a copy of the coils."""
        machine = self._machine
        return machine.running | bool(machine.records) << 1 | machine.running << 4 | self.float_mode << 7

    def read(self, table: str, address: int, count: int) -> list[int]:
        """Return what stands there now."""
        words = {"coil": self._coils, "holding": self._holding, "input": self._input}[table]()
        return [words.get(place, 0) for place in range(address, address + count)]

    def write(self, address: int, words: Sequence[int]) -> None:
        """Take the clock, the sample time, the hold time or the repeats; sampling stops.

        Raises:
            Rejected: a sample time of nothing.
        """
        for place, word in enumerate(words, address):
            if place == SAMPLE_TIME and word == 0:
                raise Rejected("sample time 0 s")
        if self._machine.running:
            self._machine.run(False)
        for place, word in enumerate(words, address):
            self._write_one(place, word)

    def write_coil(self, address: int, on: bool) -> None:
        """Start, stop, take the oldest record away, clear the queue, or choose how numbers stand.

        Raises:
            Rejected: another coil.
        """
        match address:
            case Coil.COLLECTION:
                self._machine.run(on)
            case Coil.AVAILABLE:
                if not on and self._machine.records:
                    self._machine.records.popleft()
            case Coil.CLEAR:
                self._machine.records.clear()
            case Coil.FLOAT_MODE:
                self.float_mode = on
            case _:
                raise Rejected(f"coil {address + 1} is not simulated")

    def _write_one(self, address: int, word: int) -> None:
        machine = self._machine
        if address == SAMPLE_TIME:
            machine.sample_time_s = word
        elif address in self._set:
            self._set[address] = word
        else:
            high, low = divmod(machine.unix_s, 1 << 16)
            clock = (word << 16 | low) if address == CLOCK_HIGH else (high << 16 | word)
            machine.clock_offset_s += clock - machine.unix_s

    def _coils(self) -> dict[int, int]:
        return {place: self.status >> place & 1 for place in range(8)}

    def _holding(self) -> dict[int, int]:
        high, low = divmod(self._machine.unix_s, 1 << 16)
        return {CLOCK_HIGH: high, CLOCK_LOW: low, SAMPLE_TIME: self._machine.sample_time_s, **self._set}

    def _input(self) -> dict[int, int]:
        machine = self._machine
        day = machine.calibrated_on
        words = {
            0: MAP_VERSION,
            1: FIRMWARE,
            SCALES: FLOW_SCALE,
            SCALES + 1: VOLUME_SCALE,
            CHANNELS: len(SIZES),
        }
        words |= enumerate(_words(">4I", *NANOMETRES), SIZES_NM)
        words |= enumerate((day.month, day.day, day.year), CALIBRATION)
        words |= enumerate(_words(">IHH", self.status, machine.running, len(machine.records)), BLOCK)
        if machine.records:
            words |= enumerate(self._packet(machine.records[0]), BLOCK + 4)
        return words

    def _packet(self, record: Record) -> tuple[int, ...]:
        flow_cfm = self._machine.quantities["flow"].shown
        volume_cf = record.sample_time_s * flow_cfm / 60
        return (
            *_words(">I", record.at_unix_s),
            *self._number(record.sample_time_s, 2),
            *_words(">I", self._machine.packet_status(record)),
            *self._number(flow_cfm, FLOW_SCALE),
            *self._number(volume_cf, VOLUME_SCALE),
            *_words(">HHH", 0, len(SIZES), 0),
            *_words(">4I", *record.counts),
        )

    def _number(self, value: float, scale: int) -> tuple[int, ...]:
        return _words(">f", value) if self.float_mode else _words(">I", round(value * 10**scale))


def _words(code: str, *values: float) -> tuple[int, ...]:
    packed = struct.pack(code, *values)
    return struct.unpack(f">{len(packed) // 2}H", packed)
