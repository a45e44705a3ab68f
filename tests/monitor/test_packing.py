"""The commands about packages: made of a kept batch, proved without a database, gone on with after a kill."""

import asyncio
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from monitor.packing import FOLDER, FORGOTTEN_AFTER, _forget, work_folder
from monitor.store.signing import keys_of
from tests.command import gradewatch
from tests.database import Server
from tests.monitor.test_cli import refused
from tests.records.kept_batch import BATCH, keep_batch


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def kept(plain: Server, data: Path) -> str:
    """The URL of a database with a batch in it, whose collector has `data`."""

    async def keep() -> str:
        url = await plain.fresh()
        await keep_batch(url, data)
        return url

    return asyncio.run(keep())


def test_killed_in_the_middle_it_goes_on_and_what_is_made_is_proved(
    kept: str, data: Path, tmp_path: Path
) -> None:
    asked = {"database_url": kept, "data": str(data), "batch": BATCH, "file": str(tmp_path / "killed.zip")}
    asked |= {"at": "2026-03-01T14:00:00+00:00", "who": "wang"}
    command = [sys.executable, "-m", "monitor.packing"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as making:
        assert making.stdin is not None
        assert making.stdout is not None
        making.stdin.write(json.dumps(asked).encode() + b"\n")
        making.stdin.flush()
        assert "done" in json.loads(making.stdout.readline())
        making.kill()
    assert list(work_folder(data, BATCH).glob("*.csv")), "it goes on with these"
    assert not (tmp_path / "killed.zip").exists()
    file = tmp_path / "made.zip"
    done = gradewatch("export", BATCH, "--data", str(data), "--to", str(file), database=kept)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{file}: {file.stat().st_size:,} bytes\nsha256 ")
    assert not work_folder(data, BATCH).exists()
    (key,) = keys_of(data)
    proved = gradewatch("verify", str(file), "--key", key.fingerprint)
    assert (proved.returncode, proved.stderr) == (0, "")
    assert "900 rows are those that were sealed, in 3 minutes." in proved.stdout
    assert "203 个通道的数目、最小值、最大值和平均值与原始值一致" in proved.stdout
    assert gradewatch("verify", "--data", str(data), database=kept).returncode == 0
    asyncio.run(_is_noted(kept, done.stdout.split()[4]))
    changed = bytearray(file.read_bytes())
    changed[len(changed) // 2] ^= 1
    file.write_bytes(changed)
    wrong = gradewatch("verify", str(file))
    assert wrong.returncode == 1
    assert len(wrong.stdout.splitlines()) == 2


async def _is_noted(url: str, sha256: str) -> None:
    sql = await asyncpg.connect(url)
    row = await sql.fetchrow("SELECT batch, sha256 FROM package")
    said = await sql.fetchval("SELECT body #>> '{new,sha256}' FROM book WHERE kind = 'package_made'")
    await sql.close()
    assert row is not None
    assert (row["batch"], row["sha256"], said) == (BATCH, sha256, sha256)


def test_what_was_cut_off_long_ago_is_forgotten(tmp_path: Path) -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    for days, name in ((6.9, "A"), (7.1, "B")):
        work = work_folder(tmp_path, name)
        work.mkdir(parents=True)
        (work / "piece.csv").write_text("half")
        then = (at - timedelta(days=days)).timestamp()
        os.utime(work, (then, then))
    _forget(tmp_path / FOLDER, at - FORGOTTEN_AFTER)
    assert [one.name for one in (tmp_path / FOLDER).iterdir()] == ["A.work"]


def test_what_cannot_be_made_is_one_line(kept: str, data: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.zip"
    for batch, where, says in (
        ("NO-1", data, "there is no batch NO-1"),
        ("../../NO-1", data, "there is no batch ../../NO-1"),
        (BATCH, tmp_path / "empty", "no collector has signed here yet; give the collector's data folder"),
    ):
        words = ("export", batch, "--data", str(where), "--to", str(file))
        assert says in refused(gradewatch(*words, database=kept))
    assert not file.exists()


def test_without_a_package_and_without_a_database_nothing_is_proved() -> None:
    assert gradewatch("verify").returncode == 2
