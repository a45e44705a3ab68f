"""Which occurrences of alarms a screen has drawn: of each the first time counts."""

from collections import OrderedDict
from datetime import datetime

REMEMBERED = 10_000
"""The oldest goes first. One that comes again is written down again: of several lines the first counts."""


class DrawnAlarms:
    """Remembers what was drawn."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, datetime], None] = OrderedDict()

    def is_first(self, alarm: str, raised_at: datetime) -> bool:
        """Whether an occurrence is drawn for the first time; from now on it is not."""
        if (alarm, raised_at) in self._known:
            return False
        self._known[alarm, raised_at] = None
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return True
