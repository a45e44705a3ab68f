"""What was measured in a batch: each channel's figures, gaps, limits and instrument, and whether they agree."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby

from alarms.particles import SAMPLE_TIME_S
from config.model import Channel
from config.rules import Derived, Formula, Level
from monitor.calibration import MEASURES
from monitor.records.dossier.channel_parts import (
    Asking,
    channel_part,
    reckoned_part,
    span_of,
    statistics_part,
)
from monitor.records.dossier.checked import check_of
from monitor.records.dossier.counted import Counting, Progress, Proofs
from monitor.records.dossier.laid_down import measured_input
from monitor.records.dossier.parts import (
    ChannelPart,
    CheckPart,
    GapPart,
    OutsidePart,
)
from monitor.records.dossier.remembered import Remembered
from monitor.records.dossier.replayed import Replaying, needed_for, rows_of, same_values
from monitor.records.dossier.rolling import Rolling
from monitor.records.dossier.scope import Span
from monitor.records.dossier.tally import Counted, Tally, statistics
from monitor.store.catalog import Snapshot, Stored, stored_channels
from monitor.store.columns import AT_ONCE
from monitor.store.gaps import Cause
from monitor.store.missing import Asked, missing
from monitor.store.statistics import Sums, kept_sums, pairs

OF_RECORDS = frozenset(
    {Formula.CONCENTRATION, Formula.ROLLING_TIME, Formula.ROLLING_VOLUME, Formula.COUNTS_LEFT}
)
"""Formulas that take particle counts and the volume of their record."""
NONE = Counted(statistics(Tally(), ""), {})


@dataclass(frozen=True, slots=True)
class Measured:
    """All channels of a batch, in the order of the plant, and the check of their figures."""

    channels: tuple[ChannelPart, ...]
    check: CheckPart


async def measured(snapshot: Snapshot, asking: Asking, known: Remembered) -> Measured:
    """Tell of every channel of a batch; it takes no more memory for a longer one, but as values differ.

    Args:
        snapshot: of a migrated database.
        asking: which batch, and what is known of it already.
        known: what was counted before.
    """
    needed = {*asking.scope.channels, *needed_for(asking.scope.plant, asking.scope.derived)}
    stored = await stored_channels(snapshot, needed)
    one = _Measuring(snapshot, asking, stored, known)
    figures, gaps = await one.figures(), await one.gaps()
    told = {channel.id: await one.told(channel, figures, gaps) for channel in asking.scope.channels.values()}
    for derived in asking.scope.derived.values():
        told[derived.id] = one.reckoned(derived, figures, told)
    raw = {id_: counted.figures for id_, counted in figures.items() if id_ in asking.scope.channels}
    return Measured(tuple(told.values()), check_of(raw, await one.kept()))


@dataclass(frozen=True, slots=True)
class _Measuring:
    """Asks the database for the figures of one batch.

    Attributes:
        stored: the channels of the batch, and others that reckoned ones are made from.
    """

    snapshot: Snapshot
    asking: Asking
    stored: Mapping[str, Stored]
    known: Remembered

    def series(self) -> Iterator[tuple[list[Stored], Span]]:
        """Give the channels of one series and one time together."""

        def key(one: Stored) -> tuple[int, datetime, datetime]:
            span = span_of(self.asking.scope, one.id)
            return one.series_id, span.since, span.until

        for (_, since, until), some in groupby(sorted(self._own(), key=key), key=key):
            yield list(some), Span(since, until)

    def _own(self) -> list[Stored]:
        return [self.stored[one] for one in self.asking.scope.channels if one in self.stored]

    async def figures(self) -> dict[str, Counted]:
        scope = self.asking.scope
        same, rows = same_values(scope), list(rows_of(scope, self.stored))
        parts = [
            (own[first : first + AT_ONCE], span)
            for own, span in self.series()
            for first in range(0, len(own), AT_ONCE)
        ]
        works = [(len(own), span) for own, span in parts] + [(len(row.asked), span) for row, span in rows]
        work = sum(channels * (span.until - span.since).total_seconds() for channels, span in works)
        progress = Progress(self.known, scope.batch.id, work)
        proofs = Proofs(self.snapshot)
        counting = Counting(self.snapshot, proofs, self.known, self.asking.limits, progress, same)
        replaying = Replaying(self.snapshot, proofs, self.known, self.asking, progress)
        found: dict[str, Counted] = {}
        with progress:
            for own, span in parts:
                found |= await counting.count(own, span)
            for row, span in rows:
                found |= await replaying.count(row, span)
        return found

    async def kept(self) -> dict[str, Sums]:
        found: dict[str, Sums] = {}
        for own, span in self.series():
            found |= await kept_sums(self.snapshot, own, span.since, span.until)
        return found

    async def gaps(self) -> dict[str, tuple[GapPart, ...]]:
        def key(one: Stored) -> tuple[str, datetime, datetime]:
            span = span_of(self.asking.scope, one.id)
            return one.device, span.since, span.until

        found: dict[str, tuple[GapPart, ...]] = {}
        for (device, since, until), some in groupby(sorted(self._own(), key=key), key=key):
            asked = Asked(device, [one.id for one in some], since, until)
            forces = self.asking.forces.get(device, ())
            holes = await missing(self.snapshot, self.asking.scope.plant, asked, forces)
            for channel, own in holes.items():
                found[channel] = tuple(GapPart(one.since, one.until, one.cause, one.rows) for one in own)
        return found

    async def told(
        self, channel: Channel, figures: Mapping[str, Counted], gaps: Mapping[str, tuple[GapPart, ...]]
    ) -> ChannelPart:
        span, one = span_of(self.asking.scope, channel.id), figures.get(channel.id, NONE)
        own = gaps.get(channel.id) or self._unheard(channel, span, one.figures.sums.valid)
        expected = one.figures.sums.valid + sum(gap.rows for gap in own)
        part = statistics_part(one.figures, expected, is_measured=channel.model.kind in MEASURES)
        outside_s = _outside_s(one, self._period_s(channel))
        part = replace(part, rolling_m3=await self._rolling(channel), outside_s=outside_s)
        return channel_part(self.asking, channel, part, own)

    def reckoned(
        self, derived: Derived, figures: Mapping[str, Counted], told: Mapping[str, ChannelPart]
    ) -> ChannelPart:
        """Tell of a reckoned channel: a value was due whenever one of its first input was."""
        one = figures.get(derived.id)
        if one is None:
            return reckoned_part(self.asking, derived, told, None)
        base = self.asking.scope.plant.channels[measured_input(self.asking.scope.plant, derived)]
        first = told.get(base.id)
        expected = first.statistics.expected if first and first.statistics else one.figures.sums.n
        part = statistics_part(one.figures, max(expected, one.figures.sums.valid), is_measured=True)
        part = replace(part, outside_s=_outside_s(one, self._period_s(base)))
        return reckoned_part(self.asking, derived, told, part)

    def _unheard(self, channel: Channel, span: Span, valid: int) -> tuple[GapPart, ...]:
        """Of a channel of which no version of the plant is known, everything is missing that is not there."""
        if valid or self.asking.forces.get(channel.device):
            return ()
        rows = math.ceil((span.until - span.since) / timedelta(seconds=self._period_s(channel)))
        return (GapPart(span.since, span.until, Cause.MISSING, rows),) if rows else ()

    def _period_s(self, channel: Channel) -> float:
        device = self.asking.scope.plant.devices[channel.device]
        if channel.model.record:
            return float(device.settings.get("sample_time_s", SAMPLE_TIME_S))
        return device.period_s

    async def _rolling(self, channel: Channel) -> float | None:
        every = self.asking.scope.plant.derived.values()
        fitting = [one for one in every if one.formula in OF_RECORDS and one.inputs[0] == channel.id]
        if (
            not fitting
            or not channel.model.record
            or any(one not in self.stored for one in fitting[0].inputs)
        ):
            return None
        span = span_of(self.asking.scope, channel.id)
        breaks = [one for derived in fitting for one in self.asking.breaks.get(derived.id, ())]
        rolling = Rolling(self._period_s(channel), breaks)
        counts, volume = (self.stored[one] for one in fitting[0].inputs)
        async for at, count, volume_l in pairs(self.snapshot, counts, volume, span.since, span.until):
            rolling.take(at, count, volume_l)
        return rolling.largest


def _outside_s(one: Counted, period_s: float) -> OutsidePart:
    return OutsidePart(*(one.outside.get(level, 0) * period_s for level in (Level.ALERT, Level.ACTION)))
