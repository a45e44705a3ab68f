"""Minutes that are closed and sealed by the Writer, and closed again: held against `verify` and a count by hand."""

import itertools
import json
import math
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.model import Quality, Sample
from config.plant import Plant
from monitor.store.book import BookCutError
from monitor.store.database import Connection
from monitor.store.signing import rotate, signer_in
from monitor.store.verify import verify_in
from monitor.store.write import Counts, PoisonError, Refused, Writer
from tests.store.small import NOON, alarm, plant, sample, second, with_shared

PLANT = with_shared(plant())
MINUTE = timedelta(minutes=1)


async def opened(url: str, data: Path | None = None) -> Writer:
    return await Writer.open(url, PLANT, "c", NOON, signer_in(data, {}) if data else None)


async def seals(sql: Connection) -> list[tuple[str, int, int, bool]]:
    """Minute, series, rows, again: of each seal in the order of the book."""
    rows = await sql.fetch("SELECT body FROM book WHERE kind = 'seal' ORDER BY seq")
    bodies = [json.loads(row["body"]) for row in rows]
    return [(one["minute"][11:16], one["series"], one["rows"], one["again"]) for one in bodies]


async def holds(sql: Connection) -> tuple[int, int]:
    """Nothing is wrong by `verify`; return how many minutes and rows are sealed."""
    async with sql.transaction():
        verified = await verify_in(sql, [], lambda *_: None, trusted=frozenset(), most=10)
    assert verified.findings == ()
    return verified.minutes, verified.rows


async def test_a_minute_is_sealed_five_seconds_after_its_end_and_not_before(
    url: str, sql: Connection
) -> None:
    writer = await opened(url)
    await writer.write(1, [sample(number, 1, 2, 3) for number in range(60)], [], [], second(64.9))
    assert await seals(sql) == []
    await writer.write(2, [sample(60, 1, 2, 3)], [], [], second(65))
    assert await seals(sql) == [("12:00", 1, 60, False)]
    await writer.close()
    row = await sql.fetchrow("SELECT n, n_good, min, max, sum FROM rollup_1m")
    assert row is not None
    assert tuple(row) == (60, [60] * 3, [1, 2, 3], [1, 2, 3], [60, 120, 180])
    assert await holds(sql) == (1, 60)


async def test_what_comes_late_is_reckoned_and_sealed_again_with_its_hour(url: str, sql: Connection) -> None:
    writer = await opened(url)
    await writer.write(1, [sample(number, 1, 1, 1) for number in range(0, 3661, 10)], [], [], second(3666))
    before = len(await seals(sql))
    late = [sample(5, 9, 9, 9), sample(15, 9, 9, 9), sample(605, 9, 9, 9)]
    await writer.write(2, late, [], [], second(3667))
    assert (await seals(sql))[before:] == [("12:00", 1, 8, True), ("12:10", 1, 7, True)]
    hour = await sql.fetchrow("SELECT n, max, sum FROM rollup_1h")
    assert hour is not None
    assert (hour["n"], hour["max"][0], hour["sum"][0]) == (363, 9, 360 + 27)
    await writer.close()
    assert await holds(sql) == (61, 369)


async def test_what_was_there_already_is_counted_and_changes_no_figure(url: str, sql: Connection) -> None:
    writer = await opened(url)
    every = [sample(number, 1, 2, 3) for number in range(120)]
    await writer.write(1, every, [], [], second(125))
    await writer.write(2, [*every[-10:], sample(121, 1, 2, 3)], [], [], second(126))
    assert await writer.counts() == Counts(stored=121, repeated=10, quarantined=0)
    await writer.close()
    assert (await holds(sql))[1] == 120


async def test_a_time_without_any_row_has_no_seal(url: str, sql: Connection) -> None:
    writer = await opened(url)
    await writer.write(1, [sample(1, 1, 2, 3), sample(301, 1, 2, 3)], [], [], second(370))
    assert [minute for minute, *_ in await seals(sql)] == ["12:00", "12:05"]
    await writer.close()
    assert await holds(sql) == (2, 2)


