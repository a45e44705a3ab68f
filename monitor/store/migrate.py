"""Brings the database's tables up to date: plain numbered SQL files, in order, each inside one transaction.

A file that has landed is never edited: its sha256 stands in the table `migration`, and a difference is an error.
"""

import hashlib
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


async def migrate(url: str) -> Edition:
    """Bring the database up to date. Nothing happens if it is.

    Args:
        url: of a database that exists; its user may create tables.

    Returns:
        Which edition the database is.

    Raises:
        DatabaseError: it cannot be reached, a migration fails (it then changed nothing), a landed one was edited,
            or the database is newer than this service.
    """
    connection = await connect(url)
    try:
        with explained(place(url)):
            await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
            await _load_timescale(connection)
            await connection.execute(_LANDED)
            await _apply(connection, migrations())
        return await edition(connection)
    finally:
        await close(connection)


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


async def _apply(connection: Connection, known: dict[str, bytes]) -> None:
    landed = {
        row["name"]: row["sha256"] for row in await connection.fetch("SELECT name, sha256 FROM migration")
    }
    unknown = sorted(landed.keys() - known.keys())
    if unknown:
        raise DatabaseError(
            f"the database has migration {unknown[-1]}, which this version does not know; install the newer Gradewatch"
        )
    for name, content in known.items():
        sha256 = hashlib.sha256(content).hexdigest()
        if name not in landed:
            await _land(connection, name, content, sha256)
        elif landed[name] != sha256:
            raise DatabaseError(
                f"migration {name} was changed after it had landed in this database; "
                "restore the file and put the change into a new one"
            )


async def _land(connection: Connection, name: str, content: bytes, sha256: str) -> None:
    try:
        async with connection.transaction():
            await connection.execute(content.decode("utf-8"))
            row = (int(name.partition("_")[0]), name, sha256)
            await connection.execute("INSERT INTO migration (number, name, sha256) VALUES ($1, $2, $3)", *row)
    except asyncpg.PostgresError as error:
        raise DatabaseError(
            f"migration {name} failed and changed nothing: {' '.join(str(error).split())}; report this"
        ) from error
