"""Threads for what blocks: few, waited for no longer than a limit, and in nobody's way when they hang."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Generic, TypeVar

T = TypeVar("T")


class AllHeldError(Exception):
    """Every thread still hangs in something earlier."""


class Threads(Generic[T]):
    """Runs what blocks, outside the event loop.

    A thread cannot be ended from outside. One that hangs keeps its place until it comes back, and does not hold up the
    end of the program.

    Args:
        limit: how many at once.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._free = limit

    @property
    def held(self) -> int:
        """How many have not come back yet."""
        return self._limit - self._free

    async def run(self, work: Callable[[], T], timeout_s: float) -> T:
        """What `work` gives, or whatever it raises.

        Raises:
            AllHeldError: there is no thread left for it; it was not begun.
            TimeoutError: it takes longer; it goes on, and nobody hears of it.
        """
        if self._free == 0:
            raise AllHeldError
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()

        def carry() -> None:
            try:
                end = partial(_give, done, work())
            except Exception as error:  # noqa: BLE001 - the thread's outer edge: who waits gets it
                end = partial(_raise, done, error)
            with suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(self._back, end)

        threading.Thread(target=carry, name="notice", daemon=True).start()
        self._free -= 1
        async with asyncio.timeout(timeout_s):
            return await done

    def _back(self, end: Callable[[], None]) -> None:
        self._free += 1
        end()


def _give(done: asyncio.Future[T], result: T) -> None:
    if not done.done():
        done.set_result(result)


def _raise(done: asyncio.Future[T], error: Exception) -> None:
    if not done.done():
        done.set_exception(error)
