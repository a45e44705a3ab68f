"""The doors of a workshop behind ADAM input modules: contacts as coils, three for each door."""

from datetime import datetime
from random import Random

from config.model import Register
from simulators.machine import Machine, Quantity
from simulators.registers import Place

COMMON = {"fire_alarm": 0.0, "estop": 0.0, "watchdog_ok": 1.0, "power": 1.0}
CONTACTS = ("closed", "locked", "fault")


def door_places(doors: int) -> list[Place]:
    """Return the contacts in the order of the module's inputs: coil 00001 is the first (Advantech ADAM-6000 manual)."""
    keys = [f"door_{n}_{contact}" for n in range(1, doors + 1) for contact in CONTACTS]
    return [(key, Register(1, "coil", address, "bool")) for address, key in enumerate([*keys, *COMMON])]


class Doors(Machine):
    """Doors that are closed, and locked as long as they are.

    Attributes:
        doors: how many there are.
    """

    def __init__(self, start: datetime, rng: Random, doors: int) -> None:
        self.doors = doors
        quantities = {key: Quantity(state) for key, state in COMMON.items()}
        for n in range(1, doors + 1):
            quantities |= {f"door_{n}_closed": Quantity(1), f"door_{n}_fault": Quantity(0)}
            quantities[f"door_{n}_locked"] = Quantity(1)
        super().__init__(quantities, start, rng)

    def step(self, dt_s: float) -> None:
        """Let `dt_s` seconds pass; no lock holds an open door."""
        for n in range(1, self.doors + 1):
            is_closed = self.quantities[f"door_{n}_closed"].target > 0
            self.quantities[f"door_{n}_locked"].normal = float(is_closed)
        super().step(dt_s)
