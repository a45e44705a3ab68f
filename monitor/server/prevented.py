"""Trends for prevention: read, reckoned, and as a screen or another system reads them."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from config.model import Grade
from config.plant import Plant
from config.sampling import SampleKind
from monitor.records.plates.recovery import SOURCE, RecoveryRate, rate
from monitor.records.prevention import (
    FOLLOWS_WITHIN,
    MARKED_FROM,
    Flora,
    Handled,
    Month,
    Watched,
    ZoneTrend,
    flora,
    handled,
    months,
)
from monitor.server.messages import shown
from monitor.server.written import NOUN, Label, Noun, Time
from monitor.store.catalog import Snapshot
from monitor.store.prevention import (
    AlarmSeen,
    alarms_seen,
    deviation_lives,
    grown_in_months,
    plates_of_months,
)

_TIMES = {"n": 11, "median_s": 42.0, "p95_s": 310.0}
_MONTH: dict[str, Any] = {
    "month": "2026-03",
    "alarms": {
        "alert": 4,
        "action": 1,
        "consecutive": 2,
        "alarms": 12,
        "per_day": 0.39,
        "peak_10_min": 3,
        "floods": 0,
        "stale": 0,
        "acknowledging": _TIMES,
        "unacknowledged": 1,
    },
    "deviations": {
        "opened": 2,
        "open": 1,
        "assessing": {"n": 2, "median_s": 7200.0, "p95_s": 86400.0},
        "closing": {"n": 1, "median_s": 604800.0, "p95_s": 604800.0},
    },
    "recovery": [
        {
            "kind": "active_air",
            "taken": 40,
            "grown": 1,
            "percent": 2.5,
            "below_percent": 0.1,
            "room": {"en": "isolator or closed RABS (ISO 5 or better)", "zh": "隔离器或封闭式RABS"},
            "is_above": True,
        }
    ],
    "flora": [
        {
            "organism": "Staphylococcus",
            "species": "S. epidermidis",
            "plates": 1,
            "percent": 100.0,
            "is_new": True,
        }
    ],
}
EXAMPLE: dict[str, Any] = {
    "months": [
        {
            "id": "2026-03",
            "since": "2026-03-01T00:00:00.000000+08:00",
            "until": "2026-04-01T00:00:00.000000+08:00",
        }
    ],
    "zones": [{"zone": "STM-L1-A-ISO", "line": "STM-L1", "grade": "A", "months": [_MONTH]}],
    "follows_within_s": 86400.0,
    "marked_from": 3,
    "suggested_by": {"en": SOURCE.en, "zh": SOURCE.zh},
}


class OneMonth(Noun):
    """A month of the plant's calendar, as far as it lies in what was asked for."""

    id: str
    since: Time
    until: Time


class Took(Noun):
    """How long something took: how often it was done, median and 95th percentile (nearest rank)."""

    n: int
    median_s: float | None
    p95_s: float | None


class AlarmsOfMonth(Noun):
    """The alarms of a zone and month, but for what a mode explains.

    `alert` and `action` are excursions of what is measured; `consecutive` is the longest succession of alert
    excursions of one limit. The other figures are of all alarms that people were shown.
    """

    alert: int
    action: int
    consecutive: int
    alarms: int
    per_day: float
    peak_10_min: int
    floods: int
    stale: int
    acknowledging: Took
    unacknowledged: int


class DeviationsOfMonth(Noun):
    """The deviations about a zone that were opened in a month; `open`: those that are not closed today."""

    opened: int
    open: int
    assessing: Took
    closing: Took


class Recovery(Noun):
    """How many plates of a kind showed growth, beside what is suggested (null: nothing is); a figure, and no limit."""

    kind: SampleKind
    taken: int
    grown: int
    percent: float
    below_percent: float | None
    room: Label | None
    is_above: bool


class FloraOfMonth(Noun):
    """An organism ("": not named yet), and on how many of the plates with growth it grew.

    `is_new`: it was named in that zone in none of the months before that were asked for.
    """

    organism: str
    species: str
    plates: int
    percent: float
    is_new: bool


class ZoneMonth(Noun):
    """One zone in one month."""

    month: str
    alarms: AlarmsOfMonth
    deviations: DeviationsOfMonth
    recovery: list[Recovery]
    flora: list[FloraOfMonth]


class ZoneMonths(Noun):
    """One zone, with all months in their order; null: what stands in no zone, and a zone that the plant has no more."""

    zone: str | None
    line: str | None
    grade: Grade | None
    months: list[ZoneMonth]


class Prevention(BaseModel):
    """Trends for prevention, by zone and month (EU GMP Annex 1 9.11)."""

    model_config = NOUN | shown(EXAMPLE)

    months: list[OneMonth]
    zones: list[ZoneMonths]
    follows_within_s: float
    marked_from: int
    suggested_by: Label


