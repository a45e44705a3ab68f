"""Suppression and network rows -> the nouns, every pattern resolved: what hides alarms, and what hangs together."""

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from config.checked import Row
from config.faults import Fault, nearest
from config.names import Names
from config.parts import Parts
from config.profile import text_of
from config.rules import Network, Suppression
from config.written_rules import WrittenNetwork, WrittenSuppression


def make_suppressions(
    rows: Sequence[Row[WrittenSuppression]],
    parts: Parts,
    channels: Names,
    alarms: Names,
    faults: list[Fault],
) -> dict[str, Suppression]:
    """Make the suppressions of a plant.

    Args:
        rows: the rows of `suppressions`.
        parts: the building.
        channels: ids of all channels, derived ones among them.
        alarms: ids of all alarms that may be hidden.
        faults: what is wrong is added here.
    """
    made: dict[str, Suppression] = {}
    first: dict[str, Row[WrittenSuppression]] = {}
    for row in rows:
        name = row.written.id
        if name in first:
            faults.append(_twice(row, name, first[name]))
        first.setdefault(name, row)
        hidden = _hidden(row, alarms, faults)
        faults.extend(_wrong_while(row, parts, channels, alarms, hidden))
        made[name] = _suppression(row.written, hidden)
    return made


def _twice(
    row: Row[WrittenSuppression] | Row[WrittenNetwork],
    name: str,
    first: Row[WrittenSuppression] | Row[WrittenNetwork],
) -> Fault:
    place = first.fault("", "id")
    return row.fault(f"{name} stands already in {place.file}:{place.line}; give each its own id", "id")


def _hidden(row: Row[WrittenSuppression], alarms: Names, faults: list[Fault]) -> frozenset[str]:
    hidden: list[str] = []
    for place, pattern in enumerate(row.written.alarms):
        found = alarms.matching(pattern)
        if not found:
            message = f"no alarm {pattern!r} in this plant; {alarms.nearest(pattern)}"
            faults.append(row.fault(message, "alarms", place))
        hidden += found
    return frozenset(hidden)


def _wrong_while(
    row: Row[WrittenSuppression], parts: Parts, channels: Names, alarms: Names, hidden: frozenset[str]
) -> Iterator[Fault]:
    when = row.written.while_
    if when.alarm is not None:
        if when.alarm not in alarms:
            message = f"no alarm {when.alarm!r} in this plant; {alarms.nearest(when.alarm)}"
            yield row.fault(message, "while", "alarm")
        if when.alarm in hidden:
            yield row.fault(
                f"it would hide {when.alarm}, for which it waits; leave that out of alarms", "while", "alarm"
            )
    if when.channel is not None:
        if when.channel not in channels:
            message = f"no channel {when.channel!r} in this plant; {channels.nearest(when.channel)}"
            yield row.fault(message, "while", "channel")
        states = parts.channels[when.channel].model.states if when.channel in parts.channels else {}
        for place, state in enumerate(when.states or ()):
            if states and state not in states:
                known = ", ".join(f"{value} ({text.en})" for value, text in states.items())
                yield row.fault(
                    f"{when.channel} has no state {state:g}; write one of {known}", "while", "states", place
                )


def _suppression(written: WrittenSuppression, hidden: frozenset[str]) -> Suppression:
    when = written.while_
    return Suppression(
        id=written.id,
        alarms=hidden,
        reason=text_of(written.reason),
        rationale=written.rationale,
        channel=when.channel or "",
        states=frozenset(when.states or ()),
        alarm=when.alarm or "",
        longest_s=written.longest_s,
        restarts_windows=written.restarts_windows,
    )


def make_networks(
    rows: Sequence[Row[WrittenNetwork]], devices: Mapping[str, object], faults: list[Fault]
) -> dict[str, Network]:
    """Make the networks of a plant; every device is in one at most.

    Args:
        rows: the rows of `networks`.
        devices: the devices of the plant, by id.
        faults: what is wrong is added here.
    """
    made: dict[str, Network] = {}
    first: dict[str, Row[WrittenNetwork]] = {}
    taken: dict[str, str] = {}
    for row in rows:
        name = row.written.id
        if name in devices:
            faults.append(row.fault(f"{name} is a device; give the network another id", "id"))
        if name in first:
            faults.append(_twice(row, name, first[name]))
        first.setdefault(name, row)
        made[name] = Network(name, text_of(row.written.label), _members(row, devices, taken, faults))
    return made


def _members(
    row: Row[WrittenNetwork], devices: Mapping[str, object], taken: dict[str, str], faults: list[Fault]
) -> tuple[str, ...]:
    members: dict[str, None] = {}
    for place, pattern in enumerate(row.written.devices):
        found = [name for name in devices if fnmatchcase(name, pattern)]
        if not found:
            message = f"no device {pattern!r} in this plant; {nearest(pattern, devices)}"
            faults.append(row.fault(message, "devices", place))
        for name in found:
            if taken.setdefault(name, row.written.id) != row.written.id:
                message = f"{name} is in {taken[name]} already; leave it out of one of them"
                faults.append(row.fault(message, "devices", place))
        members.update(dict.fromkeys(found))
    return tuple(members)
