"""How Samples, alarms and protective actions are written for a screen: plain data, whatever is not there null."""

import math
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from alarms.alarm import state
from alarms.calls import Notice, NoticeResult
from alarms.events import Alarm, Asked, Inhibited, ProtectionChange, Running, RunningBatch
from alarms.state import State
from config.guidance import guidance_of
from config.model import Sample, Text
from config.plant import Plant
from config.rules import Ask, Guidance

Json = dict[str, Any]

ARMED = "ARMED"
"""Where nothing runs: no state of a running protection, because there is none."""


def iso(at: datetime) -> str:
    """Write a time as every message has it."""
    return at.isoformat(timespec="microseconds")


def finite(value: float) -> float | None:
    """Return a value, or None where there is none."""
    return value if math.isfinite(value) else None


def derived_ids(plant: Plant) -> Mapping[str, tuple[str, ...]]:
    """Say which derived channels each series has, in the order in which their values stand."""
    ids: dict[str, tuple[str, ...]] = {}
    for one in plant.derived.values():
        ids[one.series] = (*ids.get(one.series, ()), one.id)
    return ids


def sample_json(sample: Sample, derived: Iterable[tuple[str, float]] = ()) -> Json:
    """Write a Sample, and what was reckoned from it by id."""
    return {
        "series": sample.series,
        "at": iso(sample.at),
        "received_at": iso(sample.received_at),
        "values": [None if math.isnan(value) else value for value in sample.values],
        "quality": sample.quality,
        "backfilled": sample.backfilled,
        "reason": sample.reason,
        "derived": {key: finite(value) for key, value in derived},
    }


def alarm_json(plant: Plant, alarm: Alarm) -> Json:
    """Write an Alarm, with where in the plant it is and its derived state."""
    about = alarm.id.rsplit("/", 1)[0]
    channel = plant.channels.get(about) or plant.derived.get(about)
    device = plant.devices.get(alarm.id.split("/", 1)[0])
    zone = channel.zone if channel else device.zone if device else None
    return {
        "id": alarm.id,
        "channel": channel.id if channel else None,
        "device": device.id if device else None,
        "zone": zone,
        "line": plant.zones[zone].line or None if zone else None,
        "level": alarm.level,
        "priority": alarm.priority,
        "state": state(alarm),
        "active": alarm.active,
        "acknowledged": alarm.acknowledged,
        "raised_at": iso(alarm.raised_at),
        "changed_at": iso(alarm.changed_at),
        "worst": alarm.worst,
        "detail": alarm.detail,
        "acknowledged_by": alarm.acknowledged_by,
        "latched": alarm.latched,
        "shelved_until": alarm.shelved_until and iso(alarm.shelved_until),
        "suppressed_by": list(alarm.suppressed_by),
        "out_of_service": alarm.out_of_service,
        "times": alarm.times,
        "first_out": alarm.first_out,
        "chattering": alarm.chattering,
        "guidance": _guidance_json(guidance_of(plant, alarm.id)),
    }


def told_json(notice: Notice, result: NoticeResult | None) -> Json:
    """Write who was told by which way, and what became of it; no outcome while it is on its way."""
    return {
        "person": notice.person,
        "way": notice.way,
        "step": notice.step,
        "at": iso(notice.at),
        "outcome": result and result.outcome,
        "ended_at": result and iso(result.at),
    }


def _guidance_json(guidance: Guidance) -> Json:
    return {
        "consequence": _text_json(guidance.consequence),
        "response": _text_json(guidance.response),
        "respond_within_s": guidance.respond_within_s,
        "sop": guidance.sop,
    }


def change_json(plant: Plant, change: ProtectionChange, after: State) -> Json:
    """Write a change of a protective action, and how that stands behind it."""
    who = {"who": list(change.who), "comment": change.comment}
    return standing_json(plant, change.protection, after, change.at, change.reason) | who


def standing_json(plant: Plant, key: str, after: State, at: datetime, reason: str) -> Json:
    """Write how a protective action stands from now on, and why."""
    return {
        "reason": reason,
        "at": iso(at),
        "who": [],
        "comment": "",
        "protection": protection_json(plant, key, after),
    }


def protection_json(plant: Plant, key: str, after: State) -> Json:
    """Write a protective action: where it belongs, how far it has come, and what it asks.

    Raises:
        KeyError: the plant has no such protective action.
    """
    one, running = plant.protections[key], after.running.get(key)
    device = plant.devices[one.device]
    return {
        "id": one.id,
        "code": one.code,
        "device": one.device,
        "zone": device.zone,
        "line": device.line or None,
        "label": _text_json(one.label),
        "kind": one.kind,
        "state": running.state if running else ARMED,
        "dry_run": one.dry_run,
        "inhibited": _inhibited_json(after.inhibited.get(key)),
        "instruction": _text_json(one.instruction),
        "reset_by": list(one.reset_by),
        "needs_confirmation": one.needs_confirmation,
        **_running_json(running),
        "asks": _asks_json(one.asks, running.asked if running else ()),
        "release_asks": _asks_json(one.release_asks, running.ending if running else ()),
    }


def batch_json(line: str, batch: RunningBatch) -> Json:
    """Write a batch that runs on a line."""
    return {
        "id": batch.id,
        "line": line,
        "product": batch.product,
        "stage": batch.stage,
        "zones": list(batch.zones),
        "since": iso(batch.since),
        "stage_since": iso(batch.stage_since),
        "who": batch.who,
    }


def _running_json(running: Running | None) -> Json:
    return {
        "triggered_at": running and iso(running.triggered_at),
        "changed_at": running and iso(running.changed_at),
        "because": list(running.because) if running else [],
        "failed": running is not None and running.failed,
        "detail": running.detail if running else "",
    }


def _inhibited_json(inhibited: Inhibited | None) -> Json | None:
    if inhibited is None:
        return None
    return {
        "since": iso(inhibited.since),
        "until": iso(inhibited.until),
        "who": inhibited.who,
        "second": inhibited.second,
        "reason": inhibited.reason,
    }


def _asks_json(asks: tuple[Ask, ...], asked: tuple[Asked, ...]) -> list[Json]:
    stands = [*asked, *(None for _ in asks)]
    return [
        {
            "device": ask.device,
            "label": _text_json(ask.label),
            "request": ask.request,
            "param": ask.param,
            "outputs": dict(ask.outputs),
            "state": one and one.state,
            "since": one and one.since and iso(one.since),
            "detail": one.detail if one else "",
        }
        for ask, one in zip(asks, stands, strict=False)
    ]


def _text_json(text: Text) -> Json:
    return {"en": text.en, "zh": text.zh}
