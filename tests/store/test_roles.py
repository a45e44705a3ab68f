"""The service's role: it can do all that the service does, and cannot change or remove what is kept."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from monitor.store import migrate as migrate_module
from monitor.store.book import BookEntry
from monitor.store.database import Connection, DatabaseError, connect, open_pool
from monitor.store.migrate import migrate, migrations
from monitor.store.readings import readings
from monitor.store.roles import RIGHTS, SERVICE, Login, login_of, signed_in_as
from monitor.store.write import Writer
from tests.database import LOCKED, Server
from tests.store.sealing import close_until
from tests.store.small import NOON, alarm, plant, sample, second

KEPT = ("book", "quarantine", "sample")


@pytest_asyncio.fixture
async def as_service(server: Server, url: str) -> AsyncIterator[str]:
    """The database of `url`, with one Sample, one line and one alarm in it, for the service's role."""
    await migrate(url, [Login(SERVICE)])
    mine = signed_in_as(url, SERVICE)
    await write(mine, 1)
    yield mine
    await server.execute("SELECT 1")


async def write(url: str, number: int) -> None:
    """Store what one second gives."""
    writer = await Writer.open(url, plant(), "c", NOON)
    entry = BookEntry(second(number), "note", "zhang", {"number": number})
    await writer.write(number, [sample(number)], [entry], [alarm(1, number)])
    await writer.close()


@pytest_asyncio.fixture
async def service(as_service: str) -> AsyncIterator[Connection]:
    """A connection of the service's role."""
    connection = await connect(as_service)
    yield connection
    await connection.close()


async def refused(connection: Connection, statement: str) -> None:
    """See that PostgreSQL itself denies a statement, not a trigger of ours."""
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match=r"permission denied|must be owner"):
        await connection.execute(statement)


@pytest.mark.parametrize("table", KEPT)
async def test_what_is_kept_can_be_neither_changed_nor_removed(service: Connection, table: str) -> None:
    # Nor can it give itself the right to: PostgreSQL grants nothing then, and only warns.
    await service.execute(f"GRANT ALL ON {table} TO {SERVICE}")
    for statement in (
        f"UPDATE {table} SET at = at",
        f"UPDATE {table} SET at = at WHERE false",
        f"DELETE FROM {table}",
        f"TRUNCATE {table}",
        f"DROP TABLE {table}",
        f"ALTER TABLE {table} DISABLE TRIGGER ALL",
        f"CREATE TRIGGER mine BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    ):
        await refused(service, statement)
    assert await service.fetchval("SELECT count(*) FROM sample") == 1
    assert await service.fetchval("SELECT count(*) FROM book") == 1


async def test_no_way_leads_around_it(service: Connection) -> None:
    for statement in (
        "SET session_replication_role = replica",
        "SET ROLE postgres",
        "CREATE TABLE public.mine (a int)",
        "CREATE OR REPLACE FUNCTION public.refuse_change() RETURNS trigger LANGUAGE sql AS 'SELECT NULL'",
        "ALTER TABLE book ENABLE REPLICA TRIGGER append_only",
        "DELETE FROM alarm",
        "DELETE FROM person",
        "INSERT INTO retention (who, minimum_days, reason) VALUES ('me', 1827, 'less')",
        "INSERT INTO forgotten (before) VALUES (now())",
        "UPDATE migration SET sha256 = ''",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await service.execute(statement)


async def test_nor_does_a_chunk(timescale: Server, database_url: str) -> None:
    await migrate(database_url, [Login(SERVICE)])
    await write(signed_in_as(database_url, SERVICE), 1)
    connection = await connect(signed_in_as(database_url, SERVICE))
    chunk = await connection.fetchval("SELECT show_chunks('sample')::text")
    for statement in (
        f"UPDATE {chunk} SET at = at",
        f"DELETE FROM {chunk}",
        f"TRUNCATE {chunk}",
        f"DROP TABLE {chunk}",
        "SELECT drop_chunks('sample', older_than => now())",
    ):
        await refused(connection, statement)
    await connection.close()


async def test_all_that_the_service_does_it_may(url: str, as_service: str, service: Connection) -> None:
    await write(as_service, 2)
    await write(as_service, 3)
    await service.execute("INSERT INTO person VALUES ('li', 'x', 'viewer', now())")
    await service.execute("UPDATE person SET password_hash = 'y'")
    await close_until(service, second(60))
    pool = await open_pool(as_service)
    (found,) = await readings(pool, ["D/a"], second(0), second(10), 100)
    await pool.close()
    assert found.mean == [1, 2, 3]


async def test_every_table_has_its_rights(url: str, as_service: str, service: Connection) -> None:
    rows = await service.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'p') "
        "AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')"
    )
    assert {row["relname"] for row in rows} == RIGHTS.keys()


async def test_migrating_again_takes_back_what_was_given_by_hand_and_gives_what_is_new(
    url: str, sql: Connection, service: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sql.execute(f"GRANT DELETE ON sample TO {SERVICE}")
    later = migrations() | {
        "0999_later.sql": b"DROP TABLE forgotten; CREATE TABLE forgotten (before timestamptz)"
    }
    monkeypatch.setattr(migrate_module, "migrations", lambda: later)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await service.fetch("SELECT * FROM to_roll_up, pg_authid")
    await migrate(url)
    assert await service.fetch("SELECT * FROM forgotten") == []
    await refused(service, "DELETE FROM sample")


async def test_the_service_finds_the_tables_up_to_date_and_cannot_bring_them_there(
    as_service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await migrate(as_service)
    later = migrations() | {"0999_later.sql": b"SELECT 1"}
    monkeypatch.setattr(migrate_module, "migrations", lambda: later)
    with pytest.raises(
        DatabaseError, match="this user does not own them: gradewatch migrate, with their owner's"
    ):
        await migrate(as_service)


async def test_a_role_from_which_nothing_can_be_taken_is_refused(url: str) -> None:
    with pytest.raises(DatabaseError, match="postgres owns the tables or is a superuser"):
        await migrate(url, [Login("postgres")])


async def test_a_role_that_is_not_there_is_made_with_the_password_of_its_url(
    timescale: Server, database_url: str
) -> None:
    await timescale.execute(f"DROP ROLE IF EXISTS {LOCKED}")
    mine = database_url.replace("postgres@", f"{LOCKED}:it's%20long@")
    await migrate(database_url, [login_of(mine)])
    connection = await connect(mine)
    assert await connection.fetchval("SELECT count(*) FROM sample") == 0
    await connection.close()
    await timescale.drop(database_url)
    await timescale.execute(f"DROP ROLE {LOCKED}")


def test_who_signs_in_is_read_from_the_url() -> None:
    assert login_of("postgresql://a%40b:c%2Fd@host/x") == Login("a@b", "c/d")
    assert (
        signed_in_as("postgresql://postgres:x@/postgres?host=%2Frun", "g")
        == "postgresql://g@/postgres?host=%2Frun"
    )
    with pytest.raises(DatabaseError, match="names no user"):
        login_of("postgresql:///x")
