"""The dossier of half an hour: every figure of it is known beforehand."""

import math
from collections.abc import AsyncIterator
from dataclasses import astuple
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean, stdev

import asyncpg
import pytest
import pytest_asyncio
from pydantic import TypeAdapter

from monitor.records.dossier.formulas import how
from monitor.records.dossier.parts import ChannelPart, Hiding, LackKind
from monitor.records.dossier.remembered import Remembered
from monitor.records.dossier.whole import Dossier, UnknownBatchError, dossier, told
from monitor.records.report.points import charts
from monitor.records.report.whole import Made, reports
from monitor.records.verdicts import Verdict
from monitor.store.database import Pool, open_pool
from monitor.store.gaps import Cause
from tests.database import Server
from tests.records.played import BATCH, BEGAN_S, ENDED_S, VOLUME_L, play, played_plant, register, values_of
from tests.records.reading import text_of
from tests.store.small import second

pytestmark = pytest.mark.asyncio(loop_scope="module")
PLANT = played_plant()
LATER = datetime(2026, 3, 5, tzinfo=UTC)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def filled(timescale: Server) -> AsyncIterator[str]:
    """A database in which the half hour is stored."""
    url = await timescale.fresh()
    await play(url, PLANT)
    sql = await asyncpg.connect(url)
    await register(sql)
    await sql.close()
    yield url
    await timescale.drop(url)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool(filled: str) -> AsyncIterator[Pool]:
    """The service's pool on it."""
    made = await open_pool(filled)
    yield made
    await made.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def one(pool: Pool) -> Dossier:
    """The dossier of its batch."""
    return await dossier(pool, PLANT, BATCH, LATER)


def channel(one: Dossier, name: str) -> ChannelPart:
    (found,) = [each for each in one.channels if each.id == name]
    return found


async def test_an_excursion_is_told_with_who_saw_it_and_how_soon(one: Dossier) -> None:
    (first, *_) = one.alarms
    assert (first.id, first.raised_at, first.ended_at, first.duration_s) == (
        *("D/a/alert", second(700), second(720)),
        20.0,
    )
    assert (first.worst, first.limit, first.acknowledged_by, first.ack_latency_s) == (35.0, 30.0, "li", 41.0)
    assert (first.comment, first.signature, first.explained) == ("the heater was high", "s-1", False)
    a = channel(one, "D/a")
    assert a.statistics is not None
    assert (a.statistics.outside_s.alert, a.statistics.outside_s.action) == (20.0, 0.0)
    assert [text.en for text in a.reasons] == [
        "An alert limit was exceeded.",
        "40 values are missing: device 40.",
    ]


async def test_what_a_mode_explains_is_told_and_counts_for_no_verdict(one: Dossier) -> None:
    (explained,) = [each for each in one.alarms if each.id == "D/b/action"]
    assert (explained.explained, explained.worst) == (True, 60.0)
    assert channel(one, "D/b").verdict is Verdict.INCOMPLETE
    assert [(each.alarm, each.how, each.since, each.until, each.who, each.reason) for each in one.hidden] == [
        ("D/a/alert", Hiding.SHELVED, second(800), second(860.5), "li", "the heater is looked at"),
        ("D/b/action", Hiding.SUPPRESSED, second(990), second(1040), "", "VHP / 灭菌"),
    ]


async def test_figures_are_of_the_usable_values_of_its_time(one: Dossier) -> None:
    values = [values_of(n)[0] for n in range(121, 1501) if not 1300 <= n < 1340]
    figures = channel(one, "D/a").statistics
    assert figures is not None
    assert (figures.n, figures.expected, figures.valid) == (1380, 1380, len(values))
    assert (figures.min, figures.max) == (min(values), max(values))
    assert figures.mean == pytest.approx(fmean(values), rel=1e-12)
    assert figures.sd == pytest.approx(stdev(values), rel=1e-12)
    assert figures.p99 == sorted(values)[math.ceil(0.99 * len(values)) - 1]
    state = channel(one, "D/c").statistics
    assert state is not None
    assert (state.valid, state.mean, state.p50) == (len(values), None, None)


async def test_particles_are_told_by_the_cubic_metre(one: Dossier) -> None:
    counts = channel(one, "D/x")
    assert counts.statistics is not None
    # Six counts in one record; with less than a cubic metre between two gaps, what is missing counts as clean.
    assert counts.statistics.rolling_m3 == 6.0
    (conc,) = [each for each in one.alarms if each.id == "D/conc/alert"]
    assert conc.worst == pytest.approx(6 * 1000 / VOLUME_L)
    reckoned = channel(one, "D/conc")
    assert (reckoned.inputs, reckoned.how) == (("D/x", "D/y"), how(PLANT.derived["D/conc"]))
    figures = reckoned.statistics
    assert figures is not None
    # A record of which the counter doubts the volume gives none; it is asked for as often as the counts are.
    assert (figures.n, figures.valid, figures.expected) == (218, 215, counts.statistics.expected)
    assert (figures.min, figures.max, figures.outside_s.alert) == (0.0, round(6000 / VOLUME_L, 9), 6.0)
    assert figures.mean == pytest.approx(6000 / VOLUME_L / 215)


