"""The whole plant as physics: one machine per device, stepped together, and the faults that play in it.

Pure: no clock, no wire. The same seed, the same steps and the same faults give the same values.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from random import Random

from config.model import Device, Grade
from config.plant import Plant
from simulators.air_handling import AirHandling
from simulators.air_sampler import AirSampler
from simulators.cabinet import Cabinet
from simulators.cold import COLDS, ColdStore
from simulators.couplings import Couplings, door_to
from simulators.doors import Doors
from simulators.errors import NoPhysics, UnknownDevice
from simulators.faults import Holding, find_fault
from simulators.incubator import Co2Incubator, Incubator
from simulators.isolator import Isolator
from simulators.machine import Machine, Sensor
from simulators.met_one import MetOneCounter
from simulators.niotronic import NiotronicCounter
from simulators.particles import POWER_UP_SAMPLE_TIME_S, AirnetCounter, ParticleCounter
from simulators.rooms import B_ROOMS, C_ROOMS, Q_ROOMS, Rooms
from simulators.scenario import Scenario, Step, place_of
from simulators.tower import Tower
from simulators.vhp import VhpGenerator


@dataclass(frozen=True, slots=True)
class Berth:
    """Where a machine stands, and what it starts with."""

    device: Device
    grade: Grade
    start: datetime
    rng: Random


def _counter(make: type[ParticleCounter], at: Berth) -> Machine:
    sample_time_s = int(at.device.settings.get("sample_time_s", POWER_UP_SAMPLE_TIME_S))
    return make(at.start, at.rng, sample_time_s, at.grade)


MACHINES: dict[str, Callable[[Berth], Machine]] = {
    "isolator_s7": lambda at: Isolator(at.start, at.rng),
    "honeycomb_incubator_s7": lambda at: Incubator(at.start, at.rng),
    "vhp_generator_s7": lambda at: VhpGenerator(at.start, at.rng),
    "lighthouse_apexr": partial(_counter, ParticleCounter),
    "pms_airnet": partial(_counter, AirnetCounter),
    "met_one_6000": partial(_counter, MetOneCounter),
    "niotronic_aeromon": partial(_counter, NiotronicCounter),
    "pms_minicapt": lambda at: AirSampler(at.start, at.rng),
    "room_gateway_c": lambda at: Rooms(at.start, at.rng, C_ROOMS),
    "room_gateway_b": lambda at: Rooms(at.start, at.rng, B_ROOMS),
    "room_gateway_q": lambda at: Rooms(at.start, at.rng, Q_ROOMS),
    "bsc_gateway": lambda at: Cabinet(at.start, at.rng),
    "co2_incubator_gateway": lambda at: Co2Incubator(at.start, at.rng),
    "adam_doors_22": lambda at: Doors(at.start, at.rng, doors=22),
    "adam_doors_17": lambda at: Doors(at.start, at.rng, doors=17),
    "ahu_gateway": lambda at: AirHandling(at.start, at.rng),
    "cold_gateway": lambda at: ColdStore(at.start, at.rng, COLDS.get(at.device.id, COLDS["COLD-2-8C"])),
    "patlite_la6": lambda at: Tower(at.start, at.rng),
}
"""Profile -> what measures behind it."""


@dataclass(frozen=True, slots=True)
class ActiveFault:
    """A fault that plays now, and since which second of the simulation."""

    fault: Scenario
    device: str
    since_s: float
    length_s: float


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
        self.machines = {
            device.id: _machine(device, plant.zones[device.zone].grade, start, seed)
            for device in plant.devices.values()
        }
        self._plant = plant
        self._places = {device.id: place_of(plant, device) for device in plant.devices.values()}
        self._couplings = Couplings(plant, self.machines)
        self.active: list[ActiveFault] = []
        self.holding: dict[tuple[str, str, int, str], Holding] = {}
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
        self._couplings.draw(self._elapsed_s)
        self._play()

    def machine(self, device: str) -> Machine:
        """Return the machine of a device.

        Raises:
            UnknownDevice: the plant has none of that id.
        """
        self._device(device)
        return self.machines[device]

    def start_fault(self, name: str, device: str, length_s: float | None = None) -> None:
        """Let a fault begin now; one that plays already goes on.

        Raises:
            UnknownDevice: the plant has none of that id.
            UnknownFault: no such fault, or not on such a device.
            BadScenario: it cannot last so long.
        """
        fault = find_fault(name, self._device(device))
        lasts_s = fault.lasts_s(length_s)
        if not any(one.fault is fault and one.device == device for one in self.active):
            self.active.append(ActiveFault(fault, device, self._elapsed_s, lasts_s))
            self._play()

    def clear_faults(self) -> None:
        """End every fault; the physics heals at its own pace."""
        self.active.clear()
        self._play()
        for machine in self.machines.values():
            machine.release()

    def _play(self) -> None:
        """Begin what is due, go on with what drifts, end what is over."""
        before, self.holding = (
            self.holding,
            {one.key: one for fault in self.active for one in self._on(fault)},
        )
        for key, one in before.items():
            if key not in self.holding:
                self._end(one)
        for key, one in self.holding.items():
            if key not in before or one.step.ramp_per_h:
                self._act(one)

    def _on(self, fault: ActiveFault) -> Iterator[Holding]:
        elapsed_s = self._elapsed_s - fault.since_s
        own = self._places[fault.device]
        for place, step in enumerate(fault.fault.shape):
            if step.holds(elapsed_s, fault.length_s):
                for there in step.who.choose(own, self._places.values()):
                    key = (fault.fault.name, fault.device, place, there.device)
                    yield Holding(key, there.device, step, elapsed_s - step.at_s)

    def _act(self, one: Holding) -> None:
        step, machine = one.step, self.machines[one.device]
        for key, target in (step.force or {}).items():
            machine.force(key, target, step.tau_s)
        for key, per_h in (step.ramp_per_h or {}).items():
            machine.force(key, machine.quantities[key].normal + per_h * one.for_s / 3600)
        for key in step.freeze or ():
            machine.turn(key, Sensor.HELD)
        if step.clock_offset_s is not None and isinstance(machine, ParticleCounter):
            machine.clock_offset_s += step.clock_offset_s
        for module, key in self._door(one.device, step):
            module.force(key, 0)

    def _end(self, one: Holding) -> None:
        step, machine = one.step, self.machines[one.device]
        for key in {*(step.force or ()), *(step.ramp_per_h or ())}:
            machine.let_go(key)
        for key in step.freeze or ():
            machine.turn(key, Sensor.LIVE)
        if step.clock_offset_s is not None and isinstance(machine, ParticleCounter):
            machine.clock_offset_s -= step.clock_offset_s
        for module, key in self._door(one.device, step):
            module.let_go(key)

    def _door(self, device: str, step: Step) -> list[tuple[Machine, str]]:
        """Return the contact of the step's door; none in a plant whose doors nobody watches."""
        if step.door is None:
            return []
        module, key = door_to(self._plant, self.devices[device], step.door)
        return [(self.machines[module], key)] if module else []

    def _device(self, device: str) -> Device:
        if device not in self.devices:
            raise UnknownDevice(f"no device {device!r}; the plant has: {', '.join(self.devices)}")
        return self.devices[device]


def _machine(device: Device, grade: Grade, start: datetime, seed: int) -> Machine:
    profile = device.profile
    if profile.name not in MACHINES:
        raise NoPhysics(
            f"{device.id}: profile {profile.name} is not simulated; there are: {', '.join(MACHINES)}"
        )
    rng = Random(f"{seed}/{device.id}")  # noqa: S311 - noise, not a secret
    machine = MACHINES[profile.name](Berth(device, grade, start, rng))
    shown = machine.values()
    missing = [model.key for model in profile.channels if model.key not in shown]
    if missing:
        raise NoPhysics(f"{device.id}: nothing measures {', '.join(missing)} of profile {profile.name}")
    return machine
