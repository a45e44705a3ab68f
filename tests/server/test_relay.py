"""The live feed, from the collector's socket to the browser's."""

import json
import math
import re
import socket
from dataclasses import replace
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from alarms.events import EndBatch, StartBatch
from config.plant import Plant
from monitor.server import relay
from monitor.server.settings import Settings
from monitor.versions import Versions
from tests.changing import ACTION, line, looser
from tests.server.collector import Collector
from tests.server.conftest import Running, running
from tests.server.hands import Hands


async def test_a_new_screen_gets_a_snapshot_then_each_message_once(
    collector: Collector, server: Running
) -> None:
    async with server.screen(server.sign_in()) as first:
        await first.until("link", collector=True)
        collector.measure(52.5)
        assert (await first.next())["values"][0] == 52.5
        async with server.screen(server.sign_in()) as later:
            snapshot = await later.next()
            assert snapshot["type"] == "snapshot"
            assert snapshot["plant_sha256"] == server.service.settings.plant.sha256
            assert [sample["values"][0] for sample in snapshot["samples"]] == [52.5]
            assert await later.next() == {"type": "link", "collector": True}
            collector.measure(53.5)
            collector.measure(54.5)
            for screen in (first, later):
                assert [(await screen.next())["values"][0] for _ in range(2)] == [53.5, 54.5]


async def test_a_value_that_is_not_there_is_null(collector: Collector, server: Running) -> None:
    async with server.screen(server.sign_in()) as screen:
        await screen.until("link", collector=True)
        collector.measure(math.nan)
        sample = await screen.next()
    assert sample["values"][0] is None
    assert sample["quality"][0] == 3


async def test_the_link_is_told_once_when_lost_and_once_when_back(settings: Settings, hands: Hands) -> None:
    collector = Collector(settings.plant, settings.data, hands)
    async with running(settings) as server:
        token = server.sign_in()
        async with server.screen(token) as screen, server.client(token) as client:
            assert (await screen.next())["samples"] == []
            assert await screen.next() == {"type": "link", "collector": False}
            async with collector.serving():
                await screen.until("link", collector=True)
                collector.measure(52.5)
                await screen.until("sample")
            assert await screen.next() == {"type": "link", "collector": False}
            latest = (await client.get("/api/v1/latest")).json()
            assert latest["collector"] is False, "an old value must not pass for a live one"
            assert latest["samples"][0]["values"][0] == 52.5
            async with collector.serving():
                collector.measure(53.5)
                kinds = [await screen.next() for _ in range(2)]
                assert [message["type"] for message in kinds] == ["snapshot", "link"]
                assert kinds[1]["collector"] is True
                collector.measure(54.5)
                assert (await screen.next())["values"][0] == 54.5


