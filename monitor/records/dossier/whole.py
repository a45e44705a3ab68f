"""The dossier: everything of one batch, and the one JSON of which its screen, report and package are made."""

import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

from alarms.events import Reason
from config.plant import Plant
from monitor.records.dossier import found, verdict
from monitor.records.dossier.channel_parts import Asking
from monitor.records.dossier.excursions import actions
from monitor.records.dossier.found_parts import (
    DeviationPart,
    EquipmentTestPart,
    PlatePart,
    ReviewPart,
    SignaturePart,
)
from monitor.records.dossier.judged import Heard, judged
from monitor.records.dossier.laid_down import laid_down
from monitor.records.dossier.measured import measured
from monitor.records.dossier.parts import (
    ActionPart,
    AlarmPart,
    BatchPart,
    ChannelPart,
    CheckPart,
    ClockPart,
    CompletenessPart,
    HiddenPart,
    LackPart,
    PlantPart,
    ZonePart,
)
from monitor.records.dossier.remembered import Remembered
from monitor.records.dossier.scope import Scope, scope_of
from monitor.records.dossier.setting import batch_part, plant_part, zone_parts
from monitor.records.plates.coverage import uncovered
from monitor.records.plates.plan import planned
from monitor.records.plates.results import viable_of
from monitor.records.verdicts import Verdict
from monitor.store.batches import Batch, read_batch
from monitor.store.catalog import Snapshot, sealed_until, snapshot_of, stored_channels
from monitor.store.database import Pool, explained
from monitor.store.deviations import deviations_of
from monitor.store.gaps import Cause
from monitor.store.instruments import read_register
from monitor.store.occurrences import (
    Acknowledged,
    Change,
    action_changes,
    changes_of,
    signed_acknowledgements,
)
from monitor.store.plant_changes import versions

