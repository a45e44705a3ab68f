"""A Lighthouse particle counter as Modbus sees it: map v1.50 of the ApexR family, and its quirks.

Typed from the maker's manual and not from the profile, so that a mistake in the profile shows. Addresses are the
manual's register minus 40001 (holding) or 30001 (input); 32-bit numbers stand high word first.
"""

from collections.abc import Mapping, Sequence
from enum import IntEnum
from random import Random
from typing import ClassVar

from simulators.particles import SIZES, ParticleCounter, Record
from simulators.registers import Rejected

COMMAND, STATUS, COUNT, INDEX, STATUS_COPY = 1, 2, 23, 24, 56
SAMPLE_TIME_HIGH, SAMPLE_TIME_LOW, DATA_SET_HIGH, DATA_SET_LOW = 32, 33, 34, 35
NEWEST = 0xFFFF
SAMPLE_TIME_MAX_S = 86_399
ENABLE, THRESHOLD, PARALLEL = 3008, 5008, 1000
"""Channel switches 43009 on, alarm thresholds 45009 on, and 31001 on: which fields of the record are enabled."""

CHANNELS = 8
SERIAL = 2_108_400_017
LOCATION = 1
CHANNEL_ON = 1
ENABLED = 0xFFFF
VALID_PARTICLES = 73

WRITABLE = frozenset({COMMAND, INDEX, SAMPLE_TIME_HIGH, SAMPLE_TIME_LOW, DATA_SET_HIGH, DATA_SET_LOW})


class Order(IntEnum):
    """What the command register takes; the other commands of the family are not simulated."""

    SAVE = 1
    CLEAR_BUFFER = 3
    START = 11
    STOP = 12
    SET_CLOCK = 13


def _pair(value: int) -> tuple[int, int]:
    return value >> 16 & 0xFFFF, value & 0xFFFF


def _ascii(text: str, registers: int) -> list[int]:
    raw = text.encode().ljust(2 * registers, b"\0")
    return [raw[place] << 8 | raw[place + 1] for place in range(0, 2 * registers, 2)]


class LighthouseUnit:
    """The registers of one counter.

    Reading the record (30001 to 30999) clears NEW DATA; the record index is shared by all clients; a channel that
    is not enabled returns garbage; the command register always reads 0.
    """

    addresses: ClassVar[Mapping[str, frozenset[int]]] = {
        "holding": frozenset([*range(75), *range(ENABLE, ENABLE + 16), *range(THRESHOLD, THRESHOLD + 16)]),
        "input": frozenset([*range(76), *range(PARALLEL, PARALLEL + 76)]),
    }

    def __init__(self, machine: ParticleCounter, garbage: Random) -> None:
        self._machine = machine
        self._garbage = garbage
        self._index = NEWEST
        self._sample_time_high = 0
        self._data_set = [0, 0]
        self._changed_unix_s = machine.unix_s

    def read(self, table: str, address: int, count: int) -> list[int]:
        """Return what stands there now; reading any part of the record clears NEW DATA."""
        words = self._holding() if table == "holding" else self._input()
        if table == "input" and address < 999:
            self._machine.new_data = False
        return [words.get(place, 0) for place in range(address, address + count)]

    def write(self, address: int, words: Sequence[int]) -> None:
        """Take a command, the record index, the sample time or the data set.

        Raises:
            Rejected: another register, an unknown command, or a value out of range.
        """
        for place, word in enumerate(words, address):
            self._write_one(place, word)

    def _write_one(self, address: int, word: int) -> None:
        if address not in WRITABLE:
            raise Rejected(f"40{address + 1:03} is not simulated as writable")
        if address == COMMAND:
            self._obey(word)
        elif address == INDEX:
            self._choose(word)
        elif address in {DATA_SET_HIGH, DATA_SET_LOW}:
            self._data_set[address - DATA_SET_HIGH] = word
        elif address == SAMPLE_TIME_HIGH:
            self._sample_time_high = word
        else:
            self._set_sample_time(self._sample_time_high << 16 | word)

    def _choose(self, index: int) -> None:
        if index != NEWEST and index >= len(self._machine.records):
            raise Rejected(f"record {index} of {len(self._machine.records)}")
        self._index = index

    def _set_sample_time(self, sample_time_s: int) -> None:
        if not 1 <= sample_time_s <= SAMPLE_TIME_MAX_S:
            raise Rejected(f"sample time {sample_time_s} s")
        self._machine.sample_time_s = sample_time_s
        self._changed_unix_s = self._machine.unix_s

    def _obey(self, command: int) -> None:
        match command:
            case Order.SAVE:
                pass  # changes nothing that can be read
            case Order.CLEAR_BUFFER:
                self._machine.records.clear()
                self._machine.new_data = False
                self._index = NEWEST
            case Order.START | Order.STOP:
                self._machine.run(command == Order.START)
            case Order.SET_CLOCK:
                high, low = self._data_set
                self._machine.clock_offset_s += (high << 16 | low) - self._machine.unix_s
            case _:
                raise Rejected(f"command {command}")

    def _record(self) -> Record | None:
        records = self._machine.records
        if not records:
            return None
        return records[-1 if self._index == NEWEST else self._index]

    def _holding(self) -> dict[int, int]:
        machine = self._machine
        newest = machine.records[-1].at_unix_s if machine.records else 0
        words = {
            0: 150,
            STATUS: machine.device_status,
            3: 210,
            COUNT: len(machine.records),
            INDEX: self._index,
        }
        words |= {22: round(machine.quantities["flow"].shown * 100), 25: LOCATION, 39: 6500}
        words |= {55: machine.ext_status, STATUS_COPY: machine.device_status}
        pairs = {
            4: SERIAL,
            26: machine.unix_s,
            SAMPLE_TIME_HIGH: machine.sample_time_s,
            46: machine.calibration_due_unix_s,
            59: newest,
            61: self._changed_unix_s,
            **{ENABLE + 2 * n: CHANNEL_ON for n in range(len(SIZES))},
        }
        for address, value in pairs.items():
            words[address], words[address + 1] = _pair(value)
        for address, text, registers in ((6, "APEX R5", 8), (14, "APEXR5", 8), (40, "CFM", 2)):
            words |= enumerate(_ascii(text, registers), address)
        return words | dict(enumerate(self._data_set, DATA_SET_HIGH))

    def _input(self) -> dict[int, int]:
        record = self._record()
        head = (record.at_unix_s, record.sample_time_s, LOCATION, record.status) if record else (0,) * 4
        counts = record.counts if record else (0,) * len(SIZES)
        disabled = [self._garbage.getrandbits(32) for _ in range(len(SIZES), CHANNELS)]
        words: dict[int, int] = {VALID_PARTICLES: (1 << len(SIZES)) - 1}
        for place, value in enumerate((*head, *counts, *disabled)):
            words[2 * place], words[2 * place + 1] = _pair(value)
        return words | dict.fromkeys(range(PARALLEL, PARALLEL + 2 * (len(head) + len(counts))), ENABLED)
