"""What was reckoned in a batch, reckoned again piece by piece from what is stored, and counted as what is measured."""

import asyncio
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from alarms.state import Memory
from config.plant import Plant
from config.rules import Derived, Formula
from monitor.records.dossier.channel_parts import Asking
from monitor.records.dossier.counted import Progress, Proofs, Tallies, key_of, pieces, told
from monitor.records.dossier.laid_down import measured_input
from monitor.records.dossier.reckoned import Restart, last_seen, reckon
from monitor.records.dossier.remembered import Piece, Remembered
from monitor.records.dossier.scope import Scope, Span
from monitor.records.dossier.tally import Counted, tally
from monitor.store.catalog import Snapshot, Stored
from monitor.store.columns import columns, times

BEFORE = timedelta(hours=1)
"""Beside the longest window, reckoned before the batch, so that windows are full when it begins."""
OTHERS = timedelta(seconds=5)
"""So long before and behind a piece rows of other series are read: what is older is not fresh."""


@dataclass(frozen=True, slots=True)
class Row:
    """The reckoned channels of one series in one time, those first that others are reckoned from.

    Attributes:
        own: the series.
        every: the channels; among them those that are only reckoned from.
        asked: those that figures are wanted of.
        inputs: the stored channels that they are made from.
    """

    own: int
    every: Sequence[Derived]
    asked: frozenset[str]
    inputs: Sequence[Stored]


def same_values(scope: Scope) -> dict[str, list[str]]:
    """Find reckoned channels that are a measured one's very value, by that one."""
    found: dict[str, list[str]] = defaultdict(list)
    for one in scope.derived.values():
        if _is_same(scope, one):
            found[one.inputs[0]].append(one.id)
    return found


def _is_same(scope: Scope, one: Derived) -> bool:
    return one.formula is Formula.VALUE and scope.span_of(one.inputs[0]) == scope.span_of(one.id)


def needed_for(plant: Plant, ids: Iterable[str]) -> set[str]:
    """Name all that channels are reckoned from, and what that is reckoned from."""
    found: set[str] = set()
    waiting = list(ids)
    while waiting:
        derived = plant.derived.get(waiting.pop())
        new = set(derived.inputs) - found if derived else set()
        found |= new
        waiting += new
    return found


def rows_of(scope: Scope, stored: Mapping[str, Stored]) -> Iterator[tuple[Row, Span]]:
    """Give the reckoned channels of one series and one time together, as far as all they are made from is stored."""
    plant = scope.plant
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in scope.derived.values():
        made_of = needed_for(plant, [one.id]) - plant.derived.keys()
        if not _is_same(scope, one) and made_of <= stored.keys():
            groups[one.series, one.zone].append(one.id)
    for (_, zone), asked in groups.items():
        needed = needed_for(plant, asked) | set(asked)
        every = [one for one in plant.derived.values() if one.id in needed]
        inputs = [stored[id_] for id_ in sorted(needed - plant.derived.keys())]
        own = stored[measured_input(plant, plant.derived[asked[0]])].series_id
        yield Row(own, every, frozenset(asked), inputs), scope.zones[zone]


@dataclass(frozen=True, slots=True)
class Replaying:
    """Reckons channels again."""

    snapshot: Snapshot
    proofs: Proofs
    known: Remembered
    asking: Asking
    progress: Progress

    async def count(self, row: Row, span: Span) -> dict[str, Counted]:
        """Reckon the figures of a row."""
        limits = {id_: self.asking.limits.get(id_, ()) for id_ in sorted(row.asked)}
        before = Span(span.since - _longest(row) - BEFORE, span.since)
        cut = list(pieces(span, (one for some in limits.values() for one in some)))
        keys = (await self._keys(row, [before, *cut]))[1:]
        whole = key_of("whole", keys, str(limits)) if all(keys) else ""
        if (known := self.known.recall(whole)) is not None:
            self.progress.went(len(row.asked), span)
            return known
        tallies, memory = Tallies(limits), None
        for piece, key in zip(cut, keys, strict=True):
            counted = await asyncio.to_thread(self.known.get, key)
            if counted is None:
                memory = (await self._piece(row, before, {})).memory if memory is None else memory
                counted = await self._piece(row, piece, memory)
                await asyncio.to_thread(self.known.put, key, counted)
            memory = counted.memory
            for id_ in row.asked:
                tallies.add(id_, counted.tallies[id_], piece.since)
            self.progress.went(len(row.asked), piece)
        units = dict.fromkeys(row.asked, "")
        return self.known.note(whole, await asyncio.to_thread(tallies.counted, units))

    async def _keys(self, row: Row, cut: Sequence[Span]) -> list[str]:
        """Name the pieces, each by all that it follows from, and by the one before; "": some of it may change still."""
        series = sorted({row.own, *(one.series_id for one in row.inputs)})
        proofs = [await self.proofs.of(one, cut) for one in series]
        places = sorted([one.series_id, one.place, one.id] for one in row.inputs)
        keys, key = [], key_of("reckoned", places, [_told(one, self.asking) for one in row.every])
        for piece, *own in zip(cut, *proofs, strict=True):
            key = "" if not key or None in own else key_of(key, *told(piece), own)
            keys.append(key)
        return keys

    async def _piece(self, row: Row, piece: Span, memory: Mapping[str, Memory]) -> Piece:
        own = await times(self.snapshot, row.own, piece.since, piece.until)
        values: dict[str, array[float]] = {}
        by_series: dict[int, list[Stored]] = defaultdict(list)
        for one in row.inputs:
            by_series[one.series_id].append(one)
        for series, some in by_series.items():
            if series == row.own:
                values |= (await columns(self.snapshot, some, piece.since, piece.until)).values
                continue
            since, until = piece.since - OTHERS, piece.until + OTHERS
            other = await times(self.snapshot, series, since, until)
            read = await columns(self.snapshot, some, since, until)
            values |= {id_: last_seen(own, other, column) for id_, column in read.values.items()}
        return await asyncio.to_thread(self._reckoned, row, piece, own.at_s, values, memory)

    def _reckoned(
        self,
        row: Row,
        piece: Span,
        at_s: "array[float]",
        values: dict[str, "array[float]"],
        memory: Mapping[str, Memory],
    ) -> Piece:
        remembers, piece_s = {}, (piece.since.timestamp(), piece.until.timestamp())
        for one in row.every:
            inputs = [values[name] for name in one.inputs]
            restarts = _restarts(self.asking, one)
            before = memory.get(one.id, ())
            values[one.id], remembers[one.id] = reckon(one, inputs, at_s, before, restarts, piece_s=piece_s)
        return Piece({id_: tally(values[id_]) for id_ in row.asked}, remembers)


def _restarts(asking: Asking, one: Derived) -> list[Restart]:
    breaks = sorted(asking.breaks.get(one.id, ()), key=lambda each: each.since)
    return [
        Restart(each.since.timestamp(), each.until.timestamp() if each.until else float("inf"))
        for each in breaks
    ]


def _longest(row: Row) -> timedelta:
    return timedelta(seconds=max(one.parameters.get("over_s", 0.0) for one in row.every))


def _told(one: Derived, asking: Asking) -> list[object]:
    """Tell of a channel all that its values follow from, beside its inputs' values."""
    breaks = str(asking.breaks.get(one.id, ()))
    return [one.id, one.formula, list(one.inputs), dict(one.parameters), breaks]
