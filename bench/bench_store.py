"""The store alone: how fast rows come in, what they take on the disk, and how fast they come out again.

    python -m bench.bench_store [--minutes 10] [--hours 24] [--timescale]

One writer stores a day of ten devices of the demo plant, and then some minutes of the whole plant, in batches as the
forwarder makes them: idempotent, rolled up and sealed in the same transaction. Then the same rows come again under
another name, as after a lost journal. Everything is synced to the disk as in a plant.
With --timescale the same in TimescaleDB instead of the embedded PostgreSQL.
"""

import argparse
import asyncio
import os
import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import asyncpg

from bench.running import BIN, DEMO, database, percentile, say
from config.load import load
from config.model import Channel, Kind, Sample, Series
from config.plant import Plant
from monitor.run import DATABASE_VARIABLE
from monitor.store import embedded
from monitor.store.database import open_pool
from monitor.store.migrate import migrate
from monitor.store.readings import readings
from monitor.store.write import Writer
from tests.database import Server, timescale_server

BATCH = 10_000
EXPORTED = 40
OF_EACH = 4
POINTS = 1_000
VARIANTS = 499
"""Rows that a series goes through, each channel by small steps; a prime, so that no minute is like another."""
TIMES = 20
END = datetime(2026, 11, 21, tzinfo=UTC)
SAFE = ("fsync=on", "full_page_writes=on", "shared_buffers=128MB")
"""What a test server leaves off."""
LATEST = """
SELECT series.id, last.at, last.values, last.quality
FROM series CROSS JOIN LATERAL (SELECT * FROM sample WHERE series_id = series.id ORDER BY at DESC LIMIT 1) AS last"""


class Made:
    """Samples that look like a plant's, made quickly."""

    def __init__(self, plant: Plant) -> None:
        self._rng = random.Random(1)
        self._rows = {series.id: self._variants(series) for series in plant.series.values()}

    def _variants(self, series: Series) -> list[tuple[float, ...]]:
        row = [round(self._rng.uniform(15, 60), 2) for _ in series.channels]
        rows = []
        for _ in range(VARIANTS):
            row = [round(value + self._rng.choice((-0.01, 0, 0, 0.01)), 2) for value in row]
            rows.append(tuple(row))
        return rows

    def samples(self, series: Iterable[str], start: datetime, seconds: int) -> Iterator[Sample]:
        """Yield a Sample of each series for each second, in order of time."""
        names = list(series)
        for second in range(seconds):
            at = start + timedelta(seconds=second)
            received_at = at + timedelta(milliseconds=40)
            for name in names:
                yield Sample(name, at, self._rows[name][second % VARIANTS], None, received_at)


@asynccontextmanager
async def stored_in(*, timescale: bool) -> AsyncIterator[str]:
    """Give the URL of a migrated database that syncs what it commits."""
    if timescale:
        server = Server(timescale_server().programs, (*timescale_settings(), *SAFE))
        server.start()
        try:
            url = await server.empty()
            await migrate(url)
            yield url
        finally:
            server.remove()
        return
    folder = Path(tempfile.mkdtemp(prefix="gw-"))
    try:
        yield await database(folder)
    finally:
        await embedded.stop(folder)
        shutil.rmtree(folder)


def timescale_settings() -> tuple[str, ...]:
    return ("shared_preload_libraries=timescaledb", "timescaledb.telemetry_level=off")


async def write(what: str, writer: Writer, samples: Iterator[Sample], seconds: int) -> None:
    """Store samples, and say how fast that went; making them does not count."""
    rows = values = seq = 0
    took_s, slowest_s = 0.0, 0.0
    seq = await writer.position()
    while batch := list(islice(samples, BATCH)):
        seq += len(batch)
        began_s = time.perf_counter()
        await writer.write(seq, batch, [], [], batch[-1].received_at)
        one_s = time.perf_counter() - began_s
        took_s, slowest_s = took_s + one_s, max(slowest_s, one_s)
        rows += len(batch)
        values += sum(len(sample.values) for sample in batch)
    say(
        f"store_{what}",
        rows=rows,
        readings=values,
        took_s=round(took_s, 1),
        readings_per_s=round(values / took_s),
        rows_per_s=round(rows / took_s),
        times_life=round(seconds / took_s, 1),
        slowest_batch_s=round(slowest_s, 2),
    )


async def tell_size(url: str, readings_stored: int) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("CHECKPOINT")
        extended = await connection.fetchval(
            "SELECT count(*) FROM pg_extension WHERE extname = 'timescaledb'"
        )
        # What stands in chunks has nothing in the table itself.
        size = (
            "coalesce(hypertable_size($1::text::regclass), 0)"
            if extended
            else "pg_total_relation_size($1::text)"
        )
        sample, minutes, hours = [
            await connection.fetchval(f"SELECT {size}", table)
            for table in ("sample", "rollup_1m", "rollup_1h")
        ]
    finally:
        await connection.close()
    say(
        "store_size",
        readings=readings_stored,
        sample_mb=round(sample / 1e6, 1),
        rollups_mb=round((minutes + hours) / 1e6, 1),
        bytes_per_reading=round(sample / readings_stored, 2),
        with_rollups=round((sample + minutes + hours) / readings_stored, 2),
    )


