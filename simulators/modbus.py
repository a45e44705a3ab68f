"""One Modbus listener per device, and which units stand behind it."""

from random import Random

from config.model import Device
from simulators.air_handling import AirHandling, AirHandlingUnit
from simulators.air_sampler import HEAD, PLACES, AirSampler
from simulators.doors import Doors, DoorUnit
from simulators.errors import AddressInUse
from simulators.lighthouse import LighthouseUnit
from simulators.listener import Listener, listener
from simulators.machine import Machine
from simulators.met_one import MetOneCounter, MetOneUnit
from simulators.niotronic import NiotronicCounter, NiotronicUnit
from simulators.particles import AirnetCounter, ParticleCounter
from simulators.pms import PmsUnit
from simulators.registers import MapUnit, Place, Unit, places_of
from simulators.rooms import Rooms
from simulators.tower import Tower, TowerUnit
from simulators.transmitters import transmitter


def units(device: Device, machine: Machine) -> dict[int, Unit]:
    """Return the device's units by unit identifier, as its profile numbers them."""
    by_id = places_of(device.profile.channels)
    return {unit_id: _unit(device, machine, places) for unit_id, places in by_id.items()}


def _unit(device: Device, machine: Machine, places: list[Place]) -> Unit:
    match machine:
        case ParticleCounter():
            unit: Unit = _counter(machine, device.id)
        case Tower():
            unit = TowerUnit(machine)
        case AirSampler():
            unit = MapUnit(PLACES, machine, HEAD)
        case Doors():
            unit = DoorUnit(machine)
        case AirHandling():
            unit = AirHandlingUnit(places, machine)
        case Rooms():
            unit = transmitter(machine, places)
        case _:
            unit = MapUnit(places, machine)
    return unit


def _counter(machine: ParticleCounter, seed: str) -> Unit:
    match machine:
        case AirnetCounter():
            return PmsUnit(machine)
        case MetOneCounter():
            return MetOneUnit(machine)
        case NiotronicCounter():
            return NiotronicUnit(machine)
        case _:
            return LighthouseUnit(machine, Random(seed))  # noqa: S311 - garbage


class ModbusWire:
    """A device's listener: opened and closed as often as the network comes and goes."""

    def __init__(self, device: Device, machine: Machine) -> None:
        self._device = device
        self._units = units(device, machine)
        self._listener: Listener | None = None

    async def open(self) -> None:
        """Listen at the device's address; nothing happens if it listens already.

        Raises:
            AddressInUse: somebody else does, or the address is not of this machine.
        """
        if self._listener is not None:
            return
        here = listener(self._device.address, self._units)
        try:
            await here.open()
        except OSError as error:
            raise AddressInUse(
                f"{self._device.id} cannot listen on {self._device.address}: free it"
            ) from error
        self._listener = here

    async def close(self) -> None:
        """Drop the listener and every connection. May be called twice."""
        if self._listener is not None:
            await self._listener.close()
            self._listener = None
