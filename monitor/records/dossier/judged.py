"""What was judged in a batch: alarms and who saw them when, hidden times, wrong clocks, windows begun anew. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from alarms.events import SetOccupancy
from monitor.notify.details import detail_told, fault_told
from monitor.records.dossier.excursions import Occurrence, hidden, occurrences, stretches
from monitor.records.dossier.parts import AlarmPart, ClockPart, HiddenPart
from monitor.records.dossier.rolling import Break
from monitor.records.dossier.scope import CLOCKS, Scope, Span
from monitor.store.deviations import AboutKind, Deviation
from monitor.store.occurrences import Acknowledged, Change
from monitor.store.readings import Permitted

Named = tuple[str, datetime]
"""An alarm, and when its occurrence began."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What the book says of a batch's alarms.

    Attributes:
        changes: in order by alarm and time.
        limits: what was permitted on each channel.
        signed: which acknowledgements were signed.
        said: what persons have said of zones.
        deviations: of the batch.
    """

    changes: Sequence[Change]
    limits: Mapping[str, Sequence[Permitted]]
    signed: Mapping[Named, Acknowledged] = field(default_factory=dict)
    said: Sequence[SetOccupancy] = ()
    deviations: Sequence[Deviation] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of it; `breaks` says of reckoned channels when their windows began anew."""

    alarms: tuple[AlarmPart, ...]
    hidden: tuple[HiddenPart, ...]
    clock: tuple[ClockPart, ...]
    breaks: Mapping[str, Sequence[Break]]

    def of_channels(self) -> dict[str, list[AlarmPart]]:
        """Give the alarms by the channel that they are about."""
        found: dict[str, list[AlarmPart]] = defaultdict(list)
        for one in self.alarms:
            if one.channel:
                found[one.channel].append(one)
        return found


def judged(scope: Scope, heard: Heard) -> Judged:
    """Tell what happened to the alarms of a batch, in the order of time."""
    alarms: list[AlarmPart] = []
    hiding: list[HiddenPart] = []
    clock: list[ClockPart] = []
    for alarm, some in groupby(heard.changes, key=lambda one: one.alarm):
        own, span = list(some), _span(scope, alarm)
        found = occurrences(own, span.since, span.until, scope.until)
        if alarm.startswith(CLOCKS):
            clock += [_wrong(alarm, one) for one in found]
        else:
            alarms += [_alarm(scope, heard, one) for one in found]
        hiding += hidden(scope.plant, own, span.since, span.until, scope.until)
    return Judged(
        tuple(sorted(alarms, key=lambda one: (one.raised_at, one.id))),
        tuple(sorted(hiding, key=lambda one: (one.since, one.alarm, one.how))),
        tuple(sorted(clock, key=lambda one: (one.from_, one.what))),
        _breaks(scope, heard),
    )


def _span(scope: Scope, alarm: str) -> Span:
    return scope.span_of(alarm.rpartition("/")[0]) or Span(scope.batch.started_at, scope.until)


def _wrong(alarm: str, one: Occurrence) -> ClockPart:
    detail = one.held[0].change.detail
    what = f"{alarm}: {detail}" if detail else alarm
    return ClockPart(one.held[0].since, one.ended_at, what, fault_told(alarm, detail))


def _alarm(scope: Scope, heard: Heard, one: Occurrence) -> AlarmPart:
    first, seen = one.held[0].change, one.acknowledged
    about = first.alarm.rpartition("/")[0]
    low, high = _bounds(heard.limits.get(about, ()), first)
    detail = one.changes[-1].detail
    worst, limit = one.worst(low, high)
    signed = heard.signed.get((first.alarm, first.raised_at))
    return AlarmPart(
        id=first.alarm,
        channel=about if scope.span_of(about) else "",
        zone=scope.zone_of(first.alarm),
        level=first.level,
        priority=first.priority,
        raised_at=first.raised_at,
        ended_at=one.ended_at,
        duration_s=one.duration_s(scope.until),
        worst=worst,
        limit=limit,
        detail=detail,
        acknowledged_at=seen.at if seen else None,
        acknowledged_by=seen.who if seen else "",
        comment=seen.comment if seen else "",
        signature=signed.signature if signed else "",
        ack_latency_s=(seen.at - first.raised_at).total_seconds() if seen else None,
        first_out=first.first_out,
        explained=one.is_explained,
        deviation=_deviation(heard.deviations, first),
        text=detail_told(detail),
    )


def _bounds(limits: Sequence[Permitted], raised: Change) -> tuple[float | None, float | None]:
    """Give the bounds of the limit that an alarm is of, as they were when it was raised, or nearest to then."""
    own = [one for one in limits if one.limit == raised.alarm]
    standing = next(
        (one for one in own if one.since <= raised.raised_at < one.until), own[0] if own else None
    )
    return (standing.low, standing.high) if standing else (None, None)


def _deviation(deviations: Collection[Deviation], raised: Change) -> str:
    wanted = (AboutKind.ALARM, raised.alarm, raised.raised_at)
    found = (one.number for one in deviations if any((a.kind, a.id, a.at) == wanted for a in one.about))
    return next(found, "")


def _breaks(scope: Scope, heard: Heard) -> dict[str, list[Break]]:
    """Say when windows began anew: while a mode that restarts them hid their limits, and when zones changed."""
    found: dict[str, list[Break]] = defaultdict(list)
    restarting = {one.id for one in scope.plant.suppressions.values() if one.restarts_windows}
    for alarm, some in groupby(heard.changes, key=lambda one: one.alarm):
        if (about := alarm.rpartition("/")[0]) in scope.derived:
            found[about] += _hidden_by(restarting, list(some), scope.until)
    for derived in scope.derived.values():
        found[derived.id] += [Break(one.at, one.at) for one in heard.said if one.zone == derived.zone]
    return found


def _hidden_by(restarting: AbstractSet[str], changes: Sequence[Change], upto: datetime) -> Iterator[Break]:
    for one in stretches(changes, upto):
        if not restarting.isdisjoint(one.change.suppressed_by):
            yield Break(one.change.at, one.until)
