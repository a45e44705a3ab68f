"""An isolator: its pressure hangs on its fans and its gloves, and its PLC takes requests."""

from collections.abc import Mapping
from datetime import datetime
from random import Random

from simulators.machine import AUTOZERO, Quantity
from simulators.plc import Deed, Plc

PRESSURES = ("chamber_pressure", "chamber_pressure_b")
FAN_NORMAL_PERCENT = 55.0
FAN_BOOST_PERCENT = 100.0
LIFT_AT_BOOST_PA = 6.0
"""What the boosted fan adds to the chamber: with an open glove 8 Pa instead of 2 (demo proposal)."""

FALL_AT_FULL_EXHAUST_PA = 40.0
"""What the exhaust fan takes from the chamber at full speed (demo proposal)."""

GLOVE_TEST_AGE_S = 8 * 3600

OPEN, CLOSED, LOCKED = 0, 1, 2
VALVE_OPEN = 1
PRODUCTION, MAINTENANCE, SAFE = 2, 5, 6
LEAK_TEST, AERATE, ABORT = 1, 5, 7
"""Phases of decontamination: a cycle runs from the first to the second."""

WAYS_IN = ("transfer_outer", "transfer_inner", "rtp_lock_1", "rtp_lock_2", "incubator_port_lock")
"""What stays locked while transfers are inhibited."""

PROTECTS_BELOW_PA = 25.0
"""Where the PLC's own protection acts, if it is switched on (demo proposal)."""

EMS_LOST_BIT = 23
"""Alarm bit: the monitoring system's heartbeat stands still (demo proposal)."""


def _air() -> dict[str, Quantity]:
    return {
        **{key: Quantity(45.0, tau_s=1.0, noise=0.4, decimals=1, upkeep=AUTOZERO) for key in PRESSURES},
        "transfer_pressure": Quantity(30.0, tau_s=1.0, noise=0.4, decimals=1, upkeep=AUTOZERO),
        **{f"air_velocity_{n}": Quantity(0.45, tau_s=1.5, noise=0.005, decimals=3, low=0) for n in (1, 2)},
        "temp": Quantity(22.0, tau_s=600, noise=0.03, decimals=2),
        "rh": Quantity(45.0, tau_s=120, noise=0.3, decimals=1, low=0),
        "h2o2_low": Quantity(0.05, tau_s=120, noise=0.02, decimals=2, low=0),
        "h2o2_high": Quantity(0.0, tau_s=120, low=0),
        "h2o2_room": Quantity(0.02, tau_s=120, noise=0.01, decimals=2, low=0),
        "air_flow": Quantity(280.0, tau_s=1.5, noise=1.5, decimals=1, low=0),
        **{f"hepa_dp_{n}": Quantity(117.0 + 1.5 * n, tau_s=1.5, noise=0.6, decimals=1) for n in (1, 2, 3)},
        "comp_air": Quantity(6.0, noise=0.01, decimals=2),
        "leak_rate": Quantity(0.21, decimals=2),
        "seal_pressure": Quantity(2.0, tau_s=1.0, noise=0.01, decimals=2),
    }


def _fans() -> dict[str, Quantity]:
    fans = ("supply", "exhaust")
    return {
        **{f"{fan}_fan_speed": Quantity(FAN_NORMAL_PERCENT, 1.5, noise=0.1, decimals=1) for fan in fans},
        **{f"{fan}_fan_current": Quantity(1.8, tau_s=1.5, noise=0.01, decimals=2) for fan in fans},
    }


def _idle_vhp() -> dict[str, Quantity]:
    return {
        "vhp_phase": Quantity(0),
        "vhp_cycle_no": Quantity(214),
        "vhp_remaining": Quantity(0),
        "vhp_injection": Quantity(0),
        "vhp_vaporizer_temp": Quantity(24.0, tau_s=300, noise=0.1, decimals=1),
        "vhp_consumed": Quantity(0),
        "vhp_rs": Quantity(35.0, tau_s=120, noise=0.3, decimals=1),
        "vhp_result": Quantity(1),
    }


def _states() -> dict[str, Quantity]:
    locked = ("window", "loading_port", "waste_port", "service_panel", "rtp_lock_1", "rtp_lock_2")
    closed = ("transfer_outer", "transfer_inner", "rtp_1", "rtp_2", "incubator_port")
    off = ("valve_vhp_in", "valve_vhp_out", "mas_running", "mas_flow", "mas_volume", "alarm_2", "ups_on")
    on = ("valve_fresh", "valve_exhaust", "power_ok", "permit")
    return {
        **{key: Quantity(LOCKED) for key in (*locked, "incubator_port_lock")},
        **{key: Quantity(CLOSED) for key in closed},
        **{key: Quantity(0) for key in off},
        **{key: Quantity(1) for key in on},
        "mode": Quantity(2),  # production
        **{f"glove_{n}_leak": Quantity(0.6 + 0.1 * n, decimals=1) for n in range(1, 9)},
    }


