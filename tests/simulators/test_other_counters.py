"""The other makes of counters on the wire, and what becomes of a sample under their hands."""

from random import Random

import pytest

from simulators.met_one import MetOneCounter, MetOneUnit
from simulators.niotronic import NiotronicCounter, NiotronicUnit
from simulators.particles import Record
from simulators.registers import Rejected
from tests.simulators.conftest import START


def test_a_met_one_begins_anew_with_whatever_is_written() -> None:
    machine = MetOneCounter(START, Random(1), 6)
    unit = MetOneUnit(machine)
    machine.step(5.0)
    unit.write(149, [1])
    machine.step(5.0)
    assert unit.read("holding", 500, 4) == [0, 0, 0, 0]
    machine.step(1.0)
    assert unit.read("holding", 500, 1) == [START.year]


def test_the_buffered_block_of_a_met_one_is_the_last_finished_sample() -> None:
    machine = MetOneCounter(START, Random(1), 6)
    machine.records.append(Record(0x69A54A46, 3723, (70_000, 12, 3, 1), 0b10))
    # 0x69A54A46 is 2026-03-02 08:28:54 UTC; 3723 s are 1 h 2 min 3 s, and at 1 cfm 1757 litres.
    words = MetOneUnit(machine).read("holding", 500, 19)
    assert words[:9] == [2026, 0x0302, 8, 0x1C36, 1, 0x0203, 0, 0, 1757]
    assert words[9:] == [0, 1 << 6, 1, 0x1170, 0, 12, 0, 3, 0, 1]


def test_the_archive_of_a_niotronic_shows_the_oldest_set_until_the_next_is_loaded() -> None:
    machine = NiotronicCounter(START, Random(1), 6)
    unit = NiotronicUnit(machine)
    machine.records.extend(
        [Record(0x69A54A46, 59, (70_000, 12, 3, 1), 0), Record(0x69A54A82, 59, (0,) * 4, 0)]
    )
    assert unit.read("input", 512, 8) == [54, 28, 8, 2, 3, 26, 59, 0]
    assert unit.read("input", 520, 6) == [1, 0x1170, 1, 1, 12, 0], "low word first"
    assert unit.read("input", 532, 3) == [0, 0xDEAD, 0], "a channel that is off"
    unit.write(99, [99])
    assert unit.read("input", 512, 3) == [54, 29, 8]
    unit.write(99, [99])
    assert unit.read("input", 512, 8) == [0] * 8
    unit.write(99, [99])
    with pytest.raises(Rejected):
        unit.write(99, [16])
