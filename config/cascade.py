"""Rows of `cascade` -> Edges: each a measured pressure difference between two zones."""

from collections.abc import Iterator, Sequence

from config.checked import Row
from config.faults import Fault, nearest
from config.names import Names
from config.parts import Parts
from config.plant import Edge
from config.written_rules import WrittenEdge

PRESSURE = "Pa"


def make_cascade(
    rows: Sequence[Row[WrittenEdge]], parts: Parts, zones: Sequence[str], faults: list[Fault]
) -> tuple[Edge, ...]:
    """Make the pressure cascade, in the order written.

    Args:
        rows: the sound rows of `cascade`.
        parts: the building.
        zones: every zone as written, also those that have faults.
        faults: what is wrong is added here.
    """
    first: dict[str, Row[WrittenEdge]] = {}
    channels = Names(parts.channels)
    for row in rows:
        faults.extend(_wrong_zones(row, zones))
        faults.extend(_wrong_channel(row, parts, channels, first.get(row.written.channel)))
        first.setdefault(row.written.channel, row)
    return tuple(Edge(one.channel, one.higher, one.lower) for one in (row.written for row in rows))


def _wrong_zones(row: Row[WrittenEdge], zones: Sequence[str]) -> Iterator[Fault]:
    for key in ("higher", "lower"):
        zone = getattr(row.written, key)
        if zone not in zones:
            yield row.fault(f"zone {zone!r} does not exist; {nearest(zone, zones)}", key)
    if row.written.higher == row.written.lower:
        yield row.fault("air flows from a zone to another; write another zone", "lower")


def _wrong_channel(
    row: Row[WrittenEdge], parts: Parts, channels: Names, first: Row[WrittenEdge] | None
) -> Iterator[Fault]:
    name = row.written.channel
    if name not in parts.channels:
        if name.split("/")[0] not in parts.blind:
            yield row.fault(f"no channel {name!r} in this plant; {channels.nearest(name)}", "channel")
        return
    unit = parts.channels[name].model.unit
    if unit != PRESSURE:
        yield row.fault(
            f"{name} is in {unit or 'no unit'}, not in {PRESSURE}; write a pressure difference", "channel"
        )
    if first:
        place = first.fault("", "channel")
        yield row.fault(
            f"{name} stands already in {place.file}:{place.line}; leave one of them out", "channel"
        )
