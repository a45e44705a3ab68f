"""What holds in a zone and why: one block of lines for each limit, for `gradewatch limits`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

from config.faults import nearest
from config.model import Occupancy, Text
from config.plant import Plant, Zone
from config.rules import Basis, Bounds, Limit, Suppression

SAID = {Occupancy.IN_OPERATION: "in operation", Occupancy.AT_REST: "at rest"}
FIRST = 14
"""Letters of the first column."""


class UnknownZoneError(Exception):
    """No zone has that id; the message says which may have been meant."""


def limits_of(plant: Plant, zone_id: str) -> Iterator[str]:
    """Give the lines that tell what holds in a zone, and what each figure rests on.

    Args:
        plant: the plant.
        zone_id: which of its zones.

    Raises:
        UnknownZoneError: the plant has no such zone.
    """
    zone = plant.zones.get(zone_id)
    if zone is None:
        raise UnknownZoneError(f"no zone {zone_id!r} in this plant; {nearest(zone_id, plant.zones)}")
    limits = [limit for limit in plant.limits if _measured(plant, limit)[0] == zone.id]
    hiding = _hiding(plant)
    blocks = (["", *_block(plant, limit, hiding.get(limit.id, ()))] for limit in limits)
    return chain(_head(plant, zone, len(limits)), chain.from_iterable(blocks))


def _measured(plant: Plant, limit: Limit) -> tuple[str, Text, str]:
    """Give the zone, the label and the unit of what a limit stands on."""
    derived = plant.derived.get(limit.channel)
    if derived:
        return derived.zone, derived.label, derived.unit
    channel = plant.channels[limit.channel]
    return channel.zone, channel.model.label, channel.model.unit


def _hiding(plant: Plant) -> Mapping[str, Sequence[Suppression]]:
    hiding: dict[str, list[Suppression]] = {}
    for suppression in plant.suppressions.values():
        for alarm in suppression.alarms:
            hiding.setdefault(alarm, []).append(suppression)
    return hiding


def _head(plant: Plant, zone: Zone, count: int) -> Iterator[str]:
    yield f"{zone.id}  {_both(zone.label)}"
    yield _row("grade", f"{zone.grade}, {SAID[zone.occupancy]} until a person says otherwise")
    rulesets = [plant.rulesets[name] for name in zone.rulesets]
    yield from _rows(
        "rulesets", [f"{one.id}: {_both(one.label)} ({one.purpose})" for one in rulesets] or ["none"]
    )
    yield _row("limits", str(count))


def _block(plant: Plant, limit: Limit, hiding: Sequence[Suppression]) -> Iterator[str]:
    _, label, unit = _measured(plant, limit)
    yield f"{limit.id}  {_both(label)}"
    yield _row("in operation", _bounds(Bounds(limit.low, limit.high), unit))
    yield _row("at rest", _bounds(limit.at_rest, unit) if limit.at_rest else "the same")
    yield _row("deadband", f"{limit.deadband:g} {unit}".rstrip())
    yield _row(
        "delays", f"raised after {limit.on_delay_s:g} s outside, clears after {limit.off_delay_s:g} s inside"
    )
    again = f", sounds again after {limit.realarm_s:g} s" if limit.realarm_s else ""
    yield _row("priority", f"{limit.priority}{', stays until it is reset' if limit.latching else ''}{again}")
    yield from _rows("rests on", map(_basis, limit.basis))
    yield from _rows("hidden by", map(_hidden, hiding))
    yield from _rows("rationale", limit.rationale.strip().splitlines())


def _bounds(bounds: Bounds, unit: str) -> str:
    low = "" if bounds.low is None else f"not below {bounds.low:.12g}"
    high = "" if bounds.high is None else f"not above {bounds.high:.12g}"
    return f"{' and '.join(filter(None, (low, high)))} {unit}".rstrip()


def _basis(basis: Basis) -> str:
    value = basis.cell.value
    figure = value if isinstance(value, str) else f"{value:.12g} 1/m3"
    return f"{basis.ruleset}, {SAID[basis.occupancy]}: {figure} ({basis.cell.source}; {basis.cell.evidence})"


def _hidden(suppression: Suppression) -> str:
    longest = f", for {suppression.longest_s:g} s at most" if suppression.longest_s else ""
    return f"{suppression.id}: {_both(suppression.reason)}{longest}"


def _both(text: Text) -> str:
    return f"{text.en} {text.zh}"


def _rows(first: str, rest: Iterable[str]) -> Iterator[str]:
    return (_row("" if place else first, line) for place, line in enumerate(rest))


def _row(first: str, rest: str) -> str:
    return f"  {first:<{FIRST}}{rest}"
