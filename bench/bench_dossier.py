"""The dossier of a long batch: how long the first look takes, the next ones, and the first after a restart.

    python -m bench.bench_dossier [--days 2] [--channels 200] [--timescale]

The batch is stored as for `bench_package`. The first look counts every raw value; the next ones find what was counted.
The aim: fourteen days of 200 channels in less than five seconds, once they are counted.
"""

import argparse
import asyncio
import os
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from bench.bench_package import BATCH, BEGIN, postmaster_of, small, store
from bench.bench_store import stored_in
from bench.running import DEMO, peak_mb, say, server_cpu_s
from config.load import load
from config.plant import Plant
from monitor.records.dossier.remembered import Remembered
from monitor.records.dossier.whole import dossier
from monitor.store.database import Pool, open_pool

ASKED_AT = BEGIN + timedelta(days=40)


async def look(pool: Pool, plant: Plant, postmaster: int, known: Remembered, **facts: object) -> None:
    """Ask for the dossier once, and say what it took."""
    began_s, cpu_s, database_s = time.perf_counter(), time.process_time(), server_cpu_s(postmaster)
    told = await dossier(pool, plant, BATCH, ASKED_AT, known)
    say(
        "dossier",
        **facts,
        channels=len(told.channels),
        values=told.completeness.valid,
        took_s=round(time.perf_counter() - began_s, 1),
        cpu_s=round(time.process_time() - cpu_s, 1),
        database_cpu_s=round(server_cpu_s(postmaster) - database_s, 1),
        peak_memory_mb=round(peak_mb(os.getpid())),
    )


async def run(days: float, channels: int, *, timescale: bool) -> None:
    plant = load(DEMO)
    with tempfile.TemporaryDirectory() as folder:
        async with stored_in(timescale=timescale) as url:
            data = Path(folder)
            await store(url, data, plant, list(small(plant, channels)), BEGIN + timedelta(days=days))
            pool = await open_pool(url)
            async with postmaster_of(url) as postmaster:
                known = Remembered(data / "figures")
                for which in ("first", "second"):
                    await look(pool, plant, postmaster, known, look=which, days=days)
                again = Remembered(data / "figures")
                await look(pool, plant, postmaster, again, look="after a restart", days=days)
            await pool.close()
            kept = sum(one.stat().st_size for one in (data / "figures").iterdir())
            say("dossier_kept", days=days, mb=round(kept / 1e6, 1))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--days", type=float, default=2.0)
    parser.add_argument("--channels", type=int, default=200)
    parser.add_argument("--timescale", action="store_true")
    chosen = parser.parse_args()
    asyncio.run(run(chosen.days, chosen.channels, timescale=chosen.timescale))


if __name__ == "__main__":
    main()
