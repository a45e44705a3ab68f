"""The way to the database, and what it is told when it cannot be used.

asyncpg's own exceptions stay inside this room: whoever calls it sees only DatabaseError.
"""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from typing import Any, TypeAlias, TypeVar
from urllib.parse import parse_qs, urlsplit

import asyncpg

from config.faults import MendableError

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
T = TypeVar("T")

CONNECT_TIMEOUT_S = 5.0
COMMAND_TIMEOUT_S = 60.0
"""Longer than any statement of ours takes: a connection that is silent for so long is dead."""
END_S = 2.0
"""A stop waits no longer for what is being written; what is not stored then, the next start stores."""


class DatabaseError(MendableError):
    """The database cannot do what was asked. One line: what is wrong, and what to do about it."""


class Edition(StrEnum):
    """What the database can do: TimescaleDB under either licence, or PostgreSQL alone."""

    COMMUNITY = "community"
    APACHE = "apache"
    PLAIN = "plain"


def place(url: str) -> str:
    """Say where a URL leads, for a message: `host:port/database`, without user and password."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "URL"
    if "@" in parts.path + parts.query + parts.fragment:
        return "URL"  # a password with a slash in it would be taken for the host
    host = parts.netloc.rpartition("@")[2] or parse_qs(parts.query).get("host", ["localhost"])[0]
    return host + parts.path


def _explain(error: BaseException, where: str) -> str:
    match error:
        case asyncpg.InvalidPasswordError() | asyncpg.InvalidAuthorizationSpecificationError():
            remedy = "correct the user or the password in the database URL"
        case asyncpg.InvalidCatalogNameError():
            remedy = "make that database (createdb), or correct its name in the database URL"
        case asyncpg.UndefinedTableError() | asyncpg.UndefinedColumnError():
            remedy = "bring its tables up to date: gradewatch migrate"
        case asyncpg.InsufficientPrivilegeError():
            remedy = "give the service's database user that right"
        case asyncpg.DiskFullError():
            remedy = "make room on the database's disk"
        case asyncpg.PostgresError():
            remedy = "look into the database's own log"
        case asyncpg.InterfaceError() | ValueError():
            remedy = (
                "correct the database URL (postgresql://user:password@host:port/database), or connect again"
            )
        case _:
            remedy = "start the database, or correct host and port in the database URL"
    said = " ".join(str(error).split()) or type(error).__name__
    return f"database {where}: {said}; {remedy}"


@contextmanager
def explained(where: str) -> Iterator[None]:
    """Turn whatever asyncpg raises inside into a DatabaseError.

    Args:
        where: the database as a person knows it, see `place`.

    Raises:
        DatabaseError: the database refused, failed or cannot be reached.
    """
    try:
        yield
    except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError) as error:
        raise DatabaseError(_explain(error, where)) from error


@contextmanager
def _reaching(url: str) -> Iterator[None]:
    with explained(place(url)):
        try:
            yield
        except ValueError:
            # Not in its own words, which may hold a part of the password.
            raise asyncpg.InterfaceError("its URL cannot be read") from None


async def connect(url: str) -> Connection:
    """Open one connection.

    Raises:
        DatabaseError: it cannot be reached, or refuses.
    """
    with _reaching(url):
        return await asyncpg.connect(url, timeout=CONNECT_TIMEOUT_S, command_timeout=COMMAND_TIMEOUT_S)


async def close(connection: Connection) -> None:
    """Close a connection in good order, or cut it if it does not answer. Never raises; may be called twice."""
    try:
        await connection.close(timeout=CONNECT_TIMEOUT_S)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
        connection.terminate()


async def to_its_end(connection: Connection, work: Coroutine[Any, Any, T]) -> T:
    """Write something, to its end although whoever waits for it is cancelled: then END_S more at most.

    asyncpg's `executemany` loses a cancellation that meets its sending, and waits COMMAND_TIMEOUT_S for the answer to
    half a question.
    """
    writing = asyncio.create_task(work)
    try:
        return await asyncio.shield(writing)
    except asyncio.CancelledError:
        await ended(connection, writing)
        raise


async def ended(connection: Connection, writing: "asyncio.Task[Any]") -> None:
    """Wait END_S at most until something is written, however often this is cancelled; then cut the connection."""
    loop = asyncio.get_running_loop()
    until = loop.time() + END_S
    while not writing.done() and loop.time() < until:
        with suppress(asyncio.CancelledError):
            await asyncio.wait({writing}, timeout=until - loop.time())
    if not writing.done():
        # Whatever it waits for, it gets an error.
        connection.terminate()
        await asyncio.wait({writing})


async def open_pool(url: str) -> Pool:
    """Open a pool of at most eight connections, for reading, and check that one can be made. The caller closes it.

    Raises:
        DatabaseError: it cannot be reached, or refuses.
    """
    with _reaching(url):
        # None is kept open for its own sake, so that an outage is met, and told, only by who asks something.
        pool = asyncpg.create_pool(
            url, min_size=0, max_size=8, timeout=CONNECT_TIMEOUT_S, command_timeout=COMMAND_TIMEOUT_S
        )
        await pool
        try:
            await pool.fetchval("SELECT 1")
        except BaseException:
            pool.terminate()
            raise
        return pool


async def edition(connection: Connection) -> Edition:
    """Tell which edition this database is.

    Raises:
        DatabaseError: the connection is lost.
    """
    with explained("connection"):
        if not await connection.fetchval("SELECT 1 FROM pg_extension WHERE extname = 'timescaledb'"):
            return Edition.PLAIN
        # A setting of the extension exists only in a session that has loaded its library, so it is asked for second.
        licence = await connection.fetchval("SELECT current_setting('timescaledb.license', true)")
        return Edition.COMMUNITY if licence == "timescale" else Edition.APACHE
