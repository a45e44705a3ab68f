"""From changes of alarms to what happened: occurrences, when they were hidden, protective actions. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from alarms.events import ProtectionState, Reason
from config.model import Text
from config.plant import Plant
from monitor.notify.details import detail_told
from monitor.records.dossier.parts import ActionPart, HiddenPart, Hiding
from monitor.store.occurrences import ActionChange, Change

PROVEN = frozenset({ProtectionState.VERIFIED, ProtectionState.LATCHED})
"""Read back independently."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in which nothing about an alarm changed; `until` None: it is so still."""

    since: datetime
    until: datetime | None
    change: Change

    def touches(self, start: datetime, end: datetime) -> bool:
        """Whether some of it lies from `start` up to, not including, `end`."""
        return self.since < end and (self.until is None or self.until > start)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One occurrence of an alarm: while its condition held, and what became of it, up to the end of what is told.

    Attributes:
        acknowledged: the first acknowledgement, also a later one; None: nobody has seen it.
    """

    held: tuple[Stretch, ...]
    changes: tuple[Change, ...]
    acknowledged: Change | None

    @property
    def ended_at(self) -> datetime | None:
        """When its condition was over for good; None: it was not."""
        return self.held[-1].until

    @property
    def is_explained(self) -> bool:
        """Whether it was hidden by design as long as it held; what persons hide is not explained by that."""
        return all(one.change.suppressed_by for one in self.held)

    def duration_s(self, upto: datetime) -> float:
        """Say for how many seconds its condition held, of what holds still up to a time."""
        return sum((max(one.until or upto, one.since) - one.since).total_seconds() for one in self.held)

    def worst(self, low: float | None, high: float | None) -> tuple[float | None, float | None]:
        """Give the value furthest outside, and the bound that it was outside of."""
        values = [one.worst for one in self.changes if one.active and one.worst is not None]
        values += [
            one.worst for one in self.changes if one.reason is Reason.CLEARED and one.worst is not None
        ]
        beyond = [(value - high, value, high) for value in values if high is not None]
        beyond += [(low - value, value, low) for value in values if low is not None]
        if not beyond:
            return (values[-1] if values else None), None
        _, value, bound = max(beyond)
        return value, bound


def stretches(changes: Sequence[Change], upto: datetime) -> Iterator[Stretch]:
    """Give the times between the changes of one alarm; what was raised holds since its delay was over.

    Of what goes on behind `upto` nothing is told: an alarm that flaps on would change for ever what was signed.
    """
    ends = [*(one.at for one in changes[1:]), None]
    for one, until in zip(changes, ends, strict=True):
        since = one.raised_at if one.reason is Reason.RAISED else one.at
        if since < upto:
            yield Stretch(since, None if until is None or until > upto else until, one)


def occurrences(
    changes: Sequence[Change], start: datetime, end: datetime, upto: datetime
) -> list[Occurrence]:
    """Give the occurrences of one alarm whose condition held at some time from `start` up to, not including, `end`."""
    seen: dict[datetime, Change] = {}
    for one in changes:
        if one.reason is Reason.ACKNOWLEDGED:
            seen.setdefault(one.raised_at, one)
    found = []
    for raised_at, some in groupby(stretches(changes, upto), key=lambda one: one.change.raised_at):
        own = list(some)
        held = tuple(one for one in own if one.change.active)
        if any(one.touches(start, end) for one in held):
            found.append(Occurrence(held, tuple(one.change for one in own), seen.get(raised_at)))
    return found


def hidden(
    plant: Plant, changes: Sequence[Change], start: datetime, end: datetime, upto: datetime
) -> Iterator[HiddenPart]:
    """Give the times in which one alarm was hidden, each way by itself, as far as they touch a time."""
    every = list(stretches(changes, upto))
    ways = {key for one in every for key in _ways(one.change)}
    for how, key in sorted(ways):
        for is_hidden, some in groupby(every, key=lambda one, way=(how, key): way in _ways(one.change)):  # type: ignore[misc] # bound at once
            own = list(some)
            if is_hidden and Stretch(own[0].change.at, own[-1].until, own[0].change).touches(start, end):
                first = own[0].change
                by_design = how is Hiding.SUPPRESSED
                yield HiddenPart(
                    alarm=first.alarm,
                    how=how,
                    since=first.at,
                    until=own[-1].until,
                    who="" if by_design else first.who,
                    second="" if by_design else first.second,
                    reason=reason_of(plant, key) if by_design else first.comment or key,
                    text=_why(plant, how, key, first),
                )


def _ways(change: Change) -> list[tuple[Hiding, str]]:
    ways = [(Hiding.SUPPRESSED, one) for one in change.suppressed_by]
    if change.is_shelved:
        ways.append((Hiding.SHELVED, ""))
    if change.out_of_service:
        ways.append((Hiding.OUT_OF_SERVICE, change.out_of_service))
    return ways


def reason_of(plant: Plant, suppression: str) -> str:
    """Say why a mode hides alarms, in both languages; of a mode that the plant has no more, its id."""
    known = plant.suppressions.get(suppression)
    return f"{known.reason.en} / {known.reason.zh}" if known else suppression


def _why(plant: Plant, how: Hiding, key: str, first: Change) -> Text:
    """Say why an alarm was hidden, in both languages; what a person said stands as it was said."""
    if how is not Hiding.SUPPRESSED:
        said = first.comment or key
        return Text(said, said)
    known = plant.suppressions.get(key)
    return known.reason if known else Text(key, key)


def actions(
    plant: Plant, changes: Sequence[ActionChange], start: datetime, end: datetime
) -> list[ActionPart]:
    """Give the protective actions that ran at some time from `start` up to, not including, `end`, in their order."""
    lives: dict[tuple[datetime, str], list[ActionChange]] = {}
    for one in changes:
        lives.setdefault((one.triggered_at, one.protection), []).append(one)
    return [
        _action(plant, life)
        for (triggered_at, _), life in sorted(lives.items())
        if triggered_at < end and life[-1].at >= start
    ]


def _action(plant: Plant, life: Sequence[ActionChange]) -> ActionPart:
    known, last = plant.protections.get(life[0].protection), life[-1]
    proven = (one.at for one in life if one.state in PROVEN)
    people = dict.fromkeys(who for one in life for who in one.who)
    return ActionPart(
        protection=last.protection,
        label=known.label if known else Text(last.protection, last.protection),
        triggered_at=last.triggered_at,
        because=last.because,
        state=last.state,
        verified_at=next(proven, None),
        ended_at=last.at if last.state is ProtectionState.CLOSED else None,
        who=", ".join(people),
        detail=last.detail,
        text=detail_told(last.detail),
    )
