"""The verifier of a package: an untouched one is proved where nothing of this service is; a thousand lies are named."""

import ast
import asyncio
import os
import random
import subprocess
import sys
import venv
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from monitor.records.package.packed_verifier import packed as packed_verifier
from monitor.records.package.verifier.said import Fault
from monitor.records.package.verify import check, report
from monitor.store.signing import signer_in
from tests.database import Server
from tests.records.lies import ROWS, Liar
from tests.records.packing import Forger, files_in, packed

LIES = 1_000


@pytest.fixture(scope="module")
def data(plain: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of who has made a package."""
    folder = tmp_path_factory.mktemp("data")

    async def make() -> None:
        url = await plain.fresh()
        await packed(url, folder)
        await plain.drop(url)

    asyncio.run(make())
    return folder


@pytest.fixture(scope="module")
def package(data: Path) -> Path:
    return next(data.glob("*.zip"))


def found(path: Path, *trusted: str) -> str:
    """Say the fault that is found; "" if there is none."""
    result = check(path, trusted, lambda _: None)
    return str(result) if isinstance(result, Fault) else ""


def test_an_untouched_one_is_proved_and_says_what_it_cannot_know(package: Path) -> None:
    proved = check(package, (), lambda _: None)
    assert not isinstance(proved, Fault), proved
    words = list(report(package.name, proved))
    assert words[0] == ("B-26-001.zip: everything holds.", "B-26-001.zip：全部成立。")
    assert any("241 rows are those that were sealed, in 4 minutes" in en for en, _ in words)
    assert words[-1][0].startswith(
        "What it cannot know: 0 rows are not sealed, 2 lines follow the last checkpoint of their chain,"
        " 0 alarms and 1 signatures stand in lines that are not here"
    )


def test_no_part_of_the_one_file_takes_the_name_of_another() -> None:
    said: Counter[str] = Counter()
    for node in ast.parse(packed_verifier()).body:
        names = [node] if isinstance(node, ast.FunctionDef | ast.ClassDef) else []
        said.update(one.name for one in names)
        if isinstance(node, ast.Assign | ast.AnnAssign):
            of = node.targets if isinstance(node, ast.Assign) else [node.target]
            said.update(one.id for each in of for one in ast.walk(each) if isinstance(one, ast.Name))
    assert len(said) > 50
    assert [name for name, times in said.items() if times > 1] == []


def test_it_is_proved_where_nothing_of_this_service_is(package: Path, tmp_path: Path) -> None:
    """In isolated mode Python knows neither this folder nor any variable; of what is installed only one is let in."""
    script = tmp_path / "verify.py"
    script.write_bytes(files_in(package.read_bytes())["verify.py"])
    assert script.read_text("utf-8") == packed_verifier()
    venv.create(tmp_path / "bare", symlinks=True)
    let_in = tmp_path / "bare" / "only"
    let_in.mkdir()
    for name in ("cryptography", "cffi", "pycparser", "_cffi_backend"):
        for one in (Path(sys.prefix) / "lib").glob(f"python*/site-packages/{name}*"):
            (let_in / one.name).symlink_to(one)
    (bare,) = (tmp_path / "bare" / "lib").glob("python*/site-packages")
    (bare / "only.pth").write_text(f"{let_in}\n")
    python = tmp_path / "bare" / "bin" / "python"

    def run(*words: str) -> "subprocess.CompletedProcess[str]":
        command = [str(python), "-I", str(script), *words]
        return subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, check=False, env={**os.environ}
        )

    proved = run(str(package))
    assert (proved.returncode, proved.stderr.strip()) == (0, "")
    assert "everything holds" in proved.stdout
    assert "全部成立" in proved.stdout
    distrusted = run(str(package), "--key", "0" * 64)
    assert (distrusted.returncode, distrusted.stdout.splitlines()[0]) == (
        1,
        "keys.jsonl: the first key is none of those you trust",
    )
    assert run().returncode == 2


def test_a_key_that_is_trusted_is_the_first_one(data: Path, package: Path) -> None:
    assert found(package, signer_in(data, {}).keys[0].fingerprint) == ""
    assert found(package, "f" * 64).startswith("keys.jsonl: ")


def test_made_again_with_the_same_files_it_is_proved(data: Path, package: Path, tmp_path: Path) -> None:
    """So what a forger is found by below is the lie, and not the forging."""
    Forger(signer_in(data, {})).forge(files_in(package.read_bytes()), tmp_path / "again.zip")
    assert found(tmp_path / "again.zip") == ""


def reworded(package: Path, line: int, here: bytes, there: bytes) -> dict[str, bytes]:
    """Take a package apart, and write one line of rows in another way."""
    files = files_in(package.read_bytes())
    lines = files[ROWS].splitlines(keepends=True)
    assert here in lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(here, there, 1)
    return files | {ROWS: b"".join(lines)}


def test_the_same_number_written_in_another_way_is_found_by_the_hash_of_the_file(
    package: Path, tmp_path: Path
) -> None:
    """It would be the same row, of the same digest: 28.9 and 28.90."""
    path = tmp_path / "reworded.zip"
    assert b"." in files_in(package.read_bytes())[ROWS].splitlines()[100].rpartition(b",")[2]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in reworded(package, 101, b"\n", b"0\n").items():
            zipped.writestr(name, content)
    assert found(path).startswith(f"{ROWS}: the file is not what the manifest says")


def test_of_many_rows_the_one_that_is_none_is_named(data: Path, package: Path, tmp_path: Path) -> None:
    Forger(signer_in(data, {})).forge(reworded(package, 100, b",3,", b",x,"), tmp_path / "x.zip")
    assert found(tmp_path / "x.zip").startswith(f"{ROWS}:100: not a row as Gradewatch writes it")


def test_a_thousand_lies_are_refused_and_named(data: Path, package: Path, tmp_path: Path) -> None:
    liar = Liar(package.read_bytes(), Forger(signer_in(data, {})), random.Random(8))
    path = tmp_path / "lie.zip"
    for _ in range(LIES):
        lie = liar.lie(path)
        fault = found(path)
        assert fault, lie
        assert lie.is_named_in(fault), (lie, fault)
        assert len(fault.splitlines()) == 2, fault
