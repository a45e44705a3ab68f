"""One Chromium for all tests of a worker, and pages in it that are lent: a new one, or a stranger, takes seconds.

What drives it lives as long as it does, and so does the loop that it lives in: all of this folder's tests share it.
"""

import re
import subprocess
import tempfile
import threading
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, Error, Page, ViewportSize, async_playwright

FINDS_CHROMIUM = Path(__file__).parents[2] / ".ci" / "chromium"
# What keeps it from asking the network for anything, and lets it run as root without a screen.
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# A window that nobody looks at runs as one that is looked at.
AWAKE = (
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
)
NOWHERE = "/assets/none"
"""Where a server has nothing. For an empty page of no place Chromium would begin a new process, and translate the
program in it anew: half of what it costs to open the screen."""
USUAL: ViewportSize = {"width": 1920, "height": 1080}
PHONE: ViewportSize = {"width": 390, "height": 844}
Theme: TypeAlias = Literal["dark", "light"]
LISTENS = re.compile(r"DevTools listening on ws://(127\.0\.0\.1:\d+)/")


@contextmanager
def serving(program: str) -> Iterator[str]:
    """Run Chromium without a screen, and give the address at which it is driven."""
    with tempfile.TemporaryDirectory(prefix="gw-chromium-", ignore_cleanup_errors=True) as folder:
        own = ("--headless", "--remote-debugging-port=0", f"--user-data-dir={folder}", "--mute-audio")
        words = [program, *own, *QUIET, *AWAKE, "about:blank"]
        with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            said = iter(process.stderr)
            found = next(filter(None, map(LISTENS.search, said)), None)
            assert found is not None, "Chromium ended before it listened"
            # It goes on complaining: nobody reads, and a full pipe would stop it.
            rest = threading.Thread(target=list, args=(said,))
            rest.start()
            try:
                yield f"http://{found[1]}"
            finally:
                process.terminate()
                rest.join()


class Chromium:
    """A Chromium that is driven, and its pages that nobody looks at now, by the script that each document gets."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._idle: dict[str, list[Page]] = defaultdict(list)

    @asynccontextmanager
    async def page(self, theme: Theme = "dark", script: str = "") -> AsyncIterator[Page]:
        """Lend a page that remembers nothing of whoever had it before; an error in its console fails the test.

        Args:
            theme: what its person's system is set to.
            script: what each document runs before its own scripts.
        """
        idle = self._idle[script]
        page = idle.pop() if idle else await self._new(script)
        await page.emulate_media(color_scheme=theme)
        is_well = False
        try:
            with no_errors(page):
                yield page
            await _forget(page)
            is_well = True
        finally:
            if is_well:
                idle.append(page)
            else:
                await page.context.close()

    @asynccontextmanager
    async def telephone(self) -> AsyncIterator[Page]:
        """Open a page on a telephone of its own."""
        own = await self._browser.new_context(viewport=PHONE, locale="en-GB", has_touch=True, is_mobile=True)
        async with _only_page(own) as page:
            yield page

    @asynccontextmanager
    async def outside_time(self, script: str = "") -> AsyncIterator[Page]:
        """Open a page for which time passes only by its `clock`; however slow the machine, it sees nothing of it.

        Args:
            script: what each document runs before its own scripts.
        """
        own = await self._browser.new_context(viewport=USUAL, locale="en-GB")
        await own.clock.install(time=0)
        await own.clock.pause_at(0)
        if script:
            await own.add_init_script(script)
        async with _only_page(own) as page:
            yield page

    async def _new(self, script: str) -> Page:
        context = await self._browser.new_context(viewport=USUAL, locale="en-GB")
        if script:
            await context.add_init_script(script)
        return await context.new_page()


@asynccontextmanager
async def _only_page(context: BrowserContext) -> AsyncIterator[Page]:
    """Open a page that nobody has afterwards; whatever became of it, it is closed."""
    try:
        with no_errors(page := await context.new_page()):
            yield page
    finally:
        await context.close()


@contextmanager
def no_errors(page: Page) -> Iterator[None]:
    """Fail if the page's console tells of an error meanwhile."""
    errors: list[str] = []

    def note(error: Error) -> None:
        errors.append(str(error))

    page.on("pageerror", note)
    yield
    page.remove_listener("pageerror", note)
    assert not errors, errors


async def _forget(page: Page) -> None:
    """Leave nothing of a test in a page but the program's own files: they are the same in the next one."""
    shown = urlsplit(page.url)
    origin = f"{shown.scheme}://{shown.netloc}"
    await page.goto(f"{origin}{NOWHERE}")
    await page.context.clear_cookies()
    await page.set_viewport_size(USUAL)
    session = await page.context.new_cdp_session(page)
    await session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "local_storage"})
    await session.detach()


@asynccontextmanager
async def driven(address: str) -> AsyncIterator[Chromium]:
    """Drive the Chromium at an address."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.connect_over_cdp(address)
        try:
            yield Chromium(browser)
        finally:
            await browser.close()
