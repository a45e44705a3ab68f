"""Batches through the server: not begun while something is lacking, passed over by a signature, advanced, ended."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import httpx
import pytest

from alarms.events import StartBatch
from config.plant import Plant
from monitor.server.gate import API
from monitor.server.rights import Role
from monitor.server.routes import batches
from monitor.store.batches import STAGE, STARTED
from monitor.store.book import BookEntry
from tests.server.collector import Collector, heard
from tests.server.conftest import PASSWORD, Running
from tests.server.hands import Hands
from tests.server.starting import BATCH, ISOLATOR, LINE, QIAN, hear, make_ready, making
from tests.service import until

WHY = "the tester is away; the gloves were seen by two"


@pytest.fixture(scope="module")
def plant(plant: Plant) -> Plant:
    return making(plant)


@pytest.fixture
async def collector(collector: Collector) -> AsyncIterator[Collector]:
    """One that is not taken for lost, however slow the machine is."""
    async with heard(collector):
        yield collector


async def post(server: Running, path: str, body: Any, token: str = "", **headers: str) -> httpx.Response:
    async with server.client(token or server.sign_in(Role.OPERATOR), **headers) as client:
        return await client.post(f"{API}/{path}", json=body)


async def get(server: Running, path: str, **asked: str) -> Any:
    async with server.client(server.sign_in(Role.VIEWER)) as client:
        answer = await client.get(f"{API}/{path}", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def lacking(server: Running) -> list[str]:
    return [one["key"] for one in (await get(server, f"lines/{LINE}/readiness"))["lacks"]]


async def settle(server: Running, keys: Sequence[str]) -> None:
    async def so() -> bool:
        return await lacking(server) == list(keys)

    await until(so, f"{keys} to be lacking")


async def run(server: Running, batch: str | None) -> None:
    async def so() -> bool:
        one = server.service.relay.batches.get(LINE)
        return (one.id if one else None) == batch

    await until(so, f"{batch} to run")


def passing(*keys: str, **more: Any) -> dict[str, Any]:
    return BATCH | {"overrides": [{"lack": key, "reason": WHY} for key in keys], "signature": QIAN} | more


async def test_a_batch_begins_on_a_line_that_is_ready_and_comes_to_its_end(
    collector: Collector, keeping: Running, hands: Hands
) -> None:
    await make_ready(keeping, collector, hands)
    await settle(keeping, ())
    started = await post(keeping, "batches", BATCH)
    assert started.status_code == 201, started.text
    told = started.json()["batch"]
    assert (told["stage"], told["who"], "STM-L1-A-ISO" in told["zones"]) == ("set-up", "cao", True)
    await run(keeping, BATCH["id"])
    again = await post(keeping, "batches", BATCH | {"id": "MSC-2026-015"}, **{"Accept-Language": "zh"})
    assert (again.status_code, "正在" in again.json()["detail"]) == (409, True)
    opened = await post(keeping, f"batches/{BATCH['id']}/stage", {"stage": "open"})
    assert opened.json()["batch"]["stage"] == "open"
    back = await post(keeping, f"batches/{BATCH['id']}/stage", {"stage": "set-up"})
    assert back.status_code == 409
    period = {"start": "2026-03-01T00:00:00Z", "end": "2026-03-03T00:00:00Z"}
    (running,) = (await get(keeping, "batches", **period))["running"]
    assert running["window_until"] == (hands.at + timedelta(hours=8)).isoformat(timespec="microseconds")
    given_up = await post(keeping, f"batches/{BATCH['id']}/end", {"is_aborted": True})
    assert given_up.status_code == 422
    ended = await post(keeping, f"batches/{BATCH['id']}/end", {"comment": "all filled"})
    assert ended.json() == {"batch": None}
    await run(keeping, None)


async def test_what_is_lacking_is_told_whole_in_both_languages_and_nothing_begins(
    collector: Collector, keeping: Running, hands: Hands
) -> None:
    await make_ready(keeping, collector, hands)
    hear(keeping, collector, hands, phase=4.0)
    await settle(keeping, ["state:vhp"])
    refused = await post(keeping, "batches", BATCH)
    assert refused.status_code == 409
    assert "not ready" in refused.json()["detail"]
    (lack,) = refused.json()["lacks"]
    assert ("dwell" in lack["text"]["en"], "灭菌保持" in lack["text"]["zh"]) == (True, True)
    assert collector.state.batches == {}
    unknown = await post(keeping, "batches", BATCH | {"line": "NO-LINE"})
    assert unknown.status_code == 404


async def test_what_is_lacking_is_passed_over_by_the_signature_of_quality_alone(
    collector: Collector, keeping: Running, hands: Hands
) -> None:
    await make_ready(keeping, collector, hands)
    hear(keeping, collector, hands, phase=4.0)
    await settle(keeping, ["state:vhp"])
    for body, status in (
        (passing("state:vhp", signature=None), 422),
        (passing("state:vhp") | {"overrides": [{"lack": "state:vhp", "reason": " x "}]}, 422),
        (passing("state:vhp", signature=QIAN | {"meaning": "review"}), 422),
        (passing("state:vhp", signature=QIAN | {"password": "wrong"}), 401),
        (passing("state:vhp", signature={"name": "wang", "password": PASSWORD}), 403),
        (passing("state:vhp", signature={"name": "cao", "password": PASSWORD}), 409),
        (passing("test:gloves"), 409),
    ):
        refused = await post(keeping, "batches", body)
        assert refused.status_code == status, (body, refused.text)
    assert collector.state.batches == {}
    # What is not lacking any more is passed over by nobody, whatever was asked for.
    started = await post(keeping, "batches", passing("state:vhp", "test:gloves"))
    assert started.status_code == 201, started.text
    await keeping.service.ledger.settled()
    async with keeping.service.database.connection() as connection:
        signed = await connection.fetchrow(
            "SELECT who, body ->> 'what' AS what, body ->> 'of' AS of, body ->> 'sha256' AS sha256, body ->> 'id' AS id"
            " FROM book WHERE kind = 'signature'"
        )
    assert signed is not None
    assert (signed["who"], signed["what"], signed["of"]) == ("qian", "override", BATCH["id"])
    (event,) = (event for event in collector.taken if isinstance(event, StartBatch))
    assert (event.overrides, event.reason) == (("state:vhp",), WHY)
    assert (event.signature, event.sha256, event.who) == (signed["id"], signed["sha256"], "cao")


async def test_without_a_database_that_is_one_thing_more_that_is_lacking(
    collector: Collector, server: Running, hands: Hands
) -> None:
    hear(server, collector, hands)
    await settle(server, ["records:database"])
    told = await get(server, "batches", start="2026-03-01T00:00:00Z", end="2026-03-03T00:00:00Z")
    assert (told["is_whole"], told["batches"]) == (False, [])
    started = await post(server, "batches", passing("records:database"))
    assert started.status_code == 201, started.text
    await run(server, BATCH["id"])
    told = await get(server, "batches", start="2026-03-01T00:00:00Z", end="2026-03-03T00:00:00Z")
    assert [one["id"] for one in told["running"]] == [BATCH["id"]]


async def test_a_system_starts_batches_by_its_token_and_passes_over_nothing(
    collector: Collector, keeping: Running, hands: Hands
) -> None:
    await make_ready(keeping, collector, hands)
    ends_at = (hands.at + timedelta(days=30)).isoformat()
    asked = {
        "name": "mes",
        "deeds": ["start_batch"],
        "ends_at": ends_at,
        "reason": "the MES says what is made",
    }
    made = await post(keeping, "tokens", asked, keeping.sign_in(Role.ADMIN))
    bearer = {"Authorization": f"Bearer {made.json()['token']}"}

    async def ask(path: str, body: Any) -> httpx.Response:
        async with keeping.client(**bearer) as client:
            return await client.post(f"{API}/{path}", json=body)

    hear(keeping, collector, hands, phase=4.0)
    await settle(keeping, ["state:vhp"])
    over = await ask("batches", passing("state:vhp"))
    assert (over.status_code, "a person starts" in over.json()["detail"]) == (403, True)
    hear(keeping, collector, hands)
    await settle(keeping, ())
    assert (await ask("batches", BATCH)).status_code == 201
    assert (await ask(f"batches/{BATCH['id']}/stage", {"stage": "fill"})).status_code == 200
    assert (await ask(f"batches/{BATCH['id']}/end", {})).status_code == 200
    assert {event.who for event in collector.taken if isinstance(event, StartBatch)} == {"token mes"}


async def test_a_batch_that_is_kept_is_told_with_its_tests_and_its_id_is_used_once(
    collector: Collector, keeping: Running, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_ready(keeping, collector, hands)
    await settle(keeping, ())
    begun = {"batch": BATCH["id"], "line": LINE, "product": "MSC", "at": hands.at.isoformat(), "who": "cao"}
    begun |= {
        "stage": "open",
        "zones": ["STM-L1-A-ISO"],
        "overrides": [],
        "reason": "",
        "signature": "",
        "sha256": "",
    }
    next_at = hands.at + timedelta(hours=1)
    filled = {"batch": BATCH["id"], "at": next_at.isoformat(), "who": "cao", "stage": "fill", "zones": []}
    await keeping.store(
        book=[BookEntry(hands.at, STARTED, "cao", begun), BookEntry(next_at, STAGE, "cao", filled)]
    )
    told = await get(keeping, f"batches/{BATCH['id']}")
    assert (told["batch"]["stage"], [one["stage"] for one in told["batch"]["stages"]]) == (
        "fill",
        ["open", "fill"],
    )
    assert [(one["equipment"], one["kind"]) for one in told["tests"]] == [(ISOLATOR, "glove")]
    for most in (1, 0):
        monkeypatch.setattr(batches, "BATCHES_MAX", most)
        told = await get(keeping, "batches", start="2026-03-01T00:00:00Z", end="2026-03-03T00:00:00Z")
        assert (len(told["batches"]), told["is_whole"]) == (most, most == 1)
    assert (await post(keeping, "batches", BATCH)).status_code == 409
    async with keeping.client(keeping.sign_in(Role.VIEWER)) as client:
        assert (await client.get(f"{API}/batches/NONE")).status_code == 404
