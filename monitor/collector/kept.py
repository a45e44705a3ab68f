"""Up to which time all records of a counter are safe on our disk: what it may let go of, and where to go on."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial

from config.model import Sample
from config.plant import Plant


class KeptRecords:
    """Follows, for each series of records, the journal's word that they are on the disk."""

    def __init__(self, plant: Plant, complete: Mapping[str, datetime]) -> None:
        """Begin with what a former run has left complete in the journal, by series."""
        self._records = frozenset(series.id for series in plant.series.values() if series.records)
        self._until = dict(complete)
        self._lost: set[str] = set()

    def turn(self, plant: Plant) -> None:
        """Go on under another plant."""
        self._records = frozenset(series.id for series in plant.series.values() if series.records)

    def until(self, series_id: str) -> datetime | None:
        """Return the time up to which all records of a series are on the disk; None: none is."""
        return self._until.get(series_id)

    def once_written(self, sample: Sample, written: "asyncio.Future[None]") -> None:
        """Count a Sample as kept when it is on the disk; one that is catching up leaves older ones to come."""
        if sample.series in self._records and not sample.catching_up:
            written.add_done_callback(partial(self._advance, sample.series, sample.at))

    def lost(self, sample: Sample) -> None:
        """Note that we have lost a record: no later one of its series is complete before a next run fetches it."""
        if sample.series in self._records:
            self._lost.add(sample.series)

    def after_losses(self, sample: Sample) -> Sample:
        """Return the Sample as what it is: one behind which a record is missing."""
        return replace(sample, catching_up=True) if sample.series in self._lost else sample

    def _advance(self, series_id: str, at: datetime, written: "asyncio.Future[None]") -> None:
        if not written.cancelled():
            self._until[series_id] = max(at, self._until.get(series_id, at))
