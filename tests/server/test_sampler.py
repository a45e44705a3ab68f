"""A plate takes time and volume from the run of the air sampler that it lay under; no other plate takes that one."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from config.model import Sample
from config.plant import Plant
from monitor.server.settings import Settings
from monitor.store.database import Pool
from monitor.store.write import Writer
from tests.config.test_demo import DEMO
from tests.loaded import loaded
from tests.sampling import AIR, sampled
from tests.server.bench import Bench
from tests.server.conftest import Running
from tests.server.hands import Hands

SAMPLER = "VAS-IMM-L3"
RUN_S = 60


def with_sampler(plant: Plant) -> Plant:
    """Give a plant the demo's air sampler, and let the daily position be sampled with it, two plates a day."""
    plant = sampled(plant)
    device = replace(loaded(Path(DEMO)).devices[SAMPLER], zone="STM-L1-CORE", line="STM-L1")
    (row,) = device.series
    row = replace(row, channels=tuple(replace(one, zone="STM-L1-CORE") for one in row.channels))
    return replace(
        plant,
        devices={**plant.devices, device.id: replace(device, series=(row,))},
        series={**plant.series, row.id: row},
        channels={**plant.channels, **{one.id: one for one in row.channels}},
        positions={**plant.positions, AIR: replace(plant.positions[AIR], places=2, device=SAMPLER)},
    )


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, plant=with_sampler(settings.plant))


def run(plant: Plant, began: datetime, status: int = 7) -> list[Sample]:
    """What the sampler says for a minute at 100 L/min, and in the second behind it."""
    (row,) = plant.devices[SAMPLER].series
    said = []
    for n in range(RUN_S + 1):
        values = {
            "state": float(n < RUN_S),
            "volume": n / 600,
            "elapsed": float(n),
            "packet_status": float(status),
        }
        at = began + timedelta(seconds=n)
        shown = tuple(values.get(one.model.key, 1.0) for one in row.channels)
        said.append(Sample(row.id, at, shown, None, at))
    return said


async def test_a_run_belongs_to_one_plate(keeping: Running, hands: Hands, database_url: str) -> None:
    async with keeping.client() as client:
        await one_run_one_plate(Bench(keeping, client, hands, database_url))


async def one_run_one_plate(bench: Bench) -> None:
    settings = bench.server.service.settings
    plant, now = settings.plant, bench.hands.at
    began, faulty = now - timedelta(minutes=10), now - timedelta(minutes=5)
    writer = await Writer.open(settings.database_url, plant, "test", now)
    await writer.write(1, [*run(plant, began), *run(plant, faulty, status=5)], [], ())
    await writer.close()
    codes = [one["code"] for one in (await bench.do("cao", "/plan", {"day": "2026-03-02"}))["plates"]]
    offered = (await bench.do("cao", f"/{codes[0]}/runs"))["runs"]
    assert [(datetime.fromisoformat(one["began"]), one["is_good"]) for one in offered] == [
        (faulty, False), (began, True),
    ]  # fmt: skip
    await bench.refused(409, "not well", "cao", f"/{codes[0]}/expose", {"run": faulty.isoformat()})
    laid = await bench.do("cao", f"/{codes[0]}/expose", {"run": began.isoformat(), "from": began.isoformat()})
    assert (datetime.fromisoformat(laid["exposed_until"]), laid["volume_l"]) == (
        began + timedelta(seconds=60),
        100,
    )
    closed = await bench.do("cao", f"/{codes[0]}/collect", {"run": began.isoformat()})
    assert closed["volume_l"] == 100, "it is no other plate's"
    body = {"run": began.isoformat(), "from": began.isoformat()}
    await bench.refused(409, f"Plate {codes[0]} lay under this run", "cao", f"/{codes[1]}/expose", body)
    answer = await bench.ask("cao", f"/{codes[1]}/expose", body, language="zh")
    assert f"已用于平皿 {codes[0]}" in json.dumps(answer.json(), ensure_ascii=False)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(bench.server.service.reads, "pool", partial(behind, bench.server))
        await bench.refused(409, f"Plate {codes[0]} lay under this run", "cao", f"/{codes[1]}/expose", body)


class Behind:
    """A pool of a replica that has not heard of any plate yet."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pool, name)

    async def fetchval(self, *_: object) -> None:
        """Find nothing."""


@asynccontextmanager
async def behind(server: Running) -> AsyncIterator[Behind]:
    async with server.service.database.pool() as pool:
        yield Behind(pool)
