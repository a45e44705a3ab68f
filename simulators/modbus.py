"""One Modbus TCP server per device: the wire around its units."""

from collections.abc import Mapping
from random import Random

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from config.model import Device
from simulators.counter import CounterUnit
from simulators.errors import AddressInUse
from simulators.machine import Machine
from simulators.particles import ParticleCounter
from simulators.registers import MapUnit, Rejected, Unit, register_of
from simulators.rooms import SELF_TEST, Rooms
from simulators.tower import Tower, TowerUnit

TABLES = {1: "coil", 2: "discrete", 3: "holding", 4: "input", 6: "holding", 16: "holding"}
"""Modbus function -> table; the other functions are refused."""

WRITE_SINGLE = 6
BITS = {1, 2}
WORD_BITS = 16


def units(device: Device, machine: Machine) -> dict[int, Unit]:
    """Return the device's units by unit identifier, as its profile numbers them."""
    by_id: dict[int, list[str]] = {}
    models = {model.key: model for model in device.profile.channels}
    for key, model in models.items():
        by_id.setdefault(register_of(model).unit_id, []).append(key)
    if isinstance(machine, ParticleCounter):
        return {unit_id: CounterUnit(machine, Random(device.id)) for unit_id in by_id}  # noqa: S311 - garbage
    if isinstance(machine, Tower):
        return {unit_id: TowerUnit(machine) for unit_id in by_id}
    return {
        unit_id: MapUnit([models[key] for key in keys], machine.values, _constants(machine, keys))
        for unit_id, keys in by_id.items()
    }


def _constants(machine: Machine, keys: list[str]) -> Mapping[int, int]:
    climate = isinstance(machine, Rooms) and any(key.endswith("_rh") for key in keys)
    return SELF_TEST if climate else {}


class ModbusWire:
    """A device's listener: opened and closed as often as the network comes and goes."""

    def __init__(self, device: Device, machine: Machine) -> None:
        self._device = device
        self._units = units(device, machine)
        self._server: ModbusTcpServer | None = None

    async def open(self) -> None:
        """Listen at the device's address; nothing happens if it listens already.

        Raises:
            AddressInUse: somebody else does, or the address is not of this machine.
        """
        if self._server is not None:
            return
        host, _, port = self._device.address.rpartition(":")
        devices = [_sim_device(unit_id, unit) for unit_id, unit in self._units.items()]
        server = ModbusTcpServer([*devices, _nobody()], address=(host, int(port)))
        try:
            await server.serve_forever(background=True)
        except RuntimeError as error:
            raise AddressInUse(
                f"{self._device.id} cannot listen on {self._device.address}: free it"
            ) from error
        self._server = server

    async def close(self) -> None:
        """Drop the listener and every connection. May be called twice."""
        if self._server is not None:
            await self._server.shutdown()  # type: ignore[no-untyped-call]  # pymodbus has no types here
            self._server = None


def _sim_device(unit_id: int, unit: Unit) -> SimDevice:
    """Put a unit behind pymodbus, whose own memory is only the way in and out: it is filled anew at each read."""

    async def action(  # noqa: PLR0917 - pymodbus calls it so
        function: int,
        start: int,
        address: int,
        count: int,
        memory: list[int],
        new: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        table = TABLES.get(function, "")
        first = address // WORD_BITS if function in BITS else address
        if table not in unit.addresses:
            return ExcCodes.ILLEGAL_FUNCTION
        if function in BITS:
            words = _bits(unit, table, first, count)
        elif not unit.addresses[table].issuperset(range(address, address + count)):
            return ExcCodes.ILLEGAL_ADDRESS
        elif new is not None:
            return _write(unit, address, [int(word) for word in new])
        elif function == WRITE_SINGLE:
            return (
                None  # pymodbus reads its own memory back for the echo, and a real echo is what was written
            )
        else:
            words = unit.read(table, address, count)
        memory[first - start : first - start + count] = words
        return None

    return SimDevice(id=unit_id, simdata=_memory(unit), use_bit_addressing=True, action=action)


def _write(unit: Unit, address: int, words: list[int]) -> ExcCodes | None:
    try:
        unit.write(address, words)
    except Rejected:
        return ExcCodes.ILLEGAL_VALUE
    return None


def _bits(unit: Unit, table: str, first: int, count: int) -> list[int]:
    """Pack single bits into the words in which pymodbus looks for them: bit n of word m is address 16 m + n."""

    def bit(place: int) -> int:
        return unit.read(table, place, 1)[0] if place in unit.addresses[table] else 0

    words = range(first, first + count)
    return [sum(bit(word * WORD_BITS + n) << n for n in range(WORD_BITS)) for word in words]


def _memory(unit: Unit) -> list[SimData]:
    taken: set[int] = set()
    for table, addresses in unit.addresses.items():
        taken |= (
            {place // WORD_BITS for place in addresses} if table in {"coil", "discrete"} else set(addresses)
        )
    return [SimData(address, datatype=DataType.REGISTERS) for address in sorted(taken)]


def _nobody() -> SimDevice:
    """Answer for unit identifiers that are not there, as a gateway does."""

    async def action(*_: object) -> ExcCodes:
        return ExcCodes.GATEWAY_NO_RESPONSE

    everything = SimData(0, count=0x10000, datatype=DataType.REGISTERS)
    return SimDevice(id=0, simdata=everything, action=action)
