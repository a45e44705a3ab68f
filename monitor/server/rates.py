"""How much one station or one person may change in a minute: far more than hands can, far less than a script would."""

import math
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

from config.model import Text
from monitor.server.refusal import Refusal

TOO_FAST = Text(en="Too much at once; try again in a minute.", zh="操作过于频繁，请一分钟后重试。")
WINDOW = timedelta(minutes=1)
PER_SESSION = 120
PER_ADDRESS = 600
"""Demo proposals; behind a proxy all screens have one address."""
REFUSALS = 100
"""Of one person: each is a line of the book, which nobody may fill."""
KEYS_MAX = 10_000


def too_fast(wait_s: float) -> Refusal:
    """Make the answer to who has to wait."""
    return Refusal(429, TOO_FAST, {"Retry-After": str(math.ceil(wait_s))})


class Rates:
    """Counts requests by who sends them, minute by minute."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._counts: OrderedDict[str, tuple[int, datetime]] = OrderedDict()

    def take(self, key: str, most: int) -> float:
        """Count one request, unless there were too many.

        Returns:
            0.0 where it may go ahead; otherwise the seconds until the next may.
        """
        now = self._now()
        count, since = self._counts.get(key, (0, now))
        if now - since >= WINDOW:
            count, since = 0, now
        if count >= most:
            return (since + WINDOW - now).total_seconds()
        self._counts[key] = (count + 1, since)
        self._counts.move_to_end(key)
        if len(self._counts) > KEYS_MAX:
            self._counts.popitem(last=False)
        return 0.0
