"""H1 and H2 with real processes: one that stands still is alarmed by its data's age, one that died is read again."""

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bench.ports import free_port
from bench.running import plant_on_free_ports
from config.load import load
from config.plant import Plant
from monitor.clock import SystemClock
from monitor.collector.collect import Collector, CollectSettings
from tests.proxy import stopped
from tests.service import BIN, until


@asynccontextmanager
async def simulating(plant_dir: Path) -> AsyncIterator[int]:
    """A process that serves the plant, killed at the end; gives its id."""
    control = f"127.0.0.1:{free_port()}"
    process = await asyncio.create_subprocess_exec(
        BIN / "gradewatch-sim", "serve", plant_dir, "--control", control, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert (await process.stdout.readline()).startswith(b"serving")
        yield process.pid
    finally:
        process.kill()
        await process.wait()


@asynccontextmanager
async def collecting(plant: Plant, data: Path) -> AsyncIterator[Collector]:
    """Run a collector of this process, without a database."""
    collector = Collector(CollectSettings(plant, data, ""), SystemClock())
    task = asyncio.create_task(collector.run())
    try:
        yield collector
    finally:
        task.cancel()
        await asyncio.wait({task})


def impatient(folder: Path) -> Path:
    """The plant of the tests, alarming after two silent seconds."""
    plant_dir = plant_on_free_ports(folder)
    file = plant_dir / "plant.yaml"
    file.write_text(re.sub(r"communication_delay_s: .*", "communication_delay_s: 2", file.read_text()))
    return plant_dir


async def test_h2_a_plant_that_hangs_is_alarmed_and_h1_one_that_died_is_read_again() -> None:
    with tempfile.TemporaryDirectory(prefix="gw-") as folder:
        plant_dir = impatient(Path(folder) / "plant")
        plant = load(plant_dir)
        every_alarm = {f"{device}/communication" for device in plant.devices}
        async with collecting(plant, Path(folder) / "data") as collector:

            async def live() -> bool:
                return bool(collector.health()["devices_live"] == len(plant.devices))

            async def alarmed() -> bool:
                alarms = collector.pipeline.state.alarms
                standing = {alarm for alarm in every_alarm if alarm in alarms and alarms[alarm].active}
                return standing == every_alarm

            async with simulating(plant_dir) as pid:
                await until(live, "all devices live")
                with stopped(pid):
                    await until(alarmed, "every device alarmed, its sockets open all the while")
                    assert collector.health()["devices_live"] == 0
                await until(live, "all devices live after they stood still")
            await until(alarmed, "every device alarmed after its process was killed")
            async with simulating(plant_dir):
                await until(live, "all devices live after their process was started again")
