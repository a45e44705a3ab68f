"""The runs of an air sampler, found in its own stored readings: a plate's volume need not be typed in.

A MiniCapt Remote has no records; every second it says whether it draws air, for how long by now, how much, where, and
whether laser, flow and hardware are good (MiniCapt Remote manual).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from config.model import USABLE
from monitor.store.catalog import channels, snapshot_of
from monitor.store.database import Pool, explained

RESTING, SAMPLING = 0, 1
"""Its states while it rests, and while it draws air; another one is a fault, or that somebody works on it."""
ALL_GOOD = 0b111
"""Laser, flow and hardware good."""
SILENT_S = 10.0
"""A run of which longer than this nothing was heard is not known to be good (demo proposal)."""
KEYS = ("state", "volume", "elapsed", "packet_status", "location")

_ROWS = """
SELECT at, {values} FROM sample
WHERE series_id = $1 AND at >= $2 AND at < $3 AND cardinality(values) >= $4 ORDER BY at"""
_VALUE = (
    "CASE WHEN quality IS NULL OR quality[{place}] = ANY($5::smallint[]) THEN values[{place}] END AS {key}"
)
_AHEAD = 5000
"""Rows that are fetched at once."""


@dataclass(frozen=True, slots=True)
class AirRun:
    """Air was drawn over one plate.

    Attributes:
        began: by the sampler's own count of seconds, as `ended`.
        volume_m3: as the sampler counts it.
        is_good: every status that was heard is good, and it was heard throughout.
        location: the number that was set at the sampler; None: it gave none.
    """

    began: datetime
    ended: datetime
    volume_m3: float
    is_good: bool
    location: int | None


@dataclass(frozen=True, slots=True)
class Heard:
    """What the sampler said at one second; None: no value that may be used."""

    at: datetime
    state: float | None
    volume: float | None
    elapsed: float | None
    packet_status: float | None
    location: float | None


@dataclass(slots=True)
class Runs:
    """Finds runs, second by second. One that has not ended yet is none."""

    _first: Heard | None = None
    _last: Heard | None = None
    _is_good: bool = True

    def take(self, heard: Heard) -> AirRun | None:
        """Take the next second; give the run that it shows to be over."""
        if heard.state is None or heard.volume is None or heard.elapsed is None:
            return None
        over = None
        if self._last is not None:
            goes_on = _goes_on(self._last, heard)
            self._is_good &= _unheard_s(self._last, heard, goes_on=goes_on) <= SILENT_S
            if goes_on and heard.state == SAMPLING:
                self._hear(heard)
                return None
            # Through the rest that follows, the run's last figures stand.
            self._is_good &= heard.state in {RESTING, SAMPLING}
            over = self._end(heard if goes_on else self._last)
        if heard.state == SAMPLING:
            self._first, self._is_good = heard, heard.elapsed <= SILENT_S
            self._hear(heard)
        return over

    def _hear(self, heard: Heard) -> None:
        self._last = heard
        status = heard.packet_status
        self._is_good &= status is not None and int(status) & ALL_GOOD == ALL_GOOD

    def _end(self, final: Heard) -> AirRun:
        assert self._first is not None  # noqa: S101 - there is a run that ends
        began = self._first.at - timedelta(seconds=self._first.elapsed or 0.0)
        run = AirRun(
            began=began,
            ended=began + timedelta(seconds=final.elapsed or 0.0),
            volume_m3=final.volume or 0.0,
            is_good=self._is_good and bool(final.volume),
            location=None if self._first.location is None else int(self._first.location),
        )
        self._first = self._last = None
        return run


def _unheard_s(last: Heard, heard: Heard, *, goes_on: bool) -> float:
    """Say for how much of a run nothing was heard; of one behind which another has begun, for how much at most."""
    elapsed_s = heard.elapsed or 0.0
    return elapsed_s - (last.elapsed or 0.0) if goes_on else (heard.at - last.at).total_seconds() - elapsed_s


def _goes_on(last: Heard, heard: Heard) -> bool:
    """Say whether neither time nor volume has fallen: otherwise another run has begun meanwhile."""
    return (heard.elapsed or 0) >= (last.elapsed or 0) and (heard.volume or 0) >= (last.volume or 0)


async def runs(pool: Pool, device: str, start: datetime, end: datetime) -> list[AirRun]:
    """Find the runs of a sampler that ended from `start` up to `end`, in their order.

    Args:
        pool: of a migrated database.
        device: id of an air sampler.
        start: aware; of a run that began before, the volume is right, but it was not heard throughout.
        end: aware.

    Raises:
        UnknownChannelError: nothing of it is stored, or it is no air sampler.
        DatabaseError: the database cannot be reached, or refuses.
    """
    fold = Runs()
    with explained("server"):
        async with snapshot_of(pool) as snapshot:
            stored = await channels(snapshot, [f"{device}/{key}" for key in KEYS])
            values = ", ".join(
                _VALUE.format(place=one.place, key=key) for one, key in zip(stored, KEYS, strict=True)
            )
            most = max(one.place for one in stored)
            usable = [int(one) for one in USABLE]
            question = _ROWS.format(values=values)
            rows = snapshot.cursor(question, stored[0].series_id, start, end, most, usable, prefetch=_AHEAD)
            return [run async for row in rows if (run := fold.take(Heard(**dict(row))))]
