"""Samples, events and Transitions as journal entries and JSON, and back again without loss."""

import array
import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from alarms.events import Acknowledge, ActionResult, Event, Fault, Transition
from alarms.state import State
from config.model import Command, Plant, Quality, Sample
from monitor.collector.journal import Entry

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_QUALITIES = tuple(Quality)

KINDS: Mapping[str, type[Any]] = {
    "acknowledge": Acknowledge,
    "fault": Fault,
    "result": ActionResult,
    "transition": Transition,
    "command": Command,
}
"""Everything but Samples, by the word that stands in the journal and in the book."""

_ADAPTERS: Mapping[type[Any], TypeAdapter[Any]] = {kind: TypeAdapter(kind) for kind in KINDS.values()}
_WORDS = {kind: word for word, kind in KINDS.items()}
_STATE = TypeAdapter(State)
_PLANT = TypeAdapter(Plant)


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
        body=_storable(sample.reason),
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


def entry_of(thing: Transition | Command | Acknowledge | Fault | ActionResult, at: datetime) -> Entry:
    """Write anything but a Sample as a journal entry."""
    kind = type(thing)
    body = _ADAPTERS[kind].dump_json(thing).decode()
    # As `_storable`, for a text that is already JSON.
    return Entry(kind=_WORDS[kind], at_us=to_us(at), body=body.replace("\\u0000", "\\ufffd"))


def event_of(entry: Entry) -> Event | None:
    """Read an entry back as the event it was; None for what came of events (Transitions, Commands)."""
    if entry.kind == "sample":
        return sample_of(entry)
    if entry.kind in {"transition", "command"}:
        return None
    event: Event = _ADAPTERS[KINDS[entry.kind]].validate_json(entry.body)
    return event


def transition_of(entry: Entry) -> Transition:
    """Read a Transition back from its entry."""
    transition: Transition = _ADAPTERS[Transition].validate_json(entry.body)
    return transition


def body_of(entry: Entry) -> dict[str, Any]:
    """Return the body of an entry that is not a Sample, as plain data for the book."""
    body: dict[str, Any] = json.loads(entry.body)
    return body


def plant_json(plant: Plant) -> str:
    """Write a whole plant as JSON."""
    return _PLANT.dump_json(plant).decode()


def plant_of(body: str) -> Plant:
    """Read a plant back."""
    return _PLANT.validate_json(body)


def state_json(state: State) -> str:
    """Write the State of judging as JSON."""
    return _STATE.dump_json(state).decode()


def state_of(body: str) -> State:
    """Read a State back."""
    return _STATE.validate_json(body)


def _storable(text: str) -> str:
    """Replace what no database keeps as text and a wire may yet have sent: zeros, and halves of characters."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _little_endian(values: "array.array[float]") -> "array.array[float]":
    if sys.byteorder == "big":
        values.byteswap()
    return values
