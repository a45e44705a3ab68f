"""What people do about alarms and zones: over the real socket, under their names, two where it takes two."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from structlog.testing import capture_logs

from alarms.state import State
from config.plant import Plant
from monitor.server.gate import API
from monitor.server.rights import Role
from monitor.server.tries import TRIES_AT_ONE_PLACE
from tests.people import signed
from tests.server.acting import acting
from tests.server.collector import ALARM, PRESSURE, Collector
from tests.server.conftest import PASSWORD, Running
from tests.server.hands import Hands

ALERT = f"{PRESSURE}/alert"
SECOND = {"name": "wang", "password": PASSWORD}
ENOUGH_S = 20


@pytest.fixture(scope="module")
def plant(plant: Plant) -> Plant:
    """Make the isolator's pressure alarm one that latches."""
    limits = tuple(replace(limit, latching=limit.id == ALARM) for limit in plant.limits)
    return replace(acting(plant), limits=limits, protections={})


def hidden(hands: Hands, alarm: str = ALERT, **facts: Any) -> dict[str, Any]:
    until = (hands.at + timedelta(hours=1)).isoformat()
    return {"alarm": alarm, "until": until, "reason": "the sensor is changed", **facts}


def removed(alarm: str = ALERT, **facts: Any) -> dict[str, Any]:
    return {"alarm": alarm, "reason": "the sensor is changed", "work_order": "WO-1024", **facts}


async def listed(client: httpx.AsyncClient, **query: Any) -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in (await client.get(f"{API}/alarms", params=query)).json()["alarms"]}


async def test_a_shelved_alarm_is_hidden_with_its_end_and_comes_back(
    collector: Collector, server: Running, hands: Hands
) -> None:
    token = server.sign_in(name="李明")
    async with server.screen(token) as screen, server.client(token) as client:
        await screen.until("link", collector=True)
        for _ in range(3):
            collector.measure(25.0)
        await screen.until("alarm", reason="raised")
        body = hidden(hands)
        answer = await client.post(f"{API}/alarms/shelve", json=body)
        assert answer.status_code == 200
        assert answer.json()["alarm"]["state"] == "SHLVD"
        assert (await screen.until("alarm", reason="shelved"))["alarm"] == answer.json()["alarm"]
        assert (await listed(client))[ALERT]["shelved_until"] == answer.json()["alarm"]["shelved_until"]
        assert ALERT not in await listed(client, hidden=False)
        again = await client.post(f"{API}/alarms/shelve", json=body)
        assert again.status_code == 409
        assert "shelved already" in again.json()["detail"]
        answer = await client.post(f"{API}/alarms/unshelve", json={"alarm": ALERT})
        assert (answer.status_code, answer.json()["alarm"]["state"]) == (200, "UNACK")
        assert ALERT in await listed(client, hidden=False)
        assert (await client.post(f"{API}/alarms/unshelve", json={"alarm": ALERT})).status_code == 409


async def test_a_critical_alarm_takes_a_second_person_with_a_password(
    collector: Collector, keeping: Running, hands: Hands
) -> None:
    token = keeping.sign_in(name="li")
    async with keeping.screen(token) as screen, keeping.client(token) as client:
        await screen.until("link", collector=True)
        path = f"{API}/alarms/shelve"
        alone = await client.post(path, json=hidden(hands, ALARM))
        assert alone.status_code == 409
        wrong = hidden(hands, ALARM, second={**SECOND, "password": "wrong"})
        assert (await client.post(path, json=wrong)).status_code == 401
        assert collector.alarms == {}
        with capture_logs() as logs:
            both = await client.post(path, json=hidden(hands, ALARM, second=SECOND))
        assert (both.status_code, both.json()["alarm"]["state"]) == (200, "SHLVD")
        assert PASSWORD not in str(logs)
        assert PASSWORD not in both.text


