"""The next State in the making: a mapping is copied only once something in it changes."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from alarms.alarm import Life, Look, Step, deadline, mature, observe
from alarms.events import Told, Transition
from alarms.judge import Condition
from alarms.state import Memory, State
from config.model import Occupancy, Sample

T = TypeVar("T")


class Draft:
    """Everything of a State that may change while one event is judged, and what was told so far.

    Attributes:
        told: what came of the event, in order.
        changed: ids of the alarms of which something was told, in that order.
    """

    def __init__(self, state: State) -> None:
        self._before = state
        self.alarms = state.alarms
        self.delays = state.delays
        self.latest = state.latest
        self.complete = state.complete
        self.seen = state.seen
        self.memory = state.memory
        self.derived = state.derived
        self.modes = state.modes
        self.masks = state.masks
        self.spent = state.spent
        self.occupancy = state.occupancy
        self.raised = state.raised
        self.batches = state.batches
        self.batch_ids = state.batch_ids
        self.told: list[Told] = []
        self.changed: dict[str, None] = {}

    def life(self, key: str) -> Life:
        """Return how an alarm and its delay stand."""
        return Life(self.alarms.get(key), self.delays.get(key))

    def look(self, condition: Condition, look: Look) -> None:
        """Take one look at a condition into its alarm's life."""
        self.take(condition.id, observe(condition, self.life(condition.id), look))

    def mature(self, condition: Condition, at: datetime) -> None:
        """Raise an alarm whose on-delay has ended by `at`."""
        life = self.life(condition.id)
        if deadline(condition, life) is not None:
            self.take(condition.id, mature(condition, life, at))

    def take(self, key: str, step: Step) -> None:
        """Take over what one step made of an alarm's life."""
        life, transition = step
        self.alarms = put(self.alarms, key, life.alarm)
        self.delays = put(self.delays, key, life.delay)
        if transition is not None:
            self.told.append(transition)
            self.changed[key] = None

    def arrived(self, sample: Sample) -> None:
        """Note how far a series has come, and its latest live Sample."""
        self.latest = {**self.latest, sample.series: sample.at}
        self.seen = {**self.seen, sample.series: sample}

    def completed(self, series_id: str, at: datetime) -> None:
        """Note up to when no record of a series is still to be fetched."""
        before = self.complete.get(series_id)
        if before is None or at > before:
            self.complete = {**self.complete, series_id: at}

    def reckoned(self, series_id: str, values: tuple[float, ...], memory: tuple[Memory, ...]) -> None:
        """Note what the derived channels of a series are now, and what they remember."""
        self.derived = {**self.derived, series_id: values}
        self.memory = {**self.memory, series_id: memory}

    def occupied(self, zone: str, occupancy: Occupancy) -> None:
        """Note what goes on in a zone."""
        self.occupancy = {**self.occupancy, zone: occupancy}

    def mark(self, place: int, transition: Transition) -> None:
        """Put another transition in the place of one that was told; its alarm stands as the new one says."""
        self.told[place] = transition
        self.alarms = put(self.alarms, transition.alarm, transition.after)

    def state(self) -> State:
        """Return the State; the one before, if nothing has changed."""
        before = self._before
        if all(getattr(self, name) is getattr(before, name) for name in _FIELDS):
            return before
        return replace(before, **{name: getattr(self, name) for name in _FIELDS})


_FIELDS = (
    "alarms",
    "delays",
    "latest",
    "complete",
    "seen",
    "memory",
    "derived",
    "modes",
    "masks",
    "spent",
    "occupancy",
    "raised",
    "batches",
    "batch_ids",
)
"""What a Draft may change of a State; protective actions are moved on by `protect.py`."""


def put(mapping: Mapping[str, T], key: str, value: T | None) -> Mapping[str, T]:
    """Return a mapping with another value (None: without it); the same one, if that is no change."""
    if mapping.get(key) == value:
        return mapping
    after = dict(mapping)
    after.pop(key, None)
    if value is not None:
        after[key] = value
    return after
