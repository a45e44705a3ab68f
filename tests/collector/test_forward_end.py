"""How forwarding ends: a stop is heeded, the end is signed, and nothing is waited for longer than it may."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from monitor.collector.forward import Forward
from monitor.store.signing import remembered, signer_in
from monitor.store.write import Writer
from tests.alarms.building import plant
from tests.collector.clock import HandClock
from tests.collector.test_forward import journalled, reached, rows, samples
from tests.database import Server
from tests.patience import PATIENCE_S


async def test_a_stop_is_heeded_even_where_the_database_has_swallowed_it(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, one = tmp_path / "journal.sqlite", plant()
    await journalled(path, one, samples(0, 3))
    written = asyncio.Event()

    async def write(self: Writer, upto_seq: int, *_: Any, **__: Any) -> int:
        written.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return 3
        return 0

    monkeypatch.setattr(Writer, "write", write)
    forward = Forward(one, path, database_url, HandClock())
    task = asyncio.create_task(forward.run())
    await written.wait()
    task.cancel()
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.wait({task})
    assert task.cancelled()


@asynccontextmanager
async def held(url: str) -> AsyncIterator[None]:
    """Hold the row that every transaction of a writer needs."""
    connection = await asyncpg.connect(url)
    async with connection.transaction():
        await connection.execute("SELECT FROM forwarded FOR UPDATE")
        yield
    await connection.close()


async def blocked(url: str) -> None:
    """Wait until somebody waits for that row."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    async with asyncio.timeout(PATIENCE_S):
        while await rows(url, query) == [(0,)]:  # noqa: ASYNC110 - the database tells nobody
            await asyncio.sleep(0.01)


async def begun(tmp_path: Path, database_url: str) -> "tuple[Forward, asyncio.Task[None]]":
    """Forward a few Samples, with a key to sign."""
    path, one = tmp_path / "journal.sqlite", plant()
    await journalled(path, one, samples(0, 130))
    forward = Forward(one, path, database_url, HandClock(), signer=signer_in(tmp_path, {}))
    task = asyncio.create_task(forward.run())
    await reached(forward, 130)
    return forward, task


BOOK_END = "SELECT kind, seq, hash FROM book ORDER BY seq DESC LIMIT 1"


async def test_the_end_of_a_run_is_signed_and_kept_outside_the_database_however_often_it_is_told_to_stop(
    tmp_path: Path, database_url: str
) -> None:
    _, task = await begun(tmp_path, database_url)
    async with held(database_url):
        task.cancel()
        await blocked(database_url)
        task.cancel()
        await asyncio.sleep(0)
    await asyncio.wait({task})
    assert task.cancelled()
    ((kind, seq, digest),) = await rows(database_url, BOOK_END)
    assert (kind, seq) == ("checkpoint", remembered(tmp_path)[-1].seq + 1)
    assert len(remembered(tmp_path)) == 2
    assert await rows(database_url, "SELECT book_seq, book_hash FROM forwarded") == [(seq, digest)]


async def test_a_stop_waits_no_longer_for_the_signature_than_it_may(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.store.database.END_S", 0.05)
    _, task = await begun(tmp_path, database_url)
    before = await rows(database_url, BOOK_END)
    async with held(database_url):
        task.cancel()
        await asyncio.wait({task}, timeout=PATIENCE_S)
        assert task.cancelled()
    assert (await rows(database_url, BOOK_END), len(remembered(tmp_path))) == (before, 1)


async def test_a_database_that_is_away_is_not_waited_for_at_the_end(
    tmp_path: Path, database_url: str, timescale: Server
) -> None:
    forward, task = await begun(tmp_path, database_url)
    timescale.kill()
    try:
        task.cancel()
        await asyncio.wait({task}, timeout=PATIENCE_S)
        assert task.cancelled()
    finally:
        timescale.start()
    assert forward.position == 130


@asynccontextmanager
async def writing(tmp_path: Path, database_url: str) -> "AsyncIterator[asyncio.Task[None]]":
    """Forward until something more is being written, and waits for a row that somebody holds."""
    _, task = await begun(tmp_path, database_url)
    with suppress(asyncpg.PostgresError, asyncpg.InterfaceError):  # whoever holds it may be killed as well
        async with held(database_url):
            await journalled(tmp_path / "journal.sqlite", plant(), samples(130, 140))
            await blocked(database_url)
            yield task


async def test_a_stop_lets_what_is_being_written_come_to_its_end(tmp_path: Path, database_url: str) -> None:
    async with writing(tmp_path, database_url) as task:
        task.cancel()
        await asyncio.sleep(0)
    await asyncio.wait({task}, timeout=PATIENCE_S)
    assert task.cancelled()
    assert await rows(database_url, "SELECT count(*) FROM sample") == [(140,)]
    assert len(remembered(tmp_path)) == 2


async def test_a_stop_waits_no_longer_for_what_is_being_written_than_it_may(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.store.database.END_S", 0.05)
    async with writing(tmp_path, database_url) as task:
        task.cancel()
        await asyncio.wait({task}, timeout=PATIENCE_S)
        assert task.cancelled()
    assert await rows(database_url, "SELECT count(*) FROM sample") == [(130,)]


async def test_a_stop_in_the_moment_in_which_the_database_dies_under_a_write_is_heeded(
    tmp_path: Path, database_url: str, timescale: Server
) -> None:
    async with writing(tmp_path, database_url) as task:
        timescale.kill()
        timescale.start()
        task.cancel()
        await asyncio.wait({task}, timeout=PATIENCE_S)
        assert task.cancelled()