class Isolator(Plc):
    """An isolator in production, doors locked, no VHP cycle.

    `own_protection` is no channel: 1 lets the PLC raise the fan, lock the ways in and hold the process by itself, when
    the chamber loses its pressure in production.

    Attributes:
        is_held: the process stands, nothing is dispensed.
    """

    def __init__(self, start: datetime, rng: Random) -> None:
        switch = {"own_protection": Quantity(0)}
        super().__init__({**_air(), **_fans(), **_idle_vhp(), **_states(), **switch}, start, rng)
        self.is_held = self._has_tripped = False

    def deeds(self) -> Mapping[int, Deed]:
        """What an isolator can be asked for (demo proposal)."""
        return {
            1: Deed("fan_speed", self._turn_fan),
            2: Deed("safe_state", lambda _: self._settle({"mode": SAFE})),
            3: Deed("inhibit_transfer", self._inhibit),
            4: Deed("vhp_abort", self._abort),
            5: Deed("hold_process", self._hold),
            6: Deed("horn", self.sound),
            7: Deed("release_inhibit", self._release_inhibit),
            12: Deed("close_port", self._close_port),
            13: Deed("open_exhaust", self._open_exhaust),
            14: Deed("stop_injection", self._stop_injection),
            100: Deed("reset", self.reset),
        }

    def step(self, dt_s: float) -> None:
        """Let `dt_s` seconds pass; the fans lift and lower the pressure at which the chamber settles."""
        supply, exhaust = (self._fan_share(fan) for fan in ("supply", "exhaust"))
        for key in PRESSURES:
            self.quantities[key].lift = LIFT_AT_BOOST_PA * supply - FALL_AT_FULL_EXHAUST_PA * exhaust
        super().step(dt_s)
        self._protect_itself()

    def _fan_share(self, fan: str) -> float:
        """How far a fan is from its normal speed (0) towards its full speed (1)."""
        faster = self.quantities[f"{fan}_fan_speed"].true - FAN_NORMAL_PERCENT
        return faster / (FAN_BOOST_PERCENT - FAN_NORMAL_PERCENT)

    def _protect_itself(self) -> None:
        one = self.quantities
        is_armed = one["own_protection"].true > 0 and one["mode"].true == PRODUCTION and not self._has_tripped
        if is_armed and one["chamber_pressure"].true < PROTECTS_BELOW_PA:
            self._has_tripped = True
            self._turn_fan(round(FAN_BOOST_PERCENT))
            self._inhibit(0)
            self._hold(0)

    @property
    def is_local(self) -> bool:
        """Somebody works at the machine, or it is under maintenance."""
        return super().is_local or self.quantities["mode"].true == MAINTENANCE

    def _settle(self, normals: Mapping[str, float]) -> bool:
        for key, normal in normals.items():
            self.quantities[key].normal = normal
        return True

    def _turn_fan(self, percent: int) -> bool:
        return 0 <= percent <= FAN_BOOST_PERCENT and self._settle({"supply_fan_speed": percent})

    def _inhibit(self, _: int) -> bool:
        return self._settle({**dict.fromkeys(WAYS_IN, LOCKED), "permit": 0})

    def _release_inhibit(self, _: int) -> bool:
        self.is_held = False
        return self._settle({key: self._calm[key] for key in (*WAYS_IN, "permit")})

    def _hold(self, _: int) -> bool:
        self.is_held = True
        return True

    def _abort(self, _: int) -> bool:
        if LEAK_TEST <= self.quantities["vhp_phase"].true <= AERATE:
            self.quantities["vhp_phase"].cut = ABORT
        return self._stop_injection(0)

    def _stop_injection(self, _: int) -> bool:
        for key in ("vhp_injection", "valve_vhp_in"):
            self.quantities[key].cut = 0.0
        return True

    def _close_port(self, _: int) -> bool:
        return self._settle({"incubator_port": CLOSED, "incubator_port_lock": LOCKED})

    def _open_exhaust(self, _: int) -> bool:
        return self._settle({"valve_exhaust": VALVE_OPEN, "exhaust_fan_speed": FAN_BOOST_PERCENT})

    def reset(self, _: int = 0) -> bool:
        """Go back to production, nothing inhibited, nothing held."""
        self.is_held = self._has_tripped = False
        return super().reset()

    def _show(self) -> dict[str, float]:
        shown = super()._show()
        return shown | {
            "glove_last_test": round(self.start_unix_s) - GLOVE_TEST_AGE_S,
            "alarm_1": _alarm_word(shown) | self.is_deaf << EMS_LOST_BIT,
            # Without its monitoring system it lets nothing new in; what is going on goes on.
            "permit": shown["permit"] * (not self.is_deaf),
            "held": float(self.is_held),
        }


def _alarm_word(shown: dict[str, float]) -> int:
    """Return the PLC's own alarm bits 0 to 5: pressures and velocity at the demo plant's limits."""
    pressure, velocity = shown["chamber_pressure"], shown["air_velocity_1"]
    bits = (
        pressure < 30,
        pressure < 20,
        pressure > 70,
        shown["transfer_pressure"] < 15,
        velocity < 0.36,
        velocity > 0.54,
    )
    return sum(bit << place for place, bit in enumerate(bits))
