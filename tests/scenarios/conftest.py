"""One running service for all scenarios; each leaves it calm."""

from collections.abc import Iterator

import pytest

from tests.database import Server, timescale
from tests.scenarios.service import Service, service

__all__ = ["timescale"]


@pytest.fixture(scope="package")
def running(timescale: Server) -> Iterator[Service]:
    """Run simulators, database, collector and server."""
    with service(timescale) as one:
        yield one
