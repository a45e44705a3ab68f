"""A plant that protects itself: three protective actions on the isolator's pressure, and guidance for its alarm."""

from dataclasses import replace
from datetime import datetime

from alarms.events import ActionResult
from alarms.state import State
from config.model import Command, Text
from config.plant import Plant
from config.rules import Ask, Guidance, Protection, ProtectionKind
from tests.server.collector import ALARM

FAN, CLOSE, FIXED = (f"ISO-STM-L1/P-0{number}" for number in (1, 3, 5))
LABEL = Text("Fan at 100 %", "风机100 %")


def acting(plant: Plant) -> Plant:
    """Give the plant protective actions: one runs by itself, one waits for a word, one cannot be switched off."""
    every = (
        _protection(FAN, ALARM, reset_by=("operator", "qa")),
        _protection(CLOSE, ALARM, needs_confirmation=True),
        _protection(FIXED, "ISO-STM-L1/rh/action", may_inhibit=False),
    )
    guidance = Guidance((ALARM,), Text("Air may enter.", "空气可能进入。"), LABEL, 30.0, "SOP-ISO-003 v2")
    return replace(plant, protections={one.id: one for one in every}, guidance=(guidance,))


def _protection(
    key: str,
    alarm: str,
    *,
    reset_by: tuple[str, ...] = ("operator",),
    may_inhibit: bool = True,
    needs_confirmation: bool = False,
) -> Protection:
    device, _, code = key.partition("/")
    return Protection(
        id=key,
        code=code,
        device=device,
        label=Text("Pressure lost", "压力丧失"),
        kind=ProtectionKind.PROTECT,
        triggers=((alarm,),),
        asks=(Ask(device, LABEL, "fan_speed", 100),),
        instruction=Text("Stop open handling.", "停止开放操作。"),
        fail_safe=Text("The machine holds its own pressure.", "设备自行维持压力。"),
        reset_by=reset_by,
        may_inhibit=may_inhibit,
        needs_confirmation=needs_confirmation,
    )


def carried_out(at: datetime, state: State, key: str, *, verified: bool = True) -> ActionResult:
    """Say how the machine took the only ask of a protective action that runs."""
    seq = state.running[key].asked[0].seq
    command = Command(key.partition("/")[0], {}, "", "fan_speed", 100, seq, key)
    return ActionResult(at, command, verified, "" if verified else "refused: local mode")
