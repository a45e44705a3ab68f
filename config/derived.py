"""Derived rows -> Derived: one channel each, reckoned from others."""

from collections.abc import Iterator, Mapping, Sequence

from config.checked import Row
from config.faults import Fault, nearest
from config.formulas import CONCENTRATIONS, PER_M3, TAKES, wrong_parameter
from config.model import Channel, Occupancy
from config.names import Names
from config.parts import Parts
from config.profile import text_of
from config.rules import Derived, Formula
from config.rulesets import bases, strictest
from config.written_rules import WrittenDerived


def make_derived(
    rows: Sequence[Row[WrittenDerived]], parts: Parts, faults: list[Fault]
) -> dict[str, Derived]:
    """Make the derived channels of a plant, in the order written.

    Args:
        rows: the sound rows of `derived`.
        parts: the building.
        faults: what is wrong is added here.
    """
    made: dict[str, Derived] = {}
    first: dict[str, Row[WrittenDerived]] = {}
    names = Names(parts.channels)
    for row in rows:
        name = f"{row.written.device}/{row.written.key}"
        before = len(faults)
        faults.extend(_wrong_name(row, name, parts, first.get(name)))
        faults.extend(_wrong_inputs(row, parts, names, made))
        faults.extend(_wrong_parameters(row))
        if len(faults) == before:
            first[name] = row
            derived = _derived(row, name, _first_input(row, parts, made), parts)
            faults.extend(_no_figure(row, derived))
            made[name] = derived
    return made


def _wrong_name(
    row: Row[WrittenDerived], name: str, parts: Parts, first: Row[WrittenDerived] | None
) -> Iterator[Fault]:
    device = row.written.device
    if device not in parts.devices and device not in parts.blind:
        yield row.fault(f"no device {device!r} in this plant; {nearest(device, parts.devices)}", "device")
    if name in parts.channels:
        yield row.fault(f"{name} is a channel of the device itself; give it another key", "key")
    if first:
        place = first.fault("")
        yield row.fault(f"{name} stands already in {place.file}:{place.line}; leave one of them out", "key")


def _wrong_inputs(
    row: Row[WrittenDerived], parts: Parts, names: Names, made: Mapping[str, Derived]
) -> Iterator[Fault]:
    takes, inputs = TAKES[row.written.formula], row.written.inputs
    if not takes.least <= len(inputs) <= takes.most:
        many = f"{takes.least}" if takes.least == takes.most else f"{takes.least} to {takes.most}"
        yield row.fault(f"{row.written.formula} has {len(inputs)} inputs; write {many} of them", "inputs")
    for place, one in enumerate(inputs):
        blind = one.split("/")[0] in parts.blind
        if one not in parts.channels and one not in made and not blind:
            yield row.fault(
                f"no channel {one!r} in this plant (a derived one must stand before it); {names.nearest(one)}",
                "inputs",
                place,
            )
    series = made[inputs[0]].series if inputs[0] in made else ""
    for place, one in enumerate(inputs[1:], 1):
        if one in made and made[one].series != (series or _series_of(inputs[0], parts)):
            yield row.fault(
                f"{one} is derived in another row of the device; write the channels that it comes from",
                "inputs",
                place,
            )


def _series_of(channel: str, parts: Parts) -> str:
    known = parts.channels.get(channel)
    return known.series if known else ""


def _wrong_parameters(row: Row[WrittenDerived]) -> Iterator[Fault]:
    takes, given = TAKES[row.written.formula], row.written.parameters
    formula = row.written.formula
    for name in takes.needs:
        if name not in given:
            yield row.fault(f"{formula} needs {name!r}; write parameters: {{{name}: …}}", "parameters")
    for name, value in given.items():
        known = (*takes.needs, *takes.may)
        if name not in known:
            what = nearest(name, known) if known else "leave it out"
            yield row.fault(f"{formula} takes no {name!r}; {what}", "parameters", name)
        elif wrong := wrong_parameter(name, value):
            yield row.fault(f"{name} is {value:g}, {wrong}", "parameters", name)
    if formula in CONCENTRATIONS and row.written.unit != PER_M3:
        yield row.fault(
            f"unit {row.written.unit!r}, but {formula} gives particles per cubic metre; write unit: {PER_M3}",
            "unit",
        )


def _first_input(
    row: Row[WrittenDerived], parts: Parts, made: Mapping[str, Derived]
) -> Channel | Derived | None:
    name = row.written.inputs[0]
    return made.get(name) or parts.channels.get(name)


def _derived(row: Row[WrittenDerived], name: str, source: Channel | Derived | None, parts: Parts) -> Derived:
    written = row.written
    zone = source.zone if source else ""
    return Derived(
        id=name,
        device=written.device,
        zone=zone,
        series=source.series if source else "",
        unit=written.unit,
        label=text_of(written.label),
        formula=written.formula,
        inputs=tuple(written.inputs),
        parameters={**_filled_in(written, zone, source, parts), **written.parameters},
    )


def _filled_in(
    written: WrittenDerived, zone: str, source: Channel | Derived | None, parts: Parts
) -> dict[str, float]:
    """Give what need not be written: the counter's own sample time, and what the rulesets permit."""
    filled: dict[str, float] = {}
    device = parts.devices.get(source.device) if source else None
    if "sample_time_s" in TAKES[written.formula].may and device and "sample_time_s" in device.settings:
        filled["sample_time_s"] = device.settings["sample_time_s"]
    if written.formula is Formula.COUNTS_LEFT and zone in parts.zones:
        where = parts.zones[zone]
        size_um = written.parameters["size_um"]
        found = bases(parts.rulesets_of(where), where.grade, Occupancy.IN_OPERATION, size_um)
        per_m3 = strictest(found)
        if per_m3 is not None:
            filled["per_m3"] = per_m3
    return filled


def _no_figure(row: Row[WrittenDerived], derived: Derived) -> Iterator[Fault]:
    if derived.formula is Formula.COUNTS_LEFT and derived.zone and "per_m3" not in derived.parameters:
        yield row.fault(
            f"the rulesets of {derived.zone} print no figure for it; write parameters: {{per_m3: …}}",
            "parameters",
        )
