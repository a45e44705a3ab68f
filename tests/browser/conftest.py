"""The running service, and a real Chromium to look at it with."""

import subprocess
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Page

from tests.browser.chromium import FINDS_CHROMIUM, serving, window
from tests.service import Service


@pytest.fixture(scope="session")
def chromium_program() -> str:
    """Return the path of Chromium; a machine without one is a failure."""
    found = subprocess.run([str(FINDS_CHROMIUM)], capture_output=True, text=True, check=False)
    if found.returncode != 0:
        pytest.fail(f"no browser to test with: {found.stderr.strip()}")
    return found.stdout.strip().splitlines()[-1]


@pytest.fixture(scope="session")
def chromium(chromium_program: str) -> Iterator[str]:
    """Give the address at which this worker's Chromium is driven."""
    with serving(chromium_program) as address:
        yield address


@pytest_asyncio.fixture
async def page(chromium: str, running: Service) -> AsyncIterator[Page]:
    """Open the screen in a window of its own; an error in the page's console fails the test."""
    errors: list[str] = []
    async with window(chromium) as context:
        opened = await context.new_page()
        opened.on("pageerror", lambda error: errors.append(str(error)))
        await opened.goto(running.address)
        yield opened
    assert errors == []
