"""Threads that hang are in nobody's way."""

import asyncio
import threading
from functools import partial

import pytest

from monitor.notify.threads import AllHeldError, Threads
from tests.notify.rig import threads_held


async def test_gives_what_the_work_gives_and_raises_what_it_raises() -> None:
    threads: Threads[int] = Threads(1)
    assert await threads.run(lambda: 7, 10.0) == 7
    with pytest.raises(ValueError, match="invalid literal"):
        await threads.run(lambda: int("x"), 10.0)
    assert threads.held == 0


async def test_one_that_hangs_keeps_its_place_and_nothing_else() -> None:
    release = threading.Event()
    threads: Threads[bool] = Threads(2)
    with pytest.raises(TimeoutError):
        await threads.run(partial(release.wait, 60), 0.01)
    assert threads.held == 1
    assert await threads.run(lambda: True, 10.0)
    with pytest.raises(TimeoutError):
        await threads.run(partial(release.wait, 60), 0.01)
    with pytest.raises(AllHeldError):
        await threads.run(lambda: True, 10.0)
    release.set()
    await threads_held(threads, 0)
    assert await threads.run(lambda: True, 10.0)


async def test_being_cancelled_frees_the_place_when_the_thread_comes_back() -> None:
    release = threading.Event()
    threads: Threads[bool] = Threads(1)
    task = asyncio.create_task(threads.run(partial(release.wait, 60), 60.0))
    await threads_held(threads, 1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert threads.held == 1
    release.set()
    await threads_held(threads, 0)
