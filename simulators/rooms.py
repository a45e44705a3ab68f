"""The rooms of a line behind one gateway: pressure, climate and hydrogen peroxide."""

from datetime import datetime
from random import Random

from simulators.machine import Machine, Quantity

PRESSURE_PA = {"pali": 15.0, "mali": 15.0, "core": 27.0, "exit": 15.0, "malo": 15.0}
"""Airlocks and core of a grade C line, doors closed (demo proposal)."""

SELF_TEST = {7936: 0xCFC7, 7937: 0xE666, 7938: 0xC2F6}
"""Vaisala's check of the reader's word order: the integer -12345 and the float -123.45, low word first (HMT330
manual: registers 7937 and 7938)."""


def _room(room: str, pressure_pa: float, rng: Random) -> dict[str, Quantity]:
    room_temp = 21.0 + round(rng.uniform(-0.4, 0.4), 1)  # no two rooms are alike
    return {
        f"{room}_dp": Quantity(pressure_pa, tau_s=8, noise=0.15, decimals=1),
        f"{room}_temp": Quantity(room_temp, tau_s=600, noise=0.03, decimals=2),
        f"{room}_rh": Quantity(50.0 + round(rng.uniform(-2, 2), 1), tau_s=300, noise=0.2, decimals=1),
        f"{room}_status": Quantity(1),  # no errors
    }


class Rooms(Machine):
    """Five rooms with their doors closed."""

    def __init__(self, start: datetime, rng: Random) -> None:
        quantities = {
            **{
                f"{room}_h2o2": Quantity(0.0, tau_s=120, noise=0.015, decimals=2, low=0)
                for room in ("mali", "core")
            },
            "supply_flow": Quantity(1800.0, tau_s=8, noise=6, decimals=0, low=0),
        }
        for room, pressure_pa in PRESSURE_PA.items():
            quantities |= _room(room, pressure_pa, rng)
        super().__init__(quantities, start, rng)
