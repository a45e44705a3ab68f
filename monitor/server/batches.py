"""Batches, and what is lacking for one, as a screen reads them; and that there is none of an id."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from config.model import Text
from config.plant import Plant
from monitor.records.clock import window_until
from monitor.records.readiness import NotReadyKind
from monitor.server.messages import RunningBatch, shown
from monitor.server.refusal import Refusal
from monitor.server.written import AT, NOUN, Label, Noun, Time
from monitor.store.batches import Batch, read_batch
from monitor.store.database import Pool

LACK_EXAMPLE: dict[str, Any] = {
    "key": "test:gloves",
    "kind": "test",
    "id": "gloves",
    "text": {"en": "Gloves are whole: no test is noted.", "zh": "手套完好：尚无测试记录。"},
}
_STAGE = {
    "number": 1,
    "stage": "set-up",
    "zones": ["STM-L1-A-ISO"],
    "began_at": AT,
    "ended_at": None,
    "who": "li",
}
ONE_BATCH_EXAMPLE: dict[str, Any] = {
    "id": "MSC-2026-014",
    "line": "STM-L1",
    "product": "MSC",
    "stage": "set-up",
    "started_at": AT,
    "started_by": "li",
    "ended_at": None,
    "ended_by": "",
    "is_aborted": False,
    "comment": "",
    "overrides": ["test:gloves"],
    "reason": "the tester is at calibration; gloves seen by two",
    "signature": "5f0c2a7be1d94c36",
    "plant": "9f2c…",
    "stages": [_STAGE],
    "window_until": None,
}


class OneLack(Noun):
    """One thing that is not as it must be; `key` is what an override names."""

    model_config = NOUN | shown(LACK_EXAMPLE)

    key: str
    kind: NotReadyKind
    id: str
    text: Label


class OneStage(Noun):
    """One stage of a batch; `ended_at` null: it goes on."""

    number: int
    stage: str
    zones: list[str]
    began_at: Time
    ended_at: Time | None
    who: str


class OneBatch(Noun):
    """A batch; `ended_at` null: it runs. `window_until`: by when it must be done, once that clock runs."""

    model_config = NOUN | shown(ONE_BATCH_EXAMPLE)

    id: str
    line: str
    product: str
    stage: str
    started_at: Time
    started_by: str
    ended_at: Time | None
    ended_by: str
    is_aborted: bool
    comment: str
    overrides: list[str]
    reason: str
    signature: str
    plant: str
    stages: list[OneStage]
    window_until: Time | None


async def find_batch(pool: Pool, batch: str) -> Batch:
    """Read a batch.

    Raises:
        Refusal: 404, there is none of that id.
    """
    found = await read_batch(pool, batch)
    if found is None:
        raise no_batch(batch)
    return found


def no_batch(batch: str) -> Refusal:
    """Say that there is none of that id."""
    return Refusal(404, Text(f"There is no batch {batch}.", f"没有批次 {batch}。"))


def live_batch(plant: Plant, one: RunningBatch, kept: Batch | None) -> OneBatch:
    """Write down a batch that runs: as it is kept if that is as it stands now, or as the collector tells it."""
    if kept is not None and kept.stages[-1].began_at == one.stage_since:
        return kept_batch(plant, kept)
    begun = [(one.stage, one.stage_since)]
    product = plant.products.get(one.product)
    if product and one.stage != product.stages[0].id:
        begun.append((product.stages[0].id, one.since))
    stage = OneStage(
        number=len(begun),
        stage=one.stage,
        zones=one.zones,
        began_at=one.stage_since,
        ended_at=None,
        who=one.who,
    )
    return OneBatch(
        **_unfinished(one),
        stage=one.stage,
        stages=[stage],
        window_until=_window(plant, one.product, begun),
    )


def _unfinished(one: RunningBatch) -> dict[str, Any]:
    nothing = {"ended_at": None, "ended_by": "", "is_aborted": False, "comment": ""}
    unknown = {"overrides": [], "reason": "", "signature": "", "plant": ""}
    told = {"id": one.id, "line": one.line, "product": one.product}
    return told | {"started_at": one.since, "started_by": one.who} | nothing | unknown


def kept_batch(plant: Plant, one: Batch) -> OneBatch:
    """Write down a batch as it is kept."""
    begun = [(stage.stage, stage.began_at) for stage in one.stages]
    stages = [OneStage.model_validate(stage) for stage in one.stages]
    facts = {name: getattr(one, name) for name in OneBatch.model_fields if hasattr(one, name)}
    last = stages[-1].stage if stages else ""
    return OneBatch(
        **facts | {"stages": stages, "stage": last, "window_until": _window(plant, one.product, begun)}
    )


def _window(plant: Plant, product: str, begun: Sequence[tuple[str, datetime]]) -> datetime | None:
    found = plant.products.get(product)
    return window_until(found, begun) if found else None
