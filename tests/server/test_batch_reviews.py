"""A batch on its way to release: its deviation closed by another, its levels signed by others, decided by quality."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from monitor.server.gate import API
from monitor.server.routes import batch_reviews
from monitor.server.signatures import Signature, sign_into_book
from monitor.store.verify_reviews import check_reviews
from tests.server.conftest import PASSWORD, Running
from tests.server.filled import BATCH, made_batch
from tests.server.hands import Hands

PATH = f"{API}/batches/{BATCH}"
ASSESSED = {"class": "minor", "cause": "no device runs", "impact": "none at all", "action": "none"}


async def ask(server: Running, who: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
    person = server.service.people.person(who)
    assert person is not None
    async with server.client(server.sign_in(person.role, who)) as client:
        if body is None:
            return await client.get(path)
        return await client.post(path, json=body)


def signed(meaning: str, **facts: Any) -> dict[str, Any]:
    return {"signature": {"password": PASSWORD, "meaning": meaning}, **facts}


@pytest_asyncio.fixture
async def made(keeping: Running, hands: Hands) -> AsyncIterator[Running]:
    """A server with a batch of three seconds of which every value is missing, begun and ended by cao."""
    hands.pass_s(3)
    await keeping.store(book=made_batch(hands.at))
    hands.pass_s(600)
    yield keeping


async def settle(server: Running) -> None:
    """Open one deviation for all that is missing, assess it and close it, each by another."""
    matters = (await ask(server, "cao", f"{PATH}/review")).json()["matters"]
    about = [{key: one[key] for key in ("kind", "id", "at")} for one in matters]
    opened = await ask(
        server,
        "cao",
        f"{API}/deviations",
        signed("authorship", batch=BATCH, title="nothing ran", about=about),
    )
    number = opened.json()["number"]
    way = await ask(server, "wang", f"{PATH}/review")
    assert {one["kind"] for one in way.json()["in_the_way"]} == {"deviation", "levels", "book"}
    for who, step, body in (
        ("li", "assess", ASSESSED | signed("authorship")),
        ("qian", "close", signed("approval")),
    ):
        answer = await ask(server, who, f"{API}/deviations/{number}/{step}", body)
        assert answer.is_success, answer.text


async def review_book(server: Running, hands: Hands, who: str) -> None:
    """Review the book of the last hour."""
    await server.service.ledger.settled()
    hands.pass_s(1)
    period = {"start": (hands.at - timedelta(hours=1)).isoformat(), "end": hands.at.isoformat()}
    assert (await ask(server, who, f"{API}/book/reviews", signed("review", **period))).is_success


async def level(server: Running, who: str, sha256: str) -> httpx.Response:
    return await ask(server, who, f"{PATH}/reviews", signed("review", sha256=sha256))


async def test_a_batch_is_settled_reviewed_by_three_and_released_and_what_comes_late_opens_it_again(
    made: Running, hands: Hands
) -> None:
    told = (await ask(made, "wang", f"{PATH}/dossier")).json()
    assert (told["batch"]["id"], told["is_complete"]) == (BATCH, False)
    stands = (await ask(made, "wang", f"{PATH}/review")).json()
    assert (await ask(made, "wang", f"{PATH}/record")).json() == {"dossier": told, "review": stands}
    assert (stands["standing"], stands["needed"], stands["hands"]) == ("open", 3, ["cao"])
    assert not any(one["deviation"] for one in stands["matters"])
    early = await level(made, "wang", stands["sha256"])
    assert early.status_code == 409
    await settle(made)
    assert (await level(made, "wang", stands["sha256"])).status_code == 409  # not what is there any more
    sha256 = (await ask(made, "wang", f"{PATH}/review")).json()["sha256"]
    assert (await level(made, "li", sha256)).status_code == 403  # has assessed its deviation
    for who in ("wang", "李明"):
        answer = await level(made, who, sha256)
        assert answer.status_code == 201, answer.text
        assert answer.json()["standing"] == "in_review"
    assert (await level(made, "wang", sha256)).status_code == 403
    released = signed("approval", outcome="released", sha256=sha256)
    assert (await ask(made, "qian", f"{PATH}/release", released)).status_code == 409
    assert (await level(made, "fang", sha256)).json()["standing"] == "reviewed"
    unread = await ask(made, "qian", f"{PATH}/release", released)
    assert (unread.status_code, "audit trail" in unread.text) == (409, True)
    await review_book(made, hands, "qian")
    answer = await ask(made, "fang", f"{PATH}/release", released)
    assert answer.status_code == 201, answer.text
    assert (answer.json()["standing"], answer.json()["in_the_way"]) == ("released", [])
    assert [one["holds"] for one in answer.json()["reviews"]] == [True] * 3
    late = signed("authorship", batch=BATCH, title="a late finding")
    assert (await ask(made, "cao", f"{API}/deviations", late)).is_success
    stands = (await ask(made, "fang", f"{PATH}/review")).json()
    assert stands["standing"] == "reopened"
    assert not any(one["holds"] for one in stands["reviews"] + stands["releases"])
    async with made.service.database.connection() as connection, connection.transaction():
        assert [one async for one in check_reviews(connection, set())] == []


async def test_a_rejection_says_why_and_waits_for_nothing(made: Running) -> None:
    sha256 = (await ask(made, "fang", f"{PATH}/review")).json()["sha256"]
    rejected = signed("responsibility", outcome="rejected", sha256=sha256)
    assert (await ask(made, "fang", f"{PATH}/release", rejected)).status_code == 422
    assert (await ask(made, "wang", f"{PATH}/release", rejected | {"comment": "no data"})).status_code == 403
    answer = await ask(made, "fang", f"{PATH}/release", rejected | {"comment": "no data"})
    assert answer.json()["standing"] == "rejected", answer.text
    assert (await ask(made, "qian", f"{PATH}/release", rejected | {"comment": "no data"})).status_code == 409


async def test_of_two_who_decide_at_once_one_decides(made: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    sha256 = (await ask(made, "fang", f"{PATH}/review")).json()["sha256"]
    rejected = signed("responsibility", outcome="rejected", sha256=sha256, comment="no data")
    sign = sign_into_book

    async def overtaken(*asked: Any) -> Signature:
        monkeypatch.setattr(batch_reviews, "sign_into_book", sign)
        assert (await ask(made, "qian", f"{PATH}/release", rejected)).status_code == 201
        return await sign(*asked)

    monkeypatch.setattr(batch_reviews, "sign_into_book", overtaken)
    answer = await ask(made, "fang", f"{PATH}/release", rejected)
    assert (answer.status_code, "very moment" in answer.text) == (409, True)
    stands = (await ask(made, "fang", f"{PATH}/review")).json()
    assert [one["who"] for one in stands["releases"]] == ["qian"]


async def test_there_is_nothing_to_review_of_a_batch_that_is_not_there(keeping: Running) -> None:
    assert (await ask(keeping, "fang", f"{PATH}/review")).status_code == 404
    assert (await ask(keeping, "fang", f"{PATH}/record")).status_code == 404
    assert (await ask(keeping, "fang", f"{PATH}/dossier")).status_code == 404
    assert (await ask(keeping, "fang", f"{PATH}/dossier/progress")).json() == {"share": None}