@dataclass(frozen=True, slots=True)
class _Found:
    """What is known, by zone and month."""

    alarms: dict[tuple[str, str], Watched]
    deviations: dict[tuple[str, str], Handled]
    recovery: dict[tuple[str, str], list[RecoveryRate]]
    flora: dict[tuple[str, str], list[Flora]]


async def prevention_of(snapshot: Snapshot, plant: Plant, start: datetime, end: datetime) -> Prevention:
    """Read and reckon the trends from `start` up to, not including, `end`.

    No more than one zone's alarms of one month are in memory at once.
    """
    of = months(start, end, plant.time_zone)
    derived = {one.id: one.zone for one in plant.derived.values()}
    plates = await plates_of_months(snapshot, start, end, plant.time_zone)
    recovery: dict[tuple[str, str], list[RecoveryRate]] = defaultdict(list)
    for one in plates:
        recovery[one.zone, one.month].append(rate(plant, one.zone, one.kind, one.taken, one.grown))
    found = _Found(
        await _watched(alarms_seen(snapshot, start, end, derived), of),
        handled(await deviation_lives(snapshot, start, end, derived), of),
        recovery,
        flora(await grown_in_months(snapshot, start, end, plant.time_zone), plates, of),
    )
    return _told(plant, of, found)


async def _watched(seen: AsyncIterator[AlarmSeen], of: Sequence[Month]) -> dict[tuple[str, str], Watched]:
    """Tell of alarms that come zone by zone, each in the order of time."""
    found: dict[tuple[str, str], Watched] = {}
    here: _Zone | None = None
    async for one in seen:
        if here is None or one.zone != here.zone:
            if here is not None:
                here.close(len(of))
            here = _Zone(one.zone, of, found)
        here.take(one)
    if here is not None:
        here.close(len(of))
    return found


class _Zone:
    """One zone whose alarms come in the order of time; of those the ones of the month that is open are held."""

    def __init__(self, zone: str, of: Sequence[Month], found: dict[tuple[str, str], Watched]) -> None:
        self.zone = zone
        self._of, self._found = of, found
        self._trend, self._before, self._own = ZoneTrend(), list[AlarmSeen](), list[AlarmSeen]()
        self._at = 0

    def take(self, one: AlarmSeen) -> None:
        """Tell of the months that are over when this one is raised, and hold it."""
        while self._at < len(self._of) and one.raised_at >= self._of[self._at].until:
            self.close(self._at + 1)
        (self._before if one.raised_at < self._of[0].since else self._own).append(one)

    def close(self, upto: int) -> None:
        """Tell of the months before one."""
        for month in self._of[self._at : upto]:
            self._trend.before(self._before)
            self._found[self.zone, month.id] = self._trend.month(month, self._own)
            self._before, self._own = [], []
        self._at = max(self._at, upto)


def _told(plant: Plant, of: Sequence[Month], found: _Found) -> Prevention:
    known = {zone for part in (found.alarms, found.deviations, found.recovery) for zone, _ in part}
    zones = [*plant.zones, *sorted(known - set(plant.zones))]
    return Prevention(
        months=[OneMonth.model_validate(one) for one in of],
        zones=[_zone(plant, zone, of, found) for zone in zones],
        follows_within_s=FOLLOWS_WITHIN.total_seconds(),
        marked_from=MARKED_FROM,
        suggested_by=Label.model_validate(SOURCE),
    )


def _zone(plant: Plant, zone: str, of: Iterable[Month], found: _Found) -> ZoneMonths:
    known = plant.zones.get(zone)
    return ZoneMonths(
        zone=zone or None,
        line=known.line or None if known else None,
        grade=known.grade if known else None,
        months=[_month(zone, one.id, found) for one in of],
    )


def _month(zone: str, month: str, found: _Found) -> ZoneMonth:
    return ZoneMonth(
        month=month,
        alarms=AlarmsOfMonth.model_validate(found.alarms.get((zone, month), Watched())),
        deviations=DeviationsOfMonth.model_validate(found.deviations.get((zone, month), Handled())),
        recovery=[_recovery(one) for one in found.recovery.get((zone, month), ())],
        flora=[FloraOfMonth.model_validate(one) for one in found.flora.get((zone, month), ())],
    )


def _recovery(one: RecoveryRate) -> Recovery:
    room = one.room
    return Recovery(
        kind=one.kind,
        taken=one.taken,
        grown=one.grown,
        percent=one.percent,
        below_percent=room.below_percent if room else None,
        room=Label.model_validate(room.label) if room else None,
        is_above=one.is_above,
    )
