"""Modbus devices: their registers into a Row, their outputs onto the wire."""

from collections.abc import Iterable
from datetime import datetime

from config.model import Command, Device, Quality, Register, Sample
from drivers.driver import DriverError, Now, Refused
from drivers.heartbeat import heartbeat_of
from drivers.registers import Plan, plan
from drivers.row import Row
from drivers.self_tests import Distrusted, SelfTests
from drivers.wire import UnitSilent, Wire, open_wire

WRITABLE = frozenset({"holding", "coil"})


async def fill(wire: Wire, plans: Iterable[Plan], row: Row, tests: SelfTests | None = None) -> None:
    """Read every request of a series into its row.

    What one part of a device does not give takes nothing from the others. A unit that is silent or busy leaves its
    places UNREACHABLE, and is not asked again in this poll, because each silent unit makes its gateway wait; one
    that does not pass its self test makes them CONFIGURATION; a refused request does so with its own places only.

    Raises:
        Unreachable: no unit answered at all.
        Refused: everything was refused.
        DriverError: as `Wire.ask`.
    """
    lost: dict[int, Quality] = {}
    faults: list[DriverError] = []
    answered = False
    for part in plans:
        unit_id = part.request.unit_id
        if unit_id in lost:
            part.blank(row, lost[unit_id])
            continue
        try:
            if tests is not None:
                await tests.prove(wire, unit_id)
            part.decode(await wire.ask(part.request), row)
            answered = True
        except (UnitSilent, Refused) as fault:
            faults.append(fault)
            quality = Quality.UNREACHABLE if isinstance(fault, UnitSilent) else Quality.CONFIGURATION
            part.blank(row, quality)
            row.note(str(fault))
            if isinstance(fault, UnitSilent | Distrusted):
                lost[unit_id] = quality
            if tests is not None and isinstance(fault, UnitSilent):
                tests.doubt(unit_id)
    if faults and not answered and len({isinstance(fault, Refused) for fault in faults}) == 1:
        raise faults[0]


async def carry_out(wire: Wire, device: Device, command: Command) -> None:
    """Write the outputs of a command; all of them are checked against the profile before the first is sent.

    Raises:
        Refused: not on the profile's allow-list (nothing was sent), or the device said no.
        DriverError: as `Wire.write`.
    """
    writes = [_write(device, command, key, state) for key, state in command.outputs.items()]
    if command.request or not writes:
        raise Refused(f"{device.id}: takes outputs, not request {command.request!r}")
    async with wire.deadline():
        for register, word in writes:
            if register.table == "coil":
                await wire.write_coil(register.unit_id, register.address, on=bool(word))
            else:
                await wire.write(register.unit_id, register.address, word)


def _write(device: Device, command: Command, key: str, state: str) -> tuple[Register, int]:
    """Where an output stands, and its word for a state, if both are on the profile's allow-list."""
    output = device.profile.outputs.get(key)
    if command.device != device.id or output is None or state not in output.words:
        raise Refused(f"{device.id}: output {key!r} = {state!r} is not on the profile's allow-list")
    if output.address.table not in WRITABLE:
        raise Refused(f"{device.id}: output {key!r} is no holding register and no coil")
    return output.address, output.words[state]


class ModbusDriver:
    """A device whose channels are registers; one or many units behind one address."""

    def __init__(self, device: Device, now: Now) -> None:
        (self._series,) = device.series
        self._device = device
        self._now = now
        self._plans = plan(self._series.channels)
        self._tests = SelfTests(device)
        self._heartbeat = heartbeat_of(device)
        self._wire = open_wire(device.address, device.timeout_s)

    async def connect(self) -> None:
        """Make the connection. What answers is checked by its self tests, and by every single answer after that."""
        self._tests.doubt_all()
        await self._wire.connect()

    async def read(self, at: datetime) -> list[Sample]:
        """Read every register once, within the device's timeout."""
        row = Row(self._series)
        async with self._wire.deadline():
            await fill(self._wire, self._plans, row, self._tests)
        if self._heartbeat is not None:
            self._heartbeat.watch(row, at)
        return [row.sample(at, self._now())]

    async def command(self, command: Command) -> None:
        """Write the outputs of a command."""
        await carry_out(self._wire, self._device, command)

    async def close(self) -> None:
        """Drop the connection."""
        self._wire.close()
