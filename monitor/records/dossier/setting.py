"""What stood around a batch: the batch itself, its zones, and the plant with all that was changed meanwhile."""

from collections.abc import Iterable, Iterator, Sequence

from alarms.events import SetOccupancy
from config.model import Occupancy, Text
from config.plant import Plant
from monitor.calibration import Register
from monitor.records.dossier.parts import (
    BatchPart,
    ChangePart,
    OccupancyPart,
    PlantPart,
    StagePart,
    VersionPart,
    ZonePart,
)
from monitor.records.dossier.scope import Scope
from monitor.records.readiness import passed_over
from monitor.store.batches import Batch, BatchStage
from monitor.store.plant_changes import InForce
from monitor.versions import APPROVED, FIRST

_HOW = {FIRST: Text("the first", "首个版本"), APPROVED: Text("approved", "经批准")}
_OCCUPANCY = {
    Occupancy.AT_REST: Text("at rest", "静态"),
    Occupancy.IN_OPERATION: Text("in operation", "动态"),
}


def batch_part(plant: Plant, batch: Batch) -> BatchPart:
    """Tell of a batch, with the labels of its plant; what the plant does not know is called by its id."""
    line, product = plant.lines.get(batch.line), plant.products.get(batch.product)
    return BatchPart(
        id=batch.id,
        line=batch.line,
        line_label=line.label if line else _plain(batch.line),
        product=batch.product,
        product_label=product.label if product else _plain(batch.product),
        started_at=batch.started_at,
        started_by=batch.started_by,
        ended_at=batch.ended_at,
        ended_by=batch.ended_by,
        is_aborted=batch.is_aborted,
        comment=batch.comment,
        overrides=batch.overrides,
        passed_over=tuple(passed_over(plant, one) for one in batch.overrides),
        reason=batch.reason,
        signature=batch.signature,
        stages=tuple(_stage(plant, batch, one) for one in batch.stages),
    )


def _stage(plant: Plant, batch: Batch, one: BatchStage) -> StagePart:
    product = plant.products.get(batch.product)
    known = next((each for each in product.stages if each.id == one.stage), None) if product else None
    return StagePart(
        stage=one.stage,
        label=known.label if known else _plain(one.stage),
        zones=one.zones,
        began_at=one.began_at,
        ended_at=one.ended_at,
        who=one.who,
        is_set_up=known.is_set_up if known else False,
    )


def _plain(word: str) -> Text:
    return Text(word, word)


def zone_parts(scope: Scope, said: Sequence[SetOccupancy]) -> tuple[ZonePart, ...]:
    """Tell of the zones of a batch, and what went on in each.

    Args:
        scope: of the batch.
        said: what persons have said of any zone before its end, in order.
    """
    return tuple(_zone(scope, zone, [one for one in said if one.zone == zone]) for zone in scope.zones)


def _zone(scope: Scope, zone: str, said: Sequence[SetOccupancy]) -> ZonePart:
    known, span = scope.plant.zones[zone], scope.zones[zone]
    before = [one.occupancy for one in said if one.at <= span.since]
    marks = [(span.since, before[-1] if before else known.occupancy)]
    for one in said:
        if span.since < one.at < span.until and one.occupancy is not marks[-1][1]:
            marks.append((one.at, one.occupancy))
    ends = [*(at for at, _ in marks[1:]), span.until]
    stays = tuple(OccupancyPart(at, end, what) for (at, what), end in zip(marks, ends, strict=True))
    return ZonePart(zone, known.label, known.grade, span.since, span.until, stays)


def plant_part(
    scope: Scope, versions: Iterable[InForce], said: Iterable[SetOccupancy], register: Register
) -> PlantPart:
    """Tell of the plant of a batch: its versions from the beginning to the end, and what was changed meanwhile.

    Args:
        scope: of the batch.
        versions: that were in force, the last one first.
        said: what persons have said of any zone before the end.
        register: of the instruments.
    """
    start, until = scope.batch.started_at, scope.until
    touching = [one for one in versions if one.since < until and (one.until is None or one.until > start)][
        ::-1
    ]
    changes = [
        *(ChangePart(one.since, _in_force(one), one.who) for one in touching),
        *(ChangePart(one.at, _occupied(one), one.who) for one in said if one.zone in scope.zones),
        *_entries(scope, register),
    ]
    return PlantPart(
        sha256=scope.batch.plant,
        label=scope.plant.label,
        time_zone=scope.plant.time_zone,
        versions=tuple(
            VersionPart(one.sha256, one.since, one.until, one.what, one.who, one.second) for one in touching
        )
        # Of a database that was begun without a start of the collector, only the batch itself tells its plant.
        or (VersionPart(scope.batch.plant, start, None, "", "", ""),),
        changes=tuple(sorted((one for one in changes if start < one.at < until), key=lambda one: one.at)),
    )


def _in_force(one: InForce) -> Text:
    how = _HOW.get(one.what, Text(one.what, one.what))
    name = one.sha256[:12]
    return Text(f"plant {name}: {how.en}", f"工厂配置 {name}：{how.zh}")


def _occupied(one: SetOccupancy) -> Text:
    what = _OCCUPANCY[one.occupancy]
    return Text(f"{one.zone}: {what.en} ({one.reason})", f"{one.zone}：{what.zh}（{one.reason}）")


def _entries(scope: Scope, register: Register) -> Iterator[ChangePart]:
    """Give the entries about instruments of the batch that began to count."""
    for instrument in register.instruments:
        if instrument.partition("/")[0] in scope.devices:
            for one in register.history(instrument):
                if one.confirmed_at is not None:
                    number = one.facts.certificate
                    what = Text(f"{instrument}: certificate {number}", f"{instrument}：证书 {number}")
                    yield ChangePart(one.confirmed_at, what, f"{one.noted_by}, {one.confirmed_by}")
