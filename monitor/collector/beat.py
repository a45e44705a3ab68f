"""Our heartbeat to each device with a handshake: once a second, as long as we are well.

A PLC that misses it sounds its own horn and lets nothing new begin. So it stops not only with the process: also when
nothing is judged any more, or what is judged cannot be kept (P-16).
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from alarms.events import Alarm
from drivers.handshake import BEATS
from monitor.clock import Clock
from monitor.collector.poll import Poll

PERIOD = timedelta(seconds=1)
JUDGED_WITHIN = timedelta(seconds=5)
"""Time that judging has not caught up with for longer is no delay, it stands still (demo proposal)."""
NEEDED = ("service/journal", "service/journal-disk", "service/inbox", "service/pipeline")
"""While one of these is active, what we say that we do, we do not."""


class Beat:
    """The heartbeat to one device."""

    def __init__(self, poll: Poll, clock: Clock, is_well: Callable[[], bool]) -> None:
        self._poll = poll
        self._clock = clock
        self._is_well = is_well
        self._count = 0

    async def run(self) -> None:
        """Beat until cancelled, half a second away from the device's polls."""
        at = self._clock.now().replace(microsecond=0)
        while True:
            at = max(at + PERIOD, self._clock.now().replace(microsecond=0))
            await self._clock.sleep_until(at + self._poll.offset + PERIOD / 2)
            if self._is_well():
                self._count = (self._count + 1) % BEATS
                await self._poll.beat(self._count)


def is_well(alarms: Mapping[str, Alarm], judged_until: datetime | None, now: datetime) -> bool:
    """Say whether what comes is judged and kept."""
    if judged_until is None or now - judged_until > JUDGED_WITHIN:
        return False
    return not any(key in alarms and alarms[key].active for key in NEEDED)
