"""What is written of being on call -> the Duty. The rows are sound by themselves; `duty_faults.py` compares them."""

from datetime import date, datetime, time

from config.draft import Draft
from config.duty import (
    Canary,
    Contact,
    Duty,
    Escalation,
    Person,
    Rotation,
    Step,
    Substitution,
    Target,
    TestPage,
    Way,
    Who,
)
from config.profile import text_of
from config.written_duty import (
    WEEKDAYS,
    WrittenCanary,
    WrittenDuty,
    WrittenEscalation,
    WrittenHours,
    WrittenPerson,
    WrittenRotation,
    WrittenTarget,
    WrittenTestPage,
    WrittenWay,
)


def make_duty(draft: Draft, time_zone: str) -> Duty:
    """Make the duty of a plant.

    Args:
        draft: what is written.
        time_zone: the plant's, for rotations that name none.
    """
    head = draft.duty.written if draft.duty else WrittenDuty()
    return Duty(
        ways={row.written.id: _way(row.written) for row in draft.ways},
        people={row.written.id: _person(row.written) for row in draft.people},
        rotations={row.written.id: _rotation(row.written, time_zone) for row in draft.rotations},
        escalations=tuple(_escalation(row.written) for row in draft.escalations),
        group_s=head.group_s,
        undelivered_s=head.undelivered_s,
        address=(head.address or "").rstrip("/"),
        heartbeat=head.heartbeat or "",
        test_page=_test_page(head.test_page),
        canary=_canary(head.canary),
    )


def target_of(written: WrittenTarget) -> Target:
    """Make a target: of its keys one is written."""
    return next(Target(who, of) for who in Who if (of := getattr(written, who)) is not None)


def hours_of(written: WrittenHours) -> tuple[time, time]:
    """Make a part of a day."""
    return time.fromisoformat(written.from_), time.fromisoformat(written.until)


def _way(written: WrittenWay) -> Way:
    return Way(written.id, written.kind, text_of(written.label), written.secret, written.timeout_s)


def _person(written: WrittenPerson) -> Person:
    contacts = tuple(Contact(one.way, one.to or "") for one in written.contacts)
    return Person(written.id, written.language, contacts)


def _rotation(written: WrittenRotation, time_zone: str) -> Rotation:
    substitutions = (
        Substitution(
            written.id,
            datetime.fromisoformat(one.begins),
            datetime.fromisoformat(one.ends),
            one.person,
            one.reason,
        )
        for one in written.substitutions
    )
    return Rotation(
        id=written.id,
        label=text_of(written.label),
        time_zone=written.time_zone or time_zone,
        people=tuple(written.people),
        begins=date.fromisoformat(written.begins),
        hand_over=time.fromisoformat(written.hand_over),
        every_days=written.every_days,
        hours=hours_of(written.hours) if written.hours else None,
        holidays={date.fromisoformat(day): person for day, person in written.holidays.items()},
        substitutions=tuple(substitutions),
    )


def _escalation(written: WrittenEscalation) -> Escalation:
    return Escalation(
        id=written.id,
        priorities=frozenset(written.priorities),
        steps=tuple(Step(one.after_s, tuple(map(target_of, one.call))) for one in written.steps),
        zones=tuple(written.zones),
        repeat_s=written.repeat_s,
        repeats=written.repeats,
        stops_at_clear=written.stops_at_clear,
        tells_clear=written.tells_clear,
        quiet=hours_of(written.quiet) if written.quiet else None,
    )


def _test_page(written: WrittenTestPage | None) -> TestPage | None:
    if written is None:
        return None
    at = time.fromisoformat(written.at)
    return TestPage(WEEKDAYS.index(written.weekday), at, written.receipt_within_s)


def _canary(written: WrittenCanary | None) -> Canary | None:
    return Canary(written.way, written.every_s, written.within_s) if written else None
