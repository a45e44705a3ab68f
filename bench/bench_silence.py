"""How long a screen looks live after the last message that it heard.

    python -m bench.bench_silence [--times 20]

A real server and a real Chromium with a wire between them, and the small plant. The wire swallows everything, or is
cut, or the collector falls silent and the server has to say so: each at any moment of its second. The time runs in the
page, from the last message until NOT LIVE stands in it. The aim: 3000 ms at the worst.
"""

import argparse
import asyncio
import os
import random
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median

from playwright.async_api import Page, expect

import monitor.asgi
from bench.browser import looking_at
from bench.running import LINE, say
from config.load import load
from config.plant import Plant
from monitor.collector.feed import Listener
from monitor.server.access import PASSWORD_VARIABLE
from monitor.server.settings import Settings
from tests.browser.calm import DASHBOARD, SLOW_MS, Calm
from tests.browser.wire import HEARD, Wire
from tests.server.collector import CountingFeed
from tests.server.conftest import NO_DATABASE, PASSWORD, running
from tests.server.hands import Hands

AIM_MS = 3000
# Notes how long nothing had been heard when the page first said so.
SAYS = """
new MutationObserver(() => {
    const says = document.querySelector("[data-testid=not-live]") !== null;
    if (!says) window.silence_ms = undefined;
    else window.silence_ms ??= performance.now() - window.heard_ms;
}).observe(document, {childList: true, subtree: true});
"""


class MuteFeed(CountingFeed):
    """Tells a new listener nothing while it does not speak."""

    def __init__(self, plant: Plant) -> None:
        super().__init__(plant)
        self.speaks = asyncio.Event()
        self.speaks.set()

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[Listener]:
        await self.speaks.wait()
        async with super().listen() as listener:
            yield listener


class Mute(Calm):
    """A collector that can fall silent, and keeps its connections."""

    def __init__(self, plant: Plant, data: Path, hands: Hands) -> None:
        super().__init__(plant, data, hands)
        self._feed = self.collector.feed = MuteFeed(plant)

    @contextmanager
    def falling_silent(self) -> Iterator[None]:
        """Say nothing meanwhile."""
        self._feed.speaks.clear()
        try:
            yield
        finally:
            self._feed.speaks.set()

    async def _go_on(self) -> None:
        while True:
            await self._feed.speaks.wait()
            self.pass_second()
            self._feed.health(self.collector.health())
            await asyncio.sleep(1)


@contextmanager
def cutting(wire: Wire) -> Iterator[None]:
    """Cut the wire; no new connection comes up meanwhile."""
    with wire.swallowing():
        wire.cut()
        yield


async def measure(page: Page, mute: Mute, wire: Wire, times: int) -> None:
    """Take away what the page hears, in each way so many times, and say how long it took to say so."""
    ways: dict[str, Callable[[], AbstractContextManager[None]]] = {
        "wire swallows": wire.swallowing,
        "wire cut": lambda: cutting(wire),
        "collector silent": mute.falling_silent,
    }
    for what, way in ways.items():
        found_ms: list[float] = []
        for _ in range(times):
            await expect(page.get_by_test_id("not-live")).to_have_count(0, timeout=SLOW_MS)
            await asyncio.sleep(1 + random.random())
            with way():
                await expect(page.get_by_test_id("not-live")).to_be_visible(timeout=SLOW_MS)
                found_ms.append(await page.evaluate("window.silence_ms"))
        say(
            "silence",
            what=what,
            times=times,
            median_ms=round(median(found_ms)),
            worst_ms=round(max(found_ms)),
            aim_ms=AIM_MS,
        )


async def run(times: int) -> None:
    monitor.asgi.GRACE_S = 0
    os.environ[PASSWORD_VARIABLE] = PASSWORD
    plant = load(LINE)
    # Not a long path: a socket's must be short.
    with tempfile.TemporaryDirectory(prefix="gw-") as folder:
        mute = Mute(plant, Path(folder), Hands())
        settings = Settings(plant, Path(folder), NO_DATABASE, DASHBOARD, mute.hands.now, port=0)
        async with mute.going_on(), running(settings) as server:
            wire = Wire(int(server.address.rstrip("/").rpartition(":")[2]))
            async with wire.open():
                far = replace(server, address=f"http://127.0.0.1:{wire.port}/")
                async with looking_at(far, script=HEARD + SAYS) as page:
                    await measure(page, mute, wire, times)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=20)
    asyncio.run(run(parser.parse_args().times))


if __name__ == "__main__":
    main()
