"""What is remembered of calling people: who was told of what, what is on its way, and what waits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from alarms.events import Notice
from config.duty import Substitution

Occurrence: TypeAlias = tuple[str, datetime]
"""Id of an alarm, and when it was raised."""


@dataclass(frozen=True, slots=True)
class Call:
    """One occurrence of an alarm for which people are called, until its condition is over and it was seen.

    Attributes:
        escalation: its id.
        begun_at: when people were first called for it; an occurrence that sounds again is called for anew.
        taken: how many steps were taken.
        due_at: when the next one is; None: there is none.
        climbing: nobody has acknowledged it, and nothing hides it: its steps go on.
        told: who was told, in order.
        reached: the last step by which somebody was reached: a way has accepted its notice (0: none).
    """

    alarm: str
    raised_at: datetime
    escalation: str
    begun_at: datetime
    taken: int = 0
    due_at: datetime | None = None
    climbing: bool = True
    told: tuple[str, ...] = ()
    reached: int = 0


@dataclass(frozen=True, slots=True)
class Pending:
    """A Notice whose end is not known. Its time counts from `since`: when it was sent, or the service started anew."""

    notice: Notice
    since: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """One occurrence of which a person is to be told, by which step; `urgency` 0 is the highest."""

    alarm: str
    raised_at: datetime
    begun_at: datetime
    step: int
    urgency: int


@dataclass(frozen=True, slots=True)
class Window:
    """A person was told something a moment ago: until it ends, only what is more urgent is told at once.

    Attributes:
        length_s: doubles as long as more comes in each one, up to a limit.
        urgency: of what was told, 0 the highest.
        told: what was told as the window began.
        held: what waits for its end.
    """

    ends_at: datetime
    length_s: float
    urgency: int
    told: tuple[Occurrence, ...]
    held: tuple[Held, ...] = ()


@dataclass(frozen=True, slots=True)
class Calls:
    """All that is remembered of calling people.

    Attributes:
        open: by id of the alarm.
        pending: Notices without an end, by key.
        windows: by person, and for what is over by `<person>|clear`.
        substitutions: those that persons have noted, in that order.
        lost: alarms of which nobody could be told, although every step was taken.
        tested_at: when the last weekly test was.
        unconfirmed: who has not said yet that its page came.
        wrong: what is wrong with calling itself: `undelivered`, `test-page`, `canary` -> words for a person.
    """

    open: Mapping[str, Call] = field(default_factory=dict)
    pending: Mapping[str, Pending] = field(default_factory=dict)
    windows: Mapping[str, Window] = field(default_factory=dict)
    substitutions: tuple[Substitution, ...] = ()
    lost: frozenset[str] = frozenset()
    tested_at: datetime | None = None
    unconfirmed: tuple[str, ...] = ()
    wrong: Mapping[str, str] = field(default_factory=dict)
