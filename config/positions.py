"""Sampling positions and shifts -> nouns; and what they must agree on with zones, samplers, products and rulesets."""

from collections.abc import Collection, Iterator
from datetime import time
from itertools import pairwise

from config.checked import Row
from config.draft import Draft
from config.faults import Fault, nearest
from config.model import Grade
from config.parts import Parts
from config.plant import Zone
from config.profile import text_of
from config.rules import ViableCell, Word
from config.sampling import Incubation, Per, Position, SampleKind, Shift
from config.written_sampling import WrittenPosition

SAMPLER = frozenset({"state", "volume", "elapsed", "packet_status", "location"})
"""Channels by which the runs of an air sampler are found."""


def make_positions(draft: Draft) -> dict[str, Position]:
    """Make the positions of a plant, in the order in which they are written."""
    return {row.written.id: _position(row.written) for row in draft.positions}


def make_shifts(draft: Draft) -> tuple[Shift, ...]:
    """Make the shifts of a day, in the order in which they are written."""
    every = (row.written for row in draft.shifts)
    return tuple(Shift(one.id, text_of(one.label), time.fromisoformat(one.starts)) for one in every)


def shift_faults(draft: Draft) -> Iterator[Fault]:
    """Give a fault for each shift that does not start after the one before it."""
    for before, row in pairwise(draft.shifts):
        if row.written.starts <= before.written.starts:
            yield row.fault(
                f"starts at {row.written.starts}, not after {before.written.id} at {before.written.starts}; write the"
                " shifts of a day in their order",
                "starts",
            )


def _position(written: WrittenPosition) -> Position:
    return Position(
        id=written.id,
        zone=written.zone,
        kind=written.kind,
        label=text_of(written.label),
        medium=written.medium,
        per=written.per,
        incubation=tuple(Incubation(**one.model_dump()) for one in written.incubation),
        rationale=written.rationale,
        places=written.places,
        stages=tuple(written.stages),
        volume_l=written.volume_l,
        exposure_max_s=written.exposure_max_s,
        alert=written.alert,
        action=written.action,
        device=written.device or "",
    )


def position_faults(draft: Draft, parts: Parts) -> Iterator[Fault]:
    """Give every fault that shows only when positions are compared with what else is written."""
    for row in draft.positions:
        written = row.written
        if written.zone not in draft.ids("zones"):
            known = nearest(written.zone, draft.ids("zones"))
            yield row.fault(f"zone {written.zone!r} does not exist; {known}", "zone")
        yield from _sampler(row, draft, parts)
        zone = parts.zones.get(written.zone)
        if zone is not None:
            yield from _occasion(row, draft, zone)
            yield from _figures(row, parts, zone)


def _sampler(row: Row[WrittenPosition], draft: Draft, parts: Parts) -> Iterator[Fault]:
    name = row.written.device
    if name is None:
        return
    samplers = [
        device.id
        for device in parts.devices.values()
        if {channel.model.key for series in device.series for channel in series.channels} >= SAMPLER
    ]
    if name not in draft.ids("devices"):
        yield row.fault(f"device {name!r} does not exist; {nearest(name, samplers)}", "device")
    elif name in parts.devices and name not in parts.blind and name not in samplers:
        yield row.fault(f"device {name} draws no air over plates; {nearest(name, samplers)}", "device")


def _occasion(row: Row[WrittenPosition], draft: Draft, zone: Zone) -> Iterator[Fault]:
    """Give a fault for what is sampled with a batch where none is made, or in a stage that there is not."""
    written = row.written
    named = {line for product in draft.products for line in product.written.lines}
    if not named or not draft.is_whole("products") or not named <= set(draft.ids("lines")):
        return  # nothing is made in batches here, or what is wrong with products is told elsewhere
    stages = {
        stage.id
        for product in draft.products
        if not zone.line or zone.line in product.written.lines
        for stage in product.written.stages
        if (zone.line and not stage.zones) or zone.id in stage.zones
    }
    if (written.per is Per.BATCH and zone.line not in named) or (written.per is Per.STAGE and not stages):
        yield row.fault(f"no batch is made in zone {zone.id}; write per: shift, day or week", "per")
        return
    yield from _stages(row, stages)


def _stages(row: Row[WrittenPosition], known: Collection[str]) -> Iterator[Fault]:
    for place, stage in enumerate(row.written.stages):
        if stage not in known:
            message = f"stage {stage!r} is none in zone {row.written.zone}; {nearest(stage, known)}"
            yield row.fault(message, "stages", place)


def _figures(row: Row[WrittenPosition], parts: Parts, zone: Zone) -> Iterator[Fault]:
    """Hold the site's own figures against those of the rulesets: they are equal or stricter."""
    written = row.written
    cells = dict(_cells(parts, zone, written.kind))
    if len(parts.rulesets_of(zone)) < len(zone.rulesets):
        return  # one of them has faults, which are told elsewhere
    figures = {name: cell.value for name, cell in cells.items() if not isinstance(cell.value, Word)}
    if zone.grade is Grade.A and written.alert is not None:
        message = (
            "in grade A any growth is beyond the action limit, and an alert would never be seen; leave it out"
        )
        yield row.fault(message, "alert")
        return
    for name, figure in figures.items():
        if written.action is not None and written.action > figure:
            message = (
                f"action {written.action:g} is laxer than {figure:g} of {name}; write {figure:g} or less"
            )
            yield row.fault(message, "action")
    least = min([*figures.values(), *([] if written.action is None else [written.action])], default=None)
    if least is None and zone.grade is not Grade.A:
        yield row.fault(
            f"no ruleset of zone {zone.id} gives a figure for {written.kind} in grade {zone.grade}; write action: with"
            " the site's own",
            "kind",
        )
    elif least is not None and written.alert is not None and written.alert >= least:
        message = f"alert {written.alert:g} is not below the action limit {least:g}; write less"
        yield row.fault(message, "alert")


def _cells(parts: Parts, zone: Zone, kind: SampleKind) -> Iterator[tuple[str, ViableCell]]:
    for ruleset in parts.rulesets_of(zone):
        cell = ruleset.viable.get(zone.grade, {}).get(kind)
        if cell is not None:
            yield ruleset.id, cell
