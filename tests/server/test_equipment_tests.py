"""Tests of equipment through the server: what batches need, noted by one person and confirmed by another."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from config.plant import Plant
from monitor.server.gate import API
from monitor.server.rights import Role
from tests.server.conftest import Running
from tests.server.hands import Hands
from tests.server.starting import ISOLATOR, making

PERIOD = {"start": "2026-03-01T00:00:00Z", "end": "2026-03-12T00:00:00Z"}


@pytest.fixture(scope="module")
def plant(plant: Plant) -> Plant:
    return making(plant)


def glove(hands: Hands, **facts: Any) -> dict[str, Any]:
    return {
        "kind": "glove",
        "equipment": ISOLATOR,
        "at": hands.at.isoformat(),
        "outcome": "passed",
        "value": 0.4,
        "unit": "Pa/min",
    } | facts


async def note(server: Running, body: dict[str, Any], name: str = "cao") -> httpx.Response:
    async with server.client(server.sign_in(Role.OPERATOR, name)) as client:
        return await client.post(f"{API}/equipment-tests", json=body)


async def confirm(server: Running, number: int, name: str) -> httpx.Response:
    async with server.client(server.sign_in(Role.ENGINEER, name)) as client:
        return await client.post(f"{API}/equipment-tests/confirm", json={"number": number, "comment": "seen"})


async def read(server: Running) -> Any:
    async with server.client(server.sign_in(Role.VIEWER)) as client:
        return (await client.get(f"{API}/equipment-tests", params=PERIOD)).json()


async def test_a_test_that_batches_need_holds_once_another_person_has_confirmed_it(
    keeping: Running, hands: Hands
) -> None:
    (asked,) = (await read(keeping))["asked"]
    assert (asked["equipment"], asked["test"], "No glove test" in asked["lacking"]["en"]) == (
        ISOLATOR,
        None,
        True,
    )
    noted = (await note(keeping, glove(hands, note="port 3", batch="MSC-1"), "li")).json()
    assert (noted["note"], noted["batch"], noted["confirmed_at"]) == ("port 3", "MSC-1", None)
    told = await read(keeping)
    assert (told["waiting"], "another person" in told["asked"][0]["lacking"]["en"]) == ([noted], True)
    assert (await confirm(keeping, noted["number"], "li")).status_code == 409
    confirmed = await confirm(keeping, noted["number"], "wang")
    assert confirmed.json()["confirmed_by"] == "wang"
    assert (await confirm(keeping, noted["number"], "wang")).status_code == 409
    told = await read(keeping)
    (asked,) = told["asked"]
    until = (hands.at + timedelta(hours=24)).isoformat(timespec="microseconds")
    assert (asked["test"], asked["until"], asked["lacking"]) == (noted["number"], until, None)
    assert (told["waiting"], [one["number"] for one in told["tests"]]) == ([], [noted["number"]])
    hands.pass_s(24 * 3600 + 1)
    assert "Test again" in (await read(keeping))["asked"][0]["lacking"]["en"]


async def test_an_indicator_is_noted_of_its_load_days_later(keeping: Running, hands: Hands) -> None:
    load = (await note(keeping, glove(hands, kind="vhp_load", load="media, 12 bags", cycle_no=215))).json()
    hands.pass_s(7 * 86400)
    read_later = await note(keeping, glove(hands, kind="bi", of=load["number"], outcome="failed"))
    assert (read_later.status_code, read_later.json()["of"]) == (201, load["number"])
    assert [one["kind"] for one in (await read(keeping))["tests"]] == ["bi", "vhp_load"]


@pytest.mark.parametrize(
    ("facts", "status", "words"),
    [
        ({"equipment": "NO-SUCH"}, 404, "Nothing called"),
        ({"kind": "bi"}, 422, "Indicators belong"),
        ({"of": 1}, 422, "Indicators belong"),
        ({"kind": "ci", "of": 99}, 422, "no VHP load 99"),
        ({"kind": "vhp_load"}, 422, "what lay in"),
        ({"at": "2026-03-02T08:17:00Z"}, 422, "when it has come"),
        ({"value": "1e999"}, 422, "value"),
        ({"batch": "a b"}, 422, "batch"),
        ({"note": "a\u0000b"}, 422, "note"),
    ],
)
async def test_what_cannot_be_is_not_noted(
    keeping: Running, hands: Hands, facts: dict[str, Any], status: int, words: str
) -> None:
    answer = await note(keeping, glove(hands, **facts))
    assert (answer.status_code, words in answer.json()["detail"]) == (status, True), answer.text
