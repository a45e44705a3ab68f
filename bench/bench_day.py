"""The whole plant for a while: rows, gaps, repeats, counter records, lateness, CPU and memory.

    python -m bench.bench_day [--minutes 1] [--plant DIR]

The full figures: --minutes 20. Simulators, collector and an embedded PostgreSQL, each a process of its own.
"""

import argparse
import asyncio
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import asyncpg

from bench.running import DEMO, Running, cpu_s, memory_mb, percentile, running, say
from config.load import load
from config.model import USABLE
from config.plant import Plant

SETTLE_S = 10.0
LOOK_EVERY_S = 10.0
STORED_WITHIN_S = 60.0
SECOND_US = 1_000_000


@dataclass(frozen=True)
class Row:
    """One Sample as the journal has it."""

    series: str
    at_us: int
    usable: bool
    backfilled: bool


def rows_between(one: Running, start_us: int, end_us: int) -> list[Row]:
    sql = "SELECT series, at_us, quality, backfilled FROM entry WHERE kind = 'sample' AND at_us >= ? AND at_us < ?"
    return [
        Row(series, at_us, quality is None or not USABLE.isdisjoint(quality), bool(backfilled))
        for series, at_us, quality, backfilled in one.query(sql, start_us, end_us)
    ]


def live_for(one: Running, seconds: float) -> tuple[list[float], list[float]]:
    """Let it run; gives the 50th and 99th percentile of lateness (ms) as they stood every few seconds."""
    p50, p99 = [], []
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(left, LOOK_EVERY_S))
        lateness = one.health()["poll_lateness_ms"]
        p50.append(lateness["p50"])
        p99.append(lateness["p99"])
        print(f"{left / 60:.1f} min left, lateness {lateness}", file=sys.stderr, flush=True)
    return p50, p99


def tell_rows(plant: Plant, rows: Iterable[Row], start_us: int, end_us: int, seconds: float) -> None:
    """Hold the rows of every device against the ticks that it had."""
    seen = {device: Counter[int]() for device in plant.devices}
    all_bad = 0
    for row in rows:
        if row.series in seen:
            seen[row.series][row.at_us] += 1
            all_bad += not row.usable
    expected = {
        device.id: set(range(start_us, end_us, int(device.period_s * SECOND_US)))
        for device in plant.devices.values()
    }
    say(
        "day_rows",
        devices=len(plant.devices),
        channels=len(plant.channels),
        seconds=round(seconds, 1),
        rows=sum(times.total() for times in seen.values()),
        rows_per_second=round(sum(times.total() for times in seen.values()) / seconds, 2),
        gaps=sum(len(expected[device] - times.keys()) for device, times in seen.items()),
        repeats=sum(n - 1 for times in seen.values() for n in times.values()),
        all_bad=all_bad,
    )


def tell_records(plant: Plant, rows: Iterable[Row]) -> None:
    """Count the records of every counter: a hole is where the next one is later than one sample time."""
    times: dict[str, list[int]] = {one.id: [] for one in plant.series.values() if one.records}
    backfilled = 0
    for row in rows:
        if row.series in times:
            times[row.series].append(row.at_us)
            backfilled += row.backfilled
    holes = 0
    for series, at_us in times.items():
        sample_us = plant.devices[plant.series[series].device].settings["sample_time_s"] * SECOND_US
        holes += sum(after - before > sample_us for before, after in pairwise(sorted(set(at_us))))
    say(
        "day_records",
        counters=len(times),
        records=sum(len(one) for one in times.values()),
        repeats=sum(len(one) - len(set(one)) for one in times.values()),
        holes=holes,
        backfilled=backfilled,
        without_any=sorted(series for series, at_us in times.items() if not at_us),
    )


async def stored(url: str, start_us: int, end_us: int, wanted: int) -> int:
    """How many of these rows are in the database, once all are, or it has had time enough."""
    connection = await asyncpg.connect(url)
    try:
        between = [datetime.fromtimestamp(us / SECOND_US, UTC) for us in (start_us, end_us)]
        end = time.monotonic() + STORED_WITHIN_S
        while True:
            rows = await connection.fetchval(
                "SELECT count(*) FROM sample WHERE at >= $1 AND at < $2", *between
            )
            if rows >= wanted or time.monotonic() > end:
                return int(rows)
            await asyncio.sleep(1.0)
    finally:
        await connection.close()


def watch(one: Running, plant: Plant, minutes: float) -> None:
    time.sleep(SETTLE_S)
    pids = {"collector": one.collector.pid, "simulators": one.simulators.pid}
    cpu, memory = ({name: of(pid) for name, pid in pids.items()} for of in (cpu_s, memory_mb))
    began, start_us = time.monotonic(), (time.time_ns() // 10**9 + 1) * SECOND_US
    p50, p99 = live_for(one, 60 * minutes)
    took, end_us = time.monotonic() - began, time.time_ns() // 10**9 * SECOND_US
    for name, pid in pids.items():
        share = (cpu_s(pid) - cpu[name]) / took
        now_mb = memory_mb(pid)
        grown = round(now_mb - memory[name], 1)
        say(f"day_{name}", cpu_share=round(share, 4), memory_mb=round(now_mb, 1), memory_mb_grown=grown)
    say("day_lateness", p50_ms=percentile(p50, 0.5), p99_ms=percentile(p99, 0.5), p99_ms_worst=max(p99))
    time.sleep(2)  # for the last second's rows
    rows = rows_between(one, start_us, end_us)
    tell_rows(plant, rows, start_us, end_us, (end_us - start_us) / SECOND_US)
    tell_records(plant, rows)
    in_database = asyncio.run(stored(one.database_url, start_us, end_us, len(rows)))
    say("day_stored", in_journal=len(rows), in_database=in_database)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--plant", type=Path, default=DEMO)
    chosen = parser.parse_args()
    with running(chosen.plant) as one:
        watch(one, load(chosen.plant), chosen.minutes)


if __name__ == "__main__":
    main()
