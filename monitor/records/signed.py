"""What of a dossier is signed: its facts, and neither its words, which may be said better, nor what comes behind it."""

import hashlib
from collections.abc import Mapping
from typing import Any, TypeAlias

from monitor.store.chain import canonical

Told: TypeAlias = Mapping[str, Any]
"""A dossier as `dossier.told` writes it."""
Shape: TypeAlias = "Mapping[str, Shape | None]"

DIGITS = 6
"""Significant digits of a figure that is signed: the order of additions may change the last ones of a float."""

_SPAN: Shape = dict.fromkeys(("since", "until"))
SIGNED: Shape = {
    "format": None,
    "batch": dict.fromkeys(
        ("id", "line", "product", "started_at", "started_by", "ended_at", "ended_by", "is_aborted", "comment")
    )
    | dict.fromkeys(("overrides", "reason", "signature"))
    | {"stages": dict.fromkeys(("stage", "zones", "began_at", "ended_at", "who", "is_set_up"))},
    "plant": {
        "sha256": None,
        "versions": dict.fromkeys(("sha256", "since")),
        "changes": dict.fromkeys(("at", "what", "who")),
    },
    "zones": {"id": None, "grade": None, **_SPAN, "occupancy": {**_SPAN, "occupancy": None}},
    "channels": {
        **dict.fromkeys(("id", "unit", "zone", "grade", "inputs", "statistics", "gaps", "verdict")),
        **_SPAN,
        "limits": None,
        "instrument": None,
    },
    "alarms": dict.fromkeys(("id", "level", "raised_at", "ended_at", "duration_s", "worst", "limit", "explained"))
    | dict.fromkeys(("acknowledged_at", "acknowledged_by", "comment", "signature", "deviation")),
    "hidden": dict.fromkeys(("alarm", "how", "since", "until", "who", "second", "reason")),
    "actions": dict.fromkeys(("protection", "triggered_at", "state", "verified_at", "ended_at", "who", "detail")),
    "viable": dict.fromkeys(
        ("code", "position", "zone", "grade", "kind", "stage", "state", "exposed_from", "exposed_until", "volume_l")
    )
    | dict.fromkeys(("cfu", "is_too_many", "value", "organism", "species", "verdicts", "verdict"))
    | dict.fromkeys(("read_by", "read_at", "verified_by", "approved_by", "is_late", "is_changed")),
    "tests": None,
    "deviations": None,
    "clock": dict.fromkeys(("from", "until", "what")),
    "completeness": None,
    "verdict": None,
    "is_complete": None,
    "lacks": dict.fromkeys(("kind", "id")),
}  # fmt: skip
"""What of a dossier is signed; None: all of it. What a later version tells beside it voids no signature.

Left out are words, what stands elsewhere already, and what goes on changing when nothing of the batch does.
"""


def content(told: Told) -> dict[str, Any]:
    """Give what of a dossier is signed: its facts, figures to `DIGITS` digits."""
    return {name: _picked(told[name], shape) for name, shape in SIGNED.items()}


def sha256_of(told: Told) -> str:
    """Hash what of a dossier is signed, in its one canonical way."""
    return hashlib.sha256(canonical(content(told)).encode()).hexdigest()


def _picked(value: Any, shape: "Shape | None") -> Any:  # noqa: ANN401 - JSON
    """Take of JSON what a shape names, and round its figures."""
    match value:
        case list():
            return [_picked(one, shape) for one in value]
        case Mapping():
            names = value if shape is None else shape
            return {name: _picked(value[name], shape and shape[name]) for name in names}
        case float():
            return float(f"{value:.{DIGITS}g}")
        case _:
            return value
