"""A sampler for viable particles, PMS MiniCapt: it draws a cubic metre of air over a plate, and rests."""

import math
from datetime import datetime
from random import Random

from config.model import Register
from simulators.machine import Machine, Quantity
from simulators.particles import FLOW_GOOD, HARDWARE_GOOD, LASER_GOOD
from simulators.registers import Place

RUN_S, REST_S = 600, 1200
"""10 min at 100 L/min are 1.000 m3 (demo proposal); then the plate is changed."""

FLOW_L_MIN = 100.0
FLOW_TOLERANCE = 0.1
LOCATION = 1

FLOW_SCALE, VOLUME_SCALE = 2, 5
"""Powers of ten by which flow and volume stand multiplied (MiniCapt Remote manual)."""

HEAD = {"input": {0: 100, 1: 100, 10: FLOW_SCALE, 11: VOLUME_SCALE, 226: 0, 227: 3}}
"""Map version, firmware, the two scales; no particle channels, three analog ones."""


def _at(register: int, type_: str, scale: float = 1.0) -> Register:
    return Register(1, "input", register - 30001, type_, "big", scale)


PLACES: tuple[Place, ...] = (
    ("device_status", _at(30212, "u32")),
    ("state_word", _at(30214, "u16")),
    ("queue", _at(30215, "u16")),
    ("at_unix_s", _at(30216, "u32")),
    ("elapsed", _at(30218, "u32", 0.01)),
    ("packet_status", _at(30220, "u32")),
    ("flow", _at(30222, "u32", 10**-FLOW_SCALE)),
    ("volume", _at(30224, "u32", 10**-VOLUME_SCALE)),
    ("location", _at(30226, "u16")),
    ("flow", _at(30229, "u32", 10**-FLOW_SCALE)),
    ("volume", _at(30231, "u32", 10**-VOLUME_SCALE)),
    ("elapsed", _at(30233, "u32", 0.01)),
)
"""The data block (MiniCapt Remote manual): 32-bit numbers high word first; the state in the low byte of 30214."""


class AirSampler(Machine):
    """Runs and rests that follow one another; through a rest the last run's volume stands.

    Attributes:
        running: air is drawn.
        volume_m3: drawn in this run, or in the last.
        run_s: length of this run so far, or of the last.
        finished: runs since power-up.
    """

    def __init__(self, start: datetime, rng: Random) -> None:
        super().__init__({"flow": Quantity(FLOW_L_MIN, noise=0.2, decimals=1, low=0)}, start, rng)
        self.running = False
        self.volume_m3 = self.run_s = 0.0
        self.finished = 0
        self._left_s = float(rng.randrange(1, REST_S))

    @property
    def flow_l_min(self) -> float:
        """What the flow meter shows: nothing while the pump rests."""
        return self.quantities["flow"].shown if self.running else 0.0

    @property
    def flow_wrong(self) -> bool:
        """The pump runs outside its tolerance."""
        return self.running and abs(self.quantities["flow"].shown / FLOW_L_MIN - 1) > FLOW_TOLERANCE

    @property
    def packet_status(self) -> int:
        """Laser, flow and hardware; a set bit is good."""
        return LASER_GOOD | HARDWARE_GOOD | (not self.flow_wrong) * FLOW_GOOD

    def step(self, dt_s: float) -> None:
        """Let `dt_s` seconds pass; runs and rests that end within them give way to the next."""
        while dt_s >= self._left_s:
            dt_s -= self._left_s
            self._pass(self._left_s)
            self._turn_over()
        self._pass(dt_s)

    def _pass(self, dt_s: float) -> None:
        super().step(dt_s)
        self._left_s -= dt_s
        if self.running:
            self.run_s += dt_s
            self.volume_m3 += self.quantities["flow"].true / 1000 * dt_s / 60

    def _turn_over(self) -> None:
        self.finished += self.running
        self.running = not self.running
        self._left_s = float(RUN_S if self.running else REST_S)
        if self.running:
            self.volume_m3 = self.run_s = 0.0
        self.renew()

    def _show(self) -> dict[str, float]:
        return {
            "device_status": self.running,
            "state": self.running,
            "substate": 0,
            "state_word": self.running,  # low byte state, high byte sub-state
            "at_unix_s": math.floor(self.start_unix_s + self.elapsed_s),
            "flow": self.flow_l_min,
            "volume": round(self.volume_m3, 5),
            "elapsed": round(self.run_s, 2),
            "packet_status": self.packet_status,
            "queue": 0,
            "location": LOCATION,
        }
