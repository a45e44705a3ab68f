"""The rooms of a line, or of the laboratory, behind one gateway: pressure, climate, hydrogen peroxide, air."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from random import Random

from simulators.machine import AUTOZERO, Machine, Quantity, Upkeep

DOOR_OPEN_PA = 2.0
"""What is left of a room's pressure while its door stands open (demo proposal)."""

PURGE = Upkeep(every_s=86_400, lasts_s=240)
"""A Vaisala HPP272 heats its probe clean once a day, and locks its reading meanwhile (HPP272 manual; length: ours)."""

LOCKED_DURING_PURGE = 32
"""Status of a value that is locked (HPP272 manual)."""


@dataclass(frozen=True, slots=True)
class Rooming:
    """Which rooms there are, and what is measured in them.

    Attributes:
        pressure_pa: of each room, against the next lower zone, doors closed.
        h2o2: the rooms with a hydrogen peroxide probe.
        velocities: how many air velocity probes there are.
        supply_m3_h: supply air; 0 where nobody measures it.
    """

    pressure_pa: Mapping[str, float]
    h2o2: tuple[str, ...]
    velocities: int = 0
    supply_m3_h: float = 0.0


C_ROOMS = Rooming(
    {"pali": 15.0, "mali": 15.0, "core": 27.0, "exit": 15.0, "malo": 15.0},
    ("mali", "core"),
    supply_m3_h=1800.0,
)
"""Airlocks and core of a grade C line (demo proposal: airlocks 15 Pa, core 27 Pa)."""

B_ROOMS = Rooming(
    dict.fromkeys(("prep", "pali", "mali", "core", "exit", "malo"), 15.0),
    ("core",),
    velocities=2,
    supply_m3_h=2600.0,
)
"""A grade B line: preparation 15, airlocks 30, core 45 Pa above the corridor (demo proposal), so 15 Pa a step."""

Q_ROOMS = Rooming({"lab": 0.0, "ster": 12.0, "pos": 15.0}, ("ster",))
"""The laboratory is the reference (0 Pa), the sterility room grade D (12 Pa); the positive control room is the lowest,
and its transmitter gives how far it is below its neighbours (demo proposal)."""


def _room(pressure_pa: float, rng: Random) -> dict[str, Quantity]:
    room_temp = 21.0 + round(rng.uniform(-0.4, 0.4), 1)  # no two rooms are alike
    return {
        "dp": Quantity(pressure_pa, tau_s=8, noise=0.15, decimals=1, upkeep=AUTOZERO),
        "temp": Quantity(room_temp, tau_s=600, noise=0.03, decimals=2),
        "rh": Quantity(50.0 + round(rng.uniform(-2, 2), 1), tau_s=300, noise=0.2, decimals=1),
        "status": Quantity(1),  # no errors
    }


class Rooms(Machine):
    """The rooms of a gateway, their doors closed."""

    def __init__(self, start: datetime, rng: Random, rooming: Rooming = C_ROOMS) -> None:
        quantities = {
            f"{room}_h2o2": Quantity(0.0, tau_s=120, noise=0.015, decimals=2, low=0, upkeep=PURGE)
            for room in rooming.h2o2
        }
        for n in range(1, rooming.velocities + 1):
            quantities[f"velocity_{n}"] = Quantity(0.45, tau_s=1.5, noise=0.005, decimals=3, low=0)
        if rooming.supply_m3_h:
            quantities["supply_flow"] = Quantity(rooming.supply_m3_h, tau_s=8, noise=6, decimals=0, low=0)
        for room, pressure_pa in rooming.pressure_pa.items():
            quantities |= {f"{room}_{key}": quantity for key, quantity in _room(pressure_pa, rng).items()}
        super().__init__(quantities, start, rng)
        self._rooming = rooming

    def _show(self) -> dict[str, float]:
        shown = super()._show()
        for room in self._rooming.pressure_pa:
            if math.isnan(shown[f"{room}_temp"] + shown[f"{room}_rh"]):
                shown[f"{room}_status"] = 0.0
        for room in self._rooming.h2o2:
            shown[f"{room}_h2o2_status"] = LOCKED_DURING_PURGE * self.quantities[f"{room}_h2o2"].busy
        return shown
