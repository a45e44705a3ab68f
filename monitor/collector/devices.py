"""The devices of a plant, each with the tasks that poll it, command it and let it hear that we live.

When another plant comes into force, only the devices that differ are let go and taken up again: all others are polled
as if nothing had happened.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from alarms.events import Event
from alarms.response import Tower, towers
from config.model import Device
from config.plant import Plant
from drivers.handshake import beats
from drivers.keys import Keys
from drivers.open import open_driver
from monitor.clock import Clock
from monitor.collector.beat import Beat
from monitor.collector.guard import Guard, Work
from monitor.collector.kept import KeptRecords
from monitor.collector.poll import Poll
from monitor.collector.respond import Worker, asked_devices


@dataclass(frozen=True, slots=True)
class Kind:
    """All that its tasks are made from: two of the same kind are one and the same."""

    device: Device
    tower: Tower | None
    is_asked: bool


@dataclass(slots=True)
class Unit:
    """One device and all that speaks with it."""

    kind: Kind
    poll: Poll
    worker: Worker | None
    beat: Beat | None
    tasks: list["asyncio.Task[None]"] = field(default_factory=list)


class Devices:
    """Everything that speaks with devices.

    Attributes:
        polls: of each device.
        workers: of each device that is commanded.
    """

    def __init__(
        self,
        plant: Plant,
        clock: Clock,
        *,
        kept: KeptRecords,
        keys: Keys,
        offer: Callable[[Event], None],
        is_well: Callable[[], bool],
    ) -> None:
        """Connect to nothing yet.

        Raises:
            KeysError: a device is spoken to encrypted, and there is no certificate of ours.
        """
        self._clock, self._kept, self._keys = clock, kept, keys
        self._offer, self._is_well = offer, is_well
        self._guard: Guard | None = None
        self._group: asyncio.TaskGroup | None = None
        self._units: dict[str, Unit] = {}
        self.polls: dict[str, Poll] = {}
        self.workers: dict[str, Worker] = {}
        self._go_by(self.made_for(plant))

    def start(self, guard: Guard, group: asyncio.TaskGroup, start: datetime) -> None:
        """Begin to poll, from the first tick after `start`."""
        self._guard, self._group = guard, group
        for unit in self._units.values():
            self._run(unit, start)

    def made_for(self, plant: Plant) -> dict[str, Unit]:
        """Make what another plant needs, with nothing started: what stays the same is the one that there is.

        Raises:
            KeysError: a device is spoken to encrypted, and there is no certificate of ours.
        """
        shows = {tower.device: tower for tower in towers(plant)}
        asked = asked_devices(plant)
        units = {}
        for index, device in enumerate(plant.devices.values()):
            kind = Kind(device, shows.get(device.id), device.id in asked)
            unit = self._units.get(device.id)
            units[device.id] = unit if unit is not None and unit.kind == kind else self._made(kind, index)
        return units

    def leaving(self, units: Mapping[str, Unit]) -> frozenset[str]:
        """Name the devices that do not stay as they are."""
        return frozenset(key for key, unit in self._units.items() if units.get(key) is not unit)

    async def stop(self, leaving: Iterable[str]) -> None:
        """Let devices go; what is under way ends."""
        tasks = [task for key in leaving for task in self._units[key].tasks]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def resume(self, stopped: Iterable[str]) -> None:
        """Take devices up again that were let go, as they were."""
        for key in stopped:
            self._run(self._units[key], self._clock.now())

    def swap(self, units: dict[str, Unit]) -> None:
        """Go on with what was made; the seconds that a device has missed meanwhile get rows that say so."""
        before = self._units
        self._go_by(units)
        for key, unit in units.items():
            former = before.get(key)
            if former is not unit:
                until = None if former is None else former.poll.told_until
                self._run(unit, until or self._clock.now().replace(microsecond=0))

    def _go_by(self, units: dict[str, Unit]) -> None:
        self._units = units
        self.polls.clear()
        self.polls.update((key, unit.poll) for key, unit in units.items())
        self.workers.clear()
        self.workers.update((key, unit.worker) for key, unit in units.items() if unit.worker is not None)

    def _made(self, kind: Kind, index: int) -> Unit:
        device, clock = kind.device, self._clock
        driver = open_driver(device, clock.now, kept=self._kept.until, keys=self._keys)
        poll = Poll(device, driver, clock, index)
        is_commanded = kind.tower is not None or kind.is_asked
        return Unit(
            kind,
            poll,
            Worker(poll, clock, self._offer, kind.tower) if is_commanded else None,
            Beat(poll, clock, self._is_well) if beats(device) else None,
        )

    def _run(self, unit: Unit, start: datetime) -> None:
        if self._guard is None or self._group is None:
            return
        key = unit.kind.device.id
        works: dict[str, Work] = {f"poll-{key}": partial(unit.poll.run, start, self._offer)}
        if unit.worker is not None:
            works[f"respond-{key}"] = unit.worker.run
        if unit.beat is not None:
            works[f"beat-{key}"] = unit.beat.run
        unit.tasks = [self._group.create_task(self._guard.run(part, work)) for part, work in works.items()]
