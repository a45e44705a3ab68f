"""For a file whose tests look at one server, which takes long to make: what one test does the next sees."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.browser.chromium import Chromium
from tests.browser.conftest import collectors_folder
from tests.conftest import no_task_left
from tests.database import Server


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """As the folder's own, for a whole file."""
    with collectors_folder() as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def database_url(timescale: Server) -> AsyncIterator[str]:
    """As every test's own, for a whole file."""
    url = await timescale.fresh()
    yield url
    await timescale.drop(url)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def no_task_left_running(chromium: Chromium) -> AsyncIterator[None]:
    """As for every test: a server that goes on has tasks of its own at the end of each."""
    async with no_task_left():
        yield
