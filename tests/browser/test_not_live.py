"""H20: whatever is cut, the screen says within three seconds that it is not live; the time and its state stay there.

The seconds are the page's own, from the last message that it heard: they pass by its clock's hands, and no machine is
too slow for them. How long it takes by the wall is told by `bench/bench_silence.py`.
"""

import math
import os
import signal
import subprocess
from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Page, expect

from monitor.server.gate import COOKIE
from tests.browser.calm import SLOW_MS
from tests.browser.chromium import Chromium
from tests.browser.shared import no_task_left_running
from tests.browser.wire import HEARD, Wire
from tests.proxy import stopped
from tests.service import LOOK_EVERY_S, Service, until

__all__ = ["no_task_left_running"]

PROMISED_MS = 3000
BEAT_MS = 1000
"""The collector says so often that it is there."""
NO_FASTER_MS = int(1000 * LOOK_EVERY_S)
"""Between two looks of `until`: the page's time runs no faster than the server's, and hears it as often as it must."""
SLOWER_MS = NO_FASTER_MS // 10
"""So slow that the server's word for a lost collector comes long before the page's own finding."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def wire(running: Service) -> AsyncIterator[Wire]:
    made = Wire(running.port)
    async with made.open():
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def opened(chromium: Chromium, wire: Wire, running: Service) -> AsyncIterator[Page]:
    address = f"http://127.0.0.1:{wire.port}"
    async with running.signed_in() as client:
        session = client.cookies[COOKIE]
    async with chromium.outside_time(HEARD) as page:
        await page.context.add_cookies([{"name": COOKIE, "value": session, "url": address}])
        await page.goto(address)
        yield page


@pytest_asyncio.fixture(loop_scope="session")
async def screen(opened: Page) -> Page:
    """The live screen, over a wire that can be cut."""
    await is_live(opened)
    return opened


async def is_live(page: Page) -> None:
    async def look() -> bool:
        await page.clock.run_for(NO_FASTER_MS)
        is_cut = await page.get_by_test_id("not-live").count()
        return (
            not is_cut and await page.locator("[data-testid=server-time].clock:not(.doubtful)").count() == 1
        )

    await until(look, "the screen is live")


async def says_so(page: Page, why: str) -> None:
    """See that the screen says why it is not live, and that the time on it is doubtful."""
    await expect(page.get_by_test_id("not-live")).to_have_attribute("data-why", why, timeout=SLOW_MS)
    await expect(page.get_by_test_id("server-time")).to_have_class("clock doubtful", timeout=SLOW_MS)
    await expect(page.get_by_test_id("clock-state")).to_be_visible(timeout=SLOW_MS)


async def finds_out(page: Page) -> None:
    """Let time pass in which nothing comes: a beat that is late is no silence, three seconds are."""
    await silence(page, BEAT_MS)
    await expect(page.get_by_test_id("not-live")).to_have_count(0)
    await silence(page, PROMISED_MS)
    await says_so(page, "server")


async def silence(page: Page, wanted_ms: int) -> None:
    """Let time pass until nothing was heard for so long; what was on its way yet may come meanwhile."""
    while (left_ms := wanted_ms - await page.evaluate("performance.now() - window.heard_ms")) > 0:
        await page.clock.run_for(math.ceil(left_ms))


async def is_told(page: Page) -> None:
    """See that the server says that it lost the collector, and that the page shows it in a frame or two."""

    async def look() -> bool:
        await page.clock.run_for(SLOWER_MS)
        return await page.get_by_test_id("not-live").count() == 1

    await until(look, "the server's word")
    await says_so(page, "collector")


def pid_of(running: Service, word: str) -> int:
    """Return the process id of the collector or the server."""
    command = ["ps", "-o", "pid=,args=", "--ppid", str(running.process.pid)]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    (line,) = [line for line in listed.splitlines() if f" {word} " in line]
    return int(line.split()[0])


async def test_h20_a_server_that_stands_still(screen: Page, running: Service) -> None:
    with stopped(pid_of(running, "serve")):
        await finds_out(screen)
        await expect(screen.get_by_test_id("not-live")).to_contain_text("NOT LIVE")
        await screen.get_by_test_id("language").click()
        await expect(screen.get_by_test_id("not-live")).to_contain_text("非实时", timeout=SLOW_MS)
        await screen.get_by_test_id("theme").click()
        await expect(screen.get_by_test_id("not-live")).to_be_visible(timeout=SLOW_MS)
    await is_live(screen)


async def test_h20_a_collector_that_is_killed(screen: Page, running: Service) -> None:
    os.kill(pid_of(running, "collect"), signal.SIGKILL)
    await is_told(screen)
    await is_live(screen)


async def test_h20_a_collector_that_stands_still(screen: Page, running: Service) -> None:
    with stopped(pid_of(running, "collect")):
        await is_told(screen)
    await is_live(screen)


async def test_h20_a_wire_that_swallows_everything(screen: Page, wire: Wire) -> None:
    with wire.swallowing():
        await finds_out(screen)
    await is_live(screen)


async def test_h20_a_connection_that_is_cut(screen: Page, wire: Wire) -> None:
    """No time passes at all: a browser tells at once that a connection has ended."""
    with wire.swallowing():  # so that the next one does not come up before anybody has looked
        wire.cut()
        await says_so(screen, "server")
    await is_live(screen)
