"""The package of a long batch: how long it takes to make and to prove, and in how much memory, on a real database.

    python -m bench.bench_package [--days 14] [--channels 200] [--timescale] [--keep FOLDER]

Devices of one line of the demo plant are stored, every channel once a second, sealed and signed by the collector's own
writer, with a batch from end to end. Then `gradewatch export` makes its package and `gradewatch verify` proves it, each
a process of its own; the package is made once more after one was killed half-way. Each says how long it took, what it
and the database used of the processors, and its peak memory.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import asyncpg

from alarms.events import EndBatch, StartBatch
from bench.bench_store import VARIANTS, Made, stored_in
from bench.running import BIN, DEMO, peak_mb, say, server_cpu_s
from config.load import load
from config.plant import Plant
from monitor.collector.codec import Start, entry_of
from monitor.collector.portion import portion_of
from monitor.packing import work_folder
from monitor.run import DATABASE_VARIABLE
from monitor.store.signing import keys_of, signer_in
from monitor.store.write import Writer
from monitor.versions import Versions

BATCH, LINE = "BENCH-1", "STM-L1"
BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
LOOK_S = 0.05
CUT_AT = 0.4
"""The share of its work after which one is killed: still copying."""

_MADE = "CREATE TABLE made (series_id int, step int, values float8[], PRIMARY KEY (series_id, step))"
_FILL = f"""
INSERT INTO sample
SELECT series_id, at, NULL, at + INTERVAL '40 ms', values, NULL, 0, NULL
FROM generate_series($1::timestamptz, $2::timestamptz - INTERVAL '1 s', INTERVAL '1 s') AS at
JOIN made ON step = extract(epoch FROM at)::bigint % {VARIANTS} ORDER BY at, series_id"""


def small(plant: Plant, channels: int) -> dict[str, int]:
    """Choose series of the line, the widest first, until they have so many channels."""
    chosen: dict[str, int] = {}
    rows = [
        one for one in plant.series.values() if not one.records and plant.devices[one.device].line == LINE
    ]
    for one in sorted(rows, key=lambda row: -len(row.channels)):
        if sum(chosen.values()) < channels:
            chosen[one.id] = len(one.channels)
    return chosen


class Stored:
    """A database as a collector leaves it; what only takes time on the way, the rows themselves, it makes inside."""

    def __init__(self, writer: Writer, sql: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._writer, self._sql = writer, sql
        self._seq = count(1)
        self.fill_s = self.seal_s = 0.0

    async def prepare(self, made: Made, series: Sequence[str]) -> None:
        """Give the database what its rows are made of."""
        ids = {row["name"]: row["id"] for row in await self._sql.fetch("SELECT id, name FROM series")}
        await self._sql.execute(_MADE)
        # Second after second, so that the one is the other's successor.
        rows = [
            (ids[one.series], int(one.at.timestamp()) % VARIANTS, list(one.values))
            for one in made.samples(series, BEGIN, VARIANTS)
        ]
        await self._sql.copy_records_to_table("made", records=rows)

    async def begin(self, made: Made, series: Sequence[str], *events: Start | StartBatch | EndBatch) -> None:
        """Write the first second, and what happened then."""
        book = [entry_of(one, one.at) for one in events]
        said = portion_of([replace(one, seq=next(self._seq)) for one in book]).book
        first = list(made.samples(series, BEGIN, 1))
        await self._writer.write(next(self._seq), first, said, [], first[-1].received_at)

    async def fill(self, start: datetime, end: datetime) -> None:
        """Write rows of every second."""
        began_s = time.perf_counter()
        await self._sql.execute(_FILL, start, end)
        self.fill_s += time.perf_counter() - began_s

    async def pass_to(self, at: datetime, *events: Start | StartBatch | EndBatch) -> None:
        """Let time pass: minutes that are over are closed and sealed, and hours signed."""
        began_s = time.perf_counter()
        seq = next(self._seq)
        book = portion_of([replace(entry_of(one, one.at), seq=seq) for one in events]).book if events else []
        await self._writer.write(seq, [], book, [], at)
        self.seal_s += time.perf_counter() - began_s


def hours(end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Cut the time of the batch into hours; its first second is written by itself."""
    start = BEGIN + timedelta(seconds=1)
    while start < end:
        until = min(start.replace(minute=0, second=0) + HOUR, end)
        yield start, until
        start = until


async def store(url: str, data: Path, plant: Plant, series: list[str], end: datetime) -> None:
    """Store what a collector would have stored, with a batch in it."""
    Versions(data).begin(plant, DEMO, BEGIN)
    product = next(one for one in plant.products.values() if LINE in one.lines)
    zones = tuple(dict.fromkeys(plant.devices[plant.series[one].device].zone for one in series))
    begun = StartBatch(BEGIN, BATCH, LINE, product.id, product.stages[0].id, zones, "zhang")
    made = Made(plant)
    writer = await Writer.open(url, plant, "bench", BEGIN, signer_in(data, {}))
    sql = await asyncpg.connect(url, command_timeout=None)
    stored, began_s = Stored(writer, sql), time.perf_counter()
    await stored.prepare(made, series)
    await stored.begin(made, series, Start(BEGIN, plant.sha256), begun)
    passed = BEGIN + timedelta(seconds=1)
    for start, until in hours(end):
        # One hour is filled while the one before is sealed.
        await asyncio.gather(stored.fill(start, until), stored.pass_to(passed))
        passed = until
    await stored.pass_to(end + timedelta(minutes=2), EndBatch(end, BATCH, "zhang", "done"))
    await writer.close()
    await sql.execute("DROP TABLE made")
    await sql.execute("VACUUM ANALYZE")
    rows = await sql.fetchval("SELECT count(*) FROM sample")
    await sql.close()
    took_s = round(time.perf_counter() - began_s, 1)
    say(
        "package_stored",
        rows=rows,
        took_s=took_s,
        fill_s=round(stored.fill_s, 1),
        seal_s=round(stored.seal_s, 1),
    )


