"""`gradewatch run`: collector and server on one machine, each started again when it ends."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from monitor.store import embedded
from monitor.store.migrate import migrate
from monitor.supervise import Child, supervise

EMBEDDED = "embedded"
"""The database URL that asks for the embedded PostgreSQL in the data folder."""
DATABASE_VARIABLE = "GRADEWATCH_DATABASE_URL"


class RunError(Exception):
    """The service cannot start; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class RunSettings:
    """What `run` starts: a plant, a data folder, a database and an address for people.

    Attributes:
        database_later: start although the database is not there yet; the collector does not need it.
        logs: folder for a log file of each process; None leaves their output on ours.
        environment: more variables for the processes, such as the first administrator's password.
    """

    plant_dir: Path
    data: Path
    database_url: str = field(repr=False)
    host: str
    port: int
    database_later: bool = False
    logs: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)


async def run(settings: RunSettings, beside: Sequence[Child] = ()) -> None:
    """Check what must be right before anything starts, then run until cancelled.

    Args:
        settings: what to run.
        beside: further processes to keep running, started first and stopped last.

    Raises:
        RunError: the address is in use, or the data folder cannot be used.
        DatabaseError: the database is not there or refuses (unless it may come later).
    """
    check_address(settings.host, settings.port)
    make_folder(settings.data)
    async with _database(settings) as url:
        if settings.database_url == EMBEDDED or not settings.database_later:
            await migrate(url)
        await supervise([*beside, *children(settings, url)])


def children(settings: RunSettings, database_url: str) -> list[Child]:
    """Say how collector and server are started. The database's URL goes by the environment: it may hold a password."""
    gradewatch = [sys.executable, "-m", "monitor.cli"]
    environment = {**settings.environment, DATABASE_VARIABLE: database_url}
    plant, data = str(settings.plant_dir), str(settings.data)
    address = ["--host", settings.host, "--port", str(settings.port)]
    collect = [*gradewatch, "collect", plant, "--data", data]
    serve = [*gradewatch, "serve", plant, "--data", data, *address]
    return [
        Child("collector", collect, environment, log_file(settings.logs, "collector")),
        Child("server", serve, environment, log_file(settings.logs, "server")),
    ]


def log_file(folder: Path | None, name: str) -> Path | None:
    """Return the log file of a process, in a folder that is made if need be."""
    if folder is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}.log"


def make_folder(folder: Path) -> None:
    """Make a folder that only its owner may enter, if it is not there yet.

    Raises:
        RunError: it cannot be made, or is no folder.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"{folder}: {error.strerror}; give a folder that can be written") from None


def check_address(host: str, port: int) -> None:
    """Refuse an address that something else listens on.

    Raises:
        RunError: it is in use, or not ours.
    """
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise RunError(
                f"{host}:{port}: {error.strerror}; stop what listens there, or choose another --host or --port"
            ) from None


@asynccontextmanager
async def _database(settings: RunSettings) -> AsyncIterator[str]:
    if settings.database_url != EMBEDDED:
        yield settings.database_url
        return
    starting = asyncio.create_task(embedded.start(settings.data))
    try:
        yield await asyncio.shield(starting)
    finally:
        # Stopped while it starts, it would be started all the same, and stay.
        await asyncio.wait({starting})
        await asyncio.shield(embedded.stop(settings.data))
