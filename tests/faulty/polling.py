"""Polls of several devices, whose clock the test holds, and the rows that they have given."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial

from config.model import Device, Quality, Sample
from drivers.driver import Driver
from monitor.collector.poll import Poll
from tests.collector.clock import START, HandClock, settle
from tests.drivers.nouns import qualities
from tests.patience import PATIENCE_S


class Polling:
    """Devices by name; time passes when the test says so.

    Attributes:
        rows: what each device's own series has given, oldest first.
    """

    def __init__(self) -> None:
        self.clock = HandClock()
        self.rows: dict[str, list[Sample]] = {}
        self._news = asyncio.Event()

    def offer(self, name: str, sample: Sample) -> None:
        """Take a row; records are of no interest here."""
        if "#" not in sample.series:
            self.rows.setdefault(name, []).append(sample)
            self._news.set()

    async def tick(self, *awaited: str) -> None:
        """Let a second pass, and wait until each of these devices has its row of it."""
        await self.clock.advance(1.0)
        async with asyncio.timeout(PATIENCE_S):
            while any(self._last(name) < self.clock.now() for name in awaited):
                self._news.clear()
                await self._news.wait()
        await settle()

    def is_good(self, name: str) -> bool:
        """Whether a device's last row holds a good value."""
        return Quality.GOOD in qualities(self.rows[name][-1])

    def _last(self, name: str) -> datetime:
        return self.rows[name][-1].at if name in self.rows else START


@asynccontextmanager
async def polling(devices: Mapping[str, tuple[Device, Driver]]) -> AsyncIterator[Polling]:
    """Poll these devices, all of them on the whole second, until the end."""
    one = Polling()
    polls = {name: Poll(device, driver, one.clock, 0) for name, (device, driver) in devices.items()}
    tasks = [
        asyncio.create_task(poll.run(START, partial(one.offer, name)), name=f"poll {name}")
        for name, poll in polls.items()
    ]
    try:
        yield one
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