async def test_who_is_sealed_is_said_once_and_again_when_the_last_minute_of_who_left_is_closed(
    url: str, sql: Connection
) -> None:
    runs: list[tuple[Plant, list[tuple[str, int, int]]]] = [
        (PLANT, [("D", 0, 70)]),
        (PLANT, [("D", 120, 190), ("AHU", 205, 207)]),
        (plant(), [("D", 210, 280), ("D", 300, 370)]),
    ]
    for of, every in runs:
        writer = await Writer.open(url, of, "c", NOON)
        for series, number, passed in every:
            one = sample(number, *([1] if series == "AHU" else [1, 2, 3]), series=series)
            await writer.write(await writer.position() + 1, [one], [], [], second(passed))
        await writer.close()
    said = [
        sorted(json.loads(row["body"])["series"].values())
        for row in await sql.fetch("SELECT body FROM book WHERE kind = 'sealing' ORDER BY seq")
    ]
    assert said == [["AHU", "D", "D#records"], ["D", "D#records"]]
    # The minute in which it left is sealed under the old line, and by those that stay under the new one.
    assert [(minute, series) for minute, series, *_ in await seals(sql)][2:4] == [("12:03", 1), ("12:03", 1)]
    assert await holds(sql) == (4, 5)


async def test_who_left_for_another_chain_is_sealed_there_alone(url: str, sql: Connection) -> None:
    whole = await opened(url)
    await whole.write(1, [sample(0, 1, 2, 3), sample(1, 1, series="AHU")], [], [], second(70))
    await whole.close()
    other = await Writer.open(url, PLANT, "other", NOON)
    await other.write(1, [sample(125, 1, series="AHU")], [], [], second(190))
    await other.close()
    rest = await Writer.open(url, plant(), "c", NOON)
    await rest.write(2, [sample(130, 1, 2, 3)], [], [], second(200))
    await rest.close()
    last = await sql.fetchval(
        "SELECT body FROM book WHERE chain = 'c' AND kind = 'sealing' ORDER BY seq DESC"
    )
    assert sorted(json.loads(last)["series"].values()) == ["D", "D#records"]


