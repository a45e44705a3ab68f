"""A stand-in for the collector that goes on by itself, and a browser that looks at it through a real server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import cache
from pathlib import Path

from playwright.async_api import Page, expect

from bench.ports import free_port
from config.model import Quality, Sample
from config.plant import Plant
from monitor.server.gate import COOKIE
from monitor.server.rights import Role
from monitor.server.settings import Settings
from tests.browser.chromium import Chromium
from tests.patience import PATIENCE_S
from tests.server.collector import Collector, sample_of, well
from tests.server.conftest import NO_DATABASE, Running, meet, running
from tests.server.hands import Hands

DASHBOARD = Path(__file__).parents[2] / "monitor/dashboard/dist"
SLOW_MS = 1000 * PATIENCE_S


class Calm:
    """Every device of a plant, each second: within its limits but for what is told."""

    def __init__(self, plant: Plant, data: Path, hands: Hands, collector: Collector | None = None) -> None:
        self.told: dict[str, float] = {}
        self.silent: set[str] = set()
        """Series of which nothing is heard any more."""
        self.simulated: set[str] = set()
        """Series of which the device says that every value is made up."""
        self.stands_still = False
        """No time passes, and nothing is told but that all goes on."""
        self.data, self.hands = data, hands
        self.plant = plant
        self._well = {series: well(plant, series) for series in plant.series}
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
            if not self.stands_still:
                self.pass_second()
            self.collector.feed.health(self.collector.health())
            await asyncio.sleep(1)  # a plant's own pace; nothing waits for it

    def pass_second(self) -> None:
        """Let every device tell what it measures in the next second."""
        self.hands.pass_s(1)
        for series in self.plant.series:
            if series not in self.silent:
                self.collector.judge(self._sample(series))

    def _sample(self, series: str) -> Sample:
        sample = sample_of(series, self._well[series], self.hands.at, self.told)
        if series not in self.simulated:
            return sample
        return replace(sample, quality=(Quality.SIMULATED,) * len(sample.values))


@cache
def _port() -> int:
    """Tell where all servers of this worker are met, one after the other: Chromium has the program from the first."""
    return free_port()


@asynccontextmanager
async def served(calm: Calm, database_url: str = NO_DATABASE) -> AsyncIterator[Running]:
    """Serve a calm plant; who has a database knows everybody by it, as without one nobody can."""
    settings = Settings(calm.plant, calm.data, database_url, DASHBOARD, calm.hands.now, port=_port())
    async with calm.going_on(), running(settings) as made:
        if database_url != NO_DATABASE:
            await meet(made)  # whoever it does not know is signed out as soon as it has read its people
        yield made


@asynccontextmanager
async def opened(
    chromium: Chromium, server: Running, role: Role, script: str = "", place: str = ""
) -> AsyncIterator[Page]:
    """Open the screen, signed in.

    Args:
        chromium: in which.
        server: whose.
        role: of who is signed in.
        script: what each document runs before its own.
        place: which page it shows, as its address says; "": the whole plant.
    """
    async with chromium.page(script=script) as page:
        token = server.sign_in(role)
        await page.context.add_cookies([{"name": COOKIE, "value": token, "url": server.address}])
        await page.goto(f"{server.address}#/{place}")
        shown = f"page-{place}" if place else "overview"
        await expect(page.get_by_test_id(shown)).to_be_visible(timeout=SLOW_MS)
        yield page
