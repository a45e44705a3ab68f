"""Product, readiness and review rows -> the nouns of making a batch, and what these rows must agree on."""

from collections.abc import Iterator, Mapping, Sequence

from config.batches import Levels, Product, Readiness, Stage
from config.checked import Row
from config.draft import Draft
from config.faults import Fault, nearest
from config.model import Channel
from config.names import Names
from config.profile import text_of
from config.written_batches import WrittenProduct, WrittenReadiness, WrittenReview, WrittenStage


def make_products(draft: Draft) -> dict[str, Product]:
    """Make the products of a plant, in the order written."""
    return {row.written.id: _product(row.written) for row in draft.products}


def make_readiness(draft: Draft) -> dict[str, Readiness]:
    """Make what must be so before a batch begins, in the order written."""
    return {row.written.id: _readiness(row.written) for row in draft.readiness}


def make_review(written: WrittenReview | None) -> Levels:
    """Make the levels of review."""
    one = written or WrittenReview()
    return Levels(one.levels, one.key_levels, frozenset(one.key_grades))


def product_faults(draft: Draft) -> Iterator[Fault]:
    """Give every fault that shows only when products, lines and zones are compared."""
    lines = draft.ids("lines")
    for product in draft.products:
        yield from _lines(product, lines)
        yield from _stages(product)
        if set(product.written.lines) <= set(lines):
            yield from _zones(product, draft)
        stages = [one.id for one in product.written.stages]
        wanted = product.written.window_from
        if wanted is not None and wanted not in stages:
            message = (
                f"window_from {wanted!r} is not a stage of {product.written.id}; {nearest(wanted, stages)}"
            )
            yield product.fault(message, "window_from")
    for readiness in draft.readiness:
        yield from _lines(readiness, lines)


def readiness_faults(
    rows: Sequence[Row[WrittenReadiness]], channels: Mapping[str, Channel]
) -> Iterator[Fault]:
    """Give a fault for each channel, and each state of one, that there is not."""
    known = Names(channels)
    for row in rows:
        wanted = row.written.channel
        if wanted is None:
            continue
        if wanted not in channels:
            yield row.fault(f"no channel {wanted!r} in this plant; {known.nearest(wanted)}", "channel")
            continue
        states = channels[wanted].model.states
        for place, state in enumerate(row.written.states or ()):
            if states and state not in states:
                named = ", ".join(f"{value} ({text.en})" for value, text in states.items())
                yield row.fault(f"{wanted} has no state {state:g}; write one of {named}", "states", place)


def _lines(row: Row[WrittenProduct] | Row[WrittenReadiness], lines: Sequence[str]) -> Iterator[Fault]:
    written = row.written.lines
    for place, line in enumerate(written):
        if line not in lines:
            yield row.fault(f"line {line!r} does not exist; {nearest(line, lines)}", "lines", place)
        if line in written[:place]:
            yield row.fault(f"line {line} stands there twice; leave one of them out", "lines", place)


def _stages(row: Row[WrittenProduct]) -> Iterator[Fault]:
    seen: set[str] = set()
    for place, stage in enumerate(row.written.stages):
        if stage.id in seen:
            message = f"stage {stage.id!r} stands twice; give each its own id"
            yield row.fault(message, "stages", place, "id")
        seen.add(stage.id)
        if stage.is_set_up and place:
            message = f"{stage.id} is the set-up and not the first stage; write it first"
            yield row.fault(message, "stages", place, "is_set_up")


def _zones(row: Row[WrittenProduct], draft: Draft) -> Iterator[Fault]:
    """Give a fault for each zone of no line of the product, and for each line on which a stage has no zone."""
    known = draft.ids("zones")
    lines_of = {
        one.written.id: _lines_of(one.written.line, one.written.workshop, draft) for one in draft.zones
    }
    for place, stage in enumerate(row.written.stages):
        for number, zone in enumerate(stage.zones):
            if zone not in known:
                message = f"zone {zone!r} does not exist; {nearest(zone, known)}"
                yield row.fault(message, "stages", place, "zones", number)
            elif zone in lines_of and not lines_of[zone] & set(row.written.lines):
                message = f"zone {zone} belongs to no line of {row.written.id}, nor is it shared by one; leave it out"
                yield row.fault(message, "stages", place, "zones", number)
        if set(stage.zones) <= lines_of.keys():
            yield from _nowhere(row, place, {line for zone in stage.zones for line in lines_of[zone]})


def _lines_of(line: str | None, workshop: str | None, draft: Draft) -> frozenset[str]:
    if line is not None:
        return frozenset({line})
    return frozenset(one.written.id for one in draft.lines if one.written.workshop == workshop)


def _nowhere(row: Row[WrittenProduct], place: int, lines: set[str]) -> Iterator[Fault]:
    stage = row.written.stages[place]
    for line in row.written.lines if stage.zones else ():
        if line not in lines:
            message = f"{stage.id} names no zone of {line}; write one, or leave zones out"
            yield row.fault(message, "stages", place, "zones")


def _product(written: WrittenProduct) -> Product:
    return Product(
        id=written.id,
        label=text_of(written.label),
        lines=tuple(written.lines),
        stages=tuple(map(_stage, written.stages)),
        window_s=written.window_s,
        window_from=written.window_from or "",
    )


def _stage(written: WrittenStage) -> Stage:
    return Stage(written.id, text_of(written.label), written.is_set_up, tuple(written.zones))


def _readiness(written: WrittenReadiness) -> Readiness:
    return Readiness(
        id=written.id,
        lines=tuple(written.lines),
        kind=written.kind,
        label=text_of(written.label),
        channel=written.channel or "",
        states=frozenset(written.states or ()),
        equipment=written.equipment or "",
        test=written.test,
        within_s=written.within_s,
    )
