"""Health is for everybody, and is always answered."""

from monitor.server.gate import API
from tests.server.collector import Collector
from tests.server.conftest import Running


async def test_without_anything_it_is_down_but_answers(server: Running) -> None:
    async with server.client() as client:
        answer = await client.get(f"{API}/health")
    assert answer.status_code == 200
    told = answer.json()
    assert told["status"] == "down"
    assert (told["devices_live"], told["devices"]) == (0, 5)
    assert [told[part]["ok"] for part in ("database", "journal", "collector")] == [False, False, False]


async def test_without_a_database_it_is_degraded(collector: Collector, server: Running) -> None:
    async with server.screen(server.sign_in()) as screen, server.client() as client:
        await screen.until("link", collector=True)
        told = (await client.get(f"{API}/health")).json()
    assert told["status"] == "degraded"
    assert (told["devices_live"], told["oldest_sample_age_s"]) == (5, 0.7)
    assert [told[part]["ok"] for part in ("database", "journal", "collector")] == [False, True, True]


async def test_with_everything_it_is_ok_until_the_collector_says_otherwise(
    collector: Collector, keeping: Running
) -> None:
    async with keeping.screen(keeping.sign_in()) as screen, keeping.client() as client:
        await screen.until("link", collector=True)
        assert (await client.get(f"{API}/health")).json()["status"] == "ok"
        collector.well = False
        collector.feed.health(collector.health())
        await screen.until("health", status="degraded")
        told = (await client.get(f"{API}/health")).json()
    assert told["status"] == "degraded"
    assert told["journal"] == {"ok": False}
