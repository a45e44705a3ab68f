"""What a restart goes on from: the last State, the tail after it judged again, and the gap told honestly."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from alarms import engine, service
from alarms.calls import Notice, NoticeResult
from alarms.events import (
    Asked,
    AskState,
    Fault,
    ProtectionChange,
    Running,
    Told,
)
from alarms.state import State
from config.model import Device, Quality, Sample
from config.plant import Plant
from monitor.collector import codec
from monitor.collector.journal import Entry, JournalReader
from monitor.collector.poll import bad_sample
from monitor.collector.refit import disarmed, fitted, settled

T = TypeVar("T")

REPLAY_CHUNK = 5_000
GAP_ROWS_MAX_S = 3_600
"""A longer gap gets rows for its last hour only; the whole of it stands in the book as the fault that tells of it."""

NOTICES_AMONG = 200_000
"""So many entries, most of an hour of a large plant, are looked through for who was told: a start may not wait."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What the former run left behind.

    Attributes:
        state: as it stood when that run ended, under its own plant.
        wrote: that plant.
        ran_until: until when the collector had been running (None: this is the first start).
        notices: who was told of the alarms that stand, in order, and what became of it (None: nothing yet).
    """

    state: State
    wrote: Plant
    ran_until: datetime | None
    notices: tuple[tuple[Notice, NoticeResult | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One entry judged again: the State behind it, and what came of it."""

    entry: Entry
    plant: Plant
    state: State
    told: tuple[Told, ...]


def restore(plant: Plant, reader: JournalReader) -> Restored:
    """Load the last State and replay what was journalled after it."""
    last = reader.state()
    seq, state = (0, State()) if last is None else (last[0], codec.state_of(last[1]))
    wrote = plant_at(reader, seq, plant) or plant
    for step in retrace(reader, seq, state, wrote):
        state, wrote = step.state, step.plant
    live = [at for key, at in state.latest.items() if key in wrote.series and not wrote.series[key].records]
    return Restored(state, wrote, max(live, default=None), tuple(_told(reader, state)))


def _told(reader: JournalReader, state: State) -> list[tuple[Notice, NoticeResult | None]]:
    """Find who was told of the alarms that stand: what waits is in the State, what has ended in the journal alone."""
    told: dict[str, tuple[Notice, NoticeResult | None]]
    told = {key: (one.notice, None) for key, one in state.calls.pending.items()}
    if state.alarms:
        told |= _ended(reader, min(one.raised_at for one in state.alarms.values()))
    return sorted(told.values(), key=lambda one: one[0].at)


def _ended(reader: JournalReader, since: datetime) -> dict[str, tuple[Notice, NoticeResult | None]]:
    results: dict[str, NoticeResult] = {}
    ended: dict[str, tuple[Notice, NoticeResult | None]] = {}
    for entry in reader.latest_of("notice", "notice_result", among=NOTICES_AMONG):
        if codec.from_us(entry.at_us) < since:
            break
        one = codec.notice_of(entry)
        if isinstance(one, NoticeResult):
            results[one.key] = one
        elif one.key in results:
            ended[one.key] = (one, results[one.key])
    return ended


def plant_at(reader: JournalReader, seq: int, known: Plant | None = None) -> Plant | None:
    """Return the plant that was in force at an entry, `known` if it is that; before the first, that of the first."""
    found = reader.plant_at(max(seq, 1))
    return None if found is None else codec.plant_under(reader, found, known)


def retrace(
    reader: JournalReader, seq: int, state: State, wrote: Plant, under: Plant | None = None
) -> Iterator[Step]:
    """Judge what is behind an entry again, through the same engine, each entry under the plant that wrote it.

    Args:
        reader: of the journal.
        seq: the entry that `state` stands behind.
        state: as it stood there.
        wrote: the plant in force there.
        under: judge all of it under this plant instead.
    """
    following = reader.plants_after(seq)
    last = wrote
    for plant, before_seq in zip(
        [wrote, *(codec.plant_under(reader, one, wrote) for one in following)],
        [*(one.from_seq for one in following), None],
        strict=True,
    ):
        judged = under or plant
        state, last = fitted(last, judged, state), judged
        if under is not None:
            state, _ = disarmed(judged, state, codec.EPOCH)
            # What it would have been, had there never been another.
            state = replace(state, raised_under={})
        rules = engine.rules(judged)
        for entry in _entries(reader, seq, before_seq):
            seq, (state, told) = entry.seq, _judged(rules, judged, state, entry)
            yield Step(entry, plant, state, told)


