"""`gradewatch demo`: a simulated plant, a database, a collector, a server and a screen from one command.

The simulators are a program of their own, started here as a process like any other; nothing of theirs is imported.
"""

import asyncio
import json
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from config.load import load
from monitor.clock import SystemClock
from monitor.demo_people import PEOPLE, make_people
from monitor.demo_plates import make_plates
from monitor.demo_register import make_register
from monitor.demo_tests import make_tests
from monitor.notify.secrets import FOLDER
from monitor.run import EMBEDDED, RunSettings, log_file, make_folder, run
from monitor.supervise import Child
from monitor.versions import Versions

CONTROL = "127.0.0.1:8099"
"""Where the simulators take faults, and where their people's telephones ring."""
READY_WITHIN_S = 120.0
LOOK_EVERY_S = 0.5
NEXT_LINE = "\n" + " " * 22

READY = """
Gradewatch is running.     Gradewatch 已启动。

  Address   地址      {address}
  Sign-in   登录      {people}
  Devices   设备      {live} of {devices} live
  Database  数据库    {database}
  Phones    电话      http://{control}/phone
  Logs      日志      {logs}

Try a fault, in another terminal     在另一个终端中模拟故障:
  {simulators} fault glove-breach --device ISO-STM-L1
  {simulators} fault clear

Ctrl-C stops everything; the data stays in {data}.     按 Ctrl-C 全部停止,数据保留。
"""


@dataclass(frozen=True, slots=True)
class DemoSettings:
    """Which plant to show, where to keep its data, and where the screen is."""

    plant_dir: Path
    data: Path
    host: str
    port: int


async def demo(settings: DemoSettings) -> None:
    """Run the demo until cancelled.

    Raises:
        RunError: the address is in use, or the data folder cannot be used.
        DatabaseError: the embedded database cannot be started.
    """
    make_folder(settings.data)
    _connect_phones(settings.data)
    passwords = {role.value: _password(settings.data / f"{role.value}-password") for role in PEOPLE}
    logs = settings.data / "logs"
    simulators = Path(sys.executable).with_name("gradewatch-sim")
    serve = [str(simulators), "serve", str(served(settings)), "--control", CONTROL]
    plant = Child("simulators", serve, {}, log_file(logs, "simulators"))
    running = RunSettings(
        plant_dir=settings.plant_dir,
        data=settings.data,
        database_url=EMBEDDED,
        host=settings.host,
        port=settings.port,
        logs=logs,
        prepare=partial(
            _prepare, settings, passwords, database := asyncio.get_running_loop().create_future()
        ),
    )
    announcing = asyncio.create_task(_announce(settings, passwords, simulators, database))
    try:
        await run(running, beside=[plant])
    finally:
        announcing.cancel()


def served(settings: DemoSettings) -> Path:
    """Say which folder the simulators serve: that of the plant in force, for a change may have moved a device.

    Raises:
        VersionsError: the plant in force is not kept.
    """
    versions = Versions(settings.data)
    change = versions.in_force()
    return settings.plant_dir if change is None else versions.folder_of(change.plant) / "plant"


async def _prepare(
    settings: DemoSettings, passwords: Mapping[str, str], database: asyncio.Future[str], database_url: str
) -> None:
    """Give the demo's database its people, and what a plant's people would have typed in; then say where it is."""
    now, plant = SystemClock().now(), load(settings.plant_dir)
    await make_people(database_url, passwords, now)
    await make_register(database_url, plant, now)
    await make_tests(database_url, plant, now)
    await make_plates(database_url, plant, now)
    database.set_result(database_url)


async def _announce(
    settings: DemoSettings, passwords: Mapping[str, str], simulators: Path, database: asyncio.Future[str]
) -> None:
    health = await _until_live(address_of(settings))
    if health is None:
        _say(f"Not ready after {READY_WITHIN_S:g} s; see {settings.data / 'logs'}     未能就绪,请查看日志")
        return
    _say(ready(settings, passwords, simulators, health, await database))


def address_of(settings: DemoSettings) -> str:
    """Return where the screen is."""
    return f"http://{settings.host}:{settings.port}"


def ready(
    settings: DemoSettings,
    passwords: Mapping[str, str],
    simulators: Path,
    health: Mapping[str, Any],
    database_url: str,
) -> str:
    """Tell whoever started the demo how to go on.

    Args:
        settings: of this demo.
        passwords: by the name to sign in with.
        simulators: their program.
        health: as the server tells it.
        database_url: of the embedded database: a socket that asks no password, so there is none to be told.
    """
    return READY.format(
        address=address_of(settings),
        people=NEXT_LINE.join(f"{name} / {password}" for name, password in passwords.items()),
        control=CONTROL,
        live=health["devices_live"],
        devices=health["devices"],
        database=database_url,
        logs=settings.data / "logs",
        data=settings.data,
        simulators=_as_typed(simulators),
    )


async def _until_live(address: str) -> dict[str, Any] | None:
    """Ask for health until every device is live; None if that takes too long."""
    async with httpx.AsyncClient(base_url=address, trust_env=False) as client:
        for _ in range(round(READY_WITHIN_S / LOOK_EVERY_S)):
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                health: dict[str, Any] = (await client.get("/api/v1/health")).json()
            except (httpx.HTTPError, ValueError):
                continue
            if health.get("devices_live") and health["devices_live"] == health["devices"]:
                return health
    return None


def _password(path: Path) -> str:
    """Return the demo's password: generated at first use and kept where only the owner reads it."""
    path.touch(mode=0o600)
    password = path.read_text().strip()
    if not password:  # also where a kill came between making the file and writing it
        password = secrets.token_urlsafe(12)
        path.write_text(password)
    return password


def _connect_phones(data: Path) -> None:
    """Let the demo's ways lead to the telephones of the simulators, signed with a key of this demo's own."""
    folder = data / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    for way in ("demo-robot", "demo-spare", "demo-canary"):
        path = folder / way
        path.touch(mode=0o600)
        if not path.read_text():
            path.write_text(json.dumps({"url": f"http://{CONTROL}/phone", "key": secrets.token_urlsafe()}))


def _as_typed(program: Path) -> str:
    """Return a program's path as short as it can be typed from here."""
    here = Path.cwd()
    return str(program.relative_to(here)) if program.is_relative_to(here) else str(program)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
