"""A biological safety cabinet behind a gateway: its fan makes downflow and inflow."""

from datetime import datetime
from random import Random

from simulators.machine import Machine, Quantity

FAN_NORMAL_PERCENT = 60.0
FILTER_HOURS = 2100.0
RUN = 2


class Cabinet(Machine):
    """A cabinet at work, its sash at working height; without its fan there is no air curtain."""

    def __init__(self, start: datetime, rng: Random) -> None:
        quantities = {
            **{f"downflow_{n}": Quantity(0.35, tau_s=1.5, noise=0.004, decimals=3, low=0) for n in (1, 2)},
            "inflow": Quantity(0.53, tau_s=1.5, noise=0.004, decimals=3, low=0),
            "sash_height": Quantity(200.0, tau_s=1.0, noise=0.2, decimals=0, low=0),
            **{f"hepa_dp_{n}": Quantity(139.0 + n, tau_s=1.5, noise=0.6, decimals=1) for n in (1, 2)},
            "fan_speed": Quantity(FAN_NORMAL_PERCENT, tau_s=1.5, noise=0.1, decimals=1, low=0),
            "fan_current": Quantity(2.1, tau_s=1.5, noise=0.01, decimals=2, low=0),
            "exhaust_flow": Quantity(420.0, tau_s=1.5, noise=2, decimals=0, low=0),
            "temp": Quantity(23.0, tau_s=600, noise=0.03, decimals=2),
            "lamp_uv": Quantity(0),
            "mode": Quantity(RUN),
            "power": Quantity(1),
        }
        super().__init__(quantities, start, rng)

    def step(self, dt_s: float) -> None:
        """Let `dt_s` seconds pass; every flow goes with the fan's speed."""
        share = self.quantities["fan_speed"].true / FAN_NORMAL_PERCENT
        for key in ("downflow_1", "downflow_2", "inflow", "exhaust_flow"):
            quantity = self.quantities[key]
            quantity.drawn = quantity.normal * share
        super().step(dt_s)

    def _show(self) -> dict[str, float]:
        shown = super()._show()
        bits = (
            shown["inflow"] < 0.45,
            min(shown["downflow_1"], shown["downflow_2"]) < 0.25,
            shown["sash_height"] > 230,
            max(shown["hepa_dp_1"], shown["hepa_dp_2"]) > 300,
        )
        return shown | {
            "alarm_word": sum(bit << place for place, bit in enumerate(bits)),
            "filter_hours": FILTER_HOURS + self.elapsed_s // 3600,
            "heartbeat": self.heartbeat,
        }
