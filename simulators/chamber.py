"""The air of one incubator chamber: what its valve and heater keep up, and what an open door does to it."""

from random import Random

from simulators.machine import Quantity

CO2_TAU_S, CO2_ESCAPES_TAU_S = 90.0, 20.0
"""How fast a chamber's CO2 follows its valve, and how fast it is gone through an open door (demo proposal)."""

TEMP_TAU_S, DOOR_COOLS_BY = 600.0, 1.5
"""Time constant of a chamber's temperature, and how many degrees an open door takes from it (demo proposal)."""

AIR_O2_PERCENT = 20.9


def chamber_air(rng: Random) -> dict[str, Quantity]:
    """Make the air of a chamber in culture: 37 °C, 5 % CO2, 93 %RH."""
    temp = 37.0 + round(rng.uniform(-0.05, 0.05), 2)  # no two chambers are alike
    return {
        "temp": Quantity(temp, TEMP_TAU_S, noise=0.015, decimals=2),
        "second_temp": Quantity(temp, TEMP_TAU_S, noise=0.04, decimals=2),
        "co2": Quantity(5.0, CO2_TAU_S, noise=0.02, decimals=2, low=0),
        "o2": Quantity(20.5, CO2_TAU_S, noise=0.03, decimals=2, low=0),
        "rh": Quantity(93.0, tau_s=300, noise=0.3, decimals=1),
    }


def breathe(air: dict[str, Quantity], is_open: bool) -> None:
    """Let a chamber's air go towards that of the room while its door is open, and back when it is shut."""
    for gas, outside in (("co2", 0.0), ("o2", AIR_O2_PERCENT)):
        air[gas].tau_s = CO2_ESCAPES_TAU_S if is_open else CO2_TAU_S
        air[gas].drawn = outside if is_open else None
    for key in ("temp", "second_temp"):
        air[key].drawn = air[key].normal - DOOR_COOLS_BY if is_open else None
