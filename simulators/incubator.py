"""Incubators: the honeycomb of eight chambers on one gas manifold, and the one that stands by itself."""

import math
from collections.abc import Mapping
from datetime import datetime
from random import Random

from simulators.chamber import breathe, chamber_air
from simulators.machine import AUTOZERO, Machine, Quantity
from simulators.plc import Deed, Plc

CHAMBERS = range(1, 9)
OPEN, LOCKED = 0, 2
"""A honeycomb's door enumeration: 0 open, 1 closed, 2 locked (demo proposal)."""

LOCKED_OUT = 5
"""State of a chamber that nobody may open or fill (demo proposal)."""

TEMP_ALARM_BY, CO2_ALARM_BY_PERCENT, GAS_ALARM_BAR = 1.0, 1.0, 0.6
"""How far from 37 °C and 5 % a chamber, and below which pressure the gas, is in alarm (demo proposal)."""

GAS_BIT, EMS_LOST_BIT = 8, 23
"""Alarm bits 0 to 7: a chamber's temperature or CO2; 8: gas pressure; 23: the monitoring system is not heard."""

WITHOUT_GAS_PACE = 0.1
"""A chamber loses its CO2 that much more slowly than its valve fills it: 0.5 % in a minute at 8 % (demo proposal)."""

ROOM_TEMP, COOLING_PACE = 22.0, 0.1
"""Where a chamber goes without its heater, and how much more slowly than its heater warms it (demo proposal)."""


def _chamber_wrong(temp: float, co2: float) -> bool:
    inside = abs(temp - 37.0) <= TEMP_ALARM_BY and abs(co2 - 5.0) <= CO2_ALARM_BY_PERCENT
    return not inside and not math.isnan(temp + co2)


def _shared() -> dict[str, Quantity]:
    return {
        **{f"{gas}_pressure": Quantity(1.2, noise=0.004, decimals=2) for gas in ("co2_a", "co2_b", "n2")},
        "gas_changeover": Quantity(0),
        "dock_port": Quantity(1),
        "dock_seal_pressure": Quantity(2.0, tau_s=1.0, noise=0.01, decimals=2),
        "transfer_box_pressure": Quantity(30.0, tau_s=1.0, noise=0.4, decimals=1, upkeep=AUTOZERO),
        "transfer_box_door": Quantity(1),
        "vhp_phase": Quantity(0),
        "residual_h2o2": Quantity(0.05, tau_s=120, noise=0.02, decimals=2, low=0),
        "power_ok": Quantity(1),
        "ups_on": Quantity(0),
    }


