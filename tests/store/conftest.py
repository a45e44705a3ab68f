"""Fixtures of the store's tests: a small plant, and a fresh database on TimescaleDB and on plain PostgreSQL."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from monitor.store.database import Connection, Pool, open_pool
from tests.database import Server


@pytest.fixture(params=["timescale", "plain"])
def server(request: pytest.FixtureRequest) -> Server:
    """Each kind of server in turn."""
    server: Server = request.getfixturevalue(request.param)
    return server


@pytest_asyncio.fixture
async def url(server: Server) -> AsyncIterator[str]:
    """A fresh, migrated database on each kind of server in turn."""
    url = await server.fresh()
    yield url
    await server.drop(url)


@pytest_asyncio.fixture
async def sql(url: str) -> AsyncIterator[Connection]:
    """A connection of the test's own to the database of `url`."""
    connection = await asyncpg.connect(url)
    yield connection
    await connection.close()


@pytest_asyncio.fixture
async def pool(url: str) -> AsyncIterator[Pool]:
    """The service's pool on the database of `url`."""
    made = await open_pool(url)
    yield made
    await made.close()
