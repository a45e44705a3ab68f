"""What holds for every test: the shared servers, and that a task left running fails the test that left it."""

import asyncio
import inspect
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

pytest_plugins = ("tests.database", "tests.service")

WHOLE_SERVICE = {"scenarios", "browser"}
"""Folders whose tests need the whole service; they come last, so that it runs no longer than it must."""


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
