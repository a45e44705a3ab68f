"""A duty small enough to follow by hand: three people, a rotation, an escalation of three steps; and who follows it."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, time

from alarms import engine, response
from alarms.calls import Notice, NoticeResult, Outcome
from alarms.escalate import still_calls
from alarms.events import Acknowledge, Event, Tick
from alarms.state import State
from config.duty import Contact, Duty, Escalation, Person, Rotation, Step, Target, Way, WayKind, Who
from config.model import Text
from config.plant import Plant
from config.rules import Limit, Priority
from monitor.collector.codec import state_json, state_of
from tests.alarms.building import ACTION, after, plant

_TEXT = Text("", "")
ON_CALL, NEXT = Target(Who.ON_CALL, "week"), Target(Who.NEXT, "week")
TEAM, QA = Target(Who.TEAM, "week"), Target(Who.PERSON, "qa")
STEPS = (Step(0, (ON_CALL,)), Step(120, (NEXT,)), Step(300, (TEAM, QA)))


def duty(*escalations: Escalation, **other: object) -> Duty:
    """Make the duty: this week `ann` is on call (T0 is a Saturday, 16:00 in Shanghai), next week `bo`.

    What is not answered has a day's time, unless a test says otherwise.
    """
    people = {
        "ann": Person("ann", "en", (Contact("robot"), Contact("mail", "ann@example.invalid"))),
        "bo": Person("bo", "zh", (Contact("robot"),)),
        "qa": Person("qa", "zh", (Contact("mail", "qa@example.invalid"),)),
    }
    week = Rotation("week", _TEXT, "Asia/Shanghai", ("ann", "bo"), date(2026, 11, 16), time(8))
    ways = {
        "robot": Way("robot", WayKind.DINGTALK, _TEXT, "robot"),
        "mail": Way("mail", WayKind.APPRISE, _TEXT, "mail"),
    }
    chosen = escalations or (escalation(),)
    laid = {"undelivered_s": 86_400.0, **other}
    return Duty(ways, people, {"week": week}, chosen, **laid)  # type: ignore[arg-type]  # test shorthand


def escalation(*steps: Step, **other: object) -> Escalation:
    """Make an escalation for alarms of every priority."""
    return Escalation("all", frozenset(Priority), steps or STEPS, **other)  # type: ignore[arg-type]  # test shorthand


def on_duty(one: Duty, *limits: Limit) -> Plant:
    """Give the plant its duty; a day of silence is no alarm, so that nobody is called for it."""
    return replace(plant(*limits, communication_delay_s=86_400.0), duty=one)


@dataclass
class Follower:
    """Judges one event after the other, and keeps every Notice that comes of them."""

    plant: Plant
    state: State = field(default_factory=State)
    sent: list[Notice] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Lay out the plant."""
        self.rules = engine.rules(self.plant)

    def take(self, *events: Event) -> list[Notice]:
        """Judge some events; return the Notices that they gave."""
        some: list[Notice] = []
        for event in events:
            before = self.state.calls
            self.state, _ = engine.handle(self.rules, self.state, event)
            some += response.notices(before, self.state.calls)
        self.sent += some
        return some

    def wait(self, since_s: int, until_s: int) -> list[Notice]:
        """Let time pass, tick by tick, from one second up to another."""
        return self.take(*(Tick(after(second)) for second in range(since_s, until_s + 1)))

    def answer(self, notice: Notice, outcome: Outcome, at_s: float, detail: str = "") -> list[Notice]:
        """Say how a Notice ended."""
        return self.take(NoticeResult(after(at_s), notice.key, outcome, detail=detail))

    def acknowledge(self, at_s: float, alarm: str = ACTION) -> list[Notice]:
        """Let a person acknowledge an alarm, as it now stands."""
        raised_at = self.state.alarms[alarm].raised_at
        return self.take(Acknowledge(after(at_s), alarm, raised_at, "li"))

    def wait_ms(self, until_ms: int) -> None:
        """Let time pass by one tick, to a millisecond."""
        self.take(Tick(after(until_ms / 1000)))

    def waiting(self) -> list[Notice]:
        """Return the Notices whose end is not known."""
        return [one.notice for one in self.state.calls.pending.values()]

    def restore(self) -> None:
        """Write the State down and read it back, as a restart does."""
        self.state = state_of(state_json(self.state))

    def would_send(self, notice: Notice) -> bool:
        """Say what the one who sends finds at the moment of sending."""
        return bool(still_calls(self.state.calls, notice.alarms))


def told(notices: Iterable[Notice]) -> list[tuple[str, str, int]]:
    """Say who was told, by which way, by which step."""
    return [(one.person, one.way, one.step) for one in notices]
