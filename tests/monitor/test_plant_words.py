"""`gradewatch plant`, as a person runs it: what differs is told in both languages, and a server's no in its words."""

import os
from pathlib import Path

import pytest

from monitor.plant_words import PASSWORD_VARIABLE
from monitor.versions import Versions, write_files
from tests.changing import ACTION, LINE, looser
from tests.changing import line as line_plant
from tests.command import gradewatch

PLANT, FILES = line_plant()


@pytest.fixture
def lower(tmp_path: Path) -> Path:
    """A folder in which one limit is looser."""
    write_files(tmp_path, looser(FILES))
    return tmp_path / "plant"


def test_what_differs_is_told_in_both_languages_and_what_is_looser_is_marked(
    lower: Path, tmp_path: Path
) -> None:
    done = gradewatch("plant", "diff", str(lower), "--from", str(LINE))
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"限度 limit  {ACTION}  下限 lower bound: 20 Pa -> 10 Pa  ▼ 放宽 looser\n"
    data = tmp_path / "data"
    Versions(data).keep(FILES)
    refused = gradewatch("plant", "diff", str(lower), "--data", str(data))
    assert (refused.returncode, "no plant was ever in force" in refused.stderr) == (1, True)


def test_it_is_compared_with_one_thing(lower: Path) -> None:
    done = gradewatch("plant", "diff", str(lower))
    assert (done.returncode, "either --data or --from" in done.stderr) == (2, True)


def test_a_server_that_is_not_there_is_told(lower: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, PASSWORD_VARIABLE, "a password")
    words = ("--name", "li", "--reason", "because", "--server", "http://127.0.0.1:1")
    done = gradewatch("plant", "propose", str(lower), *words)
    assert (done.returncode, "is it running?" in done.stderr, "Traceback" in done.stderr) == (1, True, False)
