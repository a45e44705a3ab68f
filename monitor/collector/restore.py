"""What a restart goes on from: the last State, the tail after it replayed, and the gap told honestly."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alarms import engine
from alarms.alarm import state as alarm_state
from alarms.events import Alarm, AlarmState, Fault, Reason, Transition
from alarms.state import State
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


def gap_told(ran_until: datetime, until: datetime) -> str:
    """Say what a person must know of the time between two runs; "" where it was too short to be seen."""
    if ran_until == until:
        return ""
    if ran_until < until:
        return f"was not running from {ran_until:%Y-%m-%d %H:%M:%S} to {until:%Y-%m-%d %H:%M:%S} UTC"
    return (
        f"the clock was set back: it had been {ran_until:%Y-%m-%d %H:%M:%S} and is {until:%Y-%m-%d %H:%M:%S} UTC;"
        " of seconds that come twice the database keeps the first"
    )


def resumed(plant: Plant, state: State, until: datetime) -> State:
    """Let each device's time go on from `until`.

    Before that it was not the device that was silent. And where the clock was set back, what comes now is live all
    the same: otherwise nothing would be judged until the clock has caught up, nor would a delay ever end.
    """
    devices = {key: until for key in state.latest if not plant.series[key].records}
    delays = {key: delay for key, delay in state.delays.items() if delay.since <= until}
    return replace(state, delays=delays, latest={**state.latest, **devices})


def faults_over(state: State, at: datetime) -> Iterator[Fault]:
    """Yield the end of each fault of the service that lasted: it was the former run's; this one tells its own."""
    for alarm in state.alarms.values():
        service, _, part = alarm.id.partition("/")
        if service == "service" and alarm.active:
            yield Fault(at, part, "")


def retired(plant: Plant, state: State, at: datetime) -> tuple[State, tuple[Transition, ...]]:
    """End the alarms that nothing can clear any more, because the plant has lost their limit.

    They end as every alarm does, by a Transition, and stay until a person has seen them.
    """
    known = engine.rules(plant).conditions
    told = tuple(
        Transition(at, key, alarm, _without_limit(alarm, at), Reason.CLEARED)
        for key, alarm in state.alarms.items()
        if alarm.active and not (key in known or key.startswith("service/") or _commanded(plant, key))
    )
    after = {**state.alarms, **{one.alarm: one.after for one in told}}
    alarms = {key: alarm for key, alarm in after.items() if alarm_state(alarm) is not AlarmState.NORM}
    return replace(state, alarms=alarms), told


def _without_limit(alarm: Alarm, at: datetime) -> Alarm:
    return replace(alarm, active=False, changed_at=at, detail="the plant has no such limit any more")


def _fits(plant: Plant, sample: Sample) -> bool:
    series = plant.series.get(sample.series)
    return series is not None and len(series.channels) == len(sample.values)


def _of_this_plant(plant: Plant, state: State) -> State:
    known = engine.rules(plant)
    delays = {key: delay for key, delay in state.delays.items() if key in known.conditions}
    latest = {key: at for key, at in state.latest.items() if key in plant.series}
    complete = {key: at for key, at in state.complete.items() if key in known.records}
    return State(state.alarms, delays, latest, complete)


def _commanded(plant: Plant, key: str) -> bool:
    device, _, what = key.partition("/")
    return what == "command" and device in plant.devices
