"""The command `gradewatch readings`: a whole file with rows, or none and one clear line."""

from pathlib import Path

import pyarrow.parquet
import pytest

from monitor.store.write import Writer
from tests.command import gradewatch
from tests.database import Server
from tests.loaded import loaded
from tests.monitor.test_cli import LINE, refused
from tests.server.collector import PRESSURE, isolator_sample
from tests.store.small import NOON, second

ASKED = ("--channel", PRESSURE, "--from", "2026-03-01T20:00:00+08:00", "--to", "2026-03-01T12:00:03Z")


@pytest.fixture
async def kept(plain: Server) -> str:
    """The URL of a database with five seconds of the isolator."""
    url = await plain.fresh()
    plant = loaded(LINE)
    writer = await Writer.open(url, plant, "c", NOON)
    await writer.write(1, [isolator_sample(plant, second(n), 50.0 + n) for n in range(5)], [], [])
    await writer.close()
    return url


def test_it_writes_what_was_asked_for_in_the_plants_time(kept: str, tmp_path: Path) -> None:
    file = tmp_path / "pressure.csv"
    done = gradewatch("readings", str(LINE), str(file), *ASKED, "--language", "zh", database=kept)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{file}: {file.stat().st_size:,} bytes\n"
    lines = file.read_text().splitlines()
    assert len(lines) == 4
    assert (
        lines[1]
        == f"2026-03-01T20:00:00.000000+08:00,2026-03-01T12:00:00.000000Z,{PRESSURE},50,Pa,良好,台账无记录"
    )
    parquet = tmp_path / "pressure.parquet"
    assert gradewatch("readings", str(LINE), str(parquet), *ASKED, database=kept).returncode == 0
    assert pyarrow.parquet.read_table(parquet)["value"].to_pylist() == [50, 51, 52]


def test_what_cannot_be_written_leaves_no_file(kept: str, tmp_path: Path) -> None:
    wrong = ("--channel", "NO/such")
    for name, words, says in (
        ("a.xlsx", (), "name it .csv or .parquet"),
        ("a.csv", wrong, "no channel NO/such is stored"),
        ("none/a.csv", (), "No such file or directory"),
    ):
        line = refused(gradewatch("readings", str(LINE), str(tmp_path / name), *ASKED, *words, database=kept))
        assert says in line
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_not_the_databases_fault(kept: str, tmp_path: Path) -> None:
    full = tmp_path / "full.csv"
    (tmp_path / "full.csv.part").symlink_to("/dev/full")
    line = refused(gradewatch("readings", str(LINE), str(full), *ASKED, database=kept))
    assert "No space left on device" in line
    assert "database" not in line
