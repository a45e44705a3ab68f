"""The only file of the service that asks what time it is.

The service's clock is the host's as it stood at the start, carried on by the monotonic clock: NTP slews both alike, but
a step of the host's clock (set by hand, or by NTP after a long outage) moves only the host's. So no step makes a poll
wait, an alarm's delay end early, or a second come twice; it is seen as a difference and alarmed instead.
"""

import asyncio
import ctypes
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

NOT_SYNCHRONISED = 5
"""What adjtimex(2) returns while nothing keeps the clock right: TIME_ERROR."""
_TIMEX_BYTES = 512
"""More than struct timex takes (208 on 64-bit Linux)."""


class Clock(Protocol):
    """Tells the time and waits for a time. Handed to whoever needs it, so that a test can hold the hands."""

    def now(self) -> datetime:
        """Return the time now, aware, in UTC."""

    def host_is_ahead_s(self) -> float:
        """Return by how many seconds the host's clock differs from this one."""

    async def sleep_until(self, at: datetime) -> None:
        """Wait until `at`; return at once if that has passed."""


class SystemClock:
    """The clock of this machine, without its steps."""

    def __init__(self) -> None:
        """Take the host's time once."""
        self._start = datetime.now(UTC)
        self._monotonic_start = time.monotonic()

    def now(self) -> datetime:
        """Return the time now, aware, in UTC."""
        return self._start + timedelta(seconds=time.monotonic() - self._monotonic_start)

    def host_is_ahead_s(self) -> float:
        """Return by how many seconds the host's clock differs from this one."""
        return (datetime.now(UTC) - self.now()).total_seconds()

    async def sleep_until(self, at: datetime) -> None:
        """Wait until `at`; looks again after waking, because a timer may fire a little early."""
        while (wait_s := (at - self.now()).total_seconds()) > 0:  # noqa: ASYNC110 - it is time that is awaited
            await asyncio.sleep(wait_s)


def kernels_word() -> int | None:
    """Ask the kernel whether anything keeps its clock right (adjtimex(2), which only reads here).

    Returns:
        NOT_SYNCHRONISED, or another number while it is kept right; -1: it refused. None: this system cannot be asked.
    """
    try:
        return int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)))
    except (OSError, AttributeError):
        return None


def synchronised(word: int | None) -> bool | None:
    """Say what the kernel's word means; None: it does not tell."""
    return None if word is None or word < 0 else word != NOT_SYNCHRONISED
