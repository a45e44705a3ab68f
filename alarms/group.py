"""What belongs together: the first alarm of many, the network behind silent devices, and the flood.

Sources: ISA-18.2 (flood: more than ten alarms in ten minutes, over when fewer than five; from memory, to be verified).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alarms.alarm import Look, annunciated
from alarms.draft import Draft
from alarms.events import Reason, Transition
from alarms.judge import Condition, Standing
from alarms.service import is_of_calendar
from config.model import Text
from config.plant import Plant
from config.rules import Level, Priority, Suppression

FIRST_OUT_S = 60.0
"""What follows within this time may follow from it (demo proposal)."""
FLOOD_S, FLOOD_BEGINS_ABOVE, FLOOD_ENDS_BELOW = 600.0, 10, 5
FLOOD = Condition("service/flood", Level.DIAGNOSTIC, 0.0, 0.0, Priority.HIGH)
SILENT_LEAST = 3
"""Two devices may fail by chance; three of one switch, and most of it, hardly do."""
BACK_S = 15.0
"""So long the devices of a network may need, one after another, to be heard again."""

SOUNDING = frozenset({Reason.RAISED, Reason.UNSUPPRESSED, Reason.SHELVE_ENDED, Reason.UNSHELVED})
"""What a person hears of for the first time; an occurrence that chatters is one, however often it comes back."""


@dataclass(frozen=True, slots=True)
class NetworkRules:
    """One network: its condition, the communication alarms of its devices, and how many silent ones make it lost."""

    condition: Condition
    communication: tuple[str, ...]
    least: int


def network_rules(plant: Plant) -> dict[str, NetworkRules]:
    """Lay out the plant's networks, by the communication alarm of each of their devices."""
    found: dict[str, NetworkRules] = {}
    for network in plant.networks.values():
        keys = tuple(f"{device}/communication" for device in network.devices)
        # Before the devices' own alarms are due, so that they are explained when they come.
        on_delay_s = plant.communication_delay_s / 2
        condition = Condition(f"{network.id}/communication", Level.ACTION, on_delay_s, BACK_S, Priority.HIGH)
        one = NetworkRules(condition, keys, max(SILENT_LEAST, len(keys) // 2 + 1))
        found |= dict.fromkeys(keys, one)
    return found


def network_suppressions(plant: Plant) -> tuple[Suppression, ...]:
    """Return what hides the alarms of single devices while their whole network is lost."""
    return tuple(
        Suppression(
            id=f"{network.id}/lost",
            alarms=frozenset(f"{device}/communication" for device in network.devices),
            reason=Text(f"{network.label.en}: the network is lost", f"{network.label.zh}：网络中断"),
            rationale="One cause is one alarm (ISA-18.2: suppression by design); the devices stay listed.",
            alarm=f"{network.id}/communication",
        )
        for network in plant.networks.values()
    )


def look_at_networks(
    networks: Mapping[str, NetworkRules], draft: Draft, keys: Iterable[str], at: datetime
) -> None:
    """Look at the networks of devices that have just been looked at, by their communication alarms."""
    for one in dict.fromkeys(networks[key] for key in keys if key in networks):
        silent = sum(_is_silent(draft, key) for key in one.communication)
        lost = silent >= one.least
        if lost or one.condition.id in draft.alarms or one.condition.id in draft.delays:
            standing = Standing.OUTSIDE if lost else Standing.INSIDE
            detail = f"{silent} / {len(one.communication)}" if lost else ""
            draft.look(one.condition, Look(at, standing, float(silent) if lost else None, detail))


def _is_silent(draft: Draft, key: str) -> bool:
    alarm = draft.alarms.get(key)
    return key in draft.delays or (alarm is not None and alarm.active)


def mark(groups: Mapping[str, str], draft: Draft, at: datetime) -> None:
    """Mark what is first-out among what was raised just now, and count it for the flood."""
    sounding = 0
    for place, told in enumerate(draft.told):
        if (
            isinstance(told, Transition)
            and told.reason in SOUNDING
            and annunciated(told.after)
            and told.after.active
        ):
            # What a date raises tells of no upset, and many fall on one day; what a flood means is that much happens.
            sounding += told.alarm != FLOOD.id and not is_of_calendar(told.alarm)
            if told.reason is Reason.RAISED and not told.after.first_out and _is_first(groups, draft, told):
                draft.mark(place, replace(told, after=replace(told.after, first_out=True)))
    _flood(draft, at, sounding)


def _is_first(groups: Mapping[str, str], draft: Draft, told: Transition) -> bool:
    """Whether nothing of the same group was raised shortly before, or earlier in the same moment."""
    if told.after.level is Level.DIAGNOSTIC or told.alarm.startswith("service/"):
        return False
    group, earliest = _group(groups, told.alarm), told.after.raised_at - timedelta(seconds=FIRST_OUT_S)
    return not any(
        alarm.active
        and alarm.id != told.alarm
        and alarm.level is not Level.DIAGNOSTIC
        and earliest <= alarm.raised_at <= told.after.raised_at
        and (alarm.raised_at < told.after.raised_at or alarm.first_out)
        and _group(groups, alarm.id) == group
        and annunciated(alarm)
        for alarm in draft.alarms.values()
    )


def _group(groups: Mapping[str, str], alarm: str) -> str:
    device = alarm.split("/", 1)[0]
    return groups.get(device, device)


def groups_of(plant: Plant) -> dict[str, str]:
    """Return what belongs together: each device's line, or its workshop if its lines share it."""
    return {device.id: device.line or plant.zones[device.zone].workshop for device in plant.devices.values()}


def _flood(draft: Draft, at: datetime, sounding: int) -> None:
    if not sounding and not draft.raised:
        return
    since = at - timedelta(seconds=FLOOD_S)
    raised = (*[one for one in draft.raised if one > since], *(at,) * sounding)
    if raised != draft.raised:
        draft.raised = raised
    alarm = draft.alarms.get(FLOOD.id)
    if len(raised) > FLOOD_BEGINS_ABOVE:
        draft.look(FLOOD, Look(at, Standing.OUTSIDE, float(len(raised)), f"{len(raised)} / 10 min"))
    elif alarm is not None and alarm.active and len(raised) < FLOOD_ENDS_BELOW:
        draft.look(FLOOD, Look(at, Standing.INSIDE))
