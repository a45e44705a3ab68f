"""A stand-in for the collector that goes on by itself, and a browser that looks at it through a real server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

from playwright.async_api import Page, expect

from config.model import Quality, Sample
from config.plant import Plant
from monitor.server.gate import COOKIE
from monitor.server.rights import Role
from tests.browser.chromium import Chromium
from tests.server.collector import Collector, sample_but_for
from tests.server.conftest import Running
from tests.server.hands import Hands

DASHBOARD = Path(__file__).parents[2] / "monitor/dashboard/dist"
SLOW_MS = 20_000


class Calm:
    """Every device of a plant, each second: within its limits but for what is told."""

    def __init__(self, plant: Plant, data: Path, hands: Hands, collector: Collector | None = None) -> None:
        self.told: dict[str, float] = {}
        self.silent: set[str] = set()
        """Series of which nothing is heard any more."""
        self.simulated: set[str] = set()
        """Series of which the device says that every value is made up."""
        self.data, self.hands = data, hands
        self.plant = plant
        self.collector = collector or Collector(plant, data, hands)

    @asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        """Tell each second meanwhile."""
        async with self.collector.serving():
            task = asyncio.create_task(self._go_on())
            try:
                yield
            finally:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    async def _go_on(self) -> None:
        while True:
            self.hands.pass_s(1)
            for series in self.plant.series:
                if series not in self.silent:
                    self.collector.judge(self._sample(series))
            self.collector.feed.health(self.collector.health())
            await asyncio.sleep(1)  # a plant's own pace; nothing waits for it

    def _sample(self, series: str) -> Sample:
        sample = sample_but_for(self.plant, series, self.hands.at, self.told)
        if series not in self.simulated:
            return sample
        return replace(sample, quality=(Quality.SIMULATED,) * len(sample.values))


@asynccontextmanager
async def opened(chromium: Chromium, server: Running, role: Role, script: str = "") -> AsyncIterator[Page]:
    """Open the screen, signed in as `li`; each document runs a script before its own."""
    async with chromium.page(script=script) as page:
        token = server.sign_in(role)
        await page.context.add_cookies([{"name": COOKIE, "value": token, "url": server.address}])
        await page.goto(server.address)
        await expect(page.get_by_test_id("overview")).to_be_visible(timeout=SLOW_MS)
        yield page
