"""An isolator: its pressure hangs on its fans and its gloves, and its PLC takes requests."""

from datetime import datetime
from random import Random

from simulators.machine import AUTOZERO, Machine, Quantity

PRESSURES = ("chamber_pressure", "chamber_pressure_b")
FAN_NORMAL_PERCENT = 55.0
FAN_BOOST_PERCENT = 100.0
LIFT_AT_BOOST_PA = 6.0
"""What the boosted fan adds to the chamber: with an open glove 8 Pa instead of 2 (demo proposal)."""

GLOVE_TEST_AGE_S = 8 * 3600

ACCEPTED, UNKNOWN_REQUEST = 0, 3
REQUEST_FAN_BOOST, REQUEST_RESET = 1, 100
"""Request codes of the demo proposal; the others are answered `unknown request` until they are simulated."""

OPEN, CLOSED, LOCKED = 0, 1, 2

EMS_LOST_BIT, EMS_LOST_AFTER_S = 23, 5.0
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


class Isolator(Machine):
    """An isolator in production, doors locked, no VHP cycle."""

    def __init__(self, start: datetime, rng: Random) -> None:
        super().__init__({**_air(), **_fans(), **_idle_vhp(), **_states()}, start, rng)
        self._ack_seq = 0
        self._ack_code = ACCEPTED
        self._heard: int | None = None
        self._heard_s = 0.0

    def step(self, dt_s: float) -> None:
        """Let `dt_s` seconds pass; the supply fan lifts the pressure at which the chamber settles."""
        boost = self.quantities["supply_fan_speed"].true - FAN_NORMAL_PERCENT
        for key in PRESSURES:
            self.quantities[key].lift = LIFT_AT_BOOST_PA * boost / (FAN_BOOST_PERCENT - FAN_NORMAL_PERCENT)
        super().step(dt_s)

    def _show(self) -> dict[str, float]:
        shown = super()._show()
        return shown | {
            "glove_last_test": round(self.start_unix_s) - GLOVE_TEST_AGE_S,
            "alarm_1": _alarm_word(shown) | self.is_deaf << EMS_LOST_BIT,
            "heartbeat": self.heartbeat,
            "ack_seq": self._ack_seq,
            "ack_code": self._ack_code,
        }

    def request(self, code: int, seq: int) -> None:
        """Take a request as the PLC does: a sequence number seen before is answered, not carried out again."""
        if seq == self._ack_seq:
            return
        known = {REQUEST_FAN_BOOST: FAN_BOOST_PERCENT, REQUEST_RESET: FAN_NORMAL_PERCENT}
        if code in known:
            self.quantities["supply_fan_speed"].normal = known[code]
        self._ack_code = ACCEPTED if code in known else UNKNOWN_REQUEST
        self._ack_seq = seq
        self.renew()

    def hear(self, heartbeat: int) -> None:
        """Take the monitoring system's heartbeat as the PLC does, on its own timer; 0 and nothing yet is no system."""
        if heartbeat != (self._heard or 0):
            self._heard, self._heard_s = heartbeat, self.elapsed_s

    @property
    def is_deaf(self) -> bool:
        """The monitoring system was heard once, and its heartbeat has stood still for 5 s (demo proposal)."""
        return self._heard is not None and self.elapsed_s - self._heard_s >= EMS_LOST_AFTER_S


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
