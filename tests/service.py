"""The whole service as a user starts it: simulators, database, `gradewatch run`, each a process of its own."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import httpx
import pytest
from pymodbus.client import AsyncModbusTcpClient

from bench.ports import free_port
from bench.running import LINE, NO_TLS, plant_on_free_ports
from config.load import load
from config.plant import Plant
from monitor.store.roles import SERVICE, signed_in_as
from tests.database import Server
from tests.patience import PATIENCE_S
from tests.people import add_people

T = TypeVar("T")

PASSWORD = "a password of the scenario"
BIN = Path(sys.executable).parent
LOOK_EVERY_S = 0.05


@dataclass
class Service:
    """A running service and the hands to try it with."""

    plant_dir: Path
    plant: Plant
    data: Path
    database: Server
    database_url: str = field(repr=False)
    port: int
    control: str
    process: "subprocess.Popen[bytes]"

    @property
    def address(self) -> str:
        """Where the screen is."""
        return f"http://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def signed_in(self, name: str = "li") -> AsyncIterator[httpx.AsyncClient]:
        """Be a signed-in person with a client: an engineer, unless another is named."""
        async with self.client() as client:
            body = {"name": name, "password": PASSWORD}
            (await client.post("/api/v1/session", json=body)).raise_for_status()
            yield client

    def client(self) -> httpx.AsyncClient:
        """Return a client that is not signed in."""
        own = {"Origin": self.address}
        return httpx.AsyncClient(base_url=self.address, headers=own, verify=NO_TLS, timeout=PATIENCE_S)

    async def fault(self, name: str, device: str) -> datetime:
        """Start a fault in the simulated plant; return when."""
        await self._simulators("POST", "/fault", {"name": name, "device": device})
        return datetime.now(UTC)  # noqa: TID251 - the wall clock is what the service goes by

    async def clear(self) -> None:
        """End every fault."""
        await self._simulators("DELETE", "/fault", None)

    async def device(self, device: str, state: str) -> None:
        """Take a device from its network ("down"), or give it back ("up")."""
        await self._simulators("POST", "/device", {"device": device, "state": state})

    async def rung(self) -> list[dict[str, str]]:
        """Return what has come to the telephones of the simulated plant's people, the oldest first."""
        async with httpx.AsyncClient(base_url=f"http://{self.control}", verify=NO_TLS) as client:
            rung: list[dict[str, str]] = (await client.get("/phone/rung")).json()["rung"]
            return rung

    async def tower(self) -> dict[str, int]:
        """Read the tower's own registers, as a second Modbus client."""
        host, _, port = self.plant.devices["ST-STM-L1"].address.rpartition(":")
        client = AsyncModbusTcpClient(host, port=int(port))
        try:
            assert await client.connect()
            registers = (await client.read_holding_registers(0, count=6)).registers
        finally:
            client.close()
        return {"red": registers[0], "amber": registers[1], "horn": registers[5]}

    async def rows(self, query: str, *arguments: object) -> list[tuple[Any, ...]]:
        """Ask the database."""
        connection = await asyncpg.connect(self.database_url)
        try:
            return [tuple(row) for row in await connection.fetch(query, *arguments)]
        finally:
            await connection.close()

    def collector_pid(self) -> int:
        """Return the process id of the collector."""
        listed = subprocess.run(
            ["ps", "-o", "pid=,args=", "--ppid", str(self.process.pid)],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        (line,) = [line for line in listed.splitlines() if " collect " in line]
        return int(line.split()[0])

    async def _simulators(self, method: str, path: str, body: dict[str, str] | None) -> None:
        async with httpx.AsyncClient(base_url=f"http://{self.control}", verify=NO_TLS) as client:
            (await client.request(method, path, json=body)).raise_for_status()


async def until(look: Callable[[], Awaitable[T | None]], what: str) -> T:
    """Look again and again until what is seen is true; return it."""
    loop = asyncio.get_running_loop()
    end = loop.time() + PATIENCE_S
    while loop.time() < end:
        seen = await look()
        if seen:
            return seen
        await asyncio.sleep(LOOK_EVERY_S)
    raise AssertionError(f"not within {PATIENCE_S:g} s: {what}")


@contextmanager
def simulators(plant_dir: Path) -> Iterator[str]:
    """Serve the plant; give the address of the control endpoint."""
    control = f"127.0.0.1:{free_port()}"
    command = [str(BIN / "gradewatch-sim"), "serve", str(plant_dir), "--control", control]
    with _process(command, {}, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"serving")
        yield control


@contextmanager
def service(database: Server, source: Path = LINE) -> Iterator[Service]:
    """Run everything for a plant; stop everything at the end, in order, and see that it ended well."""
    folder = Path(tempfile.mkdtemp(prefix="gw-"))
    plant_dir = plant_on_free_ports(folder / "plant", source)
    url = asyncio.run(_peopled(database))
    port = free_port()
    environment = {
        "GRADEWATCH_DATABASE_URL": signed_in_as(url, SERVICE),
        "GRADEWATCH_OWNER_DATABASE_URL": url,
    }
    data = folder / "data"
    command = [str(BIN / "gradewatch"), "run", str(plant_dir), "--data", str(data), "--port", str(port)]
    try:
        with ExitStack() as stack:
            control = stack.enter_context(simulators(plant_dir))
            phones = {f"GRADEWATCH_WAY_TEST_{way}": _phone(control) for way in ("ROBOT", "SPARE")}
            process = stack.enter_context(_process(command, environment | phones))
            one = Service(plant_dir, load(plant_dir), data, database, url, port, control, process)
            asyncio.run(_live(one))
            yield one
    finally:
        asyncio.run(database.drop(url))
        shutil.rmtree(folder)


def _phone(control: str) -> str:
    """Return the secret of a way that leads to the simulated plant's telephones."""
    return json.dumps({"url": f"http://{control}/phone", "key": "the key of the tests"})


async def _peopled(database: Server) -> str:
    url = await database.fresh()
    await add_people(url, PASSWORD, in_book=True)
    return url


async def _live(one: Service) -> None:
    await until(lambda: live_devices(one, 5), "all five devices live")


async def live_devices(one: Service, wanted: int) -> bool:
    """Ask the health summary whether so many devices are live, and the database is there."""
    async with one.client() as client:
        try:
            health = (await client.get("/api/v1/health")).json()
        except httpx.TransportError:
            return False
    return bool(health["devices_live"] == wanted and health["database"]["ok"])


@contextmanager
def _process(
    command: list[str], environment: dict[str, str], stdout: int | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=stdout, start_new_session=True
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        code = process.wait(PATIENCE_S)
        if process.stdout is not None:
            process.stdout.close()
    assert code == 0, f"{command[0]} ended with {code}"


def seconds(number: float) -> timedelta:
    """Return so many seconds."""
    return timedelta(seconds=number)


@pytest.fixture(scope="session")
def running(timescale: Server) -> Iterator[Service]:
    """Run simulators, database, collector and server, once for all; each test leaves them calm."""
    with service(timescale) as one:
        yield one
