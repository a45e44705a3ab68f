"""Whether settle plates lay open all through: what no plate covers of a batch's stages in grade A. Pure.

EU GMP Annex 1 (2022), Table 6, note 1: settle plates are exposed in grade A and B for the duration of operations,
set-up included, and changed after four hours at most; 9.24: grade A is monitored continuously. Held to it is whatever
the plan lays down for a batch or its stages in grade A; what a plan asks for in grade B is the site's own risk to
assess.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from config.model import Grade
from config.sampling import SampleKind
from monitor.records.plates.judged import SETTLE_S, SLIP_S
from monitor.records.plates.life import ViableResult
from monitor.store.batches import Batch, BatchStage
from monitor.store.viable import Draft

CHANGE_S = 300.0
"""For so long no plate may lie open while one takes the place of another, or a stage begins (demo proposal)."""


@dataclass(frozen=True, slots=True)
class Span:
    """A time at one place of a position, from 1; aware."""

    place: int
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Uncovered:
    """When in one stage no settle plate lay open where one should have; at least one span."""

    position: str
    stage: str
    spans: tuple[Span, ...]


def uncovered(
    drafts: Iterable[Draft], batch: Batch, results: Iterable[ViableResult], until: datetime
) -> list[Uncovered]:
    """Give what no settle plate of grade A covers, by position, then stage.

    A plate covers the time for which it lay open, and no more than the longest that is laid down for it; whether it
    was read or rejected is told elsewhere.

    Args:
        drafts: all that the plan asks for of the batch.
        batch: with its stages.
        results: of every plate of the batch.
        until: the end of the batch, or now while it runs.
    """
    laid: Mapping[tuple[str, int], list[ViableResult]] = defaultdict(list)
    for one in results:
        laid[one.position, one.place].append(one)
    found: dict[tuple[str, str], list[Span]] = {}
    for draft in drafts:
        if draft.kind is not SampleKind.SETTLE or draft.grade is not Grade.A:
            continue
        covered = _covered(draft, laid[draft.position, draft.place], until)
        for stage in _stages(draft, batch):
            ends = stage.ended_at or until
            spans = [Span(draft.place, *one) for one in between(stage.began_at, ends, covered)]
            found.setdefault((draft.position, stage.stage), []).extend(spans)
    return [Uncovered(*key, tuple(spans)) for key, spans in found.items() if spans]


def between(
    since: datetime, until: datetime, covered: Sequence[tuple[datetime, datetime]]
) -> Iterator[tuple[datetime, datetime]]:
    """Give what lies between `since` and `until` and in none of some times, where it is longer than a change takes.

    Args:
        since: aware.
        until: aware.
        covered: in the order in which they begin.
    """
    change = timedelta(seconds=CHANGE_S)
    for began, ended in [*covered, (until, until)]:
        if min(began, until) - since > change:
            yield since, min(began, until)
        since = max(since, ended)


def _stages(draft: Draft, batch: Batch) -> list[BatchStage]:
    """Give the stages in which a plate's zone is worked in; of a plate of one stage, that one."""
    return [
        one
        for one in batch.stages
        if draft.stage in {"", one.stage} and (not one.zones or draft.zone in one.zones)
    ]


def _covered(
    draft: Draft, plates: Iterable[ViableResult], until: datetime
) -> list[tuple[datetime, datetime]]:
    longest = timedelta(seconds=(draft.plan.exposure_max_s or SETTLE_S) + SLIP_S)
    return sorted(
        (one.exposed_from, min(one.exposed_until or until, one.exposed_from + longest))
        for one in plates
        if one.exposed_from is not None and one.exposed_until != one.exposed_from
    )
