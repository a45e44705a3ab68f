"""Migrations: applied once, in order, never edited; the same files on every edition."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from monitor.store import migrate as migrate_module
from monitor.store.database import Connection, DatabaseError, Edition, connect
from monitor.store.migrate import migrate, migrations
from tests.database import Server


async def test_the_same_files_make_a_hypertable_on_timescale_and_a_table_on_plain(
    timescale: Server, plain: Server
) -> None:
    for server, expected in ((timescale, Edition.APACHE), (plain, Edition.PLAIN)):
        url = await server.empty()
        assert await migrate(url) is expected
        connection = await connect(url)
        hyper = "SELECT count(*) FROM timescaledb_information.hypertables WHERE hypertable_name = 'sample'"
        if expected is Edition.APACHE:
            assert await connection.fetchval(hyper) == 1
        indexes = await connection.fetchval("SELECT count(*) FROM pg_indexes WHERE tablename = 'sample'")
        assert indexes == 1, "only the primary key"
        await connection.close()
        await server.drop(url)


async def test_one_chunk_is_one_day(database_url: str) -> None:
    connection = await connect(database_url)
    interval = await connection.fetchval("SELECT time_interval FROM timescaledb_information.dimensions")
    await connection.close()
    assert interval.total_seconds() == 86_400


async def test_migrating_again_changes_nothing(url: str, sql: Connection) -> None:
    before = await sql.fetch("SELECT * FROM migration")
    await migrate(url)
    assert await sql.fetch("SELECT * FROM migration") == before
    assert [row["name"] for row in before] == list(migrations())


async def test_two_services_that_start_together_take_turns(server: Server) -> None:
    url = await server.empty()
    assert len(set(await asyncio.gather(*(migrate(url) for _ in range(4))))) == 1
    await server.drop(url)


async def test_a_landed_migration_that_was_edited_is_refused(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    edited = {name: content + b"\n-- one more word" for name, content in migrations().items()}
    monkeypatch.setattr(migrate_module, "migrations", lambda: edited)
    with pytest.raises(
        DatabaseError, match=r"0001_first\.sql was changed after it had landed.*restore the file"
    ):
        await migrate(url)


async def test_a_database_newer_than_the_service_is_refused(url: str, sql: Connection) -> None:
    await sql.execute("INSERT INTO migration (number, name, sha256) VALUES (9000, '9000_later.sql', 'x')")
    with pytest.raises(
        DatabaseError, match=r"9000_later\.sql, which this version does not know; install the newer"
    ):
        await migrate(url)


@pytest.mark.parametrize(
    ("name", "last"),
    [("9998_broken.sql", b"SELECT 1 / 0"), ("0001_same_number.sql", b"")],
)
async def test_a_migration_that_fails_changes_nothing(
    url: str, sql: Connection, monkeypatch: pytest.MonkeyPatch, name: str, last: bytes
) -> None:
    broken = migrations() | {name: b"CREATE TABLE half (id int);" + last}
    monkeypatch.setattr(migrate_module, "migrations", lambda: broken)
    with pytest.raises(DatabaseError, match=rf"{name} failed and changed nothing: \w+"):
        await migrate(url)
    assert await sql.fetchval("SELECT to_regclass('half')") is None
    assert await sql.fetchval("SELECT count(*) FROM migration") == len(migrations())


async def land(url: str, last: str) -> None:
    """Bring an empty database to where an older version left it: up to, and with, this migration."""
    connection = await connect(url)
    await migrate_module._load_timescale(connection)
    await connection.execute(migrate_module._LANDED)
    await migrate_module._apply(
        connection, {name: text for name, text in migrations().items() if name <= last}
    )
    await connection.close()


async def test_zones_that_stood_before_lines_shared_any_keep_line_and_workshop(server: Server) -> None:
    url = await server.empty()
    await land(url, "0001_first.sql")
    connection = await connect(url)
    await connection.execute("INSERT INTO workshop VALUES ('W', '', ''), ('V', '', '')")
    await connection.execute("INSERT INTO line VALUES ('L', 'V', '', '', '', '', '')")
    await connection.execute("INSERT INTO zone VALUES ('Z', 'L', 'A', '', '')")
    await migrate(url)
    row = await connection.fetchrow("SELECT id, workshop, line FROM zone")
    await connection.close()
    await server.drop(url)
    assert row is not None
    assert tuple(row) == ("Z", "V", "L")


def test_migrations_come_in_the_order_of_their_numbers() -> None:
    names = list(migrations())
    assert names == sorted(names)
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
    schema = Path(migrate_module.__file__).parent / "schema"
    assert names == sorted(path.name for path in schema.iterdir())


async def test_the_book_is_only_ever_added_to_even_by_a_superuser(sql: Connection) -> None:
    await sql.execute("INSERT INTO book VALUES ('c', 1, now(), 'note', 'me', '{}', repeat('0', 64), 'h')")
    for statement in (
        "UPDATE book SET who = 'somebody else'",
        "UPDATE book SET who = 'x' WHERE false",
        "DELETE FROM book",
        "TRUNCATE book",
        "SET session_replication_role = replica; DELETE FROM book",
    ):
        with pytest.raises(
            asyncpg.InsufficientPrivilegeError, match="on book refused: it is only ever added to"
        ):
            await sql.execute(statement)
    assert await sql.fetchval("SELECT who FROM book") == "me"
