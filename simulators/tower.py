"""A PATLITE LA6-POE signal tower: it holds what was written. Addresses are the manual's register minus 40001."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from random import Random
from typing import ClassVar

from simulators.machine import Machine, Quantity
from simulators.registers import Rejected

TIERS = tuple(f"tier_{n}" for n in range(1, 6))
BUZZER, CLEAR, MUTE = 5, 7, 8
LIGHTS = dict(enumerate(TIERS))
HOLDING = LIGHTS | {BUZZER: "buzzer", MUTE: "mute"}
LIVE_CHECK = 0
"""Sub-function of the diagnostics (FC08) that returns 1 while the board is energised."""

KEYS = {"holding": HOLDING, "discrete": {0: "ack_button"}, "diagnostic": {LIVE_CHECK: "pcb_alive"}}
CONTROL = 0x01
"""High byte of every write that means something."""

NO_CHANGE = 0x09
TIER_STATES = range(3)  # off, on, flashing
BUZZER_STATES = range(12)  # silent, pattern 1 to 11


class Tower(Machine):
    """Five tiers and a buzzer, all dark and silent at power-up."""

    def __init__(self, start: datetime, rng: Random) -> None:
        keys = (*TIERS, "buzzer", "mute", "ack_button")
        super().__init__({key: Quantity(0) for key in keys} | {"pcb_alive": Quantity(1)}, start, rng)

    def show(self, key: str, state: int) -> None:
        """Set one tier, the buzzer or the mute."""
        self.quantities[key].normal = self.quantities[key].true = float(state)
        self.renew()

    def power_up(self) -> None:
        """Come back dark, silent and not muted."""
        super().power_up()
        for key in (*TIERS, "buzzer", "mute"):
            self.show(key, 0)


class TowerUnit:
    """The tower's registers. What is read back has no high byte."""

    addresses: ClassVar[Mapping[str, frozenset[int]]] = {
        "holding": frozenset(range(11)),
        "discrete": frozenset(range(8)),
        "diagnostic": frozenset({LIVE_CHECK}),
    }

    def __init__(self, machine: Tower) -> None:
        self._machine = machine

    def read(self, table: str, address: int, count: int) -> list[int]:
        """Return the states of tiers, buzzer and mute, of the push buttons, or whether the board lives."""
        shown = self._machine.values()
        keys = KEYS[table]
        return [
            round(shown[keys[place]]) if place in keys else 0 for place in range(address, address + count)
        ]

    def write(self, address: int, words: Sequence[int]) -> None:
        """Take control words.

        Raises:
            Rejected: the high byte is not 01, or there is no such state.
        """
        for place, word in enumerate(words, address):
            self._write_one(place, word)

    def _write_one(self, address: int, word: int) -> None:
        state = word & 0xFF
        if address == CLEAR and word == 1:
            for key in (*TIERS, "buzzer"):
                self._machine.show(key, 0)
        elif address == MUTE and word in {0, 1}:
            self._machine.show("mute", word)
        elif address in LIGHTS and word >> 8 == CONTROL and state in TIER_STATES:
            self._machine.show(LIGHTS[address], state)
        elif address == BUZZER and word >> 8 == CONTROL and state in BUZZER_STATES:
            self._machine.show("buzzer", state)
        elif address not in LIGHTS or word != CONTROL << 8 | NO_CHANGE:
            raise Rejected(f"0x{word:04X} at 40{address + 1:03}")
