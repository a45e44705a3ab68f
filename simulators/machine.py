"""What every simulated machine is made of: quantities that follow their targets, seen by noisy sensors."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

NOISE_MEMORY = 0.7
"""How much of a sensor's deviation is still there a second later: real noise wanders, it does not jump."""


@dataclass(slots=True)
class Quantity:
    """One physical quantity and the transmitter that shows it.

    Attributes:
        normal: the steady state of a calm plant, in the channel's unit.
        tau_s: time constant of the first-order lag towards the target; 0 follows at once.
        noise: standard deviation of the transmitter's noise, in the channel's unit.
        decimals: how many digits after the point the transmitter gives.
        low: the least that the transmitter can show.
        forced: what a fault makes of the steady state; None while there is none.
        lift: what another part of the machine adds to the steady state.
    """

    normal: float
    tau_s: float = 0.0
    noise: float = 0.0
    decimals: int = 0
    low: float = -math.inf
    forced: float | None = None
    lift: float = 0.0
    true: float = field(init=False)
    _deviation: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self.true = self.normal

    @property
    def target(self) -> float:
        """The steady state towards which the quantity moves now."""
        return (self.normal if self.forced is None else self.forced) + self.lift

    def step(self, dt_s: float) -> None:
        """Let `dt_s` seconds pass. Exact for any step: n short steps end where one long step does."""
        target = self.target
        if self.tau_s > 0:
            target += (self.true - target) * math.exp(-dt_s / self.tau_s)
        self.true = target

    def deviate(self, rng: Random) -> None:
        """Draw the transmitter's next deviation."""
        fresh = math.sqrt(1 - NOISE_MEMORY**2) * self.noise
        self._deviation = NOISE_MEMORY * self._deviation + rng.gauss(0.0, fresh)

    @property
    def shown(self) -> float:
        """What the transmitter shows: true value and deviation, in its own digits."""
        return max(self.low, round(self.true + self._deviation, self.decimals)) + 0.0  # no negative zero


class Machine:
    """What one device measures. Pure: the same seed and the same steps give the same values.

    Subclasses add what is not a quantity: states, counts, words of bits.
    """

    def __init__(self, quantities: Mapping[str, Quantity], start: datetime, rng: Random) -> None:
        self.quantities = quantities
        self.start_unix_s = start.timestamp()
        self.elapsed_s = 0.0
        self._rng = rng

    def step(self, dt_s: float) -> None:
        """Let `dt_s` seconds pass; the noise of every transmitter is drawn anew on each whole second."""
        second_before = math.floor(self.elapsed_s)
        self.elapsed_s += dt_s
        refresh = math.floor(self.elapsed_s) != second_before
        for quantity in self.quantities.values():
            quantity.step(dt_s)
            if refresh and quantity.noise:
                quantity.deviate(self._rng)

    @property
    def heartbeat(self) -> int:
        """What a PLC counts up once a second, in 16 bits."""
        return math.floor(self.elapsed_s) & 0xFFFF

    def values(self) -> dict[str, float]:
        """Return what the device shows now, by channel key."""
        return {key: quantity.shown for key, quantity in self.quantities.items()}

    def force(self, key: str, target: float) -> None:
        """Make `target` the steady state of a quantity, until `release`."""
        self.quantities[key].forced = target

    def release(self) -> None:
        """End what was forced: the physics goes back to the calm plant at its own pace."""
        for quantity in self.quantities.values():
            quantity.forced = None
