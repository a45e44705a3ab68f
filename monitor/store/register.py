"""Writes the plant into the database, and gives every channel its place there, once."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, time
from typing import Any

import asyncpg

from config.model import Channel, Device, Series
from config.plant import Plant
from monitor.store.database import Connection, DatabaseError

LOCK = 0x706C616E
"""Advisory lock of registering ("plan"): two collectors take turns, and never lock one another's rows crosswise."""
WRITTEN_WITHIN_S = 600.0
"""A new plant is made into text while it is sent, at the pace of a machine that has much else to do."""
SERIES_AT_ONCE = 50
"""So many series' channels are compared at once: of a plant of 80,000 channels not all need be held twice."""


_CHANNEL = ("id", "series_id", "place", "key", "zone", "unit", "kind", "label_en", "label_zh")
_PUT_CHANNEL = f"""
INSERT INTO channel ({", ".join(_CHANNEL)}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (id) DO UPDATE SET zone = excluded.zone, kind = excluded.kind,
                               label_en = excluded.label_en, label_zh = excluded.label_zh"""  # noqa: S608 - our own names
"""Not by `_upsert`: one that changes no place would be refused all the same as a change of places."""


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
            await connection.copy_to_table(
                "plant_version", source=_version(plant, at), timeout=WRITTEN_WITHIN_S
            )
        await _upsert_nouns(connection, plant)
        return await _register_series(connection, plant)


async def _version(plant: Plant, at: datetime) -> AsyncIterator[bytes]:
    """Write a row of `plant_version` as COPY takes it, a piece at a time: as a whole it may be many megabytes."""
    yield f"{plant.sha256}\t{at.isoformat()}\t".encode()
    pieces = _written(plant)
    # In a thread: whoever shares the event loop does not wait for it.
    while piece := await asyncio.to_thread(next, pieces, ""):
        yield piece.replace("\\", "\\\\").encode()
    yield b"\n"


def _written(plant: Plant) -> Iterator[str]:
    """Write a plant as JSON, a piece at a time. The same plant is the same text.

    A plant's series and channels stand in its devices already.
    """
    before = "{"
    for name in (one.name for one in fields(plant) if one.name not in {"series", "channels"}):
        yield f"{before}{_json(name)}: "
        before = ", "
        value = getattr(plant, name)
        if isinstance(value, Mapping):
            yield from _enclosed("{", (f"{_json(str(key))}: {_json(one)}" for key, one in value.items()), "}")
        elif isinstance(value, tuple):
            yield from _enclosed("[", map(_json, value), "]")
        else:
            yield _json(value)
    yield "}"


def _enclosed(begin: str, pieces: Iterator[str], end: str) -> Iterator[str]:
    yield begin + next(pieces, "")
    for piece in pieces:
        yield ", " + piece
    yield end


def _json(value: object) -> str:
    return json.dumps(value, default=_plain, ensure_ascii=False, allow_nan=False)


def _plain(noun: Any) -> Any:  # noqa: ANN401 - any noun becomes JSON
    if isinstance(noun, frozenset):
        return sorted(noun)
    if isinstance(noun, (date, time)):
        return noun.isoformat()
    return {one.name: _keyed(getattr(noun, one.name)) for one in fields(noun)}


def _keyed(value: Any) -> Any:  # noqa: ANN401 - what a noun holds
    return {str(key): one for key, one in value.items()} if isinstance(value, Mapping) else value


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
    """Few questions for many series at once: a plant of a thousand channels is registered within a second."""
    every = list(plant.series.values())
    await connection.executemany(
        _upsert("series", ("name", "device", "records"), key="name"),
        [(series.id, series.device, series.records) for series in every],
    )
    named = await connection.fetch(
        "SELECT name, id FROM series WHERE name = ANY($1)", [series.id for series in every]
    )
    ids: dict[str, int] = {row["name"]: row["id"] for row in named}
    rows: dict[str, Row] = {}
    for start in range(0, len(every), SERIES_AT_ONCE):
        rows |= await _register_channels(connection, plant, ids, every[start : start + SERIES_AT_ONCE])
    return rows


async def _register_channels(
    connection: Connection, plant: Plant, ids: Mapping[str, int], some: Sequence[Series]
) -> dict[str, Row]:
    """Write the channels of some series, as far as they do not stand there already."""
    known = await connection.fetch(
        f"SELECT {', '.join(_CHANNEL)} FROM channel WHERE series_id = ANY($1) OR id = ANY($2)",  # noqa: S608 - our own names
        *([ids[one.id] for one in some], [channel.id for one in some for channel in one.channels]),
    )
    stored: dict[int, dict[str, int]] = {ids[one.id]: {} for one in some}
    for row in known:
        _check_same(plant.channels.get(row["id"]), ids, row)
        stored[row["series_id"]][row["id"]] = row["place"]
    places = {one.id: _places(one, stored[ids[one.id]]) for one in some}
    wanted = [
        _channel(channel, ids[one.id], places[one.id][channel.id]) for one in some for channel in one.channels
    ]
    there = {tuple(row) for row in known}
    await connection.executemany(_PUT_CHANNEL, [one for one in wanted if one not in there])
    return {one.id: Row(ids[one.id], len(one.channels), _order(one, places[one.id])) for one in some}


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
