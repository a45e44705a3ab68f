"""A sampler for viable particles, PMS MiniCapt: it draws a cubic metre of air over a plate, and rests."""

from datetime import datetime
from random import Random

from simulators.machine import Machine, Quantity
from simulators.particles import FLOW_GOOD, HARDWARE_GOOD, LASER_GOOD

RUN_S, REST_S = 600, 1200
"""10 min at 100 L/min are 1.000 m3 (demo proposal); then the plate is changed."""

FLOW_L_MIN = 100.0
FLOW_TOLERANCE = 0.1
LOCATION = 1


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
            "flow": self.flow_l_min,
            "volume": round(self.volume_m3, 5),
            "elapsed": round(self.run_s, 2),
            "packet_status": self.packet_status,
            "queue": 0,
            "location": LOCATION,
        }