class Incubator(Plc):
    """Eight chambers at 37 °C and 5 % CO2, their doors locked.

    Attributes:
        has_gas: the valve of the manifold is open.
    """

    def __init__(self, start: datetime, rng: Random) -> None:
        self._air = {n: chamber_air(rng) for n in CHAMBERS}
        self.has_gas = True
        quantities = _shared()
        for n, air in self._air.items():
            quantities |= {
                f"ch{n}_{'temp_limiter' if key == 'second_temp' else key}": one for key, one in air.items()
            }
            quantities |= {
                f"ch{n}_door": Quantity(LOCKED),
                f"ch{n}_co2_valve": Quantity(5.0, tau_s=0.5, noise=0.4, decimals=1, low=0),
                f"ch{n}_heater": Quantity(22.0, tau_s=5, noise=0.8, decimals=1, low=0),
                f"ch{n}_state": Quantity(1),  # culture
                f"ch{n}_overtemp_trip": Quantity(0),
            }
        super().__init__(quantities, start, rng)

    def deeds(self) -> Mapping[int, Deed]:
        """What a honeycomb can be asked for (demo proposal); a parameter is a chamber's number."""
        return {
            6: Deed("horn", self.sound),
            7: Deed("release_inhibit", self.reset),
            8: Deed("close_co2", self._close_co2),
            9: Deed("lock_chamber", self._lock),
            10: Deed("heater_off", self._cool),
            11: Deed("close_manifold", self._close_manifold),
            100: Deed("reset", self.reset),
        }

    def step(self, dt_s: float) -> None:
        """Let `dt_s` seconds pass; a chamber breathes through an open door, and without gas its CO2 falls."""
        for n, air in self._air.items():
            breathe(air, self.quantities[f"ch{n}_door"].target == OPEN)
            # A valve that is stuck lets the gas in although it was told to shut.
            is_fed = self.has_gas and self.quantities[f"ch{n}_co2_valve"].target > 0
            air["co2"].cut, air["co2"].pace = (None, None) if is_fed else (0.0, WITHOUT_GAS_PACE)
        super().step(dt_s)

    def _close_co2(self, chamber: int) -> bool:
        if chamber not in CHAMBERS:
            return False
        self.quantities[f"ch{chamber}_co2_valve"].normal = 0.0
        return True

    def _lock(self, chamber: int) -> bool:
        if chamber not in CHAMBERS or self.quantities[f"ch{chamber}_door"].target == OPEN:
            return False
        self.quantities[f"ch{chamber}_door"].normal = LOCKED
        self.quantities[f"ch{chamber}_state"].normal = LOCKED_OUT
        return True

    def _cool(self, chamber: int) -> bool:
        if chamber not in CHAMBERS:
            return False
        self.quantities[f"ch{chamber}_heater"].cut = 0.0
        for key in ("temp", "second_temp"):
            self._air[chamber][key].cut, self._air[chamber][key].pace = ROOM_TEMP, COOLING_PACE
        return True

    def _close_manifold(self, _: int) -> bool:
        self.has_gas = False
        return True

    def reset(self, _: int = 0) -> bool:
        """Open the manifold and the valves, heat, and give every chamber back to its culture."""
        self.has_gas = True
        return super().reset()

    def _show(self) -> dict[str, float]:
        shown = super()._show()
        wrong = [_chamber_wrong(shown[f"ch{n}_temp"], shown[f"ch{n}_co2"]) for n in CHAMBERS]
        gas = min(shown["co2_a_pressure"], shown["n2_pressure"]) < GAS_ALARM_BAR
        alarm = sum(bit << place for place, bit in enumerate(wrong)) | gas << GAS_BIT
        return shown | {"alarm_1": alarm | self.is_deaf << EMS_LOST_BIT}


class Co2Incubator(Machine):
    """One chamber behind two doors."""

    def __init__(self, start: datetime, rng: Random) -> None:
        air = self._air = chamber_air(rng)
        quantities = {
            "temp_1": air["temp"],
            "temp_2": air["second_temp"],
            **{key: air[key] for key in ("co2", "o2", "rh")},
            "door_outer": Quantity(1),
            "door_inner": Quantity(1),
            "co2_valve": Quantity(4.0, tau_s=0.5, noise=0.4, decimals=1, low=0),
            "heater": Quantity(20.0, tau_s=5, noise=0.8, decimals=1, low=0),
            "water": Quantity(1),
            **{f"gas_pressure_{n}": Quantity(1.2, noise=0.004, decimals=2) for n in (1, 2)},
            "overtemp_trip": Quantity(0),
            "power": Quantity(1),
            "mode": Quantity(1),  # culture
        }
        super().__init__(quantities, start, rng)

    def step(self, dt_s: float) -> None:
        """Let `dt_s` seconds pass; the chamber breathes when both doors are open."""
        doors = ("door_outer", "door_inner")
        breathe(self._air, all(self.quantities[door].target == 0 for door in doors))
        super().step(dt_s)

    def _show(self) -> dict[str, float]:
        shown = super()._show()
        bits = (
            _chamber_wrong(shown["temp_1"], shown["co2"]),
            min(shown["gas_pressure_1"], shown["gas_pressure_2"]) < GAS_ALARM_BAR,
            not shown["water"],
            bool(shown["overtemp_trip"]),
        )
        return shown | {"alarm_word": sum(bit << place for place, bit in enumerate(bits))}
