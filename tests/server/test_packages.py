"""Packages over the API: made by a process beside the server, watched, stopped, taken away, one at a time."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from monitor.packing import work_folder
from monitor.records.package.verifier.said import Fault
from monitor.records.package.verify import check
from monitor.server.gate import API
from monitor.server.packages import KEPT_MAX, Packages
from monitor.server.rights import Role
from tests.patience import PATIENCE_S
from tests.records.kept_batch import BATCH, keep_batch
from tests.server.conftest import Running
from tests.store.small import NOON

WAITS = "import sys, json; sys.stdin.readline(); print(json.dumps({'done': 0.25}), flush=True); sys.stdin.readline()"
"""A program that never comes to an end by itself."""
FAILS = "import sys, json; sys.stdin.readline(); print(json.dumps({'error': 'no room'}))"
ENDS = "import sys; sys.stdin.readline()"


async def ask(server: Running, method: str, path: str, **words: Any) -> httpx.Response:
    async with server.client(server.sign_in(Role.QA), **{"Accept-Language": "zh"}) as client:
        return await client.request(method, f"{API}/packages{path}", timeout=PATIENCE_S, **words)


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something is so, as a screen does: by asking."""
    while not await is_so():  # noqa: ASYNC110 - another process says it
        await asyncio.sleep(0.02)


async def state_of(server: Running, state: str) -> dict[str, Any]:
    """Wait until the package has come so far, and say how it stands."""
    told: dict[str, Any] = {}

    async def is_so() -> bool:
        told.update((await ask(server, "GET", f"/{BATCH}")).json())
        assert told["state"] in {"running", state}, told
        return bool(told["state"] == state)

    await until(is_so)
    return told


def program(text: str) -> tuple[str, ...]:
    return (sys.executable, "-c", text)


@pytest.fixture
async def kept(keeping: Running) -> Running:
    """A server whose collector has kept a batch."""
    settings = keeping.service.settings
    await keep_batch(settings.database_url, settings.data)
    return keeping


@pytest.fixture
async def told(keeping: Running) -> Running:
    """A server that knows of a batch, of which nothing else is kept."""
    async with keeping.service.database.pool() as pool:
        await pool.execute(
            "INSERT INTO batch (id, chain, line, product, started_at, started_by, ended_at, ended_by, overrides,"
            " reason, signature, sha256, plant)"
            " VALUES ($1, 'c', 'STM-L1', 'MSC', $2, 'wu', $2, 'wu', '[]', '', '', '', '1')",
            *(BATCH, NOON),
        )
    return keeping


async def test_it_is_made_watched_taken_away_and_proved(kept: Running, tmp_path: Path) -> None:
    assert (await ask(kept, "GET", f"/{BATCH}")).status_code == 404
    answer = await ask(kept, "POST", "", json={"batch": BATCH})
    assert (answer.status_code, answer.json()["state"]) == (202, "running")
    busy = await ask(kept, "POST", "", json={"batch": BATCH})
    assert (busy.status_code, busy.json()["detail"]) == (409, "另一数据包正在生成，请停止或等待其完成。")
    assert (await ask(kept, "GET", f"/{BATCH}/file")).status_code == 404
    told = await state_of(kept, "done")
    file = await ask(kept, "GET", f"/{BATCH}/file")
    assert (file.status_code, file.headers["content-type"]) == (200, "application/zip")
    assert file.headers["content-disposition"] == f'attachment; filename="{BATCH}.zip"'
    assert (len(file.content), told["done"]) == (told["bytes"], 1.0)
    path = tmp_path / "taken.zip"
    path.write_bytes(file.content)
    assert not isinstance(check(path, (), lambda _: None), Fault)
    async with kept.service.database.pool() as pool:
        row = await pool.fetchrow("SELECT made_by, sha256 FROM package")
        chain = await pool.fetchval("SELECT chain FROM book WHERE kind = 'package_made'")
    assert row is not None
    assert (row["made_by"], row["sha256"], chain) == ("qian", told["sha256"], kept.service.ledger.chain)
    # A server that begins anew knows it by its file.
    kept.service.packages.program._known.clear()
    assert (await ask(kept, "GET", f"/{BATCH}")).json() == told
    kept.service.packages.file(BATCH).unlink()
    assert (await ask(kept, "GET", f"/{BATCH}")).status_code == 404


async def test_stopped_nothing_half_made_stays_and_the_next_may_begin(told: Running) -> None:
    packages = told.service.packages
    work = work_folder(told.service.settings.data, BATCH)
    assert work == packages.file(BATCH).with_suffix(".work")
    packages.program._command = program(WAITS)
    assert (await ask(told, "POST", "", json={"batch": BATCH})).status_code == 202

    async def is_begun() -> bool:
        return bool((await ask(told, "GET", f"/{BATCH}")).json()["done"] == 0.25)

    async def is_over() -> bool:
        return not packages.program.busy() and not work.exists()

    await until(is_begun)
    work.mkdir(parents=True)
    (work / "piece.csv").write_text("half")
    assert (await ask(told, "DELETE", f"/{BATCH}")).json()["state"] == "cancelled"
    await until(is_over)
    assert not list(work.parent.glob("*.zip"))
    packages.program._command = program(FAILS)
    assert (await ask(told, "POST", "", json={"batch": BATCH})).status_code == 202
    assert (await state_of(told, "failed"))["error"] == "no room"
    packages.program._command = program(ENDS)
    assert (await ask(told, "POST", "", json={"batch": BATCH})).status_code == 202
    assert "ended before it was done" in (await state_of(told, "failed"))["error"]


async def test_of_what_is_no_batch_or_runs_there_is_none(told: Running) -> None:
    answer = await ask(told, "POST", "", json={"batch": "NO-1"})
    assert (answer.status_code, answer.json()["detail"]) == (404, "没有批次 NO-1。")
    async with told.service.database.pool() as pool:
        await pool.execute("UPDATE batch SET ended_at = NULL, ended_by = '', comment = ''")
    answer = await ask(told, "POST", "", json={"batch": BATCH})
    assert (answer.status_code, answer.json()["detail"]) == (409, "批次仍在进行，结束后方可生成数据包。")


def test_only_the_last_files_stay(tmp_path: Path) -> None:
    packages = Packages(tmp_path)
    packages.file("a").parent.mkdir()
    for number in range(KEPT_MAX + 2):
        packages.file(f"B-{number}").write_bytes(b"x")
        os.utime(packages.file(f"B-{number}"), (number, number))
    packages._tidy()
    assert sorted(file.name for file in packages.file("a").parent.iterdir()) == [
        "B-2.zip",
        "B-3.zip",
        "B-4.zip",
    ]
