"""How the collector is: one summary, from what its parts know of themselves."""

import asyncio
from collections import deque
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from alarms.events import Fault
from alarms.judge import wholly_bad
from config.model import USABLE, Sample
from config.plant import Plant

LIVE_WITHIN = timedelta(seconds=3)
"""A device is live while its last Sample is no older than this and holds at least one usable value."""
CLOCK_STEP_S = 1.0
"""A larger difference between the host's clock and ours is a step of the host's, not jitter."""
LAG_EVERY_S = 0.1
LAGS_KEPT = 600
"""A minute of them, as of the polls' lateness."""


class Lag:
    """By how much the event loop is late: whatever holds it holds every poll and every alarm.

    Attributes:
        late_s: of the last minute.
    """

    def __init__(self) -> None:
        self.late_s: deque[float] = deque(maxlen=LAGS_KEPT)

    async def run(self) -> None:
        """Ask to be woken and see how late that is, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LAG_EVERY_S
            await asyncio.sleep(LAG_EVERY_S)
            self.late_s.append(max(0.0, loop.time() - due))


class Watch:
    """Says once when something has gone wrong, and once when it is right again."""

    def __init__(self, part: str) -> None:
        self._part = part
        self.wrong = False

    def look(self, wrong: str, at: datetime) -> Fault | None:
        """Return the Fault to tell of; None while nothing changes. `wrong` is empty when all is well."""
        if bool(wrong) == self.wrong:
            return None
        self.wrong = bool(wrong)
        return Fault(at, self._part, wrong)


class DeviceClock:
    """Compares the clock of one device with ours, whenever a Sample tells of it."""

    def __init__(self, device: str, tolerance_s: float) -> None:
        self._tolerance_s = tolerance_s
        self._watch = Watch(f"clock-of-{device}")

    def look(self, sample: Sample) -> Fault | None:
        """Return the Fault to tell of; None while nothing changes, and where the Sample tells no time of now."""
        if sample.source_at is None or wholly_bad(sample):
            return None
        ahead_s = (sample.source_at - sample.received_at).total_seconds()
        # Back is well within: at the very bound each second would be another occurrence.
        bound_s = self._tolerance_s / 2 if self._watch.wrong else self._tolerance_s
        wrong = f"the device's clock is {ahead_s:+.1f} s from ours" if abs(ahead_s) > bound_s else ""
        return self._watch.look(wrong, sample.received_at)


def device_clocks(plant: Plant) -> Mapping[str, DeviceClock]:
    """Find the clocks to watch, by the series that tells of them: not that of records, which are of another time."""
    return {
        series.id: DeviceClock(device.id, device.profile.clock_tolerance_s)
        for device in plant.devices.values()
        if device.profile.clock_tolerance_s is not None
        for series in device.series
        if not series.records
    }


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


def percentiles_ms(seconds: Collection[float]) -> dict[str, float | None]:
    """Return the 50th and 99th percentile, in milliseconds."""
    if not seconds:
        return {"p50": None, "p99": None}
    ordered = sorted(seconds)
    return {
        name: round(1000 * ordered[int(share * len(ordered))], 2)
        for name, share in (("p50", 0.50), ("p99", 0.99))
    }
