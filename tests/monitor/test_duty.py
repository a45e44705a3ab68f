"""Who is on call, as `gradewatch duty` prints it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from alarms.calls import Calls, Substitute
from alarms.events import Tick
from alarms.state import State
from config.duty import Duty, Substitution
from config.plant import Plant
from monitor.cli import app
from monitor.collector import codec
from monitor.collector.journal import Journal, Stood
from monitor.duty import duty_of, noted_in
from tests.config.conftest import LINE
from tests.loaded import loaded

SATURDAY_EVENING = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)

EVENING = """\
demo Demo plant 演示工厂 2026-11-21 20:30 Asia/Shanghai

day Day 白班, 08:00 – 20:00, hand-over 交接 08:00 Asia/Shanghai
on call 值班 nobody 无人
next 下一班 li: Robot of the shift 班组机器人 (webhook, li), Spare robot 备用机器人 (webhook, li)

night Night 夜班, 20:00 – 08:00, hand-over 交接 08:00 Asia/Shanghai
on call 值班 wang: Robot of the shift 班组机器人 (webhook, wang), Spare robot 备用机器人 (webhook, wang)
next 下一班 cao: Robot of the shift 班组机器人 (webhook, cao), Spare robot 备用机器人 (webhook, cao)

critical critical
0 s wang
120 s li, cao
300 s li, wang, cao, qian
the last again every 300 s, 12 times at most 末步骤重复

high high
0 s wang
300 s li, cao
900 s li, wang, cao

medium medium quiet 免打扰 22:00 – 07:00
60 s wang

Substitutions noted on the screen are not in here: give --data. 此处不含屏幕上登记的替班，请给出 --data。
"""


@pytest.fixture(scope="module")
def plant() -> Plant:
    return loaded(LINE)


def told(plant: Plant, at: datetime, *, is_week: bool = False) -> list[str]:
    """Return the lines, without the columns' width."""
    return [" ".join(line.split()) for line in duty_of(plant, at, is_week=is_week)]


def test_an_evening_reads_like_this(plant: Plant) -> None:
    assert told(plant, SATURDAY_EVENING) == EVENING.splitlines()


def test_a_week_has_every_turn_of_it_by_the_rotations_own_clock(plant: Plant) -> None:
    lines = told(plant, SATURDAY_EVENING, is_week=True)
    of_day = [line for line in lines[: lines.index("", 2)] if line.endswith("turn 轮值")]
    assert len(of_day) == 7
    assert of_day[0] == "2026-11-22 08:00 – 2026-11-22 20:00 li turn 轮值"
    assert of_day[1] == "2026-11-23 08:00 – 2026-11-23 20:00 wang turn 轮值"


def test_a_plant_that_calls_nobody_says_so(plant: Plant) -> None:
    assert told(replace(plant, duty=Duty()), SATURDAY_EVENING)[1:] == [
        "This plant calls nobody. 本工厂未配置值班。"
    ]


def asked(*at: str) -> Result:
    return CliRunner().invoke(app, ["duty", str(LINE), *at])


def test_the_command_asks_for_a_time_with_its_zone() -> None:
    done = asked("--at", "2026-11-21T20:30:00+08:00")
    assert done.exit_code == 0
    assert [" ".join(line.split()) for line in done.stdout.splitlines()] == EVENING.splitlines()
    assert asked("--week").exit_code == 0
    for at in ("2026-11-21T20:30:00", "9999-12-31T20:30:00Z"):
        assert asked("--at", at).exit_code == 2


async def test_what_was_noted_on_the_screen_is_read_from_the_journal(plant: Plant, tmp_path: Path) -> None:
    tonight = Substitution(
        *("night", SATURDAY_EVENING, SATURDAY_EVENING + timedelta(hours=4), "li", "wang is ill", "wang")
    )
    by_day = replace(tonight, rotation="day", person="cao", reason="leave")
    over = replace(by_day, person="qian")
    journal = Journal(tmp_path / "journal.sqlite")
    journal.start()
    state = State(calls=Calls(substitutions=(over, by_day)))
    events = [Substitute(SATURDAY_EVENING, over, is_over=True), Substitute(SATURDAY_EVENING, tonight)]
    await journal.append(
        [codec.entry_of(Tick(SATURDAY_EVENING), SATURDAY_EVENING)], Stood(codec.state_json(state))
    )
    await journal.append([codec.entry_of(one, one.at) for one in events], None)
    await journal.close()
    assert noted_in(tmp_path) == (by_day, tonight)
    asked = ["duty", str(LINE), "--at", "2026-11-21T12:30Z", "--data", str(tmp_path)]
    lines = [" ".join(line.split()) for line in CliRunner().invoke(app, asked).output.splitlines()]
    assert any(line.startswith("on call 值班 li: Robot") for line in lines)
    assert lines[-1].startswith("night 2026-11-21 20:30 – 2026-11-22 00:30 li")
    assert lines[-1].endswith("(wang: wang is ill)")
    assert not any("give --data" in line for line in lines)
    missing = CliRunner().invoke(app, [*asked[:-1], str(tmp_path / "none")])
    assert missing.exit_code != 0
