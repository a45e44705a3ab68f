"""What people do while the database is away: done at once, and in the book afterwards, by the right person and time."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import asyncpg
import pytest

from monitor.server import database, ledger
from monitor.server.gate import API
from monitor.server.rights import Role
from monitor.server.settings import Settings
from monitor.store import spool
from tests.database import Server
from tests.people import add_people, signed
from tests.server.collector import ALARM, Collector
from tests.server.conftest import PASSWORD, Running, meet, running
from tests.server.hands import Hands
from tests.server.test_access import timescale_runs


@pytest.fixture
async def coming_and_going(
    settings: Settings, timescale: Server, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Running]:
    """A server that looks for its database all the time; the database runs again at the end."""
    monkeypatch.setattr(database, "CHECK_S", 0.02)
    monkeypatch.setattr(ledger, "RETRY_S", 0.02)
    await add_people(database_url, PASSWORD)
    try:
        async with running(replace(settings, database_url=database_url)) as made:
            await meet(made)
            yield made
    finally:
        if not timescale_runs(timescale):
            timescale.start()


async def test_what_was_done_while_the_database_was_away_is_in_the_book_afterwards(
    coming_and_going: Running, collector: Collector, timescale: Server, hands: Hands
) -> None:
    server, token = coming_and_going, coming_and_going.sign_in(Role.OPERATOR)
    await server.service.ledger.settled()
    timescale.stop()
    async with server.screen(token) as screen, server.client(token) as client:
        await screen.until("link", collector=True)
        collector.measure(10.0)
        occurrence = {"alarm": ALARM, "raised_at": collector.alarms[ALARM].raised_at.isoformat()}
        done_at = hands.at
        answer = await client.post(f"{API}/alarms/acknowledge", json=signed(occurrence, PASSWORD))
        assert (answer.status_code, answer.json()["alarm"]["acknowledged_by"]) == (200, "cao")
        assert (await client.post(f"{API}/people", json={})).status_code == 403
        assert (await client.get(f"{API}/signatures", params={"what": "a", "of": "b"})).status_code == 503
    assert server.service.ledger.waiting == 2
    hands.pass_s(600)
    timescale.start()
    await server.service.ledger.settled()
    assert server.service.ledger.waiting == 0
    connection = await asyncpg.connect(server.service.settings.database_url)
    lines = await connection.fetch("SELECT kind, who, at, body FROM book ORDER BY seq")
    await connection.close()
    assert [(line["kind"], line["who"], line["at"]) for line in lines] == [
        ("signature", "cao", done_at),
        ("refused", "cao", done_at),
    ]
    assert json.loads(lines[0]["body"])["of"] == ALARM
    async with server.client(server.sign_in(Role.QA)) as client:
        asked = {"what": "acknowledgement", "of": ALARM}
        await server.service.database.up.wait()
        (shown,) = (await client.get(f"{API}/signatures", params=asked)).json()["signatures"]
        assert (shown["name"], shown["meaning"]) == ("Cao", "responsibility")


async def test_what_cannot_be_recorded_is_not_done(
    coming_and_going: Running, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, token = coming_and_going, coming_and_going.sign_in(Role.OPERATOR)
    async with server.screen(token) as screen, server.client(token) as client:
        await screen.until("link", collector=True)
        collector.measure(10.0)
        monkeypatch.setattr(spool, "LINES_MAX", 0)
        occurrence = {"alarm": ALARM, "raised_at": collector.alarms[ALARM].raised_at.isoformat()}
        answer = await client.post(f"{API}/alarms/acknowledge", json=signed(occurrence, PASSWORD))
        assert (answer.status_code, "not done" in answer.json()["detail"]) == (503, True)
        assert not collector.alarms[ALARM].acknowledged
        told = (await client.get(f"{API}/health")).json()
        assert (told["status"], told["ledger"]) == ("degraded", {"ok": False})
