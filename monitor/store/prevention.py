"""What trends for prevention are made of: alarms with how soon they were seen, plates by month, lives of deviations.

A zone is where the channel, or else the device, stands by the last register; a month is one of the plant's calendar.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from config.rules import Level
from config.sampling import SampleKind
from monitor.store.catalog import Snapshot

AT_ONCE = 2000
LEVELS = {one.value: one for one in Level}
PLANNED_BEFORE = timedelta(days=8)
"""So long before it is laid open, at most, a plate is planned: at the beginning of its week."""

_ABOUT = "regexp_replace({id}, '/[^/]*$', '')"
# Where an alarm is and what became of it, once for all of its occurrences, by the index of the alarm and the time.
_SEEN = f"""
WITH stood AS MATERIALIZED (
    SELECT id, level, raised_at, changed_at, NOT active AND acknowledged AS is_over
    FROM alarm
    WHERE raised_at < $2 AND (raised_at >= $1 OR changed_at > $1 OR active OR NOT acknowledged)
), named AS MATERIALIZED (
    SELECT id, min(raised_at) AS since, max(changed_at) AS until FROM stood GROUP BY id
), place AS (
    SELECT named.id, coalesce(known.zone, channel.zone, device.zone, '') AS zone,
           known.zone IS NOT NULL OR channel.zone IS NOT NULL AS is_measured
    FROM named
    LEFT JOIN unnest($3::text[], $4::text[]) AS known(about, zone) ON known.about = {_ABOUT.format(id="named.id")}
    LEFT JOIN channel ON channel.id = {_ABOUT.format(id="named.id")}
    LEFT JOIN device ON device.id = split_part(named.id, '/', 1)
), change AS MATERIALIZED (
    SELECT named.id, (body #>> '{{after,raised_at}}')::timestamptz AS raised_at,
           CASE WHEN body ->> 'reason' = 'acknowledged' THEN at END AS acknowledged_at,
           CASE WHEN (body #>> '{{after,active}}')::boolean
                THEN jsonb_array_length(coalesce(body #> '{{after,suppressed_by}}', '[]')) > 0 END AS is_explained
    FROM named
    JOIN book ON kind = 'transition' AND body ->> 'alarm' = named.id AND at >= named.since AND at <= named.until
), life AS (
    SELECT id, raised_at, min(acknowledged_at) AS acknowledged_at, bool_and(is_explained) AS is_explained
    FROM change GROUP BY id, raised_at
)
SELECT place.zone, stood.id, stood.level, stood.raised_at, CASE WHEN stood.is_over THEN stood.changed_at END,
       place.is_measured, life.acknowledged_at, coalesce(life.is_explained, false)
FROM stood JOIN place USING (id) LEFT JOIN life USING (id, raised_at)
ORDER BY place.zone, stood.raised_at, stood.id"""  # noqa: S608 - our own words

# Each plate that was read and is not put aside, by what was read last.
_READ = """(
    SELECT zone, kind, to_char(exposed_at AT TIME ZONE $3, 'YYYY-MM') AS month, read,
           coalesce((read ->> 'cfu')::int > 0, false) OR coalesce((read ->> 'too_many')::boolean, false) AS has_growth
    FROM (
        SELECT plate.zone, plate.kind, step.sample,
               (array_agg(step.state ORDER BY step.number DESC))[1] AS stands,
               (array_agg(step.facts ORDER BY step.number DESC) FILTER (WHERE step.state = 'read'))[1] AS read,
               min(coalesce((step.facts ->> 'from')::timestamptz, step.at)) FILTER (WHERE step.state = 'exposed')
                   AS exposed_at
        FROM viable_sample AS plate JOIN viable_step AS step ON step.sample = plate.number
        WHERE plate.planned_at >= $4 AND plate.planned_at < $2
        GROUP BY plate.zone, plate.kind, step.sample
    ) AS one
    WHERE read IS NOT NULL AND stands NOT IN ('quarantined', 'rejected') AND exposed_at >= $1 AND exposed_at < $2
) AS plate"""
_PLATES = f"""
SELECT zone, kind, month, count(*) AS taken, count(*) FILTER (WHERE has_growth) AS grown
FROM {_READ} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"""  # noqa: S608 - our own words
_GROWN = f"""
SELECT zone, month, coalesce(min(read ->> 'organism'), '') AS organism,
       coalesce(min(read ->> 'species'), '') AS species, count(*) AS plates
FROM {_READ} WHERE has_growth
GROUP BY zone, month, lower(read ->> 'organism'), lower(read ->> 'species')
ORDER BY zone, month, plates DESC, organism, species"""  # noqa: S608 - our own words

# What a deviation is about says where it is; plates by their code or position, the rest by channel or device.
_DEVIATIONS = f"""
SELECT deviation.opened_at, life.assessed_at,
       CASE WHEN life.stands = 'closed' THEN life.closed_at END AS closed_at,
       ARRAY(
           SELECT DISTINCT place.zone
           FROM jsonb_array_elements(deviation.about) AS one(thing) CROSS JOIN LATERAL (
               SELECT CASE thing ->> 'kind'
                   WHEN 'alarm' THEN {_ABOUT.format(id="thing ->> 'id'")} ELSE thing ->> 'id' END AS id
           ) AS asked CROSS JOIN LATERAL (
               SELECT CASE thing ->> 'kind'
                   WHEN 'plate' THEN (
                       SELECT zone FROM viable_sample
                       WHERE code = asked.id OR position = split_part(asked.id, '/', 1) ORDER BY number DESC LIMIT 1
                   )
                   ELSE coalesce(
                       (SELECT known.zone FROM unnest($3::text[], $4::text[]) AS known(about, zone)
                        WHERE known.about = asked.id),
                       (SELECT zone FROM channel WHERE id = asked.id),
                       (SELECT zone FROM device WHERE id = split_part(asked.id, '/', 1))
                   ) END AS zone
           ) AS place
           WHERE place.zone IS NOT NULL ORDER BY 1
       ) AS zones
FROM deviation CROSS JOIN LATERAL (
    SELECT min(at) FILTER (WHERE state = 'assessed') AS assessed_at,
           max(at) FILTER (WHERE state = 'closed') AS closed_at,
           (array_agg(state ORDER BY number DESC))[1] AS stands
    FROM deviation_step WHERE deviation_step.deviation = deviation.number
) AS life
WHERE opened_at >= $1 AND opened_at < $2
ORDER BY opened_at, number"""  # noqa: S608 - our own words


class AlarmSeen(NamedTuple):
    """One occurrence of an alarm, and how soon it was seen.

    Attributes:
        zone: "": about nothing that stands in one.
        over_at: None: it stands.
        is_measured: it is about a channel, not about a device or the service.
        acknowledged_at: when a person first saw it; None: nobody has.
        is_explained: it was hidden by design as long as its condition held.
    """

    zone: str
    alarm: str
    level: Level
    raised_at: datetime
    over_at: datetime | None
    is_measured: bool
    acknowledged_at: datetime | None
    is_explained: bool


@dataclass(frozen=True, slots=True)
class PlatesOfMonth:
    """Plates of one zone and kind that were laid open in a month (`2026-03`), read, and not put aside.

    Attributes:
        grown: those of them with one colony or more.
    """

    zone: str
    kind: SampleKind
    month: str
    taken: int
    grown: int


@dataclass(frozen=True, slots=True)
class Grown:
    """Plates of one zone that were laid open in a month (`2026-03`) and on which one organism grew.

    Attributes:
        organism: as it was named, whatever its capitals; "": nobody has named it.
        species: "" likewise.
    """

    zone: str
    month: str
    organism: str
    species: str
    plates: int


@dataclass(frozen=True, slots=True)
class DeviationLife:
    """When a deviation came how far, and which zones it is about.

    Attributes:
        assessed_at: first; None: it is not.
        closed_at: last; None: it is open, or was opened again.
        zones: (): it names nothing that stands in one.
    """

    opened_at: datetime
    assessed_at: datetime | None
    closed_at: datetime | None
    zones: tuple[str, ...]


async def alarms_seen(
    snapshot: Snapshot, start: datetime, end: datetime, derived: Mapping[str, str]
) -> AsyncIterator[AlarmSeen]:
    """Yield the alarms that stood from `start` up to, not including, `end`: zone by zone, each in the order of time.

    Args:
        snapshot: of a migrated database.
        start: aware; what was raised before and was not over then is among them.
        end: aware.
        derived: the zone of each channel that is reckoned and not stored, by its id.
    """
    cursor = await snapshot.cursor(_SEEN, start, end, *_columns(derived))
    while rows := await cursor.fetch(AT_ONCE):
        for zone, alarm, level, *rest in rows:
            yield AlarmSeen(zone, alarm, LEVELS[level], *rest)


async def plates_of_months(
    snapshot: Snapshot, start: datetime, end: datetime, time_zone: str
) -> list[PlatesOfMonth]:
    """Count the plates that were laid open from `start` up to `end`, by zone, kind and month of the plant."""
    rows = await snapshot.fetch(_PLATES, start, end, time_zone, start - PLANNED_BEFORE)
    return [PlatesOfMonth(**{**row, "kind": SampleKind(row["kind"])}) for row in rows]


async def grown_in_months(snapshot: Snapshot, start: datetime, end: datetime, time_zone: str) -> list[Grown]:
    """Count what grew on those plates, by zone, month and organism, what grew most often first."""
    rows = await snapshot.fetch(_GROWN, start, end, time_zone, start - PLANNED_BEFORE)
    return [Grown(**row) for row in rows]


async def deviation_lives(
    snapshot: Snapshot, start: datetime, end: datetime, derived: Mapping[str, str]
) -> list[DeviationLife]:
    """Read how the deviations that were opened from `start` up to `end` were handled, the first one first."""
    rows = await snapshot.fetch(_DEVIATIONS, start, end, *_columns(derived))
    return [DeviationLife(**{**row, "zones": tuple(row["zones"])}) for row in rows]


def _columns(derived: Mapping[str, str]) -> tuple[list[str], list[str]]:
    return list(derived), list(derived.values())
