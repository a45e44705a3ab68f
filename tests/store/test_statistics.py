"""Sums from the figures that are kept, and columns from the raw values, against the same reckoned by hand."""

import math
from dataclasses import replace

import pytest

from config.model import Quality
from monitor.store.catalog import channels, snapshot_of
from monitor.store.columns import Columns, Times, columns, times
from monitor.store.database import Connection, Pool
from monitor.store.statistics import Sums, kept_sums, proofs_of
from tests.store.sealing import close_until
from tests.store.small import plant, sample, second, store

GOOD, UNCERTAIN, STALE = Quality.GOOD, Quality.UNCERTAIN, Quality.STALE


async def ask(pool: Pool, start_s: float, end_s: float) -> tuple[Columns, dict[str, Sums], Times]:
    """Ask for the raw values, for the sums of those that are kept, and when they were measured."""
    async with snapshot_of(pool) as snapshot:
        asked, period = await channels(snapshot, ["D/a", "D/b", "D/c"]), (second(start_s), second(end_s))
        raw, kept = await columns(snapshot, asked, *period), await kept_sums(snapshot, asked, *period)
        return raw, kept, await times(snapshot, asked[0].series_id, *period)


async def proof(pool: Pool, start_s: float, end_s: float) -> str | None:
    async with snapshot_of(pool) as snapshot:
        (one,) = await channels(snapshot, ["D/a"])
        spans = [(second(start_s), second(end_s)), (second(0), second(60))]
        found, first = await proofs_of(snapshot, one.series_id, spans)
        assert first
        return found


async def test_a_column_holds_the_usable_values_in_order_and_their_sums_are_kept(
    url: str, pool: Pool, sql: Connection
) -> None:
    values = [20 + math.sin(n / 9) + n / 1000 for n in range(300)]
    rows = [sample(n, one, 1, math.nan) for n, one in enumerate(values)]
    rows[50] = replace(rows[50], quality=(STALE, GOOD, GOOD), values=(99.0, 1, math.nan))
    rows[60] = replace(rows[60], quality=(UNCERTAIN, GOOD, GOOD))
    await store(url, rows, of=plant())
    await close_until(sql, second(240))
    raw, of_minutes, when = await ask(pool, 30, 290)
    kept = [one for n, one in enumerate(values) if 30 <= n < 290 and n != 50]
    assert raw.n == len(raw.values["D/a"]) == 260
    assert math.isnan(raw.values["D/a"][20])
    assert [one for one in raw.values["D/a"] if not math.isnan(one)] == kept
    assert all(map(math.isnan, raw.values["D/c"]))
    assert list(when.at_s) == [second(n).timestamp() for n in range(30, 290)]
    assert list(when.received_s) == [one.received_at.timestamp() for one in rows[30:290]]
    summed = of_minutes["D/a"]
    assert summed == Sums(260, 259, min(kept), max(kept), summed.sum)
    assert summed.sum == pytest.approx(math.fsum(kept), rel=1e-14)
    assert of_minutes["D/b"] == Sums(260, 260, 1, 1, 260)
    assert of_minutes["D/c"] == Sums(260, 0, None, None, None)


async def test_what_is_kept_of_a_minute_is_what_is_told_of_it(url: str, pool: Pool, sql: Connection) -> None:
    await store(url, [sample(n) for n in range(180)], of=plant())
    await close_until(sql, second(180))
    await sql.execute("UPDATE rollup_1m SET max[1] = 1000 WHERE at = $1", second(60))
    raw, kept, _ = await ask(pool, 0, 180)
    assert (max(raw.values["D/a"]), kept["D/a"].max) == (179, 1000)


async def test_of_no_time_there_are_no_figures(url: str, pool: Pool) -> None:
    await store(url, [sample(1)], of=plant())
    raw, kept, when = await ask(pool, 5, 5)
    assert (raw.n, len(raw.values["D/a"]), kept["D/a"], len(when.at_s)) == (
        *(0, 0, Sums(0, 0, None, None, None)),
        0,
    )


async def test_the_proof_changes_with_any_row_and_there_is_none_before_all_is_closed(
    url: str, pool: Pool, sql: Connection
) -> None:
    await store(url, [sample(n) for n in range(240) if n != 100], of=plant())
    await close_until(sql, second(180))
    assert await proof(pool, 30, 181) is None
    before = await proof(pool, 30, 170)
    assert before
    assert before == await proof(pool, 0, 180) != await proof(pool, 60, 180)
    assert await proof(pool, -600, -60) == ""
    await store(url, [sample(100)], of=plant())
    await close_until(sql, second(180))
    assert await proof(pool, 30, 170) != before
