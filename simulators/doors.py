"""The doors of a workshop behind ADAM input modules: contacts as coils, three for each door."""

from datetime import datetime
from random import Random

from config.model import Register
from simulators.machine import Machine, Quantity
from simulators.registers import MapUnit, Place, Rejected

COMMON = {"fire_alarm": 0.0, "estop": 0.0, "watchdog_ok": 1.0, "power": 1.0}
CONTACTS = ("closed", "locked", "fault")

FIRST_LOCK = 100
"""Output of a door's lock: coil address 100 and the door's number (demo proposal)."""

DOORS_OF_A_LINE, MATERIAL_DOORS = 5, (2, 5)
"""Of the five doors of a line the second and the fifth are the material airlocks'; people go through the others."""


def is_way_out(door: int, doors: int) -> bool:
    """Whether people go through a door, of so many in the workshop: a fire opens it."""
    is_shared = door > doors // DOORS_OF_A_LINE * DOORS_OF_A_LINE
    return is_shared or (door - 1) % DOORS_OF_A_LINE + 1 not in MATERIAL_DOORS


def door_places(doors: int) -> list[Place]:
    """Return the contacts in the order of the module's inputs: coil 00001 is the first (Advantech ADAM-6000 manual)."""
    keys = [f"door_{n}_{contact}" for n in range(1, doors + 1) for contact in CONTACTS]
    return [(key, Register(1, "coil", address, "bool")) for address, key in enumerate([*keys, *COMMON])]


class Doors(Machine):
    """Doors that are closed, and locked as long as they are; each can be told to lock whatever its interlock does.

    Attributes:
        doors: how many there are.
    """

    def __init__(self, start: datetime, rng: Random, doors: int) -> None:
        self.doors = doors
        self._told: set[int] = set()
        quantities = {key: Quantity(state) for key, state in COMMON.items()}
        for n in range(1, doors + 1):
            quantities |= {f"door_{n}_closed": Quantity(1), f"door_{n}_fault": Quantity(0)}
            quantities[f"door_{n}_locked"] = Quantity(1)
        super().__init__(quantities, start, rng)

    def step(self, dt_s: float) -> None:
        """Let `dt_s` seconds pass; no lock holds an open door, and none holds people in a fire."""
        is_fire = self.quantities["fire_alarm"].target > 0
        for n in range(1, self.doors + 1):
            lock = self.quantities[f"door_{n}_locked"]
            holds = self.quantities[f"door_{n}_closed"].target > 0 and not (
                is_fire and is_way_out(n, self.doors)
            )
            lock.normal = float(holds)
            lock.cut = 1.0 if holds and n in self._told else None if holds else 0.0
        super().step(dt_s)

    def tell(self, door: int, locked: bool) -> None:
        """Tell a door to lock, or leave it to its interlock."""
        if locked:
            self.executed[f"lock_{door}"] += door not in self._told
            self._told.add(door)
        else:
            self._told.discard(door)
        self.renew()

    def release(self) -> None:
        """Heal, and leave every door to its interlock."""
        super().release()
        self._told.clear()

    def _show(self) -> dict[str, float]:
        return super()._show() | {f"lock_{n}": float(n in self._told) for n in range(1, self.doors + 1)}


class DoorUnit(MapUnit):
    """The unit of a workshop's doors: contacts to be read, and a coil for each lock."""

    def __init__(self, machine: Doors) -> None:
        locks = [
            (f"lock_{n}", Register(1, "coil", FIRST_LOCK + n, "bool")) for n in range(1, machine.doors + 1)
        ]
        super().__init__([*door_places(machine.doors), *locks], machine)
        self._doors = machine

    def write_coil(self, address: int, on: bool) -> None:
        """Lock a door, or let it go.

        Raises:
            Rejected: the coil is a contact.
        """
        if not FIRST_LOCK < address <= FIRST_LOCK + self._doors.doors:
            raise Rejected(f"coil {address} is an input")
        self._doors.tell(address - FIRST_LOCK, on)
