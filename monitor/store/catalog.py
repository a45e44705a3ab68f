"""What is stored: where a channel's values stand, and up to when the rows of a series are rolled up and sealed."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from monitor.store.database import Pool

Snapshot: TypeAlias = "PoolConnectionProxy[asyncpg.Record]"
"""A connection inside a transaction that sees one moment and changes nothing."""


class UnknownChannelError(LookupError):
    """No such channel is stored."""

    def __init__(self, channel: str) -> None:
        super().__init__(f"no channel {channel} is stored")
        self.channel = channel


class UnknownDeviceError(LookupError):
    """No such device is stored."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A channel as it is stored.

    Attributes:
        place: where its value stands in a row's arrays, from 1, as SQL counts.
    """

    id: str
    device: str
    series_id: int
    place: int
    unit: str


@dataclass(frozen=True, slots=True)
class StoredSeries:
    """One row of channels of a device.

    Attributes:
        counts: places of its particle counts, from 1.
    """

    id: int
    name: str
    records: bool
    counts: tuple[int, ...]


@asynccontextmanager
async def snapshot_of(pool: Pool) -> AsyncIterator[Snapshot]:
    """Ask several things of one moment, so that rows and what was reckoned from them agree."""
    async with (
        pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        yield connection


async def channels(snapshot: Snapshot, ids: Sequence[str]) -> list[Stored]:
    """Find channels, in the order of their ids.

    Raises:
        UnknownChannelError: one of them is not stored.
    """
    found = await stored_channels(snapshot, ids)
    missing = [one for one in ids if one not in found]
    if missing:
        raise UnknownChannelError(missing[0])
    return [found[one] for one in ids]


async def stored_channels(snapshot: Snapshot, ids: Iterable[str]) -> dict[str, Stored]:
    """Find channels, as far as they are stored."""
    rows = await snapshot.fetch(
        "SELECT c.id, s.device, c.series_id, c.place + 1 AS place, c.unit "
        "FROM channel c JOIN series s ON s.id = c.series_id WHERE c.id = ANY($1)",
        list(ids),
    )
    return {row["id"]: Stored(**row) for row in rows}


async def series_of(snapshot: Snapshot, device: str) -> list[StoredSeries]:
    """Find the series of a device: its own row first, then its records.

    Raises:
        UnknownDeviceError: nothing of it is stored.
    """
    rows = await snapshot.fetch(
        "SELECT s.id, s.name, s.records, "
        "array(SELECT place + 1 FROM channel WHERE series_id = s.id AND kind = 'count' ORDER BY place) AS counts "
        "FROM series s WHERE s.device = $1 ORDER BY s.records, s.name",
        device,
    )
    if not rows:
        raise UnknownDeviceError(f"no device {device} is stored")
    return [StoredSeries(row["id"], row["name"], row["records"], tuple(row["counts"])) for row in rows]


async def sealed_until(snapshot: Snapshot, series_id: int) -> datetime | None:
    """Say before which time every minute of a series is rolled up and sealed; None: none is.

    That is for the chain to say that sealed it last.
    """
    until: datetime | None = await snapshot.fetchval(
        "SELECT sealed_until FROM forwarded WHERE chain = ("
        "SELECT chain FROM book WHERE kind = 'sealing' AND body -> 'series' ? $1 ORDER BY at DESC LIMIT 1)",
        str(series_id),
    )
    return until
