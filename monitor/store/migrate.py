"""Brings the database's tables up to date: plain numbered SQL files, in order, each inside one transaction.

A file that has landed is never edited: its sha256 stands in the table `migration`, and a difference is an error.
"""

import hashlib
from collections.abc import Sequence
from importlib.resources import files

import asyncpg

from monitor.store.database import (
    Connection,
    DatabaseError,
    Edition,
    close,
    connect,
    edition,
    explained,
    place,
)
from monitor.store.older import roll_up_older
from monitor.store.roles import OWNER_VARIABLE, Login, grant, granted

LOCK = 0x67726164
"""Advisory lock of all migrations ("grad"): two services that start together take turns."""

_LANDED = """
CREATE TABLE IF NOT EXISTS migration (
    number     int PRIMARY KEY,
    name       text NOT NULL,
    sha256     text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)"""


def migrations() -> dict[str, bytes]:
    """Give every migration file, name -> content, in order."""
    found = [
        entry for entry in files("monitor.store").joinpath("schema").iterdir() if entry.name.endswith(".sql")
    ]
    return {entry.name: entry.read_bytes() for entry in sorted(found, key=lambda entry: entry.name)}


async def migrate(url: str, services: Sequence[Login] = ()) -> Edition:
    """Bring the database up to date, and with it the rights of those who were given any. Nothing happens if it is.

    Args:
        url: of a database that exists; its user owns the tables, unless there is nothing to do.
        services: who is to be given the service's rights there.

    Returns:
        Which edition the database is.

    Raises:
        DatabaseError: it cannot be reached, a migration fails (it then changed nothing), a landed one was edited,
            the database is newer than this service, or its user may not change it.
    """
    connection = await connect(url)
    try:
        with explained(place(url)):
            await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
            if services or await _is_behind(connection):
                await _check_owner(connection)
                await _load_timescale(connection)
                await connection.execute(_LANDED)
                await _apply(connection, migrations())
                await roll_up_older(connection)
                for login in [*await granted(connection), *services]:
                    await grant(connection, login)
        return await edition(connection)
    finally:
        await close(connection)


async def _is_behind(connection: Connection) -> bool:
    return bool(
        await _missing(connection, migrations())
        or await connection.fetchval("SELECT EXISTS (SELECT FROM to_roll_up)")
    )


async def _check_owner(connection: Connection) -> None:
    """Refuse before anything is tried: what PostgreSQL would say of a missing right names no remedy."""
    if not await connection.fetchval(
        "SELECT has_schema_privilege('public', 'CREATE') AND coalesce((SELECT pg_has_role(relowner, 'USAGE')"
        " FROM pg_class WHERE oid = to_regclass('public.migration')), true)"
    ):
        raise DatabaseError(
            "the tables are to be brought up to date, and this user does not own them: "
            f"gradewatch migrate, with their owner's URL in {OWNER_VARIABLE}"
        )


async def _load_timescale(connection: Connection) -> None:
    """Take TimescaleDB where the server offers it: its tables cannot be made hypertables cheaply later."""
    if not await connection.fetchval("SELECT 1 FROM pg_available_extensions WHERE name = 'timescaledb'"):
        return
    try:
        await connection.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        said = " ".join(str(error).split())
        raise DatabaseError(
            f"TimescaleDB is installed but cannot be loaded ({said}); set shared_preload_libraries = 'timescaledb' "
            "and restart the database, or let its owner run CREATE EXTENSION timescaledb"
        ) from error


async def _missing(connection: Connection, known: dict[str, bytes]) -> list[str]:
    """Name the migrations that have not landed.

    Raises:
        DatabaseError: others have landed than those that are known.
    """
    if not await connection.fetchval("SELECT to_regclass('public.migration') IS NOT NULL"):
        return list(known)
    landed = {
        row["name"]: row["sha256"] for row in await connection.fetch("SELECT name, sha256 FROM migration")
    }
    unknown = sorted(landed.keys() - known.keys())
    if unknown:
        raise DatabaseError(
            f"the database has migration {unknown[-1]}, which this version does not know; install the newer Gradewatch"
        )
    for name, sha256 in landed.items():
        if sha256 != hashlib.sha256(known[name]).hexdigest():
            raise DatabaseError(
                f"migration {name} was changed after it had landed in this database; "
                "restore the file and put the change into a new one"
            )
    return [name for name in known if name not in landed]


async def _apply(connection: Connection, known: dict[str, bytes]) -> None:
    for name in await _missing(connection, known):
        await _land(connection, name, known[name])


async def _land(connection: Connection, name: str, content: bytes) -> None:
    try:
        async with connection.transaction():
            await connection.execute(content.decode("utf-8"))
            row = (int(name.partition("_")[0]), name, hashlib.sha256(content).hexdigest())
            await connection.execute("INSERT INTO migration (number, name, sha256) VALUES ($1, $2, $3)", *row)
    except asyncpg.PostgresError as error:
        raise DatabaseError(
            f"migration {name} failed and changed nothing: {' '.join(str(error).split())}; report this"
        ) from error
