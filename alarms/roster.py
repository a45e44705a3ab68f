"""Who is on call at any time, past or future: arithmetic over a rotation, its holidays and its substitutions.

A day of a rotation goes from its hand-over to the next day's. Every wall time stands for one instant, the first at
which the clocks show it or a later one: so hours that a night skips are short or empty, hours that come twice are long,
and what ends at a wall time ends where whatever begins at it begins.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import count, pairwise
from zoneinfo import ZoneInfo

from config.duty import Rotation, Substitution

_DAY = timedelta(days=1)


class Because(StrEnum):
    """Why somebody is on call."""

    TURN = "turn"
    HOLIDAY = "holiday"
    SUBSTITUTION = "substitution"


@dataclass(frozen=True, slots=True)
class Turn:
    """A time without a break in which one person is on call; `ends` is the first instant after it. Times are UTC."""

    begins: datetime
    ends: datetime
    person: str
    because: Because


def on_call(rotation: Rotation, substitutions: Sequence[Substitution], at: datetime) -> str | None:
    """Name who is on call.

    Args:
        rotation: whose turns are asked for.
        substitutions: what persons have noted, of any rotation, in the order noted; what stands in the plant counts
            as noted before.
        at: the instant, aware.

    Returns:
        The person's id; None outside the rotation's hours, and before it begins.

    Raises:
        OverflowError: `at` is within a day of where the calendar begins or ends; so do the other functions.
    """
    found = _found(rotation, substitutions, at.astimezone(UTC))
    return found[0] if found else None


def turns(
    rotation: Rotation, substitutions: Sequence[Substitution], since: datetime, until: datetime
) -> Iterator[Turn]:
    """Give every turn that has a part in [since, until), whole, in order of time.

    Where a turn is cut by hours, a holiday or a substitution, each piece is a Turn of its own. The arguments are those
    of `on_call`.
    """
    zone, now = ZoneInfo(rotation.time_zone), since.astimezone(UTC)
    days = (_day_of(rotation, zone, now) - rotation.begins).days
    for number in count(max(0, days // rotation.every_days)):
        first = rotation.begins + number * rotation.every_days * _DAY
        if _instant(first, rotation.hand_over, zone) >= until:
            return
        pieces = _pieces(rotation, substitutions, zone, first)
        yield from (one for one in pieces if one.begins < until and one.ends > since)


def next_after(rotation: Rotation, substitutions: Sequence[Substitution], at: datetime) -> str | None:
    """Name who is on call next: whoever has the first later turn that is not of who is on call now.

    It looks as far as everybody's next turn; None if all of that is one person's. The arguments are those of `on_call`.
    """
    now = on_call(rotation, substitutions, at)
    until = at + (len(rotation.people) + 1) * rotation.every_days * _DAY
    ahead = turns(rotation, substitutions, at, until)
    return next((one.person for one in ahead if one.person != now), None)


def team(rotation: Rotation) -> tuple[str, ...]:
    """Name everybody who takes turns, each once."""
    return tuple(dict.fromkeys(rotation.people))


def within(hours: tuple[time, time], zone: ZoneInfo, at: datetime) -> datetime | None:
    """Give the end of the part of a day that an instant falls in, in UTC; None: it falls in none.

    Args:
        hours: from and until, by the zone's wall clock; until is of the day after where it does not come later.
        zone: whose wall clock.
        at: the instant, aware.
    """
    day = at.astimezone(zone).date()
    for first in (day - _DAY, day, day + _DAY):
        begins, ends = _part(hours, zone, first)
        if begins <= at < ends:
            return ends
    return None


def _part(hours: tuple[time, time], zone: ZoneInfo, day: date) -> tuple[datetime, datetime]:
    begins, ends = hours
    last = day if begins < ends else day + _DAY
    return _instant(day, begins, zone), _instant(last, ends, zone)


def _instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Give the first instant at which the clocks of a zone show a wall time or a later one, in UTC."""
    wall = datetime.combine(day, at)
    late = wall.replace(tzinfo=zone).astimezone(UTC)
    if late.astimezone(zone).replace(tzinfo=None) == wall:
        return late
    # The clocks are put forward over it. By those of before it is `late`, by those of after `early`: between them they
    # are put forward, and that instant is looked for.
    early = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    while late - early > timedelta(seconds=1):
        middle = early + timedelta(seconds=(late - early) // timedelta(seconds=2))
        is_after = middle.astimezone(zone).replace(tzinfo=None) >= wall
        early, late = (early, middle) if is_after else (middle, late)
    return late


def _day_of(rotation: Rotation, zone: ZoneInfo, at: datetime) -> date:
    """Give the rotation's day that an instant belongs to: the last one whose hand-over has been."""
    day = at.astimezone(zone).date() + _DAY
    while _instant(day, rotation.hand_over, zone) > at:
        day -= _DAY
    return day


def _found(
    rotation: Rotation, substitutions: Sequence[Substitution], at: datetime
) -> tuple[str, Because] | None:
    zone = ZoneInfo(rotation.time_zone)
    day = _day_of(rotation, zone, at)
    if day < rotation.begins or (rotation.hours and within(rotation.hours, zone, at) is None):
        return None
    for one in reversed([*rotation.substitutions, *substitutions]):
        if one.rotation == rotation.id and one.begins <= at < one.ends:
            return one.person, Because.SUBSTITUTION
    if day in rotation.holidays:
        return rotation.holidays[day], Because.HOLIDAY
    number = (day - rotation.begins).days // rotation.every_days
    return rotation.people[number % len(rotation.people)], Because.TURN


def _pieces(
    rotation: Rotation, substitutions: Sequence[Substitution], zone: ZoneInfo, first: date
) -> Iterator[Turn]:
    """Give the pieces of one turn, which begins on a day."""
    instants = sorted(set(_changes(rotation, substitutions, zone, first)))
    begun: Turn | None = None
    for begins, ends in pairwise(instants):
        found = _found(rotation, substitutions, begins)
        if begun and found == (begun.person, begun.because):
            begun = Turn(begun.begins, ends, *found)
            continue
        if begun:
            yield begun
        begun = Turn(begins, ends, *found) if found else None
    if begun:
        yield begun


def _changes(
    rotation: Rotation, substitutions: Sequence[Substitution], zone: ZoneInfo, first: date
) -> Iterator[datetime]:
    """Give every instant of one turn at which somebody else may be on call, its own begin and end among them."""
    days = [first + number * _DAY for number in range(rotation.every_days + 1)]
    hand_overs = [_instant(day, rotation.hand_over, zone) for day in days]
    begins, ends = hand_overs[0], hand_overs[-1]
    yield from hand_overs
    others = [
        at.astimezone(UTC)
        for one in (*rotation.substitutions, *substitutions)
        if one.rotation == rotation.id
        for at in (one.begins, one.ends)
    ]
    if rotation.hours:
        others += [at for day in (first - _DAY, *days) for at in _part(rotation.hours, zone, day)]
    yield from (at for at in others if begins < at < ends)
