"""Modbus TCP devices: their registers into a Row, their outputs onto the wire."""

from collections.abc import Iterable
from datetime import datetime

from config.model import Command, Device, Sample
from drivers.driver import Now, Refused
from drivers.registers import Plan, plan
from drivers.row import Row
from drivers.wire import UnitSilent, Wire, open_wire


async def fill(wire: Wire, plans: Iterable[Plan], row: Row) -> None:
    """Read every request of a series into its row.

    A unit that its gateway cannot reach leaves its own places UNREACHABLE and is not asked again in this poll,
    because each silent unit makes the gateway wait.

    Raises:
        Unreachable: no unit answered at all.
        DriverError: as `Wire.ask`.
    """
    silent: dict[int, UnitSilent] = {}
    answered = False
    for part in plans:
        unit_id = part.request.unit_id
        if unit_id in silent:
            continue
        try:
            part.decode(await wire.ask(part.request), row)
            answered = True
        except UnitSilent as error:
            silent[unit_id] = error
            row.note(str(error))
    if silent and not answered:
        raise next(iter(silent.values()))


async def carry_out(wire: Wire, device: Device, command: Command) -> None:
    """Write the outputs of a command; all of them are checked against the profile before the first is sent.

    Raises:
        Refused: not on the profile's allow-list (nothing was sent), or the device said no.
        DriverError: as `Wire.write`.
    """
    writes = []
    for key, state in command.outputs.items():
        output = device.profile.outputs.get(key)
        if command.device != device.id or output is None or state not in output.words:
            raise Refused(f"{device.id}: output {key!r} = {state!r} is not on the profile's allow-list")
        if output.address.table != "holding":
            raise Refused(f"{device.id}: output {key!r} is not a holding register")
        writes.append((output.address.unit_id, output.address.address, output.words[state]))
    async with wire.deadline():
        for unit_id, address, word in writes:
            await wire.write(unit_id, address, word)


class ModbusDriver:
    """A device whose channels are registers; one or many units behind one TCP endpoint."""

    def __init__(self, device: Device, now: Now) -> None:
        (self._series,) = device.series
        self._device = device
        self._now = now
        self._plans = plan(self._series.channels)
        self._wire = open_wire(device.address, device.timeout_s)

    async def connect(self) -> None:
        """Make the connection. What answers is checked by every single answer after that."""
        await self._wire.connect()

    async def read(self, at: datetime) -> list[Sample]:
        """Read every register once, within the device's timeout."""
        row = Row(self._series)
        async with self._wire.deadline():
            await fill(self._wire, self._plans, row)
        return [row.sample(at, self._now())]

    async def command(self, command: Command) -> None:
        """Write the outputs of a command."""
        await carry_out(self._wire, self._device, command)

    async def close(self) -> None:
        """Drop the connection."""
        self._wire.close()