async def test_weeks_without_a_collector_are_closed_at_once(
    url: str, sql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Minute by minute it would never end before the connection is taken for dead."""
    monkeypatch.setattr("monitor.store.database.COMMAND_TIMEOUT_S", 20.0)
    weeks_s = 60 * 86_400.0
    writer = await opened(url)
    await writer.write(1, [sample(1, 1, 2, 3)], [], [], second(7))
    await writer.write(2, [sample(weeks_s, 1, 2, 3)], [], [], second(weeks_s + 70))
    await writer.close()
    assert [minute for minute, *_ in await seals(sql)] == ["12:00", "12:00"]
    assert await sql.fetchval("SELECT count(*) FROM rollup_1h") == 1
    assert (await holds(sql))[1] == 2


async def test_what_comes_late_alone_before_any_live_row_is_closed(url: str, sql: Connection) -> None:
    """A new journal, and a counter that hands over its memory of weeks before anything else is heard."""
    writer = await opened(url)
    old = [
        replace(sample(-86_400.0 * day, 5, 6, series="D#records", backfilled=True), received_at=second(1))
        for day in range(1, 41)
    ]
    await writer.write(1, old, [], [], second(1))
    await writer.write(2, [sample(1, 1, 2, 3)], [], [], second(70))
    await writer.close()
    assert [again for *_, again in await seals(sql)] == [True] * 40 + [False]
    assert await sql.fetchval("SELECT count(*) FROM rollup_1h") == 40
    assert (await holds(sql))[1] == 41


async def test_what_comes_twice_is_not_sealed_again(url: str, sql: Connection) -> None:
    writer = await opened(url)
    every = [sample(number, 1, 2, 3) for number in range(60)]
    await writer.write(1, every, [], [], second(70))
    await writer.write(2, every[-10:], [], [], second(71))
    await writer.close()
    assert await seals(sql) == [("12:00", 1, 60, False)]


async def test_the_book_is_signed_at_the_start_and_once_an_hour(
    url: str, sql: Connection, tmp_path: Path
) -> None:
    writer = await opened(url, tmp_path)
    for number in range(125):
        await writer.write(number + 1, [sample(60 * number, 1, 2, 3)], [], [], second(60 * number + 6))
    assert len(writer.signed) == 3
    await writer.close()
    rotate(tmp_path, {})
    writer = await opened(url, tmp_path)
    await writer.write(126, [sample(7600, 1, 2, 3)], [], [], second(7606))
    assert len(writer.signed) == 1
    await writer.close()
    kinds = [
        row["kind"] for row in await sql.fetch("SELECT kind FROM book WHERE kind <> 'seal' ORDER BY seq")
    ]
    assert kinds == ["key", "checkpoint", "sealing", "channels", *["checkpoint"] * 2, "key", "checkpoint"]
    assert (await holds(sql))[0] == 125


async def test_a_book_whose_tail_was_cut_is_not_written_to(url: str, sql: Connection) -> None:
    writer = await opened(url)
    await writer.write(1, [sample(1, 1, 2, 3)], [], [], second(70))
    await writer.close()
    await sql.execute("ALTER TABLE book DISABLE TRIGGER append_only")
    await sql.execute("DELETE FROM book WHERE seq = (SELECT max(seq) FROM book)")
    with pytest.raises(BookCutError, match="ends at line 2, but line 3 was written last"):
        await opened(url)


async def test_what_no_table_takes_is_put_aside_whole_and_counted(url: str, sql: Connection) -> None:
    writer = await opened(url)
    with pytest.raises(PoisonError):
        await writer.write(1, [], [], [alarm(1, 1, "bad\0name")])
    reason = "no such series"
    await writer.quarantine(Refused(1, NOON, "sample", "gone", {"vals": "00"}, reason), second(1))
    await writer.quarantine(Refused(2, NOON, "note", None, {}, reason), second(1))
    assert (await writer.counts(), await writer.position()) == (Counts(0, 0, 1), 2)
    await writer.close()
    rows = await sql.fetch("SELECT seq, kind, series, reason FROM quarantine ORDER BY seq")
    assert [tuple(row) for row in rows] == [(1, "sample", "gone", reason), (2, "note", None, reason)]


async def test_what_a_chain_left_open_is_closed_by_the_next_one_over_its_series(
    url: str, sql: Connection
) -> None:
    for chain, seconds in (("former", range(100)), ("next", range(300, 380))):
        writer = await Writer.open(url, PLANT, chain, NOON)
        every = [sample(number, 1, 2, 3) for number in seconds]
        await writer.write(1, every, [], [], second(seconds[-1]))
        await writer.close()
    assert await seals(sql) == [("12:00", 1, 60, False), ("12:01", 1, 40, True), ("12:05", 1, 60, False)]
    assert await holds(sql) == (3, 160)


async def test_a_minute_in_which_only_a_retired_channel_comes_first_is_reckoned(
    url: str, sql: Connection
) -> None:
    writer = await Writer.open(url, PLANT, "c", NOON)
    await writer.close()
    fewer = with_shared(plant(row=("b", "c")))
    writer = await Writer.open(url, fewer, "c", NOON)
    gone = [Quality.UNREACHABLE] * 2
    await writer.write(1, [sample(1, math.nan, math.nan, quality=gone)], [], [], second(70))
    await writer.close()
    row = await sql.fetchrow("SELECT n, n_good, invalid FROM rollup_1m")
    assert row is not None
    assert (row["n"], row["n_good"], json.loads(row["invalid"])) == (1, [0, 0, 0], {"6": 1})


@st.composite
def streams(draw: st.DrawFn) -> list[list[Sample]]:
    """Batches of Samples in which some come late, and some twice."""
    numbers = draw(st.lists(st.integers(0, 600), min_size=1, max_size=40))
    every = [sample(number, draw(st.floats(-1e6, 1e6)), number / 7, 3) for number in numbers]
    cuts = sorted(draw(st.lists(st.integers(0, len(every)), max_size=4)))
    edges = [0, *cuts, len(every)]
    return [every[lo:hi] for lo, hi in itertools.pairwise(edges)]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=streams())
async def test_h11_in_whatever_order_they_come_figures_and_seals_are_those_of_the_rows(
    url: str, sql: Connection, batches: list[list[Sample]]
) -> None:
    chain = f"c{await sql.fetchval('SELECT count(*) FROM forwarded')}"
    await sql.execute("TRUNCATE sample, rollup_1m, rollup_1h")
    await sql.execute("ALTER TABLE book DISABLE TRIGGER append_only; TRUNCATE book, forwarded")
    writer = await Writer.open(url, PLANT, chain, NOON)
    for number, batch in enumerate(batches, 1):
        latest = max((one.at for one in batch), default=NOON)
        await writer.write(number, batch, [], [], latest.astimezone(UTC) + timedelta(seconds=7))
    await writer.write(len(batches) + 1, [], [], [], second(700))
    await writer.close()
    stored = {(one.series, one.at) for batch in batches for one in batch}
    assert (await holds(sql))[1] == len(stored)
