"""A honeycomb incubator: eight chambers in culture on one gas manifold."""

from datetime import datetime
from random import Random

from simulators.machine import Machine, Quantity

CHAMBERS = range(1, 9)
CO2_TAU_S = 90.0
"""How fast a chamber's CO2 follows its valve (demo proposal); its temperature takes 600 s."""


def _chamber(n: int, rng: Random) -> dict[str, Quantity]:
    chamber_temp = 37.0 + round(rng.uniform(-0.05, 0.05), 2)  # no two chambers are alike
    return {
        f"ch{n}_temp": Quantity(chamber_temp, tau_s=600, noise=0.015, decimals=2),
        f"ch{n}_temp_limiter": Quantity(chamber_temp, tau_s=600, noise=0.04, decimals=2),
        f"ch{n}_co2": Quantity(5.0, tau_s=CO2_TAU_S, noise=0.02, decimals=2, low=0),
        f"ch{n}_o2": Quantity(20.5, tau_s=CO2_TAU_S, noise=0.03, decimals=2, low=0),
        f"ch{n}_rh": Quantity(93.0, tau_s=300, noise=0.3, decimals=1),
        f"ch{n}_door": Quantity(2),  # locked
        f"ch{n}_co2_valve": Quantity(5.0, tau_s=0.5, noise=0.4, decimals=1, low=0),
        f"ch{n}_heater": Quantity(22.0, tau_s=5, noise=0.8, decimals=1, low=0),
        f"ch{n}_state": Quantity(1),  # culture
        f"ch{n}_overtemp_trip": Quantity(0),
    }


def _shared() -> dict[str, Quantity]:
    return {
        **{f"{gas}_pressure": Quantity(1.2, noise=0.004, decimals=2) for gas in ("co2_a", "co2_b", "n2")},
        "gas_changeover": Quantity(0),
        "dock_port": Quantity(1),
        "dock_seal_pressure": Quantity(2.0, tau_s=1.0, noise=0.01, decimals=2),
        "transfer_box_pressure": Quantity(30.0, tau_s=1.0, noise=0.4, decimals=1),
        "transfer_box_door": Quantity(1),
        "vhp_phase": Quantity(0),
        "residual_h2o2": Quantity(0.05, tau_s=120, noise=0.02, decimals=2, low=0),
        "power_ok": Quantity(1),
        "ups_on": Quantity(0),
        "alarm_1": Quantity(0),
    }


class Incubator(Machine):
    """Eight chambers at 37 °C and 5 % CO2."""

    def __init__(self, start: datetime, rng: Random) -> None:
        quantities = _shared()
        for n in CHAMBERS:
            quantities |= _chamber(n, rng)
        super().__init__(quantities, start, rng)

    def values(self) -> dict[str, float]:
        """Return what the PLC shows now, by channel key."""
        return super().values() | {"heartbeat": self.heartbeat}
