"""The demo plant in the midst of its life: alarms of each kind, people, a proposal, instruments, an hour that was."""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from alarms.events import Shelve
from bench.running import DEMO
from monitor.server.gate import API
from monitor.server.instruments import day_of
from monitor.server.rights import Role
from monitor.store.instruments import confirm_entry, note_entry
from monitor.store.people import By
from monitor.store.write import Writer
from monitor.versions import Versions, bundle
from tests.browser.calm import Calm, served
from tests.browser.past import Booked, breach
from tests.browser.test_line import WELL
from tests.changing import changed
from tests.loaded import loaded
from tests.monitor.test_calibration import FACTS
from tests.patience import PATIENCE_S
from tests.server.collector import PRESSURE
from tests.server.conftest import PASSWORD, Running
from tests.server.filled import BATCH, made_batch
from tests.server.hands import Hands

SHELVED = "ISO-STM-L1/transfer_pressure/alert"
UNAVAILABLE, ALERTED = "ISO-STM-L2/temp", "HCI-IMM-L2/ch3_co2"
SILENT, SIMULATED = "RM-IMM-L4", "RM-VIR-L2"
DUE_IN_DAYS = {"PC-A-STM-L1": 20, "ISO-STM-L1": -1, "RM-STM-L1": 300}
"""When instruments are to be calibrated; no entry of the last one is confirmed yet."""
FIRST_PLATE = "V000001-95"
"""The one that lies open."""
SETTLED_S = 60
"""Until each alarm stands that the trouble brings."""
NEWCOMER = {
    "name": "zhao",
    "display": "Zhao Yi",
    "language": "zh",
    "role": "operator",
    "reason": "new on the shift",
}


@asynccontextmanager
async def lived_in(database_url: str) -> AsyncIterator[tuple[Running, str]]:
    """Serve the plant; give its server, and the newcomer's one-time password."""
    plant = loaded(DEMO)
    files = bundle(plant, DEMO)
    # Not pytest's own folder: a socket's path must be short.
    with TemporaryDirectory(prefix="gw-") as folder:
        hands = Hands()
        Versions(Path(folder)).keep(files)
        calm = Calm(plant, Path(folder), hands, Booked(plant, Path(folder), hands))
        await breach(calm, database_url)
        _trouble(calm)
        async with served(calm, database_url) as server:
            await _register(server)
            await _make_batch(server)
            await _plan_plates(server)
            await _propose(server, files)
            newcomer = await _newcomer(server)
            for _ in range(SETTLED_S):
                calm.pass_second()
            # What is looked at long must not change meanwhile: each second all of it would be laid out anew.
            calm.stands_still = True
            yield server, newcomer


def _trouble(calm: Calm) -> None:
    phases = (one.id for series in calm.plant.series.values() for one in series.channels)
    calm.told.update({one: 0.0 for one in phases if one.endswith("/vhp_phase")})
    calm.told.update({**WELL, PRESSURE: 15.0, UNAVAILABLE: math.nan, ALERTED: 5.6})
    calm.silent.add(SILENT)
    calm.simulated.add(SIMULATED)
    until = calm.hands.at + timedelta(hours=2)
    calm.collector.judge(Shelve(calm.hands.at, SHELVED, until, "li", "the sensor is changed"))


async def _plan_plates(server: Running) -> None:
    day = day_of(server.service.settings.now(), server.service.settings.plant.time_zone)
    async with server.client(server.sign_in(Role.ENGINEER)) as client:
        planned = await client.post(f"{API}/samples/plan", json={"day": day.isoformat()})
        assert planned.json()["plates"][0]["code"] == FIRST_PLATE, planned.text
        laid = await client.post(f"{API}/samples/{FIRST_PLATE}/expose", json={})
        assert laid.is_success, laid.text


async def _make_batch(server: Running) -> None:
    """Have a batch made in the hour that was, with a deviation that is open."""
    settings = server.service.settings
    ended = settings.now()
    writer = await Writer.open(settings.database_url, settings.plant, "test", ended)
    await writer.write(2, [], made_batch(ended, timedelta(minutes=59)), [])
    await writer.close()
    opened = {"batch": BATCH, "title": "The pressure fell for twenty seconds"}
    signature = {"password": PASSWORD, "meaning": "authorship"}
    async with server.client(server.sign_in(Role.OPERATOR)) as client:
        answer = await client.post(f"{API}/deviations", json=opened | {"signature": signature})
    assert answer.status_code == 201, answer.text


async def _register(server: Running) -> None:
    at = server.service.settings.now()
    today = day_of(at, server.service.settings.plant.time_zone)
    async with server.service.database.connection() as connection:
        for instrument, days in DUE_IN_DAYS.items():
            facts = replace(FACTS, instrument=instrument, due_on=today + timedelta(days=days))
            number = await note_entry(connection, By(at, "li", "engineer", "first entry"), facts)
            if instrument != "RM-STM-L1":
                await confirm_entry(connection, By(at, "wang", "engineer", ""), number, today)
    server.service.instruments.change()


async def _propose(server: Running, files: dict[str, str]) -> None:
    """Let the engineer propose a looser limit."""
    name = "limits_isolators.yaml"
    looser = changed(files, name, "action: {low: 20, high: 90}", "action: {low: 10, high: 90}")
    own = {key: text for key, text in looser.items() if key.startswith("plant/")}
    async with server.client(server.sign_in(Role.ENGINEER)) as client:
        body = {"reason": "less noise at night", "files": own}
        answer = await client.post(f"{API}/plant/proposals", json=body, timeout=PATIENCE_S)
    assert answer.status_code == 201, answer.text


async def _newcomer(server: Running) -> str:
    async with server.client(server.sign_in(Role.ADMIN)) as client:
        answer = await client.post(f"{API}/people", json=NEWCOMER)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["password"])
