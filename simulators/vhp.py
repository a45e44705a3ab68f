"""A generator of vaporised hydrogen peroxide: idle, or in a cycle whose phases follow one another."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from random import Random

from simulators.machine import Quantity
from simulators.plc import Deed, Plc


class Phase(IntEnum):
    """What the cycle does now (demo proposal)."""

    IDLE = 0
    LEAK_TEST = 1
    DEHUMIDIFY = 2
    CONDITION = 3
    DWELL = 4
    AERATE = 5
    COMPLETE = 6
    ABORT = 7
    FAULT = 8


@dataclass(frozen=True, slots=True)
class Course:
    """How long a phase takes, and towards which concentration and humidity it works."""

    length_s: int
    ppm: float
    rh: float
    injection_g_min: float = 0.0


COURSES = {
    Phase.LEAK_TEST: Course(180, 0.0, 40.0),
    Phase.DEHUMIDIFY: Course(600, 0.0, 15.0),
    Phase.CONDITION: Course(300, 550.0, 35.0, 8.0),
    Phase.DWELL: Course(1200, 500.0, 40.0, 4.0),
    Phase.AERATE: Course(1800, 0.0, 30.0),
}
"""One cycle in its order (demo proposal: 300 to 800 ppm in dwell)."""

PASSED, FAILED, ABORTED = 1, 2, 3
GASSING = frozenset({Phase.CONDITION, Phase.DWELL})
LIQUID_G, LAST_CYCLE = 1800.0, 214
INLETS = ("valve_1", "valve_2")


class VhpGenerator(Plc):
    """A generator at rest, its heaters warm, until a cycle is asked for.

    No channels are `leak`, the concentration in ppm that the room beside the fed pass box comes to; `dwell`, which a
    fault that needs a cycle under way sets to 1; and `shut`, 1 once a request has shut the inlet until the next cycle.
    """

    def __init__(self, start: datetime, rng: Random) -> None:
        quantities = {
            **{f"h2o2_{n}": Quantity(0.0, tau_s=60, noise=0.02, decimals=1, low=0) for n in (1, 2)},
            **{f"temp_{n}": Quantity(24.0, tau_s=300, noise=0.03, decimals=1) for n in (1, 2)},
            **{f"rh_{n}": Quantity(40.0, tau_s=120, noise=0.2, decimals=1) for n in (1, 2)},
            "flow": Quantity(20.0, tau_s=4, noise=0.1, decimals=1, low=0),
            "pressure_in": Quantity(15.0, tau_s=4, noise=0.2, decimals=1),
            "pressure_out": Quantity(-10.0, tau_s=4, noise=0.2, decimals=1),
            **{f"heater_{n}": Quantity(110.0, tau_s=120, noise=0.2, decimals=1) for n in (1, 2)},
            **{f"valve_{n}": Quantity(0) for n in range(1, 5)},
            **{f"door_{n}": Quantity(1) for n in (1, 2)},
            **{key: Quantity(0.0) for key in ("leak", "dwell", "shut")},
        }
        self.phase = Phase.IDLE
        self._phase_left_s = 0.0
        self._cycle_no, self._result = LAST_CYCLE, PASSED
        self._cycle_elapsed_s = self._used_g = 0.0
        self._level_g = LIQUID_G
        super().__init__(quantities, start, rng)

    def deeds(self) -> Mapping[int, Deed]:
        """What a generator can be asked for (demo proposal)."""
        return {
            4: Deed("vhp_abort", self._abort),
            6: Deed("horn", self.sound),
            14: Deed("stop_injection", self._stop_injection),
            100: Deed("reset", self.reset),
        }

    def start(self) -> None:
        """Begin a cycle; one that runs goes on, and without its monitoring system none begins."""
        if self.phase not in COURSES and not self.is_deaf:
            self.reset()
            self._cycle_no += 1
            self._result, self._cycle_elapsed_s, self._used_g = 0, 0.0, 0.0
            self._enter(Phase.LEAK_TEST)

    def abort(self) -> None:
        """Stop injecting, and aerate."""
        if self.phase in COURSES:
            self._result = ABORTED
            self._enter(Phase.AERATE)

    def _abort(self, _: int) -> bool:
        self.abort()
        return self._stop_injection(0)

    def _stop_injection(self, _: int) -> bool:
        for key in (*INLETS, "h2o2_1", "h2o2_2"):
            self.quantities[key].cut = 0.0
        self.quantities["leak"].cut, self.quantities["shut"].normal = 0.0, 1.0
        return True

    def force(self, key: str, target: float, tau_s: float | None = None) -> None:
        """Make `target` a quantity's steady state; a forced `dwell` is a cycle that has come so far."""
        super().force(key, target, tau_s)
        if key == "dwell" and target:
            self.start()
            self._enter(Phase.DWELL)

    def let_go(self, key: str) -> None:
        """End what was forced on one quantity; the cycle that was forced ends with it."""
        super().let_go(key)
        if key == "dwell":
            self._enter(Phase.IDLE)

    def step(self, dt_s: float) -> None:
        """Let `dt_s` seconds pass; each phase that ends within them gives way to the next."""
        while self.phase in COURSES and dt_s >= self._phase_left_s:
            dt_s -= self._phase_left_s
            self._pass(self._phase_left_s)
            self._advance()
        self._pass(dt_s)

    def _pass(self, dt_s: float) -> None:
        if course := COURSES.get(self.phase):
            self._phase_left_s -= dt_s
            self._cycle_elapsed_s += dt_s
            used_g = course.injection_g_min * dt_s / 60
            self._used_g, self._level_g = self._used_g + used_g, max(0.0, self._level_g - used_g)
        super().step(dt_s)

    def _advance(self) -> None:
        order = list(COURSES)
        place = order.index(self.phase) + 1
        if place < len(order):
            self._enter(order[place])
        else:
            self._result = self._result or PASSED
            self._enter(Phase.IDLE)

    def _enter(self, phase: Phase) -> None:
        self.phase = phase
        course = COURSES.get(phase)
        self._phase_left_s = course.length_s if course else 0.0
        for n in (1, 2):
            self.quantities[f"h2o2_{n}"].drawn = course.ppm if course else None
            self.quantities[f"rh_{n}"].drawn = course.rh if course else None
            self.quantities[f"valve_{n}"].drawn = float(phase in GASSING)
        for n in (3, 4):
            self.quantities[f"valve_{n}"].drawn = float(phase is Phase.AERATE)
        self.renew()

    def _show(self) -> dict[str, float]:
        shown = super()._show()
        doors_open = min(shown["door_1"], shown["door_2"]) == 0
        bits = (
            doors_open and self.phase in GASSING,
            self._level_g <= 0,
            shown["leak"] > 0,
            self.is_deaf,
        )
        return shown | {
            "phase": self.phase,
            "cycle_no": self._cycle_no,
            "cycle_remaining": round(self._remaining_s()),
            "cycle_elapsed": round(self._cycle_elapsed_s),
            "cycle_result": self._result,
            "liquid_level": round(self._level_g, 1),
            "liquid_used": round(self._used_g, 1),
            "alarm_word": sum(bit << place for place, bit in enumerate(bits)),
        }

    def _remaining_s(self) -> float:
        if self.phase not in COURSES:
            return 0.0
        order = list(COURSES)
        later = order[order.index(self.phase) + 1 :]
        return self._phase_left_s + sum(COURSES[phase].length_s for phase in later)
