"""Which plates are to be taken for a batch, or on a day: the plan, written out. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from config.plant import Plant
from config.sampling import Per, Position
from monitor.records.plates.judged import plan_of
from monitor.store.batches import Batch
from monitor.store.viable import Draft, Sample


@dataclass(frozen=True, slots=True)
class ShiftOfDay:
    """One shift of a day, by the plant's wall clock; the plan of the day and of its week goes with each.

    Attributes:
        number: 1 for the first shift of that day; of a plant that names its shifts no more than it has.
    """

    day: date
    number: int = 1


@dataclass(frozen=True, slots=True)
class _Occasion:
    """On which each position of its zones is sampled once; `zones` None: everywhere."""

    per: Per
    key: str
    at: datetime
    zones: frozenset[str] | None = None
    batch: str = ""
    stage: str = ""


def planned(plant: Plant, about: Batch | ShiftOfDay) -> list[Draft]:
    """Give every plate that the plan asks for, by occasion, then position; which of them are new the store knows.

    Args:
        plant: whose positions, and whose limits of today.
        about: a batch, for the stages that it has come to; or a shift, for what is taken whatever is made.
    """
    occasions = _of_batch(plant, about) if isinstance(about, Batch) else _of_shift(plant, about)
    return [
        draft
        for occasion in occasions
        for position in plant.positions.values()
        if _is_due(position, occasion)
        for draft in _drafts(plant, position, occasion)
    ]


def next_turn(sample: Sample, at: datetime) -> Draft:
    """Give the plate that takes the place of another one: a settle plate is changed after four hours at most."""
    return replace(sample.draft, turn=sample.draft.turn + 1, planned_at=at)


def _of_batch(plant: Plant, batch: Batch) -> Iterator[_Occasion]:
    line = frozenset(zone.id for zone in plant.zones.values() if zone.line == batch.line)
    yield _Occasion(Per.BATCH, batch.id, batch.started_at, line, batch.id)
    for stage in batch.stages:
        zones = frozenset(stage.zones) or line
        yield _Occasion(Per.STAGE, f"{batch.id}/{stage.stage}", stage.began_at, zones, batch.id, stage.stage)


def _of_shift(plant: Plant, shift: ShiftOfDay) -> Iterator[_Occasion]:
    def at(clock: time) -> datetime:
        return datetime.combine(shift.day, clock, ZoneInfo(plant.time_zone)).astimezone(UTC)

    starts = plant.shifts[shift.number - 1].starts if plant.shifts else time.min
    yield _Occasion(Per.SHIFT, f"{shift.day}/{shift.number}", at(starts))
    yield _Occasion(Per.DAY, str(shift.day), at(time.min))
    yield _Occasion(Per.WEEK, f"{shift.day:%G-W%V}", at(time.min))


def _is_due(position: Position, occasion: _Occasion) -> bool:
    if position.per is not occasion.per:
        return False
    if position.stages and occasion.stage not in position.stages:
        return False
    return occasion.zones is None or position.zone in occasion.zones


def _drafts(plant: Plant, position: Position, occasion: _Occasion) -> Iterator[Draft]:
    for place in range(1, position.places + 1):
        yield Draft(
            position=position.id,
            place=place,
            zone=position.zone,
            grade=plant.zones[position.zone].grade,
            kind=position.kind,
            occasion=occasion.key,
            planned_at=occasion.at,
            plan=plan_of(plant, position),
            batch=occasion.batch,
            stage=occasion.stage,
        )
