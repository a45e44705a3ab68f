"""Escalations held against the alarms that a plant can raise: which are for none, and what calls nobody."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import time
from fnmatch import fnmatchcase
from itertools import product
from typing import TypeAlias

from config.checked import Row
from config.draft import Draft
from config.duty import Duty, Escalation, Rotation, Who
from config.faults import Fault, nearest
from config.model import Grade
from config.parts import Measured, Parts
from config.rules import Limit, Priority, Protection
from config.written_duty import WrittenEscalation

Place: TypeAlias = tuple[Priority, str]
"""Of an alarm: its priority, and the id of its zone ("": it is in none)."""

DAY_MIN = 24 * 60


def possible(
    parts: Parts,
    known: Mapping[str, Measured],
    limits: Iterable[Limit],
    protections: Iterable[Protection],
) -> set[Place]:
    """Give the priorities and zones in which a plant can raise alarms.

    Silent devices, blind channels and commands without an answer are high or medium, by the grade; the service's own,
    in no zone, are of every priority but critical; a protective action is critical in grade A, and high elsewhere.
    """
    places = {(limit.priority, known[limit.channel].zone) for limit in limits}
    zones = {one.zone for one in parts.channels.values()} | {one.zone for one in parts.devices.values()}
    places |= set(product((Priority.HIGH, Priority.MEDIUM), zones))
    places |= {(priority, "") for priority in Priority if priority is not Priority.CRITICAL}
    for one in protections:
        zone = parts.zones[parts.devices[one.device].zone]
        places.add((Priority.CRITICAL if zone.grade is Grade.A else Priority.HIGH, zone.id))
    return places


def reach_faults(draft: Draft, duty: Duty, parts: Parts, places: Iterable[Place]) -> Iterator[Fault]:
    """Give a fault for each escalation that no alarm comes to, and for what a validated plant calls nobody for.

    Args:
        draft: what is written.
        duty: what was made of it, without faults.
        parts: the building.
        places: of every alarm that the plant can raise.
    """
    unknown = [fault for row in draft.escalations for fault in _unknown_zones(row, parts)]
    if unknown:
        yield from unknown
        return
    taken = {place: _first(duty.escalations, place) for place in places}
    ids = {one.id for one in taken.values() if one}
    for row in draft.escalations:
        if row.written.id not in ids:
            yield row.fault(
                "no alarm of this plant comes to it: there is none of its priorities and zones, or a row before it"
                " takes them all; write it before that row, or leave it out",
                "id",
            )
    if draft.head().get("validated") is True:
        critical = sorted(zone for priority, zone in places if priority is Priority.CRITICAL)
        yield from _uncalled(draft, [zone for zone in critical if taken[Priority.CRITICAL, zone] is None])
        for row, one in zip(draft.escalations, duty.escalations, strict=True):
            if Priority.CRITICAL in one.priorities and _leaves_a_gap(one, duty.rotations):
                yield row.fault(
                    "at some hours no step of it calls anybody, and this plant is validated; call rotations whose hours"
                    " make up the whole day, or a team or a person",
                    "steps",
                )


def _unknown_zones(row: Row[WrittenEscalation], parts: Parts) -> Iterator[Fault]:
    for place, pattern in enumerate(row.written.zones):
        if not any(fnmatchcase(zone, pattern) for zone in parts.zones):
            message = f"no zone {pattern!r} in this plant; {nearest(pattern, parts.zones)}"
            yield row.fault(message, "zones", place)


def _first(escalations: Iterable[Escalation], place: Place) -> Escalation | None:
    priority, zone = place
    return next(
        (
            one
            for one in escalations
            if priority in one.priorities
            and (not one.zones or any(fnmatchcase(zone, pattern) for pattern in one.zones if zone))
        ),
        None,
    )


def _uncalled(draft: Draft, zones: Sequence[str]) -> Iterator[Fault]:
    if not zones:
        return
    others = f" (and {len(zones) - 1} others)" if len(zones) > 1 else ""
    for sheet in draft.sheets:
        if sheet.data.get("validated"):
            yield sheet.source.fault(
                f"this plant is validated, but nobody is called for critical alarms in {zones[0]}{others}; write"
                " escalations: [{priorities: [critical], …}]",
                "validated",
            )


def _leaves_a_gap(one: Escalation, rotations: Mapping[str, Rotation]) -> bool:
    """Whether there are minutes of the day in which it calls nobody; where wall clocks differ that is not asked."""
    targets = [target for step in one.steps for target in step.targets]
    if any(target.who is not Who.ON_CALL for target in targets):
        return False
    called = [rotations[target.of] for target in targets]
    if len({rotation.time_zone for rotation in called}) > 1:
        return False
    return not set(range(DAY_MIN)) <= {minute for rotation in called for minute in _minutes(rotation)}


def _minutes(rotation: Rotation) -> Iterator[int]:
    """Give the minutes of the day in which somebody has the duty."""
    if rotation.hours is None:
        return iter(range(DAY_MIN))
    begins, ends = map(_minute, rotation.hours)
    return (minute % DAY_MIN for minute in range(begins, ends if ends > begins else ends + DAY_MIN))


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute
