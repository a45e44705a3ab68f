"""What every simulated machine is made of: quantities that follow their targets, seen by noisy sensors."""

import math
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from random import Random

NOISE_MEMORY = 0.7
"""How much of a sensor's deviation is still there a second later: real noise wanders, it does not jump."""
NOISE_FRESH = math.sqrt(1 - NOISE_MEMORY**2)
"""How much is new each second, so that the whole stays as large as it is."""


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What a transmitter does to itself now and then; it holds its output meanwhile."""

    every_s: int
    lasts_s: int


AUTOZERO = Upkeep(every_s=600, lasts_s=1)
"""A pressure transmitter measures its own zero (demo proposal)."""


class Sensor(Enum):
    """Whether a transmitter shows what is."""

    LIVE = auto()
    HELD = auto()
    """It shows the same to the last digit, whatever happens."""
    FAILED = auto()
    """It has no value: NaN."""


@dataclass(slots=True)
class Quantity:
    """One physical quantity and the transmitter that shows it.

    Attributes:
        normal: the steady state of a calm plant, in the channel's unit.
        tau_s: time constant of the first-order lag towards the target; 0 follows at once.
        noise: standard deviation of the transmitter's noise, in the channel's unit.
        decimals: how many digits after the point the transmitter gives.
        low: the least that the transmitter can show.
        delay_s: how long after its cause a change begins, for example the way through a sample line.
        upkeep: what the transmitter does to itself now and then.
        drawn: what another machine makes of the steady state; None while there is nothing.
        forced: what a fault makes of the steady state, before all others; None while there is none.
        forced_tau_s: the time constant while forced; None: its own.
        cut: what is left of it while its source is shut off: no fault lifts it above that; None while it is not.
        pace: how many times faster than its time constant says it moves, for example in a room that is flushed.
        lift: what another part of the machine adds to the steady state.
        busy: the transmitter is at its upkeep now.
    """

    normal: float
    tau_s: float = 0.0
    noise: float = 0.0
    decimals: int = 0
    low: float = -math.inf
    delay_s: float = 0.0
    upkeep: Upkeep | None = None
    drawn: float | None = None
    forced: float | None = None
    forced_tau_s: float | None = None
    cut: float | None = None
    pace: float | None = None
    lift: float = 0.0
    sensor: Sensor = Sensor.LIVE
    busy: bool = False
    true: float = field(init=False)
    _deviation: float = field(init=False, default=0.0)
    _kept: float = field(init=False, default=math.nan)
    _heading: float = field(init=False)
    _coming: deque[tuple[float, float]] = field(init=False, default_factory=deque)

    def __post_init__(self) -> None:
        self.true = self._heading = self.normal

    @property
    def target(self) -> float:
        """The steady state towards which the quantity moves now, or after its delay."""
        if self.cut is not None:
            return self.cut
        if self.forced is not None:
            return self.forced + self.lift
        return (self.normal if self.drawn is None else self.drawn) + self.lift

    def step(self, dt_s: float) -> bool:
        """Let `dt_s` seconds pass. Exact for any step: n short steps end where one long step does.

        Returns:
            Whether the quantity moved.
        """
        before, target = self.true, self.target
        if self.delay_s:
            self._step_delayed(target, dt_s)
        elif before != target:
            self._follow(target, dt_s)
        return self.true != before

    def _step_delayed(self, target: float, dt_s: float) -> None:
        newest = self._coming[-1][1] if self._coming else self._heading
        if target != newest:
            self._coming.append((self.delay_s, target))
        passed_s = 0.0
        while self._coming and self._coming[0][0] <= dt_s:
            due_s, arriving = self._coming.popleft()
            self._follow(self._heading, due_s - passed_s)
            passed_s, self._heading = due_s, arriving
        self._follow(self._heading, dt_s - passed_s)
        for place, (left_s, coming) in enumerate(self._coming):
            self._coming[place] = (left_s - dt_s, coming)

    def _follow(self, target: float, dt_s: float) -> None:
        tau_s = self.tau_s if self.forced_tau_s is None or self.cut is not None else self.forced_tau_s
        left = math.exp(-dt_s * (self.pace or 1.0) / tau_s) if tau_s > 0 else 0.0
        self.true = target + (self.true - target) * left

    def deviate(self, rng: Random) -> None:
        """Draw the transmitter's next deviation."""
        self._deviation = NOISE_MEMORY * self._deviation + rng.gauss(0.0, NOISE_FRESH * self.noise)

    @property
    def shown(self) -> float:
        """What the transmitter shows: true value and deviation, in its own digits; NaN if it has failed."""
        if self.sensor is Sensor.FAILED:
            return math.nan
        if self.busy or self.sensor is Sensor.HELD:
            return self._kept
        return max(self.low, round(self.true + self._deviation, self.decimals)) + 0.0  # no negative zero

    def turn(self, sensor: Sensor) -> None:
        """Let the transmitter hold what it shows, fail, or live again."""
        self._kept, self.sensor = self.shown, sensor

    def look_after(self, second: int) -> None:
        """Begin or end the transmitter's upkeep, as its own clock says."""
        if self.upkeep is not None:
            busy = second % self.upkeep.every_s < self.upkeep.lasts_s
            if busy != self.busy:
                self._kept, self.busy = self.shown, busy


