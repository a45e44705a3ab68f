"""What the benches rest on: the audit's judgement of one second, and the plant that is made to measure."""

from pathlib import Path
from typing import Any

import pytest

from bench.audit import Audit, Down, look, read_log, ticks
from bench.running import LINE
from bench.scaled import LIMITED, REGISTERS, read_plant, write_plant
from config.model import Quality
from drivers.registers import plan
from tests.loaded import loaded

SECOND = 1_800_000_000


def row(*quality: Quality, reason: str = "") -> Any:
    return {"quality": list(quality) or None, "reason": reason}


@pytest.mark.parametrize(
    ("found_row", "why", "kind", "lost"),
    [
        (row(), "", "measured", 0),
        (row(Quality.UNREACHABLE, Quality.GOOD), "", "measured", 0),
        (None, "", "no row, nothing was down", 1),
        (None, "collector killed", "no row, collector killed", 0),
        (row(Quality.COLLECTOR_DOWN), "", "collector_down, answered", 1),
        (row(Quality.COLLECTOR_DOWN), "collector killed", "collector_down, collector killed", 0),
        (row(Quality.UNREACHABLE), "", "unreachable, answered", 0),
    ],
)
def test_a_second_is_lost_when_nothing_explains_it(found_row: Any, why: str, kind: str, lost: int) -> None:
    found = Audit()
    look(found, "ISO-STM-L1", SECOND, found_row, why, polled=True)
    assert found.kinds == {kind: 1}
    assert found.lost == lost == len(found.examples)


def test_a_kill_explains_what_was_read_and_not_yet_written() -> None:
    killed = Down(SECOND + 10.0, SECOND + 15.0, "collector killed")
    polled = [8.0, 9.0, 12.0, 15.0, 15.5]
    assert [killed.covers(SECOND + at) for at in polled] == [False, True, True, True, False]


def test_an_answer_belongs_to_the_tick_whose_poll_was_due_before_it() -> None:
    device = loaded(LINE).devices["RM-STM-L1"]
    # The fourth device polls 0.15 s into each second.
    answered_ms = [SECOND * 1000 + ms for ms in (160, 700, 1_120, 1_155)]
    assert list(ticks(device, 3, answered_ms)) == [SECOND, SECOND, SECOND + 1, SECOND + 1]


def test_the_log_is_read_device_by_device(tmp_path: Path) -> None:
    log = tmp_path / "answered.log"
    log.write_text("A 1 2\nB 3\nA 4\n")
    assert read_log(log) == {"A": [1, 2, 4], "B": [3]}


def test_the_plant_to_measure_is_read_by_one_request_a_device(tmp_path: Path) -> None:
    write_plant(tmp_path, 3)
    plant = read_plant(tmp_path)
    assert len(plant.devices) == 3
    assert len([one for one in plant.limits if one.channel.startswith("D001/")]) == 2 * LIMITED
    (asked,) = plan(plant.series["D001"].channels)
    assert asked.request.count == REGISTERS
