"""A channel of a batch as its dossier tells it: figures, limits, instrument and verdict, of what was measured. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from config.model import Channel, Kind
from config.rules import Derived
from monitor.calibration import MEASURES, InstrumentState, Register
from monitor.records.dossier import verdict
from monitor.records.dossier.formulas import how
from monitor.records.dossier.parts import (
    AlarmPart,
    ChannelPart,
    GapPart,
    InstrumentPart,
    LimitPart,
    OutsidePart,
    StatisticsPart,
)
from monitor.records.dossier.rolling import Break
from monitor.records.dossier.scope import Scope, Span
from monitor.records.dossier.tally import Statistics
from monitor.store.force import Force
from monitor.store.readings import Permitted
from monitor.store.statistics import Sums

STATES = (
    InstrumentState.UNKNOWN,
    InstrumentState.UNQUALIFIED,
    InstrumentState.OVERDUE,
    InstrumentState.IN_ORDER,
)
"""From the worst to the best; that something is due soon is no fault."""
NOWHERE = OutsidePart(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Asking:
    """What the figures of a batch are asked with.

    Attributes:
        forces: the versions of each device.
        limits: what was permitted on each channel, reckoned ones too.
        alarms: those of the limits on each channel.
        breaks: of reckoned channels: when their windows begin anew.
    """

    scope: Scope
    register: Register
    forces: Mapping[str, Sequence[Force]]
    limits: Mapping[str, Sequence[Permitted]]
    alarms: Mapping[str, Sequence[AlarmPart]]
    breaks: Mapping[str, Sequence[Break]] = field(default_factory=dict)


def statistics_part(one: Statistics, expected: int, *, is_measured: bool) -> StatisticsPart:
    """Tell the figures of a channel, of which so many values were due; of a state only how many values there are."""
    raw = one.sums if is_measured else Sums(one.sums.n, one.sums.valid, None, None, None)
    sd, ranks, mkt_c = (one.sd, one.ranks, one.mkt_c) if is_measured else (None, (None,) * 4, None)
    p5, p50, p95, p99 = ranks
    return StatisticsPart(
        n=raw.n,
        expected=expected,
        valid=raw.valid,
        completeness=raw.valid / expected if expected else None,
        min=raw.min,
        mean=None if raw.sum is None else raw.sum / raw.valid,
        max=raw.max,
        sd=sd,
        p5=p5,
        p50=p50,
        p95=p95,
        p99=p99,
        mkt_c=mkt_c,
        rolling_m3=None,
        outside_s=NOWHERE,
    )


def channel_part(
    asking: Asking, channel: Channel, part: StatisticsPart, gaps: tuple[GapPart, ...]
) -> ChannelPart:
    """Tell of a channel that is measured."""
    span = span_of(asking.scope, channel.id)
    found, reasons = verdict.of_channel(asking.alarms.get(channel.id, ()), gaps)
    return ChannelPart(
        id=channel.id,
        label=channel.model.label,
        unit=channel.model.unit,
        kind=channel.model.kind,
        zone=channel.zone,
        device=channel.device,
        grade=asking.scope.plant.zones[channel.zone].grade,
        inputs=(),
        since=span.since,
        until=span.until,
        limits=_limits(asking, channel.id),
        statistics=part,
        gaps=gaps,
        verdict=found,
        reasons=reasons,
        instrument=_instrument(asking, channel.id, span) if channel.model.kind in MEASURES else None,
        states=channel.model.states,
    )


def reckoned_part(
    asking: Asking, derived: Derived, told: Mapping[str, ChannelPart], part: StatisticsPart | None
) -> ChannelPart:
    """Tell of a channel that is reckoned from others.

    Args:
        asking: which batch, and what is known of it.
        derived: which channel.
        told: the channels that were told of before.
        part: its figures; None: not everything that it is made from is stored.
    """
    span = span_of(asking.scope, derived.id)
    inputs = [told[one] for one in derived.inputs if one in told]
    found, reasons = verdict.of_reckoned(asking.alarms.get(derived.id, ()), inputs)
    return ChannelPart(
        id=derived.id,
        label=derived.label,
        unit=derived.unit,
        kind=Kind.ANALOG,
        zone=derived.zone,
        device=derived.device,
        grade=asking.scope.plant.zones[derived.zone].grade,
        inputs=derived.inputs,
        since=span.since,
        until=span.until,
        limits=_limits(asking, derived.id),
        statistics=part,
        gaps=(),
        verdict=found,
        reasons=reasons,
        instrument=None,
        how=how(derived),
    )


def _limits(asking: Asking, channel: str) -> tuple[LimitPart, ...]:
    return tuple(
        LimitPart(one.limit, one.level, one.low, one.high, one.since, one.until)
        for one in asking.limits.get(channel, ())
    )


def _instrument(asking: Asking, channel: str, span: Span) -> InstrumentPart:
    zone = ZoneInfo(asking.scope.plant.time_zone)
    stood = {one.state for one in asking.register.spans(channel, span.since, span.until, zone)}
    state = next((one for one in STATES if one in stood), InstrumentState.UNKNOWN)
    entry = asking.register.counting(channel, span.since.astimezone(zone).date())
    if entry is None:
        return InstrumentPart(channel.partition("/")[0], state, "", "", None)
    facts = entry.facts
    return InstrumentPart(facts.instrument, state, facts.serial, facts.certificate, facts.due_on)


def span_of(scope: Scope, channel: str) -> Span:
    """Give the time in which one of its own channels belongs to a batch."""
    span = scope.span_of(channel)
    assert span is not None  # noqa: S101 - asked of the scope's own channels only
    return span
