"""The dossier of a batch: everything that a reviewer looks at, as the report and the package tell it too."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel, RootModel

from monitor.records.dossier.whole import FORMAT, Dossier, told
from monitor.server.dossiers import PATIENCE_S, dossier_of
from monitor.server.may import ReadingPast
from monitor.server.messages import refusals, shown
from monitor.server.routes.batches import OfBatch
from monitor.server.service import Here
from monitor.server.written import AT

router = APIRouter(tags=["batches"], responses=refusals(401, 403, 404, 422, 503))

_UNTIL = "2026-03-02T20:15:01.000000+00:00"
_LABEL = {"en": "Isolator", "zh": "隔离器"}
_ZONE = "STM-L1-A-ISO"
_SPAN = {"since": AT, "until": _UNTIL}
_CHANNEL = {
    "id": "ISO-STM-L1/temp",
    "label": {"en": "Chamber temperature", "zh": "舱室温度"},
    "unit": "°C",
    "kind": "analog",
    "zone": _ZONE,
    "device": "ISO-STM-L1",
    "grade": "A",
    "inputs": [],
    **_SPAN,
    "limits": [
        {"id": "ISO-STM-L1/temp/alert", "level": "alert", "low": 18.0, "high": 26.0, **_SPAN},
    ],
    "statistics": {
        "n": 43200,
        "expected": 43200,
        "valid": 43199,
        "completeness": 0.9999768518518519,
        "min": 21.4,
        "mean": 22.02,
        "max": 22.7,
        "sd": 0.2,
        "p5": 21.7,
        "p50": 22.0,
        "p95": 22.4,
        "p99": 22.5,
        "mkt_c": 22.02,
        "rolling_m3": None,
        "outside_s": {"alert": 0.0, "action": 0.0},
    },
    "gaps": [{"from": AT, "until": "2026-03-02T08:15:02.000000+00:00", "cause": "device", "rows": 1}],
    "verdict": "incomplete",
    "reasons": [{"en": "1 value is missing: device 1.", "zh": "缺少1个数值：设备1。"}],
    "instrument": {
        "id": "ISO-STM-L1",
        "state": "in_order",
        "serial": "S7-10442",
        "certificate": "CAL-2026-0117",
        "due_on": "2026-09-30",
    },
    "how": None,
    "states": {},
}
_FIGURES = {"ISO-STM-L1/temp": {"n": 43200, "valid": 43199, "min": 21.4, "max": 22.7, "sum": 951241.98}}
EXAMPLE: dict[str, Any] = {
    "format": FORMAT,
    "told_at": _UNTIL,
    "batch": {
        "id": "MSC-2026-014",
        "line": "STM-L1",
        "line_label": {"en": "Stem cells 1", "zh": "干细胞1线"},
        "product": "MSC",
        "product_label": {"en": "Mesenchymal stem cells", "zh": "间充质干细胞"},
        "started_at": AT,
        "started_by": "wang",
        "ended_at": _UNTIL,
        "ended_by": "wang",
        "is_aborted": False,
        "comment": "",
        "overrides": [],
        "reason": "",
        "signature": "",
        "stages": [
            {
                "stage": "set-up",
                "label": {"en": "Set-up", "zh": "准备"},
                "zones": [_ZONE],
                "began_at": AT,
                "ended_at": _UNTIL,
                "who": "wang",
                "is_set_up": True,
            }
        ],
    },
    "plant": {
        "sha256": "4f" * 32,
        "label": _LABEL,
        "time_zone": "Asia/Shanghai",
        "versions": [],
        "changes": [],
    },
    "zones": [
        {
            "id": _ZONE,
            "label": _LABEL,
            "grade": "A",
            **_SPAN,
            "occupancy": [{**_SPAN, "occupancy": "in_operation"}],
        }
    ],
    "channels": [_CHANNEL],
    **{name: [] for name in ("alarms", "hidden", "actions", "viable", "tests", "deviations", "reviews")},
    "signatures": [],
    "clock": [],
    "completeness": {
        "expected": 43200,
        "valid": 43199,
        "percent": 99.99768518518519,
        "causes": {"device": 1},
    },
    "verdict": "incomplete",
    "is_complete": False,
    "lacks": [
        {
            "kind": "gap",
            "id": "ISO-STM-L1/temp",
            "text": {"en": "1 value is missing: device 1.", "zh": "缺少1个数值：设备1。"},
        }
    ],
    "check": {"raw": _FIGURES, "rollup": _FIGURES, "agree": True, "differs": []},
}


class BatchDossier(RootModel[Dossier]):
    """Everything of one batch. Times are UTC with microseconds; floats are as they were reckoned, not rounded."""

    model_config = shown(EXAMPLE)


class DossierProgress(BaseModel):
    """How much of a dossier that somebody waits for is counted, 0 to 1; null: nobody waits for it."""

    model_config = shown({"share": 0.4})

    share: float | None


@router.get("/batches/{batch}/dossier/progress", dependencies=[ReadingPast])
async def read_dossier_progress(batch: OfBatch, here: Here) -> DossierProgress:
    """How far the dossier of a batch is that somebody waits for. Of one that there is not, nobody does."""
    return DossierProgress(share=here.figures.progress.get(batch))


@router.get("/batches/{batch}/dossier", dependencies=[ReadingPast], response_model=BatchDossier)
async def read_dossier(batch: OfBatch, here: Here) -> JSONResponse:
    """Everything of one batch: figures, gaps, alarms, plates, tests, who did what, and the verdict of it all.

    While the batch runs, up to the last minute that is closed. What was counted before is not again; of a batch of
    weeks that nobody has looked at before it takes minutes, and `/progress` says how far it is.
    """
    async with here.reads.pool(PATIENCE_S) as pool:
        # As it is: written by a model, times would look otherwise than in the package.
        return JSONResponse(told(await dossier_of(here, pool, batch)))
