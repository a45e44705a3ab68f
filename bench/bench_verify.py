"""A thousand small lies in a database, one at a time: does `gradewatch verify` find each, and name its place?

    python -m bench.bench_verify [--mutations 1000] [--seed 5]

An hour of a small plant is written, sealed and signed on TimescaleDB and on plain PostgreSQL. Then a superuser, with
the triggers off, flips one bit in any column of a row of sample, book, alarm, quarantine, rollup_1m or rollup_1h, or
in what series and channel say of ids, names, places and units; deletes a row, exchanges two, or cuts the tail;
`verify` looks; the change is taken back. One that is not found, or is found at another place, is printed and ends it
with status 1.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import asyncpg

from bench.running import say
from monitor.store.database import Connection
from monitor.store.signature import Checkpoint
from monitor.store.signing import remembered
from monitor.store.verify import verify, verify_in
from tests.database import Server, plain_server, timescale_server
from tests.store.mutation import Liar
from tests.store.sealed import MINUTE, whole
from tests.store.small import NOON


async def lies(sql: Connection, kept: Sequence[Checkpoint], count: int, seed: int) -> tuple[int, int]:
    """Return how many were found, and how many of them at their place."""
    found = named = 0
    async with sql.transaction():
        liar = Liar(sql, random.Random(seed))
        await liar.begin(NOON + 60 * MINUTE)
        for _ in range(count):
            one = sql.transaction()
            await one.start()
            lie = await liar.lie()
            findings = (await verify_in(sql, kept, lambda *_: None)).findings
            is_named = bool(findings) and lie.is_named_by(findings[0].place)
            found, named = found + bool(findings), named + is_named
            if not is_named:
                say("verify", missed=lie.text, said=findings[0].text().en if findings else "")
            await one.rollback()
    return found, named


async def bench(server: Server, what: str, count: int, seed: int) -> bool:
    url = await server.fresh()
    sql = await asyncpg.connect(url)
    try:
        with tempfile.TemporaryDirectory() as data:
            await whole(url, sql, Path(data))
            begun = time.perf_counter()
            verified = await verify(url, Path(data), lambda *_: None)
            took_s = time.perf_counter() - begun
            found, named = await lies(sql, remembered(Path(data)), count, seed)
    finally:
        await sql.close()
    say(
        "verify",
        database=what,
        mutations=count,
        found=found,
        named=named,
        rows=verified.rows,
        rows_per_s=round(verified.rows / took_s),
        is_proved_untouched=not verified.findings,
    )
    return named == count and not verified.findings


async def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--mutations", type=int, default=1_000)
    arguments.add_argument("--seed", type=int, default=5)
    given = arguments.parse_args()
    complete = True
    for what, make in (("TimescaleDB", timescale_server), ("plain PostgreSQL", plain_server)):
        server = make()
        try:
            server.start()
            complete &= await bench(server, what, given.mutations, given.seed)
        finally:
            server.remove()
    sys.exit(not complete)


if __name__ == "__main__":
    asyncio.run(main())