async def read(url: str, channels: list[str], hours: int) -> None:
    """Time what a screen asks: a day of one channel, and the latest of all."""
    pool = await open_pool(url)
    try:
        start = END - timedelta(hours=hours)
        asked = [(one,) for one in channels[:TIMES]] + [tuple(channels)]
        for ids in asked:
            began_s = time.perf_counter()
            found = await readings(pool, ids, start, END, POINTS)
            took_ms = 1000 * (time.perf_counter() - began_s)
            if len(ids) > 1:
                points = sum(len(one.at) for one in found)
                say("store_trends", channels=len(ids), hours=hours, points=points, ms=round(took_ms, 1))
        await _time(
            "store_trend",
            [lambda one=one: readings(pool, [one], start, END, POINTS) for one in channels[:TIMES]],
        )
        await _time("store_latest", [lambda: pool.fetch(LATEST)] * TIMES)
    finally:
        await pool.close()


async def _time(what: str, asks: list) -> None:  # type: ignore[type-arg]  # of whatever is awaited
    took_ms = []
    for ask in asks:
        began_s = time.perf_counter()
        await ask()
        took_ms.append(1000 * (time.perf_counter() - began_s))
    say(what, n=len(asks), p50_ms=round(percentile(took_ms, 0.5), 1), max_ms=round(max(took_ms), 1))


def export(url: str, channels: list[str], hours: int, suffix: str) -> None:
    """Export as a person does, by the command; the process says how much memory it needed."""
    start = END - timedelta(hours=hours)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"readings.{suffix}"
        chosen = [word for one in channels for word in ("--channel", one)]
        span = ["--from", start.isoformat(), "--to", END.isoformat()]
        command = [str(BIN / "gradewatch"), "readings", str(DEMO), str(file), *chosen, *span]
        began_s = time.perf_counter()
        with subprocess.Popen(
            command, env={**os.environ, DATABASE_VARIABLE: url}, stdout=subprocess.DEVNULL
        ) as exporting:
            _, status, used = os.wait4(exporting.pid, 0)
            exporting.returncode = os.waitstatus_to_exitcode(status)
        if exporting.returncode:
            raise SystemExit(f"gradewatch readings ended with {exporting.returncode}")
        say(
            f"store_export_{suffix}",
            channels=len(channels),
            hours=hours,
            took_s=round(time.perf_counter() - began_s, 1),
            file_mb=round(file.stat().st_size / 1e6, 1),
            peak_memory_mb=round(used.ru_maxrss / 1000, 1),
        )


def exported(plant: Plant) -> list[Channel]:
    """Return EXPORTED channels of a plant, as many of each device."""
    rows = [
        [channel for channel in one.channels if channel.model.kind is Kind.ANALOG][:OF_EACH]
        for one in plant.series.values()
        if not one.records
    ]
    return [channel for row in rows if len(row) == OF_EACH for channel in row][:EXPORTED]


async def run(minutes: int, hours: int, *, timescale: bool) -> None:
    plant = load(DEMO)
    made = Made(plant)
    own = exported(plant)
    few, names = list(dict.fromkeys(one.series for one in own)), [one.id for one in own]
    everything = [one.id for one in plant.series.values()]
    start, seconds = END - timedelta(minutes=minutes), 60 * minutes
    before_s = 3600 * hours - seconds

    def day() -> Iterator[Sample]:
        return made.samples(few, END - timedelta(hours=hours), before_s)

    def last() -> Iterator[Sample]:
        return made.samples(everything, start, seconds)

    async with stored_in(timescale=timescale) as url:
        writer = await Writer.open(url, plant, "bench", END)
        await write("day_of_few", writer, day(), before_s)
        await write("whole_plant", writer, last(), seconds)
        await writer.close()
        per_row = {one.id: len(one.channels) for one in plant.series.values()}
        stored = sum(per_row[one] for one in few) * before_s + sum(per_row.values()) * seconds
        await tell_size(url, stored)
        await read(url, names, hours)
        again = await Writer.open(url, plant, "again", END)
        await write("again", again, last(), seconds)
        await again.close()
        for suffix in ("csv", "parquet"):
            await asyncio.to_thread(export, url, names, hours, suffix)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=int, default=10, help="of the whole plant")
    parser.add_argument("--hours", type=int, default=24, help="of the exported channels' devices")
    parser.add_argument("--timescale", action="store_true")
    chosen = parser.parse_args()
    asyncio.run(run(chosen.minutes, chosen.hours, timescale=chosen.timescale))


if __name__ == "__main__":
    main()
