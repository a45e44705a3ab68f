"""Protective actions as screens see them: what is armed, what runs and how far it has come, what is switched off."""

from typing import Any

from pydantic import BaseModel

from alarms.events import AskState
from config import rules
from config.plant import Plant
from config.rules import ProtectionKind
from monitor.server.written import AT, Label, Time, shown

ARMED = "ARMED"
"""Where nothing runs."""

PROTECTION_EXAMPLE: dict[str, Any] = {
    "id": "ISO-STM-L1/P-01",
    "code": "P-01",
    "device": "ISO-STM-L1",
    "zone": "STM-L1-A-ISO",
    "line": "STM-L1",
    "label": {"en": "Pressure lost", "zh": "压力丧失"},
    "kind": "protect",
    "state": "LATCHED",
    "dry_run": False,
    "inhibited": None,
    "instruction": {"en": "Stop open handling.", "zh": "停止开放操作。"},
    "reset_by": ["operator", "qa"],
    "needs_confirmation": False,
    "triggered_at": AT,
    "changed_at": AT,
    "because": ["ISO-STM-L1/chamber_pressure/action"],
    "failed": False,
    "detail": "",
    "asks": [
        {
            "device": "ISO-STM-L1",
            "label": {"en": "Fan at 100 %", "zh": "风机100 %"},
            "request": "fan_speed",
            "param": 100,
            "outputs": {},
            "state": "verified",
            "since": AT,
            "detail": "",
        }
    ],
    "release_asks": [],
}


class Inhibited(BaseModel):
    """Who has switched a protective action off, until when, and why."""

    since: Time
    until: Time
    who: str
    second: str
    reason: str


class Ask(BaseModel):
    """One thing that is asked of a device, and how far that has come (null: not asked)."""

    device: str
    label: Label
    request: str
    param: int
    outputs: dict[str, str]
    state: AskState | None = None
    since: Time | None = None
    detail: str = ""


class Protection(BaseModel):
    """A protective action: `state` is ARMED, or that of the one that runs."""

    model_config = shown(PROTECTION_EXAMPLE)

    id: str
    code: str
    device: str
    zone: str
    line: str | None
    label: Label
    kind: ProtectionKind
    state: str
    dry_run: bool
    inhibited: Inhibited | None
    instruction: Label
    reset_by: list[str]
    needs_confirmation: bool
    triggered_at: Time | None
    changed_at: Time | None
    because: list[str]
    failed: bool
    detail: str
    asks: list[Ask]
    release_asks: list[Ask]


def armed(plant: Plant, one: rules.Protection) -> Protection:
    """Write a protective action that does nothing now."""
    device = plant.devices[one.device]
    return Protection(
        id=one.id,
        code=one.code,
        device=one.device,
        zone=device.zone,
        line=device.line or None,
        label=Label.model_validate(one.label),
        kind=one.kind,
        state=ARMED,
        dry_run=one.dry_run,
        inhibited=None,
        instruction=Label.model_validate(one.instruction),
        reset_by=list(one.reset_by),
        needs_confirmation=one.needs_confirmation,
        triggered_at=None,
        changed_at=None,
        because=[],
        failed=False,
        detail="",
        asks=[_ask(ask) for ask in one.asks],
        release_asks=[_ask(ask) for ask in one.release_asks],
    )


def _ask(ask: rules.Ask) -> Ask:
    label = Label.model_validate(ask.label)
    return Ask(
        device=ask.device, label=label, request=ask.request, param=ask.param, outputs=dict(ask.outputs)
    )
