"""The nouns of calling people: what is sent, what becomes of it, what persons note, and what is remembered of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from config.duty import Substitution

Occurrence: TypeAlias = tuple[str, datetime]
"""Id of an alarm, and when it was raised."""


class NoticeKind(StrEnum):
    """What a Notice is about."""

    ALARM = "alarm"
    GROUP = "group"
    """Several alarms in one message: how many, and which was first."""
    CLEAR = "clear"
    """What the person was called for is over."""
    TEST = "test"
    CANARY = "canary"


CALLING_KINDS = frozenset({NoticeKind.ALARM, NoticeKind.GROUP})
"""Those by which somebody is called to come."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell one person by one way.

    Attributes:
        key: names it for ever: occurrence, step, person and way. A service that takes such a key delivers it once.
        alarms: the occurrences that it tells of (id of the alarm, when raised), the first one first.
        step: 1 for the first step of the escalation; counts on while the last one is repeated.
        because: why it is sent only now or this way, for a person ("" for the step's own time and first way).
    """

    key: str
    at: datetime
    kind: NoticeKind
    person: str
    way: str
    to: str
    alarms: tuple[Occurrence, ...]
    step: int = 1
    because: str = ""


@dataclass(frozen=True, slots=True)
class Substitute:
    """A person notes that somebody else has a rotation's duty for a while; with `is_over` it is taken back."""

    at: datetime
    substitution: Substitution
    is_over: bool = False


class Outcome(StrEnum):
    """How one notice ended, or how one way of it did."""

    ACCEPTED = "accepted"
    """The service at the other end has taken it. That a person has read it, only the person can say."""
    REFUSED = "refused"
    """It was answered, and trying again would not help: a wrong key, an unknown person."""
    FAILED = "failed"
    """It could not be delivered in its time."""
    NOT_NEEDED = "not_needed"
    """At the moment of sending nobody had to be told any more."""


@dataclass(frozen=True, slots=True)
class Try:
    """One try to send a Notice, and what the other end answered, without anything secret."""

    sent_at: datetime
    answered_at: datetime
    outcome: Outcome
    detail: str


@dataclass(frozen=True, slots=True)
class NoticeResult:
    """How a Notice ended.

    Attributes:
        key: the Notice's.
        tries: each try, in order; none where nobody had to be told any more.
        detail: why it was not accepted.
        stored_at: when the Notice was known to be on the disk, and with it whatever it tells of; None: it was not.
    """

    at: datetime
    key: str
    outcome: Outcome
    tries: tuple[Try, ...] = ()
    detail: str = ""
    stored_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """A person says that a notice has come."""

    at: datetime
    key: str
    who: str


@dataclass(frozen=True, slots=True)
class CanaryDue:
    """Time to send something made through the whole chain, to see that it comes through."""

    at: datetime


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
