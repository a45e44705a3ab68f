"""A change of the plant, from the proposal to its effect: nobody brings one about alone, and all of it is recorded."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, HTTPException

from monitor.collector import codec
from monitor.collector.plants import PlantBody
from monitor.collector.portion import portion_of
from monitor.server.rights import Role
from monitor.server.settings import Settings
from monitor.store.plant_changes import FOLLOWS, Proposal, ProposalState, add_proposal, signature_holds
from monitor.store.write import Writer
from monitor.versions import APPROVED, FIRST, PlantChange, Versions
from tests.changing import ACTION, LINE, changed, line, looser
from tests.patience import PATIENCE_S
from tests.server.collector import Collector, isolator_sample
from tests.server.conftest import PASSWORD, Running, meet, running
from tests.server.hands import Hands

PLANT, FILES = line()
OWN = {name: text for name, text in looser(FILES).items() if name.startswith("plant/")}
SIGNATURE = {"signature": {"password": PASSWORD, "meaning": "approval"}}


class Taking:
    """The collector's side: takes what it is handed, or says why not."""

    def __init__(self, collector: Collector, data: Path) -> None:
        self.handed: list[PlantBody] = []
        self.refuses = ""
        self.router = APIRouter()

        @self.router.post("/plant")
        async def _take(body: PlantBody) -> dict[str, str]:
            if self.refuses:
                raise HTTPException(409, self.refuses)
            self.handed.append(body)
            plant = Versions(data).keep(body.files)
            collector.feed.health(collector.health())
            collector.feed.turn(plant, collector.state, collector._hands.now())
            return {"plant": plant.sha256}

        collector.more = [self.router]


@pytest.fixture
async def taking(settings: Settings, hands: Hands) -> AsyncIterator[Taking]:
    collector = Collector(settings.plant, settings.data, hands)
    made = Taking(collector, settings.data)
    Versions(settings.data).keep(FILES)
    async with collector.serving():
        yield made


@asynccontextmanager
async def asking(server: Running, name: str, role: Role) -> AsyncIterator[httpx.AsyncClient]:
    async with server.client(server.sign_in(role, name)) as client:
        client.base_url = httpx.URL(f"{server.address}api/v1/plant")
        client.timeout = httpx.Timeout(PATIENCE_S)
        yield client


@asynccontextmanager
async def both(server: Running) -> AsyncIterator[tuple[httpx.AsyncClient, httpx.AsyncClient]]:
    """An engineer and somebody of quality."""
    async with asking(server, "li", Role.ENGINEER) as li, asking(server, "qian", Role.QA) as qian:
        yield li, qian


async def proposed(client: httpx.AsyncClient, files: dict[str, str] = OWN) -> dict[str, Any]:
    reply = await client.post("/proposals", json={"reason": "less noise at night", "files": files})
    assert reply.status_code == 201, reply.text
    body: dict[str, Any] = reply.json()
    return body


async def stands(client: httpx.AsyncClient, number: int, state: str) -> dict[str, Any]:
    """Wait until a proposal has come so far."""
    async with asyncio.timeout(PATIENCE_S):
        while (body := (await client.get(f"/proposals/{number}")).json())["state"] != state:  # noqa: ASYNC110 - the server's word
            await asyncio.sleep(0.05)
    return dict(body)


async def lines(server: Running) -> list[tuple[str, str]]:
    """What the book of people says, once it is all there."""
    await server.service.ledger.settled()
    async with server.service.database.pool() as pool:
        rows = await pool.fetch(
            "SELECT kind, who FROM book WHERE kind LIKE 'plant%' OR kind IN ('refused', 'signature')"
        )
    return [(row["kind"], row["who"]) for row in rows]


async def test_a_limit_is_changed_by_two_persons_and_both_stand_in_the_book(
    taking: Taking, keeping: Running
) -> None:
    async with both(keeping) as (li, qian):
        one = await proposed(li)
        assert one["state"] == "proposed"
        (difference,) = one["differences"]
        assert (difference["kind"], difference["id"], difference["field"]) == ("limit", ACTION, "low")
        assert (difference["old"], difference["new"], difference["is_looser"]) == ("20 Pa", "10 Pa", True)
        assert difference["field_label"] == {"en": "lower bound", "zh": "下限"}
        assert taking.handed == []
        approved = await qian.post(f"/proposals/{one['number']}/approve", json=SIGNATURE)
        assert approved.status_code == 200, approved.text
        done = await stands(li, one["number"], "in_force")
    (handed,) = taking.handed
    assert (handed.who, handed.second, handed.proposal) == ("li", "qian", one["number"])
    assert handed.sha256 == one["sha256"] == keeping.service.settings.plant.sha256
    assert [(step["state"], step["who"]) for step in done["steps"]] == [
        ("approved", "qian"),
        ("in_force", "gradewatch"),
    ]
    assert done["steps"][0]["signature"] == handed.signature != ""
    told = await lines(keeping)
    assert sorted(told) == [
        ("plant_approved", "qian"),
        ("plant_in_force", "gradewatch"),
        ("plant_proposed", "li"),
        ("signature", "qian"),
    ]


