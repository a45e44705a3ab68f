"""One series' places while a poll fills them."""

import math
from datetime import datetime

from config.model import USABLE, Channel, Quality, Sample, Series


class Row:
    """The values and qualities of one series for one Sample; a place that nothing fills stays UNREACHABLE.

    Attributes:
        values: one per channel, in their places; NaN until filled.
        quality: one per channel.
    """

    __slots__ = ("_reasons", "_series", "quality", "values")

    def __init__(self, series: Series) -> None:
        size = len(series.channels)
        self._series = series
        self._reasons: list[str] = []
        self.values = [math.nan] * size
        self.quality = [Quality.UNREACHABLE] * size

    def put(self, place: int, value: float, quality: Quality = Quality.GOOD) -> None:
        """Fill one place."""
        self.values[place] = value
        self.quality[place] = quality

    def blank(self, channel: Channel, quality: Quality, why: str) -> None:
        """Say that a channel has no value, and why."""
        self.put(channel.place, math.nan, quality)
        self.note(f"{channel.id}: {why}")

    def doubt(self, channel: Channel, quality: Quality) -> None:
        """Mark the value that stands in a channel's place, unless it is already marked worse than good."""
        if self.quality[channel.place] is Quality.GOOD:
            self.quality[channel.place] = quality

    def age(self, why: str) -> None:
        """Mark every value that would be judged as an old one; places that are worse stay so."""
        self.quality = [Quality.STALE if quality in USABLE else quality for quality in self.quality]
        self.note(why)

    def note(self, reason: str) -> None:
        """Add a reason why this Sample is not all good."""
        self._reasons.append(reason)

    def sample(
        self,
        at: datetime,
        received_at: datetime,
        source_at: datetime | None = None,
        *,
        backfilled: bool = False,
    ) -> Sample:
        """Make the Sample; its reason is the first one noted, with the number of the others."""
        others = len(self._reasons) - 1
        return Sample(
            series=self._series.id,
            at=at,
            values=tuple(self.values),
            quality=tuple(self.quality) if any(self.quality) else None,
            received_at=received_at,
            source_at=source_at,
            backfilled=backfilled,
            reason=self._reasons[0] + (f" (and {others} more)" if others else "") if self._reasons else "",
        )
