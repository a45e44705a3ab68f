"""The points of a batch's charts, read from what is stored: so many of each channel, however long the batch was.

Stored channels come from the figures kept of minutes and hours, as on the screens. What a counter's records say of the
air, each by itself and over the cubic metre before it, is judged and not stored: it is reckoned from one record after
the other, as the dossier does.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import groupby
from typing import Any, TypeAlias

from alarms.particles import CUBIC_METRE_L, SAMPLE_TIME_S, concentration
from config.plant import Plant
from config.rules import Derived, Formula
from monitor.records.dossier.excursions import reason_of
from monitor.records.dossier.rolling import Break, Rolling
from monitor.records.report.drawn import Points
from monitor.records.report.telling import beyond
from monitor.store.catalog import UnknownChannelError, channels, snapshot_of
from monitor.store.database import Pool, explained
from monitor.store.readings import readings
from monitor.store.statistics import pairs

Told: TypeAlias = Mapping[str, Any]
Reckoning: TypeAlias = Callable[[datetime, float | None, float | None], float | None]
"""What a record gives, by its time, count and volume in L; None: nothing that may be used."""

WHOLE, HALF = 600, 300
"""Points across the page, for what was beyond a limit, and across half of it: about as many as print can tell apart."""
AT_ONCE = 50
"""Channels in one question."""
DRAWN = ("analog", "count")


async def charts(pool: Pool, plant: Plant, told: Told) -> dict[str, Points]:
    """Read the points of every channel that a limit is laid down for.

    Args:
        pool: of a migrated database.
        plant: of the batch's time: it knows how channels are reckoned.
        told: the dossier, as `dossier.told` gives it.

    Raises:
        DatabaseError: the database cannot be reached, or refuses.
    """
    found = await _stored(pool, plant, told)
    far = beyond(told)
    for channel in told["channels"]:
        derived = plant.derived.get(channel["id"])
        reckon = _reckoning(plant, told, derived) if derived and channel["limits"] else None
        if derived and reckon:
            points = await _of_records(
                pool, plant, derived, channel, reckon, points=WHOLE if derived.id in far else HALF
            )
            if points is not None:
                found[derived.id] = points
    return found


def _reckoning(plant: Plant, told: Told, derived: Derived) -> Reckoning | None:
    """Say what a record gives; None: it is no chart of records."""
    if derived.formula is Formula.CONCENTRATION:
        return _concentration
    is_cubic_metre = derived.parameters.get("volume_l", CUBIC_METRE_L) == CUBIC_METRE_L
    if derived.formula is Formula.ROLLING_VOLUME and is_cubic_metre:
        return Rolling(_sample_time_s(plant, derived), list(_breaks(plant, told, derived))).take
    return None


def _concentration(_: datetime, counts: float | None, volume_l: float | None) -> float | None:
    if counts is None or volume_l is None:
        return None
    value = concentration((counts, volume_l))
    return None if math.isnan(value) else value


def _breaks(plant: Plant, told: Told, derived: Derived) -> Iterator[Break]:
    """Say when windows began anew: while a mode that restarts them hid the limits, and when the zone changed."""
    restarting = {reason_of(plant, one.id) for one in plant.suppressions.values() if one.restarts_windows}
    for one in told["hidden"]:
        is_own = one["alarm"].rpartition("/")[0] == derived.id and one["how"] == "suppressed"
        if is_own and one["reason"] in restarting:
            until = one["until"]
            yield Break(
                datetime.fromisoformat(one["since"]), datetime.fromisoformat(until) if until else None
            )
    for zone in told["zones"]:
        if zone["id"] == derived.zone:
            for stay in zone["occupancy"][1:]:
                at = datetime.fromisoformat(stay["since"])
                yield Break(at, at)


def _sample_time_s(plant: Plant, derived: Derived) -> float:
    return float(plant.devices[derived.device].settings.get("sample_time_s", SAMPLE_TIME_S))


async def _stored(pool: Pool, plant: Plant, told: Told) -> dict[str, Points]:
    beside = _beside(plant, told)
    wanted = [
        one
        for one in told["channels"]
        if one["kind"] in DRAWN
        and not one["inputs"]
        and one["statistics"] is not None
        and one["statistics"]["n"] > 0
        and (one["limits"] or one["id"] in beside)
    ]
    far = beyond(told)

    def asked(one: Told) -> tuple[str, str, int]:
        is_far = not far.isdisjoint((one["id"], *beside.get(one["id"], ())))
        return one["since"], one["until"], WHOLE if is_far else HALF

    found = {}
    for (since, until, points), some in groupby(sorted(wanted, key=asked), key=asked):
        ids = [one["id"] for one in some]
        for first in range(0, len(ids), AT_ONCE):
            start, end = datetime.fromisoformat(since), datetime.fromisoformat(until)
            for one in await readings(pool, ids[first : first + AT_ONCE], start, end, points):
                near = tuple(beside.get(one.channel, ()))
                found[one.channel] = Points(one.bucket_s, one.at, one.min, one.max, near)
    return found


def _beside(plant: Plant, told: Told) -> dict[str, list[str]]:
    """Find channels that are another one's very value, so that their limits belong into its chart."""
    found: dict[str, list[str]] = {}
    for channel in told["channels"]:
        derived = plant.derived.get(channel["id"])
        if derived is not None and derived.formula is Formula.VALUE and channel["limits"]:
            found.setdefault(derived.inputs[0], []).append(derived.id)
    return found


async def _of_records(
    pool: Pool, plant: Plant, derived: Derived, channel: Told, reckon: Reckoning, *, points: int
) -> Points | None:
    since, until = (datetime.fromisoformat(channel[edge]) for edge in ("since", "until"))
    period_s = _sample_time_s(plant, derived)
    # Each point holds whole records, so that none is empty only because no record ends in it.
    bucket_s = max(1, math.ceil((until - since).total_seconds() / points / period_s)) * period_s
    spans: dict[int, tuple[float, float]] = {}
    with explained("server"):
        async with snapshot_of(pool) as snapshot:
            try:
                counts, volume = await channels(snapshot, derived.inputs)
            except UnknownChannelError:
                return None
            async for at, count, volume_l in pairs(snapshot, counts, volume, since, until):
                value = reckon(at, count, volume_l)
                if value is not None:
                    number = int((at - since).total_seconds() // bucket_s)
                    low, high = spans.get(number, (value, value))
                    spans[number] = min(low, value), max(high, value)
    return _points_of(spans, since.timestamp(), bucket_s) if spans else None


def _points_of(spans: Mapping[int, tuple[float, float]], start: float, bucket_s: float) -> Points:
    numbers = sorted(spans)
    return Points(
        bucket_s=round(bucket_s),
        at=[start + number * bucket_s for number in numbers],
        low=[spans[number][0] for number in numbers],
        high=[spans[number][1] for number in numbers],
    )
