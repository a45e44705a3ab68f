"""`verify` on a database that is as it was written."""

from pathlib import Path

from monitor.store.database import Connection
from monitor.store.verify import verify
from tests.store.sealed import whole


async def test_a_database_as_it_was_written_is_proved(url: str, sql: Connection, tmp_path: Path) -> None:
    await whole(url, sql, tmp_path)
    steps: list[tuple[int, int]] = []
    verified = await verify(url, tmp_path, lambda done, of: steps.append((done, of)), most=100)
    assert [one.text().en for one in verified.findings] == []
