"""The simulated plant behind its wires: every device at its own address."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from config.model import Protocol
from config.plant import Plant
from simulators.faults import Holding
from simulators.modbus import ModbusWire
from simulators.opcua import OpcUaWire
from simulators.plant import SimulatedPlant
from simulators.protection import Protection

STEP_LONGEST_S = 10.0
"""After a pause of the process, time is made up in steps of this length at most."""


class Site:
    """Physics and wires together.

    Args:
        plant: the plant as loaded.
        now: asks for the wall time, which the physics follows.
        seed: names the noise.
        protection: for devices that speak encrypted.

    Raises:
        NoPhysics: a profile, or a channel of one, that no machine measures.
    """

    def __init__(
        self,
        plant: Plant,
        now: Callable[[], datetime],
        seed: int = 0,
        protection: Protection | None = None,
    ) -> None:
        self.plant = SimulatedPlant(plant, now(), seed)
        self._now = now
        self._opcua: dict[str, OpcUaWire] = {}
        self._modbus: dict[str, ModbusWire] = {}
        for device in plant.devices.values():
            machine = self.plant.machine(device.id)
            if device.profile.protocol is Protocol.OPCUA:
                self._opcua[device.id] = OpcUaWire(device, machine, now, protection)
            else:
                self._modbus[device.id] = ModbusWire(device, machine)
        self._wires: dict[str, OpcUaWire | ModbusWire] = {**self._modbus, **self._opcua}
        self._dark_until: dict[str, datetime] = {}
        self._playing: dict[tuple[str, str, int, str], Holding] = {}

    async def open(self) -> None:
        """Open every device.

        Raises:
            AddressInUse: a device cannot listen; `close` is due all the same, for those that could.
        """
        for wire in self._wires.values():
            await wire.open()

    async def close(self) -> None:
        """Close every device for good."""
        for modbus in self._modbus.values():
            await modbus.close()
        await asyncio.gather(*(opcua.stop() for opcua in self._opcua.values()))

    async def switch(self, device: str, up: bool) -> None:
        """Take a device from its network, or give it back. It goes on measuring meanwhile.

        Raises:
            UnknownDevice: the plant has none of that id.
            AddressInUse: its address was taken meanwhile.
        """
        self.plant.machine(device)
        await (self._wires[device].open() if up else self._wires[device].close())

    async def power_dip(self, device: str, off_s: float) -> None:
        """Take a device's mains away for so many seconds; it comes back with what it is made with.

        Raises:
            UnknownDevice: the plant has none of that id.
        """
        self.plant.machine(device).power_down()
        self._dark_until[device] = self.plant.at + timedelta(seconds=off_s)
        await self._wires[device].close()

    async def advance(self) -> None:
        """Bring the physics up to now, and what it shows onto the wires.

        Raises:
            AddressInUse: a device comes back from a power dip, and its address was taken meanwhile.
        """
        behind_s = (self._now() - self.plant.at).total_seconds()
        while behind_s > 0:
            self.plant.step(min(behind_s, STEP_LONGEST_S))
            behind_s -= STEP_LONGEST_S
        await self._end_dips()
        await self._play()
        for wire in self._opcua.values():
            await wire.publish()

    async def _end_dips(self) -> None:
        for device in [one for one, until in self._dark_until.items() if until <= self.plant.at]:
            del self._dark_until[device]
            self.plant.machine(device).power_up()
            await self._wires[device].open()

    async def _play(self) -> None:
        """Do to the wires what the faults say. What begins comes first: a restarted server opens once, as the new one.

        Raises:
            AddressInUse: a device comes back, and its address was taken meanwhile.
        """
        before, self._playing = self._playing, dict(self.plant.holding)
        for key, one in self._playing.items():
            if key not in before:
                await self._begin(one)
        for key, one in before.items():
            if key not in self._playing:
                await self._end(one)

    async def _begin(self, one: Holding) -> None:
        step = one.step
        if step.network:
            await self.switch(one.device, False)
        if step.power_off_s is not None:
            await self.power_dip(one.device, step.power_off_s)
        if step.restart is not None and one.device in self._opcua:
            without = frozenset(step.restart.without)
            await self._opcua[one.device].restart(
                moved_namespace=step.restart.moved_namespace, without=without
            )

    async def _end(self, one: Holding) -> None:
        if one.step.network:
            await self.switch(one.device, True)
        if one.step.restart is not None and one.device in self._opcua:
            await self._opcua[one.device].restart()
