"""Lose a device and get it back, again and again: how soon it is read again, and whether anything piles up.

    python -m bench.bench_cycles [--cycles 5] [--only PROTOCOL]

The full figures: --cycles 200, about 20 minutes. Half of the cycles kill the device's process (SIGKILL) and start it
again, half let its network swallow everything for 3 s. Each device is polled by the collector's own Poll; the seconds
run from the moment at which the port answers, or the network lets through, to the first row with a good value.
"""

import argparse
import asyncio
import gc
import logging
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import structlog

from bench.ports import free_port
from bench.running import DEMO, LINE, ROOT, percentile, say
from config.load import load
from config.model import USABLE, Device, Sample
from config.plant import Plant
from drivers.open import open_driver
from monitor.clock import Clock, SystemClock
from monitor.collector.poll import Poll
from tests.proxy import HOST, MBAP, OPCUA, RTU, Framing, Proxy

HOLE_S = 3.0
LOOK_EVERY_S = 0.01
WITHIN_S = 30.0
PROGRESS_EVERY = 10


@dataclass(frozen=True)
class Kind:
    """Which device stands for a protocol, and how its address is written."""

    plant: Path
    device: str
    framing: Framing
    address: str


KINDS = {
    "modbus_tcp": Kind(LINE, "RM-STM-L1", MBAP, "{host}:{port}"),
    "modbus_rtu": Kind(LINE, "RM-STM-L1", RTU, "rtu+tcp://{host}:{port}"),
    "lighthouse": Kind(LINE, "PC-A-STM-L1", MBAP, "{host}:{port}"),
    "pms": Kind(DEMO, "PC-B-IMM-L3", MBAP, "{host}:{port}"),
    "opcua": Kind(LINE, "ISO-STM-L1", OPCUA, "opc.tcp://{host}:{port}/"),
}


@dataclass
class Subject:
    """One device that is lost and found."""

    kind: Kind
    port: int
    proxy: Proxy
    process: asyncio.subprocess.Process | None = None
    told: str = ""
    good: asyncio.Event = field(default_factory=asyncio.Event)
    back_s: dict[str, list[float]] = field(default_factory=lambda: {"killed": [], "black_hole": []})

    def offer(self, sample: Sample) -> None:
        if sample.quality is None or not USABLE.isdisjoint(sample.quality):
            self.good.set()
        self.told = f"{sample.at}: {sample.reason}"

    async def start(self) -> None:
        """Start the device's process, and wait until its port answers."""
        address = self.kind.address.format(host=HOST, port=self.port)
        command = ("-m", "bench.one_device", str(self.kind.plant), self.kind.device, address)
        self.process = await asyncio.create_subprocess_exec(sys.executable, *command, cwd=ROOT)
        async with asyncio.timeout(WITHIN_S):
            while not await _answers(self.port):  # noqa: ASYNC110 - another process is awaited
                await asyncio.sleep(LOOK_EVERY_S)

    async def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            await self.process.wait()

    async def lose_and_find(self, way: str) -> None:
        """One cycle; notes the seconds until the device was read again."""
        if way == "killed":
            await self.kill()
            await self.start()
        else:
            self.proxy.hole = True
            await asyncio.sleep(HOLE_S)
            self.proxy.hole = False
        self.good.clear()
        loop = asyncio.get_running_loop()
        began = loop.time()
        if not await self.is_good_within(WITHIN_S):
            raise SystemExit(f"{self.kind.device}: not back after {way}: {self.told}")
        self.back_s[way].append(loop.time() - began)

    async def is_good_within(self, seconds: float) -> bool:
        """Wait for a row with a good value, but not longer."""
        try:
            async with asyncio.timeout(seconds):
                await self.good.wait()
        except TimeoutError:
            return False
        return True


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


@asynccontextmanager
async def polled(name: str, index: int, clock: Clock, plants: dict[Path, Plant]) -> AsyncIterator[Subject]:
    """Serve the device of a protocol in a process, and poll it through a proxy."""
    kind = KINDS[name]
    port = free_port()
    subject = Subject(kind, port, Proxy(port, kind.framing))
    await subject.start()
    async with subject.proxy.listener:
        poll = _poll(plants[kind.plant].devices[kind.device], subject, clock, index)
        task = asyncio.create_task(poll.run(clock.now().replace(microsecond=0), subject.offer))
        try:
            if not await subject.is_good_within(WITHIN_S):
                raise SystemExit(f"{name}: never read: {subject.told}")
            yield subject
        finally:
            task.cancel()
            await asyncio.wait({task})
            await subject.kill()


def _poll(device: Device, subject: Subject, clock: Clock, index: int) -> Poll:
    address = subject.kind.address.format(host=HOST, port=subject.proxy.port)
    moved = replace(device, address=address, security=None)
    return Poll(moved, open_driver(moved, clock.now), clock, index)


async def cycle(name: str, subject: Subject, cycles: int) -> None:
    """Lose the device and find it, so many times; each at another moment of the second."""
    rng = Random(name)
    for number in range(1, cycles + 1):
        await asyncio.sleep(rng.random())
        way = "killed" if number % 2 else "black_hole"
        await subject.lose_and_find(way)
        if number % PROGRESS_EVERY == 0:
            print(f"{name}: {number} of {cycles}", file=sys.stderr, flush=True)


def tell(name: str, subject: Subject) -> None:
    """Print the figures of one protocol."""
    for way, seconds in subject.back_s.items():
        if seconds:
            figures = {"p50_s": percentile(seconds, 0.5), "max_s": max(seconds)}
            say(f"cycles_{name}", way=way, n=len(seconds), **{k: round(v, 3) for k, v in figures.items()})


def size() -> dict[str, float]:
    """What could pile up: tasks, open files, resident memory."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return {
        "tasks": len(asyncio.all_tasks()),
        "files": len(os.listdir("/proc/self/fd")),  # noqa: PTH208 - a count
        "memory_mb": round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1),
    }


async def run(names: list[str], cycles: int) -> None:
    clock = SystemClock()
    plants = {kind.plant: load(kind.plant) for kind in KINDS.values()}
    async with AsyncExitStack() as stack:
        subjects = {
            name: await stack.enter_async_context(polled(name, index, clock, plants))
            for index, name in enumerate(names)
        }
        before = size()
        async with asyncio.TaskGroup() as tasks:
            for name, subject in subjects.items():
                tasks.create_task(cycle(name, subject, cycles))
        after = size()
    for name, subject in subjects.items():
        tell(name, subject)
    growth = {f"{what}_grown": round(after[what] - before[what], 1) for what in before}
    say("cycles_size", cycles=cycles, **{f"{what}_at_start": n for what, n in before.items()}, **growth)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cycles", type=int, default=5, help="of each protocol")
    parser.add_argument("--only", choices=KINDS, action="append")
    chosen = parser.parse_args()
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    asyncio.run(run(chosen.only or list(KINDS), chosen.cycles))


if __name__ == "__main__":
    main()
