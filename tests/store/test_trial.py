"""The past judged under two plants: what only one of them alarms is told apart, hidden alarms are none."""

import math
import tracemalloc
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alarms import engine
from alarms.state import State
from config.load import load
from config.model import Sample, Text
from config.plant import Plant
from config.rules import Level, Suppression
from monitor.store.trial import Comparison, Counts, Trial, narrowed, trial_of
from monitor.store.write import Writer
from tests.alarms.building import ACTION as WORKED
from tests.alarms.building import HUMIDITY, after, limit, plant, sample
from tests.changing import ACTION, LINE, PRESSURE, line
from tests.server.collector import sample_but_for
from tests.store.small import NOON as AT

OLD, _ = line()


def with_low(of: Plant, low_pa: float | None, key: str = ACTION) -> Plant:
    limits = tuple(replace(one, low=low_pa) if one.id == key else one for one in of.limits)
    return replace(of, limits=limits, sha256="1" * 64)


async def stored(url: str, values: Sequence[float], series: str = "ISO-STM-L1", key: str = PRESSURE) -> None:
    """Store a value a second, from AT on; everything else is well."""
    writer = await Writer.open(url, OLD, "chain", AT)
    try:
        samples = [
            sample_but_for(OLD, series, AT + timedelta(seconds=second), {key: value})
            for second, value in enumerate(values)
        ]
        for start in range(0, len(samples), 500):
            some = samples[start : start + 500]
            await writer.write(start + len(some), some, [], [])
    finally:
        await writer.close()


async def tried(url: str, new: Plant, seconds: float, begin: datetime = AT) -> tuple[Trial, list[float]]:
    connection = await asyncpg.connect(url)
    shares: list[float] = []
    try:
        trial = await trial_of(connection, (OLD, new), begin, AT + timedelta(seconds=seconds), shares.append)
    finally:
        await connection.close()
    return trial, shares


async def test_what_only_one_of_them_alarms_is_told_apart(database_url: str) -> None:
    """15 Pa is below 20 and not below 10; 5 Pa is below both."""
    await stored(database_url, [45.0] * 10 + [15.0] * 5 + [45.0] * 20 + [5.0] * 5 + [45.0] * 20)
    trial, shares = await tried(database_url, with_low(OLD, 10), 60)
    assert trial.counts == {ACTION: Counts(only_old=1, both=1)}
    assert [(one.which, one.since) for one in trial.occurrences] == [
        ("only_old", AT + timedelta(seconds=10)),
        ("both", AT + timedelta(seconds=35)),
    ]
    assert trial.samples == 60
    assert (shares[-1], sorted(shares)) == (1.0, shares)
    trial, _ = await tried(database_url, with_low(OLD, 50), 60)
    assert trial.counts[ACTION].both == 1, "it never ended under the new one, and began under both"


async def test_what_was_over_before_the_time_that_is_asked_for_does_not_count(database_url: str) -> None:
    await stored(database_url, [15.0] * 5 + [45.0] * 30 + [15.0] * 5)
    trial, _ = await tried(database_url, with_low(OLD, 10), 60, AT + timedelta(seconds=20))
    assert trial.counts == {ACTION: Counts(only_old=1)}
    assert [(one.since, one.until) for one in trial.occurrences] == [(AT + timedelta(seconds=35), None)]


async def test_a_limit_that_only_one_of_them_has_is_judged_by_that_one(database_url: str) -> None:
    await stored(database_url, [45.0] * 5 + [15.0] * 5)
    without = replace(OLD, limits=tuple(one for one in OLD.limits if one.id != ACTION), sha256="1" * 64)
    trial, _ = await tried(database_url, without, 60)
    assert trial.counts == {ACTION: Counts(only_old=1)}


