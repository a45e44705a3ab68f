"""What an escalation says of one alarm: which one fits, when its steps are due, and whom each one calls."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from zoneinfo import ZoneInfo

from alarms.events import Alarm
from alarms.roster import next_after, on_call, team, within
from config.duty import Duty, Escalation, Substitution, Target, Who
from config.model import Grade
from config.plant import Plant, Zone
from config.rules import Level, Priority

URGENCY: Mapping[Priority, int] = {one: place for place, one in enumerate(Priority)}
"""The most urgent first."""
NEVER_CALLED = frozenset({"service/undelivered"})
"""That nobody can be told is not told in the same way: the towers sound."""
LATE_S = 10.0
"""A step that is later than this (nothing ran) gives the next one its whole time, counted from now."""


@dataclass(frozen=True, slots=True)
class Ladders:
    """The plant's escalations, laid out for judging."""

    plant: Plant
    every: Mapping[str, Escalation]

    @property
    def duty(self) -> Duty:
        """All that the plant lays down about being on call."""
        return self.plant.duty

    def of(self, alarm: Alarm) -> Escalation | None:
        """Give the escalation of an alarm: the first that fits; None: nobody is called."""
        if alarm.id in NEVER_CALLED:
            return None
        zone = zone_of(self.plant, alarm.id)
        return next((one for one in self.every.values() if _fits(one, alarm, zone)), None)


def ladders(plant: Plant) -> Ladders:
    """Lay a plant's escalations out, once at load."""
    return Ladders(plant, {one.id: one for one in plant.duty.escalations})


def _fits(one: Escalation, alarm: Alarm, zone: Zone | None) -> bool:
    if alarm.priority not in one.priorities:
        return False
    return not one.zones or (zone is not None and any(fnmatchcase(zone.id, pattern) for pattern in one.zones))


def zone_of(plant: Plant, alarm: str) -> Zone | None:
    """Give the zone that an alarm is about: its channel's, or else its device's; None for the service and networks."""
    about = alarm.rpartition("/")[0]
    channel = plant.channels.get(about) or plant.derived.get(about)
    if channel is not None:
        return plant.zones.get(channel.zone)
    device = plant.devices.get(alarm.partition("/")[0])
    return None if device is None else plant.zones.get(device.zone)


def is_mutable(plant: Plant, alarm: Alarm) -> bool:
    """Whether quiet hours may hold it: never what is critical, nor of Grade A at action level."""
    zone = zone_of(plant, alarm.id)
    is_grade_a_action = alarm.level is Level.ACTION and zone is not None and zone.grade is Grade.A
    return alarm.priority is not Priority.CRITICAL and not is_grade_a_action


def quiet_until(plant: Plant, one: Escalation, at: datetime) -> datetime | None:
    """Give the end of the quiet hours that an instant falls in; None: it falls in none."""
    return None if one.quiet is None else within(one.quiet, ZoneInfo(plant.time_zone), at)


def next_due(one: Escalation, taken: int, due_at: datetime, at: datetime) -> datetime | None:
    """Say when the step behind step number `taken` is due; None: there is none.

    Args:
        one: the escalation.
        taken: number of the step that is taken now, 1 for the first.
        due_at: when that one was due.
        at: now.
    """
    counted_from = due_at if at - due_at <= timedelta(seconds=LATE_S) else at
    if taken < len(one.steps):
        return counted_from + timedelta(seconds=one.steps[taken].after_s - one.steps[taken - 1].after_s)
    if one.repeat_s is None or taken - len(one.steps) >= one.repeats:
        return None
    return counted_from + timedelta(seconds=one.repeat_s)


def called(
    duty: Duty, one: Escalation, number: int, noted: Sequence[Substitution], at: datetime
) -> list[str]:
    """Name whom a step calls at an instant, each once, in the order written."""
    step = one.steps[min(number, len(one.steps)) - 1]
    found = (person for target in step.targets for person in _people(duty, target, noted, at))
    return [person for person in dict.fromkeys(found) if person in duty.people]


def _people(duty: Duty, target: Target, noted: Sequence[Substitution], at: datetime) -> Iterator[str]:
    if target.who is Who.PERSON:
        yield target.of
        return
    rotation = duty.rotations[target.of]
    if target.who is Who.TEAM:
        yield from team(rotation)
        return
    asks = on_call if target.who is Who.ON_CALL else next_after
    person = asks(rotation, noted, at)
    if person is not None:
        yield person
