"""One Chromium for all tests of a worker, and windows of their own in it: starting it anew takes seconds."""

import re
import subprocess
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext, async_playwright

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


@asynccontextmanager
async def window(chromium: str, **how: Any) -> AsyncIterator[BrowserContext]:
    """Give a window of its own, without anything of the others', in the Chromium at an address."""
    wanted = {"viewport": {"width": 1920, "height": 1080}, "locale": "en-GB", **how}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.connect_over_cdp(chromium)
        try:
            context = await browser.new_context(**wanted)
            try:
                yield context
            finally:
                await context.close()
        finally:
            await browser.close()
