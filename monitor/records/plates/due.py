"""What is to be done with a plate next, and when. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.records.plates.life import CLOSED, Plate, is_named
from monitor.store.viable import State


class Todo(StrEnum):
    """The next thing to do with a plate."""

    EXPOSE = "expose"
    COLLECT = "collect"
    INCUBATE = "incubate"
    READ = "read"
    VERIFY = "verify"
    NAME = "name"
    """What grew has to be named to its species before it can be approved."""
    APPROVE = "approve"
    DECIDE = "decide"
    """It is in quarantine: back, or rejected."""
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Due:
    """What is due.

    Attributes:
        at: from when on it can be done; None: nothing is left to do.
        by: until when it has to be done at the latest; None: nothing says so.
    """

    todo: Todo
    at: datetime | None = None
    by: datetime | None = None


def due(plate: Plate) -> Due:
    """Say what is due with a plate."""
    match plate.state:
        case State.PLANNED:
            return Due(Todo.EXPOSE, plate.sample.draft.planned_at)
        case State.EXPOSED | State.COLLECTED:
            return _after_exposure(plate)
        case State.INCUBATING:
            return _in_incubation(plate)
        case State.READ | State.VERIFIED | State.QUARANTINED:
            return Due(_for_a_person(plate), _last(plate))
        case _:
            return Due(Todo.NOTHING)


def _for_a_person(plate: Plate) -> Todo:
    if plate.state is State.VERIFIED:
        return Todo.APPROVE if is_named(plate) else Todo.NAME
    return Todo.VERIFY if plate.state is State.READ else Todo.DECIDE


def _last(plate: Plate) -> datetime:
    return plate.sample.steps[-1].at


def _after_exposure(plate: Plate) -> Due:
    if plate.exposed_until is not None or plate.sample.draft.kind not in CLOSED:
        return Due(Todo.INCUBATE, plate.exposed_until or _last(plate))
    longest_s = plate.sample.draft.plan.exposure_max_s
    since = plate.exposed_from
    by = since + timedelta(seconds=longest_s) if since and longest_s else None
    return Due(Todo.COLLECT, since, by)


def _in_incubation(plate: Plate) -> Due:
    """Say when the last step that was begun has lasted long enough, and when too long."""
    begun = [step.at for step in plate.sample.steps if step.state is State.INCUBATING]
    plan = plate.sample.draft.plan.incubation
    present = plan[min(len(begun), len(plan)) - 1]
    at, by = (begun[-1] + timedelta(days=days) for days in (present.days_min, present.days_max))
    return Due(Todo.READ if len(begun) >= len(plan) else Todo.INCUBATE, at, by)