async def test_every_gap_has_its_cause(one: Dossier) -> None:
    away = (second(1300), second(1340), Cause.DEVICE, 40)
    assert [astuple(gap) for gap in channel(one, "D/c").gaps] == [away]
    assert [astuple(gap) for gap in channel(one, "D/y").gaps] == [
        (second(600), second(618), Cause.COUNTER, 3),
        (second(1200), second(1230), Cause.COUNTER, 5),
        (second(1302), second(1344), Cause.DEVICE, 7),
    ]
    assert one.completeness.expected == one.completeness.valid + sum(one.completeness.causes.values())
    assert one.completeness.causes == {Cause.DEVICE: 3 * 40 + 2 * 7, Cause.COUNTER: 2 * 8}


async def test_a_batch_with_a_gap_never_reads_complete(one: Dossier) -> None:
    assert (one.verdict, one.is_complete) == (Verdict.INCOMPLETE, False)
    assert {(lack.kind, lack.id) for lack in one.lacks} == {
        (LackKind.GAP, f"D/{key}") for key in ("a", "b", "c", "x", "y")
    }


async def test_both_reckonings_agree_and_a_changed_minute_is_seen(
    one: Dossier, filled: str, pool: Pool
) -> None:
    assert one.check.agree
    assert (
        one.check.raw.keys() == one.check.rollup.keys() == {f"D/{key}" for key in ("a", "b", "c", "x", "y")}
    )
    sql = await asyncpg.connect(filled)
    for change, back in (
        ("max[2] = max[2] + 55", "max[2] = max[2] - 55"),
        ("sum[2] = sum[2] + 1", "sum[2] = sum[2] - 1"),
    ):
        put = "UPDATE rollup_1m SET {} WHERE at = $1 AND cardinality(max) = 3"
        await sql.execute(put.format(change), second(1080))
        lied = await dossier(pool, PLANT, BATCH, LATER)
        await sql.execute(put.format(back), second(1080))
        assert (lied.check.agree, lied.check.differs) == (False, ("D/b",))
        assert (LackKind.DISAGREEMENT, "D/b") in {(lack.kind, lack.id) for lack in lied.lacks}
    await sql.close()
    assert await dossier(pool, PLANT, BATCH, LATER) == one


async def test_what_was_reckoned_before_is_not_again_until_a_row_changes(
    one: Dossier, filled: str, pool: Pool, tmp_path: Path
) -> None:
    known = Remembered(tmp_path / "figures")
    assert await dossier(pool, PLANT, BATCH, LATER, known) == one
    assert known.progress == {}
    sql = await asyncpg.connect(filled)
    put = "UPDATE sample SET values[1] = values[1] {} 1 WHERE at = $1 AND cardinality(values) = 3"
    await sql.execute(put.format("+"), second(1080))
    # As long as the minute's digest is what it was, nobody has stored anything.
    assert await dossier(pool, PLANT, BATCH, LATER, Remembered(tmp_path / "figures")) == one
    assert (await dossier(pool, PLANT, BATCH, LATER)).check.differs == ("D/a",)
    await sql.execute("UPDATE rollup_1m SET digest = digest || '\\x00' WHERE at = $1", second(1080))
    assert (await dossier(pool, PLANT, BATCH, LATER, known)).check.differs == ("D/a",)
    await sql.execute(put.format("-"), second(1080))
    await sql.close()


async def test_what_was_around_it_is_told(one: Dossier) -> None:
    assert (one.batch.started_at, one.batch.ended_at) == (second(BEGAN_S), second(ENDED_S))
    assert [(stage.stage, stage.label.zh, stage.is_set_up) for stage in one.batch.stages] == [
        ("set_up", "准备", True),
        ("fill", "灌装", False),
    ]
    assert [version.sha256 for version in one.plant.versions] == [PLANT.sha256]
    instrument = channel(one, "D/a").instrument
    assert instrument is not None
    assert (instrument.serial, instrument.certificate, instrument.state) == ("SN-1", "C-1", "in_order")
    # Its line has not come into the book yet.
    assert [(each.id, each.holds) for each in one.signatures] == [("s-1", None)]


async def test_what_is_told_is_read_back_whole(one: Dossier) -> None:
    assert TypeAdapter(Dossier).validate_python(told(one)) == one


async def test_an_unknown_batch_is_none(pool: Pool) -> None:
    with pytest.raises(UnknownBatchError, match="there is no batch X"):
        await dossier(pool, PLANT, "X", LATER)


async def test_its_report_is_made_in_both_languages_of_what_is_stored(pool: Pool, one: Dossier) -> None:
    made = await reports(pool, PLANT, told(one), Made(LATER, "qian"))
    english, chinese = (text_of(made[f"report.{language}.pdf"]) for language in ("en", "zh"))
    for text in (english, chinese):
        assert "1340 / 1380" in text
        assert "2120 /m³" in text
    points = (await charts(pool, PLANT, told(one)))["D/conc"]
    assert max(value for value in points.high if value is not None) == one.alarms[1].worst
