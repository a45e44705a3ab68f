"""`gradewatch run`: collector and server on one machine, each started again when it ends."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from config.faults import MendableError
from monitor.store import embedded
from monitor.store.database import Edition
from monitor.store.migrate import migrate
from monitor.store.roles import OWNER_VARIABLE, SERVICE, Login, login_of, signed_in_as
from monitor.supervise import Child, supervise

EMBEDDED = "embedded"
"""The database URL that asks for the embedded PostgreSQL in the data folder."""
DATABASE_VARIABLE = "GRADEWATCH_DATABASE_URL"


class RunError(MendableError):
    """The service cannot start; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class RunSettings:
    """What `run` starts: a plant, a data folder, a database and an address for people.

    Attributes:
        database_later: start although the database is not there yet; the collector does not need it.
        logs: folder for a log file of each process; None leaves their output on ours.
        environment: more variables for the processes, such as the first administrator's password.
        owner_url: of who owns the tables, if that is somebody else than the service ("": the same).
        prepare: what is done with the database's URL before anything starts that uses it.
    """

    plant_dir: Path
    data: Path
    database_url: str = field(repr=False)
    host: str
    port: int
    database_later: bool = False
    logs: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    owner_url: str = field(default="", repr=False)
    prepare: Callable[[str], Awaitable[None]] | None = None


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
        if settings.prepare is not None:
            await settings.prepare(url)
        await supervise([*beside, *children(settings, url)])


def children(settings: RunSettings, database_url: str) -> list[Child]:
    """Say how collector and server are started. The database's URL goes by the environment: it may hold a password."""
    gradewatch = [sys.executable, "-m", "monitor.cli"]
    # Neither process needs the owner's rights, so neither is told the password.
    environment = {**settings.environment, DATABASE_VARIABLE: database_url, OWNER_VARIABLE: ""}
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


async def bring_up_to_date(database_url: str, owner_url: str) -> Edition:
    """Migrate a database as the owner of its tables, and give the service its rights there.

    Args:
        database_url: as the service signs in.
        owner_url: as the owner does; "": the service owns the tables itself.

    Raises:
        DatabaseError: see `migrate`.
    """
    if not owner_url:
        return await migrate(database_url)
    return await migrate(owner_url, [login_of(database_url)])


@asynccontextmanager
async def _database(settings: RunSettings) -> AsyncIterator[str]:
    if settings.database_url != EMBEDDED:
        if not settings.database_later:
            await bring_up_to_date(settings.database_url, settings.owner_url)
        yield settings.database_url
        return
    starting = asyncio.create_task(embedded.start(settings.data))
    try:
        owner_url = await asyncio.shield(starting)
        await migrate(owner_url, [Login(SERVICE)])
        yield signed_in_as(owner_url, SERVICE)
    finally:
        # Stopped while it starts, it would be started all the same, and stay.
        await asyncio.wait({starting})
        await asyncio.shield(embedded.stop(settings.data))
