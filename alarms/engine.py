"""Events in, Transitions and changes of protective actions out: `handle` is a pure function, with a State to remember.

The way of a Sample: late or backfilled -> left alone · what the mode explains is hidden · derived channels reckoned ·
the device's communication · each limit, by flat arrays · whatever waits or is active is looked at again · its network,
what was first, the flood · protective actions. A calm Sample of a calm series builds little but its place in time.
"""

import math
from collections import ChainMap
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeAlias, assert_never, cast

from alarms import alarm as life
from alarms import batches, catalogue, derived, escalate, group, ladder, permit, protect, service, suppress
from alarms.alarm import Look, so_far
from alarms.calls import CanaryDue, NoticeResult, Receipt, Substitute
from alarms.draft import Draft, put
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
    Rearm,
    Reset,
    ResetProtection,
    SetOccupancy,
    Shelve,
    StartBatch,
    Tick,
    Told,
    Unshelve,
)
from alarms.judge import (
    Condition,
    SeriesRules,
    Standing,
    as_raised,
    condition_of,
    highs,
    in_words,
    lows,
    series_rules,
    stand,
    usable,
    wholly_bad,
    worse,
)
from alarms.state import State
from config.model import Occupancy, Sample
from config.plant import Plant
from config.rules import Level, Limit, Priority

Bounds: TypeAlias = tuple[Sequence[Limit], Sequence[float], Sequence[float]]
"""The limits of a series with their lower and upper bounds, as they are now."""

FRESH_S = 3.0
"""A channel of another series counts for a derived one as long as it is not older than this."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The plant's limits, laid out for judging: every condition by its id, and each series' own in their order."""

    plant: Plant
    series: Mapping[str, SeriesRules]
    conditions: Mapping[str, Condition]
    own: Mapping[str, Mapping[str, Condition]]
    records: frozenset[str]
    suppressions: suppress.Suppressions
    networks: Mapping[str, group.NetworkRules]
    groups: Mapping[str, str]
    protections: catalogue.ProtectionRules
    ladders: ladder.Ladders


def rules(plant: Plant) -> Rules:
    """Lay out a plant's limits, once at load."""
    limits: dict[str, list[Limit]] = {}
    for limit in plant.limits:
        channel = plant.derived.get(limit.channel) or plant.channels[limit.channel]
        limits.setdefault(channel.series, []).append(limit)
    rested_on = frozenset(_rested_on(plant))
    laid = {
        series.id: series_rules(plant, series, limits.get(series.id, ()), rested_on)
        for series in plant.series.values()
    }
    own = {key: {condition.id: condition for condition in _conditions_of(one)} for key, one in laid.items()}
    networks = group.network_rules(plant)
    protections = catalogue.protection_rules(plant)
    of_series = (condition for some in own.values() for condition in some.values())
    others = (group.FLOOD, *(one.condition for one in networks.values()), *protections.conditions)
    return Rules(
        plant=plant,
        series=laid,
        conditions={condition.id: condition for condition in (*of_series, *others)},
        own=own,
        records=frozenset(series.id for series in plant.series.values() if series.records),
        suppressions=suppress.suppressions(plant, group.network_suppressions(plant)),
        networks=networks,
        groups=group.groups_of(plant),
        protections=protections,
        ladders=ladder.ladders(plant),
    )


def _rested_on(plant: Plant) -> Iterable[str]:
    limited = {limit.channel for limit in plant.limits}
    for one in plant.derived.values():
        if one.id in limited:
            yield from one.inputs
    yield from (one.channel for one in plant.suppressions.values() if one.channel)


def _conditions_of(one: SeriesRules) -> Iterable[Condition]:
    yield from one.conditions
    yield from (condition for _, condition in one.judged)
    if one.communication is not None:
        yield one.communication


def handle(book: Rules, state: State, event: Event) -> tuple[State, tuple[Told, ...]]:
    """Take one event in; return the state after it and what came of it, in order."""
    if not state.raised_under:
        return _handle(book, state, event)
    after, told = _handle(_as_raised(book, state.raised_under, event), state, event)
    return _let_go(after), told


