"""What holds for every test: a task left running fails the test that left it."""

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio


@pytest_asyncio.fixture(autouse=True)
async def no_task_left_running() -> AsyncIterator[None]:
    """Fail any test that ends with more asyncio tasks than it began with."""
    before = asyncio.all_tasks()
    yield
    left = [task for task in asyncio.all_tasks() - before if not task.done()]
    names = sorted(f"{task.get_name()}: {task.get_coro()}" for task in left)
    assert not left, f"tasks left running: {names}"
