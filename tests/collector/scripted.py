"""A driver that does what the test says: each read takes the next step of a script."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from config.model import Command, Device, Sample
from drivers.driver import DriverError

Step = Exception | asyncio.Event | None | str
"""None: a Good Sample; an error: raised; an event: waited for; "hang": never answers."""


class ScriptedDriver:
    """Answers at once, fails, or hangs, as its script says; afterwards it is Good."""

    def __init__(self, device: Device, now: Callable[[], datetime], script: Sequence[Step] = ()) -> None:
        self.device = device
        self.script = list(script)
        self.refusals: list[DriverError] = []
        self.connects = 0
        self.closes = 0
        self.commands: list[Command] = []
        self.connect_hangs = False
        self.close_hangs = False
        self.values: tuple[float, ...] = (45.0,) * len(device.series[0].channels)
        self._now = now

    async def connect(self) -> None:
        """Connect, be refused, or hang."""
        self.connects += 1
        if self.refusals:
            raise self.refusals.pop(0)
        if self.connect_hangs:
            await asyncio.get_running_loop().create_future()

    async def read(self, at: datetime) -> list[Sample]:
        """Take the next step of the script."""
        step = self.script.pop(0) if self.script else None
        if isinstance(step, Exception):
            raise step
        if isinstance(step, asyncio.Event):
            await step.wait()
        if step == "hang":
            await asyncio.get_running_loop().create_future()
        return [Sample(self.device.id, at, self.values, None, self._now())]

    async def command(self, command: Command) -> None:
        """Note the Command; what it asks for is read back from now on."""
        self.commands.append(command)
        state = {"off": 0.0, "on": 1.0, "pattern_1": 1.0}
        self.values = tuple(state[command.outputs[key]] for key in ("red", "amber", "buzzer"))

    async def close(self) -> None:
        """Count the closing, or hang."""
        self.closes += 1
        if self.close_hangs:
            await asyncio.get_running_loop().create_future()
