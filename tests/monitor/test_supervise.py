"""Keeping processes running: one that ends is started again, and stopping stops all, the last one first."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from monitor.supervise import Child, supervise, until_signalled
from tests.collector.clock import settle
from tests.patience import PATIENCE_S

NOTES_AND_ENDS = "import sys; open(sys.argv[1], 'a').write('started '); sys.exit(3)"
NOTES_ITS_END = """
import signal, sys, pathlib
notes = pathlib.Path(sys.argv[1])
def stop(*_):
    with notes.open("a") as file: file.write(sys.argv[2] + " ")
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
notes.with_suffix("." + sys.argv[2]).touch()
signal.pause()
"""
IGNORES_EVERYTHING = """
import signal, sys, pathlib
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path(sys.argv[1]).touch()
signal.pause()
"""


async def there(path: Path) -> None:
    """Wait until a child has said that it runs."""
    async with asyncio.timeout(PATIENCE_S):
        while not path.exists():  # noqa: ASYNC110 - made by another process
            await asyncio.sleep(0.01)


async def stopped(work: "asyncio.Task[None]") -> None:
    """Stop the supervisor and wait for it."""
    work.cancel()
    await asyncio.wait({work})


async def test_a_process_that_ends_is_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.supervise.FIRST_PAUSE_S", 0.0)
    notes = tmp_path / "notes"
    work = asyncio.create_task(supervise([Child("one", [sys.executable, "-c", NOTES_AND_ENDS, str(notes)])]))
    async with asyncio.timeout(PATIENCE_S):
        while not notes.exists() or notes.read_text().count("started") < 3:  # noqa: ASYNC110 - by another process
            await asyncio.sleep(0.01)
    await stopped(work)


async def test_all_are_stopped_the_last_one_first(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    names = ("database", "collector", "server")
    work = asyncio.create_task(
        supervise([Child(name, [sys.executable, "-c", NOTES_ITS_END, str(notes), name]) for name in names])
    )
    for name in names:
        await there(notes.with_suffix(f".{name}"))
    await stopped(work)
    assert notes.read_text().split() == ["server", "collector", "database"]


async def test_one_that_will_not_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.supervise.STOP_WITHIN_S", 0.1)
    ready = tmp_path / "ready"
    work = asyncio.create_task(
        supervise([Child("deaf", [sys.executable, "-c", IGNORES_EVERYTHING, str(ready)])])
    )
    await there(ready)
    await asyncio.wait_for(stopped(work), PATIENCE_S)


async def test_one_that_cannot_be_started_is_tried_again_and_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.supervise.FIRST_PAUSE_S", 0.0)
    late, notes = tmp_path / "late", tmp_path / "notes"
    work = asyncio.create_task(supervise([Child("late", [str(late), str(notes)])]))
    with capture_logs() as logs:
        async with asyncio.timeout(PATIENCE_S):
            while not logs:  # noqa: ASYNC110 - by the supervisor
                await asyncio.sleep(0.01)
    assert "No such file" in logs[0]["code"]
    late.write_text('#!/bin/sh\ntouch "$1"\n')
    late.chmod(0o700)
    await there(notes)
    await stopped(work)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_second_signal_does_not_cut_the_stopping_short(number: signal.Signals) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGTERM)
            await settle()
            ended.set()

    waiting = asyncio.create_task(until_signalled(asyncio.create_task(work())))
    await begun.wait()
    os.kill(os.getpid(), number)
    await asyncio.wait_for(waiting, PATIENCE_S)
    assert ended.is_set()


async def test_work_that_fails_fails_as_it_did() -> None:
    async def work() -> None:
        raise OSError("broken")

    with pytest.raises(OSError, match="broken"):
        await until_signalled(asyncio.create_task(work()))


async def test_its_output_goes_to_its_log_and_the_environment_is_added(tmp_path: Path) -> None:
    log = tmp_path / "log"
    says = "import os; print(os.environ['GRADEWATCH_WORD'], flush=True); import signal; signal.pause()"
    work = asyncio.create_task(
        supervise([Child("one", [sys.executable, "-c", says], {"GRADEWATCH_WORD": "hello"}, log)])
    )
    async with asyncio.timeout(PATIENCE_S):
        while not log.exists() or "hello" not in log.read_text():  # noqa: ASYNC110 - by another process
            await asyncio.sleep(0.01)
    await stopped(work)
