"""Limit rows -> Limits: one row may name many channels, and gives one Limit for each of its levels."""

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from config.checked import Row
from config.faults import Fault
from config.model import Grade
from config.names import Names
from config.parts import Measured, Parts
from config.ruled import Refused, Ruled, default_priority, rule
from config.rules import Bounds, Level, Limit
from config.written_rules import WrittenLimit


def make_limits(
    rows: Sequence[Row[WrittenLimit]],
    parts: Parts,
    known: Mapping[str, Measured],
    faults: list[Fault],
    *,
    all_known: bool = True,
) -> tuple[Limit, ...]:
    """Make the limits of a plant, in the order written.

    Args:
        rows: the sound rows of `limits`.
        parts: the building.
        known: every channel of the sound devices, and every derived one, by id.
        faults: what is wrong is added here.
        all_known: False if a derived channel may be lacking because of its own faults.
    """
    limits: dict[str, tuple[Limit, Row[WrittenLimit]]] = {}
    names = Names(known)
    for row in rows:
        patterns = [names.matching(pattern) for pattern in row.written.channel]
        matched = list(dict.fromkeys(name for found in patterns for name in found))
        matched.sort(key=names.place)
        if all_known:
            faults.extend(_wrong_channel(row, patterns, names, parts.blind))
        faults.extend(_wrong_unit(row, matched, known))
        faults.extend(_deadband_too_wide(row))
        for name in matched:
            for limit in _levels(row, name, known[name], parts, faults):
                if limit.id in limits:
                    faults.append(_again(row, limit, limits[limit.id][1]))
                else:
                    limits[limit.id] = (limit, row)
    faults.extend(_alert_outside_action(limits))
    return tuple(limit for limit, _ in limits.values())


def _wrong_channel(
    row: Row[WrittenLimit], patterns: Sequence[Sequence[str]], names: Names, blind: Sequence[str]
) -> Iterator[Fault]:
    for place, (pattern, found) in enumerate(zip(row.written.channel, patterns, strict=True)):
        if not found and not any(fnmatchcase(device, pattern.split("/")[0]) for device in blind):
            message = f"no channel {pattern!r} in this plant; {names.nearest(pattern)}"
            yield row.fault(message, "channel", place)


def _wrong_unit(row: Row[WrittenLimit], matched: list[str], known: Mapping[str, Measured]) -> Iterator[Fault]:
    for name in matched:
        unit = known[name].unit
        if row.written.unit != unit:
            yield row.fault(
                f"unit {row.written.unit!r}, but {name} is in {unit!r}; write unit: {unit!r} and figures in it",
                "unit",
            )


def _deadband_too_wide(row: Row[WrittenLimit]) -> Iterator[Fault]:
    deadband = row.written.deadband
    written = row.written
    rest = (written.at_rest.alert, written.at_rest.action) if written.at_rest else ()
    levels = (Level.ALERT, Level.ACTION, Level.ALERT, Level.ACTION)
    for level, bounds in zip(levels, (written.alert, written.action, *rest), strict=False):
        if bounds and bounds.low is not None and bounds.high is not None:
            half = (bounds.high - bounds.low) / 2
            if deadband >= half:
                yield row.fault(
                    f"deadband {deadband:g} leaves nothing of the {level} band, so that alarm could never clear;"
                    f" write less than {half:g}",
                    "deadband",
                )


def _levels(
    row: Row[WrittenLimit], channel: str, on: Measured, parts: Parts, faults: list[Fault]
) -> Iterator[Limit]:
    written = row.written
    for level in (Level.ALERT, Level.ACTION):
        if getattr(written, level) is None:
            continue
        ruled = rule(written, level, on, parts)
        if isinstance(ruled, Refused):
            faults.append(row.fault(f"{channel}: {ruled.message}", *ruled.keys))
        else:
            yield _limit(written, channel, level, ruled, _grade(on, parts))


def _grade(on: Measured, parts: Parts) -> Grade:
    zone = parts.zones.get(on.zone)
    return zone.grade if zone else Grade.CNC


def _limit(written: WrittenLimit, channel: str, level: Level, ruled: Ruled, grade: Grade) -> Limit:
    return Limit(
        id=f"{channel}/{level}",
        channel=channel,
        level=level,
        low=ruled.bounds.low,
        high=ruled.bounds.high,
        deadband=written.deadband,
        on_delay_s=getattr(written.on_delay_s, level),
        off_delay_s=getattr(written.off_delay_s, level),
        rationale=written.rationale,
        priority=written.priority or default_priority(level, grade),
        at_rest=ruled.at_rest,
        latching=written.latching,
        realarm_s=written.realarm_s,
        basis=ruled.basis,
    )


def _again(row: Row[WrittenLimit], limit: Limit, first: Row[WrittenLimit]) -> Fault:
    place = first.fault("")
    return row.fault(
        f"{limit.channel} has its {limit.level} level already in {place.file}:{place.line}; leave one of them out",
        str(limit.level),
    )


def _alert_outside_action(limits: Mapping[str, tuple[Limit, Row[WrittenLimit]]]) -> Iterator[Fault]:
    for alert, row in limits.values():
        action = limits.get(f"{alert.channel}/{Level.ACTION}", (None,))[0]
        if alert.level is Level.ALERT and action is not None:
            yield from _outside(
                row, ("alert",), Bounds(alert.low, alert.high), Bounds(action.low, action.high)
            )
            if alert.at_rest or action.at_rest:
                yield from _outside(row, ("at_rest", "alert"), _at_rest(alert), _at_rest(action))


def _at_rest(limit: Limit) -> Bounds:
    return limit.at_rest or Bounds(limit.low, limit.high)


def _outside(row: Row[WrittenLimit], keys: tuple[str, ...], alert: Bounds, action: Bounds) -> Iterator[Fault]:
    said = " ".join(reversed(keys)).replace("_", " ")
    remedy = "write an alert that comes before it"
    if alert.low is not None and action.low is not None and alert.low < action.low:
        message = f"{said} low {alert.low:g} is outside action low {action.low:g}; {remedy}"
        yield row.fault(message, *keys, "low")
    if alert.high is not None and action.high is not None and alert.high > action.high:
        message = f"{said} high {alert.high:g} is outside action high {action.high:g}; {remedy}"
        yield row.fault(message, *keys, "high")
