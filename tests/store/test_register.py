"""Registering the plant: a channel's place in the database is given once, whatever the plant's order becomes."""

import asyncio
import json
from dataclasses import asdict, replace
from typing import Any

import asyncpg
import pytest

from bench.running import DEMO
from config.model import Quality, Text
from config.plant import Plant
from monitor.store.database import Connection, DatabaseError
from monitor.store.register import SERIES_AT_ONCE, _written
from monitor.store.write import Writer
from tests.database import Server
from tests.loaded import loaded
from tests.store.small import NOON, many, plant, sample, second, with_shared


async def test_the_plant_stands_in_the_database(url: str, sql: Connection) -> None:
    for _ in range(2):
        await (await Writer.open(url, plant(), "c", NOON)).close()
    rows = await sql.fetch(
        "SELECT c.id, s.name, place FROM channel c JOIN series s ON s.id = series_id ORDER BY 2, 3"
    )
    assert [tuple(row) for row in rows] == [
        ("D/a", "D", 0),
        ("D/b", "D", 1),
        ("D/c", "D", 2),
        ("D/x", "D#records", 0),
        ("D/y", "D#records", 1),
    ]
    tables = ("workshop", "line", "zone", "device")
    assert [await sql.fetchval(f"SELECT label_zh FROM {table}") for table in tables] == ["隔离器"] * 4
    [version] = await sql.fetch("SELECT * FROM plant_version")
    assert (version["sha256"], version["first_seen"]) == ("1" * 64, NOON)
    body = json.loads(version["body"])
    assert body["devices"]["D"]["series"][0]["channels"][1]["model"]["key"] == "b"


async def test_the_whole_demo_plant_can_be_registered(url: str, sql: Connection) -> None:
    one = loaded(DEMO)
    await (await Writer.open(url, one, "c", NOON)).close()
    body = json.loads(await sql.fetchval("SELECT body FROM plant_version"))
    assert set(body["protections"]) == set(one.protections)
    hidden = one.suppressions["ISO-STM-L1/not_in_production"].alarms
    assert body["suppressions"]["ISO-STM-L1/not_in_production"]["alarms"] == sorted(hidden)


def _sorted_or_iso(value: Any) -> Any:
    return sorted(value) if isinstance(value, frozenset) else value.isoformat()


def test_the_plant_is_written_in_pieces_that_are_together_its_json() -> None:
    for one in (plant(), loaded(DEMO)):
        body = asdict(one)
        del body["series"], body["channels"]  # they stand in its devices
        whole = json.dumps(body, default=_sorted_or_iso, ensure_ascii=False)
        pieces = list(_written(one))
        assert "".join(pieces) == whole
        largest = max(len(json.dumps(device, ensure_ascii=False)) for device in body["devices"].values())
        assert max(map(len, pieces)) <= largest + 100


async def test_the_plant_comes_into_the_database_letter_by_letter(url: str, sql: Connection) -> None:
    odd = Text('a "quoted" \\ \\N \\. line\nand\ttab\r', "隔离器 𝄞")
    one = replace(plant(), label=odd)
    await (await Writer.open(url, one, "c", NOON)).close()
    [version] = await sql.fetch("SELECT * FROM plant_version")
    assert json.loads(version["body"]) == json.loads("".join(_written(one)))
    assert (version["sha256"], version["first_seen"]) == (one.sha256, NOON)
    assert json.loads(version["body"])["label"] == {"en": odd.en, "zh": odd.zh}


async def test_a_channel_that_stands_there_already_is_not_written_again(url: str, sql: Connection) -> None:
    one = many(SERIES_AT_ONCE + 1, ("a", "b"))
    await (await Writer.open(url, one, "c", NOON)).close()
    written = await sql.fetch("SELECT id, xmin FROM channel ORDER BY id")
    await (await Writer.open(url, one, "c", NOON)).close()
    assert await sql.fetch("SELECT id, xmin FROM channel ORDER BY id") == written
    moved = _with_zone(one, "D7/b", "Z2")
    await (await Writer.open(url, moved, "c", NOON)).close()
    again = await sql.fetch("SELECT id, xmin FROM channel ORDER BY id")
    assert {new["id"] for new, old in zip(again, written, strict=True) if new != old} == {"D7/b"}
    assert await sql.fetchval("SELECT zone FROM channel WHERE id = 'D7/b'") == "Z2"


def _with_zone(one: Plant, channel: str, zone: str) -> Plant:
    moved = {**one.channels, channel: replace(one.channels[channel], zone=zone)}
    series = {
        name: replace(old, channels=tuple(moved[each.id] for each in old.channels))
        for name, old in one.series.items()
    }
    zones = {**one.zones, zone: replace(one.zones["Z"], id=zone)}
    return replace(one, channels=moved, series=series, zones=zones)


async def test_what_lines_share_belongs_to_the_workshop_alone(url: str, sql: Connection) -> None:
    writer = await Writer.open(url, with_shared(plant()), "c", NOON)
    await writer.write(1, [sample(1, 7.0, series="AHU")], [], [])
    await writer.close()
    rows = await sql.fetch("SELECT id, workshop, line FROM zone ORDER BY id")
    assert [tuple(row) for row in rows] == [("CORR", "W", None), ("Z", "W", "L")]
    stored = await sql.fetch("SELECT channel, zone, value FROM reading")
    assert [tuple(row) for row in stored] == [("AHU/supply", "CORR", 7.0)]


