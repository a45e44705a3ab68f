"""The running service, and a real Chromium to look at it with."""

import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, async_playwright

from tests.service import Service

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


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the path of Chromium; a machine without one is a failure."""
    found = subprocess.run([str(FINDS_CHROMIUM)], capture_output=True, text=True, check=False)
    if found.returncode != 0:
        pytest.fail(f"no browser to test with: {found.stderr.strip()}")
    return found.stdout.strip().splitlines()[-1]


@pytest_asyncio.fixture
async def page(chromium: str, running: Service) -> AsyncIterator[Page]:
    """Open the screen in a new browser; an error in the page's console fails the test."""
    errors: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=QUIET)
        try:
            opened = await browser.new_page(viewport={"width": 1920, "height": 1080}, locale="en-GB")
            opened.on("pageerror", lambda error: errors.append(str(error)))
            await opened.goto(running.address)
            yield opened
        finally:
            await browser.close()
    assert errors == []