class Peak(threading.Thread):
    """Watches the most memory that a process takes: what the system says behind it counts whoever started it too."""

    def __init__(self, pid: int) -> None:
        super().__init__()
        self._pid, self.over, self.mb = pid, threading.Event(), 0.0
        self.start()

    def run(self) -> None:
        while not self.over.wait(LOOK_S):
            # It may be over already.
            with suppress(OSError, ValueError):
                self.mb = peak_mb(self._pid)


class Measure:
    """Runs commands, and says what each took."""

    def __init__(self, url: str, postmaster: int, facts: dict[str, float]) -> None:
        self._url, self._postmaster, self._facts = url, postmaster, facts

    def run(
        self, what: str, command: list[str], *, asked: str = "", until_share: float = 1.0, **more: object
    ) -> None:
        """Run a command to its end and say what it took; or kill it after a share of its work."""
        began_s, database_s = time.perf_counter(), server_cpu_s(self._postmaster)
        environment = {**os.environ, DATABASE_VARIABLE: self._url}
        with subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as running:
            assert running.stdin is not None
            assert running.stdout is not None
            running.stdin.write(asked)
            running.stdin.close()
            peak = Peak(running.pid)
            for line in running.stdout:
                if until_share < 1 and json.loads(line).get("done", 0) >= until_share:
                    running.kill()
            peak.over.set()
            _, status, used = os.wait4(running.pid, 0)
            running.returncode = os.waitstatus_to_exitcode(status)
        if running.returncode and until_share >= 1:
            raise SystemExit(f"{command} ended with {running.returncode}")
        cpu_s, took_s = used.ru_utime + used.ru_stime, time.perf_counter() - began_s
        database_s = server_cpu_s(self._postmaster) - database_s
        rows = self._facts["rows"]
        say(
            what,
            **self._facts,
            **more,
            took_s=round(took_s, 1),
            rows_per_s=round(rows / took_s),
            cpu_s=round(cpu_s, 1),
            database_cpu_s=round(database_s, 1),
            cpu_s_per_million_rows=round((cpu_s + database_s) / rows * 1e6, 1),
            peak_memory_mb=round(peak.mb, 1),
        )


@asynccontextmanager
async def postmaster_of(url: str) -> AsyncIterator[int]:
    """Give the process of the server, while it is asked."""
    sql = await asyncpg.connect(url)
    backend = await sql.fetchval("SELECT pg_backend_pid()")
    try:
        yield int(Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()[1])
    finally:
        await sql.close()


async def run(days: float, channels: int, *, timescale: bool, keep: Path | None) -> None:
    plant = load(DEMO)
    chosen = small(plant, channels)
    seconds = int(days * 86400)
    end = BEGIN + timedelta(seconds=seconds)
    with tempfile.TemporaryDirectory() as folder:
        async with stored_in(timescale=timescale) as url:
            await store(url, Path(folder), plant, list(chosen), end)
            facts = {"days": days, "channels": sum(chosen.values()), "rows": len(chosen) * seconds}
            async with postmaster_of(url) as postmaster:
                await asyncio.to_thread(
                    _export, url, Path(folder), end, Measure(url, postmaster, facts), keep
                )


def _export(url: str, data: Path, end: datetime, measure: Measure, keep: Path | None) -> None:
    file = data / "package.zip"
    asked = {"database_url": url, "data": str(data), "batch": BATCH, "file": str(file), "who": "bench"}
    # Right after the batch: what was begun a week before is not gone on with.
    asked |= {"at": (end + HOUR).isoformat()}
    words = json.dumps(asked) + "\n"
    packing = [sys.executable, "-m", "monitor.packing"]
    measure.run("package_made", packing, asked=words)
    measure.run("package_killed", packing, asked=words, until_share=CUT_AT)
    pieces = len(list(work_folder(data, BATCH).glob("*.csv")))
    measure.run("package_resumed", packing, asked=words, pieces_kept=pieces)
    key = keys_of(data)[0].fingerprint
    mb = round(file.stat().st_size / 1e6, 1)
    measure.run("package_proved", [str(BIN / "gradewatch"), "verify", str(file), "--key", key], file_mb=mb)
    if keep is not None:
        file.rename(keep / f"{BATCH}.zip")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--days", type=float, default=14.0)
    parser.add_argument("--channels", type=int, default=200)
    parser.add_argument("--timescale", action="store_true")
    parser.add_argument("--keep", type=Path, help="folder for the package")
    chosen = parser.parse_args()
    asyncio.run(run(chosen.days, chosen.channels, timescale=chosen.timescale, keep=chosen.keep))


if __name__ == "__main__":
    main()