async def test_a_plant_of_many_series_gives_each_channel_its_place(url: str, sql: Connection) -> None:
    first, later = many(40, ("a", "b")), many(40, ("b", "c"))
    for one in (first, first, later):
        await (await Writer.open(url, one, "c", NOON)).close()
    rows = await sql.fetch("SELECT id, place FROM channel")
    expected = {(f"D{number}/{key}", place) for number in range(40) for place, key in enumerate("abc")}
    assert {tuple(row) for row in rows} == expected


async def test_a_new_version_of_the_plant_is_kept_beside_the_old_one(url: str, sql: Connection) -> None:
    await (await Writer.open(url, plant(), "c", NOON)).close()
    await (await Writer.open(url, plant(sha256="2" * 64), "c", second(60))).close()
    rows = await sql.fetch("SELECT sha256, first_seen FROM plant_version ORDER BY 2")
    assert [tuple(row) for row in rows] == [("1" * 64, NOON), ("2" * 64, second(60))]


async def test_a_new_order_a_new_channel_and_a_retired_one_leave_the_places_alone(
    url: str, sql: Connection
) -> None:
    first = await Writer.open(url, plant(("a", "b", "c")), "c", NOON)
    await first.write(1, [sample(1, 1, 2, 3)], [], [])
    await first.close()
    second_writer = await Writer.open(url, plant(("c", "d", "a")), "c", NOON)
    poor = sample(3, 3, 4, 1, quality=(Quality.GOOD, Quality.STALE, Quality.UNCERTAIN))
    await second_writer.write(2, [sample(2, 3, 4, 1), poor], [], [])
    await second_writer.close()
    stored = await sql.fetch("SELECT values, quality FROM sample ORDER BY at")
    assert [tuple(row) for row in stored] == [
        ([1, 2, 3], None),
        ([1, None, 3, 4], [0, None, 0, 0]),
        ([1, None, 3, 4], [1, None, 0, 2]),
    ]
    seen = await sql.fetch(
        "SELECT at, channel, value, quality, device, zone, unit FROM reading ORDER BY at, channel"
    )
    assert [(row["at"], row["channel"], row["value"], row["quality"]) for row in seen] == [
        (second(1), "D/a", 1, 0),
        (second(1), "D/b", 2, 0),
        (second(1), "D/c", 3, 0),
        (second(2), "D/a", 1, 0),
        (second(2), "D/c", 3, 0),
        (second(2), "D/d", 4, 0),
        (second(3), "D/a", 1, 1),
        (second(3), "D/c", 3, 0),
        (second(3), "D/d", 4, 2),
    ]
    assert {(row["device"], row["zone"], row["unit"]) for row in seen} == {("D", "Z", "Pa")}


async def test_a_retired_place_is_never_given_again(url: str, sql: Connection) -> None:
    for keys in (("a", "b"), ("a",), ("a", "e"), ("e", "b")):
        await (await Writer.open(url, plant(keys), "c", NOON)).close()
    rows = await sql.fetch("SELECT key, place FROM channel WHERE key < 'x' ORDER BY place")
    assert [tuple(row) for row in rows] == [("a", 0), ("b", 1), ("e", 2)]


async def test_two_collectors_that_start_together_give_no_place_twice(url: str, sql: Connection) -> None:
    orders = (("a", "b", "c"), ("c", "b", "a"), ("b", "d"), ("e", "a"))
    opened = await asyncio.gather(*(Writer.open(url, plant(keys), f"c{keys}", NOON) for keys in orders))
    for number, (writer, keys) in enumerate(zip(opened, orders, strict=True)):
        await writer.write(1, [sample(number, *(float(ord(key)) for key in keys))], [], [])
        await writer.close()
    rows = await sql.fetch("SELECT key, value FROM reading r JOIN channel c ON c.id = r.channel")
    assert {(row["key"], chr(int(row["value"]))) for row in rows} == {(key, key) for key in "abcde"}


async def test_nobody_can_take_a_place_away(url: str, sql: Connection) -> None:
    await (await Writer.open(url, plant(), "c", NOON)).close()
    for statement in (
        "DELETE FROM channel",
        "TRUNCATE channel",
        "UPDATE channel SET place = 9",
        "UPDATE channel SET id = ''",
    ):
        with pytest.raises(
            asyncpg.InsufficientPrivilegeError, match="channel refused: it is only ever added to"
        ):
            await sql.execute(statement)


async def test_what_is_stored_under_a_name_goes_on_meaning_the_same(url: str) -> None:
    await (await Writer.open(url, plant(), "c", NOON)).close()
    with pytest.raises(
        DatabaseError, match="D/a is stored in 'Pa', and the plant now says 'mbar'; give the new one"
    ):
        await Writer.open(url, plant(unit="mbar"), "c", NOON)
    with pytest.raises(
        DatabaseError, match="D/c is stored in another series than D#records; give the new one"
    ):
        await Writer.open(url, plant(("a", "b"), ("x", "y", "c")), "c", NOON)


async def test_without_tables_it_says_how_to_make_them(timescale: Server) -> None:
    empty = await timescale.empty()
    with pytest.raises(DatabaseError, match=r'relation "forwarded" does not exist; .*gradewatch migrate'):
        await Writer.open(empty, plant(), "c", NOON)
    await timescale.drop(empty)