async def test_a_silent_collector_is_a_lost_one(
    collector: Collector, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(settings) as server, server.screen(server.sign_in()) as screen:
        await screen.until("link", collector=True)
        monkeypatch.setattr(relay, "SILENCE_S", 0.0)
        collector.measure(52.5)
        await screen.until("sample")
        await screen.until("link", collector=False)


def test_h20_the_server_finds_a_silent_collector_before_a_screen_finds_the_server_silent() -> None:
    written = (Path(relay.__file__).parents[1] / "dashboard/src/link.ts").read_text()
    found = re.search(r"silence_limit_ms = (\d+);", written)
    assert found is not None
    assert 1000 < 1000 * relay.SILENCE_S < int(found[1]) < 3000


async def test_the_server_follows_the_plant_that_the_collector_runs(
    collector: Collector, server: Running, settings: Settings
) -> None:
    """First while it listens, then when it meets a collector that runs another than itself."""
    _, files = line()
    other, third = (Versions(settings.data).keep(looser(files, low_pa)) for low_pa in (10, 12))
    async with server.screen(server.sign_in()) as screen:
        await screen.until("link", collector=True)
        collector.feed.health(collector.health())
        collector.feed.turn(other, collector.state, settings.now())
        await screen.until("snapshot", plant_sha256=other.sha256)
    async with server.client(server.sign_in()) as client:
        shown = (await client.get("/api/v1/plant")).json()
    assert shown["sha256"] == other.sha256
    assert {one["low"] for one in shown["limits"] if one["id"] == ACTION} == {10.0}
    collector.feed.turn(third, collector.state, settings.now())
    async with running(replace(settings)) as again, again.screen(again.sign_in()) as screen:
        await screen.until("snapshot", plant_sha256=third.sha256)
        assert again.service.settings.plant == third


async def test_the_feed_of_a_plant_that_is_not_kept_here_is_not_relayed(
    server: Running, plant: Plant, hands: Hands
) -> None:
    other = Collector(replace(plant, sha256="0" * 64), server.service.settings.data, hands)
    other.measure(52.5)
    async with other.serving():
        for _ in range(2):
            await other.feed.arrivals.get()  # the second time it has turned away from the first
    assert not server.service.relay.collector
    assert server.service.relay.samples == {}, "the values would stand under wrong names"


async def test_a_message_that_is_no_message_loses_the_link(collector: Collector, server: Running) -> None:
    async with server.screen(server.sign_in()) as screen:
        await screen.until("link", collector=True)
        collector.feed.health({**collector.health(), "oldest_sample_age_s": math.nan})
        assert await screen.next() == {"type": "link", "collector": False}
        await screen.until("link", collector=True)


async def test_a_screen_that_does_not_read_is_cut_and_slows_nobody(
    collector: Collector, server: Running
) -> None:
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    narrow.connect(("127.0.0.1", int(server.address.rstrip("/").rpartition(":")[2])))
    narrow.setblocking(False)
    async with (
        server.screen(server.sign_in()) as quick,
        server.screen(server.sign_in(), sock=narrow, max_queue=1) as slow,
    ):
        await quick.until("link", collector=True)
        health = collector.health()
        health["journal"]["detail"] = "x" * 100_000
        sent = 0
        browsers = tuple(server.service.relay._browsers)
        while not any(browser.cut.is_set() for browser in browsers):
            collector.feed.health({**health, "inbox": {"size": sent, "limit": 1000, "lost": 0}})
            assert (await quick.until("health"))["inbox"]["size"] == sent, "every message, in order"
            sent += 1
            assert sent < 2_000, "the slow screen is never cut"
        with pytest.raises(ConnectionClosed):
            await slow.until("never")


async def test_a_newer_value_is_never_replaced_by_an_older(collector: Collector, server: Running) -> None:
    token = server.sign_in()
    async with server.screen(token) as screen, server.client(token) as client:
        await screen.until("link", collector=True)
        older = collector.measure(52.5)
        collector.measure(53.5)
        collector.feed.sample(older)
        for _ in range(3):
            await screen.until("sample")
        latest = json.loads((await client.get("/api/v1/latest")).text)
        assert latest["samples"][0]["values"][0] == 53.5


async def test_which_batch_runs_is_live_for_those_who_look_and_those_who_come_later(
    collector: Collector, server: Running, hands: Hands
) -> None:
    begun = StartBatch(hands.at, "B-1", "STM-L1", "MSC", "set-up", ("STM-L1-CORE",), "wu")
    async with server.screen(server.sign_in()) as screen:
        await screen.until("link", collector=True)
        collector.judge(begun)
        told = await screen.next()
        assert (told["type"], told["line"], told["batch"]["id"]) == ("batch", "STM-L1", "B-1")
        async with server.screen(server.sign_in()) as later:
            assert (await later.next())["batches"] == [told["batch"]]
        collector.judge(EndBatch(hands.at, "B-1", "wu"))
        assert (await screen.next())["batch"] is None
        async with server.screen(server.sign_in()) as later:
            assert (await later.next())["batches"] == []
