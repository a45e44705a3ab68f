"""Exports over HTTP: streamed, refused in words before they begin, cut when they fail, ended when nobody listens."""

import asyncio
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pyarrow.parquet
import pytest

from config.model import Sample
from monitor.server.gate import API
from monitor.server.settings import Settings
from tests.patience import PATIENCE_S
from tests.server.collector import PRESSURE, Collector, isolator_sample
from tests.server.conftest import Running
from tests.server.hands import Hands

HOUR = {"start": "2026-03-02T08:00:00Z", "end": "2026-03-02T09:00:00Z"}
ASKED: dict[str, Any] = {"channel": PRESSURE, **HOUR}


async def kept(
    keeping: Running, settings: Settings, hands: Hands, samples: list[Sample] | None = None
) -> None:
    """Keep two seconds of the isolator from 08:15:01 on, or what is given."""
    if samples is None:
        collector = Collector(settings.plant, settings.data, hands)
        samples = [collector.measure(value) for value in (50.0, 52.5)]
    await keeping.store(samples)


async def ask(server: Running, kind: str, accept: str = "en", **question: Any) -> httpx.Response:
    async with server.client(server.sign_in(), **{"Accept-Language": accept}) as client:
        return await client.get(f"{API}/exports/readings.{kind}", params={**ASKED, **question})


async def test_a_csv_file_is_sent_in_the_plants_time(
    keeping: Running, settings: Settings, hands: Hands
) -> None:
    await kept(keeping, settings, hands)
    answer = await ask(keeping, "csv")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    name = "readings_20260302T080000Z_20260302T090000Z.csv"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert "content-length" not in answer.headers
    assert answer.text.splitlines() == [
        "time,time_utc,channel,value,unit,quality,instrument",
        f"2026-03-02T16:15:01.000000+08:00,2026-03-02T08:15:01.000000Z,{PRESSURE},50,Pa,good,unknown",
        f"2026-03-02T16:15:02.000000+08:00,2026-03-02T08:15:02.000000Z,{PRESSURE},52.5,Pa,good,unknown",
    ]
    assert (await ask(keeping, "csv", language="zh")).text.startswith("\ufeff时间,")


async def test_a_parquet_file_is_sent_whole(keeping: Running, settings: Settings, hands: Hands) -> None:
    await kept(keeping, settings, hands)
    answer = await ask(keeping, "parquet", channel=[PRESSURE, "ISO-STM-L1/temp"])
    assert answer.headers["content-type"] == "application/vnd.apache.parquet"
    table = pyarrow.parquet.read_table(io.BytesIO(answer.content))
    assert table["channel"].to_pylist() == [PRESSURE] * 2 + ["ISO-STM-L1/temp"] * 2
    assert table["value"].to_pylist()[:2] == [50.0, 52.5]


async def test_a_refusal_before_it_begins_is_an_ordinary_answer(keeping: Running) -> None:
    for kind in ("csv", "parquet"):
        answer = await ask(keeping, kind, channel="NO/such")
        assert (answer.status_code, answer.json()["detail"]) == (404, "Nothing is kept of a channel NO/such.")
    assert (await ask(keeping, "xlsx")).status_code == 422
    assert (await ask(keeping, "csv", start=HOUR["end"], end=HOUR["start"])).status_code == 422
    async with keeping.client() as client:
        assert (await client.get(f"{API}/exports/readings.csv", params=ASKED)).status_code == 401


async def test_without_a_database_it_says_so(server: Running) -> None:
    answer = await ask(server, "csv", "zh")
    assert (answer.status_code, answer.json()["detail"][:6]) == (503, "数据库无响应")


async def test_no_more_than_two_are_written_at_once(
    keeping: Running, settings: Settings, hands: Hands
) -> None:
    await kept(keeping, settings, hands)
    exports = keeping.service.exports
    async with exports, exports:
        answer = await ask(keeping, "csv", "zh")
        assert (answer.status_code, answer.json()["detail"]) == (503, "正在导出其他数据，请几分钟后重试。")
        assert answer.headers["retry-after"] == "60"
    assert (await ask(keeping, "csv")).status_code == 200


@pytest.fixture
async def long(keeping: Running, settings: Settings, hands: Hands) -> AsyncIterator[httpx.Response]:
    """The beginning of an export that is longer than any buffer between server and reader."""
    second = isolator_sample(settings.plant, hands.now(), 50.0)
    await kept(
        keeping, settings, hands, [replace(second, at=second.at + timedelta(seconds=n)) for n in range(2400)]
    )
    asked = {**ASKED, "channel": [PRESSURE] * 40}
    async with (
        keeping.client(keeping.sign_in()) as client,
        client.stream("GET", f"{API}/exports/readings.csv", params=asked) as answer,
    ):
        assert answer.status_code == 200
        assert keeping.service.exports._value == 1, "it is on its way"
        yield answer


async def test_whoever_leaves_frees_the_place(keeping: Running, long: httpx.Response) -> None:
    await long.aclose()
    exports = keeping.service.exports
    async with exports, exports:
        pass


async def test_what_fails_on_its_way_is_cut_so_that_nobody_takes_it_for_the_whole(
    keeping: Running, long: httpx.Response
) -> None:
    connection = await asyncpg.connect(keeping.service.settings.database_url)
    cut = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE query LIKE 'COPY%' AND pid <> pg_backend_pid()"
    )
    async with asyncio.timeout(PATIENCE_S):
        while not await connection.fetchval(cut):  # noqa: ASYNC110 - the answer begins before its first rows are asked for
            await asyncio.sleep(0.01)
    await connection.close()
    with pytest.raises(httpx.RemoteProtocolError):
        await long.aread()
