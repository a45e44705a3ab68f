"""Events in, Transitions out: `handle` is a pure function, and the State is all that it remembers.

The way of a Sample: late or backfilled -> left alone · the device's communication · each limit, by flat arrays ·
whatever waits or is active is looked at again. A calm Sample of a calm series builds nothing but its place in time.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar, assert_never

from alarms.alarm import Life, Look, Step, acknowledge, deadline, mature, observe, so_far
from alarms.events import (
    Acknowledge,
    ActionResult,
    ConfirmProtection,
    Event,
    Fault,
    Inhibit,
    InService,
    OutOfService,
    Rearm,
    Reset,
    ResetProtection,
    SetOccupancy,
    Shelve,
    Tick,
    Told,
    Transition,
    Unshelve,
)
from alarms.judge import (
    Condition,
    SeriesRules,
    Standing,
    in_words,
    series_rules,
    stand,
    usable,
    wholly_bad,
    worse,
)
from alarms.state import State
from config.model import Level, Plant, Sample

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rules:
    """The plant's limits, laid out for judging. `conditions` and `owners` know every condition by its id."""

    series: Mapping[str, SeriesRules]
    conditions: Mapping[str, Condition]
    owners: Mapping[str, str]
    records: frozenset[str]


def rules(plant: Plant) -> Rules:
    """Lay out a plant's limits, once at load."""
    laid = {
        series.id: series_rules(
            plant,
            series,
            [limit for limit in plant.limits if _series_of(plant, limit.channel) == series.id],
            frozenset(),
        )
        for series in plant.series.values()
    }
    owners = {condition.id: series_id for series_id, one in laid.items() for condition in _conditions_of(one)}
    conditions = {condition.id: condition for one in laid.values() for condition in _conditions_of(one)}
    records = frozenset(series.id for series in plant.series.values() if series.records)
    return Rules(laid, conditions, owners, records)


def _series_of(plant: Plant, channel: str) -> str:
    derived = plant.derived.get(channel)
    return derived.series if derived else plant.channels[channel].series


def handle(book: Rules, state: State, event: Event) -> tuple[State, tuple[Told, ...]]:
    """Take one event in; return the state after it and what changed, in order."""
    draft = _Draft(state)
    match event:
        case Sample():
            _sample(book, draft, event)
        case Tick():
            _tick(book, draft, event)
        case Acknowledge():
            draft.take(event.alarm, acknowledge(draft.life(event.alarm), event))
        case Fault():
            condition = Condition(f"service/{event.part}", Level.DIAGNOSTIC, 0.0, 0.0)
            draft.look(condition, _health(event.at, well=not event.message, detail=event.message))
        case ActionResult():
            condition = Condition(f"{event.command.device}/command", Level.ALERT, 0.0, 0.0)
            draft.look(condition, _health(event.at, well=event.verified, detail=event.detail))
        case (
            Reset()
            | Shelve()
            | Unshelve()
            | OutOfService()
            | InService()
            | SetOccupancy()
            | ConfirmProtection()
            | ResetProtection()
            | Inhibit()
            | Rearm()
        ):
            pass
        case _:
            assert_never(event)
    return draft.state(), tuple(draft.transitions)


def _sample(book: Rules, draft: "_Draft", sample: Sample) -> None:
    if sample.series in book.records and not sample.catching_up:
        draft.completed(sample.series, sample.at)
    latest = draft.latest.get(sample.series)
    if sample.backfilled or (latest is not None and sample.at <= latest):
        return
    one = book.series[sample.series]
    draft.arrived(sample.series, sample.at)
    watched = {key for key in (*draft.alarms, *draft.delays) if book.owners.get(key) == sample.series}
    for key in watched:
        # What ended between two Samples ended then, not now: whatever the spacing of ticks.
        draft.mature(book.conditions[key], sample.at - timedelta(microseconds=1))
    if one.communication is not None:
        silent = wholly_bad(sample)
        if silent or one.communication.id in watched:
            draft.look(one.communication, _health(sample.at, well=not silent, detail=sample.reason))
    _limits(one, draft, sample, watched)
    _blind(one, draft, sample, watched)


