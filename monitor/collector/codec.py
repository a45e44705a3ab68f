"""Samples, events and Transitions as journal entries and JSON, and back again without loss."""

import array
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from pydantic import ConfigDict, TypeAdapter

from alarms.calls import CanaryDue, Notice, NoticeResult, Receipt, Substitute
from alarms.events import (
    Acknowledge,
    ActionResult,
    ChangeStage,
    ConfirmProtection,
    EndBatch,
    Event,
    Fault,
    Inhibit,
    InService,
    OutOfService,
    ProtectionChange,
    Rearm,
    Reset,
    ResetProtection,
    SetOccupancy,
    Shelve,
    StartBatch,
    Tick,
    Told,
    Transition,
    Unshelve,
)
from alarms.state import State
from config.model import Channel, Command, Device, Profile, Quality, Sample, Series
from config.plant import Plant
from monitor.collector.journal import Entry, InForce, JournalReader
from monitor.versions import PlantChange

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_QUALITIES = tuple(Quality)
_WHEN = re.compile(r',"heard_at": [^,]*, "judged_at": [^,]*\}$')
_ZERO = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
"""A zero in a JSON text, behind whole pairs of backslashes."""


@dataclass(frozen=True, slots=True)
class Start:
    """A collector began to run: what stood before goes on from here, under the plant that is now in force."""

    at: datetime
    plant: str


@dataclass(frozen=True, slots=True)
class _PlantText:
    """A plant in which everything stands once, to be written: hundreds of devices share one profile's channels.

    Attributes:
        profiles: whole, by name.
        channels: of each series, each channel's model by its place in the profile, and its zone.
        plant: the rest: of its devices' profiles only the name counts, and its series have no channels.
    """

    profiles: Mapping[str, Profile]
    channels: Mapping[str, tuple[tuple[int, str], ...]]
    plant: Plant


KINDS: Mapping[str, type[Any]] = {
    "tick": Tick,
    "acknowledge": Acknowledge,
    "reset": Reset,
    "shelve": Shelve,
    "unshelve": Unshelve,
    "out_of_service": OutOfService,
    "in_service": InService,
    "occupancy": SetOccupancy,
    "confirm_protection": ConfirmProtection,
    "reset_protection": ResetProtection,
    "inhibit": Inhibit,
    "rearm": Rearm,
    "batch_started": StartBatch,
    "batch_stage": ChangeStage,
    "batch_ended": EndBatch,
    "fault": Fault,
    "substitute": Substitute,
    "notice": Notice,
    "notice_result": NoticeResult,
    "receipt": Receipt,
    "canary": CanaryDue,
    "result": ActionResult,
    "transition": Transition,
    "change": ProtectionChange,
    "command": Command,
    "start": Start,
    "plant": PlantChange,
}
"""Everything but Samples, by the word that stands in the journal and in the book."""
TOLD = frozenset({"transition", "change"})
"""What came of events."""
NO_EVENT = TOLD | {"command", "notice", "start", "plant"}

Written: TypeAlias = Event | Told | Command | Notice | Start | PlantChange

_ADAPTERS: Mapping[type[Any], TypeAdapter[Any]] = {kind: TypeAdapter(kind) for kind in KINDS.values()}
_WORDS = {kind: word for word, kind in KINDS.items()}
# What was seen and what was reckoned from it may be NaN. A dataclass takes no such setting, what holds it does.
_STATE: TypeAdapter[tuple[State]] = TypeAdapter(tuple[State], config=ConfigDict(ser_json_inf_nan="constants"))
_PLANT_TEXT = TypeAdapter(_PlantText)
_PLANT_FORMERLY = TypeAdapter(Plant)


def to_us(at: datetime) -> int:
    """Return whole microseconds since 1970 UTC."""
    return (at - EPOCH) // _MICROSECOND


def from_us(at_us: int) -> datetime:
    """Return the aware UTC time of so many microseconds since 1970."""
    return EPOCH + timedelta(microseconds=at_us)


def sample_entry(sample: Sample) -> Entry:
    """Write a Sample as a journal entry."""
    return Entry(
        kind="sample",
        at_us=to_us(sample.at),
        series=sample.series,
        received_us=to_us(sample.received_at),
        source_us=None if sample.source_at is None else to_us(sample.source_at),
        vals=_little_endian(array.array("d", sample.values)).tobytes(),
        quality=None if sample.quality is None else bytes(sample.quality),
        backfilled=int(sample.backfilled),
        catching_up=int(sample.catching_up),
        body=storable(sample.reason),
    )


def sample_of(entry: Entry) -> Sample:
    """Read a Sample back from its entry."""
    values = array.array("d")
    values.frombytes(entry.vals or b"")
    return Sample(
        series=entry.series or "",
        at=from_us(entry.at_us),
        values=tuple(_little_endian(values)),
        quality=None if entry.quality is None else tuple(_QUALITIES[q] for q in entry.quality),
        received_at=from_us(entry.received_us or 0),
        source_at=None if entry.source_us is None else from_us(entry.source_us),
        backfilled=bool(entry.backfilled),
        catching_up=bool(entry.catching_up),
        reason=entry.body,
    )


