"""What a restart goes on from: the last State, the tail after it replayed, and the gap told honestly."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alarms import engine
from alarms.alarm import state as alarm_state
from alarms.engine import State
from alarms.events import AlarmState
from config.model import Plant, Quality, Sample
from monitor.collector import codec
from monitor.collector.journal import JournalReader
from monitor.collector.poll import bad_sample

REPLAY_CHUNK = 5_000
GAP_ROWS_MAX_S = 3_600
"""A longer gap gets rows for its last hour only; the whole of it stands in the book as the fault that tells of it."""


@dataclass(frozen=True, slots=True)
class Restored:
    """The State to go on from, and until when the collector had been running (None: this is the first start)."""

    state: State
    ran_until: datetime | None


def restore(plant: Plant, reader: JournalReader) -> Restored:
    """Load the last State and replay what was journalled after it, through the same engine and under its own plant."""
    last = reader.state()
    seq, state = (0, State()) if last is None else (last[0], codec.state_of(last[1]))
    in_force = reader.plant_at(seq + 1)
    wrote = plant if in_force is None else codec.plant_of(in_force[0])
    book = engine.rules(wrote)
    while chunk := reader.after(seq, REPLAY_CHUNK):
        for entry in chunk:
            event = codec.event_of(entry)
            if event is not None and not (isinstance(event, Sample) and not _fits(wrote, event)):
                state, _ = engine.handle(book, state, event)
        seq = chunk[-1].seq
    state = _of_this_plant(plant, state)
    live = [at for key, at in state.latest.items() if not plant.series[key].records]
    return Restored(state, max(live, default=None))


def gap_samples(plant: Plant, state: State, until: datetime, received_at: datetime) -> Iterator[Sample]:
    """Yield a Bad Sample for each second since a device was last heard, up to `until`.

    They are marked backfilled: made afterwards, they never move an alarm.
    """
    for device in plant.devices.values():
        latest = state.latest.get(device.id)
        if latest is None:
            continue
        at = max(latest + timedelta(seconds=device.period_s), until - timedelta(seconds=GAP_ROWS_MAX_S))
        while at <= until:
            sample = bad_sample(
                device, at, Quality.COLLECTOR_DOWN, "the collector was not running", received_at
            )
            yield replace(sample, backfilled=True)
            at += timedelta(seconds=device.period_s)


def resumed(plant: Plant, state: State, until: datetime) -> State:
    """Let each device's silence count from `until`: before that it was not the device that was silent."""
    devices = {key: until for key in state.latest if not plant.series[key].records}
    return replace(state, latest={**state.latest, **devices})


def _fits(plant: Plant, sample: Sample) -> bool:
    series = plant.series.get(sample.series)
    return series is not None and len(series.channels) == len(sample.values)


def _of_this_plant(plant: Plant, state: State) -> State:
    """Let go of what the plant no longer has; an alarm whose limit is gone ends with the limit."""
    known = engine.rules(plant).conditions
    alarms = {
        key: alarm
        for key, alarm in state.alarms.items()
        if (key in known or key.startswith("service/") or _commanded(plant, key))
        and alarm_state(alarm) is not AlarmState.NORM
    }
    delays = {key: delay for key, delay in state.delays.items() if key in known}
    latest = {key: at for key, at in state.latest.items() if key in plant.series}
    return State(alarms, delays, latest)


def _commanded(plant: Plant, key: str) -> bool:
    device, _, what = key.partition("/")
    return what == "command" and device in plant.devices