def _entries(reader: JournalReader, seq: int, before_seq: int | None) -> Iterator[Entry]:
    while chunk := reader.after(seq, REPLAY_CHUNK, before_seq):
        yield from chunk
        seq = chunk[-1].seq


def _judged(rules: engine.Rules, plant: Plant, state: State, entry: Entry) -> tuple[State, tuple[Told, ...]]:
    if entry.kind == "start":
        return started(plant, state, codec.from_us(entry.at_us))
    if entry.kind == "plant":
        return settled(plant, state, codec.from_us(entry.at_us))
    event = codec.event_of(entry)
    if event is None or (isinstance(event, Sample) and not _fits(plant, event)):
        return state, ()
    return engine.handle(rules, state, event)


def started(plant: Plant, state: State, at: datetime) -> tuple[State, tuple[Told, ...]]:
    """Say what a start makes of a State that fits its plant; tell what ends with it, and what is asked again."""
    state, ended = settled(plant, state, at)
    state, again = asked_again(state, at)
    return resumed(plant, state, at), (*ended, *again)


def gap_samples(plant: Plant, state: State, until: datetime, received_at: datetime) -> Iterator[Sample]:
    """Yield a Bad Sample for each second since a device was last heard, up to `until`.

    They are marked backfilled: made afterwards, they never move an alarm.
    """
    for device in plant.devices.values():
        latest = state.latest.get(device.id)
        if latest is not None:
            yield from _down(device, latest, until, "the collector was not running", received_at)


def unwritten_samples(plant: Plant, before: State, behind: State, received_at: datetime) -> Iterator[Sample]:
    """Yield a Bad Sample for each second of a device that was judged and that the journal did not take.

    Args:
        plant: the plant.
        before: as it stood before the first that was refused.
        behind: as it stood behind the last.
        received_at: now.
    """
    for device in plant.devices.values():
        since, until = before.latest.get(device.id), behind.latest.get(device.id)
        if since is not None and until is not None:
            yield from _down(device, since, until, "the journal took nothing", received_at)


def _down(
    device: Device, since: datetime, until: datetime, reason: str, received_at: datetime
) -> Iterator[Sample]:
    at = max(since + timedelta(seconds=device.period_s), until - timedelta(seconds=GAP_ROWS_MAX_S))
    while at <= until:
        yield replace(bad_sample(device, at, Quality.COLLECTOR_DOWN, reason, received_at), backfilled=True)
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
        about, _, part = alarm.id.partition("/")
        if about == "service" and alarm.active and not service.outlives_a_run(part):
            yield Fault(at, part, "")


def _fits(plant: Plant, sample: Sample) -> bool:
    series = plant.series.get(sample.series)
    return series is not None and len(series.channels) == len(sample.values)


def asked_again(state: State, at: datetime) -> tuple[State, tuple[ProtectionChange, ...]]:
    """Let what was asked for and not answered have its time from the start: it is asked again then, as the same.

    Before that it was not the machine that was silent. For the same reason no condition of an end has held meanwhile:
    nobody looked.
    """
    running = {key: _from_now_on(one, at) for key, one in state.running.items()}
    told = tuple(
        ProtectionChange(at, key, before, running[key], "asked_again")
        for key, before in state.running.items()
        if before.changed_at != running[key].changed_at
    )
    return replace(state, running=running), told


def _from_now_on(running: Running, at: datetime) -> Running:
    after = replace(
        running,
        asked=tuple(_asked_at(at, one) for one in running.asked),
        ending=tuple(_asked_at(at, one) for one in running.ending),
        holds_since=None,
    )
    is_same = (after.asked, after.ending) == (running.asked, running.ending)
    return after if is_same else replace(after, changed_at=at)


def _asked_at(at: datetime, asked: Asked) -> Asked:
    return replace(asked, requested_at=at) if asked.state is AskState.REQUESTED else asked
