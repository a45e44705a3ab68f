"""What holds for every test: the shared servers, and that a task left running fails the test that left it."""

import asyncio
import inspect
import shutil
from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import settings

from tests.memory import keep_in_memory

pytest_plugins = ("tests.database", "tests.service")

# A law is about what comes, not about how soon: hypothesis's own deadline would fail on a machine with other work.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

FOLDER = pytest.StashKey[Path]()
"""Where the files of this run are, at who made it."""
WAITING = ("scenarios", "browser")
"""Folders whose tests wait for processes and pages more than they reckon; the longest waits are in the first."""


def pytest_configure(config: pytest.Config) -> None:
    """Keep what tests write in memory; of a run that failed it stays, to be looked at."""
    folder = keep_in_memory()
    if folder is not None:
        config.stash[FOLDER] = folder


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Remove it again."""
    folder = session.config.stash.get(FOLDER, None)
    if folder is not None and exitstatus == pytest.ExitCode.OK:
        shutil.rmtree(folder)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let no report say what cannot be encoded: a worker could not send it."""
    report = yield
    report.sections = [
        (name, text.encode(errors="backslashreplace").decode()) for name, text in report.sections
    ]
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the watch on every test that is a coroutine; the others have no loop to leave a task in."""
    place = _places(items)
    items.sort(key=lambda item: place[item.path])
    for item in items:
        if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.function):
            item.fixturenames.insert(0, "no_task_left_running")


def _places(items: list[pytest.Item]) -> dict[Path, float]:
    """Tell when each file comes, so that while one worker waits the others reckon.

    Files that wait are spread among those that reckon. Those that share the running service come last, so that it
    runs no longer than it must, and the longest of them first, so that no worker is left alone at the end.
    """
    files = dict.fromkeys(item.path for item in items)
    last = {item.path for item in items if "running" in getattr(item, "fixturenames", ())}
    rooms = {path: [n for n, room in enumerate(WAITING, start=1) if room in path.parts] for path in files}
    waiting = [path for path in files if rooms[path] and path not in last]
    reckoning = [path for path in files if not rooms[path] and path not in last]
    spread = {path: n / len(some) for some in (waiting, reckoning) for n, path in enumerate(some)}
    return spread | {path: min(rooms[path], default=0) + 1 for path in last}


@asynccontextmanager
async def no_task_left() -> AsyncIterator[None]:
    """Fail if the block ends with tasks which it has begun and not ended."""
    before = asyncio.all_tasks()
    yield
    left = asyncio.all_tasks() - before - {asyncio.current_task()}
    names = sorted(f"{task.get_name()}: {task.get_coro()}" for task in left if not task.done())
    assert not names, f"tasks left running: {names}"


@pytest_asyncio.fixture
async def no_task_left_running() -> AsyncIterator[None]:
    """Fail a test that ends with tasks which it has begun and not ended."""
    async with no_task_left():
        yield
