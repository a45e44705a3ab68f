"""What `run` does around the processes: the data folder's rights, and a database that is stopped while it starts."""

import asyncio
import stat
from collections.abc import Sequence
from pathlib import Path

import pytest

from monitor.run import EMBEDDED, RunError, RunSettings, run
from monitor.store import embedded
from monitor.store.database import DatabaseError, connect
from monitor.supervise import Child
from tests.collector.clock import settle


def settings(data: Path, database_url: str) -> RunSettings:
    return RunSettings(data / "no plant is read here", data, database_url, "127.0.0.1", 0)


async def test_the_data_folder_is_for_its_owner_alone_whoever_puts_something_into_it_first(
    tmp_path: Path,
) -> None:
    with pytest.raises(DatabaseError):
        await run(settings(tmp_path / "a" / "data", "postgresql://nobody@127.0.0.1:1/none"))
    assert stat.S_IMODE((tmp_path / "a" / "data").stat().st_mode) == 0o700


async def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match=r"file/data: Not a directory; give a folder that can be written"):
        await run(settings(tmp_path / "file" / "data", EMBEDDED))


async def test_stopped_while_the_embedded_database_starts_it_does_not_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened = []
    may_start = asyncio.Event()

    async def start(_: Path) -> str:
        happened.append("starting")
        await may_start.wait()
        happened.append("started")
        return "postgresql://nowhere"

    async def stop(_: Path) -> None:
        happened.append("stopped")

    monkeypatch.setattr(embedded, "start", start)
    monkeypatch.setattr(embedded, "stop", stop)
    running = asyncio.create_task(run(settings(tmp_path, EMBEDDED)))
    await settle()
    running.cancel()
    await settle()
    may_start.set()
    await asyncio.wait({running})
    assert (happened, running.cancelled()) == (["starting", "started", "stopped"], True)


async def test_neither_process_is_given_the_rights_of_the_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    async def look(children: Sequence[Child]) -> None:
        for child in children:
            connection = await connect(child.environment["GRADEWATCH_DATABASE_URL"])
            user = await connection.fetchval("SELECT current_user")
            may = await connection.fetchval("SELECT has_table_privilege('sample', 'INSERT')")
            more = await connection.fetchval(
                "SELECT has_table_privilege('sample', 'UPDATE, DELETE, TRUNCATE')"
            )
            seen.append((user, may, more, child.environment["GRADEWATCH_OWNER_DATABASE_URL"]))
            await connection.close()

    monkeypatch.setattr("monitor.run.supervise", look)
    await run(settings(tmp_path, EMBEDDED))
    await run(settings(tmp_path, EMBEDDED))
    assert seen == [("gradewatch", True, False, "")] * 4
