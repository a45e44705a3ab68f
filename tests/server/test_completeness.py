"""Completeness, from the real database to JSON."""

from typing import Any

import pytest

from monitor.server.gate import API
from monitor.server.settings import Settings
from tests.server.collector import Collector
from tests.server.conftest import Running
from tests.server.hands import Hands

ASKED = {"device": "ISO-STM-L1", "start": "2026-03-02T08:14:00Z", "end": "2026-03-02T09:00:00Z"}


async def ask(server: Running, language: str = "en", **question: str) -> Any:
    async with server.client(server.sign_in(), **{"Accept-Language": language}) as client:
        return await client.get(f"{API}/completeness", params={**ASKED, **question})


async def test_it_tells_minute_by_minute_up_to_now(
    keeping: Running, settings: Settings, hands: Hands
) -> None:
    collector = Collector(settings.plant, settings.data, hands)
    samples = [collector.measure(50.0) for _ in range(90)]
    await keeping.store([*samples[:20], *samples[25:]])
    answer = await ask(keeping)
    assert answer.status_code == 200
    told = answer.json()
    assert (told["device"], told["bucket_s"]) == ("ISO-STM-L1", 60)
    (own,) = told["series"]
    # The 90 seconds began at 08:15:01; the minute that is not over is not told of.
    assert own["at"] == [1772439240.0, 1772439300.0]
    assert (own["expected"], own["received"], own["valid"]) == ([0, 59], [0, 54], [0, 54])
    assert own["causes"] == {"not_sealed": [0, 5]}


async def test_an_unknown_device_is_not_found(keeping: Running) -> None:
    answer = await ask(keeping, device="NO-such")
    assert (answer.status_code, answer.json()["detail"]) == (404, "Nothing is kept of a device NO-such.")


@pytest.mark.parametrize(
    ("language", "question", "says"),
    [
        ("en", {"start": "2026-02-01T00:00:00Z"}, "By the minute no more than 7 days"),
        ("zh", {"start": "2026-02-01T00:00:00Z"}, "按分钟统计一次最多 7 天"),
        ("zh", {"start": "2025-11-01T00:00:00Z", "bucket": "hour"}, "按小时统计一次最多 93 天"),
        ("en", {"bucket": "day"}, "query.bucket"),
        ("en", {"device": "x\0"}, "query.device"),
    ],
)
async def test_a_question_that_is_none_is_told_why(
    server: Running, language: str, question: dict[str, str], says: str
) -> None:
    answer = await ask(server, language, **question)
    assert answer.status_code == 422
    assert says in answer.json()["detail"]


async def test_it_is_for_people_who_are_signed_in(server: Running) -> None:
    async with server.client() as client:
        assert (await client.get(f"{API}/completeness", params=ASKED)).status_code == 401
