"""Protective actions small enough to follow by hand, and a run that says of each event what came of it."""

from collections.abc import Iterable
from dataclasses import replace

from alarms import engine, response
from alarms.events import ActionResult, Event, ProtectionChange, ProtectionState, ResetProtection, Told
from alarms.state import State
from config.model import Command, Sample, Text
from config.plant import Plant
from config.rules import Ask, Check, Level, Limit, Protection, ProtectionKind
from monitor.collector import codec
from tests.alarms.building import ACTION, ISOLATOR, PRESSURE, TOWER, after, limit, plant, sample

TEXT = Text("stop open handling", "停止开放操作")
P1, P2 = "ISO/P-01", "ISO/P-02"
HUMIDITY = "ISO/humidity"
"""In these tests the humidity stands for whatever reads an ask back: at 90 the fan runs, at 45 it does not."""
FAN = Check(HUMIDITY, 90, None, within_s=3)
BOOST = Ask(ISOLATOR, Text("fan at 100 %", "风机100 %"), request="fan_speed", param=100, checks=(FAN,))
LOCK = Ask(ISOLATOR, Text("no transfer", "禁止传递"), request="inhibit_transfer")
RELEASE = replace(LOCK, request="release_inhibit")
BACK = Check(PRESSURE, 30, None, for_s=5)


def protection(**changed: object) -> Protection:
    """P-01 of the isolator: boost and lock when the pressure's action alarm is active; reset by two roles."""
    one = Protection(
        id=P1,
        code="P-01",
        device=ISOLATOR,
        label=TEXT,
        kind=ProtectionKind.PROTECT,
        triggers=((ACTION,),),
        asks=(BOOST, LOCK),
        instruction=TEXT,
        fail_safe=TEXT,
        release=(BACK,),
        release_asks=(RELEASE,),
        reset_by=("operator", "qa"),
    )
    return replace(one, **changed)  # type: ignore[arg-type]  # test shorthand


def interlock(**changed: object) -> Protection:
    """An interlock that only locks, and lets go when the pressure is back."""
    return protection(**{"kind": ProtectionKind.INTERLOCK, "asks": (LOCK,), "reset_by": (), **changed})


def protected(*protections: Protection, limits: Iterable[Limit] = ()) -> Plant:
    """The small plant with protective actions, and an action limit on the pressure beside `limits`."""
    one = plant(limit(Level.ACTION, 20, 90), *limits)
    return replace(one, protections={each.id: each for each in protections or (protection(),)})


class Run:
    """Feeds events, and says of each what changed of protective actions and what was asked for."""

    def __init__(self, *protections: Protection, of: Plant | None = None, restarts: bool = False) -> None:
        self.plant = of or protected(*protections)
        self.rules = engine.rules(self.plant)
        self.state = State()
        self.restarts = restarts

    def takes(self, event: Event) -> tuple[tuple[Told, ...], tuple[Command, ...]]:
        """Take one event in; return what came of it, and the Commands for machines."""
        if self.restarts:
            self.state = codec.state_of(codec.state_json(self.state))
        before = self.state
        self.state, told = engine.handle(self.rules, before, event)
        return told, response.respond((), self.plant.protections, before, self.state)

    def says(self, event: Event) -> tuple[list[str], list[Command]]:
        """Take one event in; return the changes as words, and the Commands."""
        told, commands = self.takes(event)
        changes = [one for one in told if isinstance(one, ProtectionChange)]
        return [f"{one.protection.rpartition('/')[2]} {one.reason}" for one in changes], list(commands)

    def silently(self, *events: Event) -> None:
        """Take events in of which nothing comes."""
        for event in events:
            assert self.says(event) == ([], []), event

    def stands(self, key: str = P1) -> ProtectionState | None:
        """Return how far a protective action is; None: it is armed."""
        running = self.state.running.get(key)
        return None if running is None else running.state

    def unanswered(self) -> tuple[Command, ...]:
        """Return what a restart would send again."""
        return response.unanswered(self.plant.protections, self.state)

    def breach(self, at: float = 1) -> list[Command]:
        """Let the chamber's pressure fall, and give what is asked."""
        self.silently(sample(at - 1, 45.0))
        changes, commands = self.says(sample(at, 10.0))
        assert changes == ["P-01 triggered"]
        return commands


def taken(at: float, command: Command, refused: str = "") -> ActionResult:
    """The machine's answer to a Command: it took it, or why not."""
    return ActionResult(after(at), command, verified=not refused, detail=refused)


def reset(at: float, *roles: str, key: str = P1) -> ResetProtection:
    """Reset it, a person for each role."""
    who = tuple(f"person {n}" for n, _ in enumerate(roles))
    return ResetProtection(after(at), key, who, roles, "glove changed")


def elsewhere(seconds: float) -> Sample:
    """A live Sample of another device."""
    return Sample(TOWER, after(seconds), (0.0, 0.0, 0.0), None, after(seconds))
