"""What holds in a zone, and why, as `gradewatch limits` prints it."""

import shutil
from pathlib import Path

import pytest

from config.load import PROFILES_DIR, load
from config.plant import Plant
from monitor.limits import UnknownZoneError, limits_of
from tests.command import gradewatch
from tests.monitor.test_cli import LINE, refused

RULED = Path(__file__).parents[1] / "config" / "ruled"


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    """Give the plant that has every kind of row."""
    shutil.copytree(PROFILES_DIR, tmp_path, dirs_exist_ok=True)
    shutil.copytree(RULED / "profiles", tmp_path, dirs_exist_ok=True)
    return load(RULED / "plant", tmp_path)


def block(plant: Plant, zone: str, limit: str) -> list[str]:
    """Return the lines of one limit, without the first columns' width."""
    blocks = "\n".join(limits_of(plant, zone)).split("\n\n")
    (lines,) = (one.splitlines() for one in blocks if one.startswith(f"{limit} "))
    return [" ".join(line.split()) for line in lines]


def test_a_zone_says_its_grade_and_its_rulesets(plant: Plant) -> None:
    lines = [" ".join(line.split()) for line in limits_of(plant, "B2")]
    assert lines[:4] == [
        "B2 B of two 二线B级",
        "grade B, at rest until a person says otherwise",
        "rulesets eu_annex1_2022_monitoring: EU GMP Annex 1 (2022), monitoring 欧盟GMP附录1（2022）监测 (monitoring)",
        f"limits {sum(line.endswith('action') or '/action ' in line or '/alert ' in line for line in lines)}",
    ]


def test_a_limit_says_its_figures_and_what_each_rests_on(plant: Plant) -> None:
    assert block(plant, "A1", "PC-L1/rolling_5_0/action") == [
        "PC-L1/rolling_5_0/action Particles >= 5.0 um 粒子 ≥5.0 µm",
        "in operation not above 20 1/m3",
        "at rest the same",
        "deadband 0 1/m3",
        "delays raised after 0 s outside, clears after 60 s inside",
        "priority critical",
        "rests on eu_annex1_2022_monitoring, in operation: 29 1/m3 (Table 5 (9.15); primary)",
        "cn_gmp_2010_annex1, in operation: 20 1/m3 (Annex 1, article 9; memory)",
        "eu_annex1_2022_monitoring, at rest: 29 1/m3 (Table 5 (9.15); primary)",
        "cn_gmp_2010_annex1, at rest: 20 1/m3 (Annex 1, article 9; memory)",
        "hidden by ISO-L1/vhp: VHP cycle 灭菌循环",
        "rationale what the rulesets print for 5_0",
    ]


def test_a_limit_says_what_differs_at_rest_and_how_it_goes_on(plant: Plant) -> None:
    lines = block(plant, "A1", "ISO-L1/pressure/alert")
    assert lines[1:3] == ["in operation not below 30 Pa", "at rest not below 25 Pa"]
    assert "priority medium, stays until it is reset, sounds again after 1800 s" in lines
    assert "ISO-L1/falling: Falling 下降, for 60 s at most" in lines
    assert "in operation not below 20 and not above 90 Pa" in block(plant, "A1", "ISO-L1/pressure/action")


def test_a_word_is_printed_as_a_word(plant: Plant) -> None:
    lines = block(plant, "D0", "PC-D/rolling_0_5/action")
    assert "in operation not above 3000000 1/m3" in lines
    assert (
        "rests on eu_annex1_2022_monitoring, in operation: not_predetermined (Table 5 (9.15); primary)"
        in lines
    )


def test_an_unknown_zone_is_told_with_the_nearest(plant: Plant) -> None:
    with pytest.raises(UnknownZoneError, match=r"no zone 'X' in this plant; write one of A1, B2, D0"):
        limits_of(plant, "X")


def test_the_command_prints_what_holds_and_refuses_a_zone_that_is_none() -> None:
    done = gradewatch("limits", "STM-L1-A-ISO", "--plant", str(LINE))
    assert (done.returncode, done.stderr) == (0, "")
    assert "ISO-STM-L1/chamber_pressure/action" in done.stdout
    assert "STM-L1-CORE" not in done.stdout
    line = refused(gradewatch("limits", "STM-L1-A-ISSO", "--plant", str(LINE)))
    assert line == "no zone 'STM-L1-A-ISSO' in this plant; did you mean 'STM-L1-A-ISO'?"
