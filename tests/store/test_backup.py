"""Backup and restore: what comes back is what was there, proved; whatever is not is told."""

import json
import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from monitor.store.backup import DUMP, MANIFEST, BackupError, backup, manifest_of
from monitor.store.content import Content, Head, Table, content_of, differences
from monitor.store.database import Connection, DatabaseError
from monitor.store.migrate import migrate
from monitor.store.record import CHAIN
from monitor.store.restore import drill, restore
from monitor.store.roles import SERVICE, Login, signed_in_as
from monitor.store.tools import ToolError, run_tool, tools_for
from monitor.store.verify import verify
from tests.command import gradewatch
from tests.database import LOCKED, Server
from tests.store.sealed import MINUTE, whole
from tests.store.small import NOON
from tests.store.test_roles import write

LATER = NOON + timedelta(hours=3)
FIVE = 5


def silent(done: int, of: int) -> None:
    """Nobody looks."""


@pytest_asyncio.fixture
async def made(server: Server, url: str, sql: Connection, tmp_path: Path) -> AsyncIterator[Path]:
    """A backup of a database with five minutes of everything."""
    await whole(url, sql, tmp_path / "data", FIVE)
    yield await backup(
        url, tmp_path / "backups", LATER, who="zhang", data=tmp_path / "data", programs=server.programs
    )


@pytest_asyncio.fixture
async def empty(server: Server) -> AsyncIterator[str]:
    """An empty database."""
    url = await server.empty()
    yield url
    await server.drop(url)


async def all_content(url: str) -> Content:
    connection = await asyncpg.connect(url)
    try:
        return await content_of(connection)
    finally:
        await connection.close()


async def last_lines(sql: Connection) -> list[tuple[str, str]]:
    rows = await sql.fetch("SELECT kind, who FROM book WHERE chain = $1 ORDER BY seq", CHAIN)
    return [(row["kind"], row["who"]) for row in rows]


async def test_the_drill_what_was_restored_is_what_was_there_and_the_book_proves_it(
    server: Server, url: str, empty: str, sql: Connection, made: Path
) -> None:
    manifest = manifest_of(made)
    verified = await restore(empty, made, LATER, silent, who="li", programs=server.programs)
    assert (verified.findings, verified.minutes) == ((), FIVE)
    assert verified.alarms == await sql.fetchval("SELECT count(*) FROM alarm") > 0
    assert verified.rows == await sql.fetchval(
        "SELECT count(*) FROM sample WHERE at < $1", NOON + FIVE * MINUTE
    )
    assert verified.checkpoints > 0
    for query in (
        "SELECT * FROM sample ORDER BY series_id, at",
        "SELECT * FROM rollup_1m ORDER BY series_id, at",
        "SELECT * FROM alarm ORDER BY id, raised_at",
        f"SELECT * FROM book WHERE chain <> '{CHAIN}' ORDER BY chain, seq",
        "SELECT * FROM series ORDER BY id",
    ):
        connection = await asyncpg.connect(empty)
        assert await connection.fetch(query) == await sql.fetch(query) != []
        await connection.close()
    assert manifest.content.tables["sample"].rows == await sql.fetchval("SELECT count(*) FROM sample")


async def test_both_stand_in_the_book(
    server: Server, url: str, empty: str, sql: Connection, made: Path
) -> None:
    assert await last_lines(sql) == [("backup", "zhang")]
    await restore(empty, made, LATER, silent, who="li", programs=server.programs)
    connection = await asyncpg.connect(empty)
    # The line about a backup is younger than what is in it.
    assert await last_lines(connection) == [("restore", "li")]
    await connection.close()
    for one in (url, empty):
        assert (await verify(one, None, silent)).findings == ()


async def test_the_service_goes_on_in_what_was_restored(
    server: Server, url: str, empty: str, made: Path
) -> None:
    await restore(empty, made, LATER, silent, who="li", programs=server.programs)
    await migrate(empty, [Login(SERVICE)])
    mine = signed_in_as(empty, SERVICE)
    await write(mine, 1_000_000)
    connection = await asyncpg.connect(mine)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("DELETE FROM sample")
    if await connection.fetchval("SELECT samples_in_chunks()"):
        assert await connection.fetchval("SELECT count(*) FROM show_chunks('sample')") > 1
    await connection.close()


