"""The whole plant as physics: one machine per device, stepped together, and the faults that play in it.

Pure: no clock, no wire. The same seed, the same steps and the same faults give the same values.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from config.model import Device, Plant
from simulators.errors import NoPhysics, UnknownDevice
from simulators.faults import Fault, find_fault
from simulators.incubator import Incubator
from simulators.isolator import Isolator
from simulators.machine import Machine
from simulators.particles import ParticleCounter
from simulators.rooms import Rooms
from simulators.tower import Tower

DEFAULT_SAMPLE_TIME_S = 60
"""What a Lighthouse counter does when nobody has set it (manual: 60 s samples after power-up)."""


def _counter(device: Device, start: datetime, rng: Random) -> Machine:
    return ParticleCounter(start, rng, int(device.settings.get("sample_time_s", DEFAULT_SAMPLE_TIME_S)))


MACHINES: dict[str, Callable[[Device, datetime, Random], Machine]] = {
    "isolator_s7": lambda _, start, rng: Isolator(start, rng),
    "honeycomb_incubator_s7": lambda _, start, rng: Incubator(start, rng),
    "lighthouse_apexr": _counter,
    "room_gateway_c": lambda _, start, rng: Rooms(start, rng),
    "patlite_la6": lambda _, start, rng: Tower(start, rng),
}
"""Profile -> what measures behind it."""


@dataclass(frozen=True, slots=True)
class ActiveFault:
    """A fault that plays now, and since which second of the simulation."""

    fault: Fault
    device: str
    since_s: float


class SimulatedPlant:
    """Every device's machine.

    Args:
        plant: the plant as loaded.
        start: the moment at which the simulation begins.
        seed: names the noise; each device has its own stream, so that one more device changes no other.

    Raises:
        NoPhysics: a profile, or a channel of one, that no machine measures.
    """

    def __init__(self, plant: Plant, start: datetime, seed: int = 0) -> None:
        self.devices = plant.devices
        self.machines = {device.id: _machine(device, start, seed) for device in plant.devices.values()}
        self.active: list[ActiveFault] = []
        self._start = start
        self._elapsed_s = 0.0

    @property
    def at(self) -> datetime:
        """The moment up to which the physics has come."""
        return self._start + timedelta(seconds=self._elapsed_s)

    def step(self, dt_s: float) -> None:
        """Let `dt_s` seconds pass."""
        for machine in self.machines.values():
            machine.step(dt_s)
        self._elapsed_s += dt_s
        self._play()

    def machine(self, device: str) -> Machine:
        """Return the machine of a device.

        Raises:
            UnknownDevice: the plant has none of that id.
        """
        self._device(device)
        return self.machines[device]

    def start_fault(self, name: str, device: str) -> None:
        """Let a fault begin now; one that plays already goes on.

        Raises:
            UnknownDevice: the plant has none of that id.
            UnknownFault: no such fault, or not on such a device.
        """
        fault = find_fault(name, self._device(device))
        if not any(one.fault is fault and one.device == device for one in self.active):
            self.active.append(ActiveFault(fault, device, self._elapsed_s))
            self._play()

    def clear_faults(self) -> None:
        """End every fault; the physics heals at its own pace."""
        self.active.clear()
        for machine in self.machines.values():
            machine.release()

    def _play(self) -> None:
        for one in self.active:
            for force in one.fault.forces:
                if self._elapsed_s >= one.since_s + force.after_s:
                    for machine in self._targets(one.device, force.profile):
                        machine.force(force.key, force.target)

    def _targets(self, device: str, profile: str) -> list[Machine]:
        if not profile:
            return [self.machines[device]]
        zone = self.devices[device].zone
        beside = [one for one in self.devices.values() if one.zone == zone and one.profile.name == profile]
        return [self.machines[one.id] for one in beside]

    def _device(self, device: str) -> Device:
        if device not in self.devices:
            raise UnknownDevice(f"no device {device!r}; the plant has: {', '.join(self.devices)}")
        return self.devices[device]


def _machine(device: Device, start: datetime, seed: int) -> Machine:
    profile = device.profile
    if profile.name not in MACHINES:
        raise NoPhysics(
            f"{device.id}: profile {profile.name} is not simulated; there are: {', '.join(MACHINES)}"
        )
    rng = Random(f"{seed}/{device.id}")  # noqa: S311 - noise, not a secret
    machine = MACHINES[profile.name](device, start, rng)
    shown = machine.values()
    missing = [model.key for model in profile.channels if model.key not in shown]
    if missing:
        raise NoPhysics(f"{device.id}: nothing measures {', '.join(missing)} of profile {profile.name}")
    return machine
