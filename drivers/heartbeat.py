"""The heartbeat of a device: while its number stands still, every value beside it is an old one. Pure.

A gateway or an OPC UA server goes on answering when the program behind it has stopped: its values are what they last
were, and nothing else tells so.
"""

import math
from datetime import datetime, timedelta

from config.model import Device
from drivers.row import Row

STILL_S = 3.0
"""A heartbeat counts once a second; so long without a change is not a matter of when we looked (demo proposal)."""


class Heartbeat:
    """What is remembered of a heartbeat from poll to poll, also over a lost connection."""

    def __init__(self, place: int) -> None:
        """Nothing has been seen yet.

        Args:
            place: where the heartbeat stands in its row.
        """
        self._place = place
        self._last = math.nan
        self._changed_at: datetime | None = None

    def watch(self, row: Row, at: datetime) -> None:
        """Make every value of a row STALE when its heartbeat has stood still; the values are kept.

        Args:
            row: filled; a heartbeat that is not there has not changed.
            at: the tick of the row, never before the last one.
        """
        value = row.values[self._place]
        is_new = not math.isnan(value) and value != self._last
        if is_new:
            self._last = value
        if is_new or self._changed_at is None:
            self._changed_at = at
        elif at - self._changed_at >= timedelta(seconds=STILL_S):
            still_s = (at - self._changed_at).total_seconds()
            row.age(f"the heartbeat has stood still for {still_s:g} s")


def heartbeat_of(device: Device) -> Heartbeat | None:
    """The heartbeat of a device as its profile names it; None if it has none."""
    for series in device.series:
        for channel in series.channels:
            if device.profile.heartbeat == channel.model.key and not series.records:
                return Heartbeat(channel.place)
    return None
