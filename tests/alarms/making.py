"""The small plant with a product that is made in three stages, on one of its two lines."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from alarms.events import ChangeStage, EndBatch, StartBatch
from config.batches import Product, Stage
from config.model import Grade, Text
from config.plant import Line, LineMode, Plant, Zone
from tests.alarms.building import T0, plant

_TEXT = Text("", "")
STAGES = (
    Stage("set-up", _TEXT, is_set_up=True),
    Stage("harvest", _TEXT, zones=("Z", "Z2")),
    Stage("fill", _TEXT, zones=("Z", "SHARED")),
)


def making() -> Plant:
    """Give the small plant a second line, a zone that both share, and a product of each."""
    one = plant()
    return replace(
        one,
        lines={**one.lines, "L2": Line("L2", "W", LineMode.C_ISOLATOR, "NK", _TEXT)},
        zones={
            **one.zones,
            "Z2": Zone("Z2", "W", "L2", Grade.A, _TEXT),
            "SHARED": Zone("SHARED", "W", "", Grade.C, _TEXT),
        },
        products={
            "MSC": Product("MSC", _TEXT, ("L1", "L2"), STAGES, 28_800.0, "harvest"),
            "NK": Product("NK", _TEXT, ("L2",), STAGES[:1]),
        },
    )


def started(at: datetime = T0, **other: Any) -> StartBatch:
    """Begin batch B-1 on L1, unless something else is asked for."""
    facts = {"batch": "B-1", "line": "L1", "product": "MSC", "stage": "set-up", "zones": ("Z",), "who": "wu"}
    return StartBatch(at, **{**facts, **other})


def staged(at: datetime, stage: str, *zones: str, batch: str = "B-1") -> ChangeStage:
    """Bring it to a stage, in Z if nothing else is said."""
    return ChangeStage(at, batch, stage, zones or ("Z",), "wu")


def ended(at: datetime, **other: Any) -> EndBatch:
    """End it."""
    return EndBatch(at, **{"batch": "B-1", "who": "li", **other})
