"""The collector's endpoint over a real Unix socket: the token, the feed, acknowledging, and a listener too slow."""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect, unix_connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from alarms.state import State
from bench.running import NO_TLS
from monitor.collector.endpoint import endpoint_app, read_or_make_token, serve_endpoint
from monitor.collector.feed import Cut, Feed, Listener
from monitor.collector.metrics import registry_of
from tests.alarms.building import ACTION, after, plant, sample
from tests.collector.building import Line, running
from tests.patience import PATIENCE_S

TOKEN = "a-token-of-the-test"
HEALTH = {
    "devices": 2,
    "devices_live": 2,
    "oldest_sample_age_s": None,
    "inbox": {"size": 0, "lost": 0},
    "journal": {"entries": 0},
    "database": {"ok": True, "waiting": 0},
    "poll_lateness_ms": {"p99": None},
    "taken": 3,
    "restarts": 0,
}


class Endpoint:
    """A served endpoint and its pipeline."""

    def __init__(self, line: Line, socket: Path) -> None:
        self.line = line
        self.socket = socket

    def http(self, token: str = TOKEN) -> httpx.AsyncClient:
        """Return a client with a token."""
        transport = httpx.AsyncHTTPTransport(uds=str(self.socket), verify=NO_TLS)
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.AsyncClient(transport=transport, base_url="http://collector", headers=headers)

    def feed(self, token: str = TOKEN) -> connect:
        """Return a connection to the feed."""
        headers = {"Authorization": f"Bearer {token}"}
        return unix_connect(str(self.socket), "ws://collector/feed", additional_headers=headers)


@asynccontextmanager
async def endpoint(tmp_path: Path) -> AsyncIterator[Endpoint]:
    """Serve the endpoint of a running pipeline."""
    async with running(tmp_path) as line:
        with tempfile.TemporaryDirectory() as folder:
            socket = Path(folder) / "s"
            app = endpoint_app(
                feed=line.feed,
                judge=line.pipeline,
                health=lambda: HEALTH,
                registry=registry_of(lambda: line.plant, lambda: HEALTH, lambda: line.pipeline.state),
                now=line.clock.now,
                token=TOKEN,
            )
            task = asyncio.create_task(serve_endpoint(app, socket))
            while not socket.exists():  # noqa: ASYNC110 - made by the server's start
                await asyncio.sleep(0.01)
            try:
                yield Endpoint(line, socket)
            finally:
                task.cancel()
                await asyncio.wait({task})


async def message(socket: ClientConnection) -> dict[str, object]:
    received: dict[str, object] = json.loads(await asyncio.wait_for(socket.recv(), PATIENCE_S))
    return received


async def test_without_the_token_nothing_answers(tmp_path: Path) -> None:
    async with endpoint(tmp_path) as served:
        async with served.http("wrong") as client:
            assert (await client.get("/health")).status_code == 401
            assert (await client.get("/metrics")).status_code == 401
            assert (await client.post("/acknowledge", json={})).status_code == 401
        with pytest.raises(InvalidStatus):
            async with served.feed("wrong"):
                pass


async def test_the_feed_begins_with_everything_and_goes_on_with_what_changes(tmp_path: Path) -> None:
    async with endpoint(tmp_path) as served:
        await served.line.take(sample(0, 45.0))
        async with served.feed() as socket:
            first = await message(socket)
            assert first["type"] == "snapshot"
            assert first["plant_sha256"] == plant().sha256
            assert [one["values"] for one in first["samples"]] == [[45.0, 45.0]]  # type: ignore[attr-defined]
            await served.line.take(sample(1, 10.0))
            following = [await message(socket), await message(socket)]
            assert [one["type"] for one in following] == ["sample", "alarm"]
            assert following[1]["reason"] == "raised"


async def test_acknowledging_once_works_twice_is_over_and_unknown_is_unknown(tmp_path: Path) -> None:
    async with endpoint(tmp_path) as served, served.http() as client:
        await served.line.take(sample(0, 10.0))
        body = {"alarm": ACTION, "raised_at": after(0).isoformat(), "who": "operator", "comment": "seen"}
        done = await client.post("/acknowledge", json=body)
        assert (done.status_code, done.json()["alarm"]["state"]) == (200, "ACKED")
        assert done.json()["alarm"]["acknowledged_by"] == "operator"
        again = await client.post("/acknowledge", json=body)
        assert (again.status_code, again.json()["detail"]) == (
            409,
            f"that occurrence of {ACTION} is over or was acknowledged before",
        )
        unknown = await client.post("/acknowledge", json=body | {"alarm": "no/such"})
        assert unknown.status_code == 404
        naive = await client.post("/acknowledge", json=body | {"raised_at": "2026-11-21T08:00:00"})
        assert naive.status_code == 422


