"""One Modbus listener per device, and which units stand behind it."""

from random import Random

from config.model import Device
from simulators.air_sampler import HEAD, PLACES, AirSampler
from simulators.doors import Doors, door_places
from simulators.errors import AddressInUse
from simulators.lighthouse import LighthouseUnit
from simulators.listener import Listener, listener
from simulators.machine import Machine
from simulators.met_one import MetOneCounter, MetOneUnit
from simulators.niotronic import NiotronicCounter, NiotronicUnit
from simulators.particles import AirnetCounter, ParticleCounter
from simulators.pms import PmsUnit
from simulators.registers import MapUnit, Unit, places_of
from simulators.rooms import Rooms
from simulators.tower import Tower, TowerUnit
from simulators.transmitters import transmitter


def units(device: Device, machine: Machine) -> dict[int, Unit]:
    """Return the device's units by unit identifier, as its profile numbers them."""
    by_id = places_of(device.profile.channels)
    match machine:
        case ParticleCounter():
            return {unit_id: _counter(machine, device.id) for unit_id in by_id}
        case Tower():
            return {unit_id: TowerUnit(machine) for unit_id in by_id}
        case AirSampler():
            return {unit_id: MapUnit(PLACES, machine, HEAD) for unit_id in by_id}
        case Doors():
            return {unit_id: MapUnit(door_places(machine.doors), machine) for unit_id in by_id}
        case Rooms():
            return {unit_id: transmitter(machine, places) for unit_id, places in by_id.items()}
        case _:
            return {unit_id: MapUnit(places, machine) for unit_id, places in by_id.items()}


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