async def test_a_drill_leaves_nothing_behind(server: Server, url: str, made: Path) -> None:
    before = await all_content(url)
    verified = await drill(url, made, silent, programs=server.programs)
    assert (verified.findings, verified.minutes) == ((), FIVE)
    assert await all_content(url) == before
    connection = await asyncpg.connect(url)
    assert not await connection.fetchval("SELECT count(*) FROM pg_database WHERE datname LIKE '%drill%'")
    await connection.close()


async def test_what_was_changed_before_the_backup_is_found_by_its_drill(
    server: Server, url: str, sql: Connection, tmp_path: Path
) -> None:
    await whole(url, sql, tmp_path, FIVE)
    await sql.execute("UPDATE sample SET values[1] = values[1] + 1 WHERE at = $1", NOON + MINUTE)
    made = await backup(url, tmp_path / "backups", LATER, who="zhang", programs=server.programs)
    (first, *_) = (await drill(url, made, silent, programs=server.programs)).findings
    assert "12:01" in first.place


async def test_dump_and_manifest_are_of_one_moment_though_the_service_writes_on(
    server: Server, url: str, sql: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await write(url, 1)

    async def dumped_meanwhile(program: Path, url: str, *words: str) -> None:
        await write(url, 2)
        await run_tool(program, url, *words)
        await write(url, 3)

    monkeypatch.setattr("monitor.store.backup.run_tool", dumped_meanwhile)
    made = await backup(url, tmp_path, LATER, who="zhang", programs=server.programs)
    assert await sql.fetchval("SELECT count(*) FROM sample") == 3
    assert manifest_of(made).content.tables["sample"].rows == 1
    await drill(url, made, silent, programs=server.programs)


async def test_a_damaged_dump_is_refused(plain: Server, tmp_path: Path) -> None:
    url = await plain.fresh()
    made = await backup(url, tmp_path, LATER, who="zhang", programs=plain.programs)
    dump = bytearray((made / DUMP).read_bytes())
    dump[len(dump) // 2] ^= 1
    (made / DUMP).write_bytes(dump)
    with pytest.raises(BackupError, match="not the dump that was written"):
        await drill(url, made, silent)
    await plain.drop(url)


async def test_what_came_back_otherwise_is_named(plain: Server, tmp_path: Path) -> None:
    url = await plain.fresh()
    await write(url, 1)
    made = await backup(url, tmp_path, LATER, who="zhang", programs=plain.programs)
    manifest = json.loads((made / MANIFEST).read_text())
    manifest["content"]["tables"]["sample"]["sum"] = "1"
    (made / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(
        BackupError, match="is not what was backed up: table sample: 1 rows with sum 1, now 1 rows"
    ):
        await drill(url, made, silent, programs=plain.programs)
    await plain.drop(url)


async def test_only_an_empty_database_is_restored_into(server: Server, url: str, made: Path) -> None:
    with pytest.raises(
        BackupError, match=r"has tables already .* restore only into an empty one \(createdb\)"
    ):
        await restore(url, made, LATER, silent, who="li", programs=server.programs)


async def test_timescale_is_not_restored_where_it_is_not(
    timescale: Server, plain: Server, database_url: str, tmp_path: Path
) -> None:
    made = await backup(database_url, tmp_path, LATER, who="zhang", programs=timescale.programs)
    with pytest.raises(BackupError, match=r"is of TimescaleDB \d[\d.]+, which this server does not offer"):
        await drill(plain.url(), made, silent, programs=plain.programs)


async def test_a_backup_that_failed_leaves_nothing_that_looks_like_one(plain: Server, tmp_path: Path) -> None:
    url = await plain.empty()
    with pytest.raises(DatabaseError, match="gradewatch migrate"):
        await backup(url, tmp_path, LATER, who="zhang", programs=plain.programs)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(
        ToolError, match=r"no pg_dump of PostgreSQL \d+ or newer in /nowhere; install postgresql-client"
    ):
        await backup(url, tmp_path, LATER, who="zhang", programs=Path("/nowhere"))
    with pytest.raises(BackupError, match="give a folder that can be written"):
        await backup(url, Path("/proc"), LATER, who="zhang")
    with pytest.raises(
        BackupError, match=r"manifest\.json: No such file or directory; give the folder of one"
    ):
        await drill(url, tmp_path, silent)
    await plain.drop(url)


async def test_the_private_key_does_not_go_along(made: Path) -> None:
    assert {path.name for path in made.iterdir()} == {
        DUMP,
        MANIFEST,
        "checkpoints.jsonl",
        "signing-keys.jsonl",
    }
    assert made.stat().st_mode & 0o077 == 0


async def test_a_password_is_told_to_the_program_and_to_nobody_else(plain: Server, tmp_path: Path) -> None:
    await plain.execute(
        f"DROP ROLE IF EXISTS {LOCKED}", f"CREATE ROLE {LOCKED} LOGIN SUPERUSER PASSWORD 'a/b c'"
    )
    url = await plain.fresh()
    mine = url.replace("postgres@", f"{LOCKED}:a%2Fb%20c@")
    made = await backup(mine, tmp_path, LATER, who="zhang", programs=plain.programs)
    assert manifest_of(made).content.tables["migration"].rows > 0
    await plain.drop(url)
    await plain.execute(f"DROP ROLE {LOCKED}")


async def test_the_password_is_not_among_the_words_that_everybody_on_the_machine_can_read(
    tmp_path: Path,
) -> None:
    tool = tmp_path / "tool"
    tool.write_text('#!/bin/sh\necho "error: $* $PGPASSWORD" >&2\nexit 1\n')
    tool.chmod(0o755)
    with pytest.raises(ToolError) as caught:
        await run_tool(tool, "postgresql://li:a%2Fb@host:1/x?sslmode=require", "--more")
    assert str(caught.value) == (
        "tool failed: error: --no-password --dbname=postgresql://li@host:1/x?sslmode=require --more a/b"
    )


async def test_any_row_that_differs_makes_another_sum(url: str, sql: Connection) -> None:
    await write(url, 1)
    seen = {(await content_of(sql)).tables["sample"].sum}
    for change in (
        "values = '{1,2,3.5}'",
        "values = '{1,2,-0.0}'",
        "values = '{1,2,0.0}'",
        "reason = ''",
        "flags = 1",
    ):
        await sql.execute(f"UPDATE sample SET {change}")
        seen.add((await content_of(sql)).tables["sample"].sum)
    assert len(seen) == 6


def test_differences_are_named() -> None:
    was = Content({"a": Table(1, "1"), "b": Table(2, "2")}, {"c": Head(1, "x")})
    now = Content({"a": Table(1, "1"), "b": Table(2, "3")}, {"c": Head(1, "y"), "d": Head(1, "z")})
    assert differences(was, was) == []
    assert differences(was, now) == [
        "table b: 2 rows with sum 2, now 2 rows with sum 3",
        "book c: another last line",
        "book d: another last line",
    ]


def test_the_programs_of_the_servers_own_version_are_taken_first(
    timescale: Server, plain: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{plain.programs}:{timescale.programs}")
    assert tools_for(17, None) == timescale.programs
    assert tools_for(18, None).samefile(plain.programs)
    assert tools_for(16, None) == timescale.programs
    with pytest.raises(ToolError):
        tools_for(99, None)
    monkeypatch.setenv("PATH", str(tmp_path))
    shutil.copy(plain.programs / "pg_dump", tmp_path)
    assert tools_for(18, None) != tmp_path, "pg_restore is not there"


async def test_the_commands_back_up_try_and_restore(
    server: Server, url: str, empty: str, tmp_path: Path
) -> None:
    await migrate(url, [Login(SERVICE)])
    programs = ("--programs", str(server.programs))

    def both(url: str) -> tuple[str, ...]:
        return ("--database", signed_in_as(url, SERVICE), "--owner", url, *programs)

    made = gradewatch("backup", str(tmp_path / "backups"), *both(url))
    (folder,) = (tmp_path / "backups").iterdir()
    assert (made.returncode, made.stderr) == (0, "")
    assert f"gradewatch restore {folder} --drill" in made.stdout
    tried = gradewatch("restore", str(folder), "--drill", *both(url))
    assert (tried.returncode, tried.stdout.count("0 rows in 0 sealed minutes")) == (0, 1)
    done = gradewatch("restore", str(folder), *both(empty))
    assert (done.returncode, done.stdout) == (0, tried.stdout)
    connection = await asyncpg.connect(signed_in_as(empty, SERVICE))
    assert await connection.fetchval("SELECT has_table_privilege('sample', 'INSERT')")
    assert not await connection.fetchval("SELECT has_table_privilege('sample', 'DELETE')")
    await connection.close()
    again = gradewatch("restore", str(folder), *both(empty))
    assert again.returncode == 1
    assert "has tables already" in again.stderr
    assert "Traceback" not in again.stderr
