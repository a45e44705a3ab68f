"""The PMS counter on the wire, typed from the manual (register - 30001 or - 40001, coil - 1), and its quirks."""

import struct
from collections import deque
from random import Random

import pytest

from simulators.particles import AirnetCounter
from simulators.pms import PmsUnit
from simulators.registers import Rejected, Switched
from tests.simulators.conftest import START

UNIX_S = int(START.timestamp())


class Bench:
    """A counter and its registers."""

    def __init__(self) -> None:
        self.machine = AirnetCounter(START, Random(1), 6)
        self.unit = PmsUnit(self.machine)

    def input(self, register: int, count: int = 1) -> list[int]:
        return self.unit.read("input", register - 30001, count)

    def u32(self, register: int) -> int:
        high, low = self.input(register, 2)
        return high << 16 | low

    def number(self, register: int) -> float:
        return float(struct.unpack(">f", struct.pack(">2H", *self.input(register, 2)))[0])

    def coil(self, number: int, on: bool) -> None:
        self.unit.write_coil(number - 1, on)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_an_empty_queue_is_all_zeros(bench: Bench) -> None:
    assert bench.input(30212, 25) == [0, 0b010001, 1, 0, *[0] * 21]


def test_the_oldest_record_stands_there_until_coil_2_is_written_0(bench: Bench) -> None:
    bench.machine.step(18.0)
    for at_s, left in ((6, 3), (12, 2), (18, 1)):
        assert bench.input(30213)[0] & 0b10
        assert bench.input(30215) == [left]
        assert bench.u32(30216) == bench.u32(30216) == UNIX_S + at_s
        bench.coil(2, on=True)
        bench.coil(2, on=False)
    assert bench.input(30212, 25)[4:] == [0] * 21
    bench.coil(2, on=False)


def test_the_queue_is_a_ring(bench: Bench) -> None:
    bench.machine.records = deque(maxlen=2)
    bench.machine.step(30.0)
    assert bench.input(30215) == [2]
    assert bench.u32(30216) == UNIX_S + 24


def test_numbers_are_scaled_or_floats(bench: Bench) -> None:
    bench.machine.step(6.0)
    assert bench.input(30011, 2) == [2, 4]
    assert (bench.u32(30218), bench.u32(30222), bench.u32(30224)) == (600, 100, 1000)
    bench.coil(8, on=True)
    assert bench.input(30213)[0] & 0x80
    shown = [bench.number(register) for register in (30218, 30222, 30224)]
    assert shown == [6.0, 1.0, pytest.approx(0.1)]


def test_a_bit_of_the_packet_status_is_good(bench: Bench) -> None:
    bench.machine.step(6.0)
    assert bench.u32(30220) == 0b111
    bench.machine.force("flow", 0.5)
    for _ in range(12):
        bench.machine.step(1.0)
    bench.coil(2, on=False)
    bench.coil(2, on=False)
    assert bench.u32(30220) == 0b101


def test_a_holding_register_that_is_written_stops_the_sampling(bench: Bench) -> None:
    bench.machine.step(5.0)
    bench.unit.write(40003 - 40001, [60])
    bench.machine.step(60.0)
    assert bench.input(30214, 2) == [0, 0]
    assert bench.unit.read("holding", 40003 - 40001, 1) == [60]
    bench.coil(1, on=True)
    bench.machine.step(60.0)
    assert bench.input(30214, 2) == [1, 1]
    assert bench.u32(30218) == 6000


def test_the_clock_is_unix_seconds_and_can_be_set(bench: Bench) -> None:
    assert bench.unit.read("holding", 0, 2) == [*divmod(UNIX_S, 1 << 16)]
    bench.unit.write(0, [*divmod(UNIX_S + 3600, 1 << 16)])
    assert bench.machine.unix_s == UNIX_S + 3600


def test_what_is_not_simulated_is_refused(bench: Bench) -> None:
    assert isinstance(bench.unit, Switched)
    with pytest.raises(Rejected):
        bench.coil(5, on=True)
    with pytest.raises(Rejected):
        bench.unit.write(40003 - 40001, [0])
    bench.machine.step(6.0)
    bench.coil(3, on=False)
    assert bench.input(30215) == [0]
    assert bench.unit.read("coil", 0, 2) == [1, 0]
