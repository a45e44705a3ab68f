"""The commands `gradewatch verify` and `gradewatch signing-key`, as a person runs them."""

import os
import pty
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from monitor.store.database import Connection
from monitor.store.signing import KEY_VARIABLE, keys_of, signer_in
from tests.command import gradewatch
from tests.database import Server
from tests.monitor.test_cli import GRADEWATCH, refused
from tests.patience import PATIENCE_S
from tests.store.sealed import whole


@pytest_asyncio.fixture
async def kept(plain: Server, tmp_path: Path) -> AsyncIterator[str]:
    """The URL of a database with two sealed minutes; their collector's data folder is the test's own folder."""
    url = await plain.fresh()
    sql = await asyncpg.connect(url)
    await whole(url, sql, tmp_path, 2)
    await sql.execute("ALTER TABLE book DISABLE TRIGGER ALL")
    await sql.close()
    yield url
    await plain.drop(url)


async def lie(url: str, statement: str) -> None:
    sql: Connection = await asyncpg.connect(url)
    await sql.execute(statement)
    await sql.close()


def test_a_database_as_it_was_written_is_proved(kept: str, tmp_path: Path) -> None:
    (key,) = keys_of(tmp_path)
    done = gradewatch("verify", "--data", str(tmp_path), "--key", key.fingerprint, database=kept)
    assert (done.returncode, done.stderr) == (0, "")
    english, chinese = done.stdout.splitlines()
    assert "in 2 sealed minutes" in english
    assert key.fingerprint in english
    assert "已封存 2 分钟" in chinese


async def test_the_first_thing_wrong_is_named_and_with_all_the_others_too(kept: str) -> None:
    await lie(kept, "UPDATE book SET who = 'li' WHERE seq IN (2, 4)")
    done = gradewatch("verify", database=kept)
    assert done.returncode == 1
    assert done.stdout.splitlines()[:2] == [
        "book c/2: the line is not what its hash says",
        "记录簿 c/2：该行内容与其哈希不符",
    ]
    assert "c/4" not in done.stdout
    assert (
        "book c/4: the line is not what its hash says" in gradewatch("verify", "--all", database=kept).stdout
    )


def test_a_key_that_is_not_trusted_is_named(kept: str) -> None:
    done = gradewatch("verify", "--key", "0" * 64, database=kept)
    assert done.returncode == 1
    assert "which is none of those you trust" in done.stdout


def test_what_cannot_be_looked_at_is_one_clear_line(tmp_path: Path) -> None:
    assert "start the database" in refused(
        gradewatch("verify", database="postgresql://postgres@127.0.0.1:1/none")
    )
    (tmp_path / "checkpoints.jsonl").write_text("{}\n")
    url = "postgresql://postgres@127.0.0.1:1/none"
    assert "checkpoints.jsonl:1" in refused(gradewatch("verify", "--data", str(tmp_path), database=url))


def test_a_terminal_shows_how_far_it_is(kept: str) -> None:
    ours, theirs = pty.openpty()
    environment = {**os.environ, "GRADEWATCH_DATABASE_URL": kept, "TERM": "dumb"}
    done = subprocess.run(
        [GRADEWATCH, "verify"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        check=False,
        timeout=PATIENCE_S,
    )
    os.close(theirs)
    shown = os.read(ours, 65_536).decode()
    os.close(ours)
    assert done.returncode == 0
    assert "verify 核验" in shown
    assert "100%" in shown


def test_a_key_is_shown_and_changed(tmp_path: Path) -> None:
    data = ("--data", str(tmp_path))
    assert gradewatch("signing-key", "show", *data).stdout == "none yet 尚无\n"
    first = signer_in(tmp_path, {}).key
    done = gradewatch("signing-key", "rotate", *data)
    assert (done.returncode, done.stderr) == (0, "")
    second = signer_in(tmp_path, {}).key
    assert done.stdout.splitlines()[0] == second.fingerprint
    assert gradewatch("signing-key", "show", *data).stdout == f"{first.fingerprint}\n{second.fingerprint}\n"


def test_a_key_of_the_environment_is_told_to_who_sets_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "A" * 43 + "=")
    done = gradewatch("signing-key", "rotate", "--data", str(tmp_path))
    assert done.returncode == 0
    private = done.stderr.strip().partition(f"{KEY_VARIABLE}=")[2]
    assert signer_in(tmp_path, {KEY_VARIABLE: private}).key == keys_of(tmp_path)[1]


def test_a_key_that_is_none_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "signing.key").write_text("no key")
    assert "base64 of 32 bytes" in refused(gradewatch("signing-key", "rotate", "--data", str(tmp_path)))
    (tmp_path / "signing-keys.jsonl").write_text("no line\n")
    assert "signing-keys.jsonl:1" in refused(gradewatch("signing-key", "show", "--data", str(tmp_path)))
