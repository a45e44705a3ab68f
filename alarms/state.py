"""All that judging remembers. It is a pure function of the events so far, and can be written down and read back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from alarms.calls import Calls
from alarms.events import Alarm, Inhibited, Running, RunningBatch
from config.model import Occupancy, Sample
from config.rules import Limit

Memory: TypeAlias = tuple[tuple[float, ...], ...]
"""What one derived channel remembers: rows of finite numbers, times as seconds since 1970. Empty at first."""


@dataclass(frozen=True, slots=True)
class Delay:
    """A change on its way: seen outside (or, of an active alarm, inside) without a break since `since`."""

    since: datetime
    worst: float | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """All that judging remembers.

    Attributes:
        alarms: every alarm that is not NORM, by id.
        delays: the delays that run, by alarm id.
        latest: how far each series has come.
        complete: of a series of records, up to which time none is still to be fetched.
        seen: the latest live Sample of each series.
        memory: of each series with derived channels, what each of these remembers, in their order.
        derived: of each such series, their latest values, in their order; NaN where there is none.
        modes: of each channel on which a protective action's `only_while` rests, its last usable value.
        masks: the Suppressions whose condition holds, and since when.
        spent: of those, the ones whose longest time is over: they hide nothing until their condition has ended.
        occupancy: of zones where a person has said it.
        running: the protective actions that are not armed, by id.
        inhibited: those that are switched off, by id.
        seqs: the last handshake number used, by device.
        raised: when alarms were raised in the last ten minutes, for floods.
        raised_under: the limits under which active alarms were raised, where the plant's have changed since: by them
            they are judged until they clear.
        calls: who is called for which of them.
        batches: the one that runs on each line, by id of the line.
        batch_ids: of the batches that began last, in that order: none is begun twice.
    """

    alarms: Mapping[str, Alarm] = field(default_factory=dict)
    delays: Mapping[str, Delay] = field(default_factory=dict)
    latest: Mapping[str, datetime] = field(default_factory=dict)
    complete: Mapping[str, datetime] = field(default_factory=dict)
    seen: Mapping[str, Sample] = field(default_factory=dict)
    memory: Mapping[str, tuple[Memory, ...]] = field(default_factory=dict)
    derived: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    modes: Mapping[str, float] = field(default_factory=dict)
    masks: Mapping[str, datetime] = field(default_factory=dict)
    spent: frozenset[str] = frozenset()
    occupancy: Mapping[str, Occupancy] = field(default_factory=dict)
    running: Mapping[str, Running] = field(default_factory=dict)
    inhibited: Mapping[str, Inhibited] = field(default_factory=dict)
    seqs: Mapping[str, int] = field(default_factory=dict)
    raised: tuple[datetime, ...] = ()
    raised_under: Mapping[str, Limit] = field(default_factory=dict)
    calls: Calls = field(default_factory=Calls)
    batches: Mapping[str, RunningBatch] = field(default_factory=dict)
    batch_ids: tuple[str, ...] = ()
