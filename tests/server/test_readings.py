"""Readings, from the real database to JSON."""

import math
from typing import Any

from monitor.server.gate import API
from monitor.server.settings import Settings
from tests.server.collector import PRESSURE, Collector
from tests.server.conftest import Running
from tests.server.hands import Hands

HOUR = {"start": "2026-03-02T08:00:00Z", "end": "2026-03-02T09:00:00Z"}


async def kept(keeping: Running, settings: Settings, hands: Hands) -> None:
    """Keep four seconds of the isolator from 08:15:01 on, the third without a pressure."""
    collector = Collector(settings.plant, settings.data, hands)
    samples = [collector.measure(value) for value in (50.0, 52.0, math.nan, 54.0)]
    await keeping.store(samples)


async def ask(server: Running, **question: Any) -> Any:
    async with server.client(server.sign_in()) as client:
        return await client.get(f"{API}/readings", params={"channel": PRESSURE, **HOUR, **question})


async def test_few_readings_come_each_by_itself(keeping: Running, settings: Settings, hands: Hands) -> None:
    await kept(keeping, settings, hands)
    answer = await ask(keeping)
    assert answer.status_code == 200
    told = answer.json()
    assert (told["channel"], told["unit"], told["bucket_s"]) == (PRESSURE, "Pa", 0)
    assert told["at"] == [1772439301.0 + second for second in range(4)]
    assert told["mean"] == told["min"] == told["max"] == [50.0, 52.0, None, 54.0]
    assert (told["n"], told["n_good"]) == ([1, 1, 1, 1], [1, 1, 0, 1])


async def test_many_readings_come_in_buckets(keeping: Running, settings: Settings, hands: Hands) -> None:
    await kept(keeping, settings, hands)
    told = (await ask(keeping, points=2)).json()
    assert len(told["at"]) <= 2
    assert sum(told["n"]) == 4
    assert [value for value in told["max"] if value is not None] == [54.0]
    assert [value for value in told["mean"] if value is not None] == [52.0]


async def test_several_channels_are_told_with_what_was_permitted(
    keeping: Running, settings: Settings, hands: Hands
) -> None:
    await kept(keeping, settings, hands)
    answer = await ask(keeping, channel=["ISO-STM-L1/temp", PRESSURE, "PC-A-STM-L1/cnt_0_5"])
    told = answer.json()
    assert told["channel"] == "ISO-STM-L1/temp"
    pressure, counter = told["more"]
    assert (pressure["channel"], pressure["max"]) == (PRESSURE, [50.0, 52.0, None, 54.0])
    assert (counter["channel"], counter["at"]) == ("PC-A-STM-L1/cnt_0_5", [])
    (action, *_) = (one for one in pressure["limits"] if one["level"] == "action")
    assert (action["limit"], action["low"], action["high"]) == (f"{PRESSURE}/action", 20.0, 90.0)
    assert (action["since"], action["until"]) == (
        "2026-03-02T08:00:00.000000+00:00",
        "2026-03-02T09:00:00.000000+00:00",
    )


async def test_what_went_on_in_the_zone_is_told(keeping: Running, settings: Settings, hands: Hands) -> None:
    await kept(keeping, settings, hands)
    told = (await ask(keeping)).json()
    assert told["occupancy"] == [
        {
            "since": "2026-03-02T08:00:00.000000+00:00",
            "until": "2026-03-02T09:00:00.000000+00:00",
            "occupancy": "in_operation",
        }
    ]


async def test_an_unknown_channel_is_not_found(keeping: Running) -> None:
    answer = await ask(keeping, channel="NO/such")
    assert answer.status_code == 404
    assert "NO/such" in answer.json()["detail"]


async def test_a_question_that_is_none_is_told_why(server: Running) -> None:
    questions: list[tuple[dict[str, Any], str]] = [
        ({"start": HOUR["end"], "end": HOUR["start"]}, "start must be before end"),
        ({"end": HOUR["start"]}, "start must be before end"),
        ({"start": "2025-01-01T00:00:00Z"}, "longer than 400 days"),
        ({"start": "2026-03-02T08:00:00"}, "query.start"),
        ({"start": "2026-03-02T08:00:00 08:00"}, "query.start"),
        ({"start": "1772439301"}, "ISO 8601"),
        ({"start": "2026-03-02"}, "ISO 8601"),
        ({"points": "1"}, "query.points"),
        ({"points": "5001"}, "query.points"),
        ({"points": "NaN"}, "query.points"),
        ({"channel": "x" * 201}, "query.channel"),
        ({"channel": "x\0"}, "query.channel"),
        ({"channel": ["x"] * 41}, "query.channel"),
    ]
    for question, says in questions:
        answer = await ask(server, **question)
        assert answer.status_code == 422, question
        assert says in answer.json()["detail"]
