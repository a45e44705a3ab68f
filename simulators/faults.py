"""The faults that can be played: which quantities they move, where to, and how long after the start.

A fault moves steady states; the physics of the machine gives the shape. So a fault that is cleared heals at the
machine's own pace, and the same seed plays the same fault again.
"""

from dataclasses import dataclass

from config.model import Device, Text
from simulators.errors import UnknownFault

COUNTER = "lighthouse_apexr"


@dataclass(frozen=True, slots=True)
class Force:
    """One steady state that a fault moves.

    Attributes:
        key: the quantity.
        target: where it goes, in its own unit.
        after_s: seconds from the start of the fault.
        profile: "" for the device of the fault; else every device of this profile in the same zone.
    """

    key: str
    target: float
    after_s: float = 0.0
    profile: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that can go wrong with a device of one profile."""

    name: str
    profile: str
    label: Text
    forces: tuple[Force, ...]


GLOVE_BREACH = Fault(
    "glove-breach",
    "isolator_s7",
    Text(en="A glove of the isolator is torn", zh="隔离器手套破损"),
    (
        Force("chamber_pressure", 2.0),
        Force("chamber_pressure_b", 2.0),
        Force("air_velocity_1", 0.25),
        Force("air_velocity_2", 0.25),
        *(
            Force(f"particles_{size}", per_m3, after_s=20, profile=COUNTER)
            for size, per_m3 in (("0_3", 1000.0), ("0_5", 400.0), ("1_0", 80.0))
        ),
    ),
)
"""Pressure 2 + 43 exp(-t/1 s) Pa and >= 0.5 um towards 400/m3 after 20 s (demo proposal, scenario 1)."""

DOOR_OPEN_ROOM = Fault(
    "door-open-room",
    "room_gateway_c",
    Text(en="The door of the core room is held open", zh="核心操作间门被持续打开"),
    (Force("core_dp", 2.0),),
)
"""Room pressure 27 to 2 Pa, time constant 8 s (demo proposal, scenario 3)."""

CO2_VALVE_STUCK = Fault(
    "co2-valve-stuck",
    "honeycomb_incubator_s7",
    Text(en="The CO2 valve of chamber 3 is stuck open", zh="3号腔二氧化碳阀卡在开位"),
    (Force("ch3_co2", 12.0), Force("ch3_co2_valve", 80.0)),
)
"""CO2 5 to 12 %, time constant 90 s; valve feedback 80 % (demo proposal, scenario 4)."""

COUNTER_FLOW = Fault(
    "counter-flow",
    COUNTER,
    Text(en="The particle counter loses flow", zh="粒子计数器流量不足"),
    (Force("flow", 0.62),),
)
"""Flow 1.00 to 0.62 cfm in 5 s (demo proposal, scenario 7)."""

FAULTS = {fault.name: fault for fault in (GLOVE_BREACH, DOOR_OPEN_ROOM, CO2_VALVE_STUCK, COUNTER_FLOW)}


def find_fault(name: str, device: Device) -> Fault:
    """Return the fault of that name.

    Raises:
        UnknownFault: there is none, or it cannot happen to that device.
    """
    if name not in FAULTS:
        raise UnknownFault(f"no fault {name!r}; there are: {', '.join(FAULTS)}")
    fault = FAULTS[name]
    if fault.profile != device.profile.name:
        raise UnknownFault(
            f"{name} happens to a device of profile {fault.profile}; {device.id} is {device.profile.name}"
        )
    return fault
