"""Backs the database up with its own pg_dump, beside a manifest that says what is in it.

    <folder>/gradewatch-20261121T080000Z/    only there once it is whole
        dump                                 pg_dump's custom format
        manifest.json                        versions, counts and sums of every table, the last line of every chain
        checkpoints.jsonl, signing-keys.jsonl   what the collector's folder remembers of the book; no private key

Dump and manifest are of one moment, while the service goes on writing.
"""

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from config.faults import MendableError
from monitor.store.content import Content, content_of
from monitor.store.database import Connection, close, connect, explained, place
from monitor.store.record import record
from monitor.store.signing import CHECKPOINTS_FILE, KEYS_FILE
from monitor.store.tools import run_tool, tools_for

DUMP = "dump"
MANIFEST = "manifest.json"


class BackupError(MendableError):
    """A backup cannot be made, or is not what its manifest says. One line: what is wrong, and what to do."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is in a backup.

    Attributes:
        at: when it was begun.
        postgres: the server's major version.
        timescaledb: the extension's version, "" without it.
        migrations: file -> SHA-256.
        sha256: of the dump, hexadecimal; and its size.
    """

    at: datetime
    postgres: int
    timescaledb: str
    migrations: Mapping[str, str]
    content: Content
    bytes: int
    sha256: str


_WRITTEN = TypeAdapter(Manifest)


async def backup(
    url: str, folder: Path, at: datetime, *, who: str, data: Path | None = None, programs: Path | None = None
) -> Path:
    """Back up a database, and write into its book that this was done.

    Args:
        url: of the tables' owner.
        folder: for backups; each has a folder of its own in it. Better on another machine's disk.
        at: now.
        who: for the book.
        data: the collector's data folder, whose checkpoints go along; None: they do not.
        programs: folder of pg_dump; None: to be found.

    Returns:
        The backup's own folder.

    Raises:
        DatabaseError: the database cannot be reached, or refuses.
        BackupError: the folder cannot be written, or the backup is there already.
        ToolError: pg_dump is missing or failed.
    """
    whole = folder / f"gradewatch-{at:%Y%m%dT%H%M%SZ}"
    part = _begin(whole)
    connection = await connect(url)
    try:
        # Before the dump, which must not be behind what they say.
        _copy_checkpoints(data, part)
        with explained(place(url)):
            manifest = await _dump(connection, url, part, at, programs)
            (part / MANIFEST).write_bytes(_WRITTEN.dump_json(manifest, indent=2))
            part.rename(whole)
            await _tell(connection, manifest, whole, who)
    finally:
        await close(connection)
        shutil.rmtree(part, ignore_errors=True)
    return whole


def manifest_of(backup: Path) -> Manifest:
    """Read a backup's manifest, and see that the dump is the one that it speaks of.

    Raises:
        BackupError: it is not, or there is none.
    """
    try:
        manifest = _WRITTEN.validate_json((backup / MANIFEST).read_bytes())
        found = _sha256(backup / DUMP)
    except OSError as error:
        raise BackupError(f"{error.filename}: {error.strerror}; give the folder of one backup") from error
    except ValidationError as error:
        raise BackupError(f"{backup / MANIFEST}: not a manifest of ours; take another backup") from error
    if found != manifest.sha256:
        raise BackupError(
            f"{backup / DUMP}: not the dump that was written; it is damaged, take another backup"
        )
    return manifest


def _begin(whole: Path) -> Path:
    part = whole.with_name(whole.name + ".part")
    if whole.exists():
        raise BackupError(f"{whole}: is there already; try again in a second")
    try:
        part.mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise BackupError(f"{part}: {error.strerror}; give a folder that can be written") from error
    return part


def _copy_checkpoints(data: Path | None, part: Path) -> None:
    for name in (CHECKPOINTS_FILE, KEYS_FILE):
        if data is not None and (data / name).exists():
            shutil.copy(data / name, part / name)


async def _dump(
    connection: Connection, url: str, part: Path, at: datetime, programs: Path | None
) -> Manifest:
    major = connection.get_server_version().major
    pg_dump = tools_for(major, programs) / "pg_dump"
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        snapshot = await connection.fetchval("SELECT pg_export_snapshot()")
        words = ("--format=custom", f"--snapshot={snapshot}", f"--file={part / DUMP}")
        await run_tool(pg_dump, url, *words)
        extension = "SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'"
        landed = await connection.fetch("SELECT name, sha256 FROM migration ORDER BY number")
        return Manifest(
            at=at,
            postgres=major,
            timescaledb=await connection.fetchval(extension) or "",
            migrations={row["name"]: row["sha256"] for row in landed},
            content=await content_of(connection),
            bytes=(part / DUMP).stat().st_size,
            sha256=_sha256(part / DUMP),
        )


async def _tell(connection: Connection, manifest: Manifest, whole: Path, who: str) -> None:
    if await connection.fetchval("SELECT pg_is_in_recovery()"):
        return  # a standby's book is its primary's
    samples = manifest.content.tables["sample"].rows
    body = {"name": whole.name, "bytes": manifest.bytes, "sha256": manifest.sha256, "samples": samples}
    await record(connection, manifest.at, "backup", who, body)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
