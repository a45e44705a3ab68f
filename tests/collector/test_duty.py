"""What the endpoint says of being on call, and what persons note there."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from alarms import permit
from alarms.calls import NoticeResult, Outcome
from monitor.collector import codec, duty
from monitor.collector.commands import Clerk
from monitor.collector.duty import router
from monitor.collector.journal import JournalReader
from monitor.collector.portion import portion_of
from tests.alarms.building import ACTION, after, sample
from tests.collector.building import Line, running
from tests.collector.telling import called

KEY = f"{ACTION}|2026-11-21T08:00:00.000000Z|1|ann|robot"


class Asking:
    """The routes, over ASGI, and the pipeline behind them."""

    def __init__(self, line: Line, client: httpx.AsyncClient) -> None:
        self.line, self.client = line, client

    async def duty(self) -> dict[str, Any]:
        """Return what is said of being on call."""
        known: dict[str, Any] = (await self.client.get("/duty")).raise_for_status().json()
        return known

    async def post(self, path: str, **body: object) -> tuple[int, dict[str, Any]]:
        """Ask for something; return status and answer."""
        answer = await self.client.post(path, json=body)
        return answer.status_code, answer.json()

    async def substitute(self, **other: object) -> tuple[int, dict[str, Any]]:
        """Note that `bo` has the duty for an hour from now on, unless something else is asked for."""
        hour = {"begins": after(0).isoformat(), "ends": after(3600).isoformat()}
        asked = {"rotation": "week", "person": "bo", "reason": "ill", "who": "ann", **hour, **other}
        return await self.post("/substitute", **asked)


@asynccontextmanager
async def asking(folder: Path) -> AsyncIterator[Asking]:
    """Serve the routes of a running pipeline."""
    async with running(folder, called()) as line:
        app = FastAPI()
        app.state.clerk = Clerk(line.pipeline, line.clock.now)
        app.include_router(router)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://collector") as client:
            yield Asking(line, client)


@pytest.fixture
def folder() -> Any:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


async def test_who_is_on_call_and_being_called_is_told(folder: Path) -> None:
    async with asking(folder) as one:
        calm = await one.duty()
        assert calm["on_call"] == {"week": "ann"}
        assert (calm["calls"], calm["pending"], calm["substitutions"]) == ([], [], [])
        await one.line.take(sample(0, 10.0))
        known = await one.duty()
        (call,), (pending,) = known["calls"], known["pending"]
        assert (call["alarm"], call["told"], call["taken"], call["reached"]) == (ACTION, ["ann"], 1, 0)
        assert (pending["key"], pending["person"], pending["way"], pending["step"]) == (
            KEY,
            "ann",
            "robot",
            1,
        )
        await one.line.take(NoticeResult(after(1), KEY, Outcome.ACCEPTED))
        known = await one.duty()
        assert (known["calls"][0]["reached"], known["pending"]) == (1, [])


async def test_a_substitution_is_in_force_at_once_and_is_taken_back_with_a_reason(folder: Path) -> None:
    async with asking(folder) as one:
        status, known = await one.substitute()
        assert (status, known["on_call"]) == (200, {"week": "bo"})
        assert known["substitutions"][0]["noted_by"] == "ann"
        assert (await one.substitute())[0] == 409
        assert (await one.substitute(ends=after(1800).isoformat(), is_over=True))[0] == 404
        status, known = await one.substitute(is_over=True, reason="well again", who="bo")
        assert (status, known["on_call"], known["substitutions"]) == (200, {"week": "ann"}, [])
    reader = JournalReader(folder / "journal.sqlite")
    book = portion_of([entry for entry in reader.after(0, 9) if entry.kind == "substitute"]).book
    reader.close()
    reasons = [line.body["substitution"]["reason"] for line in book]
    assert [(line.kind, line.who) for line in book] == [("substitute", "ann"), ("substitute", "bo")]
    assert reasons == ["ill", "well again"]


@pytest.mark.parametrize(
    ("wrong", "status", "words"),
    [
        ({"rotation": "no"}, 404, "no is not a rotation"),
        ({"person": "zoe"}, 404, "zoe is not called"),
        ({"ends": after(0).isoformat()}, 422, "must end after it begins"),
        ({"ends": after(367 * 86_400).isoformat()}, 422, "within 366 days"),
        ({"begins": after(-9).isoformat(), "ends": after(0).isoformat()}, 409, "over already"),
        ({"begins": "2026-11-21T08:00:00"}, 422, ""),
        ({"reason": ""}, 422, ""),
        ({"who": ""}, 422, ""),
        ({"reason": "x" * 1001}, 422, ""),
        ({"is_over": True}, 404, "no such substitution"),
    ],
)
async def test_what_cannot_be_is_refused(
    folder: Path, wrong: dict[str, object], status: int, words: str
) -> None:
    async with asking(folder) as one:
        answered, body = await one.substitute(**wrong)
        assert answered == status
        assert words in str(body["detail"])
        assert one.line.pipeline.state.calls.substitutions == ()


async def test_so_many_may_be_noted_and_no_more(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duty, "NOTED_MAX", 1)
    async with asking(folder) as one:
        assert (await one.substitute())[0] == 200
        assert (await one.substitute(ends=(after(0) + timedelta(days=1)).isoformat()))[0] == 409


async def test_what_the_judge_refuses_is_answered_in_words(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with asking(folder) as one:
        monkeypatch.setattr(permit, "why_not", lambda *_: "it may not be")
        assert await one.substitute() == (409, {"detail": "it may not be"})
        assert await one.post("/receipt", key=KEY, who="ann") == (409, {"detail": "it may not be"})


async def test_only_whom_it_was_for_says_that_a_notice_came(folder: Path) -> None:
    async with asking(folder) as one:
        assert (await one.post("/receipt", key=KEY, who="ann"))[0] == 200
        for key, who in (
            (KEY, "bo"),
            (KEY, "zoe"),
            ("ann", "ann"),
            ("ann|robot", "ann"),
            ("x|zoe|robot", "zoe"),
        ):
            assert (await one.post("/receipt", key=key, who=who))[0] == 404
    with_receipts = JournalReader(folder / "journal.sqlite")
    kinds = [(entry.kind, codec.body_of(entry).get("who")) for entry in with_receipts.after(0, 99)]
    with_receipts.close()
    assert kinds == [("receipt", "ann")]
