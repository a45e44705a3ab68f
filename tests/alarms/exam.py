"""Puts one limit through its paces against what a sheet says of it: bounds, deadband and both delays, to the instant.

The sheet is a table that QA reads and signs; the limit comes from the plant's YAML. Each limit is judged by the engine
on a channel of its own, so that nothing but its own figures decides.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from alarms import engine
from alarms.events import Alarm, Event, Tick
from alarms.state import State
from config.plant import Plant
from config.rules import Limit
from tests.alarms.building import PRESSURE, after, plant, sample

JUST_S = 0.001
FAR = 1e9


@dataclass(frozen=True)
class Figures:
    """What the sheet says of a limit, in the channel's unit and in seconds; None: not bounded on that side."""

    low: float | None
    high: float | None
    deadband: float
    on_delay_s: float
    off_delay_s: float
    latching: bool


def name_of(of: Plant, limit: Limit) -> str:
    """Return the sheet's name of a limit: its device's model instead of the device, for all of a kind are alike."""
    device, _, rest = limit.id.partition("/")
    return f"{of.devices[device].profile.name}/{rest}"


def figures_of(limit: Limit) -> Figures:
    return Figures(limit.low, limit.high, limit.deadband, limit.on_delay_s, limit.off_delay_s, limit.latching)


def read_sheet(path: Path) -> Mapping[tuple[str, str], Figures]:
    """Read a sheet: (model/channel/level, devices) -> figures; `devices` are names, or * for all others."""
    with path.open(newline="") as file:
        return {(row["limit"], row["devices"]): _figures(row) for row in csv.DictReader(file)}


def _figures(row: Mapping[str, str]) -> Figures:
    return Figures(
        low=float(row["low"]) if row["low"] else None,
        high=float(row["high"]) if row["high"] else None,
        deadband=float(row["deadband"]),
        on_delay_s=float(row["on_delay_s"]),
        off_delay_s=float(row["off_delay_s"]),
        latching=row["latching"] == "yes",
    )


def sheet_says(sheet: Mapping[tuple[str, str], Figures], of: Plant, limit: Limit) -> Figures | None:
    """Return what a sheet says of a limit; None if it does not know it."""
    name, device = name_of(of, limit), limit.id.partition("/")[0]
    named = (
        figures for (one, devices), figures in sheet.items() if one == name and device in devices.split()
    )
    return next(named, sheet.get((name, "*")))


class Candidate:
    """One limit on a channel of its own."""

    def __init__(self, limit: Limit) -> None:
        moved = replace(limit, id=f"{PRESSURE}/{limit.level}", channel=PRESSURE, at_rest=None, realarm_s=None)
        self._id = moved.id
        self._rules = engine.rules(plant(moved, communication_delay_s=1e7))
        self._state = State()

    def takes(self, event: Event) -> Alarm | None:
        """Take an event; return how the alarm stands then."""
        self._state, _ = engine.handle(self._rules, self._state, event)
        return self._state.alarms.get(self._id)

    def reads(self, at_s: float, value: float) -> Alarm | None:
        return self.takes(sample(at_s, value))


def faults(limit: Limit, says: Figures) -> Iterator[str]:
    """Give everything in which a limit does not behave as the sheet says."""
    if limit.latching != says.latching:
        yield f"latching is {limit.latching}"
    for side, bound in ((-1.0, says.low), (1.0, says.high)):
        if bound is None:
            if _ever(limit, side * FAR, says.on_delay_s + 10) is not None:
                yield f"{side * FAR:g} raises it, and there is no such bound"
        else:
            yield from _bound(limit, says, side, bound)


def _bound(limit: Limit, says: Figures, side: float, bound: float) -> Iterator[str]:
    tiny = max(abs(bound), 1.0) * 1e-9
    outside = bound + side * tiny
    if _ever(limit, bound, says.on_delay_s + 10) is not None:
        yield f"{bound:g} raises it, and is on the bound"
    raised = _ever(limit, outside, says.on_delay_s + 10)
    if raised is None:
        yield f"{bound:g} is not its bound: just outside does not raise it"
        return
    if raised.raised_at != after(says.on_delay_s):
        yield f"raised after another time than {says.on_delay_s:g} s"
        return
    inside = bound - side * (says.deadband + tiny)
    if says.low == says.high:
        inside = bound  # a setting: one value is right, and no other
    yield from _return(limit, says, (outside, inside, bound - side * says.deadband / 2))


def _ever(limit: Limit, value: float, until_s: float) -> Alarm | None:
    """Hold a value for so long; return the alarm if it was raised."""
    one = Candidate(limit)
    one.reads(0, value)
    return one.takes(Tick(after(until_s)))


def _return(limit: Limit, says: Figures, values: tuple[float, float, float]) -> Iterator[str]:
    """Let the value come back: not far enough, then far enough for just too short a time, then for long enough."""
    outside, inside, short = values
    one, back_s = Candidate(limit), says.on_delay_s + 1
    one.reads(0, outside)
    one.takes(Tick(after(says.on_delay_s)))
    if says.deadband > 0:
        one.reads(back_s, short)
        back_s += says.off_delay_s + 5
        alarm = one.reads(back_s, short)
        if alarm is None or not alarm.active:
            yield "it cleared within its deadband"
            return
        back_s += 1
    alarm = one.reads(back_s, inside)
    if says.off_delay_s > JUST_S:
        alarm = one.reads(back_s + says.off_delay_s - JUST_S, inside)
        if alarm is None or not alarm.active:
            yield f"it cleared before {says.off_delay_s:g} s"
            return
        alarm = one.reads(back_s + says.off_delay_s, inside)
    if alarm is None or alarm.active:
        yield f"it did not clear after {says.off_delay_s:g} s"