def _as_raised(book: Rules, under: Mapping[str, Limit], event: Event) -> Rules:
    """Judge active alarms by the limits they were raised under; only the series that the event is about is laid out."""
    by_series: dict[str, dict[str, Condition]] = {}
    for key, limit in under.items():
        channel = book.plant.derived.get(limit.channel) or book.plant.channels[limit.channel]
        by_series.setdefault(channel.series, {})[key] = condition_of(limit)
    looked_at = (
        by_series.keys() if isinstance(event, SetOccupancy) else by_series.keys() & {_series_of(event)}
    )
    return replace(
        book,
        series={
            **book.series,
            **{key: as_raised(book.plant, book.series[key], under) for key in looked_at},
        },
        own={**book.own, **{key: {**book.own[key], **by_series[key]} for key in looked_at}},
        # Not copied: there are thousands, and this is done for every event while such an alarm is active.
        conditions=ChainMap(
            {key: one for raised in by_series.values() for key, one in raised.items()},
            cast("dict[str, Condition]", book.conditions),
        ),
    )


def _series_of(event: Event) -> str:
    return event.series if isinstance(event, Sample) else ""


def _let_go(state: State) -> State:
    """Let the plant's own limit hold again for each alarm that has cleared."""
    still = {
        key: limit
        for key, limit in state.raised_under.items()
        if key in state.alarms and state.alarms[key].active
    }
    return state if len(still) == len(state.raised_under) else replace(state, raised_under=still)


def _handle(book: Rules, state: State, event: Event) -> tuple[State, tuple[Told, ...]]:
    draft = Draft(state)
    if not isinstance(event, Sample | Tick | Fault | ActionResult) and permit.why_not(
        book.plant, state, event
    ):
        return state, ()
    _judge(book, draft, event)
    if draft.changed:
        suppress.follow_alarms(book.suppressions, book.conditions, draft, event.at)
    group.mark(book.groups, draft, event.at)
    after, changes, news = protect.advance(book.protections, draft.state(), event)
    if news:
        return _with_calls(book, event, *_with_news(draft, after, changes, news))
    return _with_calls(book, event, after, (*draft.told, *changes))


def _with_news(
    draft: Draft,
    after: State,
    changes: Sequence[Told],
    news: Sequence[tuple[Condition, Look]],
) -> tuple[State, tuple[Told, ...]]:
    """Let the protective actions' own alarms be raised and cleared."""
    told = tuple(draft.told)
    further = Draft(after)
    for condition, look in news:
        further.look(condition, look)
    return further.state(), (*told, *changes, *further.told)


def _with_calls(
    book: Rules, event: Event, state: State, told: tuple[Told, ...]
) -> tuple[State, tuple[Told, ...]]:
    """Let people be called, and let it be seen where calling itself does not work."""
    calls = escalate.follow(book.ladders, state, event, told)
    if calls is state.calls:
        return state, told
    after, further = escalate.with_calls(book.ladders, state, calls, event.at)
    return after, (*told, *further)


def _judge(book: Rules, draft: Draft, event: Event) -> None:
    match event:
        case Sample():
            _sample(book, draft, event)
        case Tick():
            _tick(book, draft, event.at)
        case Fault():
            look = _health(event.at, well=not event.message, detail=event.message)
            draft.look(service.condition_of(event.part), look)
        case ActionResult():
            if not event.command.protection:
                condition = Condition(f"{event.command.device}/command", Level.ALERT, 0.0, 0.0, Priority.HIGH)
                draft.look(condition, _health(event.at, well=event.verified, detail=event.detail))
        case SetOccupancy():
            _occupy(book, draft, event)
        case Acknowledge() | Reset() | Shelve() | Unshelve() | OutOfService() | InService():
            _by_a_person(book, draft, event)
        case StartBatch() | ChangeStage() | EndBatch():
            draft.batches = batches.follow(draft.batches, event)
            draft.batch_ids = batches.remembered(draft.batch_ids, event)
        case (ConfirmProtection() | ResetProtection() | Inhibit() | Rearm()) | (
            Substitute() | NoticeResult() | Receipt() | CanaryDue()
        ):
            pass  # what these do is done in protect.advance and in escalate.follow
        case _:
            assert_never(event)


