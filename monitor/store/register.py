"""Writes the plant into the database, and gives every channel its place there, once."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from typing import Any

import asyncpg

from config.model import Channel, Device, Series
from config.plant import Plant
from monitor.store.database import Connection, DatabaseError

LOCK = 0x706C616E
"""Advisory lock of registering ("plan"): two collectors take turns, and never lock one another's rows crosswise."""


@dataclass(frozen=True, slots=True)
class Row:
    """How a Sample of one series becomes a row.

    Attributes:
        id: the series in the database.
        count: how many channels the series has in the plant.
        order: for each place in the database, the place in the Sample, or None where a channel was retired;
            None if both are the same.
    """

    id: int
    count: int
    order: tuple[int | None, ...] | None


async def register(connection: Connection, plant: Plant, at: datetime) -> Mapping[str, Row]:
    """Write the plant: its nouns as they are now, and its whole configuration once per version.

    What is no longer in the plant stays in the database, for its readings.

    Args:
        connection: to a migrated database.
        plant: as loaded.
        at: when this configuration was first seen, if it is new.

    Returns:
        Series id -> how its Samples become rows.

    Raises:
        DatabaseError: a channel moved to another series or changed its unit.
    """
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
        if not await connection.fetchval("SELECT 1 FROM plant_version WHERE sha256 = $1", plant.sha256):
            # Megabytes, and only for a new plant: whoever shares the event loop does not wait for them.
            body = await asyncio.to_thread(_written, plant)
            await connection.execute(
                "INSERT INTO plant_version (sha256, first_seen, body) VALUES ($1, $2, $3)",
                *(plant.sha256, at, body),
            )
        await _upsert_nouns(connection, plant)
        return await _register_series(connection, plant)


def _written(plant: Plant) -> str:
    return json.dumps(_plain(plant), ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:  # noqa: ANN401 - any noun becomes JSON
    if is_dataclass(value):
        # A plant's series and channels stand in its devices already.
        skipped = {"series", "channels"} if isinstance(value, Plant) else set()
        return {
            one.name: _plain(getattr(value, one.name)) for one in fields(value) if one.name not in skipped
        }
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)  # the same plant is the same text
    if isinstance(value, tuple | list):
        return [_plain(inner) for inner in value]
    return value


def _upsert(table: str, columns: Sequence[str], key: str = "id") -> str:
    values = ", ".join(f"${number}" for number in range(1, len(columns) + 1))
    changes = ", ".join(f"{column} = excluded.{column}" for column in columns if column != key)
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({values}) "  # noqa: S608 - our own names
        f"ON CONFLICT ({key}) DO UPDATE SET {changes}"
    )


async def _upsert_nouns(connection: Connection, plant: Plant) -> None:
    label = ("label_en", "label_zh")
    await connection.executemany(
        _upsert("workshop", ("id", *label)),
        [(one.id, one.label.en, one.label.zh) for one in plant.workshops.values()],
    )
    await connection.executemany(
        _upsert("line", ("id", "workshop", "mode", "product", "tower", *label)),
        [
            (one.id, one.workshop, one.mode, one.product, one.tower, one.label.en, one.label.zh)
            for one in plant.lines.values()
        ],
    )
    await connection.executemany(
        _upsert("zone", ("id", "workshop", "line", "grade", *label)),
        [
            (one.id, one.workshop, one.line or None, one.grade, one.label.en, one.label.zh)
            for one in plant.zones.values()
        ],
    )
    await connection.executemany(
        _upsert("device", ("id", "zone", "profile", "period_s", *label)),
        [_device(one) for one in plant.devices.values()],
    )


def _device(device: Device) -> tuple[object, ...]:
    return (device.id, device.zone, device.profile.name, device.period_s, device.label.en, device.label.zh)


async def _register_series(connection: Connection, plant: Plant) -> dict[str, Row]:
    """Few questions for all series at once: a plant of a thousand channels is registered within a second."""
    every = list(plant.series.values())
    await connection.executemany(
        _upsert("series", ("name", "device", "records"), key="name"),
        [(series.id, series.device, series.records) for series in every],
    )
    named = await connection.fetch(
        "SELECT name, id FROM series WHERE name = ANY($1)", [series.id for series in every]
    )
    ids: dict[str, int] = {row["name"]: row["id"] for row in named}
    known = await connection.fetch(
        "SELECT id, series_id, place, unit FROM channel WHERE series_id = ANY($1) OR id = ANY($2)",
        *(list(ids.values()), list(plant.channels)),
    )
    stored: dict[int, dict[str, int]] = {number: {} for number in ids.values()}
    for row in known:
        _check_same(plant.channels.get(row["id"]), ids, row)
        stored[row["series_id"]][row["id"]] = row["place"]
    places = {series.id: _places(series, stored[ids[series.id]]) for series in every}
    # Not an upsert: even one that changes no place would be refused as a change of places.
    await connection.executemany(
        "INSERT INTO channel (id, series_id, place, key, zone, unit, kind, label_en, label_zh) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO UPDATE SET zone = excluded.zone, "
        "kind = excluded.kind, label_en = excluded.label_en, label_zh = excluded.label_zh",
        [_channel(one, ids[one.series], places[one.series][one.id]) for one in plant.channels.values()],
    )
    return {one.id: Row(ids[one.id], len(one.channels), _order(one, places[one.id])) for one in every}


def _places(series: Series, stored: Mapping[str, int]) -> dict[str, int]:
    """Give each channel of a series its place: the one it has, or the next that was never given."""
    places = dict(stored)
    free = max(places.values(), default=-1) + 1
    for channel in series.channels:
        if channel.id not in places:
            places[channel.id], free = free, free + 1
    return places


def _check_same(channel: Channel | None, ids: Mapping[str, int], known: asyncpg.Record) -> None:
    """What is stored under a name must go on meaning the same."""
    if channel is None:
        return  # retired
    if known["series_id"] != ids[channel.series]:
        raise DatabaseError(
            f"channel {channel.id} is stored in another series than {channel.series}; give the new one a key of its own"
        )
    if known["unit"] != channel.model.unit:
        raise DatabaseError(
            f"channel {channel.id} is stored in {known['unit']!r}, and the plant now says {channel.model.unit!r}; "
            "give the new one a key of its own"
        )


def _channel(channel: Channel, series_id: int, place: int) -> tuple[object, ...]:
    model = channel.model
    return (
        *(channel.id, series_id, place, model.key, channel.zone, model.unit, model.kind),
        *(model.label.en, model.label.zh),
    )


def _order(series: Series, places: Mapping[str, int]) -> tuple[int | None, ...] | None:
    ours = {places[channel.id]: channel.place for channel in series.channels}
    order = tuple(ours.get(place) for place in range(max(ours, default=-1) + 1))
    return None if order == tuple(range(len(series.channels))) else order
