"""What the machines of a plant do to one another: which quantity of which draws which other's steady state."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal

from config.model import Device
from config.plant import Plant
from simulators.machine import Machine, Quantity
from simulators.rooms import B_ROOMS, C_ROOMS, DOOR_OPEN_PA

Law = Callable[[float, float], float | None]
"""True value of the cause, calm steady state of the effect -> what the effect is drawn to; None: it stays calm."""

ROOMS_OF_A_LINE = ("pali", "mali", "core", "exit", "malo")
"""Which room the doors 1 to 5 lead into, in the workshop's first line; 6 to 10 are the second line's, and so on."""

DOOR_MODULES = {"adam_doors_22": 4, "adam_doors_17": 3}
"""Profile of a workshop's door module -> how many lines the workshop has."""

ALL_ROOMS = tuple(dict.fromkeys([*B_ROOMS.pressure_pa, *C_ROOMS.pressure_pa]))

SUPPLY_LOST, SUPPLY_MORE, SUPPLY_M3_H = 0.9, 1.1, 24_000.0
"""Below and above these shares of its supply a workshop's rooms lose and gain pressure with it."""

EXHAUST_MORE_HZ, FLUSHED_PACE = 55.0, 2.0
"""From this speed of the exhaust fan on, vapour leaves the rooms twice as fast (demo proposal)."""

H2O2 = ("mali_h2o2", "core_h2o2", "ster_h2o2")


@dataclass(frozen=True, slots=True)
class Coupling:
    """One cause and its effects on the machines beside it.

    Attributes:
        profile: of the device that is the cause; `key` is its quantity.
        effects: by which law a quantity is drawn, by its key, in every machine beside that has it.
        after_s: how long the cause must last before it is felt.
        line: which line of the workshop feels it, 1 for the first; 0: all of them; None: the cause's own zone.
        sets: which of a quantity's attributes the law gives.
    """

    profile: str
    key: str
    effects: Mapping[str, Law]
    after_s: float = 0.0
    line: int | None = None
    sets: Literal["drawn", "cut", "pace"] = "drawn"


def _below(bound: float, steady: float, cause: float, _: float) -> float | None:
    return steady if cause < bound else None


def _dirty(bound: float, per_m3: Mapping[str, float]) -> dict[str, Law]:
    """While the cause is below `bound`, the room's air comes in."""
    return {f"particles_{size}": partial(_below, bound, steady) for size, steady in per_m3.items()}


def _share(part: float, cause: float, _: float) -> float | None:
    return cause * part if cause > 0 else None


def _with_supply(cause: float, normal: float) -> float | None:
    share = cause / SUPPLY_M3_H
    return None if SUPPLY_LOST <= share <= SUPPLY_MORE else normal * share


def _above(bound: float, steady: float, cause: float, _: float) -> float | None:
    return steady if cause > bound else None


def _doors(profile: str, lines: int) -> Iterator[Coupling]:
    for line in range(lines):
        for place, room in enumerate(ROOMS_OF_A_LINE, 1 + line * len(ROOMS_OF_A_LINE)):
            effects: dict[str, Law] = {f"{room}_dp": partial(_below, 0.5, DOOR_OPEN_PA)}
            yield Coupling(profile, f"door_{place}_closed", effects, line=line + 1)


