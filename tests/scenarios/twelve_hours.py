"""Two batches on line STM-L1 in compressed time: a calm hour, and twelve with all that a reviewer has to look at.

In the twelve hours a door is held open, the counter loses its flow, the line its network, and a temperature sensor
drifts past its alert limit. What the pipeline writes goes into a real database, as the collector forwards it, signed.
"""

import asyncio
import json
import shutil
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path

from alarms.events import Acknowledge, ChangeStage, EndBatch, Event, StartBatch
from config.load import load
from config.plant import Plant
from monitor.collector import codec
from monitor.collector.forward import Forward
from monitor.collector.journal import JournalReader
from monitor.store.signing import signer_in
from tests.scenarios.compressed import ALL, Compressed

DEMO = Path(__file__).parents[2] / "config" / "plants" / "demo"
LINE, ROOM, COUNTER, INCUBATOR = "STM-L1", "RM-STM-L1", "PC-A-STM-L1", "HCI-STM-L1"
DEVICES = ("ISO-STM-L1", INCUBATOR, COUNTER, ROOM, "ST-STM-L1", "DI-STM")
PRODUCT = "MSC"
CALM, LONG = "MSC-2026-116", "MSC-2026-117"
HOUR_S = 3600.0
CALM_S, LONG_S = HOUR_S, 12 * HOUR_S
BETWEEN_S = 600.0
"""So long the line is watched before, between and behind the batches."""
WRONG = (("door-open-room", ROOM, 240.0), ("counter-flow", COUNTER, 600.0), ("network-loss", ROOM, 900.0))
"""What goes wrong in the long one, where and for how long; behind it the sensor drifts."""
FORWARD_S = 600.0


def plant_every(folder: Path, period_s: int) -> Plant:
    """Write the demo plant down with its devices read every so many seconds, and no record more often; load it.

    The workshop's network is that of the devices that are there.
    """
    shutil.copytree(DEMO, folder)
    told = {
        "sample_time_s: 6}": f"sample_time_s: {max(6, period_s)}}}",
        '["*-STM", "*-STM-L*"]': json.dumps(DEVICES),
        ", profile: ": f", period_s: {period_s}, profile: ",
    }
    for path in sorted(folder.glob("*.yaml")):
        text = path.read_text("utf-8")
        for old, new in told.items():
            text = text.replace(old, new)
        path.write_text(text, "utf-8")
    return load(folder)


class TwelveHours:
    """The two batches as they are played.

    Args:
        folder: where the journal and the signing key are.
        period_s: seconds between two polls of a device.
    """

    def __init__(self, folder: Path, period_s: int) -> None:
        self.plant = plant_every(folder / "plant-written", period_s)
        self.folder = folder
        self._played = Compressed(folder, self.plant, DEVICES, every_s=period_s, step_s=period_s)
        self._stages = [one.id for one in self.plant.products[PRODUCT].stages]
        self._zones = tuple(id_ for id_, zone in self.plant.zones.items() if zone.line == LINE)

    def now(self) -> datetime:
        """Say how far time has come."""
        return self._played.line.clock.now()

    async def play(self) -> None:
        """Let the thirteen hours pass."""
        self._played.line.journal.enter_plant(self.plant.sha256, codec.plant_json(self.plant))
        async with self._played:
            await self._pass_s(BETWEEN_S)
            await self._batch(CALM, CALM_S)
            await self._pass_s(BETWEEN_S)
            await self._batch(LONG, LONG_S, self._all_goes_wrong)
            await self._pass_s(BETWEEN_S)

    async def _batch(
        self, batch: str, lasts_s: float, happens: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        """Make a batch, in stages of the same length; something may happen in the second."""
        until = self.now() + timedelta(seconds=lasts_s)
        self._say(StartBatch(self.now(), batch, LINE, PRODUCT, self._stages[0], self._zones, "cao"))
        for place, stage in enumerate(self._stages[1:], 1):
            await self._pass_s(lasts_s / len(self._stages))
            self._say(ChangeStage(self.now(), batch, stage, self._zones, "cao"))
            if happens and place == 1:
                began = self.now()
                await happens()
                assert (self.now() - began).total_seconds() < lasts_s / len(self._stages)
        await self._pass_s((until - self.now()).total_seconds())
        self._say(EndBatch(self.now(), batch, "cao", "harvested"))

    async def _all_goes_wrong(self) -> None:
        for name, device, lasts_s in WRONG:
            self._played.simulated.start_fault(name, device)
            await self._pass_s(lasts_s)
            self._played.simulated.clear_faults()
            await self._pass_s(BETWEEN_S)
        self._played.simulated.start_fault("temp-drift", INCUBATOR)

    async def forward(self, database_url: str) -> None:
        """Bring all of it into a migrated database, as the collector does."""
        path = self._played.line.path
        reader = JournalReader(path)
        last = reader.after(0, ALL)[-1].seq
        reader.close()
        signer = signer_in(self.folder, {})
        forward = Forward(self.plant, path, database_url, self._played.line.clock, signer=signer)
        task = asyncio.create_task(forward.run())
        try:
            async with asyncio.timeout(FORWARD_S):
                while forward.position < last:  # noqa: ASYNC110 - moved by the forwarder
                    await asyncio.sleep(0.05)
        finally:
            task.cancel()
            await asyncio.wait({task})

    def _say(self, event: Event) -> None:
        self._played.line.pipeline.offer(event)
        self._played.line.pipeline.take_rest()

    async def _pass_s(self, seconds: float) -> None:
        """Let time pass; somebody looks every minute, and acknowledges what sounds."""
        until = self.now() + timedelta(seconds=seconds)
        while self.now() < until:
            await self._played.run(min(60.0, (until - self.now()).total_seconds()))
            for alarm in list(self._played.line.pipeline.state.alarms.values()):
                if not alarm.acknowledged:
                    self._say(Acknowledge(self.now(), alarm.id, alarm.raised_at, "li", "seen at the line"))
