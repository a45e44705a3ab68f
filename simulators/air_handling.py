"""The air handling unit of a workshop, as the building's own system shows it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from random import Random

from config.model import Register
from simulators.machine import AUTOZERO, Machine, Quantity
from simulators.registers import MapUnit, Place, Rejected

FAN_NORMAL_HZ = 45.0
SUPPLY_NORMAL_M3_H = 24_000.0
RUNNING, NORMAL = 1, 1
FAN_FAULT_HZ = 10.0
OBEYS_AFTER_S = 1.5
"""How long the building's own control takes to follow a request (demo proposal)."""

REQUESTS = {
    "release": (1, 1.0, 1.0),
    "boost": (3, 1.2, 1.2),
    "setback": (2, 0.7, 0.7),
    "exhaust_max": (3, 1.2, 1.4),
}
"""What may be asked for, in the order of its words on the wire from 0 -> mode, and how fast supply and exhaust fan turn
then, as a share of normal (demo proposal)."""

REQUEST_REGISTER = Register(1, "holding", 100, "u16")
"""40101: where the building takes requests (demo proposal)."""


def _fan(fan: str) -> dict[str, Quantity]:
    return {
        f"{fan}_fan_speed": Quantity(FAN_NORMAL_HZ, tau_s=4, noise=0.05, decimals=1, low=0),
        f"{fan}_fan_current": Quantity(12.0, tau_s=4, noise=0.05, decimals=1, low=0),
        f"{fan}_fan_state": Quantity(RUNNING),
    }


class AirHandling(Machine):
    """Both fans at their set point; the supply goes with its fan."""

    def __init__(self, start: datetime, rng: Random) -> None:
        air = {
            "supply_flow": Quantity(SUPPLY_NORMAL_M3_H, tau_s=4, noise=60, decimals=0, low=0),
            "supply_temp": Quantity(19.0, tau_s=120, noise=0.05, decimals=1),
            "supply_rh": Quantity(50.0, tau_s=120, noise=0.2, decimals=1),
            "return_temp": Quantity(21.0, tau_s=600, noise=0.03, decimals=1),
            "return_rh": Quantity(50.0, tau_s=600, noise=0.2, decimals=1),
        }
        filters_pa = {1: 90.0, 2: 140.0, 3: 220.0}  # coarse, fine, terminal
        super().__init__(
            {
                **_fan("supply"),
                **_fan("exhaust"),
                **air,
                **{
                    f"filter_dp_{n}": Quantity(pressure_pa, tau_s=4, noise=0.8, decimals=0, upkeep=AUTOZERO)
                    for n, pressure_pa in filters_pa.items()
                },
                **{f"damper_{n}": Quantity(60.0, tau_s=8, noise=0.1, decimals=1, low=0) for n in (1, 2, 3)},
                "valve_heating": Quantity(25.0, tau_s=8, noise=0.1, decimals=1, low=0),
                "valve_cooling": Quantity(35.0, tau_s=8, noise=0.1, decimals=1, low=0),
                "mode": Quantity(NORMAL, delay_s=OBEYS_AFTER_S),
            },
            start,
            rng,
        )
        self._request = "release"

    def ask(self, request: str) -> None:
        """Take a request; the building's control follows it in its own time. What stands already is nothing new."""
        mode, supply, exhaust = REQUESTS[request]
        self.quantities["mode"].normal = mode
        for fan, share in (("supply", supply), ("exhaust", exhaust)):
            self.quantities[f"{fan}_fan_speed"].normal = FAN_NORMAL_HZ * share
        if request != self._request:
            self._request = request
            self.executed[request] += 1
        self.renew()

    def release(self) -> None:
        """Heal, and run as nobody had asked for anything."""
        super().release()
        if self._request != "release":
            self.ask("release")

    def step(self, dt_s: float) -> None:
        """Let `dt_s` seconds pass; a fan that does not run turns out, and the supply with it."""
        for fan in ("supply", "exhaust"):
            runs = self.quantities[f"{fan}_fan_state"].target == RUNNING
            for key in ("speed", "current"):
                self.quantities[f"{fan}_fan_{key}"].drawn = None if runs else 0.0
        supply = self.quantities["supply_flow"]
        supply.drawn = supply.normal * self.quantities["supply_fan_speed"].true / FAN_NORMAL_HZ
        super().step(dt_s)

    def _show(self) -> dict[str, float]:
        shown = super()._show()
        bits = (
            shown["supply_fan_speed"] < FAN_FAULT_HZ,
            shown["exhaust_fan_speed"] < FAN_FAULT_HZ,
            shown["filter_dp_3"] > 440,
        )
        alarm = sum(bit << place for place, bit in enumerate(bits))
        request = list(REQUESTS).index(self._request)
        return shown | {"alarm_word": alarm, "heartbeat": self.heartbeat, "request": request}


class AirHandlingUnit(MapUnit):
    """The unit of an air handling: a map, and one register that takes requests."""

    def __init__(self, places: Iterable[Place], machine: AirHandling) -> None:
        super().__init__([*places, ("request", REQUEST_REGISTER)], machine)
        self._air_handling = machine

    def write(self, address: int, words: Sequence[int]) -> None:
        """Take a request.

        Raises:
            Rejected: another register, or no such request.
        """
        if address != REQUEST_REGISTER.address or len(words) != 1 or words[0] >= len(REQUESTS):
            raise Rejected(f"{address}: {list(words)}")
        self._air_handling.ask(list(REQUESTS)[words[0]])