COUPLINGS = (
    # Room air through an opening that no pressure guards (demo proposal: 400/m3 of 0.5 um, after 20 s).
    Coupling(
        "isolator_s7",
        "chamber_pressure",
        _dirty(10.0, {"0_3": 1000.0, "0_5": 400.0, "1_0": 80.0}),
        after_s=20.0,
    ),
    *(
        Coupling("bsc_gateway", key, _dirty(bound, {"0_3": 9000.0, "0_5": 4000.0, "1_0": 800.0, "5_0": 60.0}))
        for key, bound in (("inflow", 0.45), ("downflow_1", 0.25))
    ),
    *(door for profile, lines in DOOR_MODULES.items() for door in _doors(profile, lines)),
    # The generator feeds the pass box of the workshop's first line.
    Coupling(
        "vhp_generator_s7",
        "leak",
        {"mali_h2o2": partial(_share, 1.0), "core_h2o2": partial(_share, 0.5)},
        line=1,
    ),
    # No vapour comes out of a generator whose inlet is shut, whatever leaks behind it.
    Coupling("vhp_generator_s7", "shut", dict.fromkeys(H2O2, partial(_above, 0.5, 0.0)), line=0, sets="cut"),
    Coupling(
        "ahu_gateway",
        "exhaust_fan_speed",
        dict.fromkeys(H2O2, partial(_above, EXHAUST_MORE_HZ, FLUSHED_PACE)),
        line=0,
        sets="pace",
    ),
    Coupling(
        "ahu_gateway",
        "supply_flow",
        dict.fromkeys([f"{room}_dp" for room in ALL_ROOMS] + ["supply_flow"], _with_supply),
        line=0,
    ),
)
"""Where two causes draw the same quantity, the one further up does."""


@dataclass(slots=True)
class _Pull:
    coupling: Coupling
    cause: Quantity
    law: Law
    since_s: float | None = None

    def steady(self, normal: float, at_s: float) -> float | None:
        drawn = self.law(self.cause.true, normal)
        if drawn is None:
            self.since_s = None
            return None
        if self.since_s is None:
            self.since_s = at_s
        return drawn if at_s - self.since_s >= self.coupling.after_s else None


class Couplings:
    """The couplings between the machines of one plant."""

    def __init__(self, plant: Plant, machines: Mapping[str, Machine]) -> None:
        self._pulls: dict[tuple[int, str], tuple[Quantity, list[_Pull]]] = {}
        for coupling in COUPLINGS:
            for device in plant.devices.values():
                if device.profile.name == coupling.profile:
                    self._add(coupling, plant, device, machines)

    def _add(self, coupling: Coupling, plant: Plant, device: Device, machines: Mapping[str, Machine]) -> None:
        cause = machines[device.id].quantities[coupling.key]
        for other in plant.devices.values():
            quantities = machines[other.id].quantities
            if other is not device and _is_beside(plant, device, other, coupling.line):
                for key, law in coupling.effects.items():
                    if key in quantities:
                        effect = quantities[key]
                        _, pulls = self._pulls.setdefault((id(effect), coupling.sets), (effect, []))
                        pulls.append(_Pull(coupling, cause, law))

    def draw(self, at_s: float) -> None:
        """Let every cause draw what it draws now.

        Args:
            at_s: seconds since the simulation began.
        """
        for (_, sets), (effect, pulls) in self._pulls.items():
            given = [pull.steady(effect.normal, at_s) for pull in pulls]
            setattr(effect, sets, next((one for one in given if one is not None), None))


def _is_beside(plant: Plant, cause: Device, other: Device, line: int | None) -> bool:
    if line is None:
        return other.zone == cause.zone
    workshop = plant.zones[cause.zone].workshop
    if plant.zones[other.zone].workshop != workshop:
        return False
    lines = [one.id for one in plant.lines.values() if one.workshop == workshop]
    return line == 0 or lines[line - 1 : line] == [other.line]


def door_to(plant: Plant, device: Device, room: str) -> tuple[str, str]:
    """Return the module and the contact of the door that leads into a room of a device's line; "" without a module."""
    workshop = plant.zones[device.zone].workshop
    for other in plant.devices.values():
        if other.profile.name in DOOR_MODULES and plant.zones[other.zone].workshop == workshop:
            lines = [one.id for one in plant.lines.values() if one.workshop == workshop]
            number = 1 + lines.index(device.line) * len(ROOMS_OF_A_LINE) + ROOMS_OF_A_LINE.index(room)
            return other.id, f"door_{number}_closed"
    return "", ""
