"""Live values and Transitions for whoever listens, and the last of each for whoever comes later."""

import asyncio
import json
import math
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from alarms.alarm import state
from alarms.events import Alarm, AlarmState, Reason, Transition
from config.model import Plant, Sample

LISTENER_LIMIT = 2_000
"""Messages that may wait for one listener; one that falls further behind is cut and must come again."""
LISTENERS_MAX = 16

Json = dict[str, Any]


class Cut(Exception):  # noqa: N818 - it is what happens to the listener
    """The listener fell too far behind."""


class Listener:
    """One listener's bounded queue."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[str] = asyncio.Queue(maxsize=LISTENER_LIMIT)
        self._cut = False

    def give(self, message: str) -> None:
        """Queue a message; a listener without room is cut."""
        try:
            self._queue.put_nowait(message)
        except asyncio.QueueFull:
            self._cut = True

    async def next(self) -> str:
        """Return the next message.

        Raises:
            Cut: too many messages waited.
        """
        if self._cut:
            raise Cut
        return await self._queue.get()


class Feed:
    """Publishes to any number of listeners, each behind a limit of its own."""

    def __init__(self, plant: Plant, alarms: Mapping[str, Alarm]) -> None:
        self._plant = plant
        self._alarms = dict(alarms)
        self._samples: dict[str, Sample] = {}
        self._listeners: set[Listener] = set()

    def sample(self, sample: Sample) -> None:
        """Show one Sample; a backfilled one is not live and is not shown."""
        if sample.backfilled:
            return
        self._samples[sample.series] = sample
        if self._listeners:
            self._give({"type": "sample", **sample_json(sample)})

    def transition(self, transition: Transition) -> None:
        """Show one Transition."""
        alarm = transition.after
        if state(alarm) is AlarmState.NORM:
            self._alarms.pop(alarm.id, None)
        else:
            self._alarms[alarm.id] = alarm
        self._give_alarm(alarm, transition.reason, transition.at)

    def worsened(self, alarm: Alarm, at: datetime) -> None:
        """Show an alarm whose worst value has moved on while its state stays."""
        self._alarms[alarm.id] = alarm
        self._give_alarm(alarm, None, at)

    def health(self, health: Json) -> None:
        """Show how the collector is."""
        self._give({"type": "health", **health})

    def snapshot(self, at: datetime, health: Json) -> str:
        """Return everything as it stands, as the first message of a listener."""
        return json.dumps(
            {
                "type": "snapshot",
                "at": _iso(at),
                "plant_sha256": self._plant.sha256,
                "samples": [sample_json(sample) for sample in self._samples.values()],
                "alarms": [alarm_json(self._plant, alarm) for alarm in self._alarms.values()],
                "health": health,
            }
        )

    def latest(self) -> Mapping[str, Sample]:
        """Return the latest live Sample of each series."""
        return self._samples

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[Listener]:
        """Be a listener for a while."""
        listener = Listener()
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    def full(self) -> bool:
        """Whether no further listener is let in."""
        return len(self._listeners) >= LISTENERS_MAX

    def _give_alarm(self, alarm: Alarm, reason: Reason | None, at: datetime) -> None:
        facts = alarm_json(self._plant, alarm)
        self._give({"type": "alarm", "reason": reason, "at": _iso(at), "alarm": facts})

    def _give(self, message: Json) -> None:
        if not self._listeners:
            return
        text = json.dumps(message)
        for listener in self._listeners:
            listener.give(text)


def sample_json(sample: Sample) -> Json:
    """Write a Sample for a screen; a value that is not there is null."""
    return {
        "series": sample.series,
        "at": _iso(sample.at),
        "received_at": _iso(sample.received_at),
        "values": [None if math.isnan(value) else value for value in sample.values],
        "quality": sample.quality,
        "backfilled": sample.backfilled,
        "reason": sample.reason,
    }


def alarm_json(plant: Plant, alarm: Alarm) -> Json:
    """Write an Alarm for a screen, with where in the plant it is and its derived state."""
    channel = plant.channels.get(alarm.id.rsplit("/", 1)[0])
    device = plant.devices.get(alarm.id.split("/", 1)[0])
    zone = channel.zone if channel else device.zone if device else None
    return {
        "id": alarm.id,
        "channel": channel.id if channel else None,
        "device": device.id if device else None,
        "zone": zone,
        "line": plant.zones[zone].line or None if zone else None,
        "level": alarm.level,
        "state": state(alarm),
        "active": alarm.active,
        "acknowledged": alarm.acknowledged,
        "raised_at": _iso(alarm.raised_at),
        "changed_at": _iso(alarm.changed_at),
        "worst": alarm.worst,
        "detail": alarm.detail,
        "acknowledged_by": alarm.acknowledged_by,
    }


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")
