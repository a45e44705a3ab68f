"""The only file of the service that asks what time it is."""

import asyncio
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time and waits for a time. Handed to whoever needs it, so that a test can hold the hands."""

    def now(self) -> datetime:
        """Return the time now, aware, in UTC."""

    async def sleep_until(self, at: datetime) -> None:
        """Wait until `at`; return at once if that has passed."""


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """Return the time now, aware, in UTC."""
        return datetime.now(UTC)

    async def sleep_until(self, at: datetime) -> None:
        """Wait until `at`; looks again after waking, because a timer may fire early against the wall clock."""
        while (wait_s := (at - self.now()).total_seconds()) > 0:  # noqa: ASYNC110 - it is time that is awaited
            await asyncio.sleep(wait_s)
