"""Exports: every row once, as it is stored, in the plant's zone with its offset; the same figures in both formats."""

import csv
import io
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.model import Quality, Sample
from monitor.calibration import InstrumentState
from monitor.store import export
from monitor.store.catalog import UnknownChannelError
from monitor.store.database import Connection, DatabaseError, Pool, open_pool
from monitor.store.export import Asked, Language, OutputError, write_csv, write_parquet
from monitor.store.instruments import confirm_entry, note_entry
from monitor.store.people import By
from monitor.store.write import Writer
from tests.monitor.test_calibration import FACTS
from tests.store.small import NOON, plant, sample, second, store

GOOD, STALE, UNREACHABLE = Quality.GOOD, Quality.STALE, Quality.UNREACHABLE
SHANGHAI = "Asia/Shanghai"
UNKNOWN = {"instrument": "unknown"}


class Taken:
    """Whoever takes a file."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    async def out(self, piece: bytes) -> None:
        self.pieces.append(piece)

    def text(self) -> str:
        return b"".join(self.pieces).decode()

    def table(self) -> Any:
        return pyarrow.parquet.read_table(io.BytesIO(b"".join(self.pieces)))


async def as_csv(pool: Pool, asked: Asked, language: Language = Language.EN) -> str:
    taken = Taken()
    await write_csv(pool, asked, taken.out, language)
    return taken.text()


async def as_parquet(pool: Pool, asked: Asked) -> Any:
    taken = Taken()
    await write_parquet(pool, asked, taken.out)
    return taken.table()


async def test_a_file_has_every_row_as_it_is_stored(url: str, pool: Pool) -> None:
    bad = sample(2, 9, math.nan, 7.25, quality=(GOOD, UNREACHABLE, STALE))
    await store(url, [sample(1, 0.1, 1e-7, 3), bad, sample(3, 1, 1, 1)])
    asked = Asked(["D/c", "D/b"], second(1), second(3), SHANGHAI)
    assert await as_csv(pool, asked) == (
        "time,time_utc,channel,value,unit,quality,instrument\n"
        "2026-03-01T20:00:01.000000+08:00,2026-03-01T12:00:01.000000Z,D/c,3,Pa,good,unknown\n"
        "2026-03-01T20:00:02.000000+08:00,2026-03-01T12:00:02.000000Z,D/c,7.25,Pa,stale,unknown\n"
        "2026-03-01T20:00:01.000000+08:00,2026-03-01T12:00:01.000000Z,D/b,1e-07,Pa,good,unknown\n"
        "2026-03-01T20:00:02.000000+08:00,2026-03-01T12:00:02.000000Z,D/b,,Pa,unreachable,unknown\n"
    )
    table = await as_parquet(pool, asked)
    assert str(table.schema.field("time").type) == "timestamp[us, tz=Asia/Shanghai]"
    assert table.to_pylist() == [
        {"time": second(n), "channel": channel, "value": value, "unit": "Pa", "quality": quality, **UNKNOWN}
        for channel, n, value, quality in (
            ("D/c", 1, 3, "good"),
            ("D/c", 2, 7.25, "stale"),
            ("D/b", 1, 1e-7, "good"),
            ("D/b", 2, None, "unreachable"),
        )
    ]


async def test_a_chinese_file_opens_in_a_spreadsheet(url: str, pool: Pool) -> None:
    await store(url, [sample(1, 1, 2, 3, quality=[STALE] * 3)])
    text = await as_csv(pool, Asked(["D/a"], NOON, second(9), SHANGHAI), Language.ZH)
    assert text.startswith("\ufeff时间,UTC时间,通道,数值,单位,质量,仪器\n")
    assert text.endswith(",D/a,1,Pa,设备重复旧值,台账无记录\n")


def test_every_quality_and_every_state_that_is_reported_has_a_word_in_both_languages() -> None:
    for words in export.QUALITIES.values():
        assert len(set(words)) == len(Quality)
    reported = set(InstrumentState) - {InstrumentState.DUE_IN_3_MONTHS, InstrumentState.DUE_IN_1_MONTH}
    for states in export.INSTRUMENTS.values():
        assert reported <= states.keys()


async def test_each_reading_says_how_its_instrument_stood_when_it_was_taken(
    url: str, sql: Connection, pool: Pool
) -> None:
    """Noon is 20:00 in Shanghai: four hours on, the last day on which the certificate holds is over."""
    today = NOON.date()
    facts = replace(FACTS, instrument="D", due_on=today)
    own = replace(facts, instrument="D/b", due_on=today + timedelta(days=2), pq_on=None)
    for one in (facts, own):
        number = await note_entry(sql, By(NOON, "li", "engineer", "new"), one)
        await confirm_entry(sql, By(NOON, "wang", "engineer", ""), number, today)
    midnight = 4 * 3600
    await store(url, [sample(n) for n in (1, midnight - 1, midnight, midnight + 1)])
    asked = Asked(["D/a", "D/b"], NOON, second(midnight + 2), SHANGHAI)
    rows = list(csv.DictReader(io.StringIO(await as_csv(pool, asked))))
    stood = ["in_order"] * 2 + ["overdue"] * 2 + ["unqualified"] * 4
    assert [row["instrument"] for row in rows] == stood
    assert [row["channel"] for row in rows] == ["D/a"] * 4 + ["D/b"] * 4
    assert [row["time"][11:19] for row in rows[:4]] == ["20:00:01", "23:59:59", "00:00:00", "00:00:01"]
    table = await as_parquet(pool, asked)
    assert table["instrument"].to_pylist() == stood
    assert table["time"].to_pylist()[:4] == [second(n) for n in (1, midnight - 1, midnight, midnight + 1)]
    chinese = await as_csv(pool, asked, Language.ZH)
    assert chinese.count("校准过期") == 2


async def test_a_channel_has_no_rows_from_before_it_was_added_nor_behind_its_end(
    url: str, pool: Pool
) -> None:
    await store(url, [sample(1)])
    await store(url, [sample(2, 1, 2, 3, 4)], of=plant(("a", "b", "c", "d")))
    await store(url, [sample(3, 1, 2)], of=plant(("a", "d")))
    asked = Asked(["D/d", "D/b"], NOON, second(9), SHANGHAI)
    rows = list(csv.DictReader(io.StringIO(await as_csv(pool, asked))))
    assert [(row["channel"], row["value"]) for row in rows] == [
        ("D/d", "4"),
        ("D/d", "2"),
        ("D/b", "1.1"),
        ("D/b", "2"),
    ]
    table = await as_parquet(pool, asked)
    assert table["value"].to_pylist() == [4, 2, 1.1, 2]


async def test_an_unknown_channel_or_zone_is_told_before_anything_is_written(url: str, pool: Pool) -> None:
    taken = Taken()
    for write in (write_csv, write_parquet):
        with pytest.raises(UnknownChannelError, match="no channel D/nothing is stored"):
            await write(pool, Asked(["D/nothing"], NOON, second(9), SHANGHAI), taken.out)
        with pytest.raises(DatabaseError, match="Mars/Olympus"):
            await write(pool, Asked(["D/nothing"], NOON, second(9), "Mars/Olympus"), taken.out)
    assert taken.pieces == []


async def test_nothing_stored_is_a_whole_file_without_rows(url: str, pool: Pool) -> None:
    await store(url, [])
    asked = Asked(["D/a"], NOON, second(9), SHANGHAI)
    assert (await as_csv(pool, asked)).count("\n") == 1
    assert (await as_parquet(pool, asked)).num_rows == 0


async def test_rows_go_on_as_they_come(url: str, pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "BLOCK_BYTES", 1000)
    await store(url, [sample(n) for n in range(4000)])
    taken = Taken()
    await write_parquet(pool, Asked(["D/a", "D/b"], NOON, second(4000), SHANGHAI), taken.out)
    assert len(taken.pieces) > 3, "more than one for each channel, and the end"
    table = taken.table()
    assert table["value"].to_pylist() == [*map(float, range(4000)), *(n + 0.1 for n in range(4000))]
    assert table["time"].to_pylist() == [second(n) for n in range(4000)] * 2


async def test_whoever_takes_no_more_ends_it_and_the_connection_serves_the_next(url: str, pool: Pool) -> None:
    await store(url, [sample(n) for n in range(500)])
    asked = Asked(["D/a", "D/b"], NOON, second(500), SHANGHAI)

    async def gone(_: bytes) -> None:
        raise ConnectionResetError("gone")

    for write in (write_csv, write_parquet):
        with pytest.raises(OutputError, match="gone"):
            await write(pool, asked, gone)
    assert (await as_csv(pool, asked)).count("\n") == 1001


async def test_h24_the_night_of_the_clock_change_has_every_reading_once_with_its_offset(
    url: str, pool: Pool
) -> None:
    begin = datetime(2026, 10, 24, 23, tzinfo=UTC)
    ticks = [begin + timedelta(minutes=30 * n) for n in range(8)]
    await store(url, [Sample("D", at, (n, n, n), None, at) for n, at in enumerate(ticks)])
    text = await as_csv(pool, Asked(["D/a"], ticks[0], ticks[-1] + timedelta(seconds=1), "Europe/Berlin"))
    local = [row["time"] for row in csv.DictReader(io.StringIO(text))]
    assert [time[11:16] + time[-6:] for time in local] == [
        "01:00+02:00",
        "01:30+02:00",
        "02:00+02:00",
        "02:30+02:00",
        "02:00+01:00",
        "02:30+01:00",
        "03:00+01:00",
        "03:30+01:00",
    ]


ZONES = st.sampled_from(
    [SHANGHAI, "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "UTC", "America/New_York"]
)
# The tables of the database's own zones and Python's agree for the years in which samples are taken.
TIMES = st.datetimes(datetime(2020, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
VALUES = st.floats(allow_nan=False) | st.just(math.nan)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stored=st.dictionaries(TIMES, VALUES, max_size=20), zone=ZONES)
async def test_h24_what_was_stored_is_read_back_exactly_in_any_zone(
    database_url: str, stored: dict[datetime, float], zone: str
) -> None:
    pool = await open_pool(database_url)
    key = f"k{await pool.fetchval('SELECT count(*) FROM channel')}"
    of = plant((), (key,))
    writer = await Writer.open(database_url, of, key, NOON)
    await pool.execute("TRUNCATE sample")
    samples = [Sample("D#records", at, (value,), None, at) for at, value in stored.items()]
    await writer.write(1, samples, [], [])
    await writer.close()
    asked = Asked([f"D/{key}"], datetime(2019, 1, 1, tzinfo=UTC), datetime(2037, 1, 1, tzinfo=UTC), zone)
    rows = list(csv.DictReader(io.StringIO(await as_csv(pool, asked))))
    table = await as_parquet(pool, asked)
    await pool.close()
    expected = [(at, None if math.isnan(value) else value) for at, value in sorted(stored.items())]
    for column in ("time", "time_utc"):
        told = [
            (datetime.fromisoformat(row[column]), float(row["value"]) if row["value"] else None)
            for row in rows
        ]
        assert told == expected
    assert [datetime.fromisoformat(row["time"]).utcoffset() for row in rows] == [
        at.astimezone(ZoneInfo(zone)).utcoffset() for at, _ in expected
    ]
    # As numbers: Python holds times within the hour that comes twice to be equal to none of another zone.
    instants = [value / 1e6 for value in table["time"].cast("int64").to_pylist()]
    assert list(zip(instants, table["value"].to_pylist(), strict=True)) == [
        (at.timestamp(), value) for at, value in expected
    ]
