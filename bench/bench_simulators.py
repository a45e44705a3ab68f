"""What it costs to serve a whole plant while every device is polled once a second by the real drivers.

One JSON line: how soon the simulators are ready, and their share of one core in the steady state.
"""

import argparse
import asyncio
import time
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.ports import free_port
from bench.running import ROOT, cpu_s, memory_mb, plant_on_free_ports, say, simulating
from config.load import load
from drivers.driver import Driver, DriverError
from drivers.open import open_driver

SETTLE_S = 10


async def poll(driver: Driver, came: Counter[str], stop: asyncio.Event) -> None:
    """Read a device each second until told to stop; count what came."""
    connected = False
    while not stop.is_set():
        began = asyncio.get_running_loop().time()
        try:
            if not connected:
                await driver.connect()
                connected = True
            rows = await driver.read(datetime.now(UTC).replace(microsecond=0))
            came["values"] += sum(len(row.values) for row in rows)
            came["polls"] += 1
        except DriverError:
            connected = False
            came["failed"] += 1
        spent_s = asyncio.get_running_loop().time() - began
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), max(0.0, 1.0 - spent_s))
    await driver.close()


async def measure(plant_dir: Path, pid: int, seconds: float) -> dict[str, object]:
    """Poll all devices, and look at the simulators' processor time."""
    stop, came = asyncio.Event(), Counter[str]()
    devices = load(plant_dir).devices.values()
    drivers = [open_driver(device, lambda: datetime.now(UTC)) for device in devices]
    polls = [asyncio.create_task(poll(driver, came, stop)) for driver in drivers]
    await asyncio.sleep(SETTLE_S)
    came.clear()
    before_s, began = cpu_s(pid), time.monotonic()
    await asyncio.sleep(seconds)
    used_s, took_s = cpu_s(pid) - before_s, time.monotonic() - began
    counted = dict(came)
    stop.set()
    await asyncio.gather(*polls)
    return {
        "devices": len(devices),
        "seconds": round(took_s, 1),
        "cpu_share_of_one_core": round(used_s / took_s, 3),
        "memory_mb": round(memory_mb(pid), 1),
        **{f"{name}_per_s": round(number / took_s, 1) for name, number in sorted(counted.items())},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--plant", type=Path, default=ROOT / "config" / "plants" / "demo")
    chosen = parser.parse_args()
    with TemporaryDirectory(prefix="gw-") as folder:
        plant = plant_on_free_ports(Path(folder) / "plant", chosen.plant)
        began = time.monotonic()
        with simulating(plant, f"127.0.0.1:{free_port()}") as served:
            ready_s = time.monotonic() - began
            figures = asyncio.run(measure(plant, served.pid, chosen.seconds))
    say("simulators_cost", ready_s=round(ready_s, 1), **figures)


if __name__ == "__main__":
    main()