async def test_the_same_person_is_no_second_one_and_is_told_so_in_both_languages(
    collector: Collector, keeping: Running, hands: Hands
) -> None:
    async with keeping.client(keeping.sign_in(name="wang")) as client:
        body = hidden(hands, ALARM, second=SECOND)
        english = await client.post(f"{API}/alarms/shelve", json=body)
        chinese = await client.post(f"{API}/alarms/shelve", json=body, headers={"Accept-Language": "zh-CN"})
    assert (english.status_code, chinese.status_code) == (409, 409)
    assert english.json()["detail"] == (
        f"It may not be done, or is done already: {ALARM} is critical: a second person has to agree."
    )
    assert chinese.json()["detail"] == f"不允许该操作，或已执行：{ALARM}为关键报警，须第二人同意。"
    assert collector.alarms == {}


async def test_a_second_person_who_only_looks_does_not_count(
    collector: Collector, keeping: Running, hands: Hands, database_url: str
) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute("UPDATE person SET role = 'viewer' WHERE name = 'wang'")
    await connection.close()
    await keeping.service.roll.call()
    async with keeping.client(keeping.sign_in(name="li")) as client:
        answer = await client.post(f"{API}/alarms/shelve", json=hidden(hands, ALARM, second=SECOND))
    assert answer.status_code == 403
    assert collector.alarms == {}


async def test_wrong_passwords_of_a_second_person_are_counted(
    collector: Collector, keeping: Running, hands: Hands
) -> None:
    body = hidden(hands, ALARM, second={**SECOND, "password": "wrong"})
    async with keeping.client(keeping.sign_in(name="li")) as client:
        for _ in range(TRIES_AT_ONE_PLACE):
            assert (await client.post(f"{API}/alarms/shelve", json=body)).status_code == 401
        late = await client.post(f"{API}/alarms/shelve", json=hidden(hands, ALARM, second=SECOND))
    assert late.status_code == 429
    assert collector.alarms == {}


async def test_a_latched_alarm_goes_when_it_was_seen_and_reset(collector: Collector, server: Running) -> None:
    token = server.sign_in()
    async with server.screen(token) as screen, server.client(token) as client:
        await screen.until("link", collector=True)
        collector.measure(10.0)
        occurrence = {"alarm": ALARM, "raised_at": collector.alarms[ALARM].raised_at.isoformat()}
        early = await client.post(f"{API}/alarms/reset", json=occurrence)
        assert (early.status_code, "still holds" in early.json()["detail"]) == (409, True)
        for _ in range(ENOUGH_S):
            collector.measure(52.5)
        assert (await listed(client))[ALARM]["state"] == "LATUN"
        seen = await client.post(f"{API}/alarms/acknowledge", json=signed(occurrence, PASSWORD))
        assert (seen.json()["alarm"]["state"], seen.json()["alarm"]["latched"]) == ("LATAK", True)
        answer = await client.post(f"{API}/alarms/reset", json={**occurrence, "comment": "glove changed"})
        assert (answer.status_code, answer.json()["alarm"]["state"]) == (200, "NORM")
        await screen.until("alarm", reason="reset")
        assert ALARM not in await listed(client)
        assert (await client.post(f"{API}/alarms/reset", json=occurrence)).status_code == 404


async def test_out_of_service_needs_a_work_order_and_lasts_until_given_back(
    collector: Collector, server: Running
) -> None:
    token = server.sign_in()
    async with server.screen(token) as screen, server.client(token) as client:
        await screen.until("link", collector=True)
        path = f"{API}/alarms/out-of-service"
        assert (await client.post(path, json=removed(work_order=" "))).status_code == 409
        assert (await client.post(path, json=removed(ALARM))).status_code == 409, "critical takes two"
        answer = await client.post(path, json=removed())
        assert (answer.status_code, answer.json()["alarm"]["state"]) == (200, "OOSRV")
        await screen.until("alarm", reason="out_of_service")
        assert "WO-1024" in (await listed(client))[ALERT]["out_of_service"]
        assert await listed(client, hidden=False) == {}
        for status in (200, 404):
            back = await client.post(f"{API}/alarms/in-service", json={"alarm": ALERT})
            assert back.status_code == status
        assert await listed(client) == {}


async def test_a_critical_alarm_is_taken_out_of_service_by_two(
    collector: Collector, keeping: Running
) -> None:
    async with keeping.client(keeping.sign_in(name="li")) as client:
        answer = await client.post(f"{API}/alarms/out-of-service", json=removed(ALARM, second=SECOND))
    assert (answer.status_code, answer.json()["alarm"]["state"]) == (200, "OOSRV")


