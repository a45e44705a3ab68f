"""Registers with a known number: proof that we read a unit rightly, before anything of it is believed.

A float whose words are in the wrong order is a number too, and may well lie inside its limits; a stranger's map answers
just as readily. So a unit is proved after each connect, and after each silence: it may have been exchanged meanwhile.
"""

import math

from config.model import Channel, ChannelModel, Device, Kind, Register, Series
from drivers.driver import Refused
from drivers.registers import Plan, plan, register_of
from drivers.row import Row
from drivers.wire import Wire

TOLERANCE = 1e-6
"""Relative; a float32 of a decimal number is nearer than that."""


class Distrusted(Refused):
    """A unit has not passed its self test: none of its values may be believed."""


class SelfTests:
    """The self tests of a device's units, and which of them have been passed."""

    def __init__(self, device: Device) -> None:
        """Nothing is proved yet.

        Raises:
            ValueError: a test's register cannot be read.
        """
        tests = device.profile.self_tests
        channels = tuple(_channel(device, test.address, place) for place, test in enumerate(tests))
        self._series = Series(f"{device.id}#self-tests", device.id, channels)
        self._expected = [test.equals for test in tests]
        self._plans: dict[int, list[Plan]] = {}
        for part in plan(channels):
            self._plans.setdefault(part.request.unit_id, []).append(part)
        self._proved: set[int] = set()

    async def prove(self, wire: Wire, unit_id: int) -> None:
        """Let a unit pass its tests, unless it has.

        Raises:
            Distrusted: it has not passed.
            DriverError: as `Wire.ask`.
        """
        if unit_id in self._proved:
            return
        row = Row(self._series)
        for part in self._plans.get(unit_id, ()):
            try:
                part.decode(await wire.ask(part.request), row)
            except Refused as error:
                raise Distrusted(f"self test: {error}") from error
        self._check(unit_id, row)
        self._proved.add(unit_id)

    def doubt(self, unit_id: int) -> None:
        """It was silent: let it prove itself again."""
        self._proved.discard(unit_id)

    def doubt_all(self) -> None:
        """A new connection: what answers may be something else."""
        self._proved.clear()

    def _check(self, unit_id: int, row: Row) -> None:
        for channel, expected in zip(self._series.channels, self._expected, strict=True):
            register = register_of(channel)
            value = row.values[channel.place]
            if register.unit_id == unit_id and not math.isclose(value, expected, rel_tol=TOLERANCE):
                read = f"{register.table} {register.address} reads {value:g} and must read {expected:g}"
                raise Distrusted(f"{channel.device}: self test of unit {unit_id}: {read}")


def _channel(device: Device, register: Register, place: int) -> Channel:
    model = ChannelModel(f"self-test-{place}", "", Kind.ANALOG, device.profile.label, register)
    return Channel(
        f"{device.id}/{model.key}", device.id, device.zone, model, f"{device.id}#self-tests", place
    )
