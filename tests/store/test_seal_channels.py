"""Channels in their places, and what was put aside: what the writer says of them in the book is what `verify` finds."""

import json
from pathlib import Path

import pytest

from config.plant import Plant
from monitor.collector.journal import Entry
from monitor.collector.portion import refused
from monitor.store.database import Connection
from monitor.store.finding import Wrong
from monitor.store.verify import Verified, verify, verify_in
from monitor.store.write import Writer
from tests.store.small import NOON, plant, sample, second, with_shared


async def look(sql: Connection) -> Verified:
    async with sql.transaction():
        return await verify_in(sql, [], lambda *_: None, most=100)


async def run(url: str, of: Plant, number: float) -> None:
    """Write one row of D under a plant, whose minute is then over."""
    writer = await Writer.open(url, of, "c", NOON)
    values = range(len(of.series["D"].channels))
    await writer.write(await writer.position() + 1, [sample(number, *values)], [], [], second(number + 70))
    await writer.close()


async def said(sql: Connection) -> list[dict[str, list[str]]]:
    """Give each line's channels by series, in their places."""
    lines = await sql.fetch("SELECT body FROM book WHERE kind = 'channels' ORDER BY seq")
    return [
        {
            one["device"] + " records" * one["records"]: [
                f"{at['id']} {at['unit']}" for _, at in sorted(one["channels"].items())
            ]
            for one in json.loads(row["body"])["series"].values()
        }
        for row in lines
    ]


async def test_channels_are_said_when_they_are_not_what_was_said_last(url: str, sql: Connection) -> None:
    """One that is retired keeps its place, one that is new gets the next; who left is still held to its own."""
    records = ["D/x Pa", "D/y Pa"]
    await run(url, with_shared(plant()), 0)
    await run(url, with_shared(plant()), 120)
    assert await said(sql) == [
        {"D": ["D/a Pa", "D/b Pa", "D/c Pa"], "D records": records, "AHU": ["AHU/supply Pa"]}
    ]
    await run(url, plant(row=("c", "d", "a")), 240)
    assert (await said(sql))[1:] == [{"D": ["D/a Pa", "D/b Pa", "D/c Pa", "D/d Pa"], "D records": records}]
    await run(url, plant(row=("c", "a")), 360)
    assert len(await said(sql)) == 2
    assert (await look(sql)).findings == ()
    await sql.execute("ALTER TABLE channel DISABLE TRIGGER ALL; UPDATE channel SET unit = 'kPa'")
    findings = (await look(sql)).findings
    assert {one.what for one in findings} == {Wrong.CHANNEL_MOVED}
    assert {one.place for one in findings} == {"D/a", "D/b", "D/c", "D/d", "D/x", "D/y", "AHU/supply"}
    assert findings[0].text().en == (
        "channel AHU/supply: its series, place and unit are 3/0/kPa, not 3/0/Pa as the book c/2 seals it"
    )


async def test_a_channel_that_was_only_registered_is_no_lie(url: str, sql: Connection) -> None:
    await run(url, plant(), 0)
    writer = await Writer.open(url, plant(row=("a", "b", "c", "d")), "c", NOON)
    await writer.close()
    assert (await look(sql)).findings == ()


@pytest.mark.parametrize(
    "entry",
    [
        Entry("sample", 7, "GONE", 8, 9, b"\0\xff", b"\1", 1, "", 0, 1),
        Entry("note\0", 1_772_000_000_000_017, body='{"value": 1e400, "text": "坏"}', seq=1),
        Entry("sample", 2**62, "D", seq=1),
        Entry("sample", -(2**62), "D", seq=1),
    ],
)
async def test_whatever_was_put_aside_is_proved(
    url: str, sql: Connection, entry: Entry, tmp_path: Path
) -> None:
    writer = await Writer.open(url, plant(), "c", NOON)
    await writer.quarantine(refused(entry, "no table takes it: 无法存入"), second(1.000_001))
    await writer.close()
    verified = await verify(url, tmp_path, lambda *_: None)
    assert (verified.findings, verified.aside, verified.lines) == ((), 1, 1)
