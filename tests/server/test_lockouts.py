"""Whoever is locked out at the door is an alarm on every screen, by name, until somebody unlocks the account."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from monitor.collector.lockouts import LOCKOUTS_MAX
from monitor.server import lockouts
from monitor.server.gate import API
from monitor.server.rights import Role
from monitor.server.tries import TRIES_IN_ALL
from tests.people import TRAINING, accounts
from tests.server.collector import Collector
from tests.server.conftest import PASSWORD, Running

CAO = "service/lockout-of-cao"


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lockouts, "PAUSE_S", 0.01)


async def test_a_lockout_is_an_alarm_that_is_acknowledged_and_ends_with_it(
    collector: Collector, keeping: Running
) -> None:
    for number in range(TRIES_IN_ALL - 1):
        keeping.service.tries.take("cao", f"10.0.0.{number}")
    async with keeping.screen(keeping.sign_in(Role.OPERATOR, "kan")) as screen:
        await screen.until("link", collector=True)
        async with keeping.client() as door:
            who = {"name": "cao", "password": "wrong"}
            assert (await door.post(f"{API}/session", json=who)).status_code == 401
        raised = (await screen.until("alarm", reason="raised"))["alarm"]
        assert (raised["id"], raised["priority"]) == (CAO, "medium")
        assert raised["detail"] == "2026-03-02 08:15:00 UTC"
        async with keeping.client(keeping.sign_in(Role.ENGINEER)) as client:
            seen = {"alarm": CAO, "raised_at": raised["raised_at"]}
            assert (await client.post(f"{API}/alarms/acknowledge", json=seen)).status_code == 200
        await screen.until("alarm", reason="acknowledged")
        async with keeping.client(keeping.sign_in(Role.ADMIN)) as admin:
            answer = await admin.post(f"{API}/people/cao/unlock", json={"reason": "it was a slip"})
            assert answer.status_code == 204
        assert (await screen.until("alarm", reason="cleared"))["alarm"]["id"] == CAO
    assert collector.alarms == {}


async def test_many_locked_accounts_do_not_bury_the_plant(collector: Collector, server: Running) -> None:
    async with server.screen(server.sign_in()) as screen:
        await screen.until("link", collector=True)
        (one,) = (person for person in accounts(PASSWORD) if person.name == "cao")
        many = [
            replace(one, name=f"person {number:02}", locked_at=datetime(2026, 3, 2, 8, number, tzinfo=UTC))
            for number in reversed(range(LOCKOUTS_MAX + 5))
        ]
        server.service.people.take([*accounts(PASSWORD), *many], TRAINING)
        for _ in range(LOCKOUTS_MAX):
            await screen.until("alarm", reason="raised")
        assert set(collector.alarms) == {
            f"service/lockout-of-person {number:02}" for number in range(LOCKOUTS_MAX)
        }
        async with server.client() as client:
            assert (await client.get(f"{API}/health")).json()["locked_accounts"] == LOCKOUTS_MAX + 5


def test_the_server_tells_no_more_than_the_collector_takes() -> None:
    assert lockouts.ALARMS_MAX == LOCKOUTS_MAX