async def test_who_proposes_cannot_approve_and_the_attempt_is_recorded(
    taking: Taking, keeping: Running
) -> None:
    """Nor can who was an engineer then and is of quality now."""
    async with both(keeping) as (li, qian):
        number = (await proposed(li))["number"]
        assert (await li.post(f"/proposals/{number}/approve", json=SIGNATURE)).status_code == 403
        here = keeping.service
        own = Proposal(0, here.settings.now(), "qian", "mine", "1" * 64, PLANT.sha256, files=looser(FILES))
        async with here.database.connection() as connection:
            number = await add_proposal(connection, own, "engineer", here.ledger.chain)
        refused = await qian.post(f"/proposals/{number}/approve", json=SIGNATURE)
        assert (refused.status_code, "second person" in refused.text) == (403, True)
        assert (await stands(li, number, "proposed"))["steps"] == []
    assert taking.handed == []
    told = await lines(keeping)
    assert (told.count(("refused", "li")), told.count(("refused", "qian"))) == (1, 1)


async def test_without_the_right_password_nothing_is_signed_and_nothing_happens(
    taking: Taking, keeping: Running
) -> None:
    wrong = {"signature": {"password": "wrong", "meaning": "approval"}}
    async with both(keeping) as (li, qian):
        number = (await proposed(li))["number"]
        assert (await qian.post(f"/proposals/{number}/approve", json=wrong)).status_code == 401
        assert (await qian.post(f"/proposals/{number}/approve", json={})).status_code == 422
        await stands(li, number, "proposed")
    assert taking.handed == []


async def test_what_is_over_stays_over_and_the_attempt_is_recorded(taking: Taking, keeping: Running) -> None:
    async with both(keeping) as (li, qian), asking(keeping, "wang", Role.ENGINEER) as wang:
        first, second = (await proposed(li))["number"], (await proposed(li))["number"]
        assert (await wang.post(f"/proposals/{first}/withdraw", json={"reason": "mine"})).status_code == 403
        assert (await li.post(f"/proposals/{first}/withdraw", json={"reason": "a slip"})).status_code == 200
        assert (
            await qian.post(f"/proposals/{second}/reject", json={"reason": "too loose"})
        ).status_code == 200
        for number in (first, second):
            for who, what, body in (
                (qian, "approve", SIGNATURE),
                (qian, "reject", {"reason": "again"}),
                (li, "withdraw", {"reason": "again"}),
            ):
                reply = await who.post(f"/proposals/{number}/{what}", json=body)
                assert reply.status_code == 409, (number, what)
        listed = (await li.get("/proposals")).json()["proposals"]
    assert [(one["number"], one["state"]) for one in listed] == [(second, "rejected"), (first, "withdrawn")]
    assert len([1 for kind, _ in await lines(keeping) if kind == "refused"]) == 7
    assert taking.handed == []


async def test_a_proposal_that_another_plant_has_overtaken_cannot_be_approved(
    taking: Taking, keeping: Running
) -> None:
    other = {name: text for name, text in looser(FILES, 12).items() if name.startswith("plant/")}
    async with both(keeping) as (li, qian):
        first, second = (await proposed(li))["number"], (await proposed(li, other))["number"]
        await qian.post(f"/proposals/{first}/approve", json=SIGNATURE)
        await stands(li, first, "in_force")
        late = await qian.post(
            f"/proposals/{second}/approve", json=SIGNATURE, headers={"Accept-Language": "zh"}
        )
        assert (late.status_code, late.json()["detail"]) == (409, "其间已有其他配置生效，请重新提出变更。")
        again = await proposed(li, other)
        assert [(one["old"], one["new"], one["is_looser"]) for one in again["differences"]] == [
            ("10 Pa", "12 Pa", False)
        ]


