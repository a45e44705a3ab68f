"""How the collector is: one summary, from what its parts know of themselves."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from alarms.events import Fault
from config.model import USABLE, Plant, Sample

LIVE_WITHIN = timedelta(seconds=3)
"""A device is live while its last Sample is no older than this and holds at least one usable value."""
CLOCK_STEP_S = 1.0
"""A larger difference between the host's clock and ours is a step of the host's, not jitter."""


class Watch:
    """Says once when something has gone wrong, and once when it is right again."""

    def __init__(self, part: str) -> None:
        self._part = part
        self._wrong = False

    def look(self, wrong: str, at: datetime) -> Fault | None:
        """Return the Fault to tell of; None while nothing changes. `wrong` is empty when all is well."""
        if bool(wrong) == self._wrong:
            return None
        self._wrong = bool(wrong)
        return Fault(at, self._part, wrong)


def clock_step(ahead_s: float) -> str:
    """Say what is wrong with a host's clock that is so far ahead of ours; "" if nothing is."""
    if abs(ahead_s) <= CLOCK_STEP_S:
        return ""
    return f"the host's clock was set by {ahead_s:+.0f} s; times go on without the step until a restart"


def is_live(sample: Sample | None, now: datetime) -> bool:
    """Whether a device's last Sample is fresh and not wholly Bad."""
    if sample is None or now - sample.at > LIVE_WITHIN:
        return False
    return sample.quality is None or not USABLE.isdisjoint(sample.quality)


def devices_health(plant: Plant, latest: Mapping[str, Sample], now: datetime) -> dict[str, Any]:
    """Count the live devices and find the age of the oldest last Sample."""
    last = [latest.get(device) for device in plant.devices]
    ages = [(now - sample.at).total_seconds() for sample in last if sample is not None]
    return {
        "devices": len(plant.devices),
        "devices_live": sum(is_live(sample, now) for sample in last),
        "oldest_sample_age_s": round(max(ages), 3) if ages else None,
    }


def percentiles_ms(seconds: Sequence[float]) -> dict[str, float | None]:
    """Return the 50th and 99th percentile, in milliseconds."""
    if not seconds:
        return {"p50": None, "p99": None}
    ordered = sorted(seconds)
    return {
        name: round(1000 * ordered[int(share * len(ordered))], 2)
        for name, share in (("p50", 0.50), ("p99", 0.99))
    }