def entry_of(thing: Written, at: datetime) -> Entry:
    """Write anything as a journal entry."""
    if isinstance(thing, Sample):
        return sample_entry(thing)
    kind = type(thing)
    body = _ADAPTERS[kind].dump_json(thing).decode()
    if "\\u0000" in body:
        # As `storable`, for a text that is already JSON: whoever reads and writes it again writes the same.
        body = _ZERO.sub("\\1\ufffd", body)
    return Entry(kind=_WORDS[kind], at_us=to_us(at), body=body)


def told_entry(told: Told, heard_at: datetime | None, judged_at: datetime) -> Entry:
    """Write what came of an event as a journal entry; with a Transition, when we had it.

    Args:
        told: what came of it.
        heard_at: when the Sample reached us; None: it was no Sample.
        judged_at: when that was judged.
    """
    entry = entry_of(told, told.at)
    if not isinstance(told, Transition):
        return entry
    when = {"heard_at": heard_at and heard_at.isoformat(), "judged_at": judged_at.isoformat()}
    # Spliced, not reckoned with: who reads a Transition back passes over it.
    return replace(entry, body=f"{entry.body[:-1]},{json.dumps(when)[1:]}")


def judged_body(entry: Entry) -> str:
    """Return the body of what came of an event as judging gave it: without when we had it, byte for byte."""
    return _WHEN.sub("}", entry.body)


def event_of(entry: Entry) -> Event | None:
    """Read an entry back as the event it was; None for what came of events, for a start and for another plant."""
    if entry.kind == "sample":
        return sample_of(entry)
    if entry.kind in NO_EVENT:
        return None
    event: Event = _ADAPTERS[KINDS[entry.kind]].validate_json(entry.body)
    return event


def transition_of(entry: Entry) -> Transition:
    """Read a Transition back from its entry."""
    transition: Transition = _ADAPTERS[Transition].validate_json(entry.body)
    return transition


def told_of(entry: Entry) -> Told:
    """Read what came of an event back from its entry."""
    told: Told = _ADAPTERS[KINDS[entry.kind]].validate_json(entry.body)
    return told


def notice_of(entry: Entry) -> Notice | NoticeResult:
    """Read a Notice, or how one ended, back from its entry."""
    notice: Notice | NoticeResult = _ADAPTERS[KINDS[entry.kind]].validate_json(entry.body)
    return notice


def body_of(entry: Entry) -> dict[str, Any]:
    """Return the body of an entry that is not a Sample, as plain data for the book."""
    body: dict[str, Any] = json.loads(entry.body)
    return body


def plant_json(plant: Plant) -> str:
    """Write a whole plant as JSON, everything in it once."""
    devices = plant.devices.values()
    text = _PlantText(
        profiles={one.profile.name: one.profile for one in devices},
        channels={series.id: _by_place(one.profile, series) for one in devices for series in one.series},
        plant=replace(plant, devices={one.id: _named_only(one) for one in devices}, series={}, channels={}),
    )
    return _PLANT_TEXT.dump_json(text).decode()


def _by_place(profile: Profile, series: Series) -> tuple[tuple[int, str], ...]:
    place = {model.key: place for place, model in enumerate(profile.channels)}
    return tuple((place[channel.model.key], channel.zone) for channel in series.channels)


def _named_only(device: Device) -> Device:
    profile = device.profile
    return replace(
        device,
        profile=Profile(profile.name, profile.protocol, profile.label, source="", channels=()),
        series=tuple(replace(one, channels=()) for one in device.series),
    )


def plant_of(body: str) -> Plant:
    """Read a plant back, also as former versions wrote it."""
    if not body.startswith('{"profiles":'):
        return _PLANT_FORMERLY.validate_json(body)
    text = _PLANT_TEXT.validate_json(body)
    devices = {one.id: _whole(one, text) for one in text.plant.devices.values()}
    series = {one.id: one for device in devices.values() for one in device.series}
    channels = {channel.id: channel for one in series.values() for channel in one.channels}
    return replace(text.plant, devices=devices, series=series, channels=channels)


def _whole(device: Device, text: _PlantText) -> Device:
    profile = text.profiles[device.profile.name]
    return replace(
        device,
        profile=profile,
        series=tuple(
            replace(one, channels=tuple(_channels(one, profile, text.channels[one.id])))
            for one in device.series
        ),
    )


def _channels(series: Series, profile: Profile, by_place: Iterable[tuple[int, str]]) -> Iterator[Channel]:
    for place, (model_place, zone) in enumerate(by_place):
        model = profile.channels[model_place]
        yield Channel(f"{series.device}/{model.key}", series.device, zone, model, series.id, place)


def plant_under(reader: JournalReader, found: InForce, known: Plant | None) -> Plant:
    """Return the plant under which entries were written: the one at hand, if it is that, for to read one costs much."""
    if known is not None and known.sha256 == found.sha256:
        return known
    return plant_of(reader.plant_body(found))


def state_json(state: State) -> str:
    """Write the State of judging as JSON."""
    return _STATE.dump_json((state,)).decode()


def state_of(body: str) -> State:
    """Read a State back, also as former versions wrote it."""
    return _STATE.validate_json(body if body.startswith("[") else f"[{body}]")[0]


def storable(text: str) -> str:
    """Replace what no database keeps as text and a wire may yet have sent: zeros, and halves of characters."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _little_endian(values: "array.array[float]") -> "array.array[float]":
    if sys.byteorder == "big":
        values.byteswap()
    return values
