"""What people found, decided and signed of a batch: plates, tests of equipment, deviations, reviews, signatures."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from config.plant import Plant
from monitor.records.dossier.found_parts import (
    AboutPart,
    DeviationPart,
    EquipmentTestPart,
    PlatePart,
    ReviewPart,
    SignaturePart,
)
from monitor.records.plates.life import ViableResult
from monitor.records.readiness import used
from monitor.store.batch_reviews import BatchRelease, BatchReview, releases_of_batch, reviews_of_batch
from monitor.store.batches import Batch
from monitor.store.book_read import Line, signatures_of
from monitor.store.catalog import Snapshot
from monitor.store.deviations import Deviation, DeviationState
from monitor.store.equipment_tests import NotedTest, read_tests_of, read_tests_of_batch
from monitor.store.viable import read_samples


@dataclass(frozen=True, slots=True)
class Bound:
    """A signature as the record that it was given for holds it: its id, and the sha256 of what was signed."""

    signature: str
    sha256: str
    at: datetime
    who: str


async def plates_of(
    snapshot: Snapshot, results: Sequence[ViableResult]
) -> tuple[tuple[PlatePart, ...], list[Bound]]:
    """Tell what came of the plates of a batch, and what was signed about them."""
    samples = await read_samples(snapshot, [one.number for one in results])
    signed = [
        Bound(step.signature, step.sha256, step.at, step.who)
        for sample in samples
        for step in sample.steps
        if step.signature
    ]
    return tuple(_plate(one) for one in results), signed


def _plate(one: ViableResult) -> PlatePart:
    return PlatePart(
        number=one.number,
        code=one.code,
        position=one.position,
        label=one.label,
        zone=one.zone,
        grade=one.grade,
        kind=one.kind,
        stage=one.stage,
        state=one.state,
        exposed_from=one.exposed_from,
        exposed_until=one.exposed_until,
        volume_l=one.volume_l,
        cfu=None if one.cfu is None else float(one.cfu),
        is_too_many=one.is_too_many,
        value=one.value,
        unit=one.unit,
        organism=one.organism,
        species=one.species,
        read_by=one.read_by,
        read_at=one.read_at,
        verified_by=one.verified_by,
        approved_by=one.approved_by,
        verdicts=dict(one.verdicts),
        verdict=one.verdict,
        is_late=one.is_late,
        is_changed=one.is_changed,
    )


async def tests_of(snapshot: Snapshot, plant: Plant, batch: Batch) -> tuple[EquipmentTestPart, ...]:
    """Give the tests that belong to a batch, and those by which its line was ready when it began."""
    asked = sorted({one.equipment for one in plant.readiness.values() if one.equipment})
    before = await read_tests_of(snapshot, asked, batch.started_at)
    of_start = used(plant, batch.line, before, batch.started_at)
    every = {one.number: one for one in (*await read_tests_of_batch(snapshot, batch.id), *of_start)}
    return tuple(_test(one) for _, one in sorted(every.items()))


def _test(one: NotedTest) -> EquipmentTestPart:
    facts = one.facts
    return EquipmentTestPart(
        number=one.number,
        kind=facts.kind,
        equipment=facts.equipment,
        at=facts.at,
        outcome=facts.outcome,
        value=facts.value,
        unit=facts.unit,
        load=facts.load,
        of=facts.of,
        cycle_no=facts.cycle_no,
        note=facts.note,
        noted_by=one.noted_by,
        noted_at=one.noted_at,
        confirmed_by=one.confirmed_by,
        confirmed_at=one.confirmed_at,
    )


def deviation(one: Deviation) -> DeviationPart:
    """Tell of a deviation as it stands."""
    assessed = next((step for step in reversed(one.steps) if step.assessment), None)
    facts = assessed.assessment if assessed else None
    last = one.steps[-1] if one.steps else None
    closed = last if last and last.state is DeviationState.CLOSED else None
    return DeviationPart(
        number=one.number,
        title=one.title,
        about=tuple(AboutPart(each.kind, each.id, each.at) for each in one.about),
        state=one.state,
        class_=facts.grade if facts else "",
        cause=facts.cause if facts else "",
        impact=facts.impact if facts else "",
        action=facts.action if facts else "",
        opened_by=one.opened_by,
        opened_at=one.opened_at,
        assessed_by=assessed.who if assessed else "",
        assessed_at=assessed.at if assessed else None,
        closed_by=closed.who if closed else "",
        closed_at=closed.at if closed else None,
    )


def signed_deviations(deviations: Iterable[Deviation]) -> Iterator[Bound]:
    """Give what was signed of deviations."""
    for one in deviations:
        if one.signature:
            yield Bound(one.signature, one.sha256, one.opened_at, one.opened_by)
        for step in one.steps:
            if step.signature:
                yield Bound(step.signature, step.sha256, step.at, step.who)


async def reviews_of(snapshot: Snapshot, batch: str) -> tuple[ReviewPart, ...]:
    """Give the reviews of a batch and the decisions about it, in the order of time."""
    reviews = [_review(one) for one in await reviews_of_batch(snapshot, batch)]
    releases = [_release(one) for one in await releases_of_batch(snapshot, batch)]
    return tuple(sorted([*reviews, *releases], key=lambda one: (one.at, one.level)))


def signed_reviews(reviews: Iterable[ReviewPart]) -> Iterator[Bound]:
    """Give what was signed at reviews."""
    return (Bound(one.signature, one.sha256, one.at, one.who) for one in reviews if one.signature)


def _review(one: BatchReview) -> ReviewPart:
    return ReviewPart(one.level, "reviewed", one.who, one.at, one.comment, one.signature, one.sha256)


def _release(one: BatchRelease) -> ReviewPart:
    return ReviewPart(0, one.outcome, one.who, one.at, one.comment, one.signature, one.sha256)


async def signatures(snapshot: Snapshot, bound: Iterable[Bound]) -> tuple[SignaturePart, ...]:
    """Give signatures, each once, in the order of time; and whether what was signed is what the record holds."""
    known = {one.signature: one for one in bound}
    lines = await signatures_of(snapshot, known)
    found = [_signature(one, lines.get(one.signature)) for one in known.values()]
    return tuple(sorted(found, key=lambda one: (one.at, one.id)))


def _signature(bound: Bound, line: Line | None) -> SignaturePart:
    body = line.body if line else {}
    return SignaturePart(
        id=bound.signature,
        at=line.at if line else bound.at,
        who=line.who if line else bound.who,
        name=body.get("name", bound.who),
        role=body.get("role", ""),
        meaning=body.get("meaning", ""),
        what=body.get("what", ""),
        of=body.get("of", ""),
        sha256=bound.sha256,
        holds=line.holds() and body["sha256"] == bound.sha256 if line else None,
    )
