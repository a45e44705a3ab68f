"""Deviations through the server: opened, assessed, closed by another, opened again; each signed, each in its order."""

from typing import Any

import httpx
import pytest

from monitor.server.gate import API
from monitor.server.rights import Role
from monitor.server.routes import deviations
from monitor.server.signatures import Signature, sign_into_book
from tests.server.conftest import PASSWORD, Running

ABOUT = {"kind": "alarm", "id": "ISO-STM-L1/rh/action", "at": "2026-03-02T08:00:00.000000+00:00"}
ASSESSED = {"class": "major", "cause": "old glove", "impact": "none at all", "action": "changed it"}


def signed(meaning: str, **facts: Any) -> dict[str, Any]:
    return {"signature": {"password": PASSWORD, "meaning": meaning}, **facts}


async def post(server: Running, who: str, path: str, body: dict[str, Any]) -> httpx.Response:
    person = server.service.people.person(who)
    assert person is not None
    async with server.client(server.sign_in(person.role, who)) as client:
        return await client.post(f"{API}/deviations{path}", json=body)


async def opened(server: Running, who: str = "cao") -> str:
    answer = await post(server, who, "", signed("authorship", title="Glove 3 torn", about=[ABOUT]))
    assert answer.status_code == 201, answer.text
    number: str = answer.json()["number"]
    return number


async def test_a_deviation_is_opened_assessed_closed_by_another_and_opened_again(keeping: Running) -> None:
    number = await opened(keeping)
    assert number == "DEV-2026-0001"
    assert await opened(keeping, "li") == "DEV-2026-0002"
    path = f"/{number}"
    early = await post(keeping, "qian", f"{path}/close", signed("approval"))
    assert early.status_code == 409
    assert "open" in early.json()["detail"]
    told = (await post(keeping, "qian", f"{path}/assess", ASSESSED | signed("authorship"))).json()
    assert (told["state"], told["steps"][0]["assessment"]) == ("assessed", ASSESSED)
    own = await post(keeping, "qian", f"{path}/close", signed("approval"))
    assert own.status_code == 403
    closed = await post(keeping, "fang", f"{path}/close", signed("approval", comment="agreed"))
    assert closed.json()["state"] == "closed", closed.text
    again = await post(keeping, "qian", f"{path}/reopen", signed("responsibility", comment="it came again"))
    assert again.json()["state"] == "reopened"
    async with keeping.client(keeping.sign_in(Role.VIEWER)) as client:
        every = (await client.get(f"{API}/deviations")).json()["deviations"]
        one = (await client.get(f"{API}/deviations/{number}")).json()
        assert (await client.get(f"{API}/deviations/DEV-2026-0009")).status_code == 404
        assert (await client.get(f"{API}/deviations", params={"batch": "B-1"})).json()["deviations"] == []
        signatures = await client.get(f"{API}/signatures", params={"what": "deviation", "of": number})
    assert [each["number"] for each in every] == ["DEV-2026-0002", "DEV-2026-0001"]
    assert one == again.json()
    assert one["about"] == [ABOUT]
    told_by = {(each["who"], each["meaning"], each["version"]) for each in signatures.json()["signatures"]}
    assert told_by == {
        ("cao", "authorship", "opened"),
        ("qian", "authorship", "assessed"),
        ("fang", "approval", "closed"),
        ("qian", "responsibility", "reopened"),
    }
    assert {each["sha256"] for each in signatures.json()["signatures"]} == {
        one["sha256"],
        *(step["sha256"] for step in one["steps"]),
    }


async def test_of_two_that_are_opened_at_once_one_takes_the_number(
    keeping: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign = sign_into_book

    async def overtaken(*asked: Any) -> Signature:
        monkeypatch.setattr(deviations, "sign_into_book", sign)
        assert await opened(keeping) == "DEV-2026-0001"
        return await sign(*asked)

    monkeypatch.setattr(deviations, "sign_into_book", overtaken)
    answer = await post(keeping, "li", "", signed("authorship", title="Glove 3 torn"))
    assert (answer.status_code, "very moment" in answer.text) == (409, True)
    assert await opened(keeping, "li") == "DEV-2026-0002"


async def test_whoever_opened_it_does_not_close_it_and_that_is_recorded(keeping: Running) -> None:
    number = await opened(keeping, "qian")
    assert (await post(keeping, "li", f"/{number}/assess", ASSESSED | signed("authorship"))).is_success
    own = await post(keeping, "qian", f"/{number}/close", signed("approval"))
    assert own.status_code == 403
    await keeping.service.ledger.settled()
    async with keeping.service.database.connection() as connection:
        assert await connection.fetchval("SELECT who FROM book WHERE kind = 'refused'") == "qian"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (signed("authorship", title="x" * 3, batch="B-404"), 404),
        (signed("approval", title="Glove 3 torn"), 422),
        (signed("authorship", title="  "), 422),
        ({"title": "Glove 3 torn", "signature": {"password": "wrong", "meaning": "authorship"}}, 401),
    ],
)
async def test_what_is_no_deviation_is_not_opened(
    keeping: Running, body: dict[str, Any], status: int
) -> None:
    assert (await post(keeping, "li", "", body)).status_code == status
    async with keeping.service.database.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM deviation") == 0