def _limits(one: SeriesRules, draft: "_Draft", sample: Sample, watched: set[str]) -> None:
    values = sample.values
    for i, place in enumerate(one.places):
        if one.lows[i] <= values[place] <= one.highs[i] and (
            not watched or one.conditions[i].id not in watched
        ):
            continue
        if usable(sample, place):
            draft.look(one.conditions[i], _look(one, i, values[place], sample.at, draft))


def _look(one: SeriesRules, i: int, value: float, at: datetime, draft: "_Draft") -> Look:
    limit, life = one.limits[i], draft.life(one.conditions[i].id)
    standing = stand(limit, value)
    if standing is not Standing.OUTSIDE:
        return Look(at, standing)
    worst = worse(limit, value, so_far(life))
    return Look(at, standing, worst, in_words(limit, worst))


def _blind(one: SeriesRules, draft: "_Draft", sample: Sample, watched: set[str]) -> None:
    """Look at channels that give no usable value while their device answers; a silent device says it once."""
    if sample.quality is None and not watched:
        return
    silent = wholly_bad(sample)
    for place, condition in one.judged:
        seen = usable(sample, place)
        if silent or (seen and condition.id not in watched):
            continue
        draft.look(condition, _health(sample.at, well=seen, detail=sample.reason))


def _tick(book: Rules, draft: "_Draft", tick: Tick) -> None:
    for key in tuple(draft.delays):
        draft.mature(book.conditions[key], tick.at)
    for series_id, one in book.series.items():
        latest = draft.latest.get(series_id)
        if one.communication is None or latest is None:
            continue
        if tick.at - latest > timedelta(seconds=one.silence_s):
            # Not even a Bad Sample came: the poll itself is silent, which no Sample can tell.
            condition = Condition(one.communication.id, one.communication.level, 0.0, 0.0)
            draft.look(
                condition, _health(tick.at, well=False, detail=f"no sample since {latest:%H:%M:%S} UTC")
            )


def _health(at: datetime, *, well: bool, detail: str) -> Look:
    return Look(at, Standing.INSIDE) if well else Look(at, Standing.OUTSIDE, None, detail)


def _conditions_of(one: SeriesRules) -> Iterable[Condition]:
    yield from one.conditions
    yield from (condition for _, condition in one.judged)
    if one.communication is not None:
        yield one.communication


class _Draft:
    """The next State in the making: copies a mapping only once something in it changes."""

    def __init__(self, state: State) -> None:
        self._before = state
        self.alarms = state.alarms
        self.delays = state.delays
        self.latest = state.latest
        self.complete = state.complete
        self.transitions: list[Transition] = []

    def life(self, key: str) -> Life:
        return Life(self.alarms.get(key), self.delays.get(key))

    def look(self, condition: Condition, look: Look) -> None:
        self.take(condition.id, observe(condition, self.life(condition.id), look))

    def mature(self, condition: Condition, at: datetime) -> None:
        life = self.life(condition.id)
        if deadline(condition, life) is not None:
            self.take(condition.id, mature(condition, life, at))

    def arrived(self, series_id: str, at: datetime) -> None:
        self.latest = {**self.latest, series_id: at}

    def completed(self, series_id: str, at: datetime) -> None:
        before = self.complete.get(series_id)
        if before is None or at > before:
            self.complete = {**self.complete, series_id: at}

    def take(self, key: str, step: Step) -> None:
        life, transition = step
        self.alarms = _with(self.alarms, key, life.alarm)
        self.delays = _with(self.delays, key, life.delay)
        if transition is not None:
            self.transitions.append(transition)

    def state(self) -> State:
        before = self._before
        judged = self.alarms is not before.alarms or self.delays is not before.delays
        heard = self.latest is not before.latest or self.complete is not before.complete
        if not (judged or heard):
            return before
        return replace(
            before, alarms=self.alarms, delays=self.delays, latest=self.latest, complete=self.complete
        )


def _with(mapping: Mapping[str, T], key: str, value: T | None) -> Mapping[str, T]:
    if mapping.get(key) == value:
        return mapping
    rest = {k: v for k, v in mapping.items() if k != key}
    return rest if value is None else {**rest, key: value}