FORMAT = 1
WAITS_FOR = timedelta(minutes=5)
"""So far behind now, at most, a batch that runs is told: minutes are closed within two. Demo proposal."""


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything that is known of one batch.

    Attributes:
        format: of this JSON; another number once a key changes its meaning.
        told_at: up to when it is told: the end of the batch, or now while it runs.
        verdict: the worst of all.
        is_complete: nothing is lacking; a batch with a gap, a pending plate or an overdue instrument never is.
    """

    format: int
    told_at: datetime
    batch: BatchPart
    plant: PlantPart
    zones: tuple[ZonePart, ...]
    channels: tuple[ChannelPart, ...]
    alarms: tuple[AlarmPart, ...]
    hidden: tuple[HiddenPart, ...]
    actions: tuple[ActionPart, ...]
    viable: tuple[PlatePart, ...]
    tests: tuple[EquipmentTestPart, ...]
    deviations: tuple[DeviationPart, ...]
    reviews: tuple[ReviewPart, ...]
    signatures: tuple[SignaturePart, ...]
    clock: tuple[ClockPart, ...]
    completeness: CompletenessPart
    verdict: Verdict
    is_complete: bool
    lacks: tuple[LackPart, ...]
    check: CheckPart


class UnknownBatchError(LookupError):
    """There is no such batch."""


async def dossier(
    pool: Pool, plant: Plant, batch_id: str, now: datetime, known: Remembered | None = None
) -> Dossier:
    """Tell everything of one batch, all of one moment of the database, in memory that does not grow with its length.

    One that runs is told up to the last minute that is closed of everything: what may still come is not missing.

    Args:
        pool: of a migrated database.
        plant: the version under which the batch began; of what it does not know nothing is told.
        batch_id: its id.
        now: a batch that runs is told up to five minutes before at least.
        known: what was counted before, and need not be again while nothing has changed.

    Raises:
        UnknownBatchError: there is no such batch.
        DatabaseError: the database cannot be reached, or refuses.
    """
    with explained("server"):
        async with snapshot_of(pool) as snapshot:
            batch = await read_batch(snapshot, batch_id)
            if batch is None:
                raise UnknownBatchError(f"there is no batch {batch_id}")
            scope = scope_of(plant, batch, batch.ended_at or max(now, batch.started_at))
            if batch.ended_at is None:
                scope = scope_of(plant, batch, await _closed(snapshot, scope))
            return await _gathered(snapshot, scope, known or Remembered())


async def _gathered(snapshot: Snapshot, scope: Scope, known: Remembered) -> Dossier:
    batch, plant = scope.batch, scope.plant
    laid, register = await laid_down(snapshot, scope), await read_register(snapshot)
    deviations = await deviations_of(snapshot, batch.id)
    changes = await changes_of(snapshot, scope.is_asked, batch.started_at, scope.until)
    signed = await _signed(snapshot, changes)
    alarms = judged(scope, Heard(changes, laid.limits, signed, laid.said, deviations))
    asking = Asking(scope, register, laid.forces, laid.limits, alarms.of_channels(), alarms.breaks)
    figures = await measured(snapshot, asking, known)
    results, drafts = await viable_of(snapshot, plant, batch), planned(plant, batch)
    plates, bound = await found.plates_of(snapshot, results)
    tests, reviews = await found.tests_of(snapshot, plant, batch), await found.reviews_of(snapshot, batch.id)
    bound += [
        *_bound(batch, changes, signed),
        *found.signed_deviations(deviations),
        *found.signed_reviews(reviews),
    ]
    lacks = (
        *verdict.lacks_of_time(batch.id, batch.ended_at, await _unsealed(snapshot, scope)),
        *verdict.lacks_of_channels(figures.channels),
        *verdict.lacks_of_plates(plates),
        *verdict.lacks_of_plan(drafts, plates),
        *verdict.lacks_of_settle(uncovered(drafts, batch, results, scope.until), plant.time_zone),
        *verdict.lacks_of_tests(tests),
        *verdict.lacks_of_check(figures.check),
    )
    return Dossier(
        format=FORMAT,
        told_at=scope.until,
        batch=batch_part(plant, batch),
        plant=plant_part(scope, await versions(snapshot), laid.said, register),
        zones=zone_parts(scope, laid.said),
        channels=figures.channels,
        alarms=alarms.alarms,
        hidden=alarms.hidden,
        actions=await _actions(snapshot, scope),
        viable=plates,
        tests=tests,
        deviations=tuple(found.deviation(one) for one in deviations),
        reviews=reviews,
        signatures=await found.signatures(snapshot, bound),
        clock=alarms.clock,
        completeness=_completeness(figures.channels),
        verdict=verdict.of_batch(figures.channels, alarms.alarms, plates, tests, lacks),
        is_complete=not lacks,
        lacks=lacks,
        check=figures.check,
    )


async def _signed(
    snapshot: Snapshot, changes: Sequence[Change]
) -> Mapping[tuple[str, datetime], Acknowledged]:
    seen = [one for one in changes if one.reason is Reason.ACKNOWLEDGED]
    if not seen:
        return {}
    times = [one.at for one in seen]
    return await signed_acknowledgements(snapshot, {one.alarm for one in seen}, min(times), max(times))


def _bound(
    batch: Batch, changes: Iterable[Change], signed: Mapping[tuple[str, datetime], Acknowledged]
) -> Iterator[found.Bound]:
    if batch.signature:
        yield found.Bound(batch.signature, batch.sha256, batch.started_at, batch.started_by)
    for one in changes:
        own = signed.get((one.alarm, one.raised_at))
        if own is not None and one.reason is Reason.ACKNOWLEDGED:
            yield found.Bound(own.signature, own.sha256, one.at, one.who)


async def _actions(snapshot: Snapshot, scope: Scope) -> tuple[ActionPart, ...]:
    changes = await action_changes(snapshot, scope.devices, scope.batch.started_at, scope.until)
    return tuple(actions(scope.plant, changes, scope.batch.started_at, scope.until))


async def _closed(snapshot: Snapshot, scope: Scope) -> datetime:
    """Say up to when every minute of a batch that runs is closed; what stays open for long is waited for no longer."""
    sealed = (await _sealed(snapshot, scope)).values()
    closed = min((one for one in sealed if one is not None), default=scope.until)
    begun = max((stage.began_at for stage in scope.batch.stages), default=scope.batch.started_at)
    return min(scope.until, max(closed, begun, scope.until - WAITS_FOR))


async def _unsealed(snapshot: Snapshot, scope: Scope) -> list[str]:
    """Give the series of which minutes within the batch are not sealed yet."""
    sealed = await _sealed(snapshot, scope)
    return sorted(name for name, at in sealed.items() if at is None or at < scope.until)


async def _sealed(snapshot: Snapshot, scope: Scope) -> dict[str, datetime | None]:
    """Say up to when the minutes of each series of a batch are sealed; None: none is."""
    stored = await stored_channels(snapshot, scope.channels)
    series = {stored[one.id].series_id: one.series for one in scope.channels.values() if one.id in stored}
    return {name: await sealed_until(snapshot, number) for number, name in series.items()}


def _completeness(channels: Iterable[ChannelPart]) -> CompletenessPart:
    causes: Counter[Cause] = Counter()
    expected = valid = 0
    for one in channels:
        # What is reckoned is complete as far as that is from which it is.
        if one.statistics is not None and not one.inputs:
            expected, valid = expected + one.statistics.expected, valid + one.statistics.valid
        for gap in one.gaps:
            causes[gap.cause] += gap.rows
    percent = 100 * valid / expected if expected else None
    return CompletenessPart(
        expected, valid, percent, {cause: causes[cause] for cause in Cause if causes[cause]}
    )


def told(dossier: Dossier) -> dict[str, Any]:
    """Write a dossier as JSON: floats as they are, times in UTC with microseconds, everything in a fixed order."""
    written: dict[str, Any] = _told(dossier)
    return written


def _told(value: Any) -> Any:  # noqa: ANN401 - whatever a noun holds
    match value:
        case Mapping():
            return {str(key): _told(inner) for key, inner in value.items()}
        case tuple():
            return [_told(inner) for inner in value]
        case _ if dataclasses.is_dataclass(value):
            names = (one.name for one in dataclasses.fields(value))
            return {name.rstrip("_"): _told(getattr(value, name)) for name in names}
        case _:
            return _word(value)


def _word(value: Any) -> Any:  # noqa: ANN401 - JSON
    match value:
        case StrEnum():
            return value.value
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="microseconds")
        case date():
            return value.isoformat()
        case _:
            return value
