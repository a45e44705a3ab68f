"""A real Chromium that looks at a server as an operator does, for benches that measure in it."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Page, async_playwright, expect

from monitor.server.gate import COOKIE
from monitor.server.rights import Role
from tests.browser.calm import SLOW_MS
from tests.browser.chromium import FINDS_CHROMIUM, QUIET
from tests.server.conftest import Running


@asynccontextmanager
async def looking_at(server: Running, where: str = "", script: str = "") -> AsyncIterator[Page]:
    """Open a page of the screen, signed in as an operator, once it is live.

    Args:
        server: whose.
        where: its address's fragment.
        script: what each document runs before its own scripts.
    """
    command = [str(FINDS_CHROMIUM)]
    found = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=True)
    async with async_playwright() as playwright:
        program = found.stdout.strip().splitlines()[-1]
        browser = await playwright.chromium.launch(executable_path=program, args=QUIET)
        try:
            context = await browser.new_context(viewport={"width": 1920, "height": 1080}, locale="en-GB")
            token = server.sign_in(Role.OPERATOR)
            await context.add_cookies([{"name": COOKIE, "value": token, "url": server.address}])
            if script:
                await context.add_init_script(script)
            page = await context.new_page()
            await page.goto(server.address + where)
            await expect(page.get_by_test_id("server-time")).to_be_visible(timeout=SLOW_MS)
            yield page
        finally:
            await browser.close()
