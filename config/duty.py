"""The nouns of being on call: who is called for which alarm, in which way, in which order, and who is left alone.

Frozen and without behaviour, as those of `model.py`. What is written here follows the plant's YAML; what persons change
from day to day (a swapped night) is an event, and is kept with the State of judging.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum

from config.model import Text
from config.rules import Priority


class WayKind(StrEnum):
    """How a notice travels. A channel is a measured quantity; what carries a notice is a way."""

    DINGTALK = "dingtalk"
    WECOM = "wecom"
    FEISHU = "feishu"
    LARK = "lark"
    WEBHOOK = "webhook"
    APPRISE = "apprise"
    """Whatever the library of this name can reach: mail, ntfy, PagerDuty, Opsgenie, Twilio and others."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to reach people. Its address is a secret, which is never written in a plant.

    Attributes:
        secret: name of the secret that holds address and keys, as environment variable or file; see docs/on-call.
        timeout_s: a try that takes longer has failed.
    """

    id: str
    kind: WayKind
    label: Text
    secret: str
    timeout_s: float = 4.0


@dataclass(frozen=True, slots=True)
class Contact:
    """How one person is reached by one way.

    Attributes:
        to: what the way calls this person: a mobile number, a user id, a mail address ("" where the way leads to
            one place only).
    """

    way: str
    to: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who may be called. `id` is the name this person signs in with.

    Attributes:
        language: `en` or `zh`: what notices to this person are written in.
        contacts: in the order in which they are tried.
    """

    id: str
    language: str
    contacts: tuple[Contact, ...]


@dataclass(frozen=True, slots=True)
class Substitution:
    """Another person has the duty of a rotation for a while; of several that overlap the last noted one counts.

    Attributes:
        begins: the first instant, aware.
        ends: the first instant after it, aware.
        noted_by: who wrote it down ("" where it stands in the plant).
    """

    rotation: str
    begins: datetime
    ends: datetime
    person: str
    reason: str
    noted_by: str = ""


@dataclass(frozen=True, slots=True)
class Rotation:
    """People who take turns. A turn begins at `hand_over` of a day, by the wall clock of `time_zone`.

    A hand-over time that a night skips is the first instant after it; one that comes twice is the first.

    Attributes:
        people: ids, in the order of their turns.
        begins: the day of the first turn of the first person; before it nobody is on call.
        every_days: how many days one turn takes.
        hours: the part of each day in which somebody is on call at all; None: around the clock. From 20:00 to 08:00
            it ends on the day after.
        holidays: who has the duty from that day's hand-over to the next day's.
    """

    id: str
    label: Text
    time_zone: str
    people: tuple[str, ...]
    begins: date
    hand_over: time
    every_days: int = 7
    hours: tuple[time, time] | None = None
    holidays: Mapping[date, str] = field(default_factory=dict, hash=False)
    substitutions: tuple[Substitution, ...] = ()


class Who(StrEnum):
    """Whom a step calls."""

    ON_CALL = "on_call"
    NEXT = "next"
    """Who has the rotation's next turn."""
    TEAM = "team"
    """Everybody of a rotation."""
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a step calls: `of` is the id of a rotation, or of a person."""

    who: Who
    of: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an escalation, `after_s` seconds after the alarm was raised."""

    after_s: float
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Escalation:
    """What is done so that somebody comes. The first one that fits an alarm counts.

    It stops once the occurrence is acknowledged, and looks again at the moment of sending.

    Attributes:
        priorities: the alarms it is for.
        zones: patterns of zone ids; empty: all. An alarm of a device is in the device's zone, one of the service in
            none.
        repeat_s: the last step again after so long; None: never.
        repeats: how often at most.
        stops_at_clear: it also stops once the condition is over.
        tells_clear: who was called is told when the condition is over.
        quiet: hours (from, until) by the wall clock of the plant, at the end of which its steps go on; what is
            critical, or of Grade A at action level, never waits.
    """

    id: str
    priorities: frozenset[Priority]
    steps: tuple[Step, ...]
    zones: tuple[str, ...] = ()
    repeat_s: float | None = None
    repeats: int = 0
    stops_at_clear: bool = False
    tells_clear: bool = False
    quiet: tuple[time, time] | None = None


@dataclass(frozen=True, slots=True)
class TestPage:
    """Once a week everybody in the duty gets a page that says it is a test, and says that it came.

    Attributes:
        weekday: 0 is Monday.
        at: by the wall clock of the plant.
        receipt_within_s: a page nobody has confirmed by then is an alarm.
    """

    weekday: int
    at: time
    receipt_within_s: float


@dataclass(frozen=True, slots=True)
class Canary:
    """A made alarm that goes through the whole chain again and again, to a way of its own and to nobody.

    Attributes:
        every_s: how often, for example 3600.
        within_s: from sample to accepted; longer is an alarm.
    """

    way: str
    every_s: float
    within_s: float


@dataclass(frozen=True, slots=True)
class Duty:
    """All that a plant lays down about being on call.

    Attributes:
        group_s: to a person who was called a moment ago, what comes within so long goes in one message; an alarm of
            higher priority does not wait for it.
        undelivered_s: a notice that was not accepted within so long goes the person's next way; behind the last one
            the next step is taken at once.
        address: where people open Gradewatch from a phone, for the links ("": no links).
        heartbeat: name of the secret with an outside address that is asked every minute, so that somebody there
            misses us ("": none).
    """

    ways: Mapping[str, Way] = field(default_factory=dict)
    people: Mapping[str, Person] = field(default_factory=dict)
    rotations: Mapping[str, Rotation] = field(default_factory=dict)
    escalations: tuple[Escalation, ...] = ()
    group_s: float = 10.0
    undelivered_s: float = 15.0
    address: str = ""
    heartbeat: str = ""
    test_page: TestPage | None = None
    canary: Canary | None = None