class Machine:
    """What one device measures. Pure: the same seed and the same steps give the same values.

    Subclasses add what is not a quantity in `_show`: states, counts, words of bits.

    Attributes:
        quantities: by channel key; those that no channel shows are what happens inside.
        revision: another one whenever something that is shown may have changed.
        executed: what it was asked for and has carried out, and how often.
    """

    def __init__(self, quantities: Mapping[str, Quantity], start: datetime, rng: Random) -> None:
        self.quantities = quantities
        self.start_unix_s = start.timestamp()
        self.elapsed_s = 0.0
        self.revision = 0
        self.executed: Counter[str] = Counter()
        self._rng = rng
        self._all = tuple(quantities.values())
        self._noisy = tuple(one for one in self._all if one.noise)
        # No two transmitters of a plant are busy with themselves in the same second.
        self._cared = [
            (one, rng.randrange(one.upkeep.every_s - one.upkeep.lasts_s)) for one in self._all if one.upkeep
        ]
        self._booted_s = 0.0
        self._shown: dict[str, float] | None = None

    def step(self, dt_s: float) -> None:
        """Let `dt_s` seconds pass; the noise of every transmitter is drawn anew on each whole second."""
        second_before = math.floor(self.elapsed_s)
        self.elapsed_s += dt_s
        second = math.floor(self.elapsed_s)
        moved = [
            one
            for one in self._all
            # Nearly every quantity rests nearly always, and none of those is asked to go where it is.
            if (
                one.true != one.normal + one.lift
                or one.drawn is not None
                or one.cut is not None
                or one.forced is not None
                or one.delay_s
            )
            and one.step(dt_s)
        ]
        if second != second_before:
            self._refresh(second)
        if moved or second != second_before:
            self.renew()

    def _refresh(self, second: int) -> None:
        for quantity, ahead_s in self._cared:
            quantity.look_after(second + ahead_s)
        for quantity in self._noisy:
            quantity.deviate(self._rng)

    @property
    def heartbeat(self) -> int:
        """What a PLC counts up once a second since its power-up, in 16 bits."""
        return math.floor(self.elapsed_s - self._booted_s) & 0xFFFF

    def renew(self) -> None:
        """Say that something changed that is shown."""
        self._shown = None
        self.revision += 1

    def values(self) -> dict[str, float]:
        """Return what the device shows now, by channel key."""
        if self._shown is None:
            self._shown = self._show()
        return dict(self._shown)

    def _show(self) -> dict[str, float]:
        return {key: quantity.shown for key, quantity in self.quantities.items()}

    def force(self, key: str, target: float, tau_s: float | None = None) -> None:
        """Make `target` the steady state of a quantity, until `let_go`; it is approached as fast as `tau_s` says."""
        self.quantities[key].forced, self.quantities[key].forced_tau_s = target, tau_s

    def let_go(self, key: str) -> None:
        """End what was forced on one quantity."""
        self.quantities[key].forced = self.quantities[key].forced_tau_s = None

    def turn(self, key: str, sensor: Sensor) -> None:
        """Let a transmitter hold what it shows, fail, or live again."""
        self.quantities[key].turn(sensor)
        self.renew()

    def release(self) -> None:
        """End what was forced: the physics goes back to the calm plant at its own pace, every sensor lives."""
        for quantity in self._all:
            quantity.forced = quantity.forced_tau_s = None
            quantity.sensor = Sensor.LIVE
        self.renew()

    def power_down(self) -> None:
        """Lose the mains: what only electricity keeps up is gone."""

    def power_up(self) -> None:
        """Come back as the device does when its mains do."""
        self._booted_s = self.elapsed_s
        self.renew()
