"""How many devices does one collector hold, and what does a poll cost, judged, journalled, stored and sealed?

    python -m bench.bench_scale [--devices 100 400 800] [--seconds 60]

Plain Modbus devices of 100 registers each (`bench.scaled`), all changing every second, ten limits each; one process
serves them, one collects, and an embedded PostgreSQL stores. Both share the machine's cores with what serves, so the
figures are CPU seconds of each process; a core that is short shows as lost cycles and as lateness. How old a row is
when it can be read is the database's own time of its commit less the time that the device gave it.
"""

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg

from bench.running import ROOT, cpu_s, database, memory_mb, peak_mb, process, say, server_cpu_s, until
from bench.scaled import write_plant
from monitor.store import embedded

STARTED_WITHIN_S = 600.0
SETTLE_S = 20.0
STORED_WITHIN_S = 60.0

CYCLES = """
SELECT count(*), count(*) FILTER (WHERE quality IS NULL), count(DISTINCT series_id),
       count(*) FILTER (WHERE quality[1] = 8)
FROM sample WHERE at >= $1 AND at < $2"""
AGE = """
SELECT percentile_cont(ARRAY[0.5, 0.99, 1]) WITHIN GROUP (ORDER BY age) FROM (
    SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin) - date_trunc('day', at, 'UTC')) - values[1] / 1000 AS age
    FROM sample WHERE at >= $1 AND at < $2 AND quality IS NULL) AS rows"""


@dataclass
class Used:
    """What had been used of the CPU at a moment, in seconds."""

    collector_s: float
    database_s: float
    simulator_s: float


@dataclass
class Scaled:
    """What runs."""

    folder: Path
    url: str
    collector: "subprocess.Popen[bytes]"
    simulator: "subprocess.Popen[bytes]"

    def used(self) -> Used:
        return Used(cpu_s(self.collector.pid), database_cpu_s(self.folder), cpu_s(self.simulator.pid))

    def ask(self, sql: str, *arguments: object) -> Any:  # noqa: ANN401 - a row
        """Ask the database for one row."""
        return asyncio.run(_ask(self.url, sql, arguments))


async def _ask(url: str, sql: str, arguments: tuple[object, ...]) -> Any:  # noqa: ANN401 - a row
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchrow(sql, *arguments)
    finally:
        await connection.close()


def database_cpu_s(folder: Path) -> float:
    """CPU seconds of all processes of an embedded PostgreSQL, those that have ended included."""
    postmaster = int((folder / "postgres" / "cluster" / "postmaster.pid").read_text().split()[0])
    return server_cpu_s(postmaster)


@contextmanager
def scaled(devices: int) -> Iterator[Scaled]:
    """Run a plant of so many devices and everything that stores it."""
    folder = Path(tempfile.mkdtemp(prefix="gw-"))
    write_plant(folder, devices)
    url = asyncio.run(_database_with_commit_times(folder))
    words = [sys.executable, "-m", "bench.scaled"]
    here = {"PYTHONPATH": str(ROOT)}
    try:
        with process([*words, "serve", str(folder)], here, stdout=subprocess.PIPE) as simulator:
            assert simulator.stdout is not None
            simulator.stdout.readline()
            collect = [*words, "collect", str(folder), "--database", url]
            with process(collect, here) as collector:
                one = Scaled(folder, url, collector, simulator)
                until(lambda: _all_stored(one, devices), STARTED_WITHIN_S)
                yield one
    finally:
        asyncio.run(embedded.stop(folder))
        shutil.rmtree(folder)


async def _database_with_commit_times(folder: Path) -> str:
    url = await database(folder)
    await _ask(url, "ALTER SYSTEM SET track_commit_timestamp = on", ())
    await embedded.stop(folder)
    return await embedded.start(folder)


def _all_stored(one: Scaled, devices: int) -> bool:
    time.sleep(1.0)
    since = datetime.fromtimestamp(time.time() - 10, UTC)
    return bool(one.ask(CYCLES, since, datetime.now(UTC))[2] == devices)


def measure(one: Scaled, devices: int, seconds: int) -> None:
    """Let it settle, measure so many seconds, and look at what came into the database of them."""
    time.sleep(SETTLE_S)
    start_s = int(time.time()) + 1
    time.sleep(start_s - time.time())
    before = one.used()
    time.sleep(seconds)
    after = one.used()
    start, end = (datetime.fromtimestamp(at, UTC) for at in (start_s, start_s + seconds))
    memory, peak = memory_mb(one.collector.pid), peak_mb(one.collector.pid)
    later = datetime.fromtimestamp(start_s + seconds + 5, UTC)
    until(lambda: one.ask(CYCLES, end, later)[2] == devices, STORED_WITHIN_S)
    rows, good, _, skipped = one.ask(CYCLES, start, end)
    p50, p99, worst = one.ask(AGE, start, end)[0]
    polls = devices * seconds
    say(
        "scale",
        devices=devices,
        seconds=seconds,
        expected=polls,
        rows=rows,
        good=good,
        skipped=skipped,
        kept=round(good / polls, 5),
        cpu_s_per_1000_polls=_per_1000(before, after, polls),
        stored_minus_device_s={"p50": round(p50, 3), "p99": round(p99, 3), "max": round(worst, 3)},
        collector_memory_mb={"now": round(memory, 1), "peak": round(peak, 1)},
        load_average=[round(load, 2) for load in os.getloadavg()],
    )


def _per_1000(before: Used, after: Used, polls: int) -> dict[str, float]:
    return {
        "collector": round(1000 * (after.collector_s - before.collector_s) / polls, 3),
        "database": round(1000 * (after.database_s - before.database_s) / polls, 3),
        "simulator": round(1000 * (after.simulator_s - before.simulator_s) / polls, 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--devices", type=int, nargs="+", default=[100, 400, 800])
    parser.add_argument("--seconds", type=int, default=60)
    chosen = parser.parse_args()
    for devices in chosen.devices:
        with scaled(devices) as one:
            measure(one, devices, chosen.seconds)


if __name__ == "__main__":
    main()