async def test_metrics_are_prometheus_text(tmp_path: Path) -> None:
    async with endpoint(tmp_path) as served, served.http() as client:
        text = (await client.get("/metrics")).text
        assert "gradewatch_devices_live 2.0" in text
        assert "gradewatch_events_total 3.0" in text
        assert "gradewatch_poll_lateness_p99_seconds" not in text


async def test_a_listener_that_falls_behind_is_cut_and_the_others_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.collector.feed.LISTENER_LIMIT", 3)
    feed = Feed(plant(), State())
    async with feed.listen() as slow, feed.listen() as quick:
        for second in range(5):
            feed.sample(sample(second, 45.0))
            await quick.next()
        with pytest.raises(Cut):
            await _all(slow)


async def _all(listener: Listener) -> None:
    while True:
        await listener.next()


async def test_a_feed_is_closed_when_the_collector_stops(tmp_path: Path) -> None:
    async with endpoint(tmp_path) as served:
        socket = await served.feed()
        await message(socket)
    with pytest.raises(ConnectionClosedError):
        await socket.recv()


def test_the_token_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "token"
    token = read_or_make_token(path)
    assert len(token) >= 40
    assert read_or_make_token(path) == token
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_empty_token_is_made_anew(tmp_path: Path) -> None:
    """What a kill between making the file and writing it has left would let in whoever sends nothing."""
    path = tmp_path / "token"
    path.touch()
    token = read_or_make_token(path)
    assert len(token) >= 40
    assert path.read_text() == token


async def test_what_may_not_be_done_is_refused_with_the_sentence_and_not_judged(tmp_path: Path) -> None:
    """Permission is asked first; of an alarm or a protective action that is not there it is not even asked."""
    until = after(60).isoformat()
    async with endpoint(tmp_path) as served, served.http() as client:
        await served.line.take(sample(0, 10.0))
        shelve = {"alarm": ACTION, "until": until, "who": "operator", "reason": " "}
        inhibit = {"protection": "ISO/P-01", "until": until, "who": "a", "second": "b", "reason": "x"}
        occupancy = {"zone": "Z", "occupancy": "at_rest", "who": "a", "reason": ""}
        answers = [
            await client.post("/shelve", json=shelve),
            await client.post("/shelve", json=shelve | {"alarm": "no/such"}),
            await client.post("/protection/inhibit", json=inhibit),
            await client.post("/occupancy", json=occupancy),
            await client.post("/occupancy", json=occupancy | {"zone": "Y"}),
            await client.post("/occupancy", json=occupancy | {"occupancy": "asleep"}),
        ]
        assert [one.status_code for one in answers] == [409, 404, 404, 409, 404, 422]
        assert [one.json()["detail"] for one in answers[:5]] == [
            "it needs a reason",
            "no/such is not an alarm that stands",
            "ISO/P-01 is not a protective action of this plant",
            "it needs a reason",
            "Y is not a zone of this plant",
        ]
    assert served.line.kinds() == ["sample", "transition", "command"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/reset", {"alarm": ACTION, "raised_at": after(0).isoformat(), "who": "a"}),
        ("/unshelve", {"alarm": ACTION, "who": "a"}),
        ("/in-service", {"alarm": ACTION, "who": "a"}),
        ("/out-of-service", {"alarm": ACTION, "who": "a", "reason": "x", "work_order": ""}),
    ],
)
async def test_what_is_asked_of_an_alarm_and_changes_nothing_is_answered_so(
    path: str, body: dict[str, object], tmp_path: Path
) -> None:
    async with endpoint(tmp_path) as served, served.http() as client:
        await served.line.take(sample(0, 10.0))
        answer = await client.post(path, json=body)
        assert answer.status_code == 409
        assert answer.json()["detail"]
        unknown = await client.post(path, json=body | {"alarm": "no/such"})
        assert unknown.status_code == 404
