"""Live values, alarms and protective actions for whoever listens, and the last of each for whoever comes later."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from alarms.alarm import state as alarm_state
from alarms.calls import Notice, NoticeResult
from alarms.events import Alarm, AlarmState, ProtectionChange, Reason, Transition
from alarms.state import State
from config.model import Occupancy, Sample
from config.plant import Plant
from monitor.collector.shown import (
    Json,
    alarm_json,
    batch_json,
    change_json,
    derived_ids,
    iso,
    protection_json,
    sample_json,
    standing_json,
    told_json,
)

LISTENER_LIMIT = 2_000
"""Messages that may wait for one listener; one that falls further behind is cut and must come again."""
LISTENERS_MAX = 16


TOLD_MAX = 20
"""Of one alarm, so many notices are shown, the last ones; and of one notice, so many alarms are given again at once."""


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

    def __init__(
        self, plant: Plant, state: State, notices: Iterable[tuple[Notice, NoticeResult | None]] = ()
    ) -> None:
        """Show what stands; `notices` say who was told of it, in order, and what became of that."""
        self._plant = plant
        self._alarms = dict(state.alarms)
        self._protections = state
        self._occupancy = state.occupancy
        self._batches = state.batches
        self._told: dict[str, dict[str, Json]] = {}
        for notice, result in notices:
            self._note(notice, result)
        self._derived = derived_ids(plant)
        self._samples: dict[str, Sample] = {}
        self._reckoned: dict[str, Sequence[float]] = {}
        self._listeners: set[Listener] = set()
        self._health: Json | None = None

    def sample(self, sample: Sample, derived: Sequence[float] = ()) -> None:
        """Show one Sample, and what was reckoned from it; a backfilled one is not live and is not shown."""
        if sample.backfilled:
            return
        self._samples[sample.series] = sample
        if derived:
            self._reckoned[sample.series] = derived
        if self._listeners:
            self._give({"type": "sample", **self._sample_json(sample)})

    def transition(self, transition: Transition) -> None:
        """Show one Transition."""
        alarm = transition.after
        if alarm_state(alarm) is AlarmState.NORM:
            self._alarms.pop(alarm.id, None)
            self._told.pop(alarm.id, None)
        else:
            self._alarms[alarm.id] = alarm
        self._give_alarm(alarm, transition.reason, transition.at)

    def worsened(self, alarm: Alarm, at: datetime) -> None:
        """Show an alarm whose worst value has moved on while its state stays."""
        self._alarms[alarm.id] = alarm
        self._give_alarm(alarm, None, at)

    def told(self, notice: Notice, result: NoticeResult | None, at: datetime) -> None:
        """Show who is being told, or what became of it, with the alarms that are told of."""
        for alarm in self._note(notice, result)[:TOLD_MAX]:
            self._give_alarm(alarm, None, at)

    def _note(self, notice: Notice, result: NoticeResult | None) -> list[Alarm]:
        """Note it with those of its alarms that stand; return these."""
        shown = told_json(notice, result)
        standing = [
            alarm
            for key, raised_at in notice.alarms
            if (alarm := self._alarms.get(key)) is not None and alarm.raised_at == raised_at
        ]
        for alarm in standing:
            told = self._told.setdefault(alarm.id, {})
            told[notice.key] = shown
            if len(told) > TOLD_MAX:
                del told[next(iter(told))]
        return standing

    def change(self, change: ProtectionChange, after: State) -> None:
        """Show one change of a protective action; `after` is the State behind it."""
        self._protections = after
        if change.protection in self._plant.protections:
            self._give({"type": "protection", **change_json(self._plant, change, after)})

    def inhibits(self, at: datetime, after: State) -> None:
        """Show which protective actions were switched off, or on again."""
        before, self._protections = self._protections.inhibited, after
        for key in before.keys() | after.inhibited.keys():
            if before.get(key) != after.inhibited.get(key) and key in self._plant.protections:
                reason = "inhibited" if key in after.inhibited else "rearmed"
                self._give({"type": "protection", **standing_json(self._plant, key, after, at, reason)})

    def occupied(self, at: datetime, after: State) -> None:
        """Show in which zones a person has said that something else goes on."""
        before, self._occupancy = self._occupancy, after.occupancy
        for zone, what in after.occupancy.items():
            if before.get(zone) is not what and zone in self._plant.zones:
                self._give({"type": "occupancy", "at": iso(at), "zone": zone, "occupancy": what})

    def batches(self, at: datetime, after: State) -> None:
        """Show on which lines another batch runs, or the same in another stage, or none any more."""
        before, self._batches = self._batches, after.batches
        for line in before.keys() | after.batches.keys():
            batch = after.batches.get(line)
            if before.get(line) != batch:
                shown = None if batch is None else batch_json(line, batch)
                self._give({"type": "batch", "at": iso(at), "line": line, "batch": shown})

    def health(self, health: Json) -> None:
        """Show how the collector is."""
        self._health = health
        self._give({"type": "health", **health})

    def turn(self, plant: Plant, state: State, at: datetime) -> None:
        """Show everything anew under another plant; what was heard of a series that differs now is let go."""
        same = {key for key, one in plant.series.items() if self._plant.series.get(key) == one}
        self._samples = {key: sample for key, sample in self._samples.items() if key in same}
        self._reckoned = dict(state.derived)
        self._plant, self._derived = plant, derived_ids(plant)
        self._alarms, self._protections = dict(state.alarms), state
        self._occupancy = state.occupancy
        self._batches = state.batches
        if self._health is not None:
            self._send(self.snapshot(at, self._health))

    def snapshot(self, at: datetime, health: Json) -> str:
        """Return everything as it stands, as the first message of a listener."""
        return json.dumps(
            {
                "type": "snapshot",
                "at": iso(at),
                "plant_sha256": self._plant.sha256,
                "samples": [self._sample_json(sample) for sample in self._samples.values()],
                "alarms": [self._alarm_json(alarm) for alarm in self._alarms.values()],
                "protections": self._protections_json(),
                "occupancy": self._occupancy_json(),
                "batches": [batch_json(line, one) for line, one in self._batches.items()],
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

    def _sample_json(self, sample: Sample) -> Json:
        ids, values = self._derived.get(sample.series, ()), self._reckoned.get(sample.series, ())
        return sample_json(sample, zip(ids, values, strict=False))

    def _protections_json(self) -> list[Json]:
        """Write every protective action that is not simply armed."""
        stand = {**self._protections.running, **self._protections.inhibited}
        known = [key for key in self._plant.protections if key in stand]
        return [protection_json(self._plant, key, self._protections) for key in known]

    def _occupancy_json(self) -> Mapping[str, Occupancy]:
        zones = self._plant.zones.values()
        return {zone.id: self._occupancy.get(zone.id, zone.occupancy) for zone in zones}

    def _give_alarm(self, alarm: Alarm, reason: Reason | None, at: datetime) -> None:
        if self._listeners:
            self._give({"type": "alarm", "reason": reason, "at": iso(at), "alarm": self._alarm_json(alarm)})

    def _alarm_json(self, alarm: Alarm) -> Json:
        told = self._told.get(alarm.id, {})
        return alarm_json(self._plant, alarm) | {"told": list(told.values())}

    def _give(self, message: Json) -> None:
        if not self._listeners:
            return
        self._send(json.dumps(message))

    def _send(self, text: str) -> None:
        for listener in self._listeners:
            listener.give(text)
