"""The signal tower: control words in, states without the high byte out."""

from random import Random

import pytest

from simulators.registers import Rejected
from simulators.tower import Tower, TowerUnit
from tests.simulators.conftest import START


@pytest.fixture
def tower() -> TowerUnit:
    return TowerUnit(Tower(START, Random(0)))


def test_dark_and_silent_at_power_up(tower: TowerUnit) -> None:
    assert tower.read("holding", 0, 11) == [0] * 11
    assert tower.read("discrete", 0, 8) == [0] * 8


def test_the_live_check_tells_whether_the_board_is_energised() -> None:
    machine = Tower(START, Random(0))
    unit = TowerUnit(machine)
    assert unit.read("diagnostic", 0, 1) == [1]
    machine.force("pcb_alive", 0)
    machine.step(0.1)
    assert unit.read("diagnostic", 0, 1) == [0]


def test_it_holds_what_was_written(tower: TowerUnit) -> None:
    tower.write(0, [0x0102, 0x0101])
    tower.write(5, [0x0102])
    assert tower.read("holding", 0, 6) == [2, 1, 0, 0, 0, 2]
    tower.write(0, [0x0109])
    assert tower.read("holding", 0, 1) == [2], "09 is no change"
    tower.write(0, [0x0100])
    assert tower.read("holding", 0, 2) == [0, 1]


def test_clear_puts_everything_out(tower: TowerUnit) -> None:
    tower.write(0, [0x0101, 0x0102, 0x0101, 0x0102, 0x0101, 0x0103])
    tower.write(7, [1])
    assert tower.read("holding", 0, 6) == [0] * 6


def test_mute(tower: TowerUnit) -> None:
    tower.write(8, [1])
    assert tower.read("holding", 8, 1) == [1]


@pytest.mark.parametrize(
    ("address", "word"), [(0, 0x0001), (0, 0x0103), (5, 0x010C), (6, 0x0101), (7, 2), (10, 1)]
)
def test_anything_else_is_rejected_and_changes_nothing(tower: TowerUnit, address: int, word: int) -> None:
    before = tower.read("holding", 0, 11)
    with pytest.raises(Rejected):
        tower.write(address, [word])
    assert tower.read("holding", 0, 11) == before
