"""Protective actions as people see them live, and what people do about them."""

import math
from datetime import timedelta
from typing import Any

import httpx
import pytest

from config.plant import Plant
from monitor.server.gate import API
from monitor.server.rights import Role
from tests.server.acting import CLOSE, FAN, FIXED, acting, carried_out
from tests.server.collector import ALARM, Collector
from tests.server.conftest import PASSWORD, Running, Screen
from tests.server.hands import Hands

SECOND = {"name": "wang", "password": PASSWORD}
QUALITY = {"name": "qian", "password": PASSWORD}
BACK_S = 20
"""So long the pressure is back, and its alarm is over."""
RATE = "ISO-STM-L1/chamber_pressure_rate"


@pytest.fixture(scope="module")
def plant(plant: Plant) -> Plant:
    return acting(plant)


async def listed(client: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    answer = (await client.get(f"{API}/protections")).json()
    assert answer["collector"]
    return {one["id"]: one for one in answer["protections"]}


async def changed(screen: Screen, key: str, reason: str) -> dict[str, Any]:
    """Read on until this protective action has changed for this reason; give how it then stands."""
    while True:
        message = await screen.until("protection", reason=reason)
        if message["protection"]["id"] == key:
            told: dict[str, Any] = message["protection"]
            return told


async def latched(collector: Collector, screen: Screen, hands: Hands) -> None:
    await screen.until("link", collector=True)
    collector.measure(10.0)
    collector.judge(carried_out(hands.at, collector.state, FAN))
    await changed(screen, FAN, "latched")


def off(hands: Hands, key: str = FAN, **facts: Any) -> dict[str, Any]:
    until = (hands.at + timedelta(hours=1)).isoformat()
    return {"protection": key, "until": until, "reason": "the fan is serviced", "second": SECOND, **facts}


async def test_what_is_armed_and_what_runs_is_listed_and_told_live(
    collector: Collector, server: Running, hands: Hands
) -> None:
    token = server.sign_in()
    async with server.screen(token) as screen, server.client(token) as client:
        await screen.until("link", collector=True)
        assert {key: one["state"] for key, one in (await listed(client)).items()} == dict.fromkeys(
            (FAN, CLOSE, FIXED), "ARMED"
        )
        collector.measure(10.0)
        told = await changed(screen, FAN, "triggered")
        assert (told["state"], told["because"]) == ("REQUESTED", [ALARM])
        assert [(ask["state"], ask["label"]["zh"]) for ask in told["asks"]] == [("requested", "风机100 %")]
        collector.judge(carried_out(hands.at, collector.state, FAN))
        told = await changed(screen, FAN, "latched")
        assert [ask["state"] for ask in told["asks"]] == ["acked"]
        now = await listed(client)
        assert now[FAN] == told
        assert (now[CLOSE]["state"], now[FIXED]["state"]) == ("TRIGGERED", "ARMED")
        async with server.screen(token) as later:
            snapshot = await later.next()
            assert {one["id"] for one in snapshot["protections"]} == {FAN, CLOSE}


async def test_what_a_machine_refuses_is_shown_as_failed_with_its_words(
    collector: Collector, server: Running, hands: Hands
) -> None:
    token = server.sign_in()
    async with server.screen(token) as screen, server.client(token) as client:
        await screen.until("link", collector=True)
        collector.measure(10.0)
        collector.judge(carried_out(hands.at, collector.state, FAN, verified=False))
        await changed(screen, FAN, "failed")
        failed = (await listed(client))[FAN]
        assert (failed["state"], failed["failed"]) == ("FAILED", True)
        assert [(ask["state"], ask["detail"]) for ask in failed["asks"]] == [
            ("failed", "refused: local mode")
        ]
        standing = (await client.get(f"{API}/alarms")).json()["alarms"]
        assert f"{FAN}/failed" in [one["id"] for one in standing]


async def test_what_waits_for_a_word_is_confirmed_once(collector: Collector, server: Running) -> None:
    token = server.sign_in()
    async with server.screen(token) as screen, server.client(token) as client:
        await screen.until("link", collector=True)
        body = {"protection": CLOSE}
        assert (await client.post(f"{API}/protections/confirm", json=body)).status_code == 409
        collector.measure(10.0)
        await changed(screen, CLOSE, "triggered")
        answer = await client.post(f"{API}/protections/confirm", json=body)
        assert answer.status_code == 200
        assert answer.json()["protection"]["state"] == "REQUESTED"
        again = await client.post(f"{API}/protections/confirm", json=body)
        assert (again.status_code, again.json()["detail"]) == (
            409,
            f"It may not be done, or is done already: {CLOSE} does not wait for a confirmation.",
        )
        unknown = await client.post(f"{API}/protections/confirm", json={"protection": "ISO-STM-L1/P-99"})
        assert unknown.status_code == 404


async def test_its_end_takes_every_role_each_signed_by_another_person(
    collector: Collector, keeping: Running, hands: Hands
) -> None:
    token = keeping.sign_in(name="li")
    async with keeping.screen(token) as screen, keeping.client(token) as client:
        await latched(collector, screen, hands)
        ends = f"{API}/protections/reset"
        alone = {"protection": FAN, "role": "operator", "others": [], "comment": "glove 3 changed"}
        answer = await client.post(ends, json=alone)
        assert (answer.status_code, answer.json()["detail"]) == (
            409,
            "It may not be done, or is done already: it needs the signature of qa.",
        )
        wrong = {**alone, "others": [{"role": "qa", "person": {**QUALITY, "password": "wrong"}}]}
        assert (await client.post(ends, json=wrong)).status_code == 401
        both = {**alone, "others": [{"role": "qa", "person": QUALITY}]}
        early = await client.post(ends, json=both)
        assert (early.status_code, "is still active" in early.json()["detail"]) == (409, True)
        for _ in range(BACK_S):
            collector.measure(52.5)
        answer = await client.post(ends, json=both)
        assert answer.status_code == 200
        assert answer.json()["protection"]["state"] == "ARMED"
        message = await screen.until("protection", reason="reset")
        assert (message["who"], message["comment"]) == (["li", "qian"], "glove 3 changed")
        assert (await listed(client))[FAN]["state"] == "ARMED"


async def test_one_person_in_two_roles_does_not_end_it(
    collector: Collector, keeping: Running, hands: Hands
) -> None:
    token = keeping.sign_in(name="wang")
    async with keeping.screen(token) as screen, keeping.client(token) as client:
        await latched(collector, screen, hands)
        body = {"protection": FAN, "role": "operator", "others": [{"role": "engineer", "person": SECOND}]}
        answer = await client.post(f"{API}/protections/reset", json=body)
        assert answer.status_code == 409
        assert "each person signs once, in one role" in answer.json()["detail"]


async def test_two_persons_switch_one_off_and_one_switches_it_on_again(
    collector: Collector, keeping: Running, hands: Hands
) -> None:
    token = keeping.sign_in(name="li")
    async with keeping.screen(token) as screen, keeping.client(token) as client:
        await screen.until("link", collector=True)
        answer = await client.post(f"{API}/protections/inhibit", json=off(hands))
        assert answer.status_code == 200
        told = await changed(screen, FAN, "inhibited")
        assert (told["state"], told["inhibited"]["who"], told["inhibited"]["second"]) == (
            "ARMED",
            "li",
            "wang",
        )
        assert (await listed(client))[FAN]["inhibited"]["reason"] == "the fan is serviced"
        collector.measure(10.0)
        assert FAN not in collector.state.running, "what is switched off asks for nothing"
        again = await client.post(f"{API}/protections/rearm", json={"protection": FAN})
        assert again.status_code == 200
        assert (await changed(screen, FAN, "rearmed"))["inhibited"] is None
        assert (await client.post(f"{API}/protections/rearm", json={"protection": FAN})).status_code == 409
        assert (await listed(client))[FAN]["inhibited"] is None


async def test_what_keeps_one_from_being_switched_off(
    collector: Collector, keeping: Running, hands: Hands
) -> None:
    token = keeping.sign_in(name="wang")
    path = f"{API}/protections/inhibit"
    async with keeping.screen(token) as screen, keeping.client(token) as client:
        await screen.until("link", collector=True)
        for body, status, words in (
            (off(hands), 409, "a second person has to agree"),
            (off(hands, FIXED), 409, "cannot be switched off"),
            (off(hands, reason=" "), 409, "it needs a reason"),
            (off(hands, until=(hands.at + timedelta(hours=9)).isoformat()), 409, "8 h at most"),
            (off(hands, second={**SECOND, "password": "wrong"}), 401, "password is wrong"),
            (off(hands, "ISO-STM-L1/P-99"), 404, "no such thing"),
            ({"protection": FAN}, 422, "until"),
        ):
            answer = await client.post(path, json=body)
            assert answer.status_code == status, body
            assert words in answer.json()["detail"]
    assert collector.state.inhibited == {}


async def test_a_viewer_sees_them_and_does_nothing(
    collector: Collector, server: Running, hands: Hands
) -> None:
    token = server.sign_in(Role.VIEWER)
    async with server.screen(token) as screen, server.client(token) as client:
        await screen.until("link", collector=True)
        assert len(await listed(client)) == 3
        for path, body in (
            ("confirm", {"protection": CLOSE}),
            ("reset", {"protection": FAN, "role": "operator"}),
            ("inhibit", off(hands)),
            ("rearm", {"protection": FAN}),
        ):
            answer = await client.post(f"{API}/protections/{path}", json=body)
            assert answer.status_code == 403, path
    async with server.client() as client:
        assert (await client.get(f"{API}/protections")).status_code == 401


async def test_while_the_collector_is_away_the_list_says_so(server: Running) -> None:
    async with server.client(server.sign_in()) as client:
        told = (await client.get(f"{API}/protections")).json()
    assert told["collector"] is False
    assert [one["state"] for one in told["protections"]] == ["ARMED"] * 3


async def test_derived_values_come_with_the_samples(collector: Collector, server: Running) -> None:
    async with server.screen(server.sign_in()) as screen:
        await screen.until("link", collector=True)
        collector.measure(52.5)
        assert (await screen.until("sample"))["derived"][RATE] is None
        collector.measure(50.0)
        assert math.isclose((await screen.until("sample"))["derived"][RATE], -2.5)
        async with server.screen(server.sign_in()) as later:
            (sample,) = (await later.next())["samples"]
            assert math.isclose(sample["derived"][RATE], -2.5)