async def test_what_the_collector_does_not_take_yet_waits_and_says_why(
    taking: Taking, keeping: Running
) -> None:
    taking.refuses = "ISO-STM-L1/P-01 is running and would change"
    async with both(keeping) as (li, qian):
        number = (await proposed(li))["number"]
        await qian.post(f"/proposals/{number}/approve", json=SIGNATURE)
        async with asyncio.timeout(PATIENCE_S):
            while (waits := (await li.get("/proposals")).json()["waits"]) is None:  # noqa: ASYNC110 - the server's word
                await asyncio.sleep(0.05)
        assert "is running and would change" in waits["en"]
        assert "正在执行" in waits["zh"]
        assert (await li.get(f"/proposals/{number}")).json()["state"] == "approved"
        second = (await proposed(li))["number"]
        assert (await qian.post(f"/proposals/{second}/approve", json=SIGNATURE)).status_code == 409
        taking.refuses = ""
        await stands(li, number, "in_force")
    assert len(taking.handed) == 1


async def test_what_is_not_what_was_signed_is_not_brought_into_force(
    taking: Taking, keeping: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The content is another by the time that it is brought: whoever has changed it."""

    async def other(pool: Any, proposal: Proposal) -> bool | None:
        return await signature_holds(pool, replace(proposal, sha256="1" * 64))

    monkeypatch.setattr("monitor.server.changes.signature_holds", other)
    async with both(keeping) as (li, qian):
        number = (await proposed(li))["number"]
        await qian.post(f"/proposals/{number}/approve", json=SIGNATURE)
        async with asyncio.timeout(PATIENCE_S):
            while "void" not in str((await li.get("/proposals")).json()["waits"]):  # noqa: ASYNC110 - the server's word
                await asyncio.sleep(0.05)
        assert (await li.get(f"/proposals/{number}")).json()["state"] == "approved"
        assert (await li.post(f"/proposals/{number}/withdraw", json={"reason": "a slip"})).status_code == 409
        taken_back = await qian.post(
            f"/proposals/{number}/reject", json={"reason": "it is not what I signed"}
        )
        assert (taken_back.status_code, taken_back.json()["state"]) == (200, "rejected")
        async with asyncio.timeout(PATIENCE_S):
            while (await li.get("/proposals")).json()["waits"] is not None:  # noqa: ASYNC110 - the server's word
                await asyncio.sleep(0.05)
    assert taking.handed == []


@pytest.mark.parametrize(
    ("files", "status", "told"),
    [
        ({"plant/plant.yaml": "plant: x\n"}, 422, "plant.yaml"),
        ({"../x.yaml": ""}, 422, "no file of a plant"),
        (changed(FILES, "plant.yaml", "\nplant: ", "\nplant: other-"), 422, "another plant"),
        (FILES, 409, "in force already"),
    ],
)
async def test_what_cannot_be_proposed_is_refused_with_the_reason(
    taking: Taking, keeping: Running, files: dict[str, str], status: int, told: str
) -> None:
    async with asking(keeping, "li", Role.ENGINEER) as li:
        reply = await li.post("/proposals", json={"reason": "because", "files": files})
    assert (reply.status_code, told in reply.text) == (status, True), reply.text


async def test_a_changed_folder_is_offered_until_somebody_proposes_it(
    taking: Taking, settings: Settings, database_url: str, tmp_path: Path
) -> None:
    for name, text in OWN.items():
        (tmp_path / Path(name).name).write_bytes(text.encode())
    async with running(replace(settings, database_url=database_url, plant_dir=tmp_path)) as server:
        await meet(server)
        async with asking(server, "li", Role.ENGINEER) as li:
            offered = (await li.get("/proposals")).json()["offered"]
            reply = await li.post("/proposals", json={"reason": "as in the folder", "offered": True})
            assert (reply.status_code, reply.json()["sha256"]) == (201, offered)
            assert (await li.get("/proposals")).json()["offered"] is None
    async with running(replace(settings, database_url=database_url, plant_dir=LINE)) as server:
        await meet(server)
        async with asking(server, "li", Role.ENGINEER) as li:
            assert (await li.get("/proposals")).json()["offered"] is None
            reply = await li.post("/proposals", json={"reason": "as in the folder", "offered": True})
            assert reply.status_code == 422


async def test_the_past_days_are_judged_under_a_proposal_beside_everything_else(
    taking: Taking, keeping: Running, hands: Hands
) -> None:
    """15 Pa an hour ago: below the bound in force, not below the proposed one."""
    writer = await Writer.open(keeping.service.settings.database_url, PLANT, "test", hands.now())
    pressures = [45.0] * 5 + [15.0] * 5 + [45.0] * 20
    at = hands.now() - timedelta(hours=1)
    samples = [isolator_sample(PLANT, at + timedelta(seconds=n), one) for n, one in enumerate(pressures)]
    await writer.write(len(samples), samples, [], [])
    await writer.close()
    async with both(keeping) as (li, qian):
        number = (await proposed(li))["number"]
        assert (await qian.get(f"/proposals/{number}/replay")).status_code == 404
        begun = await qian.post(f"/proposals/{number}/replay", json={"days": 1})
        assert (begun.status_code, begun.json()["state"]) == (202, "running")
        assert (await li.post(f"/proposals/{number}/replay", json={})).status_code == 409
        ended = await replayed(qian, number)
        assert (ended["state"], ended["done"], ended["error"]) == ("done", 1.0, "")
        assert ended["result"]["alarms"] == [{"alarm": ACTION, "only_old": 1, "only_new": 0, "both": 0}]
        assert ended["result"]["samples"] == len(samples)
        (one,) = ended["result"]["occurrences"]
        assert (one["which"], one["alarm"]) == ("only_old", ACTION)


async def test_a_replay_can_be_stopped_and_ends_with_the_server(taking: Taking, keeping: Running) -> None:
    async with both(keeping) as (li, qian):
        first, second = (await proposed(li))["number"], (await proposed(li))["number"]
        await qian.post(f"/proposals/{first}/replay", json={})
        assert (await qian.post(f"/proposals/{second}/replay", json={})).status_code == 409
        assert (await li.delete(f"/proposals/{first}/replay")).json()["state"] == "cancelled"
        begun = await qian.post(f"/proposals/{second}/replay", json={})
        assert begun.status_code == 202, "one that is stopped is in nobody's way"
        assert (await replayed(qian, second))["state"] == "done"
        await qian.post(f"/proposals/{first}/replay", json={})


async def test_a_replay_that_fails_says_why(taking: Taking, keeping: Running, monkeypatch: Any) -> None:
    monkeypatch.setattr(keeping.service.trials, "_url", "postgresql://nobody@127.0.0.1:1/none")
    async with both(keeping) as (li, qian):
        number = (await proposed(li))["number"]
        await qian.post(f"/proposals/{number}/replay", json={})
        ended = await replayed(qian, number)
    assert (ended["state"], "127.0.0.1:1" in ended["error"]) == ("failed", True)


async def replayed(client: httpx.AsyncClient, number: int) -> dict[str, Any]:
    """Wait until a replay is over."""
    async with asyncio.timeout(PATIENCE_S):
        while (body := (await client.get(f"/proposals/{number}/replay")).json())["state"] == "running":  # noqa: ASYNC110 - the other process's word
            await asyncio.sleep(0.05)
    return dict(body)


async def test_the_versions_tell_who_answers_for_each_and_since_when(
    taking: Taking, keeping: Running
) -> None:
    at = keeping.service.settings.now()
    other = PlantChange(at + timedelta(hours=1), "1" * 64, PLANT.sha256, APPROVED, "li", "qian", 3)
    lines = [
        codec.entry_of(PlantChange(at, PLANT.sha256, "", FIRST), at),
        codec.entry_of(codec.Start(at, PLANT.sha256), at),
        codec.entry_of(other, other.at),
        codec.entry_of(codec.Start(at + timedelta(hours=2), "1" * 64), at + timedelta(hours=2)),
    ]
    writer = await Writer.open(keeping.service.settings.database_url, PLANT, "test", at)
    await writer.write(4, [], portion_of([replace(one, seq=n) for n, one in enumerate(lines, 1)]).book, [])
    await writer.close()
    async with asking(keeping, "qian", Role.QA) as qian:
        told = (await qian.get("/versions")).json()["versions"]
    assert [(one["sha256"], one["what"], one["who"], one["second"], one["proposal"]) for one in told] == [
        ("1" * 64, "approved", "li", "qian", 3),
        (PLANT.sha256, "first", "", "", 0),
    ]
    assert told[0]["until"] is None
    assert told[1]["until"] == told[0]["since"]


async def test_who_has_no_right_to_it_neither_proposes_nor_reads(taking: Taking, keeping: Running) -> None:
    async with asking(keeping, "cao", Role.OPERATOR) as cao:
        for path in ("/proposals", "/versions", "/proposals/1"):
            assert (await cao.get(path)).status_code == 403
        assert (await cao.post("/proposals", json={"reason": "because", "files": OWN})).status_code == 403


async def test_there_is_no_proposal_of_another_number(taking: Taking, keeping: Running) -> None:
    async with asking(keeping, "li", Role.ENGINEER) as li:
        for number in (0, 1, 2**40):
            assert (await li.get(f"/proposals/{number}")).status_code == 404


def test_every_state_leads_on_or_is_an_end() -> None:
    assert set(FOLLOWS) == set(ProposalState)
    assert {state for state, following in FOLLOWS.items() if not following} == {
        ProposalState.REJECTED,
        ProposalState.WITHDRAWN,
        ProposalState.IN_FORCE,
    }
