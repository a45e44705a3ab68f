"""The server on a free port of loopback, and a browser's ways to it."""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from alarms.events import Alarm
from bench.running import NO_TLS
from config.model import Sample
from config.plant import Plant
from monitor.server.access import PASSWORD_VARIABLE
from monitor.server.app import create_app
from monitor.server.gate import COOKIE
from monitor.server.rights import Role
from monitor.server.serve import serve_made
from monitor.server.service import Service
from monitor.server.sessions import Person
from monitor.server.settings import Settings
from monitor.store.book import BookEntry
from monitor.store.write import Writer
from tests.loaded import loaded
from tests.patience import PATIENCE_S
from tests.people import TRAINING, accounts, add_people, called, cheap_hasher
from tests.server.collector import Collector
from tests.server.hands import Hands

PASSWORD = "correct horse battery staple"
NO_DATABASE = "postgresql://nobody@127.0.0.1:1/none"


class Screen:
    """A browser's live screen."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def next(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(await self.socket.recv())
        return message

    async def until(self, kind: str, **facts: Any) -> dict[str, Any]:
        """Read on until a message of this kind with these facts comes."""
        while True:
            message = await self.next()
            if message["type"] == kind and facts.items() <= message.items():
                return message


@dataclass(frozen=True)
class Running:
    """A server that runs, and who wants something from it."""

    address: str
    # asyncio's runner has the result of each fixture put into words, for a message that nobody sees: the whole plant.
    service: Service = field(repr=False)

    def sign_in(self, role: Role = Role.ENGINEER, name: str = "") -> str:
        """Open a session without a password, and give its token."""
        name = name or called(role)
        return self.service.sessions.open(self.service.people.person(name) or Person(name, role))

    async def store(
        self, samples: Sequence[Sample] = (), book: Sequence[BookEntry] = (), alarms: Sequence[Alarm] = ()
    ) -> None:
        """Write into the server's database, as a collector of its plant does."""
        settings = self.service.settings
        writer = await Writer.open(settings.database_url, settings.plant, "test", settings.now())
        await writer.write(1, samples, book, alarms)
        await writer.close()

    @asynccontextmanager
    async def client(self, token: str = "", **headers: str) -> AsyncIterator[httpx.AsyncClient]:
        cookie = {"Cookie": f"{COOKIE}={token}"} if token else {}
        async with httpx.AsyncClient(
            base_url=self.address,
            headers={**cookie, **headers},
            verify=NO_TLS,
            trust_env=False,
            timeout=PATIENCE_S,
        ) as client:
            yield client

    @asynccontextmanager
    async def screen(self, token: str, **options: Any) -> AsyncIterator[Screen]:
        address = self.address.replace("http", "ws", 1) + "api/v1/live"
        cookie = {"Cookie": f"{COOKIE}={token}"} if token else {}
        async with connect(
            address, additional_headers=cookie, proxy=None, close_timeout=1, **options
        ) as socket:
            yield Screen(socket)


async def meet(made: Running) -> None:
    """Let a server that has a database know everybody; everybody's password is `PASSWORD`."""
    await made.service.people.known.wait()
    await add_people(made.service.settings.database_url, PASSWORD)
    await made.service.roll.call()


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Running]:
    """Run a server as `gradewatch serve` does, until the end of the block."""
    app = create_app(settings)
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve_made(app, settings, address.set_result))
    either: list[asyncio.Future[Any]] = [task, address]
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    try:
        yield Running(address.result(), app.state.service)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture(autouse=True)
def no_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """The collector's endpoint would wait two seconds for its listeners to go by themselves."""
    monkeypatch.setattr("monitor.asgi.GRACE_S", 0)


@pytest.fixture(autouse=True)
def no_toil(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every new hash of a password would take a fifth of a second of a core, each server's first check among them."""
    monkeypatch.setattr("monitor.server.access.PasswordHasher", cheap_hasher)


@pytest.fixture(scope="session")
def plant() -> Plant:
    return loaded(Path(__file__).parents[1] / "plants" / "line")


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def settings(plant: Plant, hands: Hands) -> Iterator[Settings]:
    # Not pytest's own folder: a socket's path must be short.
    with tempfile.TemporaryDirectory(prefix="gradewatch-test-") as folder:
        yield Settings(plant, Path(folder), NO_DATABASE, Path(folder) / "dist", hands.now, port=0)


@pytest.fixture
async def collector(settings: Settings, hands: Hands) -> AsyncIterator[Collector]:
    """The collector's endpoint, running."""
    made = Collector(settings.plant, settings.data, hands)
    async with made.serving():
        yield made


@pytest.fixture
async def server(settings: Settings) -> AsyncIterator[Running]:
    """A server whose database is away since it was last read."""
    async with running(settings) as made:
        made.service.people.take(accounts(PASSWORD), TRAINING)
        yield made


@pytest.fixture
async def keeping(
    settings: Settings, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Running]:
    """A server with a database, in which everybody has the password `PASSWORD`."""
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)
    await add_people(
        database_url, PASSWORD
    )  # or else the server makes an administrator, and a line of the book
    async with running(replace(settings, database_url=database_url)) as made:
        await meet(made)
        yield made
