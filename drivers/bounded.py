"""A time limit that holds with asyncua inside."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def bounded(seconds: float) -> AsyncIterator[None]:
    """Bound what is inside, as asyncio.timeout does.

    Where an answer comes in the very moment in which its time is up, asyncua's wait_for ends with a class of its own,
    derived from CancelledError, and asyncio.timeout takes that for somebody else's: nobody would know of a time that
    was up, and the task would end as if it had been cancelled.

    Raises:
        TimeoutError: the time was up.
    """
    async with asyncio.timeout(seconds):
        try:
            yield
        except asyncio.CancelledError:
            raise asyncio.CancelledError from None