def _by_a_person(
    book: Rules,
    draft: Draft,
    event: Acknowledge | Reset | Shelve | Unshelve | OutOfService | InService,
) -> None:
    condition, one = _condition(book, draft, event.alarm), draft.life(event.alarm)
    if condition is None:
        return
    match event:
        case Acknowledge():
            draft.take(event.alarm, life.acknowledge(one, event))
        case Reset():
            draft.take(event.alarm, life.reset(one, event))
        case Shelve():
            draft.take(event.alarm, life.shelve(condition, one, event))
        case Unshelve():
            draft.take(event.alarm, life.unshelve(one, event.at, event.who))
        case OutOfService():
            draft.take(event.alarm, life.remove(condition, one, event))
        case InService():
            draft.take(event.alarm, life.return_(one, event))
        case _:
            assert_never(event)


def _condition(book: Rules, draft: Draft, key: str) -> Condition | None:
    """Return what an alarm watches; those of the service have no rule, but stand as long as they are not NORM."""
    alarm = draft.alarms.get(key)
    if key in book.conditions or alarm is None:
        return book.conditions.get(key)
    return Condition(key, alarm.level, 0.0, 0.0, alarm.priority)


def _sample(book: Rules, draft: Draft, sample: Sample) -> None:
    if sample.series in book.records and not sample.catching_up:
        draft.completed(sample.series, sample.at)
    latest = draft.latest.get(sample.series)
    if sample.backfilled or (latest is not None and sample.at <= latest):
        return
    one = book.series[sample.series]
    draft.arrived(sample)
    for place, channel in book.protections.modes.get(sample.series, ()):
        if usable(sample, place):
            draft.modes = put(draft.modes, channel, sample.values[place])
    watched = _watched(book.own[sample.series], draft)
    for condition in watched.values():
        # What ended between two Samples ended then, not now: whatever the spacing of ticks.
        draft.mature(condition, sample.at - timedelta(microseconds=1))
    suppress.follow_sample(book.suppressions, book.conditions, draft, sample)
    values = _reckon(book, one, draft, sample)
    if one.communication is not None:
        silent = wholly_bad(sample)
        if silent or one.communication.id in watched:
            draft.look(one.communication, _health(sample.at, well=not silent, detail=sample.reason))
            group.look_at_networks(book.networks, draft, (one.communication.id,), sample.at)
    _limits(one, _bounds(book, one, draft), draft, (sample, values), watched)
    _blind(one, draft, sample, watched)


def _watched(own: Mapping[str, Condition], draft: Draft) -> Mapping[str, Condition]:
    """Return what waits or is active of a series' conditions, in their order; mostly nothing, however much stands."""
    waits = (draft.alarms.keys() & own.keys()) | (draft.delays.keys() & own.keys())
    return {key: condition for key, condition in own.items() if key in waits} if waits else {}


def _reckon(book: Rules, one: SeriesRules, draft: Draft, sample: Sample) -> Sequence[float]:
    """Reckon the series' derived channels; return its row with their values behind the channels'."""
    if not one.derived:
        return sample.values
    row = list(sample.values)
    at_s = sample.at.timestamp()
    before = draft.memory.get(sample.series, ((),) * len(one.derived))
    memory = []
    for (rule, inputs), remembered in zip(one.derived, before, strict=True):
        values = tuple(
            _input(draft, sample, row, series, place)
            for series, place in ((i.series, i.place) for i in inputs)
        )
        restart = suppress.restarts(book.suppressions, draft, rule.id)
        value, remembers = derived.step(rule, remembered, values, at_s, restart=restart)
        row.append(value)
        memory.append(remembers)
    draft.reckoned(sample.series, tuple(row[one.width :]), tuple(memory))
    return row


def _input(draft: Draft, sample: Sample, row: Sequence[float], series: str, place: int) -> float:
    if not series:
        return row[place] if place >= len(sample.values) or usable(sample, place) else math.nan
    other = draft.seen.get(series)
    if other is None or abs((sample.at - other.at).total_seconds()) > FRESH_S or not usable(other, place):
        return math.nan
    return other.values[place]


def _limits(
    one: SeriesRules,
    bounds: Bounds,
    draft: Draft,
    seen: tuple[Sample, Sequence[float]],
    watched: Collection[str],
) -> None:
    (limits, low, high), (sample, values) = bounds, seen
    for i, place in enumerate(one.places):
        if low[i] <= values[place] <= high[i] and (not watched or one.conditions[i].id not in watched):
            continue
        if not math.isnan(values[place]) and (place >= one.width or usable(sample, place)):
            draft.look(
                one.conditions[i], _look(limits[i], one.conditions[i], values[place], sample.at, draft)
            )