async def test_a_window_of_a_counter_s_records_is_reckoned_from_what_is_stored(database_url: str) -> None:
    """Three records of 6 s with one particle of 5 um each: 3 per m3 at most, by what the plant's own figures say."""
    key = "PC-A-STM-L1/conc_0_5/action"
    records = next(one for one in OLD.series.values() if one.records)
    count = next(one.id for one in records.channels if one.model.key == "cnt_0_5")
    writer = await Writer.open(database_url, OLD, "chain", AT)
    try:
        some = [
            replace(
                sample_but_for(
                    OLD,
                    records.id,
                    AT + timedelta(seconds=6 * n),
                    {count: 20.0 * (n == 3), f"{records.device}/volume": 2.83},
                )
            )
            for n in range(10)
        ]
        await writer.write(len(some), some, [], [])
    finally:
        await writer.close()
    higher = tuple(replace(one, high=100_000.0) if one.id == key else one for one in OLD.limits)
    trial, _ = await tried(database_url, replace(OLD, limits=higher, sha256="1" * 64), 120)
    assert trial.counts == {key: Counts(only_old=1)}


async def test_the_same_limits_are_not_even_read(database_url: str) -> None:
    trial, _ = await tried(database_url, replace(OLD, sha256="1" * 64), 60)
    assert (trial.counts, trial.samples) == ({}, 0)


async def test_the_memory_does_not_grow_with_the_time(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.store.past.ROWS_AT_ONCE", 60)
    await stored(database_url, [45.0] * 1200)
    peaks = []
    for seconds in (300, 1200):
        tracemalloc.start()
        await tried(database_url, with_low(OLD, 10), seconds)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]


def compared(old: Plant, new: Plant, samples: Sequence[Sample]) -> Trial:
    trial = Trial(after(-1), after(1000), {WORKED: Counts()})
    comparison = Comparison(narrowed(old, [WORKED]), narrowed(new, [WORKED]), trial)
    for one in samples:
        comparison.take((one, one))
    comparison.finish()
    return trial


def test_what_is_hidden_by_design_is_no_alarm() -> None:
    mode = Suppression(
        "MODE", frozenset({WORKED}), Text("VHP", "VHP"), "by design", HUMIDITY, frozenset({7.0})
    )
    old = replace(plant(), suppressions={mode.id: mode})
    new = replace(old, limits=(limit(Level.ACTION, 10, 90), *old.limits[1:]))
    hidden = [sample(at, 15.0, 7.0) for at in range(5)]
    assert compared(old, new, hidden).counts == {WORKED: Counts()}
    shown = [*hidden, *(sample(at, 15.0, 8.0) for at in range(5, 8))]
    assert compared(old, new, shown).counts == {WORKED: Counts(only_old=1)}


@given(st.lists(st.floats(0, 100), min_size=1, max_size=60), st.floats(0, 50), st.floats(50, 100))
def test_the_narrowed_plant_alarms_as_the_whole_one_does(
    values: list[float], low: float, high: float
) -> None:
    """Judged beside the engine itself under each of the two plants."""
    old = plant()
    new = replace(old, limits=(limit(Level.ACTION, low, high), *old.limits[1:]))
    samples = [sample(at, value) for at, value in enumerate(values)]
    counts = compared(old, new, samples).counts[WORKED]
    begun = [_begun(one, samples) for one in (old, new)]
    episodes = counts.only_old + counts.only_new + counts.both
    assert episodes <= sum(begun)
    assert counts.only_old + counts.both >= bool(begun[0])
    assert counts.only_new + counts.both >= bool(begun[1])
    assert (episodes == 0) == (begun == [0, 0])
    if low == 20 and high == 90:
        assert counts.only_old == counts.only_new == 0


def _begun(of: Plant, samples: Sequence[Sample]) -> int:
    rules, state, begun = engine.rules(of), State(), 0
    for one in samples:
        before = WORKED in state.alarms and state.alarms[WORKED].active
        state, _ = engine.handle(rules, state, one)
        begun += not before and WORKED in state.alarms and state.alarms[WORKED].active
    return begun


def test_a_narrowed_plant_of_the_whole_facility_reads_a_handful_of_series() -> None:
    whole = load(LINE.parents[2] / "config" / "plants" / "demo")
    key = next(one.id for one in whole.limits if one.id.endswith("chamber_pressure/action"))
    small = narrowed(whole, [key])
    assert 1 <= len(small.series) <= 3
    assert len(small.limits) <= 5
    assert all(not math.isnan(one.deadband) for one in small.limits)
