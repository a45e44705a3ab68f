"""A day of eight channels on the trends page: from the click until they are drawn, in a real Chromium.

    python -m bench.bench_trends [--times 20]

A TimescaleDB holds a day of four devices of the small plant, a reading a second; a real server reads it. Each time the
page is come to anew. The aim: under a second.
"""

import argparse
import asyncio
import os
import tempfile
from datetime import timedelta
from pathlib import Path
from statistics import median

from playwright.async_api import Page

import monitor.asgi
from bench.bench_store import BATCH, Made, stored_in
from bench.browser import looking_at
from bench.running import LINE, percentile, say
from config.load import load
from config.plant import Plant
from monitor.server.access import PASSWORD_VARIABLE
from monitor.server.settings import Settings
from monitor.store.write import Writer
from tests.browser.calm import DASHBOARD, Calm
from tests.server.conftest import PASSWORD, running
from tests.server.hands import Hands

DAY_S = 86_400
DEVICES, OF_EACH = 4, 2
DRAWN = """async (hash) => {
    location.hash = "#/";
    const drawn = () => document.querySelector("[data-testid=trends-plot] canvas") !== null;
    const frame = () => new Promise(requestAnimationFrame);
    while (drawn()) await frame();
    const began = performance.now();
    location.hash = hash;
    while (!drawn()) await frame();
    await frame();
    return performance.now() - began;
}"""


def looked_at(plant: Plant) -> list[str]:
    """Name the series whose first channels are looked at."""
    series = [one for one in plant.series.values() if not one.records and len(one.channels) >= OF_EACH]
    return [one.id for one in series[:DEVICES]]


async def fill(plant: Plant, url: str, hands: Hands) -> None:
    """Store a day of these series, up to now."""
    writer = await Writer.open(url, plant, "bench", hands.now())
    some, seq = [], 0
    for sample in Made(plant).samples(looked_at(plant), hands.now() - timedelta(seconds=DAY_S), DAY_S):
        some.append(sample)
        if len(some) == BATCH:
            seq += BATCH
            await writer.write(seq, some, [], [], sample.received_at)
            some.clear()
    await writer.close()


async def measure(page: Page, plant: Plant, hands: Hands, times: int) -> list[float]:
    """Come to the page again and again; return how long each took in ms."""
    channels = [one.id for key in looked_at(plant) for one in plant.series[key].channels[:OF_EACH]]
    since = hands.now() - timedelta(seconds=DAY_S)
    span = f"from={since:%Y-%m-%dT%H:%M:%SZ}&to={hands.now():%Y-%m-%dT%H:%M:%SZ}"
    hash_ = f"#/trends?{'&'.join(f'c={one}' for one in channels)}&{span}"
    # The first one is not counted: the database has nothing in its memory yet.
    return [await page.evaluate(DRAWN, hash_) for _ in range(times + 1)][1:]


async def run(times: int) -> None:
    monitor.asgi.GRACE_S = 0
    os.environ[PASSWORD_VARIABLE] = PASSWORD
    plant, hands = load(LINE), Hands()
    # Not a long path: a socket's must be short.
    with tempfile.TemporaryDirectory(prefix="gw-") as folder:
        calm = Calm(plant, Path(folder), hands)
        async with stored_in(timescale=True) as url:
            await fill(plant, url, hands)
            settings = Settings(plant, Path(folder), url, DASHBOARD, hands.now, port=0)
            async with calm.going_on(), running(settings) as server:
                await server.service.database.up.wait()
                async with looking_at(server) as page:
                    took_ms = await measure(page, plant, hands, times)
    say(
        "trends",
        hours=DAY_S // 3600,
        channels=DEVICES * OF_EACH,
        times=times,
        median_ms=round(median(took_ms)),
        p95_ms=round(percentile(took_ms, 0.95)),
        worst_ms=round(max(took_ms)),
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=20)
    asyncio.run(run(parser.parse_args().times))


if __name__ == "__main__":
    main()