async def test_what_goes_on_in_a_zone_is_said_with_a_reason(collector: Collector, server: Running) -> None:
    body = {"zone": "STM-L1-CORE", "occupancy": "at_rest", "reason": "end of the shift"}
    async with server.client(server.sign_in()) as client, server.screen(server.sign_in()) as screen:
        await screen.until("link", collector=True)
        answer = await client.post(f"{API}/zones/occupancy", json=body)
        told = await screen.next()
        assert (told["type"], told["zone"], told["occupancy"]) == ("occupancy", "STM-L1-CORE", "at_rest")
        async with server.screen(server.sign_in()) as later:
            assert (await later.next())["occupancy"]["STM-L1-CORE"] == "at_rest"
        assert (answer.status_code, answer.json()) == (200, {"zone": "STM-L1-CORE", "occupancy": "at_rest"})
        assert collector.state.occupancy == {"STM-L1-CORE": "at_rest"}
        for facts, status in (({"zone": "NO"}, 404), ({"reason": ""}, 409), ({"occupancy": "asleep"}, 422)):
            refused = await client.post(f"{API}/zones/occupancy", json=body | facts)
            assert refused.status_code == status, facts


async def test_whoever_only_looks_does_nothing(collector: Collector, keeping: Running, hands: Hands) -> None:
    occurrence = {"alarm": ALERT, "raised_at": hands.at.isoformat()}
    wrong = {**SECOND, "password": "wrong"}
    async with keeping.client(keeping.sign_in(Role.VIEWER)) as client:
        for path, body in (
            ("alarms/reset", occurrence),
            ("alarms/shelve", hidden(hands)),
            ("alarms/shelve", hidden(hands, ALARM, second=wrong)),
            ("alarms/unshelve", {"alarm": ALERT}),
            ("alarms/out-of-service", removed()),
            ("alarms/in-service", {"alarm": ALERT}),
            ("zones/occupancy", {"zone": "STM-L1-CORE", "occupancy": "at_rest", "reason": "shift"}),
        ):
            answer = await client.post(f"{API}/{path}", json=body)
            assert answer.status_code == 403, path
    assert collector.state == State()


async def test_guidance_says_what_is_to_be_done(server: Running) -> None:
    async with server.client(server.sign_in(Role.VIEWER)) as client:
        told = (await client.get(f"{API}/alarms/guidance", params={"alarm": ALARM})).json()
        assert told == {
            "consequence": {"en": "Air may enter.", "zh": "空气可能进入。"},
            "response": {"en": "Fan at 100 %", "zh": "风机100 %"},
            "respond_within_s": 30.0,
            "sop": "SOP-ISO-003 v2",
        }
        none = (await client.get(f"{API}/alarms/guidance", params={"alarm": "no/such/alarm"})).json()
        assert none["sop"] == ""
        assert (await client.get(f"{API}/alarms/guidance")).status_code == 422


async def test_the_load_is_counted_from_the_database(keeping: Running, collector: Collector) -> None:
    sample = collector.measure(10.0)
    alarms = [alarm for alarm in collector.alarms.values() if alarm.id == ALARM]
    await keeping.store([sample], alarms=alarms)
    async with keeping.client(keeping.sign_in()) as client:
        period = {"start": "2026-03-02T08:00:00Z", "end": "2026-03-02T10:00:00Z"}
        told = (await client.get(f"{API}/alarms/load", params=period)).json()
        before = {"start": "2026-03-01T08:00:00Z", "end": "2026-03-01T10:00:00Z"}
        calm = (await client.get(f"{API}/alarms/load", params=before)).json()
        days_later = {"start": "2026-03-04T08:00:00Z", "end": "2026-03-04T10:00:00Z"}
        stale = (await client.get(f"{API}/alarms/load", params=days_later)).json()
    assert (told["alarms"], told["per_hour"], told["peak_10_min"]) == (1, 0.5, 1)
    assert told["top"] == [{"alarm": ALARM, "times": 1}]
    assert told["priorities"]["critical"] == 1.0
    assert (calm["alarms"], calm["stale"], told["stale"]) == (0, 0, 0)
    assert (stale["alarms"], stale["stale"]) == (0, 1), "it stands since the day before yesterday"
