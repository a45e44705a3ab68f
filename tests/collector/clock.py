"""A clock whose hands the test holds: whoever sleeps until a time wakes when the test has brought it there."""

import asyncio
from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 21, 8, 0, 0, tzinfo=UTC)


class HandClock:
    """Stands still until `advance`."""

    def __init__(self, start: datetime = START) -> None:
        self.ahead_s = 0.0
        self._now = start
        self._sleepers: list[tuple[datetime, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        """Return what the hands show."""
        return self._now

    def host_is_ahead_s(self) -> float:
        """Return what the test has set."""
        return self.ahead_s

    async def sleep_until(self, at: datetime) -> None:
        """Wait until the hands have reached `at`."""
        if at <= self._now:
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((at, woken))
        await woken

    async def advance(self, seconds: float) -> None:
        """Move the hands on, stopping wherever somebody wants to be woken, and let everyone run."""
        until = self._now + timedelta(seconds=seconds)
        await settle()
        while due := sorted(at for at, woken in self._sleepers if at <= until and not woken.done()):
            self._now = max(self._now, due[0])
            for at, woken in self._sleepers:
                if at <= self._now and not woken.done():
                    woken.set_result(None)
            self._sleepers = [(at, woken) for at, woken in self._sleepers if not woken.done()]
            await settle()
        self._now = until
        await settle()

    def skip(self, seconds: float) -> None:
        """Move the hands on while nobody waits for them, and nobody has to run."""
        assert not self._sleepers, "somebody would sleep on"
        self._now += timedelta(seconds=seconds)


async def settle(rounds: int = 20) -> None:
    """Let every task that can run do so."""
    for _ in range(rounds):
        await asyncio.sleep(0)
