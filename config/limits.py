"""Limit rows -> Limits: one row may name many channels, and gives one Limit for each of its levels."""

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from config.checked import Row
from config.faults import Fault, nearest
from config.model import ChannelModel, Level, Limit
from config.written import WrittenLimit


def make_limits(
    rows: Sequence[Row[WrittenLimit]],
    channels: Mapping[str, ChannelModel],
    blind: Sequence[str],
    faults: list[Fault],
) -> tuple[Limit, ...]:
    """Make the limits of a plant, in the order written.

    Args:
        rows: the sound rows of `limits`.
        channels: every channel of the sound devices, by id.
        blind: devices whose channels are not known, because they or their profiles have faults.
        faults: what is wrong is added here.
    """
    limits: dict[str, tuple[Limit, Row[WrittenLimit]]] = {}
    for row in rows:
        matched = [name for name in channels if any(fnmatchcase(name, one) for one in row.written.channel)]
        faults.extend(_wrong_channel(row, channels, blind))
        faults.extend(_wrong_unit(row, matched, channels))
        faults.extend(_deadband_too_wide(row))
        for limit in (limit for name in matched for limit in _levels(row.written, name)):
            if limit.id in limits:
                faults.append(_again(row, limit, limits[limit.id][1]))
            else:
                limits[limit.id] = (limit, row)
    faults.extend(_alert_outside_action(limits))
    return tuple(limit for limit, _ in limits.values())


def _wrong_channel(
    row: Row[WrittenLimit], channels: Mapping[str, ChannelModel], blind: Sequence[str]
) -> Iterator[Fault]:
    for place, pattern in enumerate(row.written.channel):
        found = any(fnmatchcase(name, pattern) for name in channels)
        if not found and not any(fnmatchcase(device, pattern.split("/")[0]) for device in blind):
            message = f"no channel {pattern!r} in this plant; {nearest(pattern, channels)}"
            yield row.fault(message, "channel", place)


def _wrong_unit(
    row: Row[WrittenLimit], matched: list[str], channels: Mapping[str, ChannelModel]
) -> Iterator[Fault]:
    for name in matched:
        unit = channels[name].unit
        if row.written.unit != unit:
            yield row.fault(
                f"unit {row.written.unit!r}, but {name} is in {unit!r}; write unit: {unit!r} and figures in it",
                "unit",
            )


def _deadband_too_wide(row: Row[WrittenLimit]) -> Iterator[Fault]:
    deadband = row.written.deadband
    for level, bounds in ((Level.ALERT, row.written.alert), (Level.ACTION, row.written.action)):
        if bounds and bounds.low is not None and bounds.high is not None:
            half = (bounds.high - bounds.low) / 2
            if deadband >= half:
                yield row.fault(
                    f"deadband {deadband:g} leaves nothing of the {level} band, so that alarm could never clear;"
                    f" write less than {half:g}",
                    "deadband",
                )


def _levels(written: WrittenLimit, channel: str) -> Iterator[Limit]:
    bounds = {Level.ALERT: written.alert, Level.ACTION: written.action}
    on_delay_s, off_delay_s = written.on_delay_s.model_dump(), written.off_delay_s.model_dump()
    for level, bound in bounds.items():
        if bound:
            yield Limit(
                id=f"{channel}/{level}",
                channel=channel,
                level=level,
                low=bound.low,
                high=bound.high,
                deadband=written.deadband,
                on_delay_s=on_delay_s[level],
                off_delay_s=off_delay_s[level],
                rationale=written.rationale,
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
        if alert.level is not Level.ALERT or action is None:
            continue
        if alert.low is not None and action.low is not None and alert.low < action.low:
            yield _outside(row, "low", alert.low, action.low)
        if alert.high is not None and action.high is not None and alert.high > action.high:
            yield _outside(row, "high", alert.high, action.high)


def _outside(row: Row[WrittenLimit], bound: str, alert: float, action: float) -> Fault:
    message = (
        f"alert {bound} {alert:g} is outside action {bound} {action:g}; write an alert that comes before it"
    )
    return row.fault(message, "alert", bound)
