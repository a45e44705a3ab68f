"""What the rows about being on call must agree on; `reach.py` holds them against the alarms that there can be."""

import zoneinfo
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import combinations, pairwise

from config.checked import Row
from config.draft import Draft
from config.duties import target_of
from config.duty import Who
from config.faults import Fault, nearest
from config.source import Keys
from config.written_duty import WrittenEscalation, WrittenPerson, WrittenRotation


def duty_faults(draft: Draft) -> Iterator[Fault]:
    """Give every fault that shows only when these rows are compared with one another."""
    people = draft.ids("people")
    for person in draft.people:
        yield from _contacts(person, draft.ids("ways"))
    for rotation in draft.rotations:
        yield from _people(rotation, people)
        yield from _time_zone(rotation)
        yield from _holidays(rotation)
        yield from _substitutions(rotation)
    alone = {row.written.id for row in draft.rotations if len(set(row.written.people)) == 1}
    for escalation in draft.escalations:
        yield from _steps(escalation)
        yield from _targets(escalation, draft.ids("rotations"), people, alone)
    yield from _head(draft)
    if all(draft.is_whole(name) for name in ("people", "rotations", "escalations", "duty")):
        yield from _unused(draft)


def _contacts(row: Row[WrittenPerson], ways: Sequence[str]) -> Iterator[Fault]:
    for place, contact in enumerate(row.written.contacts):
        if contact.way not in ways:
            message = f"way {contact.way!r} does not exist; {nearest(contact.way, ways)}"
            yield row.fault(message, "contacts", place, "way")
        if contact in row.written.contacts[:place]:
            message = f"way {contact.way} stands twice for {row.written.id}; leave one of them out"
            yield row.fault(message, "contacts", place, "way")


def _people(row: Row[WrittenRotation], people: Sequence[str]) -> Iterator[Fault]:
    written = row.written
    named: list[tuple[str, Keys]] = [
        *((person, ("people", place)) for place, person in enumerate(written.people)),
        *((person, ("holidays", day)) for day, person in written.holidays.items()),
        *(
            (one.person, ("substitutions", place, "person"))
            for place, one in enumerate(written.substitutions)
        ),
    ]
    for person, keys in named:
        if person not in people:
            yield row.fault(f"person {person!r} does not exist; {nearest(person, people)}", *keys)


def _time_zone(row: Row[WrittenRotation]) -> Iterator[Fault]:
    name = row.written.time_zone
    if name is None:
        return
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        known = nearest(name, zoneinfo.available_timezones())
        yield row.fault(f"time zone {name!r} is unknown; {known}", "time_zone")


def _holidays(row: Row[WrittenRotation]) -> Iterator[Fault]:
    for day in row.written.holidays:
        if day < row.written.begins:
            yield row.fault(
                f"{day} is before {row.written.begins}, when this rotation begins; leave it out",
                "holidays",
                day,
            )


def _substitutions(row: Row[WrittenRotation]) -> Iterator[Fault]:
    spans = [
        (datetime.fromisoformat(one.begins), datetime.fromisoformat(one.ends), place)
        for place, one in enumerate(row.written.substitutions)
    ]
    for begins, ends, place in spans:
        if begins >= ends:
            yield row.fault("ends before it begins; write a later end", "substitutions", place, "ends")
    for (begins, ends, first), (others_begin, others_end, place) in combinations(spans, 2):
        if max(begins, others_begin) < min(ends, others_end):
            where = row.fault("", "substitutions", first)
            yield row.fault(
                f"overlaps the one in {where.file}:{where.line}; let one end where the other begins",
                "substitutions",
                place,
            )


def _steps(row: Row[WrittenEscalation]) -> Iterator[Fault]:
    for place, (one, other) in enumerate(pairwise(row.written.steps), 1):
        if one.after_s >= other.after_s:
            yield row.fault(
                f"after_s {other.after_s:g} is not later than {one.after_s:g} of the step before it;"
                " write the steps in the order of time, and who is called at once in one step",
                "steps",
                place,
                "after_s",
            )


def _targets(
    row: Row[WrittenEscalation], rotations: Sequence[str], people: Sequence[str], alone: Iterable[str]
) -> Iterator[Fault]:
    for place, step in enumerate(row.written.steps):
        for number, written in enumerate(step.call):
            target = target_of(written)
            keys = ("steps", place, "call", number, str(target.who))
            what, known = ("person", people) if target.who is Who.PERSON else ("rotation", rotations)
            if target.of not in known:
                yield row.fault(f"{what} {target.of!r} does not exist; {nearest(target.of, known)}", *keys)
            elif target.who is Who.NEXT and target.of in alone:
                message = f"rotation {target.of} has one person, and nobody is next; write a person"
                yield row.fault(message, *keys)


def _head(draft: Draft) -> Iterator[Fault]:
    if draft.duty is None:
        return
    head, ways = draft.duty.written, draft.ids("ways")
    if head.canary and head.canary.way not in ways:
        message = f"way {head.canary.way!r} does not exist; {nearest(head.canary.way, ways)}"
        yield draft.duty.fault(message, "canary", "way")
    for person in draft.people if head.canary else ():
        for place, contact in enumerate(person.written.contacts):
            if head.canary and contact.way == head.canary.way:
                message = f"way {contact.way} is the canary's, which nobody is to hear; write another way"
                yield person.fault(message, "contacts", place, "way")
    for way in draft.ways:
        if way.written.timeout_s >= head.undelivered_s:
            yield way.fault(
                f"timeout_s {way.written.timeout_s:g} is not shorter than undelivered_s {head.undelivered_s:g},"
                " so no try could end in time; write less",
                "timeout_s",
            )


def _unused(draft: Draft) -> Iterator[Fault]:
    """Give a fault for each way, person and rotation by which nobody is ever called."""
    targets = [target_of(one) for row in draft.escalations for step in row.written.steps for one in step.call]
    persons = {target.of for target in targets if target.who is Who.PERSON}
    for row in draft.rotations:
        persons.update(row.written.people, row.written.holidays.values())
        persons.update(one.person for one in row.written.substitutions)
    for person in draft.people:
        if person.written.id not in persons:
            message = (
                f"nobody ever calls {person.written.id}; name them in a rotation or a step, or leave them out"
            )
            yield person.fault(message, "id")
    rotations = {target.of for target in targets if target.who is not Who.PERSON}
    for rotation in draft.rotations:
        if rotation.written.id not in rotations:
            message = f"no step calls rotation {rotation.written.id}; name it in a step, or leave it out"
            yield rotation.fault(message, "id")
    ways = {contact.way for person in draft.people for contact in person.written.contacts}
    if draft.duty and draft.duty.written.canary:
        ways.add(draft.duty.written.canary.way)
    for way in draft.ways:
        if way.written.id not in ways:
            message = f"nobody is reached by way {way.written.id}; name it in contacts, or leave it out"
            yield way.fault(message, "id")
