"""Which records of a buffer are known, and the walks back to those that were missed. No wire: it is told how to fetch.

A record is new when its time and location have not been seen; and when it does not follow the last one without a hole,
the buffer is walked backwards until a known record. Where the buffer is long, that takes many polls, and new records
come meanwhile; where polls fail, a walk goes on with the next one.
"""

from collections.abc import Awaitable, Callable, Container, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

from drivers.record import Key, Record

BUFFER_DEPTH = 3000
"""Records walked back at most, and known records remembered; about what a counter's buffer holds."""

WALK_PER_POLL = 8
"""Missed records read in one poll at most: each takes two requests."""

WALKS = 8
"""Holes walked at the same time, the newest first; those that come after share the last walk."""

Fetch: TypeAlias = Callable[[int], Awaitable[Record | None]]
"""Reads the record of an index, 0 being the oldest; None if none stands there."""

HasTime: TypeAlias = Callable[[], bool]
"""Says whether the poll has time for another record. On a slow line it has not, and a walk takes more polls."""


@dataclass(slots=True)
class Walk:
    """A walk back through the buffer from one hole in the records, over as many polls as it takes.

    Attributes:
        index: the record to read next; None before the first step.
        passed: what was met or handed on since the walk began; meeting that is no reason to stop, because
            the records of a full buffer move down by one with every new one, under the walk's feet.
        found: the missed records, and the one that left the hole; once each, although for the same reason one may be
            met twice, and a walk that begins anew meets all of them again.
        ended: a known record, or the end of the buffer, has been met.
    """

    index: int | None = None
    passed: set[Key] = field(default_factory=set)
    found: dict[Key, Record] = field(default_factory=dict)
    ended: bool = False

    def begin_anew(self, known: Container[Key]) -> None:
        """Walk from the newest record again, because there is another hole above."""
        self.index, self.ended = None, False
        self.pass_by(known)

    def pass_by(self, known: Container[Key], found: Sequence[Record] = ()) -> None:
        """What was handed on does not end it; and what was passed in a poll that failed is missed, too."""
        passed = (*self.passed, *(record.key for record in found))
        self.passed = {key for key in passed if key in known}


class Walks:
    """What is known of a buffer. Nothing is known by being read: only `remember` makes it so."""

    def __init__(self) -> None:
        self._known: dict[Key, None] = {}
        self._last: datetime | None = None
        """Of the newest record that was handed on, or that a walk has begun with."""
        self._returned: datetime | None = None
        """Of the newest record that was handed on."""
        self._before: datetime | None = None
        """Up to here the records were kept before this driver began; until the first walk has ended."""
        self._walks: list[Walk] = []

    def go_on_from(self, kept: datetime | None) -> None:
        """Say up to when records are kept; what is known already stays known."""
        if self._last is None:
            self._last = self._before = kept

    def is_new(self, newest: Record) -> bool:
        """Whether the newest record has not been handed on."""
        # With the clock set back it may be older than what is kept, and yet be new.
        return newest.key not in self._known and newest.at != self._before

    def is_back(self, newest: Record) -> bool:
        """Whether it lies before the last one: the clock was set back."""
        return self._returned is not None and newest.at < self._returned

    @property
    def is_open(self) -> bool:
        """Whether older records are still to be fetched."""
        return not all(walk.ended for walk in self._walks)

    async def go_back(
        self, newest: Record | None, count: int, fetch: Fetch, has_time: HasTime
    ) -> list[Record]:
        """Walk on for one poll: one step in any case, and more as long as there is time.

        Args:
            newest: if it is new.
            count: of records in the buffer.
            fetch: see above.
            has_time: see above.

        Returns:
            The missed records of every walk that has ended, oldest first.
        """
        if newest is not None:
            if self._leaves_a_hole(newest):
                self._begin(newest)
            for walk in self._walks:
                walk.passed.add(newest.key)
        steps = WALK_PER_POLL
        for walk in reversed(self._walks):
            steps = await self._walk_on(walk, count, steps, fetch, has_time)
        found = [record for walk in self._walks if walk.ended for record in walk.found.values()]
        taken = {newest.key} if newest is not None else set()
        missed = {one.key: one for one in found if one.key not in self._known and one.key not in taken}
        return sorted(missed.values(), key=lambda record: record.key)

    def remember(self, found: Sequence[Record], newest: Record | None) -> None:
        """All of them are handed on.

        Args:
            found: in this poll.
            newest: as it was last read, new or not.
        """
        for record in (*found, *([newest] if newest else [])):
            self._known[record.key] = None
        while len(self._known) > BUFFER_DEPTH:
            del self._known[next(iter(self._known))]
        self._walks = [walk for walk in self._walks if not walk.ended]
        for walk in self._walks:
            walk.pass_by(self._known, found)
        if newest is not None:
            self._returned = self._last = newest.at
            self._before = self._before if self._walks else None

    def _begin(self, newest: Record) -> None:
        """Begin a walk; should this poll fail, it has the newest record, too."""
        if len(self._walks) == WALKS:
            self._walks[-1].begin_anew(self._known)
        else:
            self._walks.append(Walk())
        self._walks[-1].found[newest.key] = newest
        self._last = newest.at

    async def _walk_on(self, walk: Walk, count: int, steps: int, fetch: Fetch, has_time: HasTime) -> int:
        """Walk at most so many steps; gives how many are left."""
        # From the last index, not the one before: a record may have come since the count was read.
        walk.index = count - 1 if walk.index is None else min(walk.index, count - 1)
        while steps > 0 and not walk.ended and walk.index >= 0:
            record = await fetch(walk.index)
            steps = steps - 1 if has_time() else 0
            walk.index -= 1
            if record is None or record.key in walk.passed:
                continue
            walk.ended = self._is_known(record) or len(walk.found) >= BUFFER_DEPTH
            if not walk.ended:
                walk.found[record.key] = record
        walk.ended = walk.ended or walk.index < 0
        return steps

    def _is_known(self, record: Record) -> bool:
        return record.key in self._known or (self._before is not None and record.at <= self._before)

    def _leaves_a_hole(self, newest: Record) -> bool:
        """Whether there is room for another record between the last one and this one (or the clock was set)."""
        if self._last is None:
            return False
        return not timedelta(0) <= newest.at - self._last <= timedelta(seconds=newest.sample_time_s)
