"""How much the alarms ask of the people who answer them: the performance figures of ISA-18.2, for one console.

Pure, for reports: it reads what has happened and moves nothing. Sources: ANSI/ISA-18.2-2016, Table 7 (about 6 alarms an
hour are very likely acceptable, about 12 the most that one person manages; floods below 1 % of the time; fewer than 5
stale on any day), which asks for at least 30 days of them. That a flood ends below five, and that three raises in a
minute are chattering, is from memory, to be verified.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alarms.alarm import CHATTER_S, CHATTERS_FROM
from alarms.group import FLOOD_BEGINS_ABOVE, FLOOD_ENDS_BELOW, FLOOD_S
from config.model import Priority

HOUR, TEN_MINUTES, DAY = timedelta(hours=1), timedelta(minutes=10), timedelta(days=1)
TOP = 10


@dataclass(frozen=True, slots=True)
class Raise:
    """An alarm was annunciated."""

    at: datetime
    alarm: str
    priority: Priority


@dataclass(frozen=True, slots=True)
class Standing:
    """An alarm stood annunciated without a break from `since` to `until`; None: it stands still."""

    alarm: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Flood:
    """More came than a person can take in: from the eleventh alarm in ten minutes to fewer than five in ten minutes."""

    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Load:
    """The figures of one period.

    Attributes:
        raised: how many alarms were annunciated.
        per_hour, per_10_min: their mean.
        most_per_hour, most_per_10_min: their peak, over periods laid end to end from the beginning.
        crowded_share: of the 10-minute periods, those with more than ten.
        flood_share: of the whole time, that in flood.
        top: the ten most frequent alarms, each with how often it came; the most frequent first.
        top_share: of all that was raised, what these ten make up.
        chattering: alarms that were raised three times or more within a minute.
        stale: alarms that stood for more than 24 hours without a break, reckoned to the end of the period.
        priorities: of all that was raised, the share of each priority.
    """

    raised: int
    per_hour: float
    most_per_hour: int
    per_10_min: float
    most_per_10_min: int
    crowded_share: float
    floods: tuple[Flood, ...]
    flood_share: float
    top: tuple[tuple[str, int], ...]
    top_share: float
    chattering: tuple[str, ...]
    stale: tuple[str, ...]
    priorities: Mapping[Priority, float]


def load(raises: Sequence[Raise], standings: Sequence[Standing], begins: datetime, ends: datetime) -> Load:
    """Reckon the figures of the period from `begins` up to, not including, `ends`.

    Args:
        raises: in any order; what lies outside the period is left aside.
        standings: those that reach into the period; they may have begun before it.
        begins: aware, UTC.
        ends: aware, UTC.

    Raises:
        ValueError: The period has no length.
    """
    if ends <= begins:
        raise ValueError(f"the period ends at {ends}, not after its beginning {begins}")
    heard = sorted((one for one in raises if begins <= one.at < ends), key=lambda one: one.at)
    times, length = [one.at for one in heard], ends - begins
    tens = _periods(times, begins, ends, TEN_MINUTES)
    floods = tuple(_floods(times, ends))
    top = tuple(sorted(Counter(one.alarm for one in heard).items(), key=lambda row: (-row[1], row[0]))[:TOP])
    return Load(
        raised=len(heard),
        per_hour=len(heard) * (HOUR / length),
        most_per_hour=max(_periods(times, begins, ends, HOUR)),
        per_10_min=len(heard) * (TEN_MINUTES / length),
        most_per_10_min=max(tens),
        crowded_share=sum(n > FLOOD_BEGINS_ABOVE for n in tens) / len(tens),
        floods=floods,
        flood_share=sum((one.ends - one.begins for one in floods), timedelta()) / length,
        top=top,
        top_share=_share(sum(n for _, n in top), len(heard)),
        chattering=_chattering(heard),
        stale=_stale(standings, begins, ends),
        priorities={p: _share(sum(one.priority is p for one in heard), len(heard)) for p in Priority},
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _periods(times: Sequence[datetime], begins: datetime, ends: datetime, each: timedelta) -> list[int]:
    """Return how many fall into each of the periods laid end to end; the last may be shorter."""
    counted = Counter((at - begins) // each for at in times)
    return [counted[n] for n in range(-((begins - ends) // each))]


def _floods(times: Sequence[datetime], ends: datetime) -> Iterator[Flood]:
    """Follow the last ten minutes from raise to raise: a flood is over when the fifth last falls out of them."""
    window = timedelta(seconds=FLOOD_S)
    began: datetime | None = None
    recent: list[datetime] = []
    for at in times:
        if began is not None and recent[-FLOOD_ENDS_BELOW] + window < at:
            yield Flood(began, recent[-FLOOD_ENDS_BELOW] + window)
            began = None
        recent = [*(one for one in recent if one > at - window), at]
        if began is None and len(recent) > FLOOD_BEGINS_ABOVE:
            began = at
    if began is not None:
        yield Flood(began, min(recent[-FLOOD_ENDS_BELOW] + window, ends))


def _chattering(heard: Sequence[Raise]) -> tuple[str, ...]:
    within = timedelta(seconds=CHATTER_S)
    by_alarm: dict[str, list[datetime]] = {}
    for one in heard:
        by_alarm.setdefault(one.alarm, []).append(one.at)
    return tuple(
        alarm
        for alarm, times in sorted(by_alarm.items())
        if any(last - first < within for first, last in zip(times, times[CHATTERS_FROM - 1 :], strict=False))
    )


def _stale(standings: Sequence[Standing], begins: datetime, ends: datetime) -> tuple[str, ...]:
    return tuple(
        sorted(
            {
                one.alarm
                for one in standings
                if one.since < ends
                and (until := min(one.until or ends, ends)) > begins
                and until - one.since > DAY
            }
        )
    )
