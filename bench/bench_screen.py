"""The screen of a wall display: whether it stays quick, and whether its memory stays where it is.

    python -m bench.bench_screen [--minutes 10] [--plant line|demo] [--page overview|line|alarms]

A real server and a real Chromium look at a plant of which every value changes once a second, and in which one alarm
comes and goes each minute: the small plant has 203 channels, the demo plant 1967. What the page holds in its heap is
read after a collection of garbage. The aims: 95 of 100 frames within 100 ms, and less than 1 MB more in an hour.
"""

import argparse
import asyncio
import os
import random
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import linear_regression

from playwright.async_api import Page

import monitor.asgi
from bench.browser import looking_at
from bench.running import DEMO, LINE, say
from config.load import load
from config.model import Kind, Sample
from config.plant import Plant
from monitor.server.access import PASSWORD_VARIABLE
from monitor.server.settings import Settings
from tests.browser.calm import DASHBOARD, Calm
from tests.server.collector import PRESSURE
from tests.server.conftest import NO_DATABASE, PASSWORD, running
from tests.server.hands import Hands

WARM_SHARE = 0.2
"""So much of the run does not count: what is made once is no growth."""
LOOKS = 60
NOISE = 0.002
PLANTS = {"line": LINE, "demo": DEMO}
PAGES = {"overview": "#/", "line": "#/line/STM-L1", "alarms": "#/alarms"}
MB = 1e6
# Each frame's length in whole milliseconds is counted: no frame is kept by itself.
FRAMES = """() => {
    window.frames_ms = new Uint32Array(1001);
    let before = performance.now();
    const look = (now) => {
        window.frames_ms[Math.min(1000, Math.max(0, Math.round(now - before)))] += 1;
        before = now;
        requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
}"""


class Restless(Calm):
    """Every measured quantity moves a little, each second; the pressure falls for ten seconds of each minute."""

    def __init__(self, plant: Plant, data: Path, hands: Hands) -> None:
        super().__init__(plant, data, hands)
        self._rng = random.Random(1)

    def _sample(self, series: str) -> Sample:
        if self.hands.at.second == 0:
            self.told[PRESSURE] = 15.0
        elif self.hands.at.second == 10:
            self.told.clear()
        sample = super()._sample(series)
        channels = self.plant.series[series].channels
        return replace(
            sample, values=tuple(map(self._moved, sample.values, (one.model.kind for one in channels)))
        )

    def _moved(self, value: float, kind: Kind) -> float:
        return value * (1 + self._rng.uniform(-NOISE, NOISE)) if kind is Kind.ANALOG else value


async def look(page: Page, minutes: float) -> tuple[list[tuple[float, float]], list[int]]:
    """Look at the heap again and again; return its sizes (hour, MB), and how many frames took each millisecond."""
    tools = await page.context.new_cdp_session(page)
    await tools.send("HeapProfiler.enable")
    began_s = time.monotonic()
    heaps: list[tuple[float, float]] = []
    await page.evaluate(FRAMES)
    for _ in range(LOOKS):
        await asyncio.sleep(60 * minutes / LOOKS)
        await tools.send("HeapProfiler.collectGarbage")
        used = (await tools.send("Runtime.getHeapUsage"))["usedSize"]
        heaps.append(((time.monotonic() - began_s) / 3600, used / MB))
    counts: list[int] = await page.evaluate("[...window.frames_ms]")
    return heaps, counts


def frame_ms(counts: list[int], share: float) -> int:
    """Return the length within which such a share of the frames was."""
    wanted, seen = share * sum(counts), 0
    for length_ms, count in enumerate(counts):
        seen += count
        if seen >= wanted:
            return length_ms
    return len(counts)


def tell(heaps: list[tuple[float, float]], counts: list[int], facts: dict[str, object]) -> None:
    """Say what was seen."""
    warm = heaps[int(WARM_SHARE * len(heaps)) :]
    slope, _ = linear_regression([hour for hour, _ in warm], [size for _, size in warm])
    say(
        "screen",
        **facts,
        frames=sum(counts),
        frame_p50_ms=frame_ms(counts, 0.5),
        frame_p95_ms=frame_ms(counts, 0.95),
        frame_p99_ms=frame_ms(counts, 0.99),
        heap_first_mb=round(warm[0][1], 2),
        heap_last_mb=round(warm[-1][1], 2),
        heap_growth_mb_per_h=round(slope, 3),
    )


async def run(minutes: float, plant_name: str, where: str) -> None:
    monitor.asgi.GRACE_S = 0
    os.environ[PASSWORD_VARIABLE] = PASSWORD
    plant = load(PLANTS[plant_name])
    # Not a long path: a socket's must be short.
    with tempfile.TemporaryDirectory(prefix="gw-") as folder:
        restless = Restless(plant, Path(folder), Hands())
        settings = Settings(plant, Path(folder), NO_DATABASE, DASHBOARD, restless.hands.now, port=0)
        async with restless.going_on(), running(settings) as server, looking_at(server, PAGES[where]) as page:
            heaps, counts = await look(page, minutes)
    channels = sum(len(one.channels) for one in plant.series.values())
    tell(heaps, counts, {"plant": plant_name, "channels": channels, "page": where, "minutes": minutes})


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=10, help="two hours for a soak: 120")
    parser.add_argument("--plant", choices=PLANTS, default="line")
    parser.add_argument("--page", choices=PAGES, default="overview")
    asked = parser.parse_args()
    asyncio.run(run(asked.minutes, asked.plant, asked.page))


if __name__ == "__main__":
    main()
