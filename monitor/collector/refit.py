"""What another plant makes of a State: what was judged under the one goes on under the other.

What did not change is untouched. An alarm that is active keeps the limit under which it was raised until it clears, so
that no change of a limit ends an alarm. Whatever has lost its ground ends by a Transition, like everything else.
"""

import math
from collections.abc import Container, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from alarms import engine
from alarms.alarm import state as alarm_state
from alarms.alarm import suppress, unsuppress
from alarms.draft import Draft
from alarms.escalate import taken_up, with_calls
from alarms.events import (
    Alarm,
    AlarmState,
    ProtectionChange,
    ProtectionState,
    Reason,
    Running,
    Told,
    Transition,
)
from alarms.state import Memory, State
from config.difference import is_alike, limits_that_differ
from config.plant import Plant
from config.rules import Limit

T = TypeVar("T")


def refitted(wrote: Plant, book: engine.Rules, state: State, at: datetime) -> tuple[State, tuple[Told, ...]]:
    """Let the plant of other rules come into force while the collector runs; tell what ends with the one before."""
    return settled(book.plant, fitted(wrote, book.plant, state, book), at, book)


def settled(
    plant: Plant, state: State, at: datetime, book: engine.Rules | None = None
) -> tuple[State, tuple[Told, ...]]:
    """End what a State that fits its plant has of things that the plant no longer has."""
    book = book or engine.rules(plant)
    state, hidden = explained_anew(book, state, at)
    state, alarms = retired(plant, state, at, book)
    state, changes = disarmed(plant, state, at)
    state, calling = with_calls(book.ladders, state, taken_up(book.ladders, state, at), at)
    return state, (*hidden, *alarms, *changes, *calling)


def explained_anew(book: engine.Rules, state: State, at: datetime) -> tuple[State, tuple[Told, ...]]:
    """Hide by the Suppressions that hold now what they explain now, and nothing else."""
    holding = [book.suppressions.every[key] for key in state.masks if key not in state.spent]
    hides = {(one.id, alarm) for one in holding for alarm in one.alarms}
    hidden = {(by, key) for key, alarm in state.alarms.items() for by in alarm.suppressed_by}
    draft = Draft(state)
    for by, key in sorted(hides ^ hidden):
        life = draft.life(key)
        is_wanted = (by, key) in hides
        draft.take(
            key, suppress(book.conditions[key], life, at, by) if is_wanted else unsuppress(life, at, by)
        )
    return draft.state(), tuple(draft.told)


def fitted(wrote: Plant, plant: Plant, state: State, book: engine.Rules | None = None) -> State:
    """Let go of what a State remembers by the places and names of another plant."""
    if wrote.sha256 == plant.sha256:
        return state
    rules = book or engine.rules(plant)
    own = _raised_under(wrote, plant, state)
    changed = limits_that_differ(wrote, plant) - own.keys()
    alike = {key for key in plant.series if _channels(wrote, key) == _channels(plant, key)}
    remembered = {key: _remembered(wrote, plant, state, key) for key in state.memory if key in plant.series}
    return replace(
        state,
        # As where a zone's occupancy changes: no delay spans the change of its limit.
        delays=_only(state.delays, rules.conditions.keys() - changed),
        latest=_only(state.latest, plant.series),
        complete=_only(state.complete, rules.records),
        seen=_only(state.seen, alike),
        memory={key: tuple(memory for memory, _ in some) for key, some in remembered.items() if some},
        derived={key: tuple(value for _, value in some) for key, some in remembered.items() if some},
        modes=_only(state.modes, plant.channels),
        masks=_only(state.masks, rules.suppressions.every),
        spent=state.spent.intersection(rules.suppressions.every),
        occupancy=_only(state.occupancy, plant.zones),
        inhibited=_only(state.inhibited, plant.protections),
        raised_under=own,
    )


def _raised_under(wrote: Plant, plant: Plant, state: State) -> dict[str, Limit]:
    """Name the limits by which active alarms go on being judged, because the plant now has other ones."""
    before = {**{limit.id: limit for limit in wrote.limits}, **state.raised_under}
    return {
        limit.id: before[limit.id]
        for limit in plant.limits
        if limit.id in state.alarms
        and state.alarms[limit.id].active
        and limit.id in before
        and not is_alike(before[limit.id], limit)
    }


def _remembered(wrote: Plant, plant: Plant, state: State, series_id: str) -> list[tuple[Memory, float]]:
    """Give what each derived channel of a series remembers, and its value: nothing, if it is reckoned otherwise now."""
    before = {
        one: (memory, value)
        for one, memory, value in zip(
            [one.id for one in wrote.derived.values() if one.series == series_id],
            state.memory[series_id],
            state.derived[series_id],
            strict=False,
        )
    }
    return [
        before[one.id] if one.id in before and wrote.derived[one.id] == one else ((), math.nan)
        for one in plant.derived.values()
        if one.series == series_id
    ]


def _only(mapping: Mapping[str, T], known: Container[str]) -> Mapping[str, T]:
    return {key: value for key, value in mapping.items() if key in known}


def _channels(plant: Plant, series_id: str) -> tuple[str, ...] | None:
    series = plant.series.get(series_id)
    return None if series is None else tuple(channel.id for channel in series.channels)


def retired(
    plant: Plant, state: State, at: datetime, book: engine.Rules | None = None
) -> tuple[State, tuple[Transition, ...]]:
    """End the alarms that nothing can clear any more, because the plant has lost their limit.

    They end as every alarm does, by a Transition, and stay until a person has seen them.
    """
    known = (book or engine.rules(plant)).conditions
    told = tuple(
        Transition(at, key, alarm, _without_limit(alarm, at), Reason.CLEARED)
        for key, alarm in state.alarms.items()
        if alarm.active and key not in known and not _can_end(plant, key)
    )
    after = {**state.alarms, **{one.alarm: one.after for one in told}}
    alarms = {key: alarm for key, alarm in after.items() if alarm_state(alarm) is not AlarmState.NORM}
    return replace(state, alarms=alarms), told


def _without_limit(alarm: Alarm, at: datetime) -> Alarm:
    return replace(alarm, active=False, changed_at=at, detail="the plant has no such limit any more")


def disarmed(plant: Plant, state: State, at: datetime) -> tuple[State, tuple[ProtectionChange, ...]]:
    """End the protective actions that the plant has no more, or that ask for something else than they did."""
    told = tuple(
        ProtectionChange(at, key, running, _without_protection(running, at), "not in the plant any more")
        for key, running in state.running.items()
        if not _asks_fit(plant, running)
    )
    gone = {one.protection for one in told}
    return replace(state, running={k: one for k, one in state.running.items() if k not in gone}), told


def _asks_fit(plant: Plant, running: Running) -> bool:
    one = plant.protections.get(running.id)
    if one is None or len(one.asks) != len(running.asked):
        return False
    return len(running.ending) in {0, len(one.release_asks)}


def _without_protection(running: Running, at: datetime) -> Running:
    return replace(running, state=ProtectionState.CLOSED, changed_at=at)


def _can_end(plant: Plant, key: str) -> bool:
    """Whether something other than a limit's Sample can end this alarm."""
    about, _, what = key.rpartition("/")
    return (
        about == "service"
        or (what == "command" and about in plant.devices)
        or (what == "communication" and about in plant.networks)
        or key in plant.protections
        or (what == "failed" and about in plant.protections)
    )
