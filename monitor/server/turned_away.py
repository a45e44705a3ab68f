"""Who asked without being signed in: recorded once a minute from each address, with how often."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

from monitor.server.ledger import Ledger
from monitor.server.refusal import Refusal

EVERY = timedelta(minutes=1)
ADDRESSES_MAX = 1_000


class TurnedAway:
    """Counts, so that whoever knocks without end cannot fill the book."""

    def __init__(self, ledger: Ledger, now: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._now = now
        self._seen: OrderedDict[str, tuple[int, datetime]] = OrderedDict()

    async def note(self, address: str, what: str) -> None:
        """Record that a request was turned away.

        Args:
            address: from where.
            what: method and path.
        """
        now = self._now()
        untold, told_at = self._seen.get(address, (0, None))
        if told_at is not None and now - told_at < EVERY:
            self._seen[address] = (untold + 1, told_at)
            return
        self._seen[address] = (0, now)
        self._seen.move_to_end(address)
        if len(self._seen) > ADDRESSES_MAX:
            self._seen.popitem(last=False)
        # Written out, for it may hold whatever a stranger has sent.
        body = {"role": "", "what": ascii(what)[:200], "old": None, "new": None, "reason": "not signed in"}
        try:
            await self._ledger.say(now, "turned_away", "", body | {"address": address, "times": untold + 1})
        except Refusal:
            return  # told in the log; it is turned away in any case
