"""H20: whatever is cut, the screen says within three seconds that it is not live; the time and its state stay there.

The three seconds are the page's own, from the last message that it heard until it says so.
"""

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.browser.calm import SLOW_MS
from tests.browser.chromium import Chromium
from tests.browser.shared import no_task_left_running
from tests.browser.test_screen import sign_in
from tests.proxy import reset, stopped
from tests.service import Service

__all__ = ["no_task_left_running"]

PROMISED_MS = 3000
CHUNK = 1 << 16
# Notes when the page last heard anything, and when it first said that it is not live.
WATCH = """
const {set, ...rest} = Object.getOwnPropertyDescriptor(WebSocket.prototype, "onmessage");
Object.defineProperty(WebSocket.prototype, "onmessage", {
    ...rest,
    set(hear) {
        set.call(this, hear && ((event) => { window.heard = performance.now(); hear(event); }));
    },
});
new MutationObserver(() => {
    const says = document.querySelector("[data-testid=not-live]") !== null;
    if (says) window.silence ??= performance.now() - window.heard;
    else window.silence = undefined;
}).observe(document, {childList: true, subtree: true});
"""

pytestmark = pytest.mark.timeout(180)


class Wire:
    """Carries bytes between a browser and the server, until it is cut.

    Attributes:
        hole: swallows everything, both ways, and tells nobody.
    """

    def __init__(self, target: int) -> None:
        self.hole = False
        self.port = 0
        self._target = target
        self._links: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._carry, "127.0.0.1")
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening, and cut what is open."""
        assert self._server is not None
        self._server.close()
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """End every connection as a crash does."""
        for writer in self._links:
            reset(writer)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        self._links |= {writer, far_writer}
        for one, other in ((reader, far_writer), (far_reader, writer)):
            task = asyncio.create_task(self._pump(one, other))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                if not self.hole:
                    writer.write(data)
        self._links.discard(writer)
        writer.transport.abort()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def wire(running: Service) -> AsyncIterator[Wire]:
    made = Wire(running.port)
    await made.open()
    yield made
    await made.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def screen(chromium: Chromium, wire: Wire) -> AsyncIterator[Page]:
    """The live screen, over a wire that can be cut; every test leaves it live again."""
    async with chromium.page("light", WATCH) as page:
        await page.goto(f"http://127.0.0.1:{wire.port}")
        await sign_in(page)
        await expect(page.get_by_test_id("overview")).to_be_visible(timeout=SLOW_MS)
        await expect(page.get_by_test_id("not-live")).to_have_count(0, timeout=SLOW_MS)
        await expect(page.get_by_test_id("server-time")).to_contain_text("UTC+08:00", timeout=SLOW_MS)
        yield page


def pid_of(running: Service, word: str) -> int:
    """Return the process id of the collector or the server."""
    command = ["ps", "-o", "pid=,args=", "--ppid", str(running.process.pid)]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    (line,) = [line for line in listed.splitlines() if f" {word} " in line]
    return int(line.split()[0])


async def says_so(page: Page) -> None:
    """See that the screen says that it is not live, in time, and that the time on it is doubtful."""
    await expect(page.get_by_test_id("not-live")).to_be_visible(timeout=SLOW_MS)
    assert 0 <= await page.evaluate("window.silence") <= PROMISED_MS
    await expect(page.get_by_test_id("server-time")).to_have_class("clock doubtful")
    await expect(page.get_by_test_id("clock-state")).to_be_visible()


async def comes_back(page: Page) -> None:
    await expect(page.get_by_test_id("not-live")).to_have_count(0, timeout=SLOW_MS)
    await expect(page.get_by_test_id("server-time")).to_have_class("clock")


async def test_h20_a_server_that_stands_still(screen: Page, running: Service) -> None:
    with stopped(pid_of(running, "serve")):
        await says_so(screen)
        await expect(screen.get_by_test_id("not-live")).to_contain_text("NOT LIVE")
        await screen.get_by_test_id("language").click()
        await expect(screen.get_by_test_id("not-live")).to_contain_text("非实时")
        await screen.get_by_test_id("theme").click()
        await expect(screen.get_by_test_id("not-live")).to_be_visible()
    await comes_back(screen)


async def test_h20_a_collector_that_is_killed(screen: Page, running: Service) -> None:
    os.kill(pid_of(running, "collect"), signal.SIGKILL)
    await says_so(screen)
    await comes_back(screen)


async def test_h20_a_collector_that_stands_still(screen: Page, running: Service) -> None:
    with stopped(pid_of(running, "collect")):
        await says_so(screen)
    await comes_back(screen)


async def test_h20_a_wire_that_swallows_everything(screen: Page, wire: Wire) -> None:
    wire.hole = True
    await says_so(screen)
    wire.hole = False
    wire.cut()
    await comes_back(screen)


async def test_h20_a_connection_that_is_cut(screen: Page, wire: Wire) -> None:
    wire.hole = True  # so that the next one does not come up before anybody has looked
    wire.cut()
    await says_so(screen)
    wire.hole = False
    wire.cut()
    await comes_back(screen)
