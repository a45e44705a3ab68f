"""Who is called, in which way and order, as it is written in YAML.

As with the rest of a plant, the descriptions are shown by an editor and by the loader.
"""

from datetime import date, datetime
from typing import Annotated, Literal, TypeAlias, get_args

from pydantic import AfterValidator, Field, Strict, model_validator

from config.duty import WayKind
from config.rules import Priority
from config.written import Clock, Id, Prose, Seconds, Words, Written, WrittenText


def _is_a_day(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"there is no day {text}; write one of the calendar, for example 2026-12-24"
        ) from None
    return text


def _is_an_instant(text: str) -> str:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"there is no time {text}; write one, for example 2026-12-24T20:00+08:00") from None
    return text


Day: TypeAlias = Annotated[str, Field(pattern=r"^20[0-9]{2}-[0-9]{2}-[0-9]{2}$"), AfterValidator(_is_a_day)]
Instant: TypeAlias = Annotated[
    str,
    Field(pattern=r"^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})$"),
    AfterValidator(_is_an_instant),
]
Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f/]+$")]
SecretName: TypeAlias = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
ZonePattern: TypeAlias = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9_.*-]+$")]
Address: TypeAlias = Annotated[
    str, Field(max_length=200, pattern=r"^https?://[A-Za-z0-9.:\[\]-]+(/[\x21-\x7e]*)?$")
]

Weekday: TypeAlias = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[str, ...] = get_args(Weekday)


class WrittenHours(Written):
    """A part of each day, by the wall clock."""

    from_: Clock = Field(alias="from", description="when it begins, for example 20:00")
    until: Clock = Field(
        description="when it ends, for example 08:00: on the day after, if that is not later than from"
    )

    @model_validator(mode="after")
    def _is_a_part(self) -> "WrittenHours":
        if self.from_ == self.until:
            raise ValueError(f"from and until are both {self.until}; write two times, or leave the hours out")
        return self


class WrittenWay(Written):
    """One way to reach people. What is secret stands in no file of the plant."""

    id: Id = Field(description="the way's name in letters, digits and - _ . only, for example robot-shift")
    kind: Annotated[WayKind, Strict(strict=False)] = Field(
        description="dingtalk, wecom, feishu, lark, webhook or apprise"
    )
    label: WrittenText = Field(description="its name on screens, {en: …, zh: …}")
    secret: SecretName = Field(
        description="name of the secret that holds its address and keys, for example shift-robot (docs/notify-ways.md)"
    )
    timeout_s: Annotated[Seconds, Field(gt=0, le=30)] = Field(
        default=4.0, description="seconds after which a try has failed, for example 4"
    )


class WrittenContact(Written):
    """How one person is reached by one way."""

    way: Id = Field(description="the id of a way")
    to: Words | None = Field(
        default=None,
        description="what the way calls this person: a mobile number, a user id, a mail address; none if the way leads"
        " to one place only",
    )


class WrittenPerson(Written):
    """Someone who may be called."""

    id: Name = Field(description="the name this person signs in with")
    language: Literal["en", "zh"] = Field(description="en or zh: what this person is written to in")
    contacts: Annotated[list[WrittenContact], Field(min_length=1, max_length=10)] = Field(
        description="by which ways, in the order in which they are tried, for example [{way: robot-shift}]"
    )


class WrittenSubstitution(Written):
    """Another person has the duty for a while."""

    begins: Instant = Field(description="its first instant with the zone's offset: 2026-12-24T20:00+08:00")
    ends: Instant = Field(description="the first instant after it, likewise")
    person: Name = Field(description="who has the duty instead")
    reason: Prose = Field(description="why, for who reads the record")


class WrittenRotation(Written):
    """People who take turns."""

    id: Id = Field(description="the rotation's name in letters, digits and - _ . only, for example night")
    label: WrittenText = Field(description="its name on screens, for example {en: Night, zh: 夜班}")
    time_zone: Words | None = Field(
        default=None, description="IANA name of the wall clock it goes by, if not the plant's"
    )
    people: Annotated[list[Name], Field(min_length=1, max_length=100)] = Field(
        description="ids of people, in the order of their turns"
    )
    begins: Day = Field(description="the day of the first turn of the first person, for example 2026-01-05")
    hand_over: Clock = Field(description="when a turn begins, by the wall clock, for example 08:00")
    every_days: Annotated[int, Field(ge=1, le=366)] = Field(
        default=7, description="how many days one turn takes, for example 7"
    )
    hours: WrittenHours | None = Field(
        default=None,
        description="the part of each day in which somebody is on call, {from: 20:00, until: 08:00}; all day if none",
    )
    holidays: Annotated[dict[Day, Name], Field(max_length=400)] = Field(
        default={}, description="day -> who has the duty from its hand-over to the next day's"
    )
    substitutions: Annotated[list[WrittenSubstitution], Field(max_length=400)] = Field(
        default=[],
        description="who stands in, [{begins: …, ends: …, person: …, reason: …}]; swaps of every day are noted on the"
        " screen instead",
    )