def _bounds(book: Rules, one: SeriesRules, draft: Draft) -> Bounds:
    """Return the limits as they are now: some zones may be at rest."""
    resting = [rest for rest in one.resting if _occupancy(book, draft, rest.zone) is Occupancy.AT_REST]
    if not resting:
        return one.limits, one.lows, one.highs
    limits = list(one.limits)
    for rest in resting:
        limits[rest.index] = rest.limit
    return limits, lows(limits), highs(limits)


def _occupancy(book: Rules, draft: Draft, zone: str) -> Occupancy:
    return draft.occupancy.get(zone, book.plant.zones[zone].occupancy)


def _occupy(book: Rules, draft: Draft, event: SetOccupancy) -> None:
    """Let other bounds hold in a zone: no window and no delay spans the change."""
    if event.zone not in book.plant.zones or _occupancy(book, draft, event.zone) is event.occupancy:
        return
    draft.occupied(event.zone, event.occupancy)
    for series, one in book.series.items():
        memory = draft.memory.get(series)
        if memory is not None and any(rule.zone == event.zone for rule, _ in one.derived):
            kept = tuple(
                () if rule.zone == event.zone else remembered
                for (rule, _), remembered in zip(one.derived, memory, strict=True)
            )
            draft.reckoned(series, draft.derived[series], kept)
        for rest in one.resting:
            if rest.zone == event.zone:
                draft.delays = put(draft.delays, rest.limit.id, None)


def _look(limit: Limit, condition: Condition, value: float, at: datetime, draft: Draft) -> Look:
    standing = stand(limit, value)
    if standing is not Standing.OUTSIDE:
        return Look(at, standing)
    worst = worse(limit, value, so_far(draft.life(condition.id)))
    return Look(at, standing, worst, in_words(limit, worst))


def _blind(one: SeriesRules, draft: Draft, sample: Sample, watched: Collection[str]) -> None:
    """Look at channels that give no usable value while their device answers; a silent device says it once."""
    if sample.quality is None and not watched:
        return
    silent = wholly_bad(sample)
    for place, condition in one.judged:
        seen = usable(sample, place)
        if silent or (seen and condition.id not in watched):
            continue
        draft.look(condition, _health(sample.at, well=seen, detail=sample.reason))


def _tick(book: Rules, draft: Draft, at: datetime) -> None:
    for key in tuple(draft.delays):
        condition = book.conditions.get(key)
        if condition is not None:
            draft.mature(condition, at)
    for key, alarm in tuple(draft.alarms.items()):
        if alarm.shelved_until is not None:
            draft.take(key, life.end_shelve(draft.life(key), at))
        condition = book.conditions.get(key)
        if condition is not None and condition.realarm_s is not None:
            draft.take(key, life.realarm(condition, draft.life(key), at))
    suppress.follow_time(book.suppressions, book.conditions, draft, at)
    looked = [key for key in _silent(book, draft, at) if key in book.networks]
    networks = {book.networks[key].condition.id for key in looked}
    # A network whose devices come back says so by them; only its delays end by time.
    group.look_at_networks(book.networks, draft, looked, at)
    _end_networks(book, draft, at, networks)


def _end_networks(book: Rules, draft: Draft, at: datetime, looked: set[str]) -> None:
    """Look again at networks that are lost or on their way: their off-delay ends though nobody speaks."""
    for key, one in book.networks.items():
        if one.condition.id not in looked and (
            one.condition.id in draft.alarms or one.condition.id in draft.delays
        ):
            looked.add(one.condition.id)
            group.look_at_networks(book.networks, draft, (key,), at)


def _silent(book: Rules, draft: Draft, at: datetime) -> Iterable[str]:
    """Look at series of which not even a Bad Sample came: the poll itself is silent, which no Sample can tell."""
    for series_id, one in book.series.items():
        latest = draft.latest.get(series_id)
        if one.communication is None or latest is None:
            continue
        if at - latest > timedelta(seconds=one.silence_s):
            condition = Condition(
                one.communication.id, one.communication.level, 0.0, 0.0, one.communication.priority
            )
            draft.look(condition, _health(at, well=False, detail=f"no sample since {latest:%H:%M:%S} UTC"))
            yield one.communication.id


def _health(at: datetime, *, well: bool, detail: str) -> Look:
    return Look(at, Standing.INSIDE) if well else Look(at, Standing.OUTSIDE, None, detail)
