"""Trends for prevention as a screen and a spreadsheet read them, and batches over each other."""

import csv
import io
from datetime import timedelta
from typing import Any

from alarms.events import EndBatch, StartBatch
from monitor.collector import codec
from monitor.server.gate import API
from monitor.server.rights import Role
from monitor.store.book import BookEntry
from tests.server.collector import ALARM, Collector
from tests.server.conftest import Running
from tests.server.hands import Hands

ZONE, CHANNEL = "STM-L1-A-ISO", ALARM.rpartition("/")[0]
PERIOD = {"start": "2026-02-20T00:00:00Z", "end": "2026-03-03T00:00:00Z"}


async def test_the_screen_and_the_file_tell_the_same(keeping: Running, collector: Collector) -> None:
    sample = collector.measure(10.0)
    await keeping.store([sample], alarms=[collector.alarms[ALARM]])
    async with keeping.client(keeping.sign_in(Role.QA)) as client:
        told = (await client.get(f"{API}/prevention", params=PERIOD)).json()
        file = await client.get(f"{API}/exports/prevention.csv", params=PERIOD)
        chinese = await client.get(f"{API}/exports/prevention.csv", params={**PERIOD, "language": "zh"})
    assert [one["id"] for one in told["months"]] == ["2026-02", "2026-03"]
    (zone,) = [one for one in told["zones"] if one["zone"] == ZONE]
    assert (zone["line"], zone["grade"]) == ("STM-L1", "A")
    march = zone["months"][1]["alarms"]
    assert (march["action"], march["alarms"], march["unacknowledged"]) == (1, 1, 1)
    assert march["acknowledging"] == {"n": 0, "median_s": None, "p95_s": None}
    rows = list(csv.DictReader(io.StringIO(file.text)))
    assert len(rows) == 2 * len(told["zones"])
    (row,) = [one for one in rows if (one["zone"], one["month"]) == (ZONE, "2026-03")]
    assert (row["grade"], row["action excursions"], row["unacknowledged"]) == ("A", "1", "1")
    assert row["time to acknowledge: median (s)"] == row["active air: recovery rate (%)"] == ""
    assert chinese.text.startswith("\ufeff区域,产线,级别,月份,警戒限偏移")
    assert chinese.text.splitlines()[1:] == file.text.splitlines()[1:]


def kept(*things: StartBatch | EndBatch) -> list[BookEntry]:
    kinds = {StartBatch: "batch_started", EndBatch: "batch_ended"}
    return [
        BookEntry(one.at, kinds[type(one)], one.who, codec.body_of(codec.entry_of(one, one.at)))
        for one in things
    ]


async def test_batches_lie_over_each_other_by_the_time_since_each_began(
    keeping: Running, collector: Collector, hands: Hands
) -> None:
    samples, things = [], list[StartBatch | EndBatch]()
    for batch, pressures in (("MSC-1", (50.0, 51.0)), ("MSC-2", (40.0, 41.0, 42.0))):
        hands.pass_s(100)
        began = hands.at
        things.append(StartBatch(began, batch, "STM-L1", "MSC", "set-up", (ZONE,), "li"))
        samples += [collector.measure(one) for one in pressures]
        things.append(EndBatch(hands.at + timedelta(seconds=1), batch, "li"))
    hands.pass_s(1)
    await keeping.store(samples, kept(*things[:3]))
    asked: dict[str, Any] = {"channel": CHANNEL, "batch": ["MSC-2", "MSC-1"]}
    async with keeping.client(keeping.sign_in(Role.VIEWER)) as client:
        told = (await client.get(f"{API}/overlay", params=asked)).json()
        none = await client.get(f"{API}/overlay", params={**asked, "batch": ["MSC-2", "MSC-9"]})
        nothing = await client.get(f"{API}/overlay", params={**asked, "channel": "D/none"})
    assert (told["channel"], told["unit"]) == (CHANNEL, "Pa")
    second, first = told["batches"]
    assert [(one["batch"], one["product"]) for one in (second, first)] == [("MSC-2", "MSC"), ("MSC-1", "MSC")]
    assert (second["mean"], first["mean"]) == ([40.0, 41.0, 42.0], [50.0, 51.0])
    assert first["since_s"] == second["since_s"][:2] == [1.0, 2.0]
    assert (second["ended_at"], first["ended_at"] is None) == (None, False)
    assert first["stages"] == [{"stage": "set-up", "since_s": 0.0}]
    (action,) = [one for one in first["limits"] if one["limit"] == ALARM]
    assert (action["since_s"], action["until_s"]) == (0.0, 3.0)
    assert (none.status_code, nothing.status_code) == (404, 404)
