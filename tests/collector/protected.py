"""The worked plant with a machine that takes requests, and two protective actions that ask for them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from config.model import Command, Device, Handshake, Node, Request, Text
from config.plant import Plant
from config.rules import Ask, Check, Protection, ProtectionKind
from drivers.driver import Unreachable
from tests.alarms.building import ACTION, HUMIDITY, ISOLATOR, PRESSURE, plant
from tests.collector.scripted import ScriptedDriver, Step

P01 = f"{ISOLATOR}/P-01"
P03 = f"{ISOLATOR}/P-03"
_TEXT = Text("what", "什么")


def ask(request: str, *checks: Check, param: int = 0) -> Ask:
    """Ask the isolator for something."""
    return Ask(ISOLATOR, _TEXT, request, param, checks=checks)


def protection(code: str, **fields: object) -> Protection:
    """Make a protective action of the isolator."""
    given: dict[str, object] = {
        "id": f"{ISOLATOR}/{code}",
        "code": code,
        "device": ISOLATOR,
        "label": _TEXT,
        "kind": ProtectionKind.PROTECT,
        "triggers": ((ACTION,),),
        "asks": (),
        "instruction": _TEXT,
        "fail_safe": _TEXT,
    }
    return Protection(**{**given, **fields})  # type: ignore[arg-type]  # test shorthand


def protected(*protections: Protection) -> Plant:
    """Give the worked plant's isolator a handshake, and the plant its protective actions."""
    one = plant()
    isolator = one.devices[ISOLATOR]
    requests = {
        key: Request(key, code, _TEXT, 0, 100) for code, key in enumerate(("fan_speed", "hold", "release"))
    }
    nodes = {
        key: Node(key, "UInt16") for key in ("param", "ticket", "code", "seq", "beat", "ack_seq", "ack_code")
    }
    profile = replace(isolator.profile, requests=requests, handshake=Handshake(**nodes))
    chosen = protections or (
        protection(
            "P-01",
            asks=(
                ask("fan_speed", Check(HUMIDITY, 90.0, None, within_s=3), param=100),
                ask("hold"),
            ),
            release=(Check(PRESSURE, 30.0, None),),
            release_asks=(ask("release"),),
            reset_by=("operator", "qa"),
        ),
    )
    return replace(
        one,
        devices={**one.devices, ISOLATOR: replace(isolator, profile=profile)},
        protections={each.id: each for each in chosen},
    )


class Machine(ScriptedDriver):
    """Takes requests as a PLC does: a number that it has seen before is answered, not carried out again."""

    def __init__(self, device: Device, now: Callable[[], datetime], script: Sequence[Step] = ()) -> None:
        super().__init__(device, now, script)
        self.executed: list[tuple[str, int]] = []
        self.answers_lost = 0
        self.answer: Exception | None = None
        self.beaten: list[int] = []
        self._last = 0

    async def command(self, command: Command) -> None:
        """Carry it out unless its number is known; then answer, unless the answer is lost."""
        self.commands.append(command)
        if self.answer is not None:
            raise self.answer
        self.carry_out(command)
        if self.answers_lost:
            self.answers_lost -= 1
            raise Unreachable("the answer was lost")

    def carry_out(self, command: Command) -> None:
        """Do what is asked for, once; the fan brings up the second value."""
        if command.seq > self._last:
            self._last = command.seq
            self.executed.append((command.request, command.seq))
            if command.request == "fan_speed":
                self.values = (self.values[0], 95.0)

    async def beat(self, count: int) -> None:
        """Note the heartbeat."""
        self.beaten.append(count)
