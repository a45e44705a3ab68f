"""Restores a backup into an empty database, and proves that it is what was backed up."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from monitor.store.backup import DUMP, BackupError, Manifest, manifest_of
from monitor.store.content import content_of, differences, tables_of
from monitor.store.database import Connection, close, connect, explained, place
from monitor.store.record import record
from monitor.store.roles import close_functions
from monitor.store.tools import run_tool, tools_for
from monitor.store.verify import Progress, Verified, verify


async def restore(
    url: str, backup: Path, at: datetime, progress: Progress, *, who: str, programs: Path | None = None
) -> Verified:
    """Restore into an empty database, compare every table with the manifest, verify the book, and write that into it.

    Args:
        url: of an empty database; its user becomes the tables' owner. TimescaleDB asks for a superuser.
        backup: the folder of one backup.
        at: now.
        progress: hears how far verifying is, of how far.
        who: for the book.
        programs: folder of pg_restore; None: to be found.

    Returns:
        What verifying has found; the database is as it was even where that is something wrong.

    Raises:
        BackupError: the backup is damaged, the database is not empty or not of its kind, or what came of it differs.
        DatabaseError: the database cannot be reached, or refuses.
        ToolError: pg_restore is missing or failed.
    """
    verified = await _restore(url, backup, progress, programs)
    connection = await connect(url)
    try:
        with explained(place(url)):
            body = {"name": backup.name, "findings": len(verified.findings)}
            await record(connection, at, "restore", who, body)
    finally:
        await close(connection)
    return verified


async def drill(url: str, backup: Path, progress: Progress, *, programs: Path | None = None) -> Verified:
    """Try a backup: restore it into a database of its own on the same server, prove it, and remove that again.

    Args:
        url: of any database there, for a user who may make others.
        backup: as in `restore`.
        progress: as in `restore`.
        programs: as in `restore`.

    Raises:
        BackupError: as in `restore`.
        DatabaseError: as in `restore`.
        ToolError: as in `restore`.
    """
    async with _scratch(url) as fresh:
        return await _restore(fresh, backup, progress, programs)


@asynccontextmanager
async def _scratch(url: str) -> AsyncIterator[str]:
    name = f"gradewatch_drill_{secrets.token_hex(4)}"
    connection = await connect(url)
    try:
        with explained(place(url)):
            await connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        try:
            yield urlsplit(url)._replace(path=f"/{name}").geturl()
        finally:
            with explained(place(url)):
                await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await close(connection)


async def _restore(url: str, backup: Path, progress: Progress, programs: Path | None) -> Verified:
    manifest = manifest_of(backup)
    connection = await connect(url)
    try:
        with explained(place(url)):
            await _check_empty(connection, url)
            pg_restore = tools_for(connection.get_server_version().major, programs) / "pg_restore"
            words = ("--exit-on-error", "--no-owner", "--no-privileges", str(backup / DUMP))
            async with _restoring(connection, manifest):
                await run_tool(pg_restore, url, *words)
            # Rights are not restored, for their roles may not be here; but nor may everybody have them meanwhile.
            await close_functions(connection)
            different = differences(manifest.content, await content_of(connection))
    finally:
        await close(connection)
    if different:
        raise BackupError(f"{backup}: what was restored is not what was backed up: {'; '.join(different)}")
    return await verify(url, backup, progress, most=100)


async def _check_empty(connection: Connection, url: str) -> None:
    there = await tables_of(connection)
    if there:
        raise BackupError(
            f"database {place(url)} has tables already ({there[0]}, …); restore only into an empty one (createdb)"
        )


@asynccontextmanager
async def _restoring(connection: Connection, manifest: Manifest) -> AsyncIterator[None]:
    """Keep TimescaleDB, where it was, from taking its restored catalogue for orders."""
    if not manifest.timescaledb:
        yield
        return
    offered = await connection.fetch(
        "SELECT version FROM pg_available_extension_versions WHERE name = 'timescaledb'"
    )
    if manifest.timescaledb not in {row["version"] for row in offered}:
        raise BackupError(
            f"the backup is of TimescaleDB {manifest.timescaledb}, which this server does not offer; restore it "
            "where that version is, and update it there"
        )
    await connection.execute(f"CREATE EXTENSION IF NOT EXISTS timescaledb VERSION '{manifest.timescaledb}'")
    await connection.execute("SELECT timescaledb_pre_restore()")
    try:
        yield
    finally:
        await connection.execute("SELECT timescaledb_post_restore()")
