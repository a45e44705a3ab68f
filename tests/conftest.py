"""What holds for every test: the shared servers, and that a task left running fails the test that left it."""

import asyncio
import inspect
import os
from collections.abc import AsyncIterator, Generator

import pytest
import pytest_asyncio
from hypothesis import settings

from bench import running

pytest_plugins = ("tests.database", "tests.service")

# A law is about what comes, not about how soon: hypothesis's own deadline would fail on a machine with other work.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

WHOLE_SERVICE = {"scenarios", "browser"}
"""Folders whose tests need the whole service; they come last, so that it runs no longer than it must."""


def pytest_configure(config: pytest.Config) -> None:
    """Give each of several workers ports of its own: one that is free now may be another worker's in a moment."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    running.PORTS = running.PORTS[number::workers]


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
    items.sort(key=lambda item: not WHOLE_SERVICE.isdisjoint(item.path.parts))
    for item in items:
        if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.function):
            item.fixturenames.insert(0, "no_task_left_running")


@pytest_asyncio.fixture
async def no_task_left_running() -> AsyncIterator[None]:
    """Fail a test that ends with tasks which it has begun and not ended."""
    before = asyncio.all_tasks()
    yield
    left = asyncio.all_tasks() - before - {asyncio.current_task()}
    names = sorted(f"{task.get_name()}: {task.get_coro()}" for task in left if not task.done())
    assert not names, f"tasks left running: {names}"
