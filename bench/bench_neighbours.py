"""One bad device among many: how late the polls of all the others are, calm, with one cut off, with one slow.

    python -m bench.bench_neighbours [--seconds 15] [--plant DIR]

The full figures: --seconds 60. The plant is simulated by a process of its own; two of its devices stand behind a
proxy. The cut one gets no answer at all; the slow one answers each question after 900 ms. Lateness is by how much a
poll began after its time. Every poll of the phase counts, up to the last 60 of each device.
"""

import argparse
import asyncio
import logging
import sqlite3
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import replace
from itertools import repeat
from pathlib import Path
from typing import Any

import structlog

from bench.ports import free_port
from bench.running import DEMO, percentile, plant_on_free_ports, say, simulating
from config.load import load
from config.model import Protocol, Quality
from config.plant import Plant
from monitor.clock import SystemClock
from monitor.collector.collect import JOURNAL, Collector, CollectSettings
from tests.proxy import MBAP, Fault, Proxy

SLOW_S = 0.9
LIVE_WITHIN_S = 60.0


def behind(plant: Plant, proxies: dict[str, Proxy]) -> Plant:
    """The plant with these devices at their proxies' addresses."""
    moved = {
        name: replace(plant.devices[name], address=f"127.0.0.1:{proxy.port}")
        for name, proxy in proxies.items()
    }
    return replace(plant, devices={**plant.devices, **moved})


def victims(plant: Plant) -> list[str]:
    """Two devices that speak Modbus TCP."""
    speaking = [one for one in plant.devices.values() if one.profile.protocol is not Protocol.OPCUA]
    return [one.id for one in speaking if not one.address.startswith("rtu")][:2]


@asynccontextmanager
async def collecting(plant: Plant, data: Path) -> AsyncIterator[Collector]:
    """Run a collector in this process, without a database, until all devices are live."""
    collector = Collector(CollectSettings(plant, data, ""), SystemClock())
    task = asyncio.create_task(collector.run())
    try:
        await _live(collector)
        yield collector
    finally:
        task.cancel()
        await asyncio.wait({task})


async def _live(collector: Collector) -> None:
    async with asyncio.timeout(LIVE_WITHIN_S):
        while (health := collector.health())["devices_live"] < health["devices"]:  # noqa: ASYNC110 - of others
            await asyncio.sleep(0.1)


async def phase(name: str, collector: Collector, data: Path, bad: set[str], seconds: float) -> None:
    """Let some time pass; tell of every device but the bad ones."""
    others = {device: poll for device, poll in collector.polls.items() if device not in bad}
    for poll in others.values():
        poll.lateness_s.clear()
    seq = _last_seq(data)
    await asyncio.sleep(seconds)
    late_ms = [1000 * s for poll in others.values() for s in poll.lateness_s]
    rows = [quality for series, quality in _rows_after(data, seq) if series in others]
    say(
        f"neighbours_{name}",
        others=len(others),
        polls=len(late_ms),
        p50_ms=round(percentile(late_ms, 0.5), 2),
        p99_ms=round(percentile(late_ms, 0.99), 2),
        max_ms=round(max(late_ms), 2),
        rows=len(rows),
        rows_skipped=sum(Quality.SKIPPED in row for row in rows),
        rows_unreachable=sum(set(row) == {Quality.UNREACHABLE} for row in rows),
    )


def _last_seq(data: Path) -> int:
    return int(_query(data, "SELECT max(seq) FROM entry")[0][0])


def _rows_after(data: Path, seq: int) -> list[tuple[str, bytes]]:
    rows = _query(data, f"SELECT series, quality FROM entry WHERE kind = 'sample' AND seq > {seq}")
    return [(series, quality or b"") for series, quality in rows]


def _query(data: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{data / JOURNAL}?mode=ro", uri=True)) as journal:
        return journal.execute(sql).fetchall()


async def run(plant: Plant, data: Path, seconds: float) -> None:
    names = victims(plant)
    async with AsyncExitStack() as stack:
        ports = [int(plant.devices[name].address.rpartition(":")[2]) for name in names]
        cut, slow = proxies = [Proxy(port, MBAP, delay_s=SLOW_S) for port in ports]
        for proxy in proxies:
            await stack.enter_async_context(proxy.listener)
        moved = behind(plant, dict(zip(names, proxies, strict=True)))
        collector = await stack.enter_async_context(collecting(moved, data))
        await phase("calm", collector, data, set(names), seconds)
        cut.hole = True
        await phase("one_cut", collector, data, set(names), seconds)
        cut.hole = False
        slow.faults = repeat(Fault.DELAY)
        await phase("one_slow", collector, data, set(names), seconds)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=15, help="of each phase")
    parser.add_argument("--plant", type=Path, default=DEMO)
    chosen = parser.parse_args()
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with tempfile.TemporaryDirectory(prefix="gw-") as folder:
        plant_dir = plant_on_free_ports(Path(folder) / "plant", chosen.plant)
        with simulating(plant_dir, f"127.0.0.1:{free_port()}"):
            asyncio.run(run(load(plant_dir), Path(folder) / "data", chosen.seconds))


if __name__ == "__main__":
    main()
