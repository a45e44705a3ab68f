"""What came of the plates of a batch, or of some zones in some time: read, and held against their limits."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

from config.plant import Plant
from config.sampling import UNITS, SampleKind
from monitor.records.plates.judged import Judged, judge, value_of, verdicts, worst
from monitor.records.plates.life import Plate, ViableResult, late, plate_of
from monitor.records.verdicts import Verdict
from monitor.store.batches import Batch
from monitor.store.viable import Reader, Sample, samples_of_batch, samples_within

Together: TypeAlias = tuple[str, SampleKind, str]
"""Zone, kind and occasion: what one average is taken over."""
RUNNING_FOR = timedelta(days=400)
"""A batch that runs has no end yet; what is planned for later than that belongs to another."""
NEAR = timedelta(days=8)
"""So long before, at most, was a plate planned that may be taken in a window: at the beginning of its week."""
WEEKLY = re.compile(r"^\d{4}-W\d{2}$")
"""How the occasion of a week is called (`sampling_plan.py`)."""


@dataclass(frozen=True, slots=True)
class Window:
    """Some zones for some time, whatever was made there."""

    zones: tuple[str, ...]
    start: datetime
    end: datetime


async def viable_of(database: Reader, plant: Plant, about: Batch | Window) -> list[ViableResult]:
    """Give the result of every plate of a batch, or of some zones in some time, in the order of their numbers.

    To a batch belong its own plates, and those of a shift, a day or a week that lay open in its zones while it ran; of
    a shift or a day also those that were due on its days and never taken.

    Args:
        database: migrated.
        plant: says which zones a line has, for stages that name none, and when a day begins.
        about: what they are asked of.
    """
    if isinstance(about, Window):
        near = await samples_within(database, about.zones, about.start - NEAR, about.end)
        return [one for one in results(near, None) if _is_in(one, about, about.start)]
    window = Window(
        tuple(zones_of(plant, about)), about.started_at, about.ended_at or about.started_at + RUNNING_FOR
    )
    near = await samples_within(database, window.zones, window.start - NEAR, window.end)
    samples = [*await samples_of_batch(database, about.id), *(one for one in near if not one.draft.batch)]
    found = results(sorted(samples, key=lambda one: one.number), about.ended_at)
    day = _day_of(plant, about.started_at)
    return [one for one in found if one.batch or _is_in(one, window, day)]


def _is_in(one: ViableResult, window: Window, day: datetime) -> bool:
    """Say whether a plate lay open in a window; or was due there, from its first day on, and never did."""
    if one.exposed_from is not None:
        return one.exposed_from < window.end and (one.exposed_until or one.exposed_from) >= window.start
    return day <= one.planned_at < window.end and not WEEKLY.match(one.occasion)


def _day_of(plant: Plant, at: datetime) -> datetime:
    zone = ZoneInfo(plant.time_zone)
    return datetime.combine(at.astimezone(zone).date(), time.min, zone)


def zones_of(plant: Plant, batch: Batch) -> list[str]:
    """Give the zones of a batch: of every stage, or where a stage names none, all of its line."""
    named = {zone for stage in batch.stages for zone in stage.zones}
    if not batch.stages or any(not stage.zones for stage in batch.stages):
        named |= {zone.id for zone in plant.zones.values() if zone.line == batch.line}
    return sorted(named)


def results(samples: Sequence[Sample], ended_at: datetime | None) -> list[ViableResult]:
    """Hold plates against their limits.

    Args:
        samples: every plate of each occasion among them, or the averages would be others.
        ended_at: when their batch ended; None: it runs, or there is none.
    """
    plates = [plate_of(sample) for sample in samples]
    together: Mapping[Together, list[Plate]] = defaultdict(list)
    for plate in plates:
        together[_together(plate)].append(plate)
    return [_result(plate, judge(plate, together[_together(plate)]), ended_at) for plate in plates]


def _together(plate: Plate) -> Together:
    draft = plate.sample.draft
    return draft.zone, draft.kind, draft.occasion


def _result(plate: Plate, judged: Iterable[Judged], ended_at: datetime | None) -> ViableResult:
    draft, reading = plate.sample.draft, plate.reading
    facts = reading.facts if reading else None
    by_rule = verdicts(plate, judged)
    value = value_of(plate)
    return ViableResult(
        number=plate.sample.number,
        code=plate.sample.code,
        position=draft.position,
        place=draft.place,
        turn=draft.turn,
        zone=draft.zone,
        grade=draft.grade,
        kind=draft.kind,
        label=draft.plan.label,
        batch=draft.batch,
        stage=draft.stage,
        occasion=draft.occasion,
        planned_at=draft.planned_at,
        state=plate.state,
        exposed_from=plate.exposed_from,
        exposed_until=plate.exposed_until,
        volume_l=plate.volume_l,
        cfu=facts.cfu if facts else None,
        is_too_many=facts is not None and facts.too_many,
        value=None if facts is None or facts.too_many else value,
        unit=UNITS[draft.kind],
        organism=facts.organism or "" if facts else "",
        species=facts.species or "" if facts else "",
        read_by=reading.who if reading else "",
        read_at=reading.at if reading else None,
        verified_by=plate.verified_by,
        approved_by=plate.approved_by,
        verdicts=by_rule,
        verdict=worst(by_rule.values()),
        needs_investigation=Verdict.ACTION in by_rule.values(),
        is_late=late(plate, ended_at),
        is_changed=reading is not None and reading.is_changed,
    )
