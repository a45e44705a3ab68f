"""The Lighthouse counter on the wire: addresses typed from the manual (register - 40001 or - 30001), and its quirks."""

from random import Random

import pytest

from simulators.lighthouse import LighthouseUnit
from simulators.particles import ParticleCounter, Record
from simulators.registers import Rejected
from tests.simulators.conftest import START

UNIX_S = int(START.timestamp())
NEW_DATA = 1 << 2


class Bench:
    """A counter and its registers."""

    def __init__(self) -> None:
        self.machine = ParticleCounter(START, Random(1), 6)
        self.unit = LighthouseUnit(self.machine, Random(2))

    def holding(self, register: int) -> int:
        return self.unit.read("holding", register - 40001, 1)[0]

    def input(self, register: int, count: int = 1) -> list[int]:
        return self.unit.read("input", register - 30001, count)

    def write(self, register: int, *words: int) -> None:
        self.unit.write(register - 40001, words)

    def u32(self, register: int) -> int:
        high, low = self.unit.read("holding", register - 40001, 2)
        return high << 16 | low


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_record_is_read_high_word_first(bench: Bench) -> None:
    bench.machine.records.append(Record(0x69A54A46, 6, (70_000, 12, 3, 1), 0b10))
    assert bench.input(30001, 16) == [0x69A5, 0x4A46, 0, 6, 0, 1, 0, 2, 1, 0x1170, 0, 12, 0, 3, 0, 1]


def test_reading_the_record_clears_new_data_and_nothing_else_does(bench: Bench) -> None:
    assert bench.holding(40003) == 0b011
    bench.machine.step(6.0)
    assert bench.holding(40003) == 0b111
    assert bench.holding(40057) == 0b111
    bench.unit.read("input", 31001 - 30001, 16)
    bench.holding(40024)
    assert bench.holding(40003) & NEW_DATA
    bench.input(30009, 2)
    assert not bench.holding(40003) & NEW_DATA
    bench.machine.step(6.0)
    assert bench.holding(40003) & NEW_DATA


def test_the_index_chooses_the_record_0_the_oldest_ffff_the_newest(bench: Bench) -> None:
    for _ in range(3):
        bench.machine.step(6.0)
    assert bench.holding(40024) == 3
    assert bench.holding(40025) == 0xFFFF

    def chosen_s() -> int:
        high, low = bench.input(30001, 2)
        return (high << 16 | low) - UNIX_S

    assert chosen_s() == 18
    bench.write(40025, 0)
    assert chosen_s() == 6
    bench.write(40025, 1)
    assert chosen_s() == 12
    bench.write(40025, 0xFFFF)
    assert chosen_s() == 18
    with pytest.raises(Rejected):
        bench.write(40025, 3)


def test_channels_that_are_off_return_garbage_and_say_that_they_are_off(bench: Bench) -> None:
    bench.machine.step(6.0)
    first, again = bench.input(30017, 8), bench.input(30017, 8)
    assert first != again
    assert any(first)
    assert bench.input(31009, 8) == [0xFFFF] * 8
    assert bench.input(31017, 8) == [0] * 8
    assert [bench.u32(43009 + 2 * n) for n in range(8)] == [1, 1, 1, 1, 0, 0, 0, 0]
    assert bench.input(30074) == [0b1111]


def test_the_clock_is_utc_unix_seconds_and_can_be_set(bench: Bench) -> None:
    bench.machine.step(2.0)
    assert bench.u32(40027) == UNIX_S + 2
    bench.write(40035, *divmod(UNIX_S - 118, 1 << 16))
    bench.write(40002, 13)
    assert bench.u32(40027) == UNIX_S - 118
    bench.machine.step(4.0)
    assert bench.machine.records[-1].at_unix_s == UNIX_S - 114


def test_the_sample_time_is_a_setting_and_the_record_has_its_own(bench: Bench) -> None:
    assert bench.u32(40033) == 6
    bench.write(40034, 60)
    bench.machine.step(6.0)
    assert bench.u32(40033) == 60
    assert bench.input(30003, 2) == [0, 6]
    bench.machine.step(60.0)
    assert bench.input(30003, 2) == [0, 60]
    with pytest.raises(Rejected):
        bench.write(40034, 0)


def test_commands_stop_start_and_clear(bench: Bench) -> None:
    bench.machine.step(6.0)
    bench.write(40002, 12)
    assert bench.holding(40003) & 0b11 == 0
    bench.write(40002, 11)
    assert bench.holding(40003) & 0b11 == 0b11
    bench.write(40002, 3)
    assert bench.holding(40024) == 0
    assert not bench.holding(40003) & NEW_DATA
    assert bench.input(30001, 8) == [0] * 8
    assert bench.holding(40002) == 0, "the command register always reads 0"
    with pytest.raises(Rejected):
        bench.write(40002, 9)


def test_only_settings_can_be_written(bench: Bench) -> None:
    with pytest.raises(Rejected):
        bench.write(40023, 100)


def test_the_head_of_the_map(bench: Bench) -> None:
    assert bench.holding(40001) == 150
    assert bench.holding(40023) == 100
    assert bench.unit.read("holding", 40041 - 40001, 2) == [0x4346, 0x4D00]  # "CFM"
    assert bench.u32(40047) > UNIX_S
