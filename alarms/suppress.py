"""Suppression by design: while a mode lasts, or a door stands open, the alarms that it explains are hidden.

What is hidden goes on being judged, and comes back if it is still true when the mode ends. A Suppression never outlives
what it rests on: its longest time, the alarm that it follows, the sight of its channel (a blind mode hides nothing).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alarms.alarm import suppress, unsuppress
from alarms.draft import Draft, put
from alarms.judge import Condition, usable
from config.model import Sample
from config.plant import Plant
from config.rules import Suppression


@dataclass(frozen=True, slots=True)
class Suppressions:
    """A plant's Suppressions, laid out.

    Attributes:
        by_series: those that follow a channel of a series, with its place.
        by_alarm: those that follow an alarm.
        by_sight: those that end when this alarm, of a blind channel or a silent device, is active.
        restarting: of a derived channel, those that let its window begin anew.
    """

    every: Mapping[str, Suppression] = field(default_factory=dict)
    by_series: Mapping[str, Sequence[tuple[int, Suppression]]] = field(default_factory=dict)
    by_alarm: Mapping[str, Sequence[Suppression]] = field(default_factory=dict)
    by_sight: Mapping[str, Sequence[Suppression]] = field(default_factory=dict)
    restarting: Mapping[str, frozenset[str]] = field(default_factory=dict)


def suppressions(plant: Plant, of_networks: Sequence[Suppression]) -> Suppressions:
    """Lay out the plant's Suppressions and those of its networks, once at load."""
    every = {one.id: one for one in (*plant.suppressions.values(), *of_networks)}
    by_series, by_alarm, by_sight = defaultdict(list), defaultdict(list), defaultdict(list)
    for one in every.values():
        if one.alarm:
            by_alarm[one.alarm].append(one)
        else:
            channel = plant.channels[one.channel]
            by_series[channel.series].append((channel.place, one))
            by_sight[f"{channel.id}/blind"].append(one)
            by_sight[f"{channel.device}/communication"].append(one)
    return Suppressions(every, by_series, by_alarm, by_sight, _restarting(plant, every.values()))


def _restarting(plant: Plant, every: Iterable[Suppression]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    channel_of = {limit.id: limit.channel for limit in plant.limits}
    for one in every:
        for alarm in one.alarms if one.restarts_windows else ():
            if channel_of.get(alarm) in plant.derived:
                found[channel_of[alarm]].add(one.id)
    return {key: frozenset(ids) for key, ids in found.items()}


def restarts(book: Suppressions, draft: Draft, derived: str) -> bool:
    """Whether a derived channel's window must be empty now."""
    if not draft.masks:
        return False
    return any(one in draft.masks for one in book.restarting.get(derived, ()))


def follow_sample(
    book: Suppressions, conditions: Mapping[str, Condition], draft: Draft, sample: Sample
) -> None:
    """Let the Suppressions that follow a channel of this series begin, go on or end."""
    for place, one in book.by_series.get(sample.series, ()):
        if usable(sample, place):
            _follow(conditions, draft, one, sample.at, holds=sample.values[place] in one.states)


def follow_alarms(
    book: Suppressions, conditions: Mapping[str, Condition], draft: Draft, at: datetime
) -> None:
    """Let the Suppressions that follow an alarm, or lose sight of their channel, begin or end."""
    for key in [one for one in draft.changed if one in book.by_alarm or one in book.by_sight]:
        alarm = draft.alarms.get(key)
        active = alarm is not None and alarm.active
        for one in book.by_alarm.get(key, ()):
            _follow(conditions, draft, one, at, holds=active)
        if active:
            for one in book.by_sight.get(key, ()):
                _follow(conditions, draft, one, at, holds=False)


def follow_time(book: Suppressions, conditions: Mapping[str, Condition], draft: Draft, at: datetime) -> None:
    """Let the Suppressions end whose longest time is over."""
    for key in tuple(draft.masks):
        one = book.every.get(key)
        if one is None:
            # Another plant than the one under which it began: it explains nothing any more.
            draft.masks = put(draft.masks, key, None)
        elif one.longest_s is not None:
            _follow(conditions, draft, one, at, holds=True)


def _follow(
    conditions: Mapping[str, Condition], draft: Draft, one: Suppression, at: datetime, *, holds: bool
) -> None:
    since = draft.masks.get(one.id)
    if holds and since is None:
        draft.masks = put(draft.masks, one.id, at)
        _hide(conditions, draft, one, at)
    elif holds and since is not None and one.id not in draft.spent and _is_over(one, since, at):
        draft.spent |= {one.id}
        _show(draft, one, at)
    elif not holds and since is not None:
        draft.masks = put(draft.masks, one.id, None)
        if one.id in draft.spent:
            draft.spent -= {one.id}
        else:
            _show(draft, one, at)


def _is_over(one: Suppression, since: datetime, at: datetime) -> bool:
    return one.longest_s is not None and at - since >= timedelta(seconds=one.longest_s)


def _hide(conditions: Mapping[str, Condition], draft: Draft, one: Suppression, at: datetime) -> None:
    for key in sorted(one.alarms):
        draft.take(key, suppress(conditions[key], draft.life(key), at, one.id))


def _show(draft: Draft, one: Suppression, at: datetime) -> None:
    for key in sorted(one.alarms):
        draft.take(key, unsuppress(draft.life(key), at, one.id))
