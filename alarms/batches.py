"""Which batches run: arithmetic over what persons, or a system of theirs, say of them."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias, assert_never

from alarms.events import ChangeStage, EndBatch, RunningBatch, StartBatch
from alarms.state import State
from config.batches import Product
from config.plant import Plant

OfBatch: TypeAlias = StartBatch | ChangeStage | EndBatch

BATCH_ID = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$"
"""A batch's id stands in addresses and in names of files."""
IDS_MAX = 1000
"""So many batches that began last are remembered by their ids; older ones the database knows."""
_BATCH_ID = re.compile(BATCH_ID)


def why_not(plant: Plant, state: State, event: OfBatch) -> str:
    """Return why this may not be, in one English sentence; "" if it may."""
    match event:
        case StartBatch():
            return _not_new(state, event) or _not_made(plant, event) or _not_passed_over(event)
        case ChangeStage():
            found = _found(state, event)
            return found if isinstance(found, str) else _not_later(plant, *found, event)
        case EndBatch():
            found = _found(state, event)
            return found if isinstance(found, str) else ""
        case _:
            assert_never(event)


def _not_new(state: State, event: StartBatch) -> str:
    if not _BATCH_ID.fullmatch(event.batch):
        return "a batch's id has 1 to 40 letters, digits and - _ . and begins with a letter or a digit"
    if running := state.batches.get(event.line):
        return f"batch {running.id} is running on {event.line}"
    # Two ids that differ in large and small letters only would be one file on some disks, and one batch to a person.
    if event.batch.casefold() in {one.casefold() for one in state.batch_ids}:
        return f"there was a batch {event.batch} before"
    return ""


def _not_made(plant: Plant, event: StartBatch) -> str:
    product = plant.products.get(event.product)
    if product is None:
        return f"{event.product} is not a product of this plant"
    if event.line not in product.lines or event.line not in plant.lines:
        return f"{event.product} is not made on {event.line}"
    return _no_stage(product, event.stage) or _not_there(plant, event.line, event.zones)


def _no_stage(product: Product, stage: str) -> str:
    known = stage in {one.id for one in product.stages}
    return "" if known else f"{stage} is not a stage of {product.id}"


def _not_there(plant: Plant, line: str, zones: tuple[str, ...]) -> str:
    """Say which zone is neither the line's nor shared by its workshop."""
    for key in zones:
        zone, of = plant.zones.get(key), plant.lines.get(line)
        if zone is None or of is None or zone.line not in {line, ""} or zone.workshop != of.workshop:
            return f"{key} is not a zone of {line}"
    if len(set(zones)) < len(zones):
        return "a zone stands there twice"
    return "" if zones else "it is done in no zone"


def _not_passed_over(event: StartBatch) -> str:
    if not event.overrides:
        return ""
    if not event.reason.strip():
        return "it needs a reason"
    return "" if event.signature else "what is not ready is passed over by a signature only"


def _found(state: State, event: ChangeStage | EndBatch) -> tuple[str, RunningBatch] | str:
    """Return on which line a batch runs and how it stands, or why there is nothing to be done to it."""
    found = running(state, event.batch)
    if found is None:
        return f"batch {event.batch} is not running"
    since = found[1].stage_since
    return f"its present stage began later, at {since:%Y-%m-%d %H:%M:%S} UTC" if event.at < since else found


def _not_later(plant: Plant, line: str, batch: RunningBatch, event: ChangeStage) -> str:
    product = plant.products.get(batch.product)
    if product is None:
        return f"{batch.product} is not a product of this plant any more"
    missing = _no_stage(product, event.stage) or _not_there(plant, line, event.zones)
    if missing:
        return missing
    places = {one.id: place for place, one in enumerate(product.stages)}
    if places[event.stage] < places.get(batch.stage, 0):
        return f"{event.stage} is before {batch.stage}, where the batch is"
    is_same = event.stage == batch.stage and event.zones == batch.zones
    return f"the batch is in {event.stage} already" if is_same else ""


def running(state: State, batch: str) -> tuple[str, RunningBatch] | None:
    """Return on which line a batch runs, and how it stands; None: it does not run."""
    return next(((line, one) for line, one in state.batches.items() if one.id == batch), None)


def stage_zones(plant: Plant, line: str, product: str, stage: str) -> tuple[str, ...]:
    """Return where a stage is done on a line if nobody says otherwise.

    Of the zones that the stage names those that the line has, or shares with others of its workshop; every zone of
    the line if it names none.

    Raises:
        KeyError: the plant has no such product, or the product no such stage.
    """
    found = {one.id: one for one in plant.products[product].stages}[stage]
    own = tuple(one.id for one in plant.zones.values() if one.line == line)
    return tuple(key for key in found.zones if not _not_there(plant, line, (key,))) or own


def follow(runs: Mapping[str, RunningBatch], event: OfBatch) -> Mapping[str, RunningBatch]:
    """Return the batches that run behind an event, by line; it was asked before whether that may be."""
    match event:
        case StartBatch():
            begun = RunningBatch(
                event.batch, event.product, event.stage, event.zones, event.at, event.at, event.who
            )
            return {**runs, event.line: begun}
        case ChangeStage():
            return {line: _changed(one, event) for line, one in runs.items()}
        case EndBatch():
            return {line: one for line, one in runs.items() if one.id != event.batch}
        case _:
            assert_never(event)


def _changed(batch: RunningBatch, event: ChangeStage) -> RunningBatch:
    if batch.id != event.batch:
        return batch
    return replace(batch, stage=event.stage, zones=event.zones, stage_since=event.at)


def remembered(ids: tuple[str, ...], event: OfBatch) -> tuple[str, ...]:
    """Return the ids of the batches that began last, behind an event."""
    return (*ids, event.batch)[-IDS_MAX:] if isinstance(event, StartBatch) else ids