class WrittenTarget(Written):
    """Whom a step calls."""

    on_call: Id | None = Field(default=None, description="the id of a rotation: who is on call")
    next: Id | None = Field(default=None, description="the id of a rotation: who is on call next")
    team: Id | None = Field(default=None, description="the id of a rotation: everybody who takes turns")
    person: Name | None = Field(default=None, description="the id of a person")

    @model_validator(mode="after")
    def _is_one(self) -> "WrittenTarget":
        if sum(one is not None for one in (self.on_call, self.next, self.team, self.person)) != 1:
            raise ValueError(
                "is not one target; write on_call, next, team or person, each in a mapping of its own"
            )
        return self


class WrittenStep(Written):
    """One step of an escalation."""

    after_s: Seconds = Field(description="seconds after the alarm was raised, for example 120")
    call: Annotated[list[WrittenTarget], Field(min_length=1, max_length=20)] = Field(
        description="whom, for example [{on_call: day}, {on_call: night}]"
    )


class WrittenEscalation(Written):
    """What is done so that somebody comes; the first row that fits an alarm counts."""

    id: Id = Field(
        description="the escalation's name in letters, digits and - _ . only, for example critical"
    )
    priorities: Annotated[
        list[Annotated[Priority, Strict(strict=False)]], Field(min_length=1, max_length=4)
    ] = Field(description="the alarms it is for: critical, high, medium, low")
    zones: Annotated[list[ZonePattern], Field(max_length=200)] = Field(
        default=[], description='patterns of zone ids, for example ["STM-L1-*"]; all if none'
    )
    steps: Annotated[list[WrittenStep], Field(min_length=1, max_length=20)] = Field(
        description="the steps in the order of time, [{after_s: 0, call: […]}, …]"
    )
    repeat_s: Annotated[Seconds, Field(ge=10)] | None = Field(
        default=None, description="seconds after which the last step is taken again, with repeats"
    )
    repeats: Annotated[int, Field(ge=0, le=1000)] = Field(
        default=0, description="how often at most the last step is taken again, with repeat_s"
    )
    stops_at_clear: bool = Field(default=False, description="true: it also stops once the condition is over")
    tells_clear: bool = Field(
        default=False, description="true: who was called is told when the condition is over"
    )
    quiet: WrittenHours | None = Field(
        default=None,
        description="hours of the plant's wall clock at whose end it goes on, {from: 22:00, until: 07:00}",
    )

    @model_validator(mode="after")
    def _repeats_wholly(self) -> "WrittenEscalation":
        if (self.repeat_s is None) != (self.repeats == 0):
            raise ValueError("repeat_s and repeats go together; write both, or neither")
        return self


class WrittenTestPage(Written):
    """Once a week everybody gets a page that says it is a test, and says that it came."""

    weekday: Weekday = Field(description="monday, tuesday, …")
    at: Clock = Field(description="when, by the plant's wall clock, for example 10:00")
    receipt_within_s: Annotated[Seconds, Field(gt=0)] = Field(
        description="seconds after which a page that nobody has confirmed is an alarm, for example 3600"
    )


class WrittenCanary(Written):
    """A made alarm that goes through the whole chain, to a way of its own and to nobody."""

    way: Id = Field(description="the id of a way that no person has")
    every_s: Annotated[Seconds, Field(ge=60)] = Field(description="how often, for example 3600")
    within_s: Annotated[Seconds, Field(gt=0)] = Field(
        description="seconds from sample to accepted beyond which it is an alarm, for example 30"
    )

    @model_validator(mode="after")
    def _ends_before_the_next(self) -> "WrittenCanary":
        if self.within_s >= self.every_s:
            raise ValueError(
                f"within_s {self.within_s:g} is not shorter than every_s {self.every_s:g}; write less"
            )
        return self


class WrittenDuty(Written):
    """What holds for all that is called."""

    group_s: Annotated[Seconds, Field(le=600)] = Field(
        default=10.0,
        description="seconds in which what comes to a person who was just called goes in one message",
    )
    undelivered_s: Annotated[Seconds, Field(gt=0, le=600)] = Field(
        default=15.0, description="seconds after which a notice that nobody took goes the next way"
    )
    address: Address | None = Field(
        default=None, description="where people open Gradewatch from a phone, https://host"
    )
    heartbeat: SecretName | None = Field(
        default=None, description="name of the secret with an outside address that misses us"
    )
    test_page: WrittenTestPage | None = Field(
        default=None,
        description="a page that is only a test, {weekday: monday, at: 10:00, receipt_within_s: 3600}",
    )
    canary: WrittenCanary | None = Field(
        default=None,
        description="an alarm that is only a test, {way: …, every_s: 3600, within_s: 30}",
    )
