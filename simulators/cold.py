"""A cold store: a refrigerator, a freezer, or a vessel of liquid nitrogen."""

from dataclasses import dataclass
from datetime import datetime
from random import Random

from simulators.machine import Machine, Quantity

ROOM_TEMP = 22.0
TOO_WARM_BY = 3.0
AIR_TAU_S, OPEN_AIR_TAU_S, PRODUCT_TAU_S = 120.0, 240.0, 3600.0


@dataclass(frozen=True, slots=True)
class Cold:
    """What a store keeps.

    Attributes:
        temp: set point in °C.
        plant: what its plant shows: compressor load, or the level of liquid nitrogen, in percent.
    """

    temp: float
    plant: float


COLDS = {
    "COLD-2-8C": Cold(5.0, 45.0),
    "COLD--20C": Cold(-20.0, 55.0),
    "COLD--80C": Cold(-80.0, 70.0),
    "COLD-LN2": Cold(-150.0, 80.0),
}
"""The four stores of the demo plant, by device id."""


class ColdStore(Machine):
    """A store with its door shut. The product follows the air, an hour behind."""

    def __init__(self, start: datetime, rng: Random, cold: Cold) -> None:
        self._cold = cold
        quantities = {
            "temp_air": Quantity(cold.temp, AIR_TAU_S, noise=0.08, decimals=1),
            "temp_product": Quantity(cold.temp, PRODUCT_TAU_S, noise=0.03, decimals=1),
            "door": Quantity(1),
            "plant": Quantity(cold.plant, tau_s=60, noise=0.4, decimals=1, low=0),
            "setpoint": Quantity(cold.temp, decimals=1),
            "power": Quantity(1),
            "battery": Quantity(13.2, noise=0.01, decimals=2),
        }
        super().__init__(quantities, start, rng)

    def step(self, dt_s: float) -> None:
        """Let `dt_s` seconds pass; an open door lets the room's air in, a store without power warms up."""
        is_open, has_power = self.quantities["door"].target == 0, self.quantities["power"].target > 0
        air, product = self.quantities["temp_air"], self.quantities["temp_product"]
        air.drawn = ROOM_TEMP if is_open or not has_power else None
        air.tau_s = OPEN_AIR_TAU_S if is_open else AIR_TAU_S if has_power else PRODUCT_TAU_S
        product.drawn = air.true
        super().step(dt_s)

    def _show(self) -> dict[str, float]:
        shown = super()._show()
        bits = (
            shown["temp_product"] > self._cold.temp + TOO_WARM_BY,
            not shown["door"],
            not shown["power"],
        )
        return shown | {"alarm_word": sum(bit << place for place, bit in enumerate(bits))}
