"""What was measured in a batch, counted piece by piece of time: what is remembered of a piece is not read again."""

import asyncio
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Self

from monitor.records.dossier.remembered import Piece, Remembered
from monitor.records.dossier.scope import Span
from monitor.records.dossier.tally import Counted, Tally, statistics, tally, together
from monitor.store.catalog import Snapshot, Stored
from monitor.store.chain import canonical
from monitor.store.columns import Columns, columns
from monitor.store.readings import Permitted
from monitor.store.statistics import proofs_of

PIECE = timedelta(hours=6)
"""So long is a piece: whoever looks at a batch that runs waits for no more than the last one. Demo proposal."""
FORM = 2
"""Of what is remembered; another number once it is counted otherwise."""


@dataclass(slots=True)
class Progress:
    """How much of a batch is counted, in channels times seconds; told for as long as it goes on."""

    known: Remembered
    batch: str
    all: float
    done: float = 0.0

    def __enter__(self) -> Self:
        self.known.progress[self.batch] = 0.0
        return self

    def __exit__(self, *_: object) -> None:
        self.known.progress.pop(self.batch, None)

    def went(self, channels: int, piece: Span) -> None:
        """Know that some channels are counted for some time."""
        self.done += channels * (piece.until - piece.since).total_seconds()
        self.known.progress[self.batch] = min(self.done / self.all, 1.0) if self.all else 1.0


@dataclass(slots=True)
class Tallies:
    """The tallies of successive pieces, on their way to figures.

    Attributes:
        limits: what was permitted on each channel, whose bounds are the same throughout a piece.
    """

    limits: Mapping[str, Sequence[Permitted]]
    _of: "defaultdict[str, list[Tally]]" = field(default_factory=lambda: defaultdict(list))
    _outside: "defaultdict[str, Counter[str]]" = field(default_factory=lambda: defaultdict(Counter))

    def add(self, channel: str, one: Tally, since: datetime) -> None:
        """Take the tally of the next piece of a channel."""
        self._of[channel].append(one)
        for limit in self.limits.get(channel, ()):
            if limit.since <= since < limit.until:
                self._outside[channel][limit.level] += one.beyond(limit.low, limit.high)

    def counted(self, units: Mapping[str, str]) -> dict[str, Counted]:
        """Reckon the figures of all channels, by their units."""
        return {
            channel: Counted(statistics(together(some), units[channel]), self._outside[channel])
            for channel, some in self._of.items()
        }


def pieces(span: Span, limits: Iterable[Permitted]) -> Iterator[Span]:
    """Cut a time where the day has its quarters (UTC), and where bounds change."""
    day = span.since.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    count = -(-(span.until - day) // PIECE)
    edges = {day + number * PIECE for number in range(count)}
    edges |= {edge for one in limits for edge in (one.since, one.until)}
    inside = sorted(edge for edge in edges if span.since < edge < span.until)
    return (Span(*one) for one in pairwise([span.since, *inside, span.until]))


def told(piece: Span) -> tuple[str, str]:
    """Write when a piece begins and ends."""
    return piece.since.isoformat(), piece.until.isoformat()


def key_of(*facts: Any) -> str:  # noqa: ANN401 - JSON
    """Name a piece by all that its figures follow from."""
    return hashlib.sha256(canonical([FORM, *facts]).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Proofs:
    """What proves that raw values are the same, asked for once of each series and time."""

    snapshot: Snapshot
    _known: dict[tuple[int, Span], str | None] = field(default_factory=dict)

    async def of(self, series: int, several: Sequence[Span]) -> list[str | None]:
        """Give what proves some times of a series; None: not every minute is closed."""
        new = [one for one in several if (series, one) not in self._known]
        if new:
            proofs = await proofs_of(self.snapshot, series, [(one.since, one.until) for one in new])
            self._known.update(((series, one), proof) for one, proof in zip(new, proofs, strict=True))
        return [self._known[series, one] for one in several]


@dataclass(frozen=True, slots=True)
class Counting:
    """Counts channels of one series in one time, as many as are read at once.

    Attributes:
        same: channels that are another one's very value: which are whose.
    """

    snapshot: Snapshot
    proofs: Proofs
    known: Remembered
    limits: Mapping[str, Sequence[Permitted]]
    progress: Progress
    same: Mapping[str, Sequence[str]] = field(default_factory=dict)

    async def count(self, own: Sequence[Stored], span: Span) -> dict[str, Counted]:
        """Count measured channels; those that are their very values with them."""
        units = {one.id: one.unit for one in own}
        # What is only compared has no kinetic mean.
        units |= {other: "" for one in own for other in self.same.get(one.id, ())}
        limits = {id_: self.limits.get(id_, ()) for id_ in units}
        cut = list(pieces(span, (one for some in limits.values() for one in some)))
        keys = await self._keys(own, cut)
        whole = key_of("whole", keys, str(limits)) if all(keys) else ""
        if (known := self.known.recall(whole)) is not None:
            self.progress.went(len(own), span)
            return known
        tallies = Tallies(limits)
        for piece, key in zip(cut, keys, strict=True):
            counted = await self._piece(own, piece, key)
            for id_, one in counted.tallies.items():
                for channel in (id_, *self.same.get(id_, ())):
                    tallies.add(channel, one, piece.since)
            self.progress.went(len(own), piece)
        return self.known.note(whole, await asyncio.to_thread(tallies.counted, units))

    async def _keys(self, own: Sequence[Stored], cut: Sequence[Span]) -> list[str]:
        """Name the pieces; "": some of that may change still."""
        series, places = own[0].series_id, [[one.id, one.place] for one in own]
        proofs = await self.proofs.of(series, cut)
        return [
            "" if proof is None else key_of("measured", series, places, *told(piece), proof)
            for piece, proof in zip(cut, proofs, strict=True)
        ]

    async def _piece(self, own: Sequence[Stored], piece: Span, key: str) -> Piece:
        found = await asyncio.to_thread(self.known.get, key)
        if found is None:
            read = await columns(self.snapshot, own, piece.since, piece.until)
            found = await asyncio.to_thread(_counted, read)
            await asyncio.to_thread(self.known.put, key, found)
        return found


def _counted(read: Columns) -> Piece:
    # Of a series without a row every column is empty.
    return Piece({id_: tally(column) for id_, column in read.values.items()})
