"""Room transmitters at the registers of their manuals (register - 1; low word first at Vaisala and E+E)."""

import math
import struct
from random import Random

import pytest

from config.model import Register
from simulators.machine import Sensor
from simulators.registers import MapUnit, Rejected
from simulators.rooms import B_ROOMS, Rooms
from simulators.transmitters import transmitter
from tests.simulators.conftest import START

ANYWHERE = Register(1, "holding", 9999, "float32")
"""Where a profile has a channel is no business of a unit that is typed from a manual."""


@pytest.fixture
def rooms() -> Rooms:
    machine = Rooms(START, Random(1), B_ROOMS)
    machine.step(1.0)
    return machine


def unit(rooms: Rooms, *keys: str) -> MapUnit:
    return transmitter(rooms, [(key, ANYWHERE) for key in keys])


def low_word_first(unit: MapUnit, address: int) -> float:
    low, high = unit.read("holding", address, 2)
    return float(struct.unpack(">f", struct.pack(">HH", high, low))[0])


def high_word_first(unit: MapUnit, address: int) -> float:
    return float(struct.unpack(">f", struct.pack(">HH", *unit.read("holding", address, 2)))[0])


def test_vaisala_hmt330(rooms: Rooms) -> None:
    climate, shown = unit(rooms, "prep_temp", "prep_rh", "prep_status"), rooms.values()
    assert low_word_first(climate, 0) == pytest.approx(shown["prep_rh"], abs=1e-4)
    assert low_word_first(climate, 2) == pytest.approx(shown["prep_temp"], abs=1e-4)
    assert climate.read("holding", 256, 2) == [round(shown["prep_rh"] * 100), round(shown["prep_temp"] * 100)]
    assert climate.read("holding", 512, 1) == [1]
    assert climate.read("holding", 7936, 1) == [0x10000 - 12345]
    assert low_word_first(climate, 7937) == pytest.approx(-123.45)


def test_what_vaisala_has_no_value_of_is_nan_and_8000(rooms: Rooms) -> None:
    climate = unit(rooms, "core_temp", "core_rh", "core_status")
    rooms.turn("core_temp", Sensor.FAILED)
    assert math.isnan(low_word_first(climate, 2))
    assert climate.read("holding", 257, 1) == [0x8000]
    assert not math.isnan(low_word_first(climate, 0))
    assert climate.read("holding", 512, 1) == [0], "and it says that something is wrong"


def test_vaisala_hpp272_locks_its_reading_during_a_purge(rooms: Rooms) -> None:
    probe = unit(rooms, "core_h2o2")
    assert probe.read("holding", 512, 1) == [0], "good is 0 here, and 1 at the HMT330"
    statuses, readings = [], []
    rooms.force("core_h2o2", 1.0)
    for _ in range(86_400 // 60):
        rooms.step(60.0)
        statuses += probe.read("holding", 528, 1)
        readings.append(low_word_first(probe, 0))
    locked = [place for place, status in enumerate(statuses) if status == 32]
    assert len(locked) == 4
    assert len({readings[place] for place in locked}) == 1
    assert set(statuses) == {0, 32}


def test_dwyer_ms2_gives_one_pressure_in_many_units(rooms: Rooms) -> None:
    pressure, pa = unit(rooms, "core_dp"), rooms.values()["core_dp"]
    assert pressure.read("holding", 1, 1) == [round(pa)]
    assert high_word_first(pressure, 4) == pytest.approx(pa, abs=1e-4)
    assert high_word_first(pressure, 2) == pytest.approx(pa / 249.089, rel=1e-5)
    assert high_word_first(pressure, 6) == pytest.approx(pa / 9.80665, rel=1e-5)
    assert high_word_first(pressure, 8) == pytest.approx(pa / 1000, rel=1e-5)
    assert pressure.read("holding", 19, 1) == [1]
    with pytest.raises(Rejected):
        pressure.write(1, [0])


def test_ee650(rooms: Rooms) -> None:
    velocity, shown = unit(rooms, "velocity_2"), rooms.values()["velocity_2"]
    assert low_word_first(velocity, 0x0410) == pytest.approx(shown, abs=1e-5)
    assert velocity.read("holding", 0x0FB4, 1) == [round(shown * 100)]


def test_what_no_manual_describes_stands_where_the_profile_says(rooms: Rooms) -> None:
    assert unit(rooms, "supply_flow").read("holding", 9999, 1)
