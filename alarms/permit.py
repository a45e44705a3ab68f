"""What people may do to alarms and protective actions: how many it takes, for how long. Who signs is checked elsewhere.

The engine refuses whatever is refused here, silently; the service asks here first, and tells the sentence.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from alarms import batches
from alarms.events import (
    AskState,
    ChangeStage,
    EndBatch,
    Event,
    Inhibit,
    OutOfService,
    ProtectionState,
    ResetProtection,
    Running,
    SetOccupancy,
    Shelve,
    StartBatch,
)
from alarms.state import State
from config.plant import Plant
from config.rules import Priority, Protection

SHELVE_MAX_S = 8 * 3600.0
"""A shift (demo proposal)."""
INHIBIT_MAX_S = 8 * 3600.0
"""Demo proposal."""


def why_not(plant: Plant, state: State, event: Event) -> str:
    """Return why a person may not do this, in one English sentence; "" if it may be done."""
    match event:
        case Shelve() | OutOfService():
            return _no_reason(event.reason) or _bad_hiding(event) or _one_alone(plant, state, event)
        case Inhibit():
            return _inhibit(plant, state, event)
        case ResetProtection():
            return _reset(plant, state, event)
        case SetOccupancy():
            known = event.zone in plant.zones
            return _no_reason(event.reason) if known else f"{event.zone} is not a zone of this plant"
        case StartBatch() | ChangeStage() | EndBatch():
            return batches.why_not(plant, state, event)
        case _:
            return ""


def _no_reason(reason: str) -> str:
    return "" if reason.strip() else "it needs a reason"


def _bad_hiding(event: Shelve | OutOfService) -> str:
    if isinstance(event, Shelve):
        return _bad_end(event.at, event.until, SHELVE_MAX_S)
    return "" if event.work_order.strip() else "it needs the number of a work order"


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
    return (
        _on_its_way(protection, running)
        or _calling(protection, state)
        or _not_held(protection, running, event.at)
    )


def _on_its_way(protection: Protection, running: Running) -> str:
    """Say what of a protective action is not known yet: it ends from where it stands, and from nowhere before."""
    if running.state is ProtectionState.RESET_PENDING:
        return f"{running.id} is ending already"
    for ask, asked in zip(protection.asks, running.asked, strict=True):
        if asked.state is AskState.REQUESTED:
            return f"{ask.device} has not answered yet"
    return "it is not known yet whether it has its effect" if running.state is ProtectionState.ACKED else ""


def _calling(protection: Protection, state: State) -> str:
    """Say what would let it begin again at once, or when its mode explains it no more."""
    for group in protection.triggers:
        if all(_may_call(state, alarm) for alarm in group):
            return f"what triggers it is still active: {', '.join(group)}"
    return ""


def _may_call(state: State, key: str) -> bool:
    alarm = state.alarms.get(key)
    return alarm is not None and alarm.active and not alarm.out_of_service


def _not_held(protection: Protection, running: Running, at: datetime) -> str:
    for_s = max((check.for_s for check in protection.release), default=0.0)
    since = running.holds_since
    if protection.release and (since is None or at - since < timedelta(seconds=for_s)):
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
