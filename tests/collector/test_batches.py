"""Batches begun, changed and ended at the endpoint: in the State, in the feed, in the journal, and behind a restart."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from alarms.batches import running as runs
from monitor.collector.batches import router
from monitor.collector.commands import Clerk
from monitor.collector.journal import JournalReader
from monitor.collector.portion import portion_of
from monitor.collector.refit import fitted
from monitor.collector.restore import restore
from monitor.server.why import in_chinese
from tests.alarms.building import after
from tests.alarms.making import making
from tests.collector.building import Line, running, written

PLANT = making()
START = {"batch": "B-1", "line": "L1", "product": "MSC", "who": "wu"}


class Asking:
    """The routes, over ASGI, and the pipeline behind them."""

    def __init__(self, line: Line, client: httpx.AsyncClient) -> None:
        self.line, self.client = line, client

    async def post(self, path: str, **body: object) -> tuple[int, Any]:
        """Ask for something; return status and answer: the batch, or why not."""
        answer = await self.client.post(path, json=body)
        told = answer.json()
        return answer.status_code, told["batch"] if answer.is_success else told["detail"]


@asynccontextmanager
async def asking(folder: Path) -> AsyncIterator[Asking]:
    """Serve the routes of a running pipeline."""
    async with running(folder, PLANT) as line:
        app = FastAPI()
        app.state.clerk = Clerk(line.pipeline, line.clock.now)
        app.include_router(router)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://collector") as client:
            yield Asking(line, client)


async def test_a_batch_is_begun_changed_and_ended(tmp_path: Path) -> None:
    async with asking(tmp_path) as one, one.line.feed.listen() as listener:
        status, batch = await one.post("/batch", **START)
        assert (status, batch["stage"], batch["zones"], batch["who"]) == (200, "set-up", ["Z"], "wu")
        status, batch = await one.post("/batch/stage", batch="B-1", stage="fill", who="li")
        assert (status, batch["stage"], batch["zones"]) == (200, "fill", ["Z", "SHARED"])
        assert (await one.client.get("/batches")).json() == {"batches": [batch]}
        assert json.loads(one.line.feed.snapshot(after(0), {}))["batches"] == [batch]
        said = {"comment": "a bag leaked", "is_aborted": True}
        assert await one.post("/batch/end", batch="B-1", who="li", **said) == (200, None)
        assert json.loads(one.line.feed.snapshot(after(0), {}))["batches"] == []
        messages = [json.loads(await listener.next()) for _ in range(3)]
    told = [(one["type"], one["line"], one["batch"] and one["batch"]["stage"]) for one in messages]
    assert told == [("batch", "L1", "set-up"), ("batch", "L1", "fill"), ("batch", "L1", None)]
    reader = JournalReader(tmp_path / "journal.sqlite")
    book = portion_of(reader.after(0, 9)).book
    reader.close()
    assert [(line.kind, line.who) for line in book] == [
        ("batch_started", "wu"),
        ("batch_stage", "li"),
        ("batch_ended", "li"),
    ]
    assert (book[0].body["zones"], book[2].body["is_aborted"]) == (["Z"], True)


@pytest.mark.parametrize(
    ("path", "body", "status", "why"),
    [
        ("/batch", {**START, "batch": "B-2"}, 409, "B-1 is running on L1"),
        ("/batch", {**START, "batch": "B-1", "line": "L2"}, 409, "there was a batch B-1"),
        ("/batch", {**START, "batch": "B-2", "line": "L2", "product": "wine"}, 409, "not a product"),
        ("/batch", {**START, "batch": "B-2", "line": "L9"}, 409, "not made on L9"),
        ("/batch", {**START, "batch": "B-2", "line": "L2", "stage": "fry"}, 409, "not a stage"),
        ("/batch", {**START, "batch": "a b"}, 422, "pattern"),
        ("/batch", {**START, "batch": "B-2", "who": ""}, 422, "at least 1 character"),
        ("/batch/stage", {"batch": "B-2", "stage": "fill", "who": "li"}, 409, "not running"),
        ("/batch/stage", {"batch": "B-1", "stage": "fry", "who": "li"}, 409, "not a stage"),
        ("/batch/end", {"batch": "B-2", "who": "li"}, 409, "not running"),
    ],
)
async def test_what_may_not_be_is_answered_in_words_and_written_nowhere(
    tmp_path: Path, path: str, body: dict[str, Any], status: int, why: str
) -> None:
    async with asking(tmp_path) as one:
        assert (await one.post("/batch", **START))[0] == 200
        before = one.line.pipeline.state
        answered, said = await one.post(path, **body)
        assert (answered, why in str(said)) == (status, True), said
        assert one.line.pipeline.state is before
        assert one.line.kinds() == ["batch_started"]


async def test_of_two_that_begin_at_once_on_a_line_one_is_begun(tmp_path: Path) -> None:
    async with asking(tmp_path) as one:
        both = await asyncio.gather(
            one.post("/batch", **START), one.post("/batch", **{**START, "batch": "B-2"})
        )
        assert sorted(status for status, _ in both) == [200, 409]
        assert one.line.kinds() == ["batch_started"], "on the disk before it is answered"


async def test_a_batch_that_the_journal_does_not_take_does_not_begin(tmp_path: Path) -> None:
    async with asking(tmp_path) as one:
        one.line.journal.full = "it is full"
        status, why = await one.post("/batch", **START)
        told = f"{tmp_path / 'journal.sqlite'}: it is full"
        assert (status, why) == (409, f"the journal does not take it: {told}")
        assert in_chinese(why) == f"日志无法写入：{told}"
        assert (await one.client.get("/batches")).json() == {"batches": []}
        one.line.journal.full = ""
        assert (await one.post("/batch", **START))[0] == 200
    assert one.line.kinds().count("batch_started") == 1


async def test_a_restart_and_another_plant_let_a_batch_run_on(tmp_path: Path) -> None:
    async with asking(tmp_path) as one:
        await one.post("/batch", **START)
        await one.post("/batch/stage", batch="B-1", stage="harvest", who="li")
        stood = one.line.pipeline.state
    reader = JournalReader(tmp_path / "journal.sqlite")
    restored = restore(PLANT, reader)
    reader.close()
    assert written(restored.state) == written(stood)
    assert runs(fitted(PLANT, replace(PLANT, products={}, sha256="1" * 64), stood), "B-1") is not None
