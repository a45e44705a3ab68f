"""A simulated plant and a collector as processes of their own, for the figures."""

import asyncio
import json
import os
import re
import shutil
import signal
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bench.ports import free_port, free_ports
from monitor.run import DATABASE_VARIABLE
from monitor.store import embedded
from monitor.store.migrate import migrate

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
LINE = ROOT / "tests" / "plants" / "line"
DEMO = ROOT / "config" / "plants" / "demo"
READY_WITHIN_S = 120
LOOPBACK = re.compile(r"127\.0\.0\.1:(\d+)")
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients of loopback, one for all: by itself each would read whom to trust in the world, which takes 20 ms."""


def say(bench: str, **figures: object) -> None:
    """Print one JSON line."""
    print(json.dumps({"bench": bench, **figures}), flush=True)


def percentile(values: list[float], share: float) -> float:
    """Return a percentile by rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@dataclass
class Running:
    """A plant and its collector."""

    data: Path
    control: str
    collector: "subprocess.Popen[bytes]"
    simulators: "subprocess.Popen[bytes]"
    database_url: str

    def cpu_s(self) -> float:
        """CPU seconds that the collector has used, user and system."""
        return cpu_s(self.collector.pid)

    def memory_mb(self) -> float:
        """Resident memory of the collector."""
        return memory_mb(self.collector.pid)

    def health(self) -> dict[str, Any]:
        """Ask the collector how it is."""
        with self._endpoint() as client:
            health: dict[str, Any] = client.get("/health").json()
        return health

    def acknowledge_all(self) -> None:
        """Acknowledge every alarm that was ever raised and stands unseen."""
        with self._endpoint() as client:
            for alarm, raised_at in self.raised():
                body = {"alarm": alarm, "raised_at": raised_at, "who": "bench", "comment": ""}
                client.post("/acknowledge", json=body)

    def raised(self) -> list[tuple[str, str]]:
        """Return the alarms that stand unseen, from the journal's last State."""
        rows = self.query("SELECT body FROM state")
        alarms = json.loads(rows[0][0])["alarms"] if rows else {}
        return [(one["id"], one["raised_at"]) for one in alarms.values() if not one["acknowledged"]]

    def query(self, sql: str, *arguments: object) -> list[tuple[Any, ...]]:
        """Ask the journal."""
        connection = sqlite3.connect(f"file:{self.data / 'journal.sqlite'}?mode=ro", uri=True)
        try:
            return connection.execute(sql, arguments).fetchall()
        finally:
            connection.close()

    def fault(self, name: str, device: str) -> None:
        """Start a fault in the plant."""
        httpx.post(f"http://{self.control}/fault", json={"name": name, "device": device}).raise_for_status()

    def clear(self) -> None:
        """End every fault."""
        httpx.delete(f"http://{self.control}/fault").raise_for_status()

    def _endpoint(self) -> httpx.Client:
        token = (self.data / "collector.token").read_text()
        transport = httpx.HTTPTransport(uds=str(self.data / "collector.sock"), verify=NO_TLS)
        return httpx.Client(
            transport=transport, base_url="http://collector", headers={"Authorization": f"Bearer {token}"}
        )


def cpu_s(pid: int) -> float:
    """CPU seconds that a process has used, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def server_cpu_s(pid: int) -> float:
    """CPU seconds of a server and all its processes, those that have ended included."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ended = sum(map(int, fields[13:15])) / TICKS_PER_S
    return ended + cpu_s(pid) + sum(cpu_s(int(one)) for one in children)


def peak_mb(pid: int) -> float:
    """Most resident memory that a process ever had, its start included."""
    (line,) = (
        one for one in Path(f"/proc/{pid}/status").read_text().splitlines() if one.startswith("VmHWM:")
    )
    return int(line.split()[1]) * 1024 / 1e6


def memory_mb(pid: int) -> float:
    """Resident memory of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@contextmanager
def running(source: Path = LINE) -> Iterator[Running]:
    """Run simulators, an embedded PostgreSQL and a collector that forwards to it, until all devices are live."""
    folder = Path(tempfile.mkdtemp(prefix="gw-"))
    plant = plant_on_free_ports(folder / "plant", source)
    control = f"127.0.0.1:{free_port()}"
    collect = [str(BIN / "gradewatch"), "collect", str(plant), "--data", str(folder / "data")]
    url = asyncio.run(database(folder))
    try:
        with (
            simulating(plant, control) as simulators,
            process(collect, {DATABASE_VARIABLE: url}, stderr=subprocess.DEVNULL) as collector,
        ):
            one = Running(folder / "data", control, collector, simulators, url)
            until(lambda: _live(one), READY_WITHIN_S)
            yield one
    finally:
        asyncio.run(embedded.stop(folder))
        shutil.rmtree(folder)


@contextmanager
def simulating(plant: Path, control: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Serve a plant by a process of its own, until all devices answer."""
    command = [str(BIN / "gradewatch-sim"), "serve", str(plant), "--control", control]
    with process(command, {}, stdout=subprocess.PIPE) as served:
        assert served.stdout is not None
        served.stdout.readline()
        yield served


def until(look: Callable[[], object], within_s: float) -> None:
    """Look until it is true."""
    end = time.monotonic() + within_s
    while not look():
        if time.monotonic() > end:
            raise SystemExit(f"not within {within_s} s")
        time.sleep(0.02)


async def database(folder: Path) -> str:
    """Make an embedded PostgreSQL in the folder, migrated; return its URL."""
    url = await embedded.start(folder)
    await migrate(url)
    return url


def _live(one: Running) -> bool:
    try:
        health = one.health()
    except (httpx.TransportError, FileNotFoundError):
        return False
    return bool(health["devices_live"] == health["devices"] and health["database"]["ok"])


def plant_on_free_ports(folder: Path, source: Path = LINE) -> Path:
    """Copy a plant with addresses of its own, so that it and a demo may run side by side."""
    shutil.copytree(source, folder)
    files = sorted(folder.glob("*.yaml"))
    ports = sorted({port for file in files for port in LOOPBACK.findall(file.read_text())})
    moved = dict(zip(ports, free_ports(len(ports)), strict=True))
    for file in files:
        file.write_text(LOOPBACK.sub(lambda found: f"127.0.0.1:{moved[found[1]]}", file.read_text()))
    return folder


@contextmanager
def process(
    command: list[str], environment: dict[str, str], **streams: int
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a command beside us; end it in good order."""
    started = subprocess.Popen(command, env={**os.environ, **environment}, start_new_session=True, **streams)  # type: ignore[call-overload]  # streams only
    try:
        yield started
    finally:
        started.send_signal(signal.SIGINT)
        started.wait(30)
