"""What people may do to alarms and protective actions: how many it takes, for how long. Who signs is checked elsewhere.

The engine refuses whatever is refused here, silently; whoever asks for a person asks here first and tells the sentence.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from alarms.events import (
    Event,
    Inhibit,
    OutOfService,
    ResetProtection,
    SetOccupancy,
    Shelve,
)
from alarms.state import State
from config.model import Plant, Priority

SHELVE_MAX_S = 8 * 3600.0
"""A shift (demo proposal)."""
INHIBIT_MAX_S = 8 * 3600.0
"""Demo proposal."""


def why_not(plant: Plant, state: State, event: Event) -> str:
    """Return why a person may not do this, in one English sentence; "" if it may be done."""
    match event:
        case Shelve():
            return (
                _no_reason(event.reason)
                or _bad_end(event.at, event.until, SHELVE_MAX_S)
                or _one_alone(plant, state, event)
            )
        case OutOfService():
            lacks = "" if event.work_order.strip() else "it needs the number of a work order"
            return _no_reason(event.reason) or lacks or _one_alone(plant, state, event)
        case Inhibit():
            return _inhibit(plant, state, event)
        case ResetProtection():
            return _reset(plant, state, event)
        case SetOccupancy():
            known = event.zone in plant.zones
            return _no_reason(event.reason) if known else f"{event.zone} is not a zone of this plant"
        case _:
            return ""


def _no_reason(reason: str) -> str:
    return "" if reason.strip() else "it needs a reason"


def _bad_end(at: datetime, until: datetime, longest_s: float) -> str:
    if until <= at:
        return "its end is not in the future"
    if until - at > timedelta(seconds=longest_s):
        return f"it may last {longest_s / 3600:g} h at most"
    return ""


def _one_alone(plant: Plant, state: State, event: Shelve | OutOfService) -> str:
    if priority_of(plant, state, event.alarm) is not Priority.CRITICAL:
        return ""
    return _not_two(event.who, event.second, f"{event.alarm} is critical")


def _not_two(who: str, second: str, because: str) -> str:
    return "" if second and second != who else f"{because}: a second person has to agree"


def priority_of(plant: Plant, state: State, alarm: str) -> Priority:
    """Return the priority of an alarm, whether it stands or not; what no limit stands for is of medium priority."""
    stands = state.alarms.get(alarm)
    if stands is not None:
        return stands.priority
    return next((limit.priority for limit in plant.limits if limit.id == alarm), Priority.MEDIUM)


def _inhibit(plant: Plant, state: State, event: Inhibit) -> str:
    protection = plant.protections.get(event.protection)
    if protection is None:
        return f"{event.protection} is not a protective action of this plant"
    if not protection.may_inhibit:
        return f"{event.protection} cannot be switched off"
    if event.protection in state.running:
        return f"{event.protection} is running"
    return (
        _no_reason(event.reason)
        or _bad_end(event.at, event.until, INHIBIT_MAX_S)
        or _not_two(event.who, event.second, "switching it off")
    )


def _reset(plant: Plant, state: State, event: ResetProtection) -> str:
    protection, running = plant.protections.get(event.protection), state.running.get(event.protection)
    if protection is None or running is None:
        return f"{event.protection} is not running"
    if not protection.reset_by:
        return f"{event.protection} ends by itself"
    if len(event.who) != len(event.roles) or len(set(event.who)) != len(event.who):
        return "each person signs once, in one role"
    lacking = _lacking(protection.reset_by, event.roles)
    if lacking:
        return f"it needs the signature of {', '.join(lacking)}"
    for_s = max((check.for_s for check in protection.release), default=0.0)
    since = running.holds_since
    if protection.release and (since is None or event.at - since < timedelta(seconds=for_s)):
        return "the conditions for its end do not hold, or not for long enough"
    return ""


def _lacking(needed: Sequence[str], given: Sequence[str]) -> list[str]:
    left = list(given)
    lacking = []
    for role in needed:
        if role in left:
            left.remove(role)
        else:
            lacking.append(role)
    return lacking
