"""The running service, and a real Chromium to look at it with."""

import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from monitor.server.access import PASSWORD_VARIABLE
from tests.browser.calm import SLOW_MS
from tests.browser.chromium import FINDS_CHROMIUM, Chromium, driven, serving
from tests.conftest import no_task_left
from tests.server.conftest import PASSWORD
from tests.service import Service

HERE = Path(__file__).parent

expect.set_options(timeout=SLOW_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let this folder's tests share the loop in which Chromium is driven; a fixture says so itself."""
    for item in items:
        if item.path.is_relative_to(HERE) and item.get_closest_marker("asyncio"):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@contextmanager
def collectors_folder() -> Iterator[Path]:
    """Make a collector's folder; at the end nobody waits for its listeners, and its people have all one password."""
    # Not pytest's own: a socket's path must be short.
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory(prefix="gw-") as folder:
        patch.setattr("monitor.asgi.GRACE_S", 0)
        patch.setenv(PASSWORD_VARIABLE, PASSWORD)
        yield Path(folder)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A collector's folder for one test."""
    with collectors_folder() as made:
        yield made


@pytest.fixture(scope="session")
def chromium_program() -> str:
    """Return the path of Chromium; a machine without one is a failure."""
    found = subprocess.run([str(FINDS_CHROMIUM)], capture_output=True, text=True, check=False)
    if found.returncode != 0:
        pytest.fail(f"no browser to test with: {found.stderr.strip()}")
    return found.stdout.strip().splitlines()[-1]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium(chromium_program: str) -> AsyncIterator[Chromium]:
    """Drive this worker's Chromium."""
    with serving(chromium_program) as address:
        async with driven(address) as made:
            yield made


@pytest_asyncio.fixture(loop_scope="session")
async def no_task_left_running(chromium: Chromium) -> AsyncIterator[None]:
    """Watch the loop that the tests share; what drives Chromium was there before."""
    async with no_task_left():
        yield


@pytest_asyncio.fixture(loop_scope="session")
async def page(chromium: Chromium, running: Service) -> AsyncIterator[Page]:
    """Open the screen."""
    async with chromium.page("light") as opened:
        await opened.goto(running.address)
        yield opened
